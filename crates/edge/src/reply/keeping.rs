//! How long a browser may keep a segment without asking again.
//!
//! A recording that was put there whole stays as it is. The names of a stream that went on before our eyes and then
//! ended may come to stand for other bytes: a rehearsal often has those of its show, and nobody can take back what a
//! browser was told to keep. So its segments are kept for about a tenth of the time that it has been over, for a day
//! at most. Asking again costs a request without a body.

use std::time::Duration;

use http::header::HeaderValue;

/// How far the name of a segment can be trusted to stand for the same bytes tomorrow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trust {
    /// Its stream goes on, or is not known.
    None,
    /// Its stream went on, and has been over for so long.
    OverFor(Duration),
    /// Its stream had ended when it was first seen.
    Recording,
}

/// Returns the `Cache-Control` of a segment.
pub(crate) const fn of_segment(trust: Trust) -> HeaderValue {
    const HOUR: u64 = 3600;
    const FINAL: &str = "private, max-age=86400, immutable";
    HeaderValue::from_static(match trust {
        Trust::None => "private, max-age=60",
        Trust::OverFor(over_for) => match over_for.as_secs() / HOUR {
            0 => "private, max-age=60",
            1..10 => "private, max-age=360",
            10..240 => "private, max-age=3600",
            240.. => FINAL,
        },
        Trust::Recording => FINAL,
    })
}
