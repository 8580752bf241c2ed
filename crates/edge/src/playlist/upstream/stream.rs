//! One playlist of an upstream: the copy, what the last refresh brought, and whether one is under way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use streamgate_contract::time::UnixMillis;
use tokio::sync::watch;

use super::Found;
use super::freshness::{LIVE_EVERY, Rules};
use super::generation::Course;
use crate::authorize::CoveredPath;
use crate::playlist::version::Version;
use crate::source::upstream::{Directives, Known, Origin, UpstreamError};

/// What a timer may be late.
const SLACK: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) path: CoveredPath,
    pub(super) origin: Arc<Origin>,
    /// For a request that the upstream holds: the playlist that it is one of, and what it asks for.
    pub(super) held: Option<(Arc<Stream>, Directives)>,
    pub(super) course: Mutex<Course>,
    state: Mutex<State>,
    finished: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    copy: Option<Copy>,
    last: Option<Attempt>,
    /// When the refresh under way began.
    running: Option<UnixMillis>,
    asked: Option<UnixMillis>,
    torn: Option<Bytes>,
}

/// The last good text.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    pub(super) version: Arc<Version>,
    pub(super) validators: Known,
    pub(super) received: UnixMillis,
    /// How old the upstream's answer was already.
    pub(super) age: Duration,
}

#[derive(Debug)]
struct Attempt {
    started: UnixMillis,
    finished: UnixMillis,
    failure: Option<UpstreamError>,
}

/// What an asker finds.
#[derive(Debug)]
pub(super) enum Look {
    Settled(Result<Found, UpstreamError>),
    /// Nothing that may be served: this asker begins the refresh.
    Due(Refresh),
    /// Nothing that may be served, and a refresh is under way.
    Running,
}

/// A refresh that is under way. Dropped without a result it has failed, so that nobody waits for ever.
#[derive(Debug)]
pub(super) struct Refresh {
    pub(super) stream: Arc<Stream>,
    pub(super) started: UnixMillis,
    is_finished: bool,
}

impl Stream {
    pub(super) fn new(path: CoveredPath, origin: Arc<Origin>, held: Option<(Arc<Self>, Directives)>) -> Self {
        Self {
            path,
            origin,
            held,
            course: Mutex::default(),
            state: Mutex::default(),
            finished: watch::Sender::new(0),
        }
    }

    /// Returns a receiver that sees each end of a refresh from now on.
    pub(super) fn finished(&self) -> watch::Receiver<u64> {
        self.finished.subscribe()
    }

    pub(super) fn version(&self) -> Option<Arc<Version>> {
        let state = self.lock();
        Some(Arc::clone(&state.copy.as_ref()?.version))
    }

    pub(super) fn copy(&self) -> Option<Copy> {
        self.lock().copy.clone()
    }

    /// Returns when somebody asked last.
    pub(super) fn asked(&self) -> Option<UnixMillis> {
        self.lock().asked
    }

    pub(super) fn is_running(&self) -> bool {
        self.lock().running.is_some()
    }

    /// Decides about an asker. `rules` are those of the copy.
    pub(super) fn look(self: &Arc<Self>, rules: Option<Rules>, now: UnixMillis) -> Look {
        let mut state = self.lock();
        state.asked = Some(now);
        if state.running.is_none() && state.is_due(rules, now) {
            state.running = Some(now);
            return Look::Due(Refresh {
                stream: Arc::clone(self),
                started: now,
                is_finished: false,
            });
        }
        match state.running {
            Some(running) if !state.serves_meanwhile(rules, running, now) => Look::Running,
            _ => Look::Settled(state.settled(rules, now)),
        }
    }

    /// Answers with what there is.
    pub(super) fn settled(&self, rules: Option<Rules>, now: UnixMillis) -> Result<Found, UpstreamError> {
        self.lock().settled(rules, now)
    }

