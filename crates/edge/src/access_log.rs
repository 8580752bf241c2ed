//! One line per request, written when its body has ended, and the session's bytes. Never a token, a code or a
//! query: what could hold one does not get this far.

use std::borrow::Cow;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use http::{Method, StatusCode};
use prometheus_client::metrics::counter::Counter;
use streamgate_contract::claims::Claims;
use streamgate_contract::ids::SessionId;
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::time::UnixMillis;
use streamgate_serving::clock::Clock;

use crate::activity::Activity;

const PATH_CHARACTERS_MAX: usize = 256;
/// What a token ends with: 32 bytes in base64url. A mangled request may hold no more of one.
const SIGNATURE_CHARACTERS: usize = 43;

/// Tells whether anybody wants lines at all: most of a line's cost is spent before it is written.
pub(crate) fn is_wanted() -> bool {
    tracing::enabled!(target: "streamgate::access", tracing::Level::INFO)
}

/// Decides which requests are logged: an even share of them, without chance.
#[derive(Debug)]
pub(crate) struct Sampler {
    share: f64,
    count: AtomicU64,
}

impl Sampler {
    pub(crate) const fn new(share: f64) -> Self {
        Self {
            share,
            count: AtomicU64::new(0),
        }
    }

    /// Counts a request and decides whether it is logged.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of 2^53 requests is not reached"
    )]
    pub(crate) fn picks(&self) -> bool {
        let before = self.count.fetch_add(1, Ordering::Relaxed) as f64;
        ((before + 1.0) * self.share).floor() > (before * self.share).floor()
    }
}

/// What is known of a request when it is answered.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) started: Instant,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) client_ip: IpAddr,
    pub(crate) token_code: Option<String>,
    pub(crate) sid: Option<SessionId>,
    /// Where the object came from; `-` if there is none.
    pub(crate) cache: &'static str,
    pub(crate) is_logged: bool,
}

impl Line {
    /// Notes the object that is asked for.
    pub(crate) fn note_path(&mut self, path: &MediaPath) {
        if self.is_logged {
            self.path = path.to_request_path();
        }
    }

    /// Notes whose request it is, once the signature has proved right.
    pub(crate) fn note_claims(&mut self, claims: &Claims) {
        if let Claims::Playback(claims) = claims {
            self.sid = Some(claims.session_id);
        }
        if self.is_logged {
            self.token_code = Some(match claims {
                Claims::Playback(claims) => claims.code.fingerprint(),
                Claims::Probe(_) => "probe".to_owned(),
            });
        }
    }
}

/// Returns a request path that is fit for a log although it is no path of ours: whatever looks like a token,
/// or stands where one stands, is left out.
pub(crate) fn loggable(path: &str) -> String {
    let mut kept: Vec<Cow<'_, str>> = Vec::new();
    let mut follows_t = false;
    for segment in path.split('/') {
        let is_token = follows_t
            || segment.contains("eyJ")
            || segment.matches('.').count() >= 2
            || segment.len() > 128
            || segment
                .split(|c| !is_of_a_token(c))
                .any(|part| part.len() >= SIGNATURE_CHARACTERS);
        kept.push(if is_token && !segment.is_empty() {
            Cow::Borrowed("***")
        } else {
            Cow::Borrowed(segment)
        });
        follows_t = segment == "t";
    }
    kept.join("/").chars().take(PATH_CHARACTERS_MAX).collect()
}

fn is_of_a_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// A session whose answer counts as watching.
#[derive(Clone, Debug)]
pub(crate) struct Watching {
    pub(crate) sid: SessionId,
    pub(crate) activity: Arc<Activity>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Watching {
    /// Notes body bytes on their way to the viewer.
    pub(crate) fn note_bytes(&self, bytes: u64) {
        let now = UnixMillis(self.clock.steady_millis());
        self.activity.note_bytes(self.sid, bytes, now);
    }
}

/// Follows one answer to its end.
#[derive(Debug)]
pub(crate) struct Account {
    line: Line,
    status: StatusCode,
    bytes: u64,
    is_cut: bool,
    /// Whose bytes they are, if they count as watching.
    pub(crate) watching: Option<Watching>,
    /// Counts the bytes of all answers.
    sent: Counter,
}

impl Account {
    pub(crate) const fn new(
        line: Line,
        status: StatusCode,
        watching: Option<Watching>,
        sent: Counter,
    ) -> Self {
        Self {
            line,
            status,
            bytes: 0,
            is_cut: false,
            watching,
            sent,
        }
    }

    pub(crate) fn note_bytes(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.sent.inc_by(bytes);
        if let Some(watching) = &self.watching {
            watching.note_bytes(bytes);
        }
    }

    /// Notes bytes that were noted as sent and were not.
    pub(crate) fn note_unsent(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Notes that the body was broken off by us.
    pub(crate) fn note_cut(&mut self, error: &io::Error) {
        self.is_cut = true;
        tracing::debug!(%error, path = self.line.path, "transfer aborted");
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        if !self.line.is_logged {
            return;
        }
        let Line {
            started,
            method,
            path,
            client_ip,
            token_code,
            sid,
            cache,
            is_logged: _,
        } = &self.line;
        tracing::info!(
            target: "streamgate::access",
            method = method.as_str(),
            path,
            tokenCode = token_code.as_deref(),
            sid = sid.map(tracing::field::display),
            status = self.status.as_u16(),
            responseTimeMs = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            bytes = self.bytes,
            cache,
            cut = self.is_cut,
            clientIp = %client_ip,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_requests_is_picked_evenly() {
        let picked = |share: f64| {
            let sampler = Sampler::new(share);
            (0..100).filter(|_| sampler.picks()).count()
        };
        assert_eq!(
            [picked(0.0), picked(0.1), picked(0.5), picked(1.0)],
            [0, 10, 50, 100]
        );
    }

    #[test]
    fn tokens_are_left_out_of_paths_of_any_shape() {
        for (path, expected) in [
            ("/t/abc/streams/evt/x.exe", "/t/***/streams/evt/x.exe"),
            ("/t/abc", "/t/***"),
            ("/x/t/abc/t/def/", "/x/t/***/t/***/"),
            ("/streams/eyJhbGciOiJIUzI1NiJ9.eyJ.x/y", "/streams/***/y"),
            ("/streams/a.b.c/y", "/streams/***/y"),
            (
                "/streams/Q5N30.naB0_sVet6MKXHsRE2aH8vTBdeQfVE5q0tzRlPeaGMg/y",
                "/streams/***/y",
            ),
            (
                "/streams/01a218a6-8c9e-7e36-a0d8-8c4ece284fb5/y.exe",
                "/streams/01a218a6-8c9e-7e36-a0d8-8c4ece284fb5/y.exe",
            ),
            ("/favicon.ico", "/favicon.ico"),
        ] {
            assert_eq!(loggable(path), expected);
        }
        assert_eq!(loggable(&"/a".repeat(500)).len(), PATH_CHARACTERS_MAX);
    }
}
