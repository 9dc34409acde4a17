//! What is wrong with a question's answer?

use std::borrow::Cow;

use serde::Serialize;

use crate::outcome::{FACT_RECALL, QuestionOutcome};

/// The same in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Bilingual {
    pub(crate) ko: Cow<'static, str>,
    pub(crate) en: Cow<'static, str>,
}

fn told(ko: String, en: String) -> Option<Bilingual> {
    Some(Bilingual { ko: ko.into(), en: en.into() })
}

/// What is wrong with a question's answer, if anything.
pub(crate) fn why(question: &QuestionOutcome) -> Option<Bilingual> {
    let withheld = question.abstained || question.refused_by.is_some();
    let missed = question.missed_facts.join("; ");
    match question {
        QuestionOutcome { error: Some(error), .. } => {
            told(format!("오류: {error}"), format!("error: {error}"))
        }
        QuestionOutcome { leaked, .. } if !leaked.is_empty() => {
            let documents = leaked.join(", ");
            told(
                format!("보아서는 안 되는 사람에게 보였음: {documents}"),
                format!("shown to somebody who must not see it: {documents}"),
            )
        }
        QuestionOutcome { answerable: false, .. } if !withheld => {
            told("문서에 없는데 답했음".into(), "answered, though no document tells".into())
        }
        QuestionOutcome { answerable: false, .. } => None,
        QuestionOutcome { refused_by: Some(rule), .. } => {
            told(format!("규칙 {rule}에 걸림"), format!("stopped by the rule {rule}"))
        }
        _ if withheld => {
            told("문서에 있는데 답하지 못함".into(), "not answered, though a document tells".into())
        }
        _ if question.missed_facts.is_empty() => None,
        _ => told(format!("말하지 않음: {missed}"), format!("not said: {missed}")),
    }
}

/// Errors and leaks first, then answers where none belonged and none where one belonged, then the fewest facts.
pub(crate) fn badness(question: &QuestionOutcome) -> f64 {
    let withheld = question.abstained || question.refused_by.is_some();
    if question.error.is_some() || !question.leaked.is_empty() {
        -2.0
    } else if withheld == question.answerable {
        -1.0
    } else {
        question.values.get(FACT_RECALL).copied().unwrap_or(1.0)
    }
}
