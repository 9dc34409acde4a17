//! A follow-up with what it leaves out.

use std::sync::LazyLock;

use regex::Regex;
use siren_text::question::Asking;
use siren_text::terms::{fold, is_syllable};
use siren_text::words::words;

use super::days::spans;
use super::earlier::{ATTRIBUTES, Earlier, is_marked};
use super::english;
use super::numbers::{YEAR, full_year, with_other_number, with_year, years};
use super::parts::is_bare;

#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
pub(super) fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

/// What takes up the thread and says nothing itself.
static CONNECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?:그럼|그러면|그렇다면|그래서|그리고|그런데|근데|아니|음|네|아하|고마워요?|고맙습니다|감사합니다|감사해요|알겠어요|알겠습니다)[,.!\s]+|(?:and|so|then|ok|okay|thanks|thank you)[,.!\s]+|(?:what|how) about\s+)+",
    )
});
/// Says that what follows is about something else.
static ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:다른\s?(?:얘기|얘긴|이야기|질문|화제)|딴\s?(?:얘기|얘긴)|그건 그렇고|by the way|on another note|another question|different question)",
    )
});
/// Points at what was said; what follows in the same word is its particle, or makes another noun of it.
static POINTING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|\s)(?<whole>(?<which>(?:그|해당|방금 그|위)\s?)(?:회사|업체|기업|은행|팀|서비스|제품|도구|세션|발표|행사|서밋|컨퍼런스|강연|사례|사람|분|곳|것|때|날)|거기|그거|이거|그건|이건|그게|이게|그걸|이걸)(?<behind>[가-힣]*)",
    )
});
/// `그 챗봇`: what was spoken of has it, or is it.
static THAT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:^|\s)(?<that>(?:아까|방금|앞서)?\s?(?:그|해당))\s[가-힣]{1,}"));
/// Both of the things that were asked about last.
static BOTH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:이\s|그\s)?(?:둘|두\s?(?:회사|기업|은행|곳|군데|가지|세션|발표|행사))\s?(?:중|가운데|다|은|이|의|사이|모두)",
    )
});
/// What stands beside what was named, in an order.
static BESIDE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:그|그럼|그럼\s?그|바로|그\s?바로)?\s?(?:(?<behind>다음|뒤)|(?<before>앞|이전|직전))(?:엔|에는|에|으로)?(?:\s?(?:나온|한|들은|온|이어진|발표한))?(?:\s?(?:건|것|거|게|순서|차례|세션|발표|강연))?(?:은|는|이)?$",
    )
});
/// One of several that are counted.
static ORDINAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:첫|두|세|네|다섯|여섯|일곱|여덟|아홉|열\s?한|열\s?두|열|\d{1,2})\s?번째|첫째|둘째|셋째|넷째|다섯째|여섯째|마지막",
    )
});
static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\d{1,2}번?$"));
/// A longer question says all that it asks.
pub(super) const SHORT: usize = 3;

/// The follow-up as a question of its own; none when it is one already, or when no rule knows what is left out. What was
/// asked before stands alone, the last behind the others.
pub(super) fn filled(question: &str, asked: &[String]) -> Option<String> {
    let (before, earlier_ones) = asked.split_last()?;
    if ELSEWHERE.is_match(question) {
        return None;
    }
    let connected = CONNECTIVE.find(question).map_or(0, |found| found.end());
    let rest = question[connected..].trim();
    if !before.chars().any(is_syllable) && !rest.chars().any(is_syllable) {
        return english::filled(rest, before, connected > 0);
    }
    // `아까 그`: behind the question that was asked last.
    let before = earlier_ones.last().filter(|_| rest.starts_with("아까")).unwrap_or(before);
    let earlier = Earlier::of(before)?;
    instead(rest, before, &earlier)
        .or_else(|| pointing(rest, &earlier))
        .or_else(|| of_both(rest, &earlier, earlier_ones))
        .or_else(|| left_out(rest, &earlier, connected > 0))
}

/// What points at something said before, with its name.
fn pointing(rest: &str, earlier: &Earlier<'_>) -> Option<String> {
    let named = POINTING.captures_iter(rest).find_map(|found| earlier.named(rest, &found));
    named.or_else(|| {
        let that = THAT.captures(rest)?.name("that")?;
        Some(format!("{}{}{}", &rest[..that.start()], earlier.noun, &rest[that.end()..]))
    })
}

fn of_both(rest: &str, earlier: &Earlier<'_>, earlier_ones: &[String]) -> Option<String> {
    let other = Earlier::of(earlier_ones.last()?)?;
    BOTH.is_match(rest).then(|| format!("{}, {} {rest}", other.noun, earlier.noun))
}

