//! What may follow a word, or stand between two, without making them mean something else.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Titles, plurals and endings of speech that the stemmer does not cut, because they tell something about a document.
const OF_SPEECH: &[&str] = &[
    "님",
    "씨",
    "들",
    "네",
    "이야",
    "야",
    "냐",
    "냐고",
    "니",
    "니까",
    "까",
    "요",
    "용",
    "염",
    "여",
    "죠",
    "쥬",
    "임",
    "좀",
    "이요",
    "인가",
    "인지",
    "일까",
    "이랑",
    "한테",
    "꺼",
    "거",
    "것",
    "같은",
    "이면",
    "면",
    "였",
    "이었",
    "도요",
    "은요",
    "는요",
    "이라니",
    "라니",
    "적인",
    "줘",
];
/// Words between the words of a phrase that change nothing.
const FILLERS: &[&str] = &[
    "좀",
    "다",
    "모두",
    "전부",
    "싹",
    "대체",
    "도대체",
    "진짜",
    "정말",
    "혹시",
    "지금",
    "요즘",
    "대략",
    "보통",
    "한번",
    "더",
    "제일",
    "가장",
    "그냥",
    "바로",
    "당장",
    "솔직히",
    "대충",
    "몰래",
    "살짝",
    "빨리",
    "내일",
    "오늘",
    "우리",
    "내",
    "제",
    "그",
    "저",
    "이",
    "새로운",
    "새",
    "직접",
    "너무",
    "the",
    "a",
    "an",
    "my",
    "our",
    "your",
    "his",
    "her",
    "their",
    "all",
    "any",
    "of",
    "me",
    "to",
    "is",
    "are",
    "this",
    "that",
    "these",
    "those",
    "please",
    "just",
    "some",
    "us",
    "in",
    "about",
    "for",
    "and",
    "with",
];
/// English inflection.
const ENGLISH: &[&str] = &["s", "es", "ed", "d", "ing", "ss"];
/// Words that only open a question.
const OPENERS: &[&str] = &[
    "안녕",
    "안녕하세요",
    "안녕하십니까",
    "저기",
    "저기요",
    "혹시",
    "음",
    "아",
    "어",
    "그",
    "근데",
    "그런데",
    "그럼",
    "그래서",
    "야",
    "시렌",
    "시렌아",
    "질문",
    "질문이요",
    "질문있어요",
    "실례지만",
    "죄송한데",
    "저",
    "hi",
    "hello",
    "hey",
    "siren",
    "so",
    "please",
    "ok",
    "okay",
    "um",
];
/// Words that only close one.
const CLOSERS: &[&str] = &[
    "요",
    "좀",
    "줘",
    "줘요",
    "주세요",
    "알려줘",
    "알려주세요",
    "궁금해",
    "궁금해요",
    "궁금합니다",
    "궁금",
    "부탁해",
    "부탁해요",
    "부탁드려요",
    "부탁드립니다",
    "ㅋ",
    "ㅋㅋ",
    "ㅋㅋㅋ",
    "ㅎㅎ",
    "ㅎ",
    "ㅠㅠ",
    "ㅜㅜ",
    "please",
    "pls",
    "시렌아",
    "시렌",
    "thanks",
    "감사합니다",
    "고마워",
    "거야",
    "건가요",
    "거예요",
    "건데",
    "거임",
    "싶어",
    "싶어요",
    "싶은데",
    "싶습니다",
    "해",
    "해줘",
    "해주세요",
    "가르쳐줘",
];
/// So many letters at most are looked at.
const LONGEST: usize = 12;
/// A word has so many endings at most.
const PARTS: usize = 3;

static SUFFIXES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    siren_text::stem::suffixes().chain(OF_SPEECH.iter().copied()).chain(ENGLISH.iter().copied()).collect()
});
static BETWEEN: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| SUFFIXES.iter().copied().chain(FILLERS.iter().copied()).collect());

/// Whether what follows a word within the same word is nothing but particles and endings.
pub(crate) fn is_inflection(rest: &str) -> bool {
    made_of(rest, &SUFFIXES, PARTS)
}

/// Whether what stands between two words of a phrase says nothing of its own.
pub(crate) fn is_between(rest: &str) -> bool {
    made_of(rest, &BETWEEN, PARTS)
}

/// Whether a word only opens a question.
pub(crate) fn is_opener(word: &str) -> bool {
    OPENERS.contains(&word)
}

/// Whether a word only closes a question.
pub(crate) fn is_closer(word: &str) -> bool {
    CLOSERS.contains(&word) || word.chars().all(|c| "ㅋㅎㅠㅜ".contains(c))
}

/// Letters that are not worth looking at are not made a text of.
pub(crate) fn is_short(letters: usize) -> bool {
    letters <= LONGEST
}

fn made_of(rest: &str, of: &HashSet<&'static str>, parts: usize) -> bool {
    if rest.is_empty() {
        return true;
    }
    if parts == 0 || !is_short(rest.chars().count()) {
        return false;
    }
    let ends = rest.char_indices().skip(1).map(|(at, _)| at).chain([rest.len()]);
    ends.into_iter().any(|end| of.contains(&rest[..end]) && made_of(&rest[end..], of, parts - 1))
}

#[cfg(test)]
mod tests {
    use super::{is_between, is_inflection};

    #[test]
    fn endings_end_words_and_nothing_else_does() {
        let cases = [
            ("", true),
            ("은", true),
            ("에서는", true),
            ("님들의", true),
            ("이야", true),
            ("s", true),
            ("망", false),
            ("협상", false),
            ("적으로올바른", false),
            ("er", false),
        ];
        for (rest, expected) in cases {
            assert_eq!(is_inflection(rest), expected, "{rest}");
        }
        assert!(is_between("을좀다"));
        assert!(is_between("ofthe"));
        assert!(!is_between("시스템"));
    }
}
