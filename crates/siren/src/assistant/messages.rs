//! What the pipeline itself says to an asker, in the asker's language.

use siren_domain::record::Side;
use siren_domain::{Conflict, Passage};

use crate::output::answer::place;

/// The asker's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Korean,
    English,
}

impl Language {
    /// Korean as soon as there is Hangul: questions in Korean are full of English names.
    pub(super) fn of(text: &str) -> Self {
        if text.chars().any(siren_text::terms::is_syllable) { Self::Korean } else { Self::English }
    }
}

/// The honest answer when the passages do not tell, with what comes nearest.
pub(super) fn not_found(language: Language, nearest: &[&Passage]) -> String {
    let (sorry, near) = match language {
        Language::Korean => {
            ("찾지 못했습니다. 색인된 문서에는 이 질문의 답이 없습니다.", "가장 가까운 문서:")
        }
        Language::English => {
            ("Not found. The indexed documents do not answer this question.", "Nearest documents:")
        }
    };
    if nearest.is_empty() {
        return sorry.to_owned();
    }
    let lines = nearest.iter().map(|passage| {
        let chunk = &passage.chunk;
        let date = chunk.document.date.map_or_else(String::new, |date| format!(" ({date})"));
        format!("• {}{date} - {}", chunk.document.title, place(&chunk.locator(0..0)))
    });
    format!("{sorry}\n\n{near}\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// A source says otherwise; how old each of them is.
pub(super) fn differs(language: Language, conflict: &Conflict) -> String {
    let (right, wrong) = conflict.sides();
    let age =
        |side: &Side, unknown: &str| side.date.map_or_else(|| unknown.to_owned(), |date| date.to_string());
    match language {
        Language::Korean => {
            let age = |side: &Side| age(side, "날짜 모름");
            format!(
                "※ 자료가 서로 다릅니다. ‘{}’({})에는 ‘{}’, 기준으로 삼은 ‘{}’({})에는 ‘{}’라고 적혀 있습니다.",
                wrong.title,
                age(wrong),
                wrong.text,
                right.title,
                age(right),
                right.text
            )
        }
        Language::English => {
            let age = |side: &Side| age(side, "undated");
            format!(
                "Note: the sources differ. “{}” ({}) says “{}”; “{}” ({}), which counts here, says “{}”.",
                wrong.title,
                age(wrong),
                wrong.text,
                right.title,
                age(right),
                right.text
            )
        }
    }
}

/// The configured model failed before it said anything.
pub(super) fn model_failed(language: Language) -> String {
    match language {
        Language::Korean => "언어 모델이 응답하지 않아 문서의 문장을 그대로 인용했습니다.",
        Language::English => "The language model did not answer; these are the documents' own sentences.",
    }
    .to_owned()
}

/// The configured model failed half-way.
pub(super) fn model_broke_off(language: Language) -> String {
    match language {
        Language::Korean => "언어 모델의 응답이 중간에 끊겼습니다. 답이 완전하지 않을 수 있습니다.",
        Language::English => "The language model broke off; the answer may be incomplete.",
    }
    .to_owned()
}

/// Sentences were left out because no passage supports them.
pub(super) fn left_out(language: Language, sentences: usize) -> String {
    match language {
        Language::Korean => format!("근거를 찾지 못한 문장 {sentences}개를 답에서 뺐습니다."),
        Language::English => format!("{sentences} sentence(s) that no passage supports were left out."),
    }
}

/// Nothing is known of the years that were asked about.
pub(super) fn other_years(language: Language) -> String {
    match language {
        Language::Korean => "물어본 해의 문서가 없어 다른 해의 문서에서 찾은 답입니다.",
        Language::English => {
            "No document is about the year asked for; this is from documents of other years."
        }
    }
    .to_owned()
}

/// Sentences were left out because a rule forbids them.
pub(super) fn withheld(language: Language, sentences: usize) -> String {
    match language {
        Language::Korean => format!("보여 드릴 수 없는 문장 {sentences}개를 답에서 뺐습니다."),
        Language::English => format!("{sentences} sentence(s) that must not be shown were left out."),
    }
}

/// Documents held instructions for a model.
pub(super) fn defused(language: Language, documents: &[String]) -> String {
    let documents = documents.join(", ");
    match language {
        Language::Korean => format!("문서에 숨겨진 지시문을 지우고 답했습니다: {documents}"),
        Language::English => format!("Instructions hidden in documents were taken out: {documents}"),
    }
}
