//! `streamgate generate-secret`: a value for a setting that is a secret.

use std::io::Write;

use streamgate_serving::random::SystemRandom;

use crate::settings::random_hex;

/// Prints 256 random bits in hex.
pub(crate) fn generate_secret() -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{}", random_hex(&SystemRandom))?;
    Ok(())
}
