//! How many files and sockets this process may hold open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit of open descriptors to the hard one and returns the limit that now holds.
///
/// A refusal by the system is logged and leaves the limit as it is; `u64::MAX` means no limit.
pub fn raise_descriptor_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    ) {
        tracing::warn!(%error, "cannot raise the descriptor limit");
    }
    descriptor_limit()
}

/// Returns the soft limit of open descriptors; `u64::MAX` means no limit.
pub fn descriptor_limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Returns three quarters of the descriptors: the rest is for files, the database and the upstream.
pub(super) fn connections_for(descriptors: u64) -> usize {
    // The semaphore behind the cap counts no further than this.
    let most = tokio::sync::Semaphore::MAX_PERMITS;
    usize::try_from(descriptors / 4 * 3).map_or(most, |connections| connections.clamp(1, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raising_the_limit_reaches_the_hard_one() {
        let raised = raise_descriptor_limit();
        assert_eq!(raised, getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX));
        assert_eq!(raised, descriptor_limit());
    }

    #[test]
    fn connections_get_three_quarters_of_the_descriptors() {
        assert_eq!(connections_for(1024), 768);
        assert_eq!(connections_for(0), 1);
        assert_eq!(connections_for(u64::MAX), tokio::sync::Semaphore::MAX_PERMITS);
    }
}
