//! A pushed feed: server-sent events as feed events, and the end of patience when none comes.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _};
use streamgate_contract::feed::{FeedEvent, SILENCE_SECS_MAX};
use tokio::time::Instant;

use crate::link::LinkError;
use crate::link::sse::SseParser;

const SILENCE_MAX: Duration = Duration::from_secs(SILENCE_SECS_MAX);

struct Push {
    pieces: BoxStream<'static, Result<Bytes, LinkError>>,
    parser: SseParser,
    ready: VecDeque<FeedEvent>,
    last_event: Instant,
}

/// Reads feed events from the pieces of an SSE answer. Bytes that complete no event do not count as life.
pub(super) fn feed_events(
    pieces: BoxStream<'static, Result<Bytes, LinkError>>,
) -> impl Stream<Item = Result<FeedEvent, LinkError>> + Send {
    let push = Push {
        pieces,
        parser: SseParser::default(),
        ready: VecDeque::new(),
        last_event: Instant::now(),
    };
    stream::try_unfold(push, |mut push| async move {
        loop {
            if let Some(event) = push.ready.pop_front() {
                return Ok(Some((event, push)));
            }
            let next = tokio::time::timeout_at(push.last_event + SILENCE_MAX, push.pieces.next());
            match next.await.map_err(|_| LinkError::Silent)? {
                None => return Ok(None),
                Some(piece) => push.take(&piece?)?,
            }
        }
    })
}

impl Push {
    fn take(&mut self, piece: &[u8]) -> Result<(), LinkError> {
        for event in self.parser.push(piece).map_err(|_| LinkError::Malformed)? {
            self.last_event = Instant::now();
            let event = FeedEvent::parse_sse(&event.name, &event.data).map_err(|_| LinkError::Malformed)?;
            self.ready.extend(event);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "event: head\ndata: {\"epoch\":\"e1\",\"seq\":0,\"h\":\"0000000000000000\",\"now\":\"2026-11-24T12:00:00.000Z\"}\n\n";

    fn pieces(items: Vec<(u64, &'static str)>) -> BoxStream<'static, Result<Bytes, LinkError>> {
        stream::iter(items)
            .then(|(pause, text)| async move {
                tokio::time::sleep(Duration::from_secs(pause)).await;
                Ok(Bytes::from_static(text.as_bytes()))
            })
            .chain(stream::pending())
            .boxed()
    }

    #[tokio::test(start_paused = true)]
    async fn fifteen_seconds_without_an_event_break_the_push_although_comments_come() {
        let feed = feed_events(pieces(vec![
            (1, HEAD),
            (14, HEAD),
            (8, ": still here\n\n"),
            (8, HEAD),
        ]));
        let events: Vec<_> = feed.collect().await;
        assert!(events[0].is_ok() && events[1].is_ok());
        assert_eq!(events[2], Err(LinkError::Silent));
        assert_eq!(events.len(), 3);
    }

    #[tokio::test]
    async fn unknown_events_are_passed_over_and_broken_ones_break_the_push() {
        let feed = feed_events(pieces(vec![
            (0, "event: new\ndata: x\n\n"),
            (0, HEAD),
            (0, "event: head\ndata: {}\n\n"),
        ]));
        let events: Vec<_> = feed.collect().await;
        assert!(events[0].is_ok());
        assert_eq!(events[1], Err(LinkError::Malformed));
    }
}
