//! Asking an upstream for a playlist, and what is made of its answer.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use streamgate_contract::time::UnixMillis;

use super::UpstreamPlaylists;
use super::freshness::TARGET_DURATION_DEFAULT;
use super::generation::Step;
use super::stream::{Copy, Refresh, Stream, since};
use crate::playlist::reading::PLAYLIST_BYTES_MAX;
use crate::playlist::version::Version;
use crate::source::local::blocking;
use crate::source::upstream::{Answer, Ask, Head, Known, UpstreamError};

/// How long the body of a playlist may take; no player has that much patience.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Texts up to this size are read where they arrive, within a millisecond or two.
const AT_ONCE_BYTES_MAX: usize = 64 * 1024;

impl UpstreamPlaylists {
    /// Refreshes a playlist, and again each time that it is due while viewers ask for it.
    pub(super) async fn refresh(self: Arc<Self>, mut refresh: Refresh) {
        loop {
            let (stream, started) = (Arc::clone(&refresh.stream), refresh.started);
            let outcome = self.fetch(&stream, started).await;
            if let Err(error) = &outcome {
                tracing::debug!(%error, event.id = %stream.path.path().event(), "cannot refresh a playlist");
            }
            self.table.note(&stream, outcome.as_ref().ok());
            refresh.finish(self.now(), outcome);
            let Some(rules) = self.rules(&stream) else {
                return;
            };
            if !rules.is_ahead || stream.held.is_some() {
                return;
            }
            let pause = rules.every.saturating_sub(since(started, self.now()));
            tokio::time::sleep(pause).await;
            match stream.begin_again(started, rules, self.now()) {
                Some(next) => refresh = next,
                None => return,
            }
        }
    }

    async fn fetch(&self, stream: &Arc<Stream>, started: UnixMillis) -> Result<Copy, UpstreamError> {
        let known = stream.copy();
        let mut ask = Ask::playlist();
        ask.known = known
            .as_ref()
            .map(|copy| copy.validators.clone())
            .filter(|validators| *validators != Known::default());
        if let Some((plain, directives)) = &stream.held {
            let target = plain.version().and_then(|version| version.facts.target_duration);
            ask.directives = Some(directives.clone());
            ask.first_byte = Some(target.unwrap_or(TARGET_DURATION_DEFAULT) * 3 + Duration::from_secs(1));
        }
        match (self.client.get(&stream.path, &stream.origin, ask).await?, known) {
            (Answer::NotModified(head), Some(copy)) => Ok(Copy {
                received: self.now(),
                age: head.age,
                ..copy
            }),
            (Answer::NotModified(_), None) => {
                Err(UpstreamError::Broken("not modified since never".to_owned()))
            }
            (Answer::Found(head, body), known) => {
                let bytes_max = usize::try_from(PLAYLIST_BYTES_MAX).unwrap_or(usize::MAX);
                let text = tokio::time::timeout(BODY_TIMEOUT, body.collect(bytes_max)).await;
                let text = text.map_err(|_| UpstreamError::TimedOut("send a playlist"))??;
                self.take(stream, known, (head, text), started).await
            }
        }
    }

    /// Makes a copy of a text, if it is a whole playlist.
    async fn take(
        &self,
        stream: &Arc<Stream>,
        known: Option<Copy>,
        (head, text): (Head, Bytes),
        started: UnixMillis,
    ) -> Result<Copy, UpstreamError> {
        if !text.starts_with(b"#EXTM3U") {
            return Err(UpstreamError::Broken("no playlist".to_owned()));
        }
        // Some servers never end with a line feed; then it is the same text the next time.
        if !is_whole(&text) && !stream.was_found_before(&text) {
            return Err(UpstreamError::Broken(
                "a playlist that ends in the middle".to_owned(),
            ));
        }
        let now = self.now();
        let modified = modified(&head, &text, known.as_ref(), self.wall());
        let fresh = |version| Copy {
            version,
            validators: head.validators.clone(),
            received: now,
            age: head.age,
        };
        let plain = stream.held.as_ref().map_or(stream, |(plain, _)| plain);
        let known = match known {
            Some(known) if known.version.reads(&text, modified) => {
                let copy = fresh(known.version);
                self.see(plain, &copy, false).await;
                return Ok(copy);
            }
            known => known,
        };
        let before = known.as_ref().map(|copy| &*copy.version);
        let version = Arc::new(make_version(stream, text, modified).await?.after(before));
        let copy = fresh(Arc::clone(&version));
        let step = {
            let mut course = plain.course.lock().unwrap_or_else(PoisonError::into_inner);
            course.take(&version, started, now)
        };
        match (step, known) {
            (Step::Behind, Some(known)) => {
                return Ok(Copy {
                    received: now,
                    ..known
                });
            }
            (Step::BeginsAnew, _) => {
                // Before anybody sees the new names: they stand for other bytes now.
                let going_on = self.table.going_on(plain, &version, now);
                self.cache
                    .new_generation(stream.path.path().event(), going_on)
                    .await;
                self.see(plain, &copy, true).await;
            }
            (Step::Continues | Step::Behind, _) => self.see(plain, &copy, false).await,
        }
        if let Some((plain, directives)) = &stream.held
            && !directives.skips()
        {
            plain.adopt(copy.clone());
        }
        Ok(copy)
    }
}

async fn make_version(stream: &Stream, text: Bytes, modified: UnixMillis) -> Result<Version, UpstreamError> {
    let (path, base) = (stream.path.path().clone(), stream.origin.folder().clone());
    if text.len() <= AT_ONCE_BYTES_MAX {
        return Ok(Version::of_upstream(&path, &base, text, modified));
    }
    let made = blocking(move || Ok(Version::of_upstream(&path, &base, text, modified))).await;
    made.map_err(|error| UpstreamError::Broken(error.to_string()))
}

/// Whether a text ends where a playlist may end.
fn is_whole(text: &[u8]) -> bool {
    text.ends_with(b"\n") || text.ends_with(b"#EXT-X-ENDLIST")
}

/// When a text changed: as the upstream says, else when it was first seen.
fn modified(head: &Head, text: &[u8], known: Option<&Copy>, now: UnixMillis) -> UnixMillis {
    let said = head
        .modified_secs()
        .and_then(|secs| i64::try_from(secs).ok()?.checked_mul(1000));
    if let Some(millis) = said {
        return UnixMillis(millis);
    }
    match known.filter(|copy| copy.version.has_text(text)) {
        Some(copy) => copy.version.modified,
        None => now.plus_millis(-i64::try_from(head.age.as_millis()).unwrap_or(0)),
    }
}
