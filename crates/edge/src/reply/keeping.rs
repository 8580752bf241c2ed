//! How long a browser may keep a segment without asking again.
//!
//! The names of a stream that has ended may come to stand for other bytes: a rehearsal often has those of its show,
//! and nobody can take back what a browser was told to keep. So a segment is kept for about a tenth of the time that
//! its stream has been over, for a day at most. Asking again costs a request without a body.

use std::time::Duration;

use http::header::HeaderValue;

/// Returns the `Cache-Control` of a segment whose stream ended so long ago, if it did.
pub(crate) const fn of_segment(over_for: Option<Duration>) -> HeaderValue {
    const HOUR: u64 = 3600;
    HeaderValue::from_static(match over_for {
        Some(over_for) => match over_for.as_secs() / HOUR {
            0 => "private, max-age=60",
            1..10 => "private, max-age=360",
            10..240 => "private, max-age=3600",
            240.. => "private, max-age=86400, immutable",
        },
        None => "private, max-age=60",
    })
}
