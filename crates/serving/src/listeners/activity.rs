//! What a connection is doing, and until when it may go on like that.
//!
//! The socket, the request handlers and the response bodies of one connection report to one [`Activity`];
//! the connection's task asks it for the current [`Deadline`]. Deadlines, by what is going on:
//!
//! 1. before the first request head is complete: `header_timeout` from the accept, silence included;
//! 2. the client takes nothing of a response that is ready: `write_stall_timeout` since it last took some;
//! 3. a request runs: none, the service decides how long its work and the request's body may take;
//! 4. between requests: `idle_timeout`, and `header_timeout` from a next head's first byte.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Limits;

// A connection that is told to finish and runs no request has this long to say good-bye.
pub(super) const FAREWELL: Duration = Duration::from_secs(1);

/// When a connection is closed unless something changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deadline {
    pub(super) at: Instant,
    pub(super) reason: &'static str,
}

/// The shared record of one connection; clones are the same record.
#[derive(Clone, Debug)]
pub(super) struct Activity(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    // Requests and pieces of their responses.
    running: u32,
    requested: bool,
    // HTTP/2 bytes need not belong to a request head: PING and its like come at any time.
    head_bytes_are_requests: bool,
    // The accept, or the end of the last request.
    quiet_since: Instant,
    head_since: Option<Instant>,
    write_blocked: bool,
    // Pieces of response bodies that wait for the transport to take them.
    pieces: u32,
    progress_at: Instant,
    finishing_since: Option<Instant>,
}

impl Activity {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self(Arc::new(Mutex::new(State {
            running: 0,
            requested: false,
            head_bytes_are_requests: false,
            quiet_since: now,
            head_since: None,
            write_blocked: false,
            pieces: 0,
            progress_at: now,
            finishing_since: None,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request until the returned value is dropped.
    pub(super) fn begin(&self, version: http::Version) -> Running {
        let mut state = self.state();
        state.running += 1;
        state.requested = true;
        state.head_bytes_are_requests = version < http::Version::HTTP_2;
        state.head_since = None;
        drop(state);
        Running(self.clone())
    }

    /// Counts a piece of a response body as waiting for the client until the returned value is dropped.
    pub(super) fn hold_piece(&self) -> Piece {
        let mut state = self.state();
        if state.pieces == 0 {
            state.progress_at = Instant::now();
        }
        state.pieces += 1;
        state.running += 1;
        drop(state);
        Piece(self.clone())
    }

    pub(super) fn bytes_arrived(&self) {
        let mut state = self.state();
        if state.running == 0 && state.head_bytes_are_requests && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
        }
    }

    pub(super) fn write_blocked(&self) {
        let mut state = self.state();
        if !state.write_blocked {
            state.write_blocked = true;
            state.progress_at = Instant::now();
        }
    }

    pub(super) fn write_went_on(&self) {
        let mut state = self.state();
        // Writes that never waited prove nothing: a client that takes no data may still exchange PINGs.
        if state.write_blocked {
            state.write_blocked = false;
            state.progress_at = Instant::now();
        }
    }

    /// Tells whether something waits that the client does not take.
    pub(super) fn is_blocked(&self) -> bool {
        let state = self.state();
        state.write_blocked || state.pieces > 0
    }

    /// Returns since when nothing has happened; `None` if something has begun: a request, a part of a head.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        let is_idle =
            state.running == 0 && !state.write_blocked && state.requested && state.head_since.is_none();
        is_idle.then_some(state.quiet_since)
    }

    pub(super) fn finish(&self) {
        self.state().finishing_since = Some(Instant::now());
    }

    /// Returns when the connection is closed if nothing changes; `None` while only the service is awaited.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Deadline> {
        self.state().deadline(limits)
    }
}

impl State {
    fn end_one(&mut self) {
        self.running = self.running.saturating_sub(1);
        if self.running == 0 {
            self.quiet_since = Instant::now();
        }
    }

