//! Which words of a question name something, and which only ask.

use crate::lemma::lemmas;
use crate::stem::{is_particles, suffixes};
use crate::terms::{fold, is_syllable};
use crate::words::{Script, Word, words};

/// Words that ask rather than name, by how they begin: whether a passage holds them says nothing.
const ASKING: &[&str] = &[
    "무엇",
    "무슨",
    "뭐",
    "뭘",
    "뭔",
    "머였",
    "머엿",
    "머라",
    "머래",
    "머에",
    "머예",
    "모에",
    "모예",
    "어떤",
    "어떻",
    "어떠",
    "어느",
    "언제",
    "어디",
    "누구",
    "몇",
    "며칠",
    "얼마",
    "알려",
    "설명하",
    "알아보",
    "알아봐",
    "알아볼",
    "말해야",
    "말해주",
    "말해줘",
    "찾아줘",
    "보여줘",
    "정리해",
    "궁금",
    "혹시",
    "얘기",
    "부탁",
    "해주세",
    "해주시",
    "해주실",
    "해주셔",
    "해주십",
    "주세요",
    "주시겠",
    "주시기",
    "주시길",
];
/// The same of words that other words begin with as well, such as `왜곡` and `주시경`: only an ending may follow.
const ENDED: &[&str] =
    &["누가", "알아", "말해", "대해", "관해", "관한", "해주", "주시", "이야기", "우리", "정도"];
/// Short words of grammar, whole.
const GRAMMAR: &[&str] = &[
    "있",
    "있는",
    "있나",
    "있나요",
    "있어",
    "있었나요",
    "있었어요",
    "있습니까",
    "것",
    "것들",
    "거",
    "건",
    "게",
    "걸",
    "수",
    "중",
    "때",
    "및",
    "등",
    "그",
    "이",
    "저",
    "좀",
    "주",
    "된",
    "하",
    "한",
    "해",
    "되",
    "했",
    "했나요",
    "했죠",
    "했어요",
    "하나요",
    "한다고",
    "되나요",
    "나온",
    "나왔나요",
    "년",
    "월",
    "일",
    "명",
    "개",
    "번",
    "번째",
    "시",
    "가지",
    "곳",
    "곳이",
    "개가",
    "명이",
    "수가",
    "줘",
    "거예요",
    "건가요",
    "거야",
    "인가요",
    "이름이",
    "왜",
    "왜요",
    "왜죠",
    "왜냐",
    "왜냐면",
    "왜냐하면",
    "왜인지",
    "왜인가",
    "왜인가요",
    "왜입니까",
    "왜일까요",
    "제일",
    "가장",
    "각각",
    "모두",
    "총",
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
    "up",
    "own",
    "your",
    "more",
    "kind",
    "used",
];

/// Words that only say how surely, how exactly or how much.
const FILLING: &[&str] = &[
    "맨",
    "꽉",
    "쭉",
    "다",
    "너무",
    "진짜",
    "정말",
    "아까",
    "앞서",
    "따로",
    "제대로",
    "도대체",
    "대체",
    "하필",
    "정확히",
    "정확한",
    "정확하게",
    "자세히",
    "자세한",
    "자세하게",
    "구체적으로",
    "구체적인",
    "대략",
    "땐",
    "씩",
    "쯤",
    "랑",
    "이랑",
    "한테",
    "돼",
    "죠",
    "째",
    "고마워요",
    "감사합니다",
    "안녕하세요",
    "그럼",
    "근데",
    "그런데",
    "그래서",
];
/// What is counted or meant without being named, and how such a word may end: `건이나`, `거였어요`, `분은`.
const COUNTED: &[&str] = &["명", "개", "건", "거", "것", "분", "번", "곳", "가지", "데", "년도"];
const COUNTED_ENDINGS: &[&str] = &[
    "",
    "이",
    "가",
    "은",
    "는",
    "을",
    "를",
    "도",
    "에",
    "들",
    "들이",
    "나",
    "이나",
    "씩",
    "쯤",
    "요",
    "이요",
    "예요",
    "에요",
    "에여",
    "이에요",
    "래요",
    "이래요",
    "였어요",
    "였나요",
    "였죠",
    "였지",
    "이었어요",
    "이었나요",
    "이었죠",
    "죠",
    "이죠",
    "인가요",
    "인지",
];

fn counts(word: &str) -> bool {
    COUNTED.iter().any(|noun| word.strip_prefix(noun).is_some_and(|behind| COUNTED_ENDINGS.contains(&behind)))
}

/// Lemmas of words that only hold a sentence together.
const LIGHT: &[&str] = &[
    "것",
    "수",
    "때",
    "곳",
    "중",
    "하",
    "되",
    "있",
    "없",
    "않",
    "이",
    "그",
    "저",
    "위하",
    "대하",
    "따르",
    "통하",
    "관하",
    "의하",
    "싶",
    "못하",
    "아니",
    "같",
    "어떠",
    "이러하",
    // What is asked of something, not the something.
    "설명",
    "요약",
    "관련",
    "이야기",
    "말씀",
    "정도",
];

