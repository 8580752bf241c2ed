//! Fetching one object, as a task of its own: whoever asked first may go, those who wait get their bytes, and when
//! all have gone the object is stored all the same.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use tokio::time::Instant;

use super::counters::count;
use super::digest;
use super::disk::Stored;
use super::doubt::Checked;
use super::era::Era;
use super::flight::{Failure, Flight, Heading};
use super::generations::Born;
use super::index::Fact;
use super::key::ObjectKey;
use super::record::Record;
use super::sink::Sink;
use super::{ObjectCache, Standing};
use crate::authorize::CoveredPath;
use crate::reply::conditional::Validators;
use crate::source::upstream::{Answer, Ask, Head, Origin, UpstreamBody, UpstreamError};

/// How much is gathered before it is written and told to those who wait; less when no more has come yet.
const BATCH_BYTES: usize = 256 * 1024;
/// How long a failure is remembered.
const FAILURE_COUNTS: Duration = Duration::from_millis(250);
/// How long it is remembered that an object is not there.
const ABSENCE_COUNTS: Duration = Duration::from_secs(1);
/// How long an object that could not be stored is kept for those who come a little later.
const PASSED_COUNTS: Duration = Duration::from_secs(5);
/// Pauses before asking again for a segment that its playlist lists already; the last one repeats.
const RETRY_PAUSES_MS: [u64; 4] = [100, 200, 400, 800];
const RETRY_LIMIT: Duration = Duration::from_secs(4);

/// What to fetch, and for whom.
#[derive(Debug)]
pub(super) struct Fill {
    pub(super) cache: Arc<ObjectCache>,
    pub(super) key: ObjectKey,
    pub(super) path: CoveredPath,
    pub(super) origin: Arc<Origin>,
    pub(super) standing: Standing,
    pub(super) flight: Arc<Flight>,
}

/// A body that has come whole.
struct Whole {
    sink: Sink,
    record: Record,
}

impl Fill {
    /// Fetches the object and stores it.
    pub(super) async fn run(self) {
        self.flight.belongs_to(self.standing.rendition);
        let era = self.era().await;
        // Somebody may have stored it between the look at the disk and the beginning of this fetch.
        let answer = match self.cache.look(&self.key, self.path.path()).await {
            Some(stored) if stored.is_sure => return self.hand_over(&stored),
            Some(stored) => match self.check(stored, era).await {
                Checked::Stands(stored) => return self.hand_over(&stored),
                Checked::Replaced(answer) => answer,
            },
            None => self.ask(Ask::object()).await,
        };
        count(&self.cache.counters.fills);
        match self.fetch(answer, era).await {
            Ok(whole) => self.store(whole, era).await,
            Err(failure) => {
                count(&self.cache.counters.failures);
                tracing::debug!(path = %self.path.path().to_request_path(), ?failure, "a fetch failed");
                let counts = match failure {
                    Failure::Upstream(UpstreamError::NotFound) if self.standing.listed_target.is_none() => {
                        ABSENCE_COUNTS
                    }
                    _ => FAILURE_COUNTS,
                };
                self.flight.finish(Err(failure), Some(Instant::now() + counts));
            }
        }
    }

    /// Returns the era that the object belongs to; `None` when the disk does not tell: then it is not stored.
    async fn era(&self) -> Option<Era> {
        let event = &self.key.event;
        if let Some(era) = self.cache.disk.era_at_once(event) {
            return Some(era);
        }
        let (cache, event) = (Arc::clone(&self.cache), event.clone());
        let read = off_thread(move || cache.disk.era(&event)).await;
        read.inspect_err(|error| self.cache.note_disk_error("read the generations in", error))
            .ok()
    }

    /// Answers those who wait with what is on the disk.
    fn hand_over(&self, stored: &Stored) {
        let file = Arc::clone(&stored.sendable.file);
        self.flight
            .is_stored(stored.heading(), file, stored.record.length);
        self.cache.flights.leave(&self.key, &self.flight);
    }

