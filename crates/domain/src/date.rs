//! A calendar date that may be known only to the month or the year.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `2024`, `2024-05` or `2024-05-16`: conference notes often tell no more than the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PartialDate {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

/// The text is not a date of the form `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a date: write YYYY, YYYY-MM or YYYY-MM-DD")]
pub struct InvalidDate(pub String);

impl PartialDate {
    /// The calendar year.
    pub fn year(self) -> u16 {
        self.year
    }

    /// A date from its parts, if they exist in the calendar.
    pub fn new(year: u16, month: Option<u8>, day: Option<u8>) -> Option<Self> {
        let valid = (1000..=9999).contains(&year)
            && match (month, day) {
                (None, None) => true,
                (None, Some(_)) => false,
                (Some(m), d) => {
                    (1..=12).contains(&m) && d.is_none_or(|d| (1..=days_in(year, m)).contains(&d))
                }
            };
        valid.then_some(Self { year, month, day })
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

impl FromStr for PartialDate {
    type Err = InvalidDate;

    /// Reads the date at the front; a time of day behind it (`2024-05-16T10:00`, `2024-05-16 10:00 +0900`) is passed over.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidDate(text.to_owned());
        let date = text.trim().split(['T', ' ']).next().unwrap_or_default();
        let mut parts = date.split(['-', '.', '/']).filter(|part| !part.is_empty());
        let year = parts.next().filter(|year| year.len() == 4);
        let year = year.and_then(|y| y.parse().ok()).ok_or_else(invalid)?;
        let mut number = || match parts.next() {
            None => Ok(None),
            Some(part) => part.parse::<u8>().map(Some).map_err(|_| invalid()),
        };
        let (month, day) = (number()?, number()?);
        if parts.next().is_some() {
            return Err(invalid());
        }
        Self::new(year, month, day).ok_or_else(invalid)
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

impl TryFrom<String> for PartialDate {
    type Error = InvalidDate;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PartialDate> for String {
    fn from(date: PartialDate) -> Self {
        date.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::PartialDate;

    #[test]
    fn reads_what_front_matter_holds() {
        let cases = [
            ("2024", Some("2024")),
            ("2022-11", Some("2022-11")),
            ("2024-05-16", Some("2024-05-16")),
            ("2023-12-10 14:13:00 +0900", Some("2023-12-10")),
            ("2023-12-10T14:13:00Z", Some("2023-12-10")),
            ("2024.5.7", Some("2024-05-07")),
            ("2024. 5. 7.", Some("2024")),
            ("2024-02-29", Some("2024-02-29")),
            ("2023-02-29", None),
            ("2024-13", None),
            ("24-05-16", None),
            ("soon", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let read = text.parse::<PartialDate>().ok().map(|d| d.to_string());
            assert_eq!(read.as_deref(), expected, "{text:?}");
        }
    }
}
