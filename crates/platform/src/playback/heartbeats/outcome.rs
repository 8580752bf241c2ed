//! Why a heartbeat found nothing to extend: the first reason that applies, in the contract's order.

use streamgate_contract::time::UnixMillis;

use super::Refusal;
use super::queries::{Facts, Locks};
use crate::error::ApiError;
use crate::playback::rules::{Standing, admit_with_grace, has_lapsed, standing};

/// What becomes of one heartbeat.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The session is live.
    Live,
    /// It is not, or may not go on.
    Refused(Refusal),
    /// Somebody is changing the session at this moment: ask again when that is done.
    Locked,
}

/// Decides the outcome of a heartbeat that the update passed over.
pub(super) fn of(
    facts: Option<&Facts>,
    locks: Locks,
    now: UnixMillis,
    lapse_limit: Option<UnixMillis>,
) -> Outcome {
    // A right signature on an unknown code: the ticket was deleted with its event.
    let Some(facts) = facts else {
        return Outcome::Refused(ApiError::EventUnavailable.into());
    };
    let refused = |error| {
        Outcome::Refused(Refusal {
            error,
            ticket: Some((facts.ticket_id.clone(), now)),
        })
    };
    if let Err(denial) = admit_with_grace(facts.admission, now) {
        return refused(denial.into());
    }
    let standing = standing(facts.session.as_ref(), lapse_limit);
    if standing == Standing::Live && locks == Locks::Skip {
        return Outcome::Locked;
    }
    // Live again since the update: an edge reported a media request in between. Its player asks anew.
    let reason = standing.reason().unwrap_or("lapsed");
    let held_by_another = facts
        .other_holder_seen_at
        .is_some_and(|seen_at| !has_lapsed(seen_at, lapse_limit));
    refused(if held_by_another {
        ApiError::SessionConflict { reason }
    } else {
        ApiError::SessionNotFound { reason }
    })
}

#[cfg(test)]
mod tests {
    use streamgate_contract::ids::SessionId;
    use streamgate_contract::time::UnixMillis;

    use super::{Outcome, of};
    use crate::error::ApiError;
    use crate::playback::heartbeats::queries::{Facts, Locks};
    use crate::playback::rules::Admission;
    use crate::playback::{EndReason, Session};

    const NOW: UnixMillis = UnixMillis(1_000_000);
    const LIMIT: Option<UnixMillis> = Some(UnixMillis(940_000));

    fn facts() -> Facts {
        Facts {
            ticket_id: "ticket".to_owned(),
            admission: Admission {
                is_revoked: false,
                event_is_active: true,
                expires_at: UnixMillis(2_000_000),
            },
            session: Some(Session {
                sid: SessionId::from_random_bytes([1; 16]),
                device_id: None,
                last_seen_at: NOW,
                ended: None,
                ended_by_device_id: None,
            }),
            other_holder_seen_at: None,
        }
    }

    fn ended(reason: EndReason) -> Facts {
        let mut facts = facts();
        facts.session.as_mut().unwrap().ended = Some(reason);
        facts
    }

    #[track_caller]
    fn refusal(facts: &Facts) -> ApiError {
        match of(Some(facts), Locks::Wait, NOW, LIMIT) {
            Outcome::Refused(refusal) => {
                assert_eq!(refusal.ticket, Some(("ticket".to_owned(), NOW)));
                refusal.error
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_revocation_precedes_a_switched_off_event_and_that_an_expiry_and_that_the_session() {
        let mut all = ended(EndReason::Kicked);
        all.other_holder_seen_at = Some(NOW);
        all.admission.expires_at = UnixMillis(NOW.0 - 60_000);
        all.admission.event_is_active = false;
        all.admission.is_revoked = true;
        assert!(matches!(refusal(&all), ApiError::TicketRevoked));
        all.admission.is_revoked = false;
        assert!(matches!(refusal(&all), ApiError::EventUnavailable));
        all.admission.event_is_active = true;
        assert!(matches!(refusal(&all), ApiError::TicketExpired { .. }));
        all.admission.expires_at = UnixMillis(NOW.0 - 59_999);
        assert!(matches!(
            refusal(&all),
            ApiError::SessionConflict { reason: "kicked" }
        ));
        all.other_holder_seen_at = Some(UnixMillis(939_999));
        assert!(matches!(
            refusal(&all),
            ApiError::SessionNotFound { reason: "kicked" }
        ));
    }

    #[test]
    fn a_deleted_ticket_is_told_as_its_event() {
        let Outcome::Refused(refusal) = of(None, Locks::Skip, NOW, LIMIT) else {
            panic!("no refusal")
        };
        assert!(matches!(refusal.error, ApiError::EventUnavailable));
        assert_eq!(refusal.ticket, None);
    }

    #[test]
    fn a_session_that_is_live_and_was_passed_over_is_locked_and_asked_for_again() {
        assert!(matches!(
            of(Some(&facts()), Locks::Skip, NOW, LIMIT),
            Outcome::Locked
        ));
        assert!(matches!(
            refusal(&facts()),
            ApiError::SessionNotFound { reason: "lapsed" }
        ));
        for reason in [EndReason::Released, EndReason::Expired, EndReason::Superseded] {
            let Outcome::Refused(refusal) = of(Some(&ended(reason)), Locks::Skip, NOW, LIMIT) else {
                panic!("no refusal")
            };
            assert!(
                matches!(refusal.error, ApiError::SessionNotFound { .. }),
                "{reason:?}"
            );
        }
    }
}
