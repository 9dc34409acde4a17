//! Which day of an event a question speaks of: the second is `둘째 날`, `2일차` and `day 2`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use siren_text::stem::is_particles;
use siren_text::terms::fold;

#[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
static DAY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?<ordinal>첫|둘|두\s?번|셋|세\s?번|넷|네\s?번)째\s?날|(?<first>첫\s?날|개막일)|(?<second>이튿날|이틀\s?째)|(?<third>사흘\s?째)|(?<number>\d{1,2})\s?일(?:\s?째|(?<apart>\s?)차(?<behind>[가-힣]*))|\bday\s?(?<en>\d{1,2}|one|two|three|four)\b|\b(?<word>first|second|third|fourth) day\b",
    )
    .expect("a valid pattern")
});
const ORDINALS: [&str; 4] = ["첫째", "둘째", "셋째", "넷째"];

/// Where a text speaks of days.
pub(crate) fn spans(text: &str) -> Vec<Range<usize>> {
    DAY.captures_iter(text)
        .filter(is_day)
        .filter_map(|found| found.get(0))
        .map(|found| found.range())
        .collect()
}

/// The text without the days that it speaks of.
pub(crate) fn without_days(text: &str) -> String {
    let mut out = text.to_owned();
    spans(text).into_iter().rev().for_each(|range| out.replace_range(range, " "));
    out
}

/// The days that are spoken of, counted from 1.
pub(crate) fn days(question: &str) -> Vec<usize> {
    let mut out: Vec<usize> = Vec::new();
    for found in DAY.captures_iter(&fold(question)).filter(is_day) {
        let told = |name: &str| found.name(name).map(|m| m.as_str().to_lowercase());
        let fixed = [("first", 1), ("second", 2), ("third", 3)];
        let by_name = fixed.into_iter().find(|(name, _)| found.name(name).is_some()).map(|(_, day)| day);
        let number =
            told("number").or_else(|| told("en")).or_else(|| told("word")).or_else(|| told("ordinal"));
        let day = by_name.or_else(|| number.as_deref().and_then(counted));
        out.extend(day.filter(|day| !out.contains(day)));
    }
    out
}

/// Whether `차` counts days, and is not the beginning of another word: `2일 차이`, `16일 차량`.
fn is_day(found: &Captures<'_>) -> bool {
    let (Some(apart), Some(behind)) = (found.name("apart"), found.name("behind")) else { return true };
    let behind = behind.as_str();
    if apart.is_empty() {
        return !behind.starts_with(['량', '감']);
    }
    behind.is_empty() || (is_particles(behind) && !behind.starts_with('이'))
}

fn counted(word: &str) -> Option<usize> {
    let day = match word.split_whitespace().next()? {
        "첫" | "one" | "first" => 1,
        "둘" | "두" | "두번" | "two" | "second" => 2,
        "셋" | "세" | "세번" | "three" | "third" => 3,
        "넷" | "네" | "네번" | "four" | "fourth" => 4,
        digits => digits.parse().ok()?,
    };
    (day > 0).then_some(day)
}

/// How else documents may name the day: what is looked for beside the question's own words.
pub(crate) fn spellings(day: usize) -> String {
    match ORDINALS.get(day - 1) {
        Some(ordinal) => format!("{ordinal} 날 {day}일차"),
        None => format!("{day}일차"),
    }
}

#[cfg(test)]
mod tests {
    use super::{days, spellings};

    #[test]
    fn days_of_an_event() {
        let cases: [(&str, &[usize]); 22] = [
            ("둘째 날 기조연설은?", &[2]),
            ("첫날과 둘째날은 어떻게 달랐나요?", &[1, 2]),
            ("두 번째 날", &[2]),
            ("이튿날에는", &[2]),
            ("2일차 키노트", &[2]),
            ("3일 째", &[3]),
            ("Day 2 keynote", &[2]),
            ("on the second day of the summit", &[2]),
            ("day one", &[1]),
            ("2일 행사", &[]),
            ("두 번째 세션", &[]),
            ("today", &[]),
            ("0일차", &[]),
            ("12일차", &[12]),
            ("２일차 키노트", &[2]),
            ("2일 차에는", &[2]),
            ("2일차입니다", &[2]),
            ("1일차와 2일차키노트", &[1, 2]),
            ("16일 차량", &[]),
            ("16일차량 등록", &[]),
            ("3일 차감", &[]),
            ("2일 차이가 나요", &[]),
        ];
        for (question, expected) in cases {
            assert_eq!(days(question), expected, "{question}");
        }
        assert_eq!((spellings(2).as_str(), spellings(12).as_str()), ("둘째 날 2일차", "12일차"));
    }
}
