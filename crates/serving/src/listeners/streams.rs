//! The streams of HTTP/2 connections: a task each, which ends when the listener cuts its connections, or when the
//! permission of its response ends.

use std::pin::pin;

use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use super::outlet::Watched;
use super::watchdog::WATCH_EVERY;

tokio::task_local! {
    static WATCHED: Watched;
}

/// Runs HTTP/2 streams as tasks.
#[derive(Clone, Debug)]
pub(super) struct StreamTasks {
    pub(super) cut: CancellationToken,
}

impl<F> hyper::rt::Executor<F> for StreamTasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        let cut = self.cut.clone();
        let watched = Watched::default();
        let stream = WATCHED.scope(watched.clone(), stream);
        // What is dropped unfinished is reset by h2; the connection and its other streams go on.
        drop(tokio::spawn(async move {
            tokio::select! {
                biased;
                _ = stream => {}
                () = cut.cancelled() => {}
                () = permission_ended(&watched) => {}
            }
        }));
    }
}

/// Returns what asks about the response of the stream that runs now; `None` if none does.
pub(super) fn current() -> Option<Watched> {
    WATCHED.try_with(Watched::clone).ok()
}

async fn permission_ended(watched: &Watched) {
    let mut ticks = pin!(interval(WATCH_EVERY));
    loop {
        ticks.tick().await;
        if !watched.holds() {
            tracing::debug!("response cut: its permission has ended");
            return;
        }
    }
}
