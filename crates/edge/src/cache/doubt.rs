//! Objects that may be of an encoder which has begun anew since, while nobody looked: each is served again once its
//! upstream has vouched for it. An upstream that does not answer is no reason to refuse what is there.

use std::io;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use streamgate_contract::ids::EventId;

use super::ObjectCache;
use super::counters::count;
use super::digest;
use super::disk::{Disk, Stored};
use super::era::Era;
use super::fill::{Fill, off_thread, validators};
use super::flight::Heading;
use super::generations::{Born, Rendition};
use super::record::Record;
use super::seen::{EndText, Sight};
use crate::source::upstream::{Answer, Ask, Head, Known, UpstreamError};

/// How long an upstream may take to vouch for an object: a player waits longer for its segment.
const PATIENCE: Duration = Duration::from_secs(3);
/// For how long it is not asked again after it did not answer. A playlist that it answers with ends this.
const UNHEARD_FOR: Duration = Duration::from_secs(30);

/// What became of an object in doubt.
pub(super) enum Checked {
    /// It is what its upstream has, or its upstream does not say.
    Stands(Stored),
    /// The upstream has something else under its name, or nothing.
    Replaced(Result<Answer, UpstreamError>),
}

impl ObjectCache {
    /// Takes in what a playlist shows that was fetched, before anybody gets it.
    pub(crate) async fn see(self: &Arc<Self>, event: &EventId, sight: Sight) {
        let (cache, of) = (Arc::clone(self), event.clone());
        let work = move || {
            let before = cache.disk.era(&of)?;
            let seen = cache.disk.see(&of, &sight).or_else(|error| {
                if error.kind() != io::ErrorKind::NotFound {
                    return Err(error);
                }
                cache.begin_anew()?;
                cache.disk.see(&of, &sight)
            });
            // Behind the disk: who opened an object before that does not keep it any more.
            if cache.disk.era(&of)? != before {
                cache.open_objects.forget_those(|key| key.event == of);
            }
            seen
        };
        if let Err(error) = off_thread(work).await {
            self.note_disk_error("note a playlist in", &error);
        }
    }
}

/// Stands for the text with which a stream ended. `None` where the upstream tells no version from another: the same
/// text may be that of another recording.
pub(crate) fn end_text(text: &[u8], known: &Known) -> Option<EndText> {
    let part = |part: &Option<Box<str>>| digest(&[part.as_deref().unwrap_or_default().as_bytes()]);
    let tells = known.etag.is_some() || known.last_modified.is_some();
    tells.then(|| digest(&[&part(&known.etag), &part(&known.last_modified), text]))
}

impl Stored {
    pub(super) fn heading(&self) -> Heading {
        Heading {
            length: Some(self.record.length),
            validators: self.sendable.validators.clone(),
        }
    }
}

impl Fill {
    /// Asks the upstream whether it still has what is stored; one request, also when it has something else.
    pub(super) async fn check(&self, stored: Stored, era: Option<Era>) -> Checked {
        count(&self.cache.counters.checks);
        let modified = UNIX_EPOCH + Duration::from_secs(stored.record.modified_secs);
        let mut ask = Ask::object();
        ask.first_byte = Some(PATIENCE);
        ask.known = Some(Known {
            etag: None,
            last_modified: Some(httpdate::fmt_http_date(modified).into()),
        });
        let mut answer = self.ask(ask.clone()).await;
        if let Ok(Answer::NotModified(head)) = &answer
            && self.denies(head, &stored.record)
        {
            ask.known = None;
            answer = self.ask(ask).await;
        }
        let is_same = match &answer {
            Ok(Answer::NotModified(_)) => true,
            // One that knows no conditions. Its connection is closed; that costs less than the body.
            Ok(Answer::Found(head, _)) => self.tag(head) == stored.record.tag,
            Err(UpstreamError::NotFound) => false,
            Err(error) => {
                tracing::debug!(%error, event.id = %self.key.event, "nobody vouches for a cached object");
                self.cache.disk.note_unheard(&self.key.event, UNHEARD_FOR);
                return Checked::Stands(stored);
            }
        };
        if is_same {
            Checked::Stands(self.vouched(stored, era).await)
        } else {
            self.forget(&answer).await;
            Checked::Replaced(answer)
        }
    }

    /// Whether an upstream that calls an object unchanged names another version of it: some compare by time alone.
    fn denies(&self, head: &Head, record: &Record) -> bool {
        if head.validators.etag.is_some() {
            let with_length = Head {
                length: Some(record.length),
                ..head.clone()
            };
            return self.tag(&with_length) != record.tag;
        }
        head.modified_secs()
            .is_some_and(|secs| secs != record.modified_secs)
    }

    fn tag(&self, head: &Head) -> [u8; 8] {
        validators(head, &self.key, self.cache.now_ms()).1
    }

    async fn vouched(&self, stored: Stored, era: Option<Era>) -> Stored {
        let Some(era) = era else { return stored };
        let own = stored.record.born.rendition;
        let listed = Some(self.standing.rendition).filter(|listed| *listed != Rendition::default());
        let born = Born {
            rendition: listed.unwrap_or(own),
            generation: era.generation,
        };
        let doubted = stored.clone();
        let vouched = off_thread(move || Disk::vouched(doubted, born)).await;
        // Where that cannot be written it is asked for again.
        vouched.unwrap_or_else(|error| {
            self.cache.note_disk_error("mark an object in", &error);
            stored
        })
    }

    /// Removes what the upstream has no more, so that nobody gets it once the upstream is away.
    async fn forget(&self, answer: &Result<Answer, UpstreamError>) {
        if !matches!(answer, Err(UpstreamError::NotFound)) {
            return;
        }
        let (cache, key) = (Arc::clone(&self.cache), self.key.clone());
        let removed = off_thread(move || {
            cache.index.take(key.id, u64::MAX);
            cache.disk.remove(&key.event, key.id)
        });
        if let Err(error) = removed.await {
            self.cache.note_disk_error("remove an object from", &error);
        }
    }
}
