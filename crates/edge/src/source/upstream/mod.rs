//! An HLS origin that this edge fetches from.
//!
//! [`UpstreamClient::get`] asks an [`Origin`] for one object. Whoever asks shows a [`CoveredPath`], which only a
//! permit gives; the URL is put together from the origin's base and the canonical path, never from the text of a
//! request. Nothing of the viewer's request goes along (no header, no query but [`Directives`]) and nothing of the
//! upstream's answer comes back but what [`Head`] has. Redirects are not followed, bodies are not decoded.
//!
//! ```ignore
//! let covered = permit.cover(&path).ok_or(SourceError::NotFound)?;
//! match client.get(&covered, &origin, Ask::playlist()).await? {
//!     Answer::Found(head, body) => body.collect(8 * 1024 * 1024).await?,
//!     Answer::NotModified(head) => ..., // only when `Ask::known` was set
//! }
//! ```
//!
//! A body that ends early, or says nothing for too long, ends with an error: whoever passes it on aborts.

mod addresses;
mod alarms;
mod body;
mod client;
mod directives;
mod origin;
mod resolver;
mod slots;

use std::time::Duration;

use streamgate_contract::errors::EdgeRefusal;

pub use self::addresses::AllowedHosts;
pub(crate) use self::body::UpstreamBody;
pub(crate) use self::client::{Answer, Ask, Head, Known, UpstreamClient};
pub(crate) use self::directives::Directives;
pub(crate) use self::origin::Origin;

#[cfg(doc)]
use crate::authorize::CoveredPath;

/// How long an upstream may take.
#[derive(Clone, Copy, Debug)]
pub struct UpstreamTimeouts {
    /// Until a connection stands.
    pub connect: Duration,
    /// From the request to the head of its answer.
    pub first_byte: Duration,
    /// Between two pieces of a body.
    pub between_bytes: Duration,
}

impl Default for UpstreamTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(10),
            between_bytes: Duration::from_secs(10),
        }
    }
}

/// Why an upstream's object cannot be had. Never repeats a URL, a header or a body.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// The upstream has no such object.
    #[error("the upstream has no such object")]
    NotFound,
    /// The upstream says no, or fails.
    #[error("the upstream answered with status {0}")]
    Status(u16),
    /// The upstream wants to send us elsewhere.
    #[error("the upstream redirects (status {0}), which is not followed")]
    Redirect(u16),
    /// The origin lies at an address that events' own sources must not name.
    #[error(
        "the source has an address that is loopback, private or link-local and not listed in UPSTREAM_ALLOWED_HOSTS"
    )]
    ForbiddenAddress,
    /// No connection.
    #[error("the upstream cannot be reached: {0}")]
    Unreachable(String),
    /// The answer is not what was asked for, or broke off.
    #[error("the upstream's answer is broken: {0}")]
    Broken(String),
    /// The upstream took too long.
    #[error("the upstream did not {0} in time")]
    TimedOut(&'static str),
    /// This edge asks the upstream for so much already that one more would help nobody.
    #[error("too many requests to the upstream at once")]
    Overloaded,
}

impl From<&UpstreamError> for EdgeRefusal {
    fn from(error: &UpstreamError) -> Self {
        match error {
            UpstreamError::NotFound => Self::NotFound,
            UpstreamError::Status(_)
            | UpstreamError::Redirect(_)
            | UpstreamError::ForbiddenAddress
            | UpstreamError::Unreachable(_)
            | UpstreamError::Broken(_) => Self::SourceUnavailable,
            UpstreamError::TimedOut(_) => Self::SourceTimeout,
            UpstreamError::Overloaded => Self::Unavailable,
        }
    }
}
