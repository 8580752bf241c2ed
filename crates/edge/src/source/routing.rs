//! Where the objects of an event come from: its own source replaces every other; else local files, then the
//! operator's upstream, whichever of them there is.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use streamgate_contract::ids::EventId;
use url::Url;

use crate::deny::Deny;
use crate::source::local::LocalSource;
use crate::source::upstream::Origin;

// An event's origin is a URL of some hundred bytes; this many are no burden, and more are forgotten at once.
const PARSED_MAX: usize = 10_000;

/// How an edge gets its streams, as it reports it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// From `STREAM_ROOT`.
    Local,
    /// From `UPSTREAM_ORIGIN`.
    Proxy,
    /// From `STREAM_ROOT`, then from `UPSTREAM_ORIGIN`.
    Hybrid,
}

impl Mode {
    /// Tells whether the operator has named an upstream.
    pub(crate) const fn has_upstream(self) -> bool {
        matches!(self, Self::Proxy | Self::Hybrid)
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Proxy => "proxy",
            Self::Hybrid => "hybrid",
        }
    }
}

/// Where to look for an event's objects, in this order. At least one of both, but for an event whose own source
/// is no URL that can be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route {
    /// Files of an encoder.
    pub(crate) local: Option<LocalSource>,
    /// The upstream, through the cache.
    pub(crate) upstream: Option<Arc<Origin>>,
}

/// All sources of this edge.
#[derive(Debug)]
pub(crate) struct Sources {
    local: Option<LocalSource>,
    operator: Option<Url>,
    /// Origins that were put together already, with the text that they were read from.
    known: RwLock<HashMap<EventId, Known>>,
}

/// What a text was read as.
struct Read(Option<Arc<Origin>>);

/// An origin with the text that it was read from; `None` for text that is no origin.
#[derive(Debug)]
struct Known {
    text: Box<str>,
    is_own: bool,
    origin: Option<Arc<Origin>>,
}

impl Sources {
    /// `None` when there is neither a folder nor an upstream.
    pub(crate) fn new(local: Option<LocalSource>, operator: Option<Url>) -> Option<Self> {
        (local.is_some() || operator.is_some()).then(|| Self {
            local,
            operator,
            known: RwLock::default(),
        })
    }

    pub(crate) const fn mode(&self) -> Mode {
        match (&self.local, &self.operator) {
            (Some(_), Some(_)) => Mode::Hybrid,
            (None, Some(_)) => Mode::Proxy,
            (Some(_) | None, None) => Mode::Local,
        }
    }

    /// Decides where the objects of `event` come from.
    pub(crate) fn route(&self, event: &EventId, deny: &Deny) -> Route {
        let own = deny.read(|state| {
            let url = state?.source(event)?;
            // Under the state's lock nothing is put together; a known origin is only compared.
            Some(self.known(event, url, true).ok_or_else(|| Box::<str>::from(url)))
        });
        match own {
            Some(own) => Route {
                local: None,
                upstream: match own {
                    Ok(Read(origin)) => origin,
                    Err(url) => self.learn(event, &url, true, Origin::of_event(&url).map(Arc::new)),
                },
            },
            None => Route {
                local: self.local.clone(),
                upstream: self.operator.as_ref().and_then(|operator| {
                    let text = operator.as_str();
                    if let Some(Read(origin)) = self.known(event, text, false) {
                        return origin;
                    }
                    let origin = Origin::of_operator(operator, event);
                    self.learn(event, text, false, Some(Arc::new(origin)))
                }),
            },
        }
    }

    fn known(&self, event: &EventId, text: &str, is_own: bool) -> Option<Read> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(event)?;
        (*known.text == *text && known.is_own == is_own).then(|| Read(known.origin.clone()))
    }

    fn learn(
        &self,
        event: &EventId,
        text: &str,
        is_own: bool,
        origin: Option<Arc<Origin>>,
    ) -> Option<Arc<Origin>> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= PARSED_MAX {
            known.clear();
        }
        let learnt = Known {
            text: text.into(),
            is_own,
            origin: origin.clone(),
        };
        known.insert(event.clone(), learnt);
        origin
    }
}
