//! Which documents state another number in the same words?

use std::collections::BTreeMap;

use siren_domain::{Chunk, Locator, PartialDate};
use siren_text::sentences;

/// Letters that a sentence must have besides its numbers: shorter ones are alike by chance.
const FEWEST: usize = 14;

/// A sentence with numbers.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// Its document, by its place.
    pub(super) document: usize,
    /// How old that is.
    pub(super) date: Option<PartialDate>,
    /// Its numbers.
    pub(super) numbers: String,
    /// The sentence.
    pub(super) text: String,
    /// Where it stands.
    pub(super) locator: Locator,
}

/// Sentences with numbers, by what they are about and their words without the numbers.
#[derive(Debug, Default)]
pub(super) struct Statements(BTreeMap<(String, String), Vec<Statement>>);

impl Statements {
    /// Adds what a chunk states. `about` is what its document is about: sentences on different things may differ.
    pub(super) fn add(&mut self, document: usize, about: &str, chunk: &Chunk) {
        for range in sentences(&chunk.text) {
            let text = chunk.text[range.clone()].trim();
            let Some((words, numbers)) = parted(text) else { continue };
            let (date, text) = (chunk.document.date, text.to_owned());
            let statement = Statement { document, date, numbers, text, locator: chunk.locator(range) };
            self.0.entry((about.to_owned(), words)).or_default().push(statement);
        }
    }

    /// Sentences that differ in their numbers only, in different documents, each with its newest counterpart.
    pub(super) fn differing(self) -> Vec<(Statement, Statement)> {
        let mut found = Vec::new();
        for statements in self.0.into_values() {
            for (at, one) in statements.iter().enumerate() {
                let differs =
                    |other: &&Statement| other.document != one.document && other.numbers != one.numbers;
                let earlier = statements[..at]
                    .iter()
                    .any(|other| other.document == one.document && other.numbers == one.numbers);
                let newest = statements.iter().filter(differs).max_by_key(|other| other.date);
                if let Some(other) = newest.filter(|_| !earlier) {
                    found.push((one.clone(), other.clone()));
                }
            }
        }
        found
    }
}

/// The words without numbers, and the numbers; none where there is no number, or too little else.
fn parted(text: &str) -> Option<(String, String)> {
    let (mut words, mut numbers) = (String::new(), String::new());
    let mut letters = 0;
    let mut in_number = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let goes_on = in_number && matches!(c, '.' | ',') && chars.peek().is_some_and(char::is_ascii_digit);
        if c.is_ascii_digit() || goes_on {
            if !in_number {
                words.push('#');
                numbers.push(' ');
            }
            in_number = true;
            if c != ',' {
                numbers.push(c);
            }
            continue;
        }
        in_number = false;
        if c.is_alphanumeric() {
            letters += 1;
            words.extend(c.to_lowercase());
        }
    }
    (letters >= FEWEST && !numbers.is_empty()).then_some((words, numbers))
}

/// What a document is about: its event, else its title without numbers.
pub(super) fn about(event: Option<&str>, title: &str) -> String {
    let words = event.unwrap_or(title).chars();
    let kept = words.filter(|c| if event.is_some() { c.is_alphanumeric() } else { c.is_alphabetic() });
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::parted;

    #[test]
    fn numbers_are_told_from_words() {
        let cases = [
            (
                "박람회에는 모두 1,200명의 참가자가 다녀갔다.",
                Some(("박람회에는모두#명의참가자가다녀갔다", " 1200")),
            ),
            (
                "행사는 2023.5.16일에 서울에서 성황리에 열렸다",
                Some(("행사는#일에서울에서성황리에열렸다", " 2023.5.16")),
            ),
            ("5명이다.", None),
            ("숫자가 하나도 없는 아주 긴 문장이 여기에 있다.", None),
        ];
        for (text, expected) in cases {
            let found = parted(text);
            let told = found.as_ref().map(|(words, numbers)| (words.as_str(), numbers.as_str()));
            assert_eq!(told, expected, "{text}");
        }
    }
}