    /// Begins the next refresh of a playlist that was asked for since the last one began, if it is due.
    pub(super) fn begin_again(
        self: &Arc<Self>,
        last: UnixMillis,
        rules: Rules,
        now: UnixMillis,
    ) -> Option<Refresh> {
        let mut state = self.lock();
        let is_wanted = state.asked.is_some_and(|asked| asked >= last);
        if !is_wanted || state.running.is_some() || !state.is_due(Some(rules), now) {
            return None;
        }
        state.running = Some(now);
        Some(Refresh {
            stream: Arc::clone(self),
            started: now,
            is_finished: false,
        })
    }

    /// Takes over what a request brought that the upstream held: it is this playlist as it is now.
    pub(super) fn adopt(&self, copy: Copy) {
        let mut state = self.lock();
        state.last = Some(Attempt {
            started: copy.received,
            finished: copy.received,
            failure: None,
        });
        // Its entity tag is that of another URL.
        state.copy = Some(Copy {
            validators: Known::default(),
            ..copy
        });
    }

    /// Remembers a text that may be torn; answers whether it is the one that was found before.
    pub(super) fn was_found_before(&self, torn: &Bytes) -> bool {
        let mut state = self.lock();
        let was_found = state.torn.as_ref() == Some(torn);
        state.torn = Some(torn.clone());
        was_found
    }

    fn finish(&self, started: UnixMillis, finished: UnixMillis, outcome: Result<Copy, UpstreamError>) {
        let mut state = self.lock();
        state.running = None;
        let failure = match outcome {
            Ok(copy) => {
                state.copy = Some(copy);
                None
            }
            Err(error) => Some(error),
        };
        state.last = Some(Attempt {
            started,
            finished,
            failure,
        });
        drop(state);
        self.finished.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_due(&self, rules: Option<Rules>, now: UnixMillis) -> bool {
        let every = rules.map_or(LIVE_EVERY, |rules| rules.every);
        self.last
            .as_ref()
            .is_none_or(|last| since(last.started, now) >= every)
    }

    /// Decides whether the copy serves while a refresh is under way that began in time. After a pause it does not:
    /// whoever comes first then must not get the past.
    fn serves_meanwhile(&self, rules: Option<Rules>, running: UnixMillis, now: UnixMillis) -> bool {
        let (Some(copy), Some(last), Some(rules)) = (&self.copy, &self.last, rules) else {
            return false;
        };
        since(last.finished, running) <= LIVE_EVERY + SLACK && since(copy.received, now) <= rules.kept
    }

    fn settled(&self, rules: Option<Rules>, now: UnixMillis) -> Result<Found, UpstreamError> {
        let failure = self.last.as_ref().and_then(|last| last.failure.as_ref());
        let (copy, rules) = match (&self.copy, rules, failure) {
            (Some(copy), Some(rules), _) => (copy, rules),
            (_, _, Some(failure)) => return Err(failure.clone()),
            _ => return Err(UpstreamError::Broken("no answer was kept".to_owned())),
        };
        let age = since(copy.received, now);
        match failure {
            Some(failure) if !rules.bears(failure, age) => Err(match failure {
                UpstreamError::NotFound | UpstreamError::Overloaded => failure.clone(),
                // It is out of date, whatever the reason.
                _ if rules.is_ahead => UpstreamError::TimedOut("renew its playlist"),
                _ => failure.clone(),
            }),
            _ => Ok(Found {
                version: Arc::clone(&copy.version),
                age: Some(age + copy.age),
                how: "hit",
            }),
        }
    }
}

impl Refresh {
    pub(super) fn finish(mut self, finished: UnixMillis, outcome: Result<Copy, UpstreamError>) {
        self.is_finished = true;
        self.stream.finish(self.started, finished, outcome);
    }
}

impl Drop for Refresh {
    fn drop(&mut self) {
        if !self.is_finished {
            let failure = UpstreamError::Broken("asking broke off".to_owned());
            self.stream.finish(self.started, self.started, Err(failure));
        }
    }
}

/// A clock that was set back makes nothing negative.
pub(super) fn since(then: UnixMillis, now: UnixMillis) -> Duration {
    Duration::from_millis(u64::try_from(now.millis_since(then)).unwrap_or(0))
}
