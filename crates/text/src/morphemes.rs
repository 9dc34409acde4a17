//! Which parts of a dictionary's segmentation carry meaning.
//!
//! The dictionary itself lies on a disk, so it is a role here and an adapter elsewhere. What comes back is told as
//! mecab-ko-dic tells it: `part of speech,meaning,final consonant,reading,type,first,last,expression`.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use siren_domain::ports::Terms;

use crate::memo::Memo;

/// Version of the choice made here, for an index to remember.
pub(crate) const RULES: &str = "morpheme/2";
/// Set before morphemes, so that they are weighed apart from bigrams and stems.
pub(crate) const MARK: char = '~';
/// Verbs and adjectives end so, lest `가다` meet the noun `가`.
const VERB_END: char = '다';

/// A piece of a text and what a dictionary says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Morpheme {
    /// Its letters, as they stand in the text.
    pub surface: String,
    /// What the dictionary says, in the form of mecab-ko-dic.
    pub feature: String,
}

/// Cuts Korean text into morphemes.
pub trait Dictionary: fmt::Debug + Send + Sync {
    /// Its name and version.
    fn identity(&self) -> &str;

    /// The morphemes of a text in order; spaces are no morphemes.
    fn morphemes(&self, text: &str) -> Vec<Morpheme>;
}

/// A dictionary, asked word by word: a word has the same morphemes wherever it stands, in a document as in a question.
#[derive(Clone, Debug)]
pub(crate) struct Morphemes {
    dictionary: Arc<dyn Dictionary>,
    /// Tells it from every other one of this process.
    number: u64,
}

thread_local! {
    /// The terms of words, with the number of the dictionary that told them.
    static TOLD: RefCell<(u64, Memo<Terms>)> = RefCell::default();
}

impl Morphemes {
    pub(crate) fn new(dictionary: Arc<dyn Dictionary>) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        Self { dictionary, number: NUMBERS.fetch_add(1, Ordering::Relaxed) }
    }

    pub(crate) fn identity(&self) -> &str {
        self.dictionary.identity()
    }

    /// Adds the terms of a text's words, in order.
    pub(crate) fn tell(&self, text: &str, terms: &mut Terms) {
        TOLD.with_borrow_mut(|(number, memo)| {
            if *number != self.number {
                (*number, *memo) = (self.number, Memo::default());
            }
            for word in text.split_whitespace() {
                let told = memo.get(word, || self.terms(word));
                terms.push_joined(told.joined(), told.len());
            }
        });
    }

    fn terms(&self, word: &str) -> Terms {
        self.dictionary.morphemes(word).iter().flat_map(Morpheme::terms).collect()
    }
}

impl Morpheme {
    /// The terms that it is found by: content words, stems of verbs, a compound and what it is made of. None for
    /// particles, endings and signs.
    pub(crate) fn terms(&self) -> Vec<String> {
        let mut columns = self.feature.split(',');
        let tag = columns.next().unwrap_or_default();
        let kind = columns.nth(3).unwrap_or_default();
        let expression = columns.nth(2).filter(|parts| *parts != "*");
        let mut out = Vec::new();
        if kind != "Inflect" {
            out.extend(term(&self.surface, tag.split('+').next().unwrap_or_default()));
        }
        for part in expression.into_iter().flat_map(|parts| parts.split('+')) {
            let mut fields = part.split('/');
            let (form, tag) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
            out.extend(term(form, tag));
        }
        out
    }
}

fn term(form: &str, tag: &str) -> Option<String> {
    let is_verb = matches!(tag, "VV" | "VA");
    let is_content =
        is_verb || matches!(tag, "NNG" | "NNP" | "NR" | "NP" | "XR" | "MAG" | "SL" | "SN" | "SH");
    // What no dictionary knows is called a noun, whatever it is.
    let is_word = form.chars().next().is_some_and(char::is_alphanumeric);
    if !is_content || !is_word {
        return None;
    }
    let mut out = String::with_capacity(form.len() + 4);
    out.push(MARK);
    out.push_str(form);
    if is_verb {
        out.push(VERB_END);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::Morpheme;

    #[test]
    fn what_a_morpheme_is_found_by() {
        let cases: [(&str, &str, &[&str]); 10] = [
            ("은행", "NNG,*,T,은행,*,*,*,*", &["~은행"]),
            ("는", "JX,*,F,는,*,*,*,*", &[]),
            ("가", "VV,*,F,가,*,*,*,*", &["~가다"]),
            ("서울역", "NNP,지명,T,서울역,Compound,*,*,서울/NNP/지명+역/NNG/*", &["~서울역", "~서울", "~역"]),
            ("갔", "VV+EP,*,T,갔,Inflect,VV,EP,가/VV/*+았/EP/*", &["~가다"]),
            ("한", "XSV+ETM,*,T,한,Inflect,XSV,ETM,하/XSV/*+ᆫ/ETM/*", &[]),
            ("k8s", "SL,*,*,*,*,*,*,*", &["~k8s"]),
            ("2024", "SN,*,*,*,*,*,*,*", &["~2024"]),
            ("…", "NNG,*,*,*,*,*,*,*", &[]),
            ("", "", &[]),
        ];
        for (surface, feature, expected) in cases {
            let morpheme = Morpheme { surface: surface.into(), feature: feature.into() };
            assert_eq!(morpheme.terms(), expected, "{surface} {feature}");
        }
    }
}