/// The same question of another year, number or place in an order.
fn instead(rest: &str, before: &str, earlier: &Earlier<'_>) -> Option<String> {
    let bare = bare(rest);
    if YEAR.replace_all(bare, "").trim().is_empty() && !bare.is_empty() {
        return Some(with_year(before, bare));
    }
    if let Some(year) = full_year(before, bare) {
        return Some(with_year(before, &year));
    }
    if let Some(other) = ORDINAL.find(before).filter(|_| is_whole(&ORDINAL, bare)) {
        return Some(format!("{}{bare}{}", &before[..other.start()], &before[other.end()..]));
    }
    if NUMBER.is_match(bare) {
        return with_other_number(before, bare);
    }
    if let Some(other) = of_another_day(before, bare) {
        return Some(other);
    }
    let beside = BESIDE.captures(bare)?;
    let place = if beside.name("behind").is_some() { "다음" } else { "앞" };
    Some(format!("{} 바로 {place} 순서는?", earlier.named_by()))
}

/// The same of another day: `둘째 날은?`, `2025년 2일차는?`.
fn of_another_day(before: &str, bare: &str) -> Option<String> {
    let (day, other) = (spans(bare).into_iter().next()?, spans(before).into_iter().next()?);
    let year = bare[..day.start].trim();
    let is_alone = day.end == bare.len() && (year.is_empty() || is_whole(&YEAR, year));
    let said = format!("{}{}{}", &before[..other.start], &bare[day], &before[other.end..]);
    is_alone.then(|| if year.is_empty() { said } else { with_year(&said, year) })
}

/// What is asked of what was spoken of before, without naming it.
fn left_out(rest: &str, earlier: &Earlier<'_>, connected: bool) -> Option<String> {
    let bare = bare(rest);
    let asking = Asking::of(rest);
    let told: Vec<&str> = rest.split_whitespace().filter(|word| !only_asks(word, &asking)).collect();
    if told.is_empty() {
        return Some(earlier.asked(rest));
    }
    if told.len() <= SHORT && is_topic(rest) {
        return earlier.about(rest, bare);
    }
    if is_of_something(&told) {
        return Some(format!("{} {rest}", earlier.noun));
    }
    names_no_other(rest, &told, connected).then(|| format!("{} {rest}", earlier.said_of()))
}

/// `결과는 어땠대?`, `발표 순서는 몇 번째였어?`: an attribute is always of something.
fn is_of_something(told: &[&str]) -> bool {
    let Some(at) = told.iter().position(|word| is_topic(word) || is_marked(word)) else { return false };
    let attribute = bare(told[at]);
    let attribute = attribute.strip_suffix(['이', '가']).unwrap_or(attribute);
    let is_attribute = |word: &str| ATTRIBUTES.contains(&word);
    is_attribute(attribute) && told[..at].iter().all(|word| is_attribute(word) || is_common(word))
}

/// Whether a word ends in the past: `했대`.
fn is_past(word: &str) -> bool {
    let before_last = word.chars().rev().nth(1).filter(|c| is_syllable(*c));
    before_last.is_some_and(|c| (u32::from(c) - u32::from('가')) % 28 == 20)
}

/// A noun that says which of several: `예전 구조`, `마지막 화면`.
fn is_common(word: &str) -> bool {
    matches!(word, "예전" | "이전" | "마지막" | "처음" | "지금" | "현재" | "새" | "전체" | "최종" | "주요")
}

/// Whether a few words say what is done or what it is like, and neither to whom nor by whom: `공짜예요?`.
fn names_no_other(rest: &str, told: &[&str], connected: bool) -> bool {
    let is_named = |word: &&str| {
        let word = word.trim_end_matches(['?', '？', '.', '!']);
        let is_attribute = ATTRIBUTES.contains(&word) || is_common(word);
        is_marked(word) || (word.chars().count() > 1 && is_bare(word) && !is_attribute && !is_past(word))
    };
    let most = if connected { SHORT } else { SHORT - 1 };
    let is_other = rest.contains(|c: char| c.is_ascii_alphanumeric()) || years(rest).next().is_some();
    told.len() <= most && !is_other && !told.iter().any(is_named)
}

/// Whether the text is nothing else.
fn is_whole(pattern: &Regex, text: &str) -> bool {
    pattern.find(text).is_some_and(|found| found.len() == text.len())
}

