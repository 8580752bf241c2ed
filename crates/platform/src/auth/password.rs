//! Checking the admin's password.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use crate::app::App;
use crate::error::ApiError;

/// bcrypt reads no further; a longer password would match with any tail.
const PASSWORD_BYTES_MAX: usize = 72;
/// Checked when no password is configured, so that the answer takes as long. A random password that nobody
/// kept, at the cost that `hash-password` uses.
const NOBODYS_HASH: &str = "$2b$12$bAMtEo6ThjVllnOGUoReQuFrBUgo3vUSOXNLgJEqlr52E0NBkuYQ6";

/// What somebody typed as the password. Never printed.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Password(String);

impl Password {
    /// Tells whether bcrypt can tell this password from all others.
    ///
    /// bcrypt ignores what follows 72 bytes, and repeats a shorter key with a NUL between, so that a password
    /// with a NUL inside can equal its own first part.
    fn is_distinct(&self) -> bool {
        self.0.len() <= PASSWORD_BYTES_MAX && !self.0.contains('\0')
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password([redacted])")
    }
}

/// Checks a password against the configured hash; wrong, too long and not configured are one answer.
///
/// Runs off the async threads, and at most two at once: each takes a core for a fifth of a second.
pub(super) async fn check(app: &App, password: Password) -> Result<(), ApiError> {
    let permit = Arc::clone(&app.password_checks).acquire_owned().await;
    let permit = permit.map_err(|_| ApiError::Internal("password checks have ended"))?;
    let hash = app.settings.admin_password_hash.clone();
    let right = tokio::task::spawn_blocking(move || {
        // Held until the work is done, also when the client has gone meanwhile.
        let _permit = permit;
        let verified = bcrypt::verify(&password.0, hash.as_deref().unwrap_or(NOBODYS_HASH));
        verified.unwrap_or(false) && hash.is_some() && password.is_distinct()
    });
    match right.await {
        Ok(true) => Ok(()),
        Ok(false) => Err(ApiError::InvalidCredentials),
        Err(_) => Err(ApiError::Internal("a password check panicked")),
    }
}

#[cfg(test)]
mod tests {
    use super::{NOBODYS_HASH, Password};

    #[test]
    fn a_password_is_never_printed() {
        assert_eq!(
            format!("{:?}", Password("hunter2".to_owned())),
            "Password([redacted])"
        );
    }

    //
    #[test]
    fn passwords_that_bcrypt_cannot_tell_apart_are_refused() {
        assert!(Password("x".repeat(72)).is_distinct());
        assert!(!Password("x".repeat(73)).is_distinct());
        assert!(!Password("é".repeat(37)).is_distinct());
        assert!(!Password("ab\0ab".to_owned()).is_distinct());
    }

    //
    #[test]
    fn the_hash_that_stands_in_for_none_costs_as_much_as_a_real_one() {
        let parts: bcrypt::HashParts = NOBODYS_HASH.parse().unwrap();
        assert_eq!(parts.get_cost(), bcrypt::DEFAULT_COST);
    }
}
