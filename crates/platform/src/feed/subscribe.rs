//! The feed as a stream: what follows a cursor, then every record when it is committed, and a head now and then.
//!
//! A subscription reads from the database whenever the hub wakes it, so it can lose nothing and holds at most one
//! read's records in memory. It ends at shutdown and when the database fails; its owner subscribes again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use streamgate_contract::feed::{FeedCursor, FeedEvent, HEAD_INTERVAL_SECS, Head, Snapshot};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::queries::StoredRecord;
use super::read::{Read, parse, read};
use crate::app::App;
use crate::error::ApiError;

/// Somewhat more often than promised, so that a slow moment does not break the promise.
const HEAD_INTERVAL: Duration = Duration::from_millis(HEAD_INTERVAL_SECS * 1_000 - 1_000);

/// One event of a subscription, records still in their stored bytes.
#[derive(Debug)]
pub(super) enum Item {
    Record(StoredRecord),
    Snapshot(Snapshot),
    Head(Head),
}

/// Subscribes to the feed in the same process: what follows `cursor`, or a snapshot first where there is none or
/// it cannot be continued.
pub fn subscribe(
    app: Arc<App>,
    cursor: Option<FeedCursor>,
) -> impl Stream<Item = FeedEvent> + Send + 'static {
    items(app, cursor).filter_map(|item| async move {
        match item {
            Item::Snapshot(snapshot) => Some(FeedEvent::Snapshot(snapshot)),
            Item::Head(head) => Some(FeedEvent::Head(head)),
            // Never left out in silence: the reader would meet a gap and ask for a snapshot.
            Item::Record(record) => parse(&record).ok().map(FeedEvent::Record),
        }
    })
}

/// As [`subscribe`], in stored bytes.
pub(super) fn items(app: Arc<App>, cursor: Option<FeedCursor>) -> impl Stream<Item = Item> + Send + 'static {
    let subscription = Subscription {
        wakes: app.feed.listen(),
        closing: app.feed.closing().clone(),
        app,
        cursor,
        due: VecDeque::new(),
        // The first event is a head, a record or a snapshot, at once.
        head_due: Instant::now(),
        is_behind: true,
    };
    stream::unfold(subscription, |mut subscription| async move {
        let item = subscription.next().await?;
        Some((item, subscription))
    })
}

struct Subscription {
    app: Arc<App>,
    cursor: Option<FeedCursor>,
    wakes: watch::Receiver<u64>,
    closing: CancellationToken,
    /// Read and not yet handed over.
    due: VecDeque<Item>,
    head_due: Instant,
    /// There may be more to read than the last read brought.
    is_behind: bool,
}

impl Subscription {
    /// Returns the next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Item> {
        loop {
            if self.closing.is_cancelled() {
                return None;
            }
            if let Some(item) = self.due.pop_front() {
                return Some(item);
            }
            if !self.is_behind {
                tokio::select! {
                    () = self.closing.cancelled() => return None,
                    () = sleep_until(self.head_due) => {}
                    woken = self.wakes.changed() => woken.ok()?,
                }
            }
            if let Err(error) = self.read().await {
                tracing::warn!(%error, "a feed stream ends because the feed cannot be read");
                return None;
            }
        }
    }

    /// Reads what is new, and adds a head when one is due.
    async fn read(&mut self) -> Result<(), ApiError> {
        // Before the read: whatever wakes from now on is read again.
        self.wakes.mark_unchanged();
        let head = match read(&self.app, self.cursor.as_ref()).await? {
            Read::Snapshot(snapshot) => {
                let head = Head {
                    epoch: snapshot.epoch.clone(),
                    seq: snapshot.seq,
                    h: snapshot.h.clone(),
                    now: snapshot.now,
                };
                self.due.push_back(Item::Snapshot(snapshot));
                self.cursor = Some(cursor_of(&head));
                head
            }
            Read::Records { records, head } => {
                if let (Some(last), Some(cursor)) = (records.last(), self.cursor.as_mut()) {
                    cursor.after = last.seq;
                    cursor.h = last.h.clone();
                }
                self.due.extend(records.into_iter().map(Item::Record));
                head
            }
        };
        self.is_behind = self.cursor.as_ref().is_some_and(|cursor| cursor.after < head.seq);
        if !self.is_behind && Instant::now() >= self.head_due {
            self.head_due = Instant::now() + HEAD_INTERVAL;
            self.due.push_back(Item::Head(head));
        }
        Ok(())
    }
}

fn cursor_of(head: &Head) -> FeedCursor {
    FeedCursor {
        after: head.seq,
        h: head.h.clone(),
        epoch: head.epoch.clone(),
    }
}
