//! `Range` (RFC 9110 section 14.2): one range of bytes, or the whole.

use std::ops::Range;

/// Which bytes of an object are asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Selection {
    /// All of it: no range, several ranges, or text that is no range.
    Whole,
    /// From `start` to before `end`; never empty and inside the object.
    Part(Range<u64>),
    /// The range begins behind the end.
    Unsatisfiable,
}

/// Reads a `Range` header for an object of `length` bytes.
pub(crate) fn select(header: &str, length: u64) -> Selection {
    let Some((unit, set)) = header.split_once('=') else {
        return Selection::Whole;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return Selection::Whole;
    }
    let Some((first, last)) = set.trim().split_once('-') else {
        return Selection::Whole;
    };
    match (number(first), number(last)) {
        (Some(start), Some(last)) if last < start => Selection::Whole,
        (Some(start), Some(last)) => part(start, last.saturating_add(1), length),
        (Some(start), None) if last.trim().is_empty() => part(start, length, length),
        (None, Some(suffix)) if first.trim().is_empty() => {
            let start = if suffix == 0 {
                length
            } else {
                length.saturating_sub(suffix)
            };
            part(start, length, length)
        }
        _ => Selection::Whole,
    }
}

/// Reads a `Range` header with both ends, for an object whose length is not known; both are part of the range.
pub(crate) fn bounded(header: &str) -> Option<(u64, u64)> {
    let (unit, set) = header.split_once('=')?;
    let (first, last) = set.trim().split_once('-')?;
    let bounds = (number(first)?, number(last)?);
    (unit.trim().eq_ignore_ascii_case("bytes") && bounds.0 <= bounds.1).then_some(bounds)
}

const fn part(start: u64, end: u64, length: u64) -> Selection {
    if start >= length {
        return Selection::Unsatisfiable;
    }
    Selection::Part(start..if end < length { end } else { length })
}

/// Digits only; what does not fit is as good as the largest number.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_selects_a_part() {
        for (header, expected) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-99", 0..100),
            ("bytes=99-99", 99..100),
            ("bytes=10-", 10..100),
            ("bytes=10-1000", 10..100),
            ("bytes=0-9007199254740991", 0..100),
            ("bytes=0-99999999999999999999999", 0..100),
            ("bytes=-1", 99..100),
            ("bytes=-1000", 0..100),
            ("Bytes = 5-6", 5..7),
        ] {
            assert_eq!(select(header, 100), Selection::Part(expected), "{header}");
        }
    }

    #[test]
    fn a_range_with_both_ends_needs_no_length() {
        for (header, expected) in [
            ("bytes=5-9", Some((5, 9))),
            ("Bytes = 0-0", Some((0, 0))),
            ("bytes=9-5", None),
            ("bytes=5-", None),
            ("bytes=-5", None),
            ("bytes=0-1,3-4", None),
            ("items=0-1", None),
        ] {
            assert_eq!(bounded(header), expected, "{header}");
        }
    }

    #[test]
    fn a_range_behind_the_end_is_unsatisfiable() {
        for header in [
            "bytes=100-",
            "bytes=100-200",
            "bytes=-0",
            "bytes=99999999999999999999999-",
        ] {
            assert_eq!(select(header, 100), Selection::Unsatisfiable, "{header}");
        }
        for header in ["bytes=0-", "bytes=0-0", "bytes=-1"] {
            assert_eq!(select(header, 0), Selection::Unsatisfiable, "{header}");
        }
    }

    // H-15
    #[test]
    fn several_ranges_and_nonsense_mean_the_whole() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-2",
            "bytes=0-1,3-4",
            "items=0-1",
            "bytes=+1-2",
            "bytes=1-+2",
            "bytes=1-x",
            "bytes=0x1-2",
        ] {
            assert_eq!(select(header, 100), Selection::Whole, "{header}");
        }
    }
}
