//! Dates and years as people write them in titles, paths and texts.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use siren_domain::PartialDate;

#[expect(clippy::expect_used, reason = "the patterns are literals that tests compile")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

/// The first date in a text: `2024-05-16`, `2024.5.16`, `20240516`, `2024년 5월 16일`, `2024년 5월`, or a year alone.
pub(crate) fn first_date(text: &str) -> Option<PartialDate> {
    static FORMS: LazyLock<[Regex; 4]> = LazyLock::new(|| {
        [
            pattern(r"(?:^|\D)((?:19|20)\d\d)\s?[-./]\s?(\d{1,2})\s?[-./]\s?(\d{1,2})(?:\D|$)"),
            pattern(r"(?:^|\D)((?:19|20)\d\d)년\s*(\d{1,2})월(?:\s*(\d{1,2})일)?"),
            pattern(r"(?:^|\D)((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:\D|$)"),
            pattern(r"(?:^|\D)((?:19|20)\d\d)(?:[-.](0[1-9]|1[0-2]))?(?:\D|$)"),
        ]
    });
    // Most texts name no year, and are not worth four searches.
    if !text.contains("19") && !text.contains("20") {
        return None;
    }
    FORMS.iter().find_map(|form| {
        let found = form.captures(text)?;
        let number = |i: usize| found.get(i).and_then(|m| m.as_str().parse::<u16>().ok());
        let small = |i: usize| number(i).and_then(|n| u8::try_from(n).ok());
        PartialDate::new(number(1)?, small(2), small(3))
    })
}

/// Lines in which a text may say when it was written, those without words not counted, and bytes of such a line.
const HEAD_LINES: usize = 6;
const HEAD_LINE: usize = 80;

/// The day that a line at a text's head tells and nothing else: `작성일: 2024-05-17`, `2024년 5월 17일 (금) 14:00`. A day in a
/// sentence may be any day.
pub(crate) fn head_date(text: &str) -> Option<PartialDate> {
    static LINE: LazyLock<Regex> = LazyLock::new(|| {
        let label =
            r"날짜|일시|일자|작성일자?|작성 일자|게시일|발행일|개최일|회의일|회의 일시|date|published|posted";
        let day = r"(?:19|20)\d\d(?:\s?[-./]\s?\d{1,2}\s?[-./]\s?\d{1,2}\.?|년\s*\d{1,2}월\s*\d{1,2}일)";
        let weekday = r"\(?[월화수목금토일](?:요일)?\)?";
        let hour = r"(?:오전|오후)?\s*\d{1,2}(?::\d{2}|시)[\d:시분초\s~-]*";
        pattern(&format!(
            r"^[^\p{{L}}\p{{N}}]*(?i:(?:{label})\s*[:：|]?\s*)?({day})\s*(?:{weekday}\s*)?(?:{hour})?$"
        ))
    });
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(HEAD_LINES);
    let mut short =
        lines.filter(|line| line.len() <= HEAD_LINE && (line.contains("19") || line.contains("20")));
    // A month and a day that are none leave a year, which is no day.
    let day = |line: &str| {
        first_date(LINE.captures(line)?.get(1)?.as_str())
            .filter(|date| date.to_string().len() == "YYYY-MM-DD".len())
    };
    short.find_map(day)
}

/// Every year named in a text, ascending.
pub(crate) fn years(text: &str) -> BTreeSet<u16> {
    static YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:19[5-9]|20[0-4])\d"));
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == ',');
    let alone = |m: &regex::Match<'_>| {
        let (before, behind) = (&text[..m.start()], &text[m.end()..]);
        let dated = YYYYMMDD.is_match(behind);
        !digit(before.chars().next_back())
            && (!digit(behind.chars().next()) || dated || behind.starts_with(", "))
    };
    static YYYYMMDD: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\D|$)"));
    YEAR.find_iter(text).filter(alone).filter_map(|m| m.as_str().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{first_date, head_date, years};

    #[test]
    fn dates_in_text() {
        let cases = [
            ("2019-04-17-aws-summit.md", Some("2019-04-17")),
            ("posts/aws-summit-seoul-2025-day2.md", Some("2025")),
            ("Pasted image 20250515", Some("2025-05-15")),
            ("2024년 5월 16일", Some("2024-05-16")),
            ("2022년 11월", Some("2022-11")),
            ("2024. 5. 7.", Some("2024-05-07")),
            ("29,000명", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(first_date(text).map(|d| d.to_string()).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn dates_at_the_head() {
        let cases = [
            ("2024-05-17", Some("2024-05-17")),
            ("회의록\n\n작성일: 2024. 5. 17.\n\n안건을 나눴다.", Some("2024-05-17")),
            ("회의록\n- 일시: 2024년 5월 17일 (금) 오후 2시 30분", Some("2024-05-17")),
            ("일시 | 2024/05/17 14:00~16:00", Some("2024-05-17")),
            ("Date: 2024-05-17\n", Some("2024-05-17")),
            ("제목\n2024년 5월 17일 금요일\n", Some("2024-05-17")),
            ("2024-05-17에 행사가 열렸다.", None),
            ("행사는 2024-05-17", None),
            ("2024년 5월", None),
            ("2024-13-45", None),
            ("변경 이력: 2024-05-17", None),
            ("하나\n둘\n셋\n넷\n다섯\n여섯\n2024-05-17", None),
        ];
        for (text, expected) in cases {
            assert_eq!(head_date(text).map(|d| d.to_string()).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn years_in_text() {
        let cases: &[(&str, &[u16])] = &[
            ("2021년 9월부터 2023년 5월까지", &[2021, 2023]),
            ("AWS Summit Seoul 2024", &[2024]),
            ("20250516182929.png", &[]),
            ("2024-05-16, 20240517", &[2024]),
            ("2,024명과 12024", &[]),
            ("1000명", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(years(text).into_iter().collect::<Vec<_>>(), *expected, "{text:?}");
        }
    }
}
