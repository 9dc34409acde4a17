//! What a question asks for, told by its words.

use std::sync::LazyLock;

use regex::Regex;
use siren_text::counted;
use siren_text::kinds::{self, Kind};

/// Whether a Korean word only says that something was, happened or is wanted: verbs close a question and seldom name what
/// it is about.
pub(super) fn is_predicate(word: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "나요",
        "까요",
        "어요",
        "아요",
        "여요",
        "해요",
        "돼요",
        "에요",
        "예요",
        "세요",
        "래요",
        "대요",
        "가요",
        "지요",
        "네요",
        "데요",
        "었죠",
        "였죠",
        "했죠",
        "됐죠",
        "하죠",
        "이죠",
        "니까",
        "는지",
        "은지",
        "인지",
        "던가",
        "는가",
        "은가",
        "줘",
        "니다",
        "었어",
        "았어",
        "했어",
        "됐어",
        "한다",
        "했다",
        "됐다",
        "된다",
        "이야",
        "이냐",
        "하는",
        "했던",
        "되는",
        "된",
        "한",
        "할",
        "하고",
        "해서",
        "하면",
        "려면",
        "으면",
        "라고",
        "다고",
        "다는",
        "라는",
        "었다",
        "았다",
        "했는데",
        "하던",
        "했음",
        "있는",
        "없는",
        "같은",
        "위해",
        "통해",
        "따라",
        "대해",
    ];
    ENDINGS.iter().any(|ending| word.len() > ending.len() && word.ends_with(ending))
}

/// Whether a word names the kind of list that is wanted, which the list itself need not name.
pub(super) fn names_a_list(word: &str) -> bool {
    ["단계", "종류", "목록", "항목", "순서", "요소", "구성"].iter().any(|kind| word.starts_with(kind))
}

/// What would be a fitting answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// A place, a date, an hour, a reason, a person, how often.
    pub(super) kinds: Vec<Kind>,
    /// A number.
    pub(super) number: bool,
    /// What the number counts: `명` of `몇 명`.
    pub(super) unit: Option<String>,
    /// A line with the items that follow it.
    pub(super) list: bool,
    /// Several things, each of which may be told by a record of its own.
    pub(super) several: bool,
    /// Which company or other body it is of.
    pub(super) whose: bool,
}

/// Where the word stands that an asking word asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pointer {
    /// `비용이 얼마`, `메뉴가 뭐`.
    Before,
    /// `어떤 모델`, `몇 퍼센트`, `which tool`.
    Behind,
    Nowhere,
}

/// Where the word stands that `word`, in lower case, asks for.
pub(super) fn points_at(word: &str) -> Pointer {
    const BEFORE: &[&str] = &["뭐", "뭘", "뭔", "머였", "무엇", "얼마", "알려", "궁금", "누구"];
    const BEHIND: &[&str] = &["어떤", "무슨", "어느", "몇", "what", "which", "many", "much"];
    if BEHIND.contains(&word) {
        Pointer::Behind
    } else if BEFORE.iter().any(|beginning| word.starts_with(beginning)) {
        Pointer::Before
    } else {
        Pointer::Nowhere
    }
}

#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

pub(super) fn wanted(question: &str) -> Wanted {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)몇|얼마|어느\s?정도|규모|비용은|횟수|인원|수치|비율|수는\s*\??$|개수|\bhow (many|much|long|often|large)\b",
        )
    });
    static LIST: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)단계|종류|구성|목록|항목|가지|순서|뭐뭐|어떤\s+\S+들|세션들|무엇무엇|\b(list|steps|stages|parts)\b",
        )
    });
    static WHOSE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)(?:회사|기업|은행|업체|기관|고객사|금융사|곳|데|발표)(?:[가는은이]|\s?이름은?)?\s?(?:어디|무엇|뭐)|(?:어느|어떤|무슨)\s?(?:회사|기업|은행|업체|기관|곳)|(?:회사|기업|은행|업체)[는은]\s?\??$|\bwhich (?:company|bank|firm|organi[sz]ation)\b",
        )
    });
    Wanted {
        kinds: kinds::asked(question),
        number: NUMBER.is_match(question),
        unit: counted::unit(question),
        list: LIST.is_match(question),
        several: kinds::asks_for_several(question),
        whose: WHOSE.is_match(question),
    }
}

