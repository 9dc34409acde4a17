//! Several questions in one message: `행사는 언제였고 참가비는 얼마였나요?`, or one sentence behind the other.

use std::sync::LazyLock;

use regex::Regex;
use siren_text::sentences;
use siren_text::terms::is_syllable;

use super::earlier::{is_marked, topic_of};
use super::follow_up::{filled, names_nothing};

/// Questions of one message that are looked for each: who asks more wants to read.
const MOST: usize = 3;

#[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
static ASKING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)무엇|무슨|어떤|어떻|어땠|어느|언제|어디|누구|누가|얼마|며칠|(?:^|\s)(?:왜|뭐|뭘|뭔|몇)|\b(?:what|when|where|which|who|whose|why|how)\b",
    )
    .expect("a valid pattern")
});

/// The questions of a message, each of which stands alone; none when it is one question.
pub(super) fn questions(message: &str) -> Vec<String> {
    let said = sentences(message).into_iter().map(|range| &message[range]);
    let clauses: Vec<String> = said.filter(|sentence| is_question(sentence)).flat_map(clauses).collect();
    if clauses.len() < 2 || clauses.len() > MOST {
        return Vec::new();
    }
    let mut out: Vec<String> = Vec::with_capacity(clauses.len());
    for clause in clauses {
        let whole = match out.first() {
            Some(first) => inheriting(clause, first),
            None => (!names_nothing(&clause)).then_some(clause),
        };
        // What is about nothing would find anything.
        let Some(whole) = whole else { return Vec::new() };
        out.push(whole);
    }
    out
}

/// Whether a sentence asks for something; not whether something is so.
fn is_question(sentence: &str) -> bool {
    let requests = ["알려", "궁금", "말해", "설명해"].iter().any(|request| sentence.contains(request));
    ASKING.is_match(sentence) || (requests && !names_nothing(sentence))
}

/// A sentence, cut behind each `-고` and `-으며` that ends a question: `언제였고`, `어디서 열렸으며`.
fn clauses(sentence: &str) -> Vec<String> {
    let mut out = Vec::new();
    let (mut start, mut end) = (0, 0);
    for word in sentence.split_inclusive(char::is_whitespace) {
        end += word.len();
        let (clause, rest) = (sentence[start..end].trim_end().trim_end_matches(','), &sentence[end..]);
        if let Some(question) = as_question(clause)
            && ASKING.is_match(clause)
            && is_question(rest)
        {
            out.push(question);
            start = end;
        }
    }
    out.push(sentence[start..].trim().to_owned());
    out
}

/// `언제였고` as `언제였나요?`: of the past alone, for `보고` and `광고` end alike.
fn as_question(clause: &str) -> Option<String> {
    let before = clause.strip_suffix('고').or_else(|| clause.strip_suffix("으며"))?;
    let last = before.chars().next_back().filter(|c| is_syllable(*c))?;
    let is_past = (u32::from(last) - u32::from('가')) % 28 == 20;
    (is_past && !matches!(last, '있' | '겠')).then(|| format!("{before}나요?"))
}

/// The question with the subject of the first one, where it has none of its own; none where that has none either.
fn inheriting(question: String, first: &str) -> Option<String> {
    if let Some(filled) = filled(&question, &[first.to_owned()]) {
        return Some(filled);
    }
    let names = |word: &str| is_marked(word) || word.contains(|c: char| c.is_ascii_alphanumeric());
    if question.split_whitespace().any(names) {
        return Some(question);
    }
    topic_of(first).map(|topic| format!("{topic} {question}"))
}

#[cfg(test)]
mod tests {
    use super::questions;

    #[test]
    fn questions_of_one_message() {
        let cases: [(&str, &[&str]); 18] = [
            ("행사는 언제였고 참가비는 얼마였나요?", &["행사는 언제였나요?", "행사 참가비는 얼마였나요?"]),
            ("서밋은 언제 열렸고 어디서 했나요?", &["서밋은 언제 열렸나요?", "서밋은 어디서 했나요?"]),
            (
                "케이뱅크는 왜 옮겼고, 티맵은 언제 옮겼나요?",
                &["케이뱅크는 왜 옮겼나요?", "티맵은 언제 옮겼나요?"],
            ),
            ("서밋은 언제였나요? 장소는 어디인가요?", &["서밋은 언제였나요?", "서밋 장소는 어디인가요?"]),
            ("서밋은 언제였나요? 어디서 했나요?", &["서밋은 언제였나요?", "서밋은 어디서 했나요?"]),
            ("서밋은 언제였나요? 누가 발표했나요?", &["서밋은 언제였나요?", "서밋은 누가 발표했나요?"]),
            (
                "When was the summit held? Which bank moved to the cloud?",
                &["When was the summit held?", "Which bank moved to the cloud?"],
            ),
            (
                "서밋은 언제 열렸고 어디서 했으며 티맵은 뭘 발표했나요?",
                &["서밋은 언제 열렸나요?", "서밋은 어디서 했나요?", "티맵은 뭘 발표했나요?"],
            ),
            ("서밋은 언제였나요? 장소도 알려 주세요.", &["서밋은 언제였나요?", "서밋 장소도 알려 주세요."]),
            ("서밋은 언제였나요? 알려 주세요.", &[]),
            ("저는 은행 직원입니다. 서밋은 언제였나요?", &[]),
            ("케이뱅크는 2023년에 끝냈죠? 맞나요?", &[]),
            ("광고 보고 어떤 서비스를 알게 됐나요?", &[]),
            ("무엇을 옮겼고 비용을 줄였나요?", &[]),
            ("언제였나요? 어디였나요?", &[]),
            ("가는 언제? 나는 언제? 다는 언제? 라는 언제?", &[]),
            ("서밋은 언제 열렸나요?", &[]),
            ("", &[]),
        ];
        for (message, expected) in cases {
            assert_eq!(questions(message), expected, "{message}");
        }
    }
}
