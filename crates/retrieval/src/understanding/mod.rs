//! What a question means, said so that it stands alone.
//!
//! A follow-up leaves out what was said before (`그럼 2023년은?`, `그 회사는 언제?`, `왜?`), a relative date leaves out today, and
//! a keyboard may have been set to the other language. Rules over the words put that right; what no rule knows stays as it
//! was asked.

pub(crate) mod aliases;
pub(crate) mod calendar;
mod clauses;
mod dates;
pub(crate) mod days;
mod earlier;
mod english;
mod follow_up;
pub(crate) mod mending;
mod numbers;
pub(crate) mod order;
pub(crate) mod parts;
mod past;
mod spacing;

use siren_domain::{PartialDate, Speaker, Turn, Understood};
use siren_text::keyboard::meant;

/// Earlier questions that are looked at: a follow-up of a follow-up still rests on the first.
const TURNS: usize = 6;

/// The question as one that needs neither history nor calendar.
pub fn understand(question: &str, history: &[Turn], today: PartialDate) -> Understood {
    let asked: Vec<&Turn> = history.iter().filter(|turn| turn.speaker == Speaker::User).collect();
    let recent = &asked[asked.len().saturating_sub(TURNS)..];
    let mut before: Vec<String> = Vec::with_capacity(recent.len());
    for turn in recent {
        before.push(standalone(&turn.text, &before, today));
    }
    let standalone = standalone(question, &before, today);
    let rewritten = standalone != question;
    Understood { standalone, rewritten, ..Understood::default() }
}

fn standalone(question: &str, before: &[String], today: PartialDate) -> String {
    let typed = meant(question);
    let put_right = past::put_right(typed.trim());
    let dated = dates::with_years(&dates::with_full_years(&put_right), today);
    follow_up::filled(&dated, before).unwrap_or(dated)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use siren_domain::{PartialDate, Speaker, Turn};

    use super::understand;

    fn today() -> PartialDate {
        PartialDate::new(2026, Some(11), Some(20)).expect("a date")
    }

    fn said(speaker: Speaker, text: &str) -> Turn {
        Turn { speaker, text: text.to_owned() }
    }

    /// Questions in a row, then what the last one means.
    #[test]
    fn standalone_questions() {
        let cases: &[(&[&str], &str)] = &[
            (&["서밋은 어디서 열렸나요?"], "서밋은 어디서 열렸나요?"),
            (&["tjalt djeltj ㅁㅈㄴ"], "서밋 어디서 aws"),
            (&["작년 서밋은 어디서 열렸나요?"], "2025년 서밋은 어디서 열렸나요?"),
            (&["재작년과 올해 참가자 수"], "2024년과 2026년 참가자 수"),
            (&["2년 전 서밋에는 몇 명이나 왔나요?"], "2024년 서밋에는 몇 명이나 왔나요?"),
            (&["2024년 전 기록과 12년 전통"], "2024년 전 기록과 12년 전통"),
            (&["24년 서밋과 '19년도 행사, 12년 전통"], "2024년 서밋과 2019년도 행사, 12년 전통"),
            (&["24년 서밋 신청 언제 받았는데", "올해는?"], "2026년 서밋 신청 언제 받았는데"),
            (&["서밋은 언제 햇나요"], "서밋은 언제 했나요"),
            (&["Where was the summit held last year?"], "Where was the summit held in 2025?"),
            (&["2022년 위크는 어디서 했어요?", "그럼 2024년은?"], "2024년 위크는 어디서 했어요?"),
            (&["2022년 위크는 어디서 했어요?", "그럼 2024년 서밋은?"], "2024년 서밋은 어디서 했어요?"),
            (&["서밋은 어디서 했어요?", "작년은요?"], "2025년 서밋은 어디서 했어요?"),
            (&["서밋은 어디서 했어요?", "며칠에 했죠?"], "서밋은 며칠에 했죠?"),
            (
                &["2022년 위크는 어디서 했어요?", "그럼 2024년 서밋은?", "며칠에 했죠?"],
                "2024년 서밋은 며칠에 했죠?",
            ),
            (
                &["골든 시그널 얘기한 회사가 어디예요?", "그 회사 세션은 며칠에 있었어요?"],
                "골든 시그널 얘기한 회사 세션은 며칠에 있었어요?",
            ),
            (&["케이뱅크는 무엇을 옮겼나요?", "그건 언제 끝났어요?"], "케이뱅크는 언제 끝났어요?"),
            (&["케이뱅크는 서버를 왜 옮겼나요?", "참가비는?"], "케이뱅크 참가비는?"),
            (&["케이뱅크는 서버를 옮겼나요?", "왜?"], "케이뱅크는 서버를 옮겼나요 왜?"),
            (&["Where was the 2022 summit held?", "What about 2024?"], "Where was the 2024 summit held?"),
            (
                &["Which bank moved to the cloud?", "When did they finish?"],
                "When did they finish? (Which bank moved to the cloud?)",
            ),
            (
                &["케이뱅크는 무엇을 옮겼나요?", "티맵이 발표한 내용을 자세히 알려 주세요"],
                "티맵이 발표한 내용을 자세히 알려 주세요",
            ),
            (&["기조연설의 첫 번째 교훈이 뭐였죠?", "두 번째는?"], "기조연설의 두 번째 교훈이 뭐였죠?"),
            (
                &["기조연설의 첫 번째 교훈이 뭐였죠?", "두 번째는?", "마지막은요?"],
                "기조연설의 마지막 교훈이 뭐였죠?",
            ),
            (&["티맵은 뭐부터 옮겼어요?", "그래서 결과는 어땠대?"], "티맵 결과는 어땠대?"),
            (&["안녕하세요", "2024년 서밋은 어디서 열렸나요?"], "2024년 서밋은 어디서 열렸나요?"),
        ];
        for (turns, expected) in cases {
            let (question, before) = turns.split_last().expect("a question");
            let pairs = before
                .iter()
                .flat_map(|text| [said(Speaker::User, text), said(Speaker::Assistant, "답이다.")]);
            let history: Vec<Turn> = pairs.collect();
            let understood = understand(question, &history, today());
            assert_eq!(&understood.standalone, expected, "{turns:?}");
            assert_eq!(understood.rewritten, expected != question, "{turns:?}");
        }
    }

    proptest! {
        /// Without history and without a relative date, nothing changes; whatever the history, something is asked.
        #[test]
        fn nothing_is_lost(
            question in "([가-힣]{1,4}(은|는|요|\\?)?|그럼|왜|it|2024년|the|cloud| ){1,6}",
            before in prop::collection::vec("([가-힣]{1,4}(은|는|요|\\?)?|그 회사|거기| |2022년){0,8}", 0..4),
        ) {
            let alone = understand(&question, &[], today()).standalone;
            prop_assert_eq!(alone, question.trim());
            let history: Vec<Turn> = before.iter().map(|text| said(Speaker::User, text)).collect();
            let understood = understand(&question, &history, today()).standalone;
            prop_assert!(question.trim().is_empty() || understood.chars().any(char::is_alphanumeric));
        }
    }
}
