//! What a question counts, and whether a text counts it.

use std::sync::LazyLock;

use regex::Regex;

#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

/// What a question counts: the word behind `몇`. Of dates and times the kind tells.
pub fn unit(question: &str) -> Option<String> {
    static COUNTED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"몇\s*(명|분|개|가지|곳|군데|번째|번|차례|대|점|퍼센트|%|시간|건|회|배|층|살|주년|년마다|팀|편|장|권|원)",
        )
    });
    COUNTED.captures(question).map(|found| found[1].to_owned())
}

/// How a number of things may be written. What stands inside a word is none: `강조한 점`.
const NUMERALS: &str = r"(?:\d[\d.,]*\s?(?:천|만|억|조)?|(?:^|[^가-힣])(?:[수몇일이삼사오육칠팔구십백천]*[십백천만억]|열?(?:한|두|세|네|다섯|여섯|일곱|여덟|아홉)|열|스무|첫|둘|셋|넷))";

/// Whether a text counts things of this unit.
pub fn counts(text: &str, unit: &str) -> bool {
    // Other words for the same: 두 명 is 두 사람, 두 곳 is 두 회사.
    let same: &[&str] = match unit {
        "명" | "분" => &["명", "분", "사람", "인"],
        "개" | "가지" => &["개", "가지", "종"],
        "곳" | "군데" => &["곳", "군데", "기업", "회사", "개 회사", "개사"],
        "번째" => &["번째", "째"],
        "번" | "차례" | "회" => &["번", "차례", "회"],
        "퍼센트" | "%" => &["퍼센트", "%", "％", "프로"],
        _ => &[],
    };
    let names = if same.is_empty() { vec![unit] } else { same.to_vec() };
    names.iter().any(|name| {
        text.match_indices(name).any(|(at, _)| {
            let before = text[..at].trim_end_matches(' ');
            ends_with_numeral(before)
        })
    })
}

fn ends_with_numeral(text: &str) -> bool {
    static NUMERAL: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("{NUMERALS}(?:여|수)?$")));
    let tail = text.char_indices().rev().nth(11).map_or(0, |(at, _)| at);
    NUMERAL.is_match(&text[tail..])
}

#[cfg(test)]
mod tests {
    use super::{counts, unit};

    #[test]
    fn what_is_counted() {
        let cases = [
            ("29,000명 이상", "명", true),
            ("두 기업의 개발자가", "곳", true),
            ("세 사람이 왔다", "명", true),
            ("5억 명", "명", true),
            ("유명 인사", "명", false),
            ("3시에 시작", "명", false),
            ("질문 네 가지", "개", true),
            ("12% 늘었다", "퍼센트", true),
            ("거듭 강조한 점이다", "점", false),
            ("백 점 만점", "점", true),
            ("한 명", "명", true),
            ("이천 명쯤", "명", true),
            ("열두 명", "명", true),
            ("3만 명", "명", true),
        ];
        for (text, unit, expected) in cases {
            assert_eq!(counts(text, unit), expected, "{text} {unit}");
        }
    }

    #[test]
    fn units() {
        let cases = [
            ("몇 명이 왔나요?", Some("명")),
            ("몇번째였나요?", Some("번째")),
            ("몇이나 왔나요?", None),
            ("", None),
        ];
        for (question, expected) in cases {
            assert_eq!(unit(question).as_deref(), expected, "{question}");
        }
    }
}
