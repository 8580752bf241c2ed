//! Admin passwords: hashing one, and making one that can be typed from a screen.

use streamgate_serving::random::Random;

/// bcrypt looks at no more bytes than these; longer passwords are refused, not cut.
pub(crate) const BYTES_MAX: usize = 72;
/// Shortest password that is accepted (NIST SP 800-63B asks for 8).
pub(crate) const BYTES_MIN: usize = 8;
/// bcrypt cost: about 0.2 s on the machines this runs on (OWASP asks for 10 or more).
const COST: u32 = 12;
/// Lower-case letters and digits without look-alikes.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Returns a random password of 100 bits: 20 characters in groups of five.
pub(crate) fn generate(random: &dyn Random) -> String {
    let mut bytes = [0; 20];
    random.fill(&mut bytes);
    let mut password = String::with_capacity(23);
    for (index, byte) in bytes.into_iter().enumerate() {
        if index > 0 && index % 5 == 0 {
            password.push('-');
        }
        // 32 divides 256: no character is likelier than another.
        password.extend(
            ALPHABET
                .get(usize::from(byte) % ALPHABET.len())
                .copied()
                .map(char::from),
        );
    }
    password
}

/// Returns the bcrypt hash of a password that is within the limits.
pub(crate) fn hash(password: &str) -> anyhow::Result<String> {
    anyhow::ensure!(
        password.len() >= BYTES_MIN,
        "the password must have at least {BYTES_MIN} bytes"
    );
    anyhow::ensure!(
        password.len() <= BYTES_MAX,
        "the password must have at most {BYTES_MAX} bytes; bcrypt ignores the rest"
    );
    // The crate's non-truncating form counts bcrypt's closing NUL and refuses 72 bytes, which bcrypt uses whole.
    Ok(bcrypt::hash(password, COST)?)
}

#[cfg(test)]
mod tests {
    use super::{generate, hash};
    use streamgate_serving::random::SystemRandom;

    #[test]
    fn made_passwords_differ_and_verify() {
        let (first, second) = (generate(&SystemRandom), generate(&SystemRandom));
        assert_ne!(first, second);
        assert_eq!(first.len(), 23);
        assert!(bcrypt::verify(&first, &hash(&first).unwrap()).unwrap());
    }

    #[test]
    fn a_password_that_bcrypt_would_cut_is_refused() {
        assert!(hash(&"x".repeat(73)).is_err());
        let longest = "x".repeat(72);
        assert!(bcrypt::verify(&longest, &hash(&longest).unwrap()).unwrap());
        assert!(hash("short").is_err());
    }
}