/// Whether a word of the question, in lower case, only asks.
pub fn asks(word: &str) -> bool {
    let goes_on = |beginning: &&str| word.strip_prefix(*beginning).is_some_and(is_ending);
    GRAMMAR.contains(&word)
        || FILLING.contains(&word)
        || counts(word)
        || ASKING.iter().any(|beginning| word.starts_with(beginning))
        || ENDED.iter().any(goes_on)
        || is_light(word)
}

fn is_ending(behind: &str) -> bool {
    let is_told = matches!(behind, "래요" | "이래요" | "래" | "이래");
    behind.is_empty() || is_told || is_particles(behind) || suffixes().any(|suffix| suffix == behind)
}

/// Which words of one question only ask.
///
/// `IT` and `AS` are names in Korean, although `it` and `as` say nothing in English; and a particle that ends a word of
/// another script is no word: `AWS는`, `MSA랑은`.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    names: Vec<String>,
    particles: Vec<String>,
}

impl Asking {
    /// Of this question.
    pub fn of(question: &str) -> Self {
        if !question.chars().any(is_syllable) {
            return Self::default();
        }
        let is_name = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
        let runs: Vec<Word> = words(question).collect();
        let written = |run: &Word| &question[run.range.clone()];
        let names = runs.iter().map(written).filter(is_name).map(fold);
        let ends_another = |pair: &&[Word]| {
            pair[0].script != Script::Hangul
                && pair[0].range.end == pair[1].range.start
                && is_particles(written(&pair[1]))
        };
        Self {
            names: names.filter(|word| GRAMMAR.contains(&word.as_str())).collect(),
            particles: runs
                .windows(2)
                .filter(ends_another)
                .map(|pair| written(&pair[1]).to_owned())
                .collect(),
        }
    }

    /// Whether a word of it, in lower case, only asks.
    pub fn asks(&self, word: &str) -> bool {
        (asks(word) && !self.names.iter().any(|name| name == word))
            || self.particles.iter().any(|particle| particle == word)
    }
}

/// Whether a word only holds a sentence together, however it is read.
fn is_light(word: &str) -> bool {
    if !word.starts_with(is_syllable) {
        return false;
    }
    let light = |form: &str| LIGHT.contains(&form) || GRAMMAR.contains(&form);
    let forms = lemmas(word).forms;
    forms.iter().any(|form| light(form)) && forms.iter().all(|form| light(form) || form == word)
}

#[cfg(test)]
mod tests {
    use super::{Asking, asks};

    #[test]
    fn words_that_only_ask() {
        let asking = "무엇을 뭐예요 어디서 어디에서요 언제였나요 누가 누구의 왜 왜요 왜죠 몇 몇명 얼마나 얼마였죠 알려주세요 알려줘 \
            알아 알아요 알아보고 설명 설명해주세요 설명해줘 설명을 설명하는 설명하시오 말해줘 말해주세요 요약 요약해줘 요약하면 요약을 관련 관련된 \
            관련해서 대해 대해서 관해서는 관한 우리 우리가 우리의 우리는 이야기 이야기를 이야기해줘 이야기인가요 정도 정도인가요 정도로 \
            정도였나요 정도래요 말씀 말해야하니 말씀해 말씀해주세요 해주세요 해주 주세요 주시면 주시겠어요 부탁드립니다 궁금합니다 혹시 있었나요 때는 위해 것은";
        for word in asking.split_whitespace() {
            assert!(asks(word), "{word}");
        }
    }

    #[test]
    fn words_that_name_something() {
        let naming = "우리은행 우리은행은 우리카드의 우리사주 설명회 설명회는 설명회의 설명서 왜곡 왜곡된 왜란 왜가리 요약본 요약본을 \
            요약문 정도경영 정도경영은 정도전 주시경 주시경이 주세법 주세 누가복음 관련주 관련법 말해보카 알아사드 이야기꾼 말씀카드 서밋 우림 우림의";
        for word in naming.split_whitespace() {
            assert!(!asks(word), "{word}");
        }
    }

    #[test]
    fn words_among_others() {
        let cases = [
            ("IT 부서는 AS를 언제 하나요?", "it", false),
            ("IT 부서는 AS를 언제 하나요?", "as", false),
            ("it 부서는 어디예요?", "it", true),
            ("How 쿠버네티스 works, as of 2024", "as", true),
            ("Was IT moved?", "it", true),
            ("IT 부서는 언제 하나요?", "언제", true),
            ("IT 부서는 언제 하나요?", "부서는", false),
            ("AWS는 언제 하나요?", "는", true),
            ("MSA랑은 뭐가 달라요?", "랑은", true),
            ("2024년 KB국민카드 발표", "국민카드", false),
            ("", "it", true),
        ];
        for (question, word, expected) in cases {
            assert_eq!(Asking::of(question).asks(word), expected, "{question} {word}");
        }
    }
}
