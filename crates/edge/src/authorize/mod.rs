//! Whether a request may have an object. A [`Permit`] is the only key to a source, and only this module
//! makes one.

pub(crate) mod bearer;
mod decide;

use std::time::{Duration, Instant};

use http::Method;
use streamgate_contract::claims::Claims;
use streamgate_contract::errors::EdgeRefusal;
use streamgate_contract::ids::SessionId;
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::playback_token::Verifier;

use self::bearer::Carried;
use self::decide::{Circumstances, decide, is_still_right};
use crate::activity::Activity;
use crate::deny::Deny;

/// How long a permission is relied on while bytes are sent.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The right to read one object and the others of its event that answering needs.
pub(crate) struct Permit {
    path: MediaPath,
    claims: Claims,
    granted: Instant,
}

/// A path that a permit reached to. Work that outlives the request which began it, and serves others that come
/// meanwhile with permits of their own, holds this instead of the permit.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct CoveredPath(MediaPath);

impl CoveredPath {
    pub(crate) const fn path(&self) -> &MediaPath {
        &self.0
    }
}

/// A refusal, and whose request it was once that is proven.
pub(crate) struct Refused {
    pub(crate) refusal: EdgeRefusal,
    pub(crate) claims: Option<Claims>,
}

impl Permit {
    /// Returns the object that was asked for.
    pub(crate) const fn path(&self) -> &MediaPath {
        &self.path
    }

    /// Decides whether the permission reaches to `path`: the same event.
    pub(crate) fn covers(&self, path: &MediaPath) -> bool {
        self.path.event() == path.event()
    }

    /// Returns `path` as one that may be asked for elsewhere, if the permission reaches to it.
    pub(crate) fn cover(&self, path: &MediaPath) -> Option<CoveredPath> {
        self.covers(path).then(|| CoveredPath(path.clone()))
    }

    /// Returns who asks.
    pub(crate) const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Returns the viewer's session; `None` for the platform's probe.
    pub(crate) const fn session(&self) -> Option<SessionId> {
        match &self.claims {
            Claims::Playback(claims) => Some(claims.session_id),
            Claims::Probe(_) => None,
        }
    }

    /// Tells whether the decision is so young that the contract asks for no other (1 s).
    pub(crate) fn is_fresh(&self) -> bool {
        self.granted.elapsed() < ASK_AGAIN_AFTER
    }

    /// Decides whether the permission still stands, for a body that is being sent.
    pub(crate) fn still_holds(&self, deny: &Deny) -> bool {
        let (now, admission) = (deny.now(), deny.admission());
        deny.read(|state| is_still_right(&self.claims, state, admission, now))
    }
}

/// Decides about a request for `path` with the token that it carries. The order of the steps is the
/// contract's: before the signature proved right all refusals are the same.
pub(crate) fn authorize(
    path: MediaPath,
    carried: &Carried<'_>,
    method: &Method,
    edge: (&Verifier, &Deny, &Activity),
) -> Result<Permit, Refused> {
    let (verifier, deny, activity) = edge;
    let token = match carried {
        Carried::Header(token) | Carried::Path(token) => token,
        Carried::Query(token) => token.as_ref(),
        Carried::Unreadable => {
            return Err(Refused {
                refusal: EdgeRefusal::AccessDenied,
                claims: None,
            });
        }
        Carried::Nowhere => {
            return Err(Refused {
                refusal: EdgeRefusal::AuthorizationRequired,
                claims: None,
            });
        }
    };
    if token.is_empty() {
        return Err(Refused {
            refusal: EdgeRefusal::AuthorizationRequired,
            claims: None,
        });
    }
    let now = deny.now();
    let claims = verifier.verify(token, now).map_err(|_| Refused {
        refusal: EdgeRefusal::AccessDenied,
        claims: None,
    })?;
    let seen = match &claims {
        Claims::Playback(playback) => activity.has_seen(playback.session_id),
        Claims::Probe(_) => true,
    };
    let admission = deny.admission();
    let verdict = deny.read(|state| {
        decide(
            &path,
            &claims,
            method,
            &Circumstances {
                state,
                admission,
                seen,
                now,
            },
        )
    });
    match verdict {
        Ok(()) => Ok(Permit {
            path,
            claims,
            granted: Instant::now(),
        }),
        Err(refusal) => Err(Refused {
            refusal,
            claims: Some(claims),
        }),
    }
}
