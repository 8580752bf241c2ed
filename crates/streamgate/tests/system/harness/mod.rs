//! The real program as child processes, real sockets, real files, real ffmpeg.

pub(crate) mod actors;
pub(crate) mod database;
pub(crate) mod http;
pub(crate) mod media;
pub(crate) mod process;
pub(crate) mod raw;
pub(crate) mod site;

use std::fmt::Debug;
use std::future::Future;
use std::time::{Duration, Instant};

use streamgate_serving::clock::{Clock, SystemClock};

pub(crate) const ADMIN_KEY: &str = "an-admin-api-key-for-tests";
pub(crate) const INTERNAL_KEY: &str = "an-internal-api-key-for-tests";
pub(crate) const SIGNING_SECRET: &str = "a-signing-secret-of-at-least-32-bytes-for-tests";
pub(crate) const ADMIN_PASSWORD: &str = "correct-horse-battery";

/// What the specification allows between an admin's answer and the edge's refusal.
pub(crate) const A_SECOND: Duration = Duration::from_secs(1);
/// For everything that has no promised time: long enough for a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(15);

/// Returns the time now in Unix milliseconds.
pub(crate) fn now_ms() -> i64 {
    SystemClock.unix_millis()
}

/// Asks `probe` every 10 ms until it says yes; fails the test, quoting the last answer, once `deadline` is over.
pub(crate) async fn until<T, F, Fut>(
    deadline: Duration,
    what: &str,
    mut probe: F,
    is_it: impl Fn(&T) -> bool,
) -> T
where
    T: Debug,
    F: FnMut() -> Fut,
    Fut: Future<Output = T>,
{
    let started = Instant::now();
    loop {
        let answer = probe().await;
        if is_it(&answer) {
            return answer;
        }
        assert!(
            started.elapsed() < deadline,
            "not within {deadline:?}: {what}; the last answer: {answer:?}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
