//! Dates that are told from today.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use siren_domain::PartialDate;
use siren_text::stem::is_particles;

#[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
static RELATIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?<ko>재작년|작년|지난\s?해|올해|금년|내년)도?|\b(?<en>(?:in )?(?:the year before last|last year|this year|next year))\b",
    )
    .expect("a valid pattern")
});

#[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
static AGO: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?<before>^|\s)(?<years>\d{1,2}|한|두|세)\s?년\s?전(?<behind>[가-힣]*)")
        .expect("a valid pattern")
});

#[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
static SHORT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?<before>^|[\s'’])(?<year>[12]\d)\s?년(?<behind>도?\s?(?:\d{1,2}\s?월|[상하]반기|[1-4]분기|서밋|써밋|행사|컨퍼런스|콘퍼런스|세미나|포럼|대회|해커톤|워크숍|인더스트리|위크|후기|목록|기조연설|키노트|aws|summit|industry))",
    )
    .expect("a valid pattern")
});

/// The text with years in full: `24년 서밋` is that of 2024. Numbers of years stay what they are: `12년 전통`.
pub(super) fn with_full_years(text: &str) -> Cow<'_, str> {
    SHORT.replace_all(text, |found: &Captures<'_>| {
        let before = found["before"].trim_end_matches(['\'', '’']);
        format!("{before}20{}년{}", &found["year"], &found["behind"])
    })
}

/// The text with years in place of `작년` and the like.
pub(super) fn with_years(text: &str, today: PartialDate) -> String {
    let year = |found: &Captures<'_>| {
        let told = |name: &str| found.name(name).map(|m| m.as_str().to_lowercase());
        let korean = told("ko");
        let word = korean.clone().or_else(|| told("en")).unwrap_or_default();
        let years_ago: i32 = match word.trim_start_matches("in ") {
            "재작년" | "the year before last" => 2,
            "올해" | "금년" | "this year" => 0,
            "내년" | "next year" => -1,
            _ => 1,
        };
        let year = i32::from(today.year()) - years_ago;
        if korean.is_some() { format!("{year}년") } else { format!("in {year}") }
    };
    let ago = |found: &Captures<'_>| {
        let behind = &found["behind"];
        if !behind.is_empty() && behind != "쯤" && !is_particles(behind) {
            return found[0].to_owned();
        }
        let years = match &found["years"] {
            "한" => 1,
            "두" => 2,
            "세" => 3,
            digits => digits.parse().unwrap_or_default(),
        };
        format!("{}{}년{behind}", &found["before"], i32::from(today.year()) - years)
    };
    AGO.replace_all(&RELATIVE.replace_all(text, year), ago).into_owned()
}
