//! Typed values of conditions: versions, dates, lists of names, durations.

use std::collections::BTreeSet;
use std::fmt;

#[cfg(feature = "compile")]
use crate::syntax::print::quote;

/// A version: up to four numbers. Missing ones count as zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub [u32; Self::PARTS]);

impl Version {
    /// The number of components.
    pub const PARTS: usize = 4;

    /// The version as one number, the first component first.
    pub(crate) fn number(self) -> u128 {
        self.0.into_iter().fold(0, |number, part| number << 32 | u128::from(part))
    }

    /// The version of a number.
    pub(crate) fn of_number(number: u128) -> Self {
        // Each part has 32 bits.
        Self([96, 64, 32, 0].map(|shift| (number >> shift) as u32))
    }

    /// The version that a text denotes: one to four numbers with dots between them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_written = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        Self::read(text).ok().filter(|_| is_written)
    }

    /// Parses a text like `17.0`. The error is a message.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut version = Self([0; Self::PARTS]);
        let mut slots = version.0.iter_mut();
        for part in text.split('.') {
            let many = || format!("a version has at most {} numbers", Self::PARTS);
            let large = |_| format!("the numbers of a version go up to {}", u32::MAX);
            *slots.next().ok_or_else(many)? = part.parse().map_err(large)?;
        }
        Ok(version)
    }
}

impl fmt::Display for Version {
    /// The first two numbers, and the others up to the last that is not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, more @ ..] = self.0;
        write!(f, "{major}.{minor}")?;
        match more {
            [0, 0] => Ok(()),
            [third, 0] => write!(f, ".{third}"),
            [third, fourth] => write!(f, ".{third}.{fourth}"),
        }
    }
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    // INVARIANT: the order of the fields is that of the comparison.
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The date, if the calendar has it.
    #[must_use]
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let is_leap =
            year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            _ => 0,
        };
        if year == 0 || day == 0 || day > days { None } else { Some(Self { year, month, day }) }
    }

    /// The first and the last day that texts can name.
    pub(crate) const FIRST: Self = Self { year: 1, month: 1, day: 1 };
    pub(crate) const LAST: Self = Self { year: 9999, month: 12, day: 31 };

    /// The number of the day, without gaps: 0 is the first of March of the year 0 (Hinnant 2013).
    pub(crate) fn ordinal(self) -> u32 {
        let (month, year) = (u32::from(self.month), u32::from(self.year));
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let day = (153 * month + 2) / 5 + u32::from(self.day) - 1;
        365 * year + year / 4 - year / 100 + year / 400 + day
    }

    /// The day of a number, if texts can name it.
    pub(crate) fn of_ordinal(ordinal: u32) -> Option<Self> {
        let (era, day_of_era) = (ordinal / 146_097, ordinal % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let (month, later) = if shifted < 10 { (shifted + 3, 0) } else { (shifted - 9, 1) };
        let year = u16::try_from(era * 400 + year_of_era + later).ok()?;
        Self::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
            .filter(|date| *date <= Self::LAST)
    }

    /// Year, month from 1, day of the month from 1.
    #[must_use]
    pub const fn parts(self) -> (u16, u8, u8) {
        (self.year, self.month, self.day)
    }

    /// The date that a text like `2026-01-01` denotes, if the calendar has it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_written = text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        let (year, month, day) = (text.get(..4)?, text.get(5..7)?, text.get(8..)?);
        if text.len() != 10 || !is_written {
            return None;
        }
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A set of models or manufacturers, compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameList {
    written: Vec<String>,
    /// The names in lower case, ordered: generated lists may be long.
    folded: BTreeSet<String>,
}

impl NameList {
    /// The names, as they are written.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.written
    }

    /// Whether a name is in the list.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.folded.contains(&fold(name).collect::<String>())
    }

    /// Whether all of its names are in the other list.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.folded.is_subset(&other.folded)
    }

    /// Whether none of its names is in the other list.
    pub(super) fn is_apart_from(&self, other: &Self) -> bool {
        self.folded.is_disjoint(&other.folded)
    }
}

/// A name without upper case, letter by letter: the form in which names are compared.
pub(crate) fn fold(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().flat_map(char::to_lowercase)
}

impl FromIterator<String> for NameList {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        let written: Vec<String> = names.into_iter().collect();
        let folded = written.iter().map(|name| fold(name).collect()).collect();
        Self { written, folded }
    }
}

#[cfg(feature = "compile")]
impl fmt::Display for NameList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted: Vec<_> = self.written.iter().map(|name| quote(name)).collect();
        f.write_str(&quoted.join(", "))
    }
}

pub(super) const HOUR: u32 = 60;
pub(super) const DAY: u32 = 24 * HOUR;

/// The minutes of a text like `13 hours`.
pub(crate) fn minutes_of(text: &str) -> Option<u32> {
    let (count, unit) = count_and_unit(text)?;
    let factor = match unit {
        "minute" | "minutes" => 1,
        "hour" | "hours" => HOUR,
        "day" | "days" => DAY,
        _ => return None,
    };
    count.checked_mul(factor)
}

/// The days of a text like `30 days`.
pub(crate) fn days_of(text: &str) -> Option<u32> {
    count_and_unit(text).filter(|(_, unit)| matches!(*unit, "day" | "days")).map(|(count, _)| count)
}

fn count_and_unit(text: &str) -> Option<(u32, &str)> {
    let (count, unit) = text.split_once(' ')?;
    let is_written = count.bytes().all(|byte| byte.is_ascii_digit());
    count.parse().ok().filter(|_| is_written).map(|count| (count, unit))
}

/// The text of a duration in minutes, in the largest unit that divides it.
pub(crate) fn duration(minutes: u32) -> String {
    let fits = |unit: u32| minutes >= unit && minutes.is_multiple_of(unit);
    let (count, unit) = if fits(DAY) {
        (minutes / DAY, "day")
    } else if fits(HOUR) {
        (minutes / HOUR, "hour")
    } else {
        (minutes, "minute")
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_number_by_number() {
        let version = |text: &str| Version::read(text).unwrap();
        assert!(version("9.1") < version("10"));
        assert!(version("10") < version("10.0.0.1"));
        assert_eq!(version("17"), version("17.0.0"));
        for text in ["17.0", "4.2.1", "10.0.22631.3155", "0.0.0.1"] {
            assert_eq!(version(text).to_string(), text);
        }
    }

    #[test]
    fn the_calendar_is_known() {
        let exists = |text: &str| Date::parse(text).is_some();
        assert!(exists("2024-02-29") && exists("2000-02-29") && exists("2026-12-31"));
        assert!(!exists("2023-02-29") && !exists("1900-02-29") && !exists("2026-04-31"));
        assert!(!exists("2026-00-01") && !exists("2026-13-01") && !exists("2026-01-00"));
        assert!(!exists("0000-01-01"));
    }

    #[test]
    fn days_are_numbered_without_gaps() {
        let (first, last) = (Date::FIRST.ordinal(), Date::LAST.ordinal());
        let days: Vec<Date> = (first..=last).map(|day| Date::of_ordinal(day).unwrap()).collect();
        assert!(days.is_sorted_by(|a, b| a < b));
        assert_eq!((days.first(), days.last()), (Some(&Date::FIRST), Some(&Date::LAST)));
        assert!(days.iter().zip(first..).all(|(date, day)| date.ordinal() == day));
        assert_eq!(Date::of_ordinal(last + 1), None);
    }
}
