//! Whether a row's version can be trusted: one that tells a moment says nothing of a second change within it.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// Clocks of a database may differ from ours, and count in seconds.
const COARSE_S: i64 = 5;
/// Offsets of time zones come in quarters of an hour.
const QUARTER_S: i64 = 15 * 60;
const DAY_S: i64 = 24 * 60 * 60;

/// Whether the version tells a moment since `began`, or just before, in whatever time zone; then the row may change again
/// without its version. What tells no moment, such as a count, is trusted.
pub(super) fn is_recent(version: &str, began: Timestamp, now: Timestamp) -> bool {
    let version = version.trim();
    let (earliest, latest) = (began.as_second() - COARSE_S, now.as_second() + COARSE_S);
    if let Ok(number) = version.parse::<i64>() {
        // Seconds or milliseconds since 1970; other numbers lie nowhere near.
        return (earliest..=latest).contains(&number) || (earliest..=latest).contains(&(number / 1000));
    }
    let Some(date) = version.get(..10).and_then(|date| date.parse::<Date>().ok()) else { return false };
    if version.len() == 10 {
        let days = |moment: Timestamp, away: i64| {
            (moment + SignedDuration::from_secs(away)).to_zoned(TimeZone::UTC).date()
        };
        return (days(began, -DAY_S)..=days(now, DAY_S)).contains(&date);
    }
    let told = version.get(..19).map(|text| text.replacen(' ', "T", 1));
    let Some(told) = told.and_then(|text| text.parse::<DateTime>().ok()) else { return false };
    let Ok(told) = told.to_zoned(TimeZone::UTC) else { return false };
    let told = told.timestamp().as_second();
    let near = (earliest - DAY_S..=latest + DAY_S).contains(&told);
    near && (told - earliest).rem_euclid(QUARTER_S) <= latest - earliest
}

#[cfg(test)]
mod tests {
    use super::is_recent;

    #[test]
    fn moments_just_passed_are_not_trusted() {
        let cases = [
            ("2024-05-17 12:00:00", true),
            ("2024-05-17 11:59:57", true),
            ("2024-05-17T12:00:02", true),
            ("2024-05-17 12:00:01.123456", true),
            ("2024-05-17 21:00:00", true),
            ("2024-05-17T21:00:00+09:00", true),
            ("2024-05-17 17:45:00", true),
            ("2024-05-17 11:59:30", false),
            ("2024-05-17 12:01:00", false),
            ("2024-05-14 12:00:00", false),
            ("2024-05-17", true),
            ("2024-05-16", true),
            ("2024-05-14", false),
            ("1715947200", true),
            ("1715947199123", true),
            ("1715940000", false),
            ("7", false),
            ("a1b2c3", false),
            ("", false),
            ("케이뱅크의 버전", false),
        ];
        let (began, now) = ("2024-05-17T12:00:00Z", "2024-05-17T12:00:02Z");
        let [began, now] = [began, now].map(|moment| moment.parse().expect("a moment"));
        for (version, expected) in cases {
            assert_eq!(is_recent(version, began, now), expected, "{version}");
        }
    }
}
