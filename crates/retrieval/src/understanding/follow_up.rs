//! A follow-up with what it leaves out.

use std::sync::LazyLock;

use regex::Regex;
use siren_text::question::asks;
use siren_text::terms::{fold, is_syllable};
use siren_text::words::words;

#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

/// What takes up the thread and says nothing itself.
static CONNECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?:그럼|그러면|그렇다면|그래서|그리고|그런데|근데|아니|음|네)[,\s]+|(?:and|so|then|ok|okay)[,\s]+|(?:what|how) about\s+)+",
    )
});
/// Points at what was said; what follows in the same word is its particle.
static POINTING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|\s)(?<whole>(?:(?:그|해당|방금 그|위)\s?(?:회사|업체|기업|은행|팀|서비스|제품|도구|세션|발표|행사|서밋|컨퍼런스|강연|사례|사람|분|곳|것|때|날)|거기|그거|이거|그건|이건|그게|이게))",
    )
});
static ENGLISH_POINTING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:it|its|they|their|them|he|she|his|her|there|that|those|this|these)\b")
});
static YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:19|20)\d\d(?:\s?년도?)?"));
/// One of several that are counted.
static ORDINAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:첫|두|세|네|다섯|여섯|일곱|여덟|아홉|열|\d{1,2})\s?번째|첫째|둘째|셋째|넷째|다섯째|마지막")
});
/// Nouns that are of something: what was spoken of before, and not another thing in its place.
const ATTRIBUTES: &[&str] = &[
    "참가비",
    "장소",
    "날짜",
    "시간",
    "일시",
    "인원",
    "참가자",
    "비용",
    "이유",
    "원인",
    "결과",
    "효과",
    "기간",
    "발표자",
    "연사",
    "주제",
    "제목",
    "규모",
    "도구",
    "방법",
    "단점",
    "장점",
    "위치",
    "성과",
    "목표",
    "구성",
    "단계",
    "계획",
    "가격",
    "일정",
    "대상",
];
/// A longer question says all that it asks.
const SHORT: usize = 3;

/// The follow-up as a question of its own; none when it is one already, or when no rule knows what is left out.
pub(super) fn filled(question: &str, before: &str) -> Option<String> {
    let connected = CONNECTIVE.find(question).map_or(0, |found| found.end());
    let rest = question[connected..].trim();
    if !before.chars().any(is_syllable) && !rest.chars().any(is_syllable) {
        return english(rest, before, connected > 0);
    }
    let earlier = Earlier::of(before)?;
    if let Some(found) = POINTING.captures(rest).and_then(|found| found.name("whole")) {
        return Some(earlier.named(rest, found.start(), found.end()));
    }
    let bare = bare(rest);
    if YEAR.replace_all(bare, "").trim().is_empty() && !bare.is_empty() {
        return Some(with_year(before, bare));
    }
    if let Some(other) = ORDINAL.find(before).filter(|_| is_whole(&ORDINAL, bare)) {
        return Some(format!("{}{bare}{}", &before[..other.start()], &before[other.end()..]));
    }
    let told: Vec<&str> = rest.split_whitespace().filter(|word| !only_asks(word)).collect();
    if told.is_empty() {
        return Some(earlier.asked(rest));
    }
    if told.len() <= SHORT && is_topic(rest) {
        return Some(earlier.about(rest, bare));
    }
    // `결과는 어땠대?`: an attribute is always of something.
    let of_something =
        told.first().is_some_and(|word| is_topic(word) && ATTRIBUTES.contains(&self::bare(word)));
    of_something.then(|| format!("{} {rest}", earlier.noun()))
}

/// Whether the text is nothing else.
fn is_whole(pattern: &Regex, text: &str) -> bool {
    pattern.find(text).is_some_and(|found| found.len() == text.len())
}

/// `위크는 어디서 했어요`, cut behind what it is about.
struct Earlier<'b> {
    whole: &'b str,
    topic: &'b str,
    predicate: &'b str,
}

