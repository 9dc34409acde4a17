//! What a message asks that is several questions, and what a question asks of each of two things that it compares.

use std::sync::LazyLock;

use regex::Regex;
use siren_text::lemma::lemmas;
use siren_text::question::asks;
use siren_text::stem::is_particles;
use siren_text::terms::{fold, is_syllable};

use super::clauses::questions;
use super::days::days;

/// Says that each is asked for. Without it, two nouns that are joined are as good as one.
#[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
static EACH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)둘\s?다|각각|각자|비교|차이|다른가|다르|달라(?:$|[^가-힣]|요|서|도|야)|달랐|공통|양쪽|\b(?:compare|differ\w*|both|respectively|versus|vs)\b",
    )
    .expect("a valid pattern")
});
/// The same where `하고` joins: more often it is a verb.
#[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
static EACH_OF_TWO: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"둘\s?다|각각|각자|비교|차이").expect("a valid pattern"));
#[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?<mark>['’])?(?<digits>[0-9]+)(?<year>\s?년)?").expect("a valid pattern"));
/// What follows both and belongs to neither.
const OF_BOTH: [&str; 6] = ["둘", "각각", "모두", "양쪽", "서로", "사이"];
/// Words of one of the two at most.
const LONGEST: usize = 4;

/// The question once for each of the things that it asks for; none when it is one question.
pub(crate) fn parts(question: &str) -> Vec<String> {
    let compared = compared(question);
    if compared.is_empty() { questions(question) } else { compared }
}

/// Whether a question speaks of a year, in four digits or in two.
pub(crate) fn speaks_of(question: &str, year: u16) -> bool {
    years(&fold(question)).any(|told| told == year || told == year % 100)
}

/// Years as they are told: `2024`, and 24 for `24년` and `'24`.
fn years(text: &str) -> impl Iterator<Item = u16> {
    NUMBER.captures_iter(text).filter_map(|found| {
        let digits = found.name("digits")?.as_str();
        let is_short = digits.len() == 2 && (found.name("mark").is_some() || found.name("year").is_some());
        let is_year = is_short || (digits.len() == 4 && digits.starts_with(['1', '2']));
        is_year.then(|| digits.parse().ok()).flatten()
    })
}

/// The question once for each of the two things; none when it compares none.
fn compared(question: &str) -> Vec<String> {
    if !EACH.is_match(question) {
        return Vec::new();
    }
    let words: Vec<&str> = question.split_whitespace().collect();
    let joint = (0..words.len().saturating_sub(1)).find_map(|at| Some((at, joined_with(&words, at)?)));
    let Some((at, (bare, next))) = joint else { return Vec::new() };
    let start = start_of(&words, at);
    let first: Vec<&str> = words[start..at].iter().copied().chain([bare]).collect();
    let before = start.checked_sub(1).map(|before| words[before]);
    let topic = before.filter(|word| days(word).is_empty()).and_then(|word| word.strip_suffix(['은', '는']));
    if let Some(topic) = topic.filter(|topic| !asks(topic)) {
        return of_topic(&words, start, next, topic, &first);
    }
    let (second, end) = second(&words, next, &first);
    if second.iter().all(|word| asks(&fold(word))) {
        return Vec::new();
    }
    let around = |thing: &[&str]| {
        let marked = with_particle(&thing.join(" "), words[end - 1], second.last().copied());
        let all = words[..start].iter().copied().chain([marked.as_str()]).chain(words[end..].iter().copied());
        all.collect::<Vec<_>>().join(" ")
    };
    vec![around(&first), around(&second)]
}

/// `A는 B와 어떻게 다른가요?` asks of both as well.
fn of_topic(words: &[&str], start: usize, next: usize, topic: &str, other: &[&str]) -> Vec<String> {
    let from = start_of(words, start - 1);
    let rest = words[next..].join(" ");
    let topic: Vec<&str> = words[from..start - 1].iter().copied().chain([topic]).collect();
    let asked = |thing: &[&str]| {
        let before = words[..from].iter().copied().chain(thing.iter().copied());
        format!("{} {rest}", before.collect::<Vec<_>>().join(" "))
    };
    vec![asked(&topic), asked(other)]
}