/// Without the question mark, `요` and the particle of a topic.
fn bare(question: &str) -> &str {
    let said = question.trim_end_matches(['?', '？', '.', '!', ' ']);
    let said = said.strip_suffix('요').unwrap_or(said);
    said.strip_suffix(['은', '는', '도']).unwrap_or(said).trim_end()
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

pub(super) fn only_asks(word: &str, asking: &Asking) -> bool {
    let folded = fold(word);
    words(&folded).all(|run| asking.asks(&folded[run.range]))
}

#[cfg(test)]
mod tests {
    use super::filled;

    /// What was asked before, the follow-up, and what it means; none where it stands alone.
    #[test]
    fn follow_ups() {
        let cases: [(&str, &str, Option<&str>); 60] = [
            ("강연은 몇 번째였어요?", "그다음은?", Some("강연 바로 다음 순서는?")),
            ("강연 바로 다음 순서는?", "그다음은요?", Some("강연 바로 다음 순서 바로 다음 순서는?")),
            (
                "스케치랩이 보여 준 것 중 맨 끝에 나온 건 뭐예요?",
                "바로 앞에 나온 건?",
                Some("스케치랩이 보여 준 것 중 맨 끝에 나온 건 뭐예요 바로 앞 순서는?"),
            ),
            (
                "티맵은 언제 옮겼나요?",
                "그 앞에 앉은 사람은 누구였나요?",
                Some("티맵 앞에 앉은 사람은 누구였나요?"),
            ),
            ("교훈 3이 뭐였죠?", "4는?", Some("교훈 4이 뭐였죠?")),
            ("2024년 3월 5일에 3명이 왔나요?", "4는?", Some("4는 왔나요?")),
            ("2024년 서밋 첫날 주제는 뭐였나요?", "둘째 날은?", Some("2024년 서밋 둘째 날 주제는 뭐였나요?")),
            (
                "2024년 서밋 첫날 주제는 뭐였나요?",
                "2025년 2일차는?",
                Some("2025년 서밋 2일차 주제는 뭐였나요?"),
            ),
            ("LETS가 뭐예요?", "그 네 글자가 각각 뭔데?", Some("LETS 네 글자가 각각 뭔데?")),
            ("LETS가 뭐예요?", "그걸 발표한 회사는?", Some("LETS를 발표한 회사는?")),
            ("평가 도구 이름이 뭐죠?", "그걸로 뭘 알 수 있어요?", Some("평가 도구로 뭘 알 수 있어요?")),
            ("평가 도구 이름이 뭐죠?", "공짜예요?", Some("평가 도구 공짜예요?")),
            ("티맵은 뭘 옮겼나요?", "그럼 어떻게 가능해진 건데?", Some("티맵은 어떻게 가능해진 건데?")),
            ("티맵은 뭘 옮겼나요?", "발표 순서는 몇 번째였어?", Some("티맵 발표 순서는 몇 번째였어?")),
            ("티맵은 뭘 옮겼나요?", "예전 구조는 뭐라고 불러요?", Some("티맵 예전 구조는 뭐라고 불러요?")),
            ("서밋 신청 어디서 했어", "몇 명이나 했대", Some("서밋 신청 몇 명이나 했대")),
            ("포자랩스는 뭘 만들었나요?", "수퍼톤은 어떤 서비스였지?", None),
            ("티맵은 뭘 옮겼나요?", "스타벅스 챗봇 이름", None),
            ("티맵은 뭘 옮겼나요?", "다른 얘긴데 참가비는?", None),
            (
                "How many lessons were there?",
                "What was the second one?",
                Some("What was the second one? (How many lessons were there?)"),
            ),
            ("티맵은 뭘 옮겼나요?", "고마워요. 그럼 케이뱅크는?", Some("케이뱅크는 뭘 옮겼나요?")),
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
            ("2022년 대회 기록엔 세션이 몇 개예요?", "23년은?", Some("2023년 대회 기록엔 세션이 몇 개예요?")),
            ("2022년 대회는 어디서 했나요?", "그럼 '19년도는요?", Some("2019년 대회는 어디서 했나요?")),
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
            assert_eq!(filled(question, &[before.to_owned()]).as_deref(), expected, "{before} / {question}");
        }
    }

    /// What was asked before, in order, the follow-up, and what it means.
    #[test]
    fn further_back() {
        let cases: [(&[&str], &str, Option<&str>); 3] = [
            (
                &["티맵은 왜 옮겼나요?", "케이뱅크는 왜 옮겼나요?"],
                "둘 중에 먼저 발표한 건?",
                Some("티맵, 케이뱅크 둘 중에 먼저 발표한 건?"),
            ),
            (
                &["티맵은 왜 옮겼나요?", "서밋은 언제였나요?"],
                "아까 그 회사는 누구예요?",
                Some("아까 티맵은 누구예요?"),
            ),
            (&["티맵은 왜 옮겼나요?"], "둘 중에 먼저 발표한 회사가 어디였나요?", None),
        ];
        for (before, question, expected) in cases {
            let before: Vec<String> = before.iter().map(ToString::to_string).collect();
            assert_eq!(filled(question, &before).as_deref(), expected, "{before:?} / {question}");
        }
    }
}