impl Wanted {
    /// Whether anything is wanted that a sentence can be seen to have.
    pub(super) fn is_plain(&self) -> bool {
        self.kinds.is_empty() && !self.number
    }

    /// Whether a sentence holds the kind of thing that is wanted.
    pub(super) fn suits(&self, sentence: &str) -> bool {
        let of_kind = self.kinds.iter().any(|kind| kind.is_told_in(sentence));
        let counted = || match &self.unit {
            Some(unit) => counted::counts(sentence, unit),
            None => has_number(sentence),
        };
        self.is_plain() || of_kind || (self.number && self.kinds.is_empty() && counted())
    }
}

/// Whether a sentence holds a number, in digits or in words.
pub(super) fn has_number(sentence: &str) -> bool {
    static NUMBERED: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\d|[두세네]\s*(가지|개|명|곳|번)|(다섯|여섯|일곱|여덟|아홉|열)\s"));
    NUMBERED.is_match(sentence)
}

/// Whether a sentence begins with a word for something that was said before it.
pub(super) fn refers_back(sentence: &str) -> bool {
    static BACK: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^\s*(이는|이를|이로써|이에|이와|이런|이러한|이렇게|이처럼|이때|이후|이어|그는|그녀는|그가|그의|그들은|그것은|그것이|그래서|그러나|그러므로|그런데|그리고|그렇게|그 결과|그중|그 중|이 중|이 가운데|또한|또|하지만|반면|따라서|때문에|게다가|여기에|여기서|당시)(?:에는|에도|에|는|도|,)?\s|^(?:he|she|it|they|this|these|that|those|however|therefore|moreover|also|then)\b",
        )
    });
    BACK.is_match(sentence)
}

/// Whether a sentence announces a list and says little without it.
pub(super) fn leads_in(sentence: &str) -> bool {
    static LEADS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"[:：]\s*$|다음과?\s*같|아래와?\s*같|다음\s|(?:가지|단계)(?:이다|였다|다)\.?\s*$|as follows|the following",
        )
    });
    LEADS.is_match(sentence)
}

#[cfg(test)]
mod tests {
    use siren_text::kinds::Kind;

    use super::{Wanted, has_number, leads_in, refers_back, wanted};

    #[test]
    fn questions_tell_what_they_want() {
        let of = |kinds: &[Kind]| Wanted { kinds: kinds.to_vec(), ..Wanted::default() };
        let number =
            |unit: Option<&str>| Wanted { number: true, unit: unit.map(str::to_owned), ..Wanted::default() };
        let cases = [
            ("언제 끝났나요?", of(&[Kind::Date])),
            ("몇 명이 왔나요?", number(Some("명"))),
            ("비용은 얼마인가요?", Wanted { number: true, ..of(&[Kind::Money]) }),
            ("When did it end?", of(&[Kind::Date])),
            ("구성 단계를 알려줘", Wanted { list: true, ..Wanted::default() }),
            ("발표한 회사들은?", Wanted { several: true, ..Wanted::default() }),
            ("누가 발표했나요?", of(&[Kind::Person])),
        ];
        for (question, expected) in cases {
            assert_eq!(wanted(question), expected, "{question}");
        }
        assert!(has_number("다섯 명") && has_number("3억") && !has_number("아니다"));
        assert!(
            refers_back("또한 상자를 준다.") && refers_back("This is why.") && refers_back("그 결과 줄었다.")
        );
        assert!(!refers_back("이사 업체는 한빛이다.") && !refers_back("그림은 둘째 쪽에 있다."));
        assert!(leads_in("순서는 다음과 같다.") && leads_in("주제는 세 가지였다.") && !leads_in("그렇다."));
    }
}
