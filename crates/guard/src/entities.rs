//! Kinds of things that texts name: people, companies, dates, years, numbers.
//!
//! People and companies are those that the rule file lists or the caller knows from its index; people are also found
//! by a surname before a title. This is recognition by form: it knows no context.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::fold::Folded;
use crate::years::named_years;

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Entity {
    Person,
    Company,
    Date,
    Year,
    Number,
}

/// Names that are known beside those of the rule file, such as those of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// People.
    pub people: Vec<String>,
    /// Companies.
    pub companies: Vec<String>,
}

/// All kinds, by the names that rules use.
pub(crate) const NAMED: &[(&str, Entity)] = &[
    ("person", Entity::Person),
    ("company", Entity::Company),
    ("date", Entity::Date),
    ("year", Entity::Year),
    ("number", Entity::Number),
];

/// Words that begin like a surname and stand before titles.
const NO_NAMES: &[&str] = &[
    "서비스",
    "기술",
    "지원",
    "고객",
    "전문",
    "신규",
    "현장",
    "기획",
    "전체",
    "여러",
    "주요",
    "이번",
    "지난",
    "유명",
    "정보",
    "보안",
    "조직",
    "공동",
    "신임",
    "전직",
    "현직",
    "전임",
    "최고",
    "최초",
    "하나",
    "우리",
    "이사",
    "장기",
    "남성",
    "여성",
    "해당",
    "고객사",
    "제조",
    "유통",
    "금융",
    "국내",
];
/// A text is asked for so many of a kind.
const MOST: usize = 64;

static PERSON: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?:^|[^가-힣])((?:남궁|황보|제갈|선우|[김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국]) ?[가-힣]{0,2}? ?(?:사원|주임|대리|과장|차장|부장|팀장|실장|본부장|센터장|상무|전무|이사|사장|대표|회장|부사장|매니저|책임|선임|수석|프로|선배|씨)(?:님)?)(?:[^가-힣]|은|는|이|가|을|를|의|도|한테|에게|랑|하고|과|와|만|께|$)",
    )
});
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?:\d{4}\s?[-./년]\s?)?\d{1,2}\s?[-./월]\s?\d{1,2}\s?일?|오늘|어제|그제|내일|모레|이번\s?[주달]|지난\s?[주달]|다음\s?[주달]|올해|작년|재작년|내년|\b(?:today|yesterday|tomorrow|(?:this|last|next) (?:week|month|year))\b",
    )
});
static NUMBER: LazyLock<Regex> = LazyLock::new(|| compiled(r"\d[\d,]*(?:\.\d+)?"));

#[expect(clippy::expect_used, reason = "the patterns are constants, and a test runs each")]
fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern compiles")
}

impl Entity {
    /// The kind that rules call so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMED.iter().find(|(named, _)| *named == name).map(|(_, entity)| *entity)
    }

    /// A text that names one.
    pub(crate) fn sample(self) -> &'static str {
        match self {
            Self::Person => "김철수 대리",
            Self::Company => "케이뱅크",
            Self::Date => "2024년 5월 16일",
            Self::Year => "2024년",
            Self::Number => "42",
        }
    }

    /// The letters of a folded text that name one by their form.
    pub(crate) fn in_text(self, folded: &Folded) -> Vec<Range<usize>> {
        let text = folded.text.as_str();
        let stretches: Vec<Range<usize>> = match self {
            Self::Company => Vec::new(),
            Self::Person => {
                let found = PERSON.captures_iter(text).take(MOST).filter_map(|found| found.get(1));
                let is_name = |words: &str| !NO_NAMES.iter().any(|word| words.starts_with(word));
                found.filter(|found| is_name(found.as_str())).map(|found| found.range()).collect()
            }
            Self::Date => DATE.find_iter(text).take(MOST).map(|found| found.range()).collect(),
            Self::Number => NUMBER.find_iter(text).take(MOST).map(|found| found.range()).collect(),
            Self::Year => return years(folded),
        };
        let letters = |range: Range<usize>| {
            folded.letter_at_text(range.start)..folded.letter_at_text(range.end - 1) + 1
        };
        stretches.into_iter().map(letters).filter(|range| range.end <= folded.n_letters()).collect()
    }
}

fn years(folded: &Folded) -> Vec<Range<usize>> {
    let places = named_years(folded).places;
    places.into_iter().filter_map(|place| folded.letters_of_original(place)).collect()
}

#[cfg(test)]
mod tests {
    use super::Entity;
    use crate::fold::Folded;

    #[test]
    fn things_are_known_by_their_form() {
        let cases = [
            (Entity::Person, "어제 김철수 대리가 발표한 것", &["김철수 대리"][..]),
            (Entity::Person, "박 부장님은 어때", &["박 부장님"]),
            (Entity::Person, "서비스 대표 사례", &[]),
            (Entity::Date, "2024년 5월 16일 세션과 어제 세션", &["2024년 5월 16일", "어제"]),
            (Entity::Year, "2024년 서밋", &["2024년"]),
            (Entity::Number, "29,000개와 3.5배", &["29,000", "3.5"]),
            (Entity::Company, "케이뱅크", &[]),
        ];
        for (entity, text, expected) in cases {
            let folded = Folded::new(text);
            let found = entity.in_text(&folded).into_iter();
            let found: Vec<&str> = found.map(|letters| &text[folded.original_of_letters(letters)]).collect();
            assert_eq!(found, expected, "{entity:?} in {text}");
        }
    }
}