impl<'b> Earlier<'b> {
    fn of(before: &'b str) -> Option<Self> {
        let whole = before.trim_end_matches(['?', '？', '.', '!', ' ']);
        let marked = |word: &str| word.ends_with(['은', '는', '이', '가']) && word.chars().count() > 1;
        let mut end = 0;
        for word in whole.split_inclusive(char::is_whitespace) {
            end += word.len();
            if marked(word.trim_end()) && !only_asks(word.trim_end()) {
                let (topic, predicate) = whole.split_at(end);
                return Some(Self { whole, topic: topic.trim_end(), predicate });
            }
        }
        (whole.chars().any(char::is_alphanumeric)).then_some(Self { whole, topic: whole, predicate: "" })
    }

    /// What it is about, without the particle.
    fn noun(&self) -> &'b str {
        if self.predicate.is_empty() {
            self.topic
        } else {
            self.topic.trim_end_matches(['은', '는', '이', '가'])
        }
    }

    /// The question with a name in place of the word that points at it.
    fn named(&self, question: &str, start: usize, end: usize) -> String {
        let pointing = &question[start..end];
        let particle = match pointing {
            "그건" | "이건" | "그게" | "이게" => topic_particle(self.noun()),
            _ => "",
        };
        format!("{}{}{particle}{}", &question[..start], self.noun(), &question[end..])
    }

    /// What only asks, of the same thing; `왜` asks for the reason of all that was said.
    fn asked(&self, question: &str) -> String {
        if question.starts_with('왜') || question.starts_with("어떻게") && question.chars().count() < 6 {
            return format!("{} {question}", self.whole);
        }
        format!("{} {question}", self.topic)
    }

    /// The same of something else, or something else of the same.
    fn about(&self, question: &str, bare: &str) -> String {
        let head = bare.split_whitespace().next_back().unwrap_or_default();
        if ATTRIBUTES.contains(&head) || self.predicate.is_empty() {
            return format!("{} {question}", self.noun());
        }
        let years = if YEAR.is_match(bare) {
            YEAR.replace_all(self.predicate, "").into_owned()
        } else {
            self.predicate.to_owned()
        };
        format!("{bare}{} {}?", topic_particle(bare), years.trim())
    }
}

fn topic_particle(noun: &str) -> &'static str {
    let last = noun.chars().next_back().unwrap_or('가');
    // A syllable without a final consonant is a multiple of 28 behind 가.
    if is_syllable(last) && !(u32::from(last) - u32::from('가')).is_multiple_of(28) { "은" } else { "는" }
}

/// Without the question mark, `요` and the particle of a topic.
fn bare(question: &str) -> &str {
    let said = question.trim_end_matches(['?', '？', '.', '!', ' ']);
    let said = said.strip_suffix('요').unwrap_or(said);
    said.strip_suffix(['은', '는', '도']).unwrap_or(said).trim_end()
}

/// Whether nothing is said of what is named: `2024년 서밋은?`.
fn is_topic(question: &str) -> bool {
    let said = question.trim_end_matches(['?', '？', '.', '!', ' ']);
    let said = said.strip_suffix('요').unwrap_or(said);
    said.ends_with(['은', '는', '도']) && said.chars().count() > 1
}

fn only_asks(word: &str) -> bool {
    let folded = fold(word);
    words(&folded).all(|run| asks(&folded[run.range]))
}

fn with_year(before: &str, year: &str) -> String {
    let found = YEAR.find(before);
    match found {
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

fn english(rest: &str, before: &str, connected: bool) -> Option<String> {
    let bare = rest.trim_end_matches(['?', '.', '!', ' ']);
    if YEAR.is_match(bare) && YEAR.replace_all(bare, "").trim().is_empty() {
        return Some(with_year(before, bare));
    }
    let told = rest.split_whitespace().filter(|word| !only_asks(word)).count();
    let points = ENGLISH_POINTING.is_match(rest) || told == 0 || (connected && told <= SHORT);
    points.then(|| format!("{rest} ({before})"))
}
