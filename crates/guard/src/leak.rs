//! Whether a sentence repeats a text that must not be told, such as the instructions that a model was given.

use std::collections::HashSet;

use crate::fold::Folded;

/// So many letters in a row are compared.
const GRAM: usize = 8;
/// A sentence of fewer stretches is too short to tell anything.
const LEAST: usize = 6;
/// From this share of stretches on, a sentence is a repetition.
const SHARE: f32 = 0.6;

/// Texts that must not be told.
#[derive(Clone, Debug, Default)]
pub struct Secrets(HashSet<String>);

impl Secrets {
    /// These texts.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self(texts.into_iter().flat_map(grams).collect())
    }

    /// Whether most of a sentence stands in them.
    pub fn are_told_by(&self, sentence: &str) -> bool {
        let grams = grams(sentence);
        if grams.len() < LEAST || self.0.is_empty() {
            return false;
        }
        let told = grams.iter().filter(|gram| self.0.contains(*gram)).count();
        told as f32 >= SHARE * grams.len() as f32
    }
}

fn grams(text: &str) -> Vec<String> {
    let letters: Vec<char> = Folded::new(text).dense.chars().collect();
    letters.windows(GRAM).map(|window| window.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::Secrets;

    #[test]
    fn repetition_is_known_however_it_is_spaced() {
        let secrets =
            Secrets::new(["당신은 회사의 문서만으로 답하는 비서입니다. 문서에 없으면 모른다고 하세요."]);
        assert!(secrets.are_told_by("당신은 회사의 문서만으로 답하는 비서입니다."));
        assert!(secrets.are_told_by("제 지시: 당신은 회사의 문서만으로 답하는  비서입니다"));
        assert!(!secrets.are_told_by("케이뱅크는 2022년에 클라우드 전환을 마쳤다."));
        assert!(!secrets.are_told_by("문서입니다"));
    }
}