/// The word without what joins it to the next, and where the next begins.
fn joined_with<'q>(words: &[&'q str], at: usize) -> Option<(&'q str, usize)> {
    let word = words[at];
    if matches!(words[at + 1], "및" | "vs" | "vs." | "and" | "대") && words.len() > at + 2 {
        return Some((word, at + 2));
    }
    let bare = ["하고", "이랑", "랑", "와", "과"].into_iter().find_map(|joint| {
        let bare = word.strip_suffix(joint)?;
        let last = bare.chars().next_back().filter(|c| is_syllable(*c) || c.is_alphanumeric())?;
        let closed = is_syllable(last) && !(u32::from(last) - u32::from('가')).is_multiple_of(28);
        let fits = match joint {
            "와" | "랑" => !closed,
            "과" | "이랑" => closed || !is_syllable(last),
            _ => EACH_OF_TWO.is_match(&words.join(" ")) && !follows_object(words, at),
        };
        let is_hangul = word.chars().all(is_syllable);
        let whole_noun = is_hangul && lemmas(word).forms.iter().any(|form| form == word);
        (fits && !whole_noun && !asks(bare)).then_some(bare)
    })?;
    Some((bare, at + 1))
}

/// Whether what stands before is what a verb is done to: `쿠버네티스를 도입하고`.
fn follows_object(words: &[&str], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| words[before].ends_with(['을', '를']))
}

/// Where the thing begins whose last word stands at `at`: words without particles before it belong to it.
fn start_of(words: &[&str], at: usize) -> usize {
    let least = (at + 1).saturating_sub(LONGEST);
    let mut start = at;
    while start > least && is_bare(words[start - 1]) {
        start -= 1;
    }
    start
}

/// Whether the word has neither particle nor ending, and does not only ask.
pub(super) fn is_bare(word: &str) -> bool {
    let folded = fold(word);
    if asks(&folded) || folded.ends_with([',', '.', '?']) {
        return false;
    }
    if !folded.chars().all(is_syllable) {
        let behind = folded.trim_start_matches(|c: char| !is_syllable(c));
        return folded.chars().all(char::is_alphanumeric) && !is_particles(behind);
    }
    lemmas(&folded).forms == [folded]
}

/// The words of the second thing without their particle, and where what is asked of both begins.
fn second<'q>(words: &[&'q str], from: usize, first: &[&str]) -> (Vec<&'q str>, usize) {
    let days_of = |words: &[&str]| days(&words.join(" "));
    // `첫날과 둘째 날 주제`: the second is a day as the first is, and what follows is of both.
    if !days_of(first).is_empty() {
        for to in from + 1..=(from + 2).min(words.len()) {
            if !days_of(&words[from..to]).is_empty() {
                return (words[from..to].to_vec(), to);
            }
        }
    }
    let is_year = |word: &&str| years(word).next().is_some();
    if first.len() == 1 && is_year(&first[0]) && words.get(from).is_some_and(is_year) {
        return (words[from..=from].to_vec(), from + 1);
    }
    // English has no particles that would tell where a thing ends.
    if first.iter().chain(&words[from..=from]).all(|word| word.is_ascii()) {
        return (vec![words[from]], from + 1);
    }
    let mut out = Vec::new();
    for (at, word) in words.iter().enumerate().skip(from).take(LONGEST) {
        if OF_BOTH.iter().any(|both| word.starts_with(both)) {
            return (out, at);
        }
        if is_bare(word) {
            out.push(*word);
            continue;
        }
        out.push(without_particle(word));
        return (out, at + 1);
    }
    (Vec::new(), from)
}

fn without_particle(word: &str) -> &str {
    const PARTICLES: [&str; 12] =
        ["에서는", "에게는", "에서", "에게", "에는", "은", "는", "이", "가", "을", "를", "의"];
    PARTICLES.iter().find_map(|particle| word.strip_suffix(particle)).unwrap_or(word)
}

