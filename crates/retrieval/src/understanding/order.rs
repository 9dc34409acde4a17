//! Whether a question asks for what has a place in an order, `네 번째 강연`, or comes right before or behind something
//! else: `그다음 발표는?`.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use siren_text::lemma::lemmas;
use siren_text::question::asks;
use siren_text::terms::{fold, is_syllable};

/// Records that stand in an order, as the settings tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Their source.
    pub source: String,
    /// The column with their place.
    pub column: String,
    /// Two records stand in one order when all of these columns are equal.
    pub within: Vec<String>,
}

#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)바로\s?(?:그\s?)?(?:다음|뒤)|그\s?다음(?:에|으로)?\s?(?:차례|순서|발표|세션|강연|들은|나온)|다음(?:에|으로)?\s?(?:차례|순서|번째)|다음(?:에|으로)?\s?(?:이어|들은|나온|소개|발표)|뒤(?:에|로)?\s?이어|\b(?:right|just|directly|immediately)\s(?:after|following)\b|\b(?:came|comes|was) (?:right )?(?:after|next)\b",
    )
    .expect("a valid pattern")
});
#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)바로\s?(?:그\s?)?(?:앞|전|이전)|직전|(?:앞|이전)\s?(?:차례|순서)|\b(?:right|just|directly|immediately)\s(?:before|preceding)\b",
    )
    .expect("a valid pattern")
});

#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
static COUNTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?<korean>첫|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열\s?한|열\s?두|열\s?세|열\s?네|열|\d{1,2})\s?번\s?째|(?<short>첫째|둘째|셋째|넷째|다섯째|여섯째|일곱째)|(?<first>첫)\s(?:순서|차례|세션|발표|강연)|(?<last>마지막|맨\s?(?:끝|뒤))|\b(?<english>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|final)\b",
    )
    .expect("a valid pattern")
});
/// What has a place in any order.
const ANYTHING: [&str; 16] = [
    "순서",
    "차례",
    "세션",
    "발표",
    "강연",
    "것",
    "건",
    "거",
    "게",
    "번호",
    "one",
    "ones",
    "talk",
    "session",
    "speaker",
    "presentation",
];
/// What orders are of: the last summit is not the last of its talks.
const GATHERINGS: [&str; 8] = ["행사", "서밋", "컨퍼런스", "위크", "summit", "conference", "event", "week"];
/// Words behind a place that may say what has it.
const NEAR: usize = 3;

/// Which place of an order is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nth {
    /// From 1.
    Place(i64),
    /// The last.
    Last,
}

/// A place that is asked for, and the words that may say what has it, the likeliest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) nth: Nth,
    pub(crate) nouns: Vec<String>,
}

impl Counted {
    /// Whether anything in an order may have it, by the word.
    pub(crate) fn is_anything(noun: &str) -> bool {
        ANYTHING.contains(&noun)
    }
}

/// The place of an order that a question asks for.
pub(crate) fn counted(question: &str) -> Option<Counted> {
    let question = fold(question);
    COUNTED.captures_iter(&question).find_map(|found| {
        let whole = found.get(0)?;
        let behind = &question[whole.end()..];
        let is_day = ["날", "해", " day"]
            .iter()
            .any(|day| behind.starts_with(day) || behind.trim_start().starts_with(day));
        if is_day {
            return None;
        }
        let nth = nth(&found)?;
        // `첫 순서`: what has the place stands in the match.
        let inside = found.name("first").map(|first| &question[first.end()..whole.end()]);
        let attached = behind.trim_start_matches(is_syllable);
        let words =
            inside.into_iter().chain(attached.split_whitespace()).filter(|word| !asks(word)).take(NEAR);
        let before = counted_before(&question[..whole.start()]);
        let nouns = words.chain(before).flat_map(nouns_of).collect();
        Some(Counted { nth, nouns })
    })
}

/// The noun right before a place, `교훈 다섯 번째`, or of which it is one, `서비스 중 맨 끝`; not what it is in: `발표에서 마지막`.
fn counted_before(before: &str) -> Option<&str> {
    let mut words = before
        .split_whitespace()
        .rev()
        .skip_while(|word| matches!(*word, "중" | "중에" | "중에서" | "가운데"));
    words
        .next()
        .filter(|word| !asks(word) && (!word.chars().all(is_syllable) || lemmas(word).forms == [*word]))
}

