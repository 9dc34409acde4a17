//! Years and other numbers in a question.

use std::sync::LazyLock;

use regex::{Match, Regex};
use siren_text::stem::is_particles;

use super::follow_up::pattern;

pub(super) static YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:19|20)\d\d(?:\s?년도?)?"));
static SHORT_YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"'?(\d\d)\s?년도?"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d{1,2}"));

/// The years in a text; not numbers that count something: `2000명`.
pub(super) fn years(text: &str) -> impl Iterator<Item = Match<'_>> {
    let apart = |found: &Match<'_>| !text[..found.start()].ends_with(|c: char| c.is_ascii_digit());
    let counted = |found: &Match<'_>| !found.as_str().contains('년') && counts(&text[found.end()..]);
    YEAR.find_iter(text).filter(move |found| apart(found) && !counted(found))
}

/// Whether what follows a number is what it counts.
fn counts(behind: &str) -> bool {
    const PEOPLE: [&str; 6] = ["people", "attendees", "participants", "users", "visitors", "dollars"];
    let goes_on = |behind: &str| behind.starts_with(|c: char| c == '%' || c.is_ascii_digit());
    if goes_on(behind) || behind.strip_prefix(',').is_some_and(goes_on) {
        return true;
    }
    let word = behind.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let unit = word.strip_prefix([
        '명', '개', '건', '원', '만', '억', '대', '회', '번', '곳', '석', '배', '점', '팀', '편',
    ]);
    unit.is_some_and(|particle| particle.is_empty() || is_particles(particle))
        || PEOPLE.contains(&word.to_lowercase().as_str())
}

pub(super) fn without_years(text: &str) -> String {
    let mut out = text.to_owned();
    let found: Vec<_> = years(text).map(|found| found.range()).collect();
    for range in found.into_iter().rev() {
        let particle = ["에는", "에도", "에서는", "에서", "에"]
            .into_iter()
            .find(|particle| text[range.end..].starts_with(particle));
        out.replace_range(range.start..range.end + particle.map_or(0, str::len), "");
    }
    out
}

pub(super) fn with_year(before: &str, year: &str) -> String {
    match years(before).next() {
        Some(found) if year.contains(',') || YEAR.find_iter(year).count() == 1 => {
            let years: String = if found.as_str().ends_with(|c: char| c.is_ascii_digit()) {
                year.trim_end_matches('년').trim_end().to_owned()
            } else {
                year.to_owned()
            };
            format!("{}{years}{}", &before[..found.start()], &before[found.end()..])
        }
        _ => format!("{year} {before}"),
    }
}

/// A year of two digits that stands for itself, in full: `23년`. Only beside a year it can be nothing else.
pub(super) fn full_year(before: &str, bare: &str) -> Option<String> {
    let found = SHORT_YEAR.captures(bare).filter(|found| found[0].len() == bare.len())?;
    years(before).next().map(|_| format!("20{}년", &found[1]))
}

/// The question with another number in place of the last that stands for itself: `교훈 3이`, not `2024년` or `3개`.
pub(super) fn with_other_number(before: &str, number: &str) -> Option<String> {
    let is_apart = |found: &Match<'_>| {
        let ends = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ',');
        let behind = &before[found.end()..];
        !before[..found.start()].ends_with(ends) && !behind.starts_with(ends) && !counts(behind)
    };
    let is_date = |found: &Match<'_>| before[found.end()..].trim_start().starts_with(['년', '월', '일']);
    let last = NUMBER.find_iter(before).filter(is_apart).filter(|found| !is_date(found)).last()?;
    let number = number.trim_end_matches('번');
    Some(format!("{}{number}{}", &before[..last.start()], &before[last.end()..]))
}