/// The thing with the particle that the second one had.
fn with_particle(thing: &str, marked: &str, bare: Option<&str>) -> String {
    let particle = bare.and_then(|bare| marked.strip_prefix(bare)).unwrap_or_default();
    format!("{thing}{particle}")
}

#[cfg(test)]
mod tests {
    use super::{parts, speaks_of};

    #[test]
    fn questions_of_two_things() {
        let cases: [(&str, &[&str]); 19] = [
            (
                "은행과 포털은 각각 어떻게 시작했나요?",
                &["은행은 각각 어떻게 시작했나요?", "포털은 각각 어떻게 시작했나요?"],
            ),
            (
                "위험을 줄이는 방법으로 센드버드와 베드록이 각각 내세운 게 뭔가요?",
                &[
                    "위험을 줄이는 방법으로 센드버드이 각각 내세운 게 뭔가요?",
                    "위험을 줄이는 방법으로 베드록이 각각 내세운 게 뭔가요?",
                ],
            ),
            (
                "2022년 인더스트리 위크랑 2024년 서밋은 둘 다 코엑스에서 했나요?",
                &[
                    "2022년 인더스트리 위크은 둘 다 코엑스에서 했나요?",
                    "2024년 서밋은 둘 다 코엑스에서 했나요?",
                ],
            ),
            (
                "2024년 첫날과 둘째 날 주제가 어떻게 달랐어요?",
                &["2024년 첫날 주제가 어떻게 달랐어요?", "둘째 날 주제가 어떻게 달랐어요?"],
            ),
            (
                "삼성전자하고 티맵 둘 다 비용을 챙겼다던데 각각 어느 조직이죠?",
                &[
                    "삼성전자 둘 다 비용을 챙겼다던데 각각 어느 조직이죠?",
                    "티맵 둘 다 비용을 챙겼다던데 각각 어느 조직이죠?",
                ],
            ),
            ("교훈 2와 교훈 4는 차이가 뭐예요?", &["교훈 2는 차이가 뭐예요?", "교훈 4는 차이가 뭐예요?"]),
            (
                "셀 구조는 MSA랑 기준이 어떻게 달라요?",
                &["셀 구조 기준이 어떻게 달라요?", "MSA 기준이 어떻게 달라요?"],
            ),
            ("How do Kafka and RabbitMQ differ?", &["How do Kafka differ?", "How do RabbitMQ differ?"]),
            ("은행과 포털은 어디에 있나요?", &[]),
            ("평가 결과 차이가 뭔가요?", &[]),
            ("둘은 어떻게 달라요?", &[]),
            ("쿠버네티스를 도입하고 무엇이 달라졌나요?", &[]),
            ("쿠버네티스를 도입하고 서버가 둘 다 줄었나요?", &[]),
            ("람다와 무엇이 다르죠?", &[]),
            ("삼성전자하고 티맵은 어디가 달라요?", &[]),
            ("서버와 비용이 달라진 이유는?", &[]),
            (
                "22년과 24년 서밋은 각각 어디서 했나요?",
                &["22년 서밋은 각각 어디서 했나요?", "24년 서밋은 각각 어디서 했나요?"],
            ),
            ("행사는 언제였고 참가비는 얼마였나요?", &["행사는 언제였나요?", "행사 참가비는 얼마였나요?"]),
            ("", &[]),
        ];
        for (question, expected) in cases {
            assert_eq!(parts(question), expected, "{question}");
        }
    }

    #[test]
    fn years_in_two_digits_and_four() {
        let cases = [
            ("2022년 서밋", true),
            ("22년 서밋은?", true),
            ("'22 서밋", true),
            ("２０２２년 서밋", true),
            ("24년 서밋", false),
            ("22명", false),
            ("120227", false),
            ("서밋", false),
        ];
        for (question, expected) in cases {
            assert_eq!(speaks_of(question, 2022), expected, "{question}");
        }
    }
}
