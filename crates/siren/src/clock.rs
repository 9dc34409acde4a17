//! What day it is, and what time.

use std::time::{SystemTime, UNIX_EPOCH};

use siren_domain::PartialDate;

/// Seconds that Korea is ahead of UTC: rules are in force by its days.
pub(crate) const AHEAD: u64 = 9 * 3600;
const DAY: u64 = 86_400;

/// The day in Korea.
pub(crate) fn today() -> PartialDate {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    of_days((since + AHEAD) / DAY)
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX >> 1))
}

/// The day in Korea at so many milliseconds since 1970.
pub(crate) fn day_of(ms: u64) -> String {
    of_days((ms / 1_000 + AHEAD) / DAY).to_string()
}

/// The day that is so many days after 1970-01-01, by the civil calendar's cycle of 400 years.
#[expect(clippy::expect_used, reason = "a test walks the calendar")]
fn of_days(days: u64) -> PartialDate {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let small = |n: u64| u8::try_from(n).ok();
    let date = u16::try_from(year).ok().and_then(|year| PartialDate::new(year, small(month), small(day)));
    date.expect("a day of our time")
}

#[cfg(test)]
mod tests {
    use super::of_days;

    #[test]
    fn days_are_counted_as_calendars_do() {
        let cases = [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (19_782, "2024-02-29"),
            (20_777, "2026-11-20"),
        ];
        for (days, date) in cases {
            assert_eq!(of_days(days).to_string(), date);
        }
        for days in 0..40_000 {
            assert!(of_days(days) < of_days(days + 1));
        }
    }
}
