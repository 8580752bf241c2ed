//! Promises: the feed's JSON is the contract's, and hashes chain as it says.

use proptest::prelude::*;
use streamgate_contract::deny_state::DenyState;
use streamgate_contract::feed::{
    ChainHash, FeedChange, FeedCursor, FeedError, FeedEvent, FeedPage, FeedRecord, Head, chain, record_body,
    record_json,
};
use streamgate_contract::time::UnixMillis;

use super::{code, empty, epoch, event, record, sid};

#[test]
fn every_kind_has_the_json_of_the_contract_and_reads_back() {
    let at = UnixMillis(1_500);
    let cases = [
        (
            FeedChange::TicketRevoked { code: code(1), at },
            r#""ticket_revoked","code":"code1","at":"1970-01-01T00:00:01.500Z""#,
        ),
        (
            FeedChange::TicketRestored { code: code(1) },
            r#""ticket_restored","code":"code1""#,
        ),
        (
            FeedChange::EventOff {
                event_id: event(1),
                at,
            },
            r#""event_off","eventId":"ev1","at":"1970-01-01T00:00:01.500Z""#,
        ),
        (
            FeedChange::EventOn { event_id: event(1) },
            r#""event_on","eventId":"ev1""#,
        ),
        (
            FeedChange::SessionEnded { sid: sid(7), at },
            r#""session_ended","sid":"07070707-0707-4707-8707-070707070707","at":"1970-01-01T00:00:01.500Z""#,
        ),
        (
            FeedChange::Purge { event_id: event(1) },
            r#""purge","eventId":"ev1""#,
        ),
        (
            FeedChange::EventSource {
                event_id: event(1),
                url: Some("https://a/\"b".to_owned()),
            },
            r#""event_source","eventId":"ev1","url":"https://a/\"b""#,
        ),
        (
            FeedChange::EventSource {
                event_id: event(1),
                url: None,
            },
            r#""event_source","eventId":"ev1","url":null"#,
        ),
    ];
    for (change, members) in cases {
        let body = record_body(5, &change);
        assert_eq!(body, format!(r#"{{"seq":5,"kind":{members}}}"#));
        let record = record(5, change);
        let json = record_json(&body, &record.h);
        assert_eq!(
            json,
            format!(r#"{{"seq":5,"kind":{members},"h":"{}"}}"#, record.h)
        );
        assert_eq!(serde_json::to_string(&record).unwrap(), json);
        assert_eq!(FeedRecord::parse(&json), Ok(record));
    }
}

#[test]
fn the_chain_hash_is_that_of_a_hand_computed_vector() {
    let body = record_body(1, &FeedChange::Purge { event_id: event(1) });
    // printf '0000000000000000{"seq":1,"kind":"purge","eventId":"ev1"}' | sha256sum | cut -c1-16
    let first = chain(&ChainHash::GENESIS, &body);
    assert_eq!(first.as_str(), "d6d3a2c05a2f3998");
    // The same with the previous hash in front and "seq":2.
    let body = record_body(2, &FeedChange::Purge { event_id: event(1) });
    assert_eq!(chain(&first, &body).as_str(), "41b3670ff56f8d7d");
}

#[test]
fn unknown_kinds_are_read_without_a_change_and_only_move_the_position() {
    let json = r#"{"seq":1,"kind":"later","what":[1],"h":"0123456789abcdef"}"#;
    let unknown = FeedRecord::parse(json).unwrap();
    assert_eq!((unknown.seq, &unknown.change), (1, &None));
    let written = serde_json::to_string(&unknown).unwrap();
    assert_eq!(FeedRecord::parse(&written), Ok(unknown.clone()));
    let mut state = empty();
    state.apply(&unknown).unwrap();
    assert!(state.is_empty());
    assert_eq!(
        state.cursor(),
        FeedCursor {
            after: 1,
            h: unknown.h,
            epoch: epoch()
        }
    );
}

// V-05
#[test]
fn malformed_records_are_refused_and_their_codes_are_not_repeated() {
    for json in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"seq":1,"kind":"purge","eventId":"ev1"}"#,
        r#"{"kind":"purge","eventId":"ev1","h":"0123456789abcdef"}"#,
        r#"{"seq":-1,"kind":"purge","eventId":"ev1","h":"0123456789abcdef"}"#,
        r#"{"seq":1,"kind":"purge","eventId":"a/b","h":"0123456789abcdef"}"#,
        r#"{"seq":1,"kind":"purge","h":"0123456789abcdef"}"#,
        r#"{"seq":1,"kind":"purge","eventId":"ev1","h":"0123456789ABCDEF"}"#,
        r#"{"seq":1,"kind":"ticket_revoked","code":"SECRET-1","at":"1970-01-01T00:00:00Z","h":"0123456789abcdef"}"#,
        r#"{"seq":1,"kind":7,"h":"0123456789abcdef"}"#,
    ] {
        let error = FeedRecord::parse(json).expect_err(json);
        assert_eq!(
            (error, error.to_string().as_str()),
            (FeedError::Record, "malformed feed record")
        );
    }
}

#[test]
fn sse_events_are_read_by_name_and_unknown_names_are_skipped() {
    let head = r#"{"epoch":"epoch-1","seq":3,"h":"0123456789abcdef","now":"1970-01-01T00:00:00.000Z"}"#;
    let expected = Head {
        epoch: epoch(),
        seq: 3,
        h: ChainHash::parse("0123456789abcdef").unwrap(),
        now: UnixMillis(0),
    };
    assert_eq!(serde_json::to_string(&expected).unwrap(), head);
    assert_eq!(
        FeedEvent::parse_sse("head", head),
        Ok(Some(FeedEvent::Head(expected)))
    );
    let purge = record(1, FeedChange::Purge { event_id: event(1) });
    let json = serde_json::to_string(&purge).unwrap();
    assert_eq!(
        FeedEvent::parse_sse("record", &json),
        Ok(Some(FeedEvent::Record(purge)))
    );
    assert_eq!(FeedEvent::parse_sse("later", "not even JSON"), Ok(None));
    assert_eq!(FeedEvent::parse_sse("head", "{}"), Err(FeedError::Head));
    assert_eq!(FeedEvent::parse_sse("snapshot", "{}"), Err(FeedError::Snapshot));
    assert_eq!(FeedEvent::parse_sse("record", "{}"), Err(FeedError::Record));
}

#[test]
fn a_snapshot_has_the_field_names_of_the_contract() {
    let json = concat!(
        r#"{"epoch":"epoch-1","seq":9,"h":"0123456789abcdef","now":"1970-01-01T00:00:00.000Z","#,
        r#""revoked":[{"code":"code1","at":"1970-01-01T00:00:00.000Z"}],"#,
        r#""eventsOff":[{"eventId":"ev1","at":"1970-01-01T00:00:00.000Z"}],"#,
        r#""sessionsEnded":[{"sid":"07070707-0707-4707-8707-070707070707","at":"1970-01-01T00:00:00.000Z"}],"#,
        r#""sources":[{"eventId":"ev1","url":"https://up/"}]}"#
    );
    let Ok(Some(FeedEvent::Snapshot(snapshot))) = FeedEvent::parse_sse("snapshot", json) else {
        unreachable!("a snapshot")
    };
    assert_eq!(serde_json::to_string(&snapshot).unwrap(), json);
    let state = DenyState::from_snapshot(snapshot.clone());
    assert_eq!((state.len(), state.source(&event(1))), (3, Some("https://up/")));
    assert_eq!(state.to_snapshot(UnixMillis(0)), snapshot);
}

#[test]
fn a_page_is_either_a_snapshot_or_records_and_a_head() {
    let purge = record(1, FeedChange::Purge { event_id: event(1) });
    let page = FeedPage::Records {
        epoch: epoch(),
        seq: 1,
        h: purge.h.clone(),
        now: UnixMillis(0),
        records: vec![purge.clone()],
    };
    let json = serde_json::to_string(&page).unwrap();
    assert!(
        json.starts_with(r#"{"epoch":"epoch-1","seq":1,"h":""#) && json.contains(r#""records":[{"seq":1,"#)
    );
    let head = Head {
        epoch: epoch(),
        seq: 1,
        h: purge.h.clone(),
        now: UnixMillis(0),
    };
    assert_eq!(
        serde_json::from_str::<FeedPage>(&json).unwrap().into_events(),
        [FeedEvent::Record(purge), FeedEvent::Head(head)]
    );
    let snapshot = empty().to_snapshot(UnixMillis(0));
    let json = serde_json::to_string(&FeedPage::Snapshot {
        snapshot: snapshot.clone(),
    })
    .unwrap();
    assert!(json.starts_with(r#"{"snapshot":{"epoch":"#));
    assert_eq!(
        serde_json::from_str::<FeedPage>(&json).unwrap().into_events(),
        [FeedEvent::Snapshot(snapshot)]
    );
}

proptest! {
    #[test]
    fn no_feed_text_panics(name in "record|snapshot|head|x", data in "[{\\[\"a-z0-9:,}\\]]{0,60}|\\PC{0,40}") {
        drop(FeedEvent::parse_sse(&name, &data));
    }
}
