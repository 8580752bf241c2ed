//! Promises: moments and their ISO text read back as each other, agree with another implementation, are exact at
//! their edges, and no text panics.

use proptest::prelude::*;
use streamgate_contract::time::{TimeError, UnixMillis};

const FIRST: i64 = -62_135_596_800_000;
const LAST: i64 = 253_402_300_799_999;

#[test]
fn known_moments_have_their_known_texts() {
    for (millis, text) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_795_523_696_789, "2026-11-24T12:34:56.789Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (FIRST, "0001-01-01T00:00:00.000Z"),
        (LAST, "9999-12-31T23:59:59.999Z"),
    ] {
        assert_eq!(UnixMillis(millis).to_iso(), text);
        assert_eq!(UnixMillis(millis).to_string(), text);
        assert_eq!(UnixMillis::parse_iso(text), Ok(UnixMillis(millis)));
        assert_eq!(
            serde_json::to_string(&UnixMillis(millis)).unwrap(),
            format!("\"{text}\"")
        );
        assert_eq!(
            serde_json::from_str::<UnixMillis>(&format!("\"{text}\"")).unwrap(),
            UnixMillis(millis)
        );
    }
}

#[test]
fn any_offset_and_any_fraction_is_read() {
    let noon = UnixMillis::parse_iso("2026-11-24T12:00:00Z").unwrap();
    for text in [
        "2026-11-24t12:00:00z",
        "2026-11-24T12:00:00+00:00",
        "2026-11-24T12:00:00-00:00",
        "2026-11-24T13:30:00.0+01:30",
        "2026-11-23T12:01:00-23:59",
        "2026-11-24T12:00:00.0009999999999999999999Z",
    ] {
        assert_eq!(UnixMillis::parse_iso(text), Ok(noon), "{text}");
    }
    assert_eq!(
        UnixMillis::parse_iso("2026-11-24T12:00:00.5Z"),
        Ok(noon.plus_millis(500))
    );
    assert_eq!(
        UnixMillis::parse_iso("2026-11-24T12:00:00.0129Z"),
        Ok(noon.plus_millis(12))
    );
}

// I-12
#[test]
fn other_notations_and_times_that_do_not_exist_are_refused() {
    for text in [
        "",
        "2026-11-24",
        "2026-11-24T12:00:00",
        "2026-11-24 12:00:00Z",
        "2026-11-24T12:00Z",
        "2026-11-24T12:00:00.Z",
        "2026-11-24T12:00:00,5Z",
        "2026-11-24T12:00:00+0100",
        "2026-11-24T12:00:00+01",
        "2026-11-24T12:00:00Z ",
        " 2026-11-24T12:00:00Z",
        "+2026-11-24T12:00:00Z",
        "12026-11-24T12:00:00Z",
        "2026-1-24T12:00:00Z",
        "２026-11-24T12:00:00Z",
    ] {
        assert_eq!(UnixMillis::parse_iso(text), Err(TimeError::Form), "{text}");
    }
    for text in [
        "2026-02-29T12:00:00Z",
        "1900-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-00-01T12:00:00Z",
        "2026-04-31T12:00:00Z",
        "2026-04-00T12:00:00Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T12:60:00Z",
        "2026-11-24T12:00:60Z",
        "2026-11-24T12:00:00+24:00",
        "2026-11-24T12:00:00+01:60",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ] {
        assert_eq!(UnixMillis::parse_iso(text), Err(TimeError::Range), "{text}");
    }
}

#[test]
fn arithmetic_saturates_and_whole_seconds_round_towards_the_past() {
    assert_eq!(UnixMillis::from_secs(i64::MAX), UnixMillis(i64::MAX));
    assert_eq!(UnixMillis(i64::MAX).plus_millis(1), UnixMillis(i64::MAX));
    assert_eq!(UnixMillis(i64::MIN).millis_since(UnixMillis(1)), i64::MIN);
    assert_eq!(
        (
            UnixMillis(-1).as_secs(),
            UnixMillis(999).as_secs(),
            UnixMillis(1000).as_secs()
        ),
        (-1, 0, 1)
    );
}

#[test]
fn a_moment_beyond_the_calendar_is_written_as_the_nearest_one_inside() {
    assert_eq!(UnixMillis(i64::MAX).to_iso(), "9999-12-31T23:59:59.999Z");
    assert_eq!(UnixMillis(i64::MIN).to_iso(), "0001-01-01T00:00:00.000Z");
}

proptest! {
    #[test]
    fn text_and_moment_read_back_as_each_other(millis in FIRST..=LAST) {
        let text = UnixMillis(millis).to_iso();
        prop_assert_eq!(text.len(), 24);
        prop_assert_eq!(UnixMillis::parse_iso(&text), Ok(UnixMillis(millis)));
    }

    // jiff ends a day earlier than the calendar, to leave room for offsets.
    #[test]
    fn another_implementation_agrees(millis in FIRST..=LAST - 2 * 86_400_000) {
        let theirs = jiff::Timestamp::from_millisecond(millis).unwrap();
        prop_assert_eq!(UnixMillis(millis).to_iso().parse::<jiff::Timestamp>().unwrap(), theirs);
        prop_assert_eq!(UnixMillis::parse_iso(&theirs.to_string()), Ok(UnixMillis(millis)));
    }

    #[test]
    fn no_text_panics(text in "[0-9TZ:.+\\-]{0,30}|\\PC{0,30}") {
        let _ = UnixMillis::parse_iso(&text);
    }

    #[test]
    fn no_number_panics(millis: i64) {
        prop_assert_eq!(UnixMillis(millis).to_iso().len(), 24);
    }
}