    fn deadline(&self, limits: &Limits) -> Option<Deadline> {
        let due = |from: Instant, after: Duration, reason| {
            Some(Deadline {
                at: from + after,
                reason,
            })
        };
        // Whoever has asked for nothing is sent only answers to chatter, and may not stretch its time by them.
        if self.requested && (self.write_blocked || self.pieces > 0) {
            return due(
                self.progress_at,
                limits.write_stall_timeout,
                "the client takes nothing",
            );
        }
        if self.running > 0 {
            return None;
        }
        if let Some(finishing_since) = self.finishing_since {
            return due(
                finishing_since.max(self.quiet_since),
                FAREWELL,
                "the process is finishing",
            );
        }
        if !self.requested {
            return due(self.quiet_since, limits.header_timeout, "no request came");
        }
        let idle = due(self.quiet_since, limits.idle_timeout, "the connection is idle");
        let head = self
            .head_since
            .and_then(|since| due(since, limits.header_timeout, "a request head is slow"));
        idle.into_iter().chain(head).min_by_key(|deadline| deadline.at)
    }
}

/// A request that runs: from its head to the end of its response's body. Its pieces outlive it.
#[derive(Debug)]
pub(super) struct Running(pub(super) Activity);

/// A piece of a response body on its way to the client.
#[derive(Debug)]
pub(super) struct Piece(Activity);

impl Piece {
    /// The transport took some of this piece.
    pub(super) fn shrank(&self) {
        self.0.state().progress_at = Instant::now();
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.pieces = state.pieces.saturating_sub(1);
        state.progress_at = Instant::now();
        state.end_one();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.state().end_one();
    }
}

#[cfg(test)]
mod tests {
    use http::Version;

    use super::*;

    fn limits() -> Limits {
        Limits {
            header_timeout: Duration::from_secs(1),
            idle_timeout: Duration::from_secs(20),
            write_stall_timeout: Duration::from_secs(3),
            ..Limits::default()
        }
    }

    fn reason(activity: &Activity) -> Option<&'static str> {
        activity.deadline(&limits()).map(|deadline| deadline.reason)
    }

    #[test]
    fn a_request_has_no_deadline_while_the_service_works() {
        let activity = Activity::new();
        assert_eq!(reason(&activity), Some("no request came"));
        let running = activity.begin(Version::HTTP_11);
        assert_eq!(reason(&activity), None);
        drop(running);
        assert_eq!(reason(&activity), Some("the connection is idle"));
    }

    #[test]
    fn a_piece_that_waits_is_a_stall_and_keeps_its_request_running() {
        let activity = Activity::new();
        let running = activity.begin(Version::HTTP_2);
        let piece = activity.hold_piece();
        drop(running);
        assert_eq!(reason(&activity), Some("the client takes nothing"));
        activity.finish();
        assert_eq!(reason(&activity), Some("the client takes nothing"));
        drop(piece);
        assert_eq!(reason(&activity), Some("the process is finishing"));
    }

    #[tokio::test(start_paused = true)]
    async fn only_taken_data_puts_a_stall_off() {
        let activity = Activity::new();
        drop(activity.begin(Version::HTTP_2));
        let piece = activity.hold_piece();
        let before = activity.deadline(&limits());
        tokio::time::advance(Duration::from_secs(1)).await;
        activity.write_went_on();
        assert_eq!(activity.deadline(&limits()), before);
        piece.shrank();
        assert_ne!(activity.deadline(&limits()), before);
    }

    #[test]
    fn the_next_head_is_timed_from_its_first_byte_on_http_1_only() {
        for (version, expected) in [
            (Version::HTTP_11, "a request head is slow"),
            (Version::HTTP_2, "the connection is idle"),
        ] {
            let activity = Activity::new();
            drop(activity.begin(version));
            activity.bytes_arrived();
            assert_eq!(reason(&activity), Some(expected));
        }
    }
}
