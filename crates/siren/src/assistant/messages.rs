//! What the pipeline itself says to an asker, in the asker's language.

use siren_domain::record::Side;
use siren_domain::{Attempt, Conflict, Outcome, Passage};

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

/// Nothing is known of what the question names.
pub(super) fn absent(language: Language, names: &[String]) -> String {
    let quoted = |open: char, close: char| {
        names.iter().map(|name| format!("{open}{name}{close}")).collect::<Vec<_>>().join(", ")
    };
    match language {
        Language::Korean => format!("{}에 관한 문서가 없습니다.", quoted('‘', '’')),
        Language::English => format!("No document is about {}.", quoted('“', '”')),
    }
}

/// The honest answer when the passages do not tell, with what comes nearest.
pub(super) fn not_found(language: Language, names: &[String], nearest: &[Passage]) -> String {
    let (sorry, near) = match language {
        Language::Korean => {
            ("찾지 못했습니다. 색인된 문서에는 이 질문의 답이 없습니다.", "가장 가까운 문서:")
        }
        Language::English => {
            ("Not found. The indexed documents do not answer this question.", "Nearest documents:")
        }
    };
    let sorry = match names {
        [] => sorry.to_owned(),
        names => format!("{sorry} {}", absent(language, names)),
    };
    if nearest.is_empty() {
        return sorry;
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

/// What became of the models that were asked before the one whose words are shown, a sentence each.
pub(super) fn fallbacks(language: Language, attempts: &[Attempt], found: bool) -> Vec<String> {
    let told = attempts.windows(2).filter_map(|pair| {
        let next = match pair[1].model.as_str() {
            siren_adapters::extractive::NAME if found => Next::Quotes,
            siren_adapters::extractive::NAME => Next::Nothing,
            model => Next::Model(model),
        };
        fallback(language, &pair[0], &next)
    });
    told.collect()
}

/// What came after a model that gave no answer.
enum Next<'m> {
    Model(&'m str),
    /// The documents were quoted.
    Quotes,
    /// The documents' sentences do not answer.
    Nothing,
}

fn fallback(language: Language, attempt: &Attempt, next: &Next<'_>) -> Option<String> {
    let why = match (language, attempt.outcome) {
        (Language::Korean, Outcome::Failed | Outcome::BrokeOff) => "언어 모델이 응답하지 않아",
        (Language::Korean, Outcome::Unsupported) => "언어 모델의 답을 뒷받침하는 문서가 없어",
        (Language::Korean, Outcome::OverBudget) => "오늘 쓸 수 있는 언어 모델 사용량을 모두 써서",
        (Language::English, Outcome::Failed | Outcome::BrokeOff) => "The language model did not answer",
        (Language::English, Outcome::Unsupported) => "No document supports what the language model said",
        (Language::English, Outcome::OverBudget) => "Today's allowance for language models is spent",
        (_, Outcome::Answered | Outcome::NotFound) => return None,
    };
    let model = &attempt.model;
    Some(match (language, next) {
        (Language::Korean, Next::Quotes) => format!("{why} 문서의 문장을 그대로 인용했습니다."),
        (Language::Korean, Next::Nothing) => format!("{why} 문서의 문장에서 찾았으나 답이 없었습니다."),
        (Language::Korean, Next::Model(next)) => {
            format!("{why} ({model}) 다른 모델에 물었습니다 ({next}).")
        }
        (Language::English, Next::Quotes) => format!("{why}; these are the documents' own sentences."),
        (Language::English, Next::Nothing) => {
            format!("{why}; the documents' own sentences do not answer either.")
        }
        (Language::English, Next::Model(next)) => {
            format!("{why} ({model}); another one was asked ({next}).")
        }
    })
}

/// Stands behind a sentence that no passage supports.
pub(super) fn unsupported_mark(language: Language) -> &'static str {
    match language {
        Language::Korean => "(근거 없음)",
        Language::English => "(no source)",
    }
}

/// The model that says follow-ups anew failed.
pub(super) fn rewriter_failed(language: Language) -> String {
    match language {
        Language::Korean => "이어진 질문을 다듬는 언어 모델이 응답하지 않아 규칙으로 풀이했습니다.",
        Language::English => "The language model that reads follow-ups did not answer; rules read this one.",
    }
    .to_owned()
}

/// The model that judges sentences failed.
pub(super) fn checker_failed(language: Language) -> String {
    match language {
        Language::Korean => "문장을 검증하는 언어 모델이 응답하지 않아 자체 검증만 거쳤습니다.",
        Language::English => {
            "The language model that checks sentences did not answer; only our own check was made."
        }
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

/// Nothing is known of the events that were asked about.
pub(super) fn other_events(language: Language) -> String {
    match language {
        Language::Korean => "물어본 행사의 문서가 없어 다른 문서에서 찾은 답입니다.",
        Language::English => "No document is about the event asked for; this is from other documents.",
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
