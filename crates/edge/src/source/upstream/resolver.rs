//! Looks names up for events' own sources and leaves out addresses that they must not have. It is the answer used
//! to connect that is judged, so a name that changes its addresses in between gains nothing.

use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::addresses::AllowedHosts;

/// A name has no address that a source may have.
#[derive(Debug, thiserror::Error)]
#[error("no permitted address")]
pub(super) struct Forbidden;

pub(super) struct GuardedResolver(pub(super) Arc<AllowedHosts>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let hosts = Arc::clone(&self.0);
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if hosts.allows_name(name.as_str()) {
                return Ok(Box::new(found.into_iter()) as Addrs);
            }
            let permitted: Vec<_> = found
                .into_iter()
                .filter(|address| hosts.allows(address.ip()))
                .collect();
            if permitted.is_empty() {
                return Err(Forbidden.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}
