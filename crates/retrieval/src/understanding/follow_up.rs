//! A follow-up with what it leaves out.

use std::sync::LazyLock;

use regex::{Captures, Match, Regex};
use siren_text::lemma::lemmas;
use siren_text::question::Asking;
use siren_text::stem::is_particles;
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
/// Points at what was said; what follows in the same word is its particle, or makes another noun of it.
static POINTING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|\s)(?<whole>(?<which>(?:그|해당|방금 그|위)\s?)(?:회사|업체|기업|은행|팀|서비스|제품|도구|세션|발표|행사|서밋|컨퍼런스|강연|사례|사람|분|곳|것|때|날)|거기|그거|이거|그건|이건|그게|이게)(?<behind>[가-힣]*)",
    )
});
static ENGLISH_POINTING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix) \b(?:it|its|they|their|them|he|she|his|her|there|this|these)\b
        | \b(?:that|those) \s* (?:[?.!,]|$)
        | ^(?:is|was|are|were|do|does|did|has|have|can|could|will|would) \s (?:that|those)\b
        | \b(?:about|after|at|before|behind|by|during|for|from|in|like|of|on|than|to|with) \s (?:that|those)\b
        | \b(?:that|those) \s (?:bank|case|company|conference|day|event|one|person|presentation|product|project|
            service|session|speaker|summit|talk|team|time|tool|year)s?\b",
    )
});
/// Says that there is something, and points nowhere; nor do those of whom a clause tells.
static ENGLISH_EXISTENTIAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:is|are|was|were|be|been)\s+there\s+\w|\bthere(?:\s+(?:is|are|was|were|will|has|have)\b|'s)|\bth(?:at|ose)\s+(?:who|which|that)\b",
    )
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
    if let Some(named) = POINTING.captures_iter(rest).find_map(|found| earlier.named(rest, &found)) {
        return Some(named);
    }
    let bare = bare(rest);
    if YEAR.replace_all(bare, "").trim().is_empty() && !bare.is_empty() {
        return Some(with_year(before, bare));
    }
    if let Some(other) = ORDINAL.find(before).filter(|_| is_whole(&ORDINAL, bare)) {
        return Some(format!("{}{bare}{}", &before[..other.start()], &before[other.end()..]));
    }
    let asking = Asking::of(rest);
    let told: Vec<&str> = rest.split_whitespace().filter(|word| !only_asks(word, &asking)).collect();
    if told.is_empty() {
        return Some(earlier.asked(rest));
    }
    if told.len() <= SHORT && is_topic(rest) {
        return earlier.about(rest, bare);
    }
    // `결과는 어땠대?`: an attribute is always of something.
    let of_something =
        told.first().is_some_and(|word| is_topic(word) && ATTRIBUTES.contains(&self::bare(word)));
    of_something.then(|| format!("{} {rest}", earlier.noun))
}

/// Whether the text is nothing else.
fn is_whole(pattern: &Regex, text: &str) -> bool {
    pattern.find(text).is_some_and(|found| found.len() == text.len())
}

/// `위크는 어디서 했어요`, cut behind what it is about.
struct Earlier<'b> {
    whole: &'b str,
    topic: &'b str,
    /// What it is about, without the particle.
    noun: &'b str,
    predicate: &'b str,
}

impl<'b> Earlier<'b> {
    fn of(before: &'b str) -> Option<Self> {
        let whole = before.trim_end_matches(['?', '？', '.', '!', ' ']);
        let asking = Asking::of(before);
        let mut end = 0;
        for word in whole.split_inclusive(char::is_whitespace) {
            end += word.len();
            if is_marked(word.trim_end()) && !only_asks(word.trim_end(), &asking) {
                let (topic, predicate) = whole.split_at(end);
                let topic = topic.trim_end();
                let noun = topic.strip_suffix(['은', '는', '이', '가']).unwrap_or(topic);
                return Some(Self { whole, topic, noun, predicate });
            }
        }
        let is_said = whole.chars().any(char::is_alphanumeric);
        is_said.then_some(Self { whole, topic: whole, noun: whole, predicate: "" })
    }

