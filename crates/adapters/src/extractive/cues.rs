//! What a question asks for, told by its words.

use std::sync::LazyLock;

use regex::Regex;

/// Words that ask rather than name: their absence from a passage says nothing.
const ASKING: &[&str] = &[
    "=무엇",
    "=뭐",
    "=뭘",
    "=무슨",
    "=어떤",
    "=어떻",
    "=어떻게",
    "=어느",
    "=언제",
    "=어디",
    "=누구",
    "=누",
    "=왜",
    "=몇",
    "=얼마",
    "=얼마나",
    "=알려",
    "=알려줘",
    "=알려주세",
    "=설명",
    "=설명해줘",
    "=말해줘",
    "=말해",
    "=찾아줘",
    "=보여줘",
    "=정리",
    "=정리해줘",
    "=요약",
    "=궁금",
    "=궁금합",
    "=대해",
    "=대해서",
    "=대한",
    "=관련",
    "=관해",
    "=관한",
    "=있",
    "=있었",
    "=있나",
    "=있는",
    "=것",
    "=거",
    "=건",
    "=수",
    "=중",
    "=때",
    "=및",
    "=등",
    "=그",
    "=이",
    "=저",
    "=좀",
    "=혹시",
    "=우리",
    "=내용",
    "=이야기",
    "=얘기",
    "=이유",
    "=방법",
    "=정도",
    "=가장",
    "=모두",
    "=주",
    "=된",
    "=하",
    "=한",
    "=해",
    "=되",
    "=무엇인",
    "=누구인",
    "=어디인",
    "=언제인",
    "=뭐야",
    "=뭔가",
    "=뭐였",
    "=무엇이",
    "=무엇을",
    "=몇개",
    "=했",
    "=나오",
    "=나왔",
    "=말",
    "=말했",
    "=소개",
    "=참고",
    "=년",
    "=월",
    "=일",
    "=명",
    "=개",
    "=번",
    "=번째",
    "=시",
    "=줘",
    "=나요",
    "=인가요",
    "what",
    "which",
    "who",
    "whom",
    "whose",
    "when",
    "where",
    "why",
    "how",
    "is",
    "are",
    "was",
    "were",
    "be",
    "been",
    "do",
    "does",
    "did",
    "has",
    "have",
    "had",
    "the",
    "a",
    "an",
    "of",
    "in",
    "on",
    "at",
    "to",
    "for",
    "from",
    "by",
    "with",
    "and",
    "or",
    "as",
    "that",
    "this",
    "it",
    "its",
    "their",
    "they",
    "there",
    "many",
    "much",
    "long",
    "tell",
    "me",
    "about",
    "say",
    "said",
    "any",
    "s",
];

/// What would be a fitting answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// A date, a year, a period.
    pub(super) date: bool,
    /// A number.
    pub(super) number: bool,
    /// Several things.
    pub(super) list: bool,
}

/// Whether a term of the question is one that asks.
pub(super) fn asks(term: &str) -> bool {
    ASKING.contains(&term)
}

#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

pub(super) fn wanted(question: &str) -> Wanted {
    static DATE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)언제|날짜|며칠|몇\s*(년|월|일)|몇일|연도|년도|시기|기간|해는|날은|\bwhen\b|\bwhat (year|date|day)\b",
        )
    });
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)몇|얼마|규모|비용은|횟수|인원|수치|비율|수는\s*\??$|개수|\bhow (many|much|long|often|large)\b",
        )
    });
    static LIST: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)단계|종류|구성|목록|항목|가지|순서|어떤\s+\S+들|세션들|무엇무엇|\b(list|steps|stages|parts)\b",
        )
    });
    Wanted { date: DATE.is_match(question), number: NUMBER.is_match(question), list: LIST.is_match(question) }
}

/// Whether a sentence holds what a question after a date wants.
pub(super) fn has_date(sentence: &str) -> bool {
    static DATED: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\d+\s*(년|월|일|세기|시)|\d{4}[-./]\d{1,2}|\b(19|20)\d\d\b"));
    DATED.is_match(sentence)
}

/// Whether a sentence holds a number, in digits or in words.
pub(super) fn has_number(sentence: &str) -> bool {
    static NUMBERED: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\d|[두세네]\s*(가지|개|명|곳|번)|(다섯|여섯|일곱|여덟|아홉|열)\s"));
    NUMBERED.is_match(sentence)
}

/// Whether a sentence announces a list and says little without it.
pub(super) fn leads_in(sentence: &str) -> bool {
    static LEADS: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"[:：]\s*$|다음과?\s*같|아래와?\s*같|다음\s|as follows|the following"));
    LEADS.is_match(sentence)
}

#[cfg(test)]
mod tests {
    use super::{Wanted, has_date, has_number, leads_in, wanted};

    #[test]
    fn questions_tell_what_they_want() {
        let want = |date, number, list| Wanted { date, number, list };
        let cases = [
            ("언제 끝났나요?", want(true, false, false)),
            ("몇 명이 왔나요?", want(false, true, false)),
            ("When did it end?", want(true, false, false)),
            ("구성 단계를 알려줘", want(false, false, true)),
            ("누가 발표했나요?", want(false, false, false)),
        ];
        for (question, expected) in cases {
            assert_eq!(wanted(question), expected, "{question}");
        }
        assert!(has_date("2023년 5월에") && !has_date("다섯 명"));
        assert!(has_number("다섯 명") && has_number("3억") && !has_number("아니다"));
        assert!(leads_in("순서는 다음과 같다.") && !leads_in("그렇다."));
    }
}
