//! How old is something whose date is known to the month or the year only?

use siren_domain::PartialDate;

/// Days from the last day that the date may mean to `today`; 0 for what lies ahead.
pub(super) fn age_days(date: PartialDate, today: PartialDate) -> i64 {
    (last_day(today) - last_day(date)).max(0)
}

/// The last day that a date may mean, in days since 0000-03-01, by the civil calendar.
fn last_day(date: PartialDate) -> i64 {
    let told = date.to_string();
    let mut parts = told.split('-').map(|part| part.parse::<i64>().unwrap_or(1));
    let (year, month, day) = (i64::from(date.year()), parts.nth(1), parts.next());
    match (month, day) {
        (Some(month), Some(day)) => days(year, month, day),
        (Some(12), None) | (None, _) => days(year + 1, 1, 1) - 1,
        (Some(month), None) => days(year, month + 1, 1) - 1,
    }
}

fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 1
}

#[cfg(test)]
mod tests {
    use super::age_days;

    #[test]
    fn ages_are_counted_from_the_last_day_a_date_may_mean() {
        let cases = [
            ("2024-05-16", "2024-05-16", 0),
            ("2024-05-16", "2024-05-17", 1),
            ("2024-02-28", "2024-03-01", 2),
            ("2023-02-28", "2023-03-01", 1),
            ("2023-12", "2024-01-01", 1),
            ("2023-11", "2023-12-01", 1),
            ("2023", "2024-01-01", 1),
            ("2023-01-01", "2024-01-01", 365),
            ("2024-01-01", "2025-01-01", 366),
            ("2030", "2024-01-01", 0),
            ("1999-12-31", "2000-03-01", 61),
        ];
        for (date, today, expected) in cases {
            let days = age_days(date.parse().unwrap(), today.parse().unwrap());
            assert_eq!(days, expected, "{date} on {today}");
        }
    }
}