    /// The question with a name in place of the word that points at it; none where it does not point.
    fn named(&self, question: &str, found: &Captures<'_>) -> Option<String> {
        let (whole, behind) = (found.name("whole")?, found.name("behind")?);
        let said = |from: usize, particle: &str| {
            format!("{}{}{particle}{}", &question[..whole.start()], self.noun, &question[from..])
        };
        let particle = behind.as_str();
        // What was named stands for all of them, and has no short form.
        let particle = particle.strip_prefix('들').unwrap_or(particle);
        let particle = if matches!(particle, "서" | "서는" | "서도") {
            &format!("에{particle}")
        } else {
            particle
        };
        match (whole.as_str(), found.name("which")) {
            ("그건" | "이건" | "그게" | "이게", _) if particle.is_empty() => {
                Some(said(behind.end(), topic_particle(self.noun)))
            }
            _ if particle.is_empty() || is_particles(particle) => {
                Some(said(behind.end(), &fitting(self.noun, particle)))
            }
            // `그 행사장`: what was named has it.
            (_, Some(which)) if which.as_str().ends_with(char::is_whitespace) => Some(said(which.end(), " ")),
            _ => None,
        }
    }

    /// What only asks, of the same thing; `왜` asks for the reason of all that was said.
    fn asked(&self, question: &str) -> String {
        if question.starts_with('왜') || question.starts_with("어떻게") && question.chars().count() < 6 {
            return format!("{} {question}", self.whole);
        }
        format!("{} {question}", self.topic)
    }

    /// The same of something else, or something else of the same.
    fn about(&self, question: &str, bare: &str) -> Option<String> {
        let mut words = bare.split_whitespace().rev();
        let is_attribute = ATTRIBUTES.contains(&words.next().unwrap_or_default());
        let has_owner = words.any(|word| word.ends_with('의') && word.chars().count() > 2);
        if is_attribute && has_owner {
            return None;
        }
        if is_attribute || self.predicate.is_empty() {
            return Some(format!("{} {}", self.noun, question.strip_prefix("그 ").unwrap_or(question)));
        }
        let years = if years(bare).next().is_some() {
            without_years(self.predicate)
        } else {
            self.predicate.to_owned()
        };
        Some(format!("{bare}{} {}?", topic_particle(bare), years.trim()))
    }
}

/// Whether a word ends in the particle of a topic or subject, and is no verb that belongs to the next word.
pub(super) fn is_marked(word: &str) -> bool {
    const VERBS: &str = "많은 적은 좋은 높은 낮은 같은 받은 얻은 맡은 남은 찾은 넣은 작은 넓은 늦은 깊은 짧은 읽은 뽑은 믿은 \
        쓰는 쓰이는 하는 되는 가는 오는 나오는 주는 보는 보이는 만드는 옮기는 다루는 배우는 열리는 알리는 바꾸는 나누는 줄이는 늘리는 \
        늘어나는 줄어드는 올리는 내리는 이루는 맡기는 남기는 들어가는 나가는 커지는 생기는 끝나는 걸리는 부르는 따르는 드는 지키는 \
        보내는 나타나는 많이 같이 깊이 높이 없이";
    const MADE_OF_NOUNS: [&str; 4] = ["하는", "되는", "시키는", "당하는"];
    let Some(bare) = word.strip_suffix(['은', '는', '이', '가']) else { return false };
    let syllables = word.chars().count();
    let is_verb = VERBS.split_whitespace().any(|verb| verb == word)
        || (syllables > 3 && MADE_OF_NOUNS.iter().any(|ending| word.ends_with(ending)));
    let start = bare
        .rfind(|c: char| !is_syllable(c))
        .map_or(0, |at| at + bare[at..].chars().next().map_or(0, char::len_utf8));
    let (own, whole) = (&bare[start..], &word[start..]);
    syllables > 1
        && !is_verb
        && (own.is_empty() || lemmas(whole).forms.iter().any(|form| own.starts_with(form)))
}

fn topic_particle(noun: &str) -> &'static str {
    if final_consonant(noun).is_some() { "은" } else { "는" }
}

/// The place of the final consonant in the order of Unicode, of a syllable that has one.
fn final_consonant(noun: &str) -> Option<u32> {
    let last = noun.chars().next_back().filter(|c| is_syllable(*c))?;
    // A syllable without a final consonant is a multiple of 28 behind 가.
    Some((u32::from(last) - u32::from('가')) % 28).filter(|tail| *tail > 0)
}

