//! Randomness, asked for instead of taken: secrets come from the operating system, tests seed their own.

use std::fmt::Debug;

use rand::TryRng as _;
use rand::rngs::SysRng;

/// A source of random bytes.
pub trait Random: Send + Sync + Debug {
    /// Overwrites all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator: what codes, session ids and cookies are made of.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    /// # Panics
    ///
    /// When the operating system has no randomness to give: a guessable secret is worse than a lost request.
    #[expect(
        clippy::expect_used,
        reason = "a guessable secret is worse than a lost request"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        SysRng
            .try_fill_bytes(bytes)
            .expect("the operating system gives random bytes");
    }
}

/// A generator that gives the same bytes for the same seed. Never for secrets.
#[cfg(feature = "test-support")]
#[derive(Debug)]
pub struct SeededRandom(std::sync::Mutex<rand::rngs::StdRng>);

#[cfg(feature = "test-support")]
impl SeededRandom {
    /// Creates a generator whose bytes follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(std::sync::Mutex::new(rand::SeedableRng::seed_from_u64(seed)))
    }
}

#[cfg(feature = "test-support")]
impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        use rand::Rng as _;
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_fills_from_the_system_differ() {
        let (mut first, mut second) = ([0u8; 32], [0u8; 32]);
        SystemRandom.fill(&mut first);
        SystemRandom.fill(&mut second);
        assert_ne!(first, second);
        assert_ne!(first, [0u8; 32]);
    }

    #[cfg(feature = "test-support")]
    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let bytes_of = |seed| {
            let mut bytes = [0u8; 16];
            SeededRandom::new(seed).fill(&mut bytes);
            bytes
        };
        assert_eq!(bytes_of(7), bytes_of(7));
        assert_ne!(bytes_of(7), bytes_of(8));
    }
}
