use streamgate_contract::ids::{EventId, SessionId};

use super::*;

const NOW: UnixMillis = UnixMillis(1_780_000_000_500);

fn admission() -> Admission {
    Admission {
        is_revoked: false,
        event_is_active: true,
        expires_at: NOW.plus_millis(1),
    }
}

fn session(device: Option<&str>, last_seen_at: UnixMillis) -> Session {
    Session {
        sid: SessionId::from_random_bytes([1; 16]),
        device_id: device.map(str::to_owned),
        last_seen_at,
        ended: None,
        ended_by_device_id: None,
    }
}

fn device(text: &str) -> DeviceId {
    DeviceId::parse(text).unwrap()
}

//
#[test]
fn a_ticket_is_refused_from_the_very_millisecond_it_expires() {
    assert_eq!(admit(admission(), NOW), Ok(()));
    let expired_at = NOW;
    assert_eq!(
        admit(
            Admission {
                expires_at: NOW,
                ..admission()
            },
            NOW
        ),
        Err(Denial::Expired { expired_at })
    );
}

//
#[test]
fn whoever_is_watching_may_go_on_for_sixty_seconds_after_the_expiry() {
    let ends_now = Admission {
        expires_at: NOW.plus_millis(-60_000),
        ..admission()
    };
    assert_eq!(admit_with_grace(ends_now, NOW.plus_millis(-1)), Ok(()));
    assert!(matches!(
        admit_with_grace(ends_now, NOW),
        Err(Denial::Expired { .. })
    ));
}

#[test]
fn of_several_reasons_the_first_of_the_contract_is_told() {
    let all = Admission {
        is_revoked: true,
        event_is_active: false,
        expires_at: NOW,
    };
    assert_eq!(admit(all, NOW), Err(Denial::Revoked));
    assert_eq!(
        admit(
            Admission {
                is_revoked: false,
                ..all
            },
            NOW
        ),
        Err(Denial::EventUnavailable)
    );
}

//
#[test]
fn another_device_is_refused_until_the_very_millisecond_the_holder_has_lapsed() {
    let holder = session(Some("the-first-device-1"), NOW);
    let other = device("the-other-device-2");
    let claim = |limit| decide_claim(Some(&holder), Some(&other), DevicePolicy::Block, limit);
    assert_eq!(claim(Some(NOW)), Claim::InUse);
    assert_eq!(claim(Some(NOW.plus_millis(1))), Claim::Supersedes);
    assert_eq!(claim(None), Claim::InUse);
}

#[test]
fn a_device_takes_its_own_session_back_at_once_but_no_device_is_nobodys_own() {
    let own = device("the-first-device-1");
    let holder = session(Some(own.as_str()), NOW);
    assert_eq!(
        decide_claim(Some(&holder), Some(&own), DevicePolicy::Block, None),
        Claim::Supersedes
    );
    assert_eq!(
        decide_claim(Some(&holder), None, DevicePolicy::Block, None),
        Claim::InUse
    );
    let nameless = session(None, NOW);
    assert_eq!(
        decide_claim(Some(&nameless), None, DevicePolicy::Block, None),
        Claim::InUse
    );
}

#[test]
fn the_newest_device_wins_where_the_event_says_so() {
    let holder = session(Some("the-first-device-1"), NOW);
    assert_eq!(
        decide_claim(Some(&holder), None, DevicePolicy::Takeover, None),
        Claim::Supersedes
    );
    assert_eq!(decide_claim(None, None, DevicePolicy::Block, None), Claim::Free);
}

#[test]
fn a_session_says_why_it_no_longer_holds_its_ticket() {
    let ended = |end, by: Option<&str>| Session {
        ended: Some(end),
        ended_by_device_id: by.map(str::to_owned),
        ..session(Some("the-first-device-1"), NOW)
    };
    let reason = |session: &Session| standing(Some(session), None).reason();
    assert_eq!(reason(&session(None, NOW)), None);
    assert_eq!(reason(&ended(EndReason::Released, None)), Some("released"));
    assert_eq!(reason(&ended(EndReason::Kicked, None)), Some("kicked"));
    assert_eq!(reason(&ended(EndReason::Expired, None)), Some("expired"));
    assert_eq!(reason(&ended(EndReason::Superseded, None)), Some("superseded"));
    assert_eq!(
        reason(&ended(EndReason::Superseded, Some("the-other-device-2"))),
        Some("superseded")
    );
    assert_eq!(
        reason(&ended(EndReason::Superseded, Some("the-first-device-1"))),
        Some("superseded_same_device")
    );
    let limit = Some(NOW.plus_millis(1));
    assert_eq!(standing(Some(&session(None, NOW)), limit), Standing::Lapsed);
    assert_eq!(standing(None, None), Standing::Lapsed);
}

#[test]
fn two_devices_without_an_id_are_not_the_same_device() {
    let nameless = Session {
        ended: Some(EndReason::Superseded),
        ..session(None, NOW)
    };
    assert_eq!(standing(Some(&nameless), None).reason(), Some("superseded"));
}

#[test]
fn a_token_lives_an_hour_but_never_beyond_the_ticket_and_its_grace() {
    let far = token_life(NOW, NOW.plus_millis(7_200_000));
    assert_eq!((far.issued_at, far.secs()), (1_780_000_000, 3_600));
    assert_eq!(token_life(NOW, NOW.plus_millis(10_000)).secs(), 70);
    // The last fraction of a second is cut, not rounded up.
    assert_eq!(token_life(NOW, UnixMillis(1_780_000_000_999)).secs(), 60);
}

fn claims(code: &str, issued_at: i64) -> Claims {
    Claims::Playback(PlaybackClaims {
        code: Code::parse(code).unwrap(),
        event_id: EventId::parse("event").unwrap(),
        session_id: SessionId::from_random_bytes([1; 16]),
        issued_at,
        expires_at: issued_at + 3_600,
    })
}

#[test]
fn an_expired_token_counts_until_the_very_second_of_a_day() {
    let issued_at = NOW.as_secs();
    let counts = |now_secs: i64| {
        session_claims(claims("aB3dE6gH9jK2", issued_at), UnixMillis::from_secs(now_secs)).is_some()
    };
    assert!(counts(issued_at));
    assert!(counts(issued_at + 3_600 + 86_399));
    assert!(!counts(issued_at + 3_600 + 86_400));
}

#[test]
fn a_token_from_the_future_a_preview_and_a_probe_have_no_session() {
    let now = UnixMillis::from_secs(1_780_000_000);
    assert!(session_claims(claims("aB3dE6gH9jK2", now.as_secs() + 5), now).is_some());
    assert!(session_claims(claims("aB3dE6gH9jK2", now.as_secs() + 6), now).is_none());
    assert!(session_claims(claims("preview", now.as_secs()), now).is_none());
    let probe = streamgate_contract::claims::ProbeClaims {
        event_id: EventId::parse("event").unwrap(),
        issued_at: now.as_secs(),
        expires_at: now.as_secs() + 10,
    };
    assert!(session_claims(Claims::Probe(probe), now).is_none());
}