/// A particle as it stands behind this noun: `그 회사가`, `티맵이`.
fn fitting(noun: &str, particle: &str) -> String {
    /// Behind a consonant, behind a vowel.
    const PAIRS: [(&str, &str); 7] = [
        ("은", "는"),
        ("이", "가"),
        ("을", "를"),
        ("과", "와"),
        ("으로", "로"),
        ("이랑", "랑"),
        ("이나", "나"),
    ];
    const L: u32 = 8;
    let tail = final_consonant(noun);
    let fits = |(closed, open): &(&'static str, &'static str)| match tail {
        Some(L) if *open == "로" => *open,
        Some(_) => *closed,
        None => *open,
    };
    let found = PAIRS.iter().find(|(closed, open)| particle == *closed || particle == *open);
    found.map_or(particle, fits).to_owned()
}

/// Without the question mark, `요` and the particle of a topic.
fn bare(question: &str) -> &str {
    let said = question.trim_end_matches(['?', '？', '.', '!', ' ']);
    let said = said.strip_suffix('요').unwrap_or(said);
    said.strip_suffix(['은', '는', '도']).unwrap_or(said).trim_end()
}

/// What a question is about, with its particle, where it says so.
pub(super) fn topic_of(question: &str) -> Option<&str> {
    Earlier::of(question).filter(|earlier| !earlier.predicate.is_empty()).map(|earlier| earlier.topic)
}

/// Whether a question names nothing.
pub(super) fn names_nothing(question: &str) -> bool {
    only_asks(question, &Asking::of(question))
}

/// Whether nothing is said of what is named: `2024년 서밋은?`.
fn is_topic(question: &str) -> bool {
    let said = question.trim_end_matches(['?', '？', '.', '!', ' ']);
    let said = said.strip_suffix('요').unwrap_or(said);
    said.ends_with(['은', '는', '도']) && said.chars().count() > 1
}

fn only_asks(word: &str, asking: &Asking) -> bool {
    let folded = fold(word);
    words(&folded).all(|run| asking.asks(&folded[run.range]))
}

/// The years in a text; not numbers that count something: `2000명`.
fn years(text: &str) -> impl Iterator<Item = Match<'_>> {
    let apart = |found: &Match<'_>| !text[..found.start()].ends_with(|c: char| c.is_ascii_digit());
    let counted = |found: &Match<'_>| !found.as_str().contains('년') && counts(&text[found.end()..]);
    YEAR.find_iter(text).filter(move |found| apart(found) && !counted(found))
}

/// Whether what follows a number is what it counts.
fn counts(behind: &str) -> bool {
    const PEOPLE: [&str; 6] = ["people", "attendees", "participants", "users", "visitors", "dollars"];
    let goes_on = |behind: &str| behind.starts_with(|c: char| c == '%' || c.is_ascii_digit());
    if goes_on(behind) || behind.strip_prefix(',').is_some_and(goes_on) {
        return true;
    }
    let word = behind.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let unit = word.strip_prefix([
        '명', '개', '건', '원', '만', '억', '대', '회', '번', '곳', '석', '배', '점', '팀', '편',
    ]);
    unit.is_some_and(|particle| particle.is_empty() || is_particles(particle))
        || PEOPLE.contains(&word.to_lowercase().as_str())
}

fn without_years(text: &str) -> String {
    let mut out = text.to_owned();
    let found: Vec<_> = years(text).map(|found| found.range()).collect();
    for range in found.into_iter().rev() {
        let particle = ["에는", "에도", "에서는", "에서", "에"]
            .into_iter()
            .find(|particle| text[range.end..].starts_with(particle));
        out.replace_range(range.start..range.end + particle.map_or(0, str::len), "");
    }
    out
}