/// The word as it may stand in a text: without its particles.
fn nouns_of(word: &str) -> Vec<String> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let mut forms = if word.chars().all(is_syllable) { lemmas(word).forms } else { vec![word.to_owned()] };
    forms.retain(|form| form.chars().count() > 1 || Counted::is_anything(form));
    forms.retain(|form| !GATHERINGS.contains(&form.as_str()));
    forms
}

fn nth(found: &Captures<'_>) -> Option<Nth> {
    const KOREAN: [&str; 14] = [
        "첫", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두", "열세", "열네",
    ];
    const SHORT: [&str; 7] = ["첫째", "둘째", "셋째", "넷째", "다섯째", "여섯째", "일곱째"];
    const ENGLISH: [&str; 10] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    if found.name("last").is_some() {
        return Some(Nth::Last);
    }
    if found.name("first").is_some() {
        return Some(Nth::Place(1));
    }
    let told = |name: &str| found.name(name).map(|word| word.as_str().replace(' ', ""));
    let place = |words: &[&str], word: &str| words.iter().position(|one| *one == word);
    let at = match (told("korean"), told("short"), told("english")) {
        (Some(word), _, _) if word == "한" => Some(0),
        (Some(word), _, _) => match word.parse::<usize>() {
            Ok(number) => number.checked_sub(1),
            Err(_) => place(&KOREAN, &word),
        },
        (_, Some(word), _) => place(&SHORT, &word),
        (_, _, Some(word)) if matches!(word.as_str(), "last" | "final") => return Some(Nth::Last),
        (_, _, Some(word)) => place(&ENGLISH, &word),
        _ => None,
    }?;
    i64::try_from(at + 1).ok().map(Nth::Place)
}

/// How many places further in an order the question asks: 1 for the next, -1 for the one before.
pub(crate) fn step(question: &str) -> Option<i64> {
    // `바로 다음 순서 바로 다음 순서`: a follow-up of a follow-up goes on from there.
    let times = |phrase: &str| i64::try_from(question.matches(phrase).count()).unwrap_or(1).max(1);
    match (BEHIND.is_match(question), BEFORE.is_match(question)) {
        (true, false) => Some(times("바로 다음 순서")),
        (false, true) => Some(-times("바로 앞 순서")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Nth, counted, step};

    #[test]
    fn places() {
        let cases: [(&str, Option<(Nth, &str)>); 12] = [
            ("기조연설의 네 번째 교훈은 뭐였죠?", Some((Nth::Place(4), "교훈"))),
            ("2025년 이틀째 기조연설 여덟 번째 순서는 무엇이었나요", Some((Nth::Place(8), "순서"))),
            ("청강 목록 열 두 번 째 강연", Some((Nth::Place(12), "강연"))),
            ("교훈다섯번째가뭐였더라", Some((Nth::Place(5), "교훈"))),
            ("서밋에서 맨 마지막으로 들은 세션 주제가 뭐였어?", Some((Nth::Last, "세션"))),
            ("다음 날 첫 순서는 뭐였고?", Some((Nth::Place(1), "순서"))),
            ("What was the second one?", Some((Nth::Place(2), "one"))),
            ("첫째 날 기조연설은?", None),
            ("발표는 몇 번째였나요?", None),
            ("What was shown on the first day?", None),
            ("첫날 기조연설은?", None),
            ("", None),
        ];
        for (question, expected) in cases {
            let found = counted(question);
            assert_eq!(found.as_ref().map(|one| one.nth), expected.map(|one| one.0), "{question}");
            if let (Some(found), Some((_, noun))) = (found, expected) {
                assert!(found.nouns.iter().any(|one| one == noun), "{question}: {:?}", found.nouns);
            }
        }
    }

    #[test]
    fn steps() {
        let cases = [
            ("챗봇 발표 다음 차례로 들은 세션은?", Some(1)),
            ("은행 바로 다음에 발표한 회사는 어디인가요?", Some(1)),
            ("기조연설 바로 뒤에 들은 세션은?", Some(1)),
            ("그 발표 다음에 이어진 세션은?", Some(1)),
            ("더빙 서비스 바로 앞 순서에 나온 회사는?", Some(-1)),
            ("Which talk came right after Starbucks?", Some(1)),
            ("What was shown just before the demo?", Some(-1)),
            ("티맵의 다음 목표는?", None),
            ("클라우드 이전은 언제 끝났나요?", None),
            ("다음 행사는 언제인가요?", None),
            ("바로 앞과 바로 뒤는 무엇인가요?", None),
        ];
        for (question, expected) in cases {
            assert_eq!(step(question), expected, "{question}");
        }
    }
}
