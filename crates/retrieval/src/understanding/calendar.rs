//! Days of the calendar that a text tells: `2024년 5월 16일`, `5월 16일`, `2024-05-16`, `May 16, 2024`.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A day; its year only where it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    year: Option<u16>,
    month: u8,
    day: u8,
}

impl Day {
    /// Whether both may be the same day.
    fn is(self, other: Self) -> bool {
        let years = self.year.zip(other.year);
        (self.month, self.day) == (other.month, other.day) && years.is_none_or(|(one, two)| one == two)
    }

    /// Whether the text tells of the day.
    pub(crate) fn is_told_in(self, text: &str) -> bool {
        told(text).into_iter().any(|other| self.is(other))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.year {
            Some(year) => write!(f, "{year}-{:02}-{:02}", self.month, self.day),
            None => write!(f, "{:02}-{:02}", self.month, self.day),
        }
    }
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

#[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
static DAY: LazyLock<Regex> = LazyLock::new(|| {
    const MONTH: &str = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
    let korean = r"(?:(?<y1>\d{4}|\d{2})\s?년\s?)?(?<m1>\d{1,2})\s?월\s?(?<d1>\d{1,2})\s?일";
    let digits = r"\b(?<y2>\d{4})\s?[-./]\s?(?<m2>\d{1,2})\s?[-./]\s?(?<d2>\d{1,2})\b";
    let english = format!(
        r"\b(?<m3>{MONTH})\.?\s(?<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s(?<y3>\d{{4}})\b)?|\b(?<d4>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?<m4>{MONTH})\b(?:,?\s(?<y4>\d{{4}})\b)?"
    );
    Regex::new(&format!("(?i){korean}|{digits}|{english}")).expect("a valid pattern")
});

/// The days that a text tells, each once.
pub(crate) fn told(text: &str) -> Vec<Day> {
    let mut out: Vec<Day> = Vec::new();
    for day in DAY.captures_iter(text).filter_map(|found| day(&found)) {
        if !out.contains(&day) {
            out.push(day);
        }
    }
    out
}

fn day(found: &Captures<'_>) -> Option<Day> {
    let told = |name: &str| (1..=4).find_map(|at| found.name(&format!("{name}{at}"))).map(|one| one.as_str());
    let month = told("m")?;
    let named = || MONTHS.iter().position(|name| month.to_lowercase().starts_with(name)).map(|at| at + 1);
    let month = month.parse().ok().or_else(named).and_then(|month: usize| u8::try_from(month).ok())?;
    let day = told("d")?.parse().ok()?;
    let year = told("y").and_then(|year| year.parse::<u16>().ok());
    let year = year.map(|year| if year < 100 { 2000 + year } else { year });
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(Day { year, month, day })
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn days_of_the_calendar() {
        let cases = [
            ("2024년 5월 16일에 발표한 회사는?", "2024-05-16"),
            ("5월 16일 세션", "05-16"),
            ("24년 5월 16일과 5월 17일", "2024-05-16 05-17"),
            ("2024-05-16, 2024.5.17", "2024-05-16 2024-05-17"),
            ("What was shown on May 16, 2024?", "2024-05-16"),
            ("on the 16th of May", "05-16"),
            ("2022년 11월에 열린 행사", ""),
            ("5월 32일", ""),
            ("1.2.3 버전", ""),
            ("", ""),
        ];
        for (text, expected) in cases {
            let days: Vec<String> = told(text).iter().map(ToString::to_string).collect();
            assert_eq!(days.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn days_in_texts() {
        let cases = [
            ("5월 16일", "2024년 5월 16일에 열렸다.", true),
            ("2024년 5월 16일", "2024년 5월 16일에 열렸다.", true),
            ("2024년 5월 16일", "5월 16일에 열렸다.", true),
            ("2023년 5월 16일", "2024년 5월 16일에 열렸다.", false),
            ("5월 16일", "5월 17일에 열렸다.", false),
        ];
        for (question, text, expected) in cases {
            assert_eq!(told(question)[0].is_told_in(text), expected, "{question} {text}");
        }
    }
}