fn with_year(before: &str, year: &str) -> String {
    match years(before).next() {
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
    let asking = Asking::of(rest);
    let told = rest.split_whitespace().filter(|word| !only_asks(word, &asking)).count();
    let pointing = ENGLISH_EXISTENTIAL.replace_all(rest, " ");
    let points = ENGLISH_POINTING.is_match(pointing.trim()) || told == 0 || (connected && told <= SHORT);
    points.then(|| format!("{rest} ({before})"))
}

#[cfg(test)]
mod tests {
    use super::filled;

    /// What was asked before, the follow-up, and what it means; none where it stands alone.
    #[test]
    fn follow_ups() {
        let cases: [(&str, &str, Option<&str>); 37] = [
            ("서밋은 어디서 했어요?", "그 행사장은 어디예요?", Some("서밋 행사장은 어디예요?")),
            ("서밋은 어디서 했어요?", "그 발표자는 누구?", Some("서밋 발표자는 누구?")),
            ("서밋은 어디서 했어요?", "그 날짜는 언제?", Some("서밋 날짜는 언제?")),
            ("티맵은 뭘 옮겼나요?", "그 분기 실적은 어땠나요?", Some("티맵 분기 실적은 어땠나요?")),
            ("티맵은 뭘 옮겼나요?", "그 팀장은 누구인가요?", Some("티맵 팀장은 누구인가요?")),
            ("티맵은 뭘 옮겼나요?", "해당 분야에서 몇 등이에요?", Some("티맵 분야에서 몇 등이에요?")),
            ("티맵은 뭘 옮겼나요?", "그 회사가 왜 옮겼나요?", Some("티맵이 왜 옮겼나요?")),
            ("티맵은 뭘 옮겼나요?", "그 회사들은 어디예요?", Some("티맵은 어디예요?")),
            ("코엑스는 어디예요?", "거기서 뭘 했나요?", Some("코엑스에서 뭘 했나요?")),
            ("티맵은 뭘 옮겼나요?", "그건 언제 끝났나요?", Some("티맵은 언제 끝났나요?")),
            (
                "티맵은 뭘 옮겼나요?",
                "이건희 회장이 언제 그 발표를 자세히 들었나요?",
                Some("이건희 회장이 언제 티맵을 자세히 들었나요?"),
            ),
            ("티맵은 뭘 옮겼나요?", "이건희 회장이 무엇을 자세히 말했나요?", None),
            ("카카오페이는 어디서 발표했나요?", "참가비는?", Some("카카오페이 참가비는?")),
            ("두 방식의 차이가 뭔가요?", "장점은?", Some("두 방식의 차이 장점은?")),
            ("많은 회사는 무엇을 옮겼나요?", "장점은?", Some("많은 회사 장점은?")),
            ("제일 많이 쓰는 도구는 뭔가요?", "장점은?", Some("제일 많이 쓰는 도구 장점은?")),
            ("추가 비용은 얼마인가요?", "그 이유는?", Some("추가 비용 이유는?")),
            ("케이뱅크는 무엇을 옮겼나요?", "센드버드의 발표자는?", None),
            ("케이뱅크는 무엇을 옮겼나요?", "티맵은?", Some("티맵은 무엇을 옮겼나요?")),
            ("케이뱅크는 무엇을 옮겼나요?", "IT는?", Some("IT는 무엇을 옮겼나요?")),
            (
                "2000명이 온 행사는 2022년에 어디서 했나요?",
                "2024년은?",
                Some("2000명이 온 행사는 2024년에 어디서 했나요?"),
            ),
            (
                "2000 명이 온 2022 서밋은 어디서 했나요?",
                "2024년은?",
                Some("2000 명이 온 2024 서밋은 어디서 했나요?"),
            ),
            ("위크는 2022년에 2000명이 왔나요?", "2024년 서밋은?", Some("2024년 서밋은 2000명이 왔나요?")),
            ("2022 대회는 어디서 했나요?", "2024년은?", Some("2024 대회는 어디서 했나요?")),
            ("Which bank moved?", "How many sessions were there at the 2022 summit?", None),
            ("Which bank moved?", "Is there a session that covers serverless functions?", None),
            ("Which bank moved?", "Which companies said that the move had paid off?", None),
            ("Which bank moved?", "Who told those who came how Kafka works?", None),
            ("Which bank moved?", "Who was there?", Some("Who was there? (Which bank moved?)")),
            (
                "Which bank moved?",
                "Why did that bank choose containers?",
                Some("Why did that bank choose containers? (Which bank moved?)"),
            ),
            (
                "Which bank moved?",
                "What else was told about that?",
                Some("What else was told about that? (Which bank moved?)"),
            ),
            (
                "Which bank moved?",
                "Was that the first large migration?",
                Some("Was that the first large migration? (Which bank moved?)"),
            ),
            (
                "Which bank moved?",
                "When did they finish the long migration?",
                Some("When did they finish the long migration? (Which bank moved?)"),
            ),
            ("Where did 2000 people meet in 2022?", "2024?", Some("Where did 2000 people meet in 2024?")),
            ("서밋은 어디서 했어요?", "그때그때 다른가요 정해진 장소인가요 아니면 무엇인가요?", None),
            ("서밋은 어디서 했어요?", "그 때문에 무엇이 바뀌었나요?", Some("서밋 때문에 무엇이 바뀌었나요?")),
            ("", "그 회사는?", None),
        ];
        for (before, question, expected) in cases {
            assert_eq!(filled(question, before).as_deref(), expected, "{before} / {question}");
        }
    }
}