    async fn fetch(&self, answer: Result<Answer, UpstreamError>, era: Option<Era>) -> Result<Whole, Failure> {
        let (head, body) = match answer.map_err(Failure::Upstream)? {
            Answer::Found(head, body) => (head, body),
            // Nothing was said to be known.
            Answer::NotModified(_) => return Err(Failure::Upstream(UpstreamError::Status(304))),
        };
        let (validators, tag) = validators(&head, &self.key, self.cache.now_ms());
        let modified_secs = validators.modified_secs;
        self.flight.announce(Heading {
            length: head.length,
            validators,
        });
        let may_be_stored = head.is_delimited && era.is_some() && !self.standing.grows;
        let (sink, length, crc) = self.receive(body, may_be_stored).await?;
        let record = Record {
            length,
            crc,
            tag,
            modified_secs,
            stored_secs: self.cache.now_secs(),
            boot: self.cache.disk.boot,
            born: Born {
                rendition: self.standing.rendition,
                generation: era.map_or(0, |era| era.generation),
            },
        };
        Ok(Whole { sink, record })
    }

    /// Asks the upstream; again for a while when a segment is listed already and not there yet.
    pub(super) async fn ask(&self, ask: Ask) -> Result<Answer, UpstreamError> {
        let limit = self
            .standing
            .listed_target
            .map(|target| (target * 3 / 2).min(RETRY_LIMIT));
        let give_up_at = Instant::now() + limit.unwrap_or_default();
        let mut pauses = RETRY_PAUSES_MS.into_iter();
        let mut pause = Duration::ZERO;
        loop {
            let asked = self
                .cache
                .upstream
                .get(&self.path, &self.origin, ask.clone())
                .await;
            if !matches!(asked, Err(UpstreamError::NotFound)) {
                return asked;
            }
            pause = pauses.next().map_or(pause, Duration::from_millis);
            if Instant::now() + pause > give_up_at {
                return Err(UpstreamError::NotFound);
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Writes the body as it comes.
    async fn receive(
        &self,
        mut body: UpstreamBody,
        may_be_stored: bool,
    ) -> Result<(Sink, u64, u32), Failure> {
        let mut sink = self.begin(may_be_stored).await?;
        let (mut written, mut hasher) = (0u64, crc32fast::Hasher::new());
        while let Some(batch) = next_batch(&mut body).await.map_err(Failure::Upstream)? {
            let length = batch.len() as u64;
            self.cache
                .counters
                .fetched_bytes
                .fetch_add(length, std::sync::atomic::Ordering::Relaxed);
            let bytes = batch.clone();
            let cache = Arc::clone(&self.cache);
            let work = move || {
                hasher.update(&bytes);
                let wrote = sink.write(written, &bytes);
                let wrote = wrote.or_else(|error| match sink {
                    Sink::Memory(_) => Err(error),
                    Sink::Disk(_) => {
                        cache.note_disk_error("write", &error);
                        sink = sink.moved_to_memory(written, &cache.memory)?;
                        sink.write(written, &bytes)
                    }
                });
                wrote.map(|()| (sink, hasher))
            };
            (sink, hasher) = off_thread(work).await.map_err(|_| Failure::NoRoom)?;
            self.flight.keep_in(Arc::clone(sink.file()));
            self.flight.add(written, batch);
            written += length;
        }
        Ok((sink, written, hasher.finalize()))
    }

    /// A body whose end cannot be told from a cut is passed on and never stored.
    async fn begin(&self, may_be_stored: bool) -> Result<Sink, Failure> {
        let cache = Arc::clone(&self.cache);
        let begin = move || {
            if may_be_stored && !cache.is_full() {
                let created = Sink::on_disk(&cache.disk).or_else(|error| {
                    if error.kind() != io::ErrorKind::NotFound {
                        return Err(error);
                    }
                    cache.begin_anew()?;
                    Sink::on_disk(&cache.disk)
                });
                match created {
                    Ok(sink) => return Ok(sink),
                    Err(error) => cache.note_disk_error("create a file in", &error),
                }
            }
            Sink::in_memory(&cache.memory)
        };
        off_thread(begin).await.map_err(|_| Failure::NoRoom)
    }

    async fn store(self, whole: Whole, era: Option<Era>) {
        let Whole { sink, record } = whole;
        let is_stored = match sink {
            Sink::Disk(unfinished) => {
                let (cache, key) = (Arc::clone(&self.cache), self.key.clone());
                let is_live = self.standing.is_live;
                let commit = move || {
                    let Some(era) = era else { return Ok(false) };
                    let committed = cache.disk.commit(&unfinished, &key, &record, era);
                    if let Err(error) = &committed {
                        cache.note_disk_error("store an object in", error);
                    }
                    let is_stored = committed.unwrap_or(false);
                    if is_stored {
                        // The one before, if there was one: of a key or a picture.
                        cache.open_objects.forget(&key);
                        let fact = Fact {
                            bytes: record.length,
                            stored_secs: record.stored_secs,
                            used_secs: record.stored_secs,
                            is_live,
                        };
                        cache.index.insert(&key, fact, false);
                        cache.wake_if_over();
                    }
                    Ok(is_stored)
                };
                off_thread(commit).await.unwrap_or(false)
            }
            Sink::Memory(memory) => {
                // It stays with those who read it, and a moment longer for those who come next.
                self.flight.hold(memory);
                false
            }
        };
        if is_stored {
            self.flight.finish(Ok(()), None);
            self.cache.flights.leave(&self.key, &self.flight);
        } else {
            count(&self.cache.counters.passes);
            let lasts = !self.cache.memory.is_low() && !self.standing.grows;
            let forget_at = lasts.then(|| Instant::now() + PASSED_COUNTS);
            self.flight.finish(Ok(()), forget_at);
        }
    }
}

/// Returns what has come, up to a batch: waits for the first piece only.
async fn next_batch(body: &mut UpstreamBody) -> Result<Option<Bytes>, UpstreamError> {
    let Some(first) = body.next().await? else {
        return Ok(None);
    };
    let mut more: Option<BytesMut> = None;
    while more.as_ref().map_or(first.len(), BytesMut::len) < BATCH_BYTES {
        // What went wrong after the first piece shows at the next call: the body remembers.
        let Some(Ok(Some(piece))) = body.next().now_or_never() else {
            break;
        };
        more.get_or_insert_with(|| BytesMut::from(&first[..]))
            .extend_from_slice(&piece);
    }
    Ok(Some(more.map_or(first, BytesMut::freeze)))
}

/// Returns the validators that viewers get. The entity tag stands for what the upstream says of this version, so
/// that all edges of one upstream agree.
pub(super) fn validators(head: &Head, key: &ObjectKey, now_ms: u64) -> (Validators, [u8; 8]) {
    let strong = head.validators.etag.as_deref().filter(|tag| tag.starts_with('"'));
    let length = head.length.unwrap_or(u64::MAX).to_be_bytes();
    let tag = match (strong, head.validators.last_modified.as_deref()) {
        (Some(tag), _) => digest(&[b"etag", tag.as_bytes(), &length]),
        (None, Some(modified)) => digest(&[b"date", modified.as_bytes(), &length, &key.id.to_bytes()]),
        (None, None) => digest(&[b"fetch", &now_ms.to_be_bytes(), &length, &key.id.to_bytes()]),
    };
    let validators = Validators::new(
        &format!("{:016x}", u64::from_be_bytes(tag)),
        head.modified_secs().unwrap_or(now_ms / 1000),
    );
    (validators, tag)
}

/// Runs file system work where it may wait.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.map_err(io::Error::other).flatten()
}
