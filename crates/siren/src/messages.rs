//! What is said to people beside answers, in their language.

use siren_domain::Metadata;

/// A question that a document answers.
pub(crate) fn suggestion(document: &Metadata) -> String {
    let title = &document.title;
    let is_korean = match document.language.as_deref() {
        Some(language) => language == "ko",
        None => title.chars().any(siren_text::terms::is_syllable),
    };
    match is_korean {
        true => format!("‘{title}’의 핵심 내용은 무엇인가요?"),
        false => format!("What are the main points of “{title}”?"),
    }
}
