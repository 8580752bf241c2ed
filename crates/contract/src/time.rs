//! Moments in milliseconds since 1970 and their one text form, ISO 8601 in UTC with milliseconds.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MILLIS_PER_SEC: i64 = 1000;
const MILLIS_PER_DAY: i64 = 86_400_000;
/// 0001-01-01T00:00:00.000Z
const ISO_MIN: i64 = -62_135_596_800_000;
/// 9999-12-31T23:59:59.999Z
const ISO_MAX: i64 = 253_402_300_799_999;

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
///
/// `Display` and JSON are the ISO text of [`UnixMillis::to_iso`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct UnixMillis(pub i64);

/// Why a text is no moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TimeError {
    /// The text is not `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)` as RFC 3339 has it.
    #[error("not a time of the form 2026-11-24T12:34:56.789Z")]
    Form,
    /// A member is out of range: month 13, 30 February, hour 24, second 60, or an instant outside the years
    /// 0001 to 9999.
    #[error("no such time")]
    Range,
}

impl UnixMillis {
    /// Returns the moment of whole seconds since 1970, saturating.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(MILLIS_PER_SEC))
    }

    /// Returns whole seconds since 1970, rounded towards the past.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(MILLIS_PER_SEC)
    }

    /// Returns the moment `ms` milliseconds later, saturating.
    #[must_use]
    pub const fn plus_millis(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Returns the milliseconds from `earlier` to this moment, saturating; negative if `earlier` is later.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the text `2026-11-24T12:34:56.789Z`.
    ///
    /// A moment outside the years 0001 to 9999 has no such text; the nearest one that has is written instead.
    pub fn to_iso(self) -> String {
        let millis = self.0.clamp(ISO_MIN, ISO_MAX);
        let (year, month, day) = civil_from_days(millis.div_euclid(MILLIS_PER_DAY));
        let of_day = millis.rem_euclid(MILLIS_PER_DAY);
        let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (second, milli) = (of_day / 1000 % 60, of_day % 1000);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }

    /// Reads an RFC 3339 time with any offset; digits of the fraction beyond milliseconds are dropped.
    ///
    /// # Errors
    /// [`TimeError::Form`] for any other notation, also a missing offset; [`TimeError::Range`] for a time that
    /// does not exist. Leap seconds are refused.
    pub fn parse_iso(text: &str) -> Result<Self, TimeError> {
        Reader {
            rest: text.as_bytes(),
        }
        .time()
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_iso())
    }
}

impl Serialize for UnixMillis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_iso())
    }
}

impl<'de> Deserialize<'de> for UnixMillis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse_iso(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Reads a time from left to right.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn time(mut self) -> Result<UnixMillis, TimeError> {
        let year = self.number(4)?;
        self.one_of(b"-")?;
        let month = self.number(2)?;
        self.one_of(b"-")?;
        let day = self.number(2)?;
        self.one_of(b"Tt")?;
        let hour = self.number(2)?;
        self.one_of(b":")?;
        let minute = self.number(2)?;
        self.one_of(b":")?;
        let second = self.number(2)?;
        let milli = self.fraction()?;
        let offset_minutes = self.offset_minutes()?;
        let exists = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        if !exists {
            return Err(TimeError::Range);
        }
        let minutes = (days_from_civil(year, month, day) * 24 + hour) * 60 + minute - offset_minutes;
        let millis = (minutes * 60 + second) * MILLIS_PER_SEC + milli;
        if (ISO_MIN..=ISO_MAX).contains(&millis) {
            Ok(UnixMillis(millis))
        } else {
            Err(TimeError::Range)
        }
    }

    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn one_of(&mut self, allowed: &[u8]) -> Result<u8, TimeError> {
        self.next()
            .filter(|byte| allowed.contains(byte))
            .ok_or(TimeError::Form)
    }

    fn number(&mut self, digits: usize) -> Result<i64, TimeError> {
        (0..digits).try_fold(0, |value, _| {
            Ok(value * 10 + i64::from(self.one_of(b"0123456789")? - b'0'))
        })
    }

    /// Reads `.789` if there is one; at least one digit, any number of them.
    fn fraction(&mut self) -> Result<i64, TimeError> {
        if self.rest.first() != Some(&b'.') {
            return Ok(0);
        }
        self.next();
        let mut millis = self.number(1)? * 100;
        let mut unit = 10;
        while self.rest.first().is_some_and(u8::is_ascii_digit) {
            millis += self.number(1)? * unit;
            unit /= 10;
        }
        Ok(millis)
    }

    /// Reads the offset, which must end the text.
    fn offset_minutes(&mut self) -> Result<i64, TimeError> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => 0,
        };
        let mut minutes = 0;
        if sign != 0 {
            let hours = self.number(2)?;
            self.one_of(b":")?;
            minutes = self.number(2)?;
            if hours >= 24 || minutes >= 60 {
                return Err(TimeError::Range);
            }
            minutes += hours * 60;
        }
        if self.rest.is_empty() {
            Ok(sign * minutes)
        } else {
            Err(TimeError::Form)
        }
    }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
///
/// The year is counted from March, so that the leap day is its last: a month then starts at
/// (153 * month + 2) / 5 days, and 400 years have 146,097 days.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a day since 1970-01-01; the inverse of [`days_from_civil`].
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}
