//! The secret text of a ticket.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::IdError;
use crate::claims::CODE_LENGTH;
use crate::hex;

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// The largest multiple of 62 that a byte holds: bytes from here on would favour the first letters.
const UNBIASED_BELOW: u8 = 248;
/// What `sub` may carry at most, so that tickets of another make can still be used.
const LENGTH_MAX: usize = 64;
/// Bytes of SHA-256 in a fingerprint: 12 hex digits.
const FINGERPRINT_BYTES: usize = 6;

/// A ticket's code as `sub` carries it: 1 to 64 characters of `A-Za-z0-9`, case-sensitive.
///
/// A code is a secret: `Debug` prints its fingerprint only, and there is no `Display`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Code(Box<str>);

impl Code {
    /// Reads a code exactly as it is stored.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if (1..=LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.into()))
        } else {
            Err(IdError::Code)
        }
    }

    /// Reads what a viewer typed or pasted: white space and hyphens are dropped, then exactly 12 characters of
    /// `A-Za-z0-9` must remain. The case stays as typed.
    pub fn from_typed(text: &str) -> Option<Self> {
        let mut code = String::with_capacity(CODE_LENGTH);
        for letter in text.chars().filter(|letter| !is_layout(*letter)) {
            if !letter.is_ascii_alphanumeric() || code.len() == CODE_LENGTH {
                return None;
            }
            code.push(letter);
        }
        (code.len() == CODE_LENGTH).then(|| Self(code.into()))
    }

    /// Draws a new code, uniform over all 62^12: biased bytes are drawn again.
    ///
    /// `fill` must deliver unpredictable bytes.
    pub fn generate(fill: &mut impl FnMut(&mut [u8])) -> Self {
        let mut code = String::with_capacity(CODE_LENGTH);
        while code.len() < CODE_LENGTH {
            let mut bytes = [0; 2 * CODE_LENGTH];
            fill(&mut bytes);
            let letters = bytes
                .iter()
                .filter(|byte| **byte < UNBIASED_BELOW)
                .filter_map(|byte| {
                    ALPHABET
                        .get(usize::from(*byte) % ALPHABET.len())
                        .map(|letter| char::from(*letter))
                });
            code.extend(letters.take(CODE_LENGTH - code.len()));
        }
        Self(code.into())
    }

    /// Returns what stands in the place of a code when an organiser watches without a ticket; no drawn code can be
    /// equal, for it has 7 characters.
    pub fn preview() -> Self {
        Self("preview".into())
    }

    /// Returns the text: a secret, never to be logged.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what logs may show: the first 12 hex digits of the code's SHA-256.
    pub fn fingerprint(&self) -> String {
        hex::sha256_prefix(self.0.as_bytes(), FINGERPRINT_BYTES)
    }
}

/// Tells what only groups a code's letters: white space, and hyphens of every kind, because mail programs and phones
/// make dashes of them and put invisible marks between; a code holds none of these.
const fn is_layout(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(
            letter,
            '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
                | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
        )
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code(#{})", self.fingerprint())
    }
}

impl FromStr for Code {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_code_may_have_spaces_and_hyphens_and_keeps_its_case() {
        let code = Code::parse("aBcD1234XyZ9").unwrap();
        for typed in [
            "aBcD1234XyZ9",
            "  aBcD-1234-XyZ9\n",
            "aBcD 1234 XyZ9",
            "\u{a0}aBcD1234\u{2003}XyZ9",
            "-aBcD1234XyZ9-",
            "aBcD\u{2011}1234\u{2013}XyZ9",
            "\u{feff}aBcD\u{ad}1234\u{200b}XyZ9\u{200e}",
        ] {
            assert_eq!(Code::from_typed(typed).as_ref(), Some(&code), "{typed:?}");
        }
        assert_ne!(Code::from_typed("abcd1234xyz9").as_ref(), Some(&code));
        for typed in [
            "",
            "aBcD1234XyZ",
            "aBcD1234XyZ90",
            "aBcD1234XyZ_",
            "аBcD1234XyZ9",
            "preview",
        ] {
            assert_eq!(Code::from_typed(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn a_code_in_sub_has_1_to_64_characters() {
        assert!(Code::parse("").is_err());
        assert!(Code::parse(&"a".repeat(64)).is_ok());
        assert!(Code::parse(&"a".repeat(65)).is_err());
        for text in ["a-b", "a b", "a\0", "é"] {
            assert_eq!(Code::parse(text), Err(IdError::Code));
        }
    }

    //
    #[test]
    fn every_letter_is_equally_likely_and_biased_bytes_are_drawn_again() {
        // Every byte value once, in order, over and over: the accepted ones hit each letter exactly four times.
        let mut next = 0_u8;
        let mut fill = |bytes: &mut [u8]| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(1);
            }
        };
        assert_eq!(Code::generate(&mut fill).as_str(), "ABCDEFGHIJKL");
        let mut calls = 0;
        let mut biased_first = |bytes: &mut [u8]| {
            bytes.fill(if calls == 0 {
                UNBIASED_BELOW
            } else {
                UNBIASED_BELOW - 1
            });
            calls += 1;
        };
        assert_eq!(Code::generate(&mut biased_first).as_str(), "999999999999");
        let hits = (0..UNBIASED_BELOW).fold([0; 62], |mut hits, byte| {
            hits[usize::from(byte) % 62] += 1;
            hits
        });
        assert_eq!(hits, [4; 62]);
    }

    #[test]
    fn debug_output_and_errors_never_show_the_code() {
        let code = Code::parse("SECRETSECRET").unwrap();
        assert_eq!(format!("{code:?}"), format!("Code(#{})", code.fingerprint()));
        let error = serde_json::from_str::<Code>("\"SECRET-SECRET\"")
            .unwrap_err()
            .to_string();
        assert!(!error.contains("SECRET"), "{error}");
    }

    #[test]
    fn the_fingerprint_is_the_start_of_the_sha256() {
        // printf abc | sha256sum
        assert_eq!(Code::parse("abc").unwrap().fingerprint(), "ba7816bf8f01");
    }

    #[test]
    fn the_preview_code_is_fit_for_sub() {
        assert_eq!(Code::parse("preview"), Ok(Code::preview()));
    }
}
