//! Decisions about tickets: pure functions of a ticket and a time.

use serde::Deserialize;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

use super::{Ticket, TicketStatus};
use crate::error::ApiError;
use crate::fields::{Field, FieldErrors, integer, short_text};

/// Tickets of one generation at most, so that one request stays one short transaction.
pub const TICKETS_PER_GENERATION_MAX: i64 = 500;
/// Longest label.
pub const LABEL_CHARS_MAX: usize = 200;

/// Decides what to call a ticket's state at `now`.
pub fn status(ticket: &Ticket, now: UnixMillis) -> TicketStatus {
    if ticket.is_revoked {
        TicketStatus::Revoked
    } else if ticket.expires_at <= now {
        TicketStatus::Expired
    } else if ticket.redeemed_at.is_some() {
        TicketStatus::Redeemed
    } else {
        TicketStatus::Unused
    }
}

/// Decides whether un-revoking `ticket` at `now` would let its viewer watch again.
pub fn may_restore(ticket: &Ticket, now: UnixMillis) -> Result<(), ApiError> {
    if ticket.expires_at <= now {
        Err(ApiError::RestoreExpired)
    } else {
        Ok(())
    }
}

/// The body of a generate request, as it came.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GenerateForm {
    /// 1 to 500.
    #[serde(default)]
    #[schema(value_type = i64, required = true, minimum = 1, maximum = 500)]
    count: Field,
    /// A note on all of them, at most 200 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = false, max_length = 200)]
    label: Field,
}

/// How many tickets to generate, with which label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// 1 to 500.
    pub count: usize,
    /// At most 200 characters.
    pub label: Option<String>,
}

impl GenerateForm {
    /// Validates both fields.
    pub fn validate(&self) -> Result<Generation, ApiError> {
        let mut errors = FieldErrors::default();
        let count = errors.check("count", count(&self.count));
        let label = errors.check("label", short_text(&self.label, LABEL_CHARS_MAX));
        match (count, label) {
            (Some(count), Some(label)) => Ok(Generation { count, label }),
            _ => Err(errors.into_refusal()),
        }
    }
}

fn count(field: &Field) -> Result<usize, String> {
    let count = integer(field, 1, TICKETS_PER_GENERATION_MAX)?.ok_or("Is required.")?;
    usize::try_from(count).map_err(|_| "Is required.".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use streamgate_contract::ids::{Code, EventId};
    use streamgate_contract::time::UnixMillis;

    use super::{GenerateForm, status};
    use crate::error::ApiError;
    use crate::tickets::{Ticket, TicketStatus};

    const EXPIRY: UnixMillis = UnixMillis(1_000);

    fn ticket(is_revoked: bool, redeemed: bool) -> Ticket {
        Ticket {
            id: "t".to_owned(),
            code: Code::parse("ABCDEFGHIJKL").unwrap(),
            event_id: EventId::parse("e").unwrap(),
            label: None,
            is_revoked,
            revoked_at: is_revoked.then_some(UnixMillis(5)),
            redeemed_at: redeemed.then_some(UnixMillis(4)),
            redeemed_ip: None,
            expires_at: EXPIRY,
            created_at: UnixMillis(0),
        }
    }

    #[test]
    fn the_first_status_that_applies_wins() {
        let before = EXPIRY.plus_millis(-1);
        assert_eq!(status(&ticket(false, false), before), TicketStatus::Unused);
        assert_eq!(status(&ticket(false, true), before), TicketStatus::Redeemed);
        assert_eq!(status(&ticket(false, true), EXPIRY), TicketStatus::Expired);
        assert_eq!(status(&ticket(true, true), EXPIRY), TicketStatus::Revoked);
        assert_eq!(status(&ticket(true, false), before), TicketStatus::Revoked);
    }

    #[test]
    fn a_ticket_is_expired_from_the_very_millisecond_of_its_expiry() {
        assert_eq!(status(&ticket(false, false), EXPIRY), TicketStatus::Expired);
        assert_eq!(
            status(&ticket(false, false), EXPIRY.plus_millis(-1)),
            TicketStatus::Unused
        );
    }

    #[test]
    fn a_printed_ticket_does_not_show_its_code() {
        assert!(!format!("{:?}", ticket(false, false)).contains("ABCDEFGHIJKL"));
    }

    fn generate(body: Value) -> Result<super::Generation, ApiError> {
        serde_json::from_value::<GenerateForm>(body).unwrap().validate()
    }

    #[test]
    fn a_generation_makes_one_to_five_hundred_whole_tickets() {
        assert_eq!(generate(json!({ "count": 1 })).unwrap().count, 1);
        assert_eq!(
            generate(json!({ "count": 500, "label": " VIP " }))
                .unwrap()
                .label
                .as_deref(),
            Some("VIP")
        );
        for count in [
            json!(0),
            json!(501),
            json!(-1),
            json!(1.5),
            json!("5"),
            json!(null),
            json!(1e3),
        ] {
            assert!(matches!(
                generate(json!({ "count": count })),
                Err(ApiError::ValidationFailed(_))
            ));
        }
        let long = generate(json!({ "count": 0, "label": "x".repeat(201) }));
        let Err(ApiError::ValidationFailed(fields)) = long else {
            panic!("a long label was accepted")
        };
        assert_eq!(fields.len(), 2);
    }
}
