//! From text to the terms it is found by: bigrams of Hangul, and words without their particles and endings.
//!
//! Bigrams are robust against spacing and unknown words, stems are precise; their union in one index beats either
//! alone and beats fusing two indexes. A term of one kind never equals a term of the other: stems carry a mark.

use crate::stem::stem;
use crate::words::{Script, Word, words};

/// Set before stems, so that the word `은행` and the bigram `은행` are weighed apart.
const STEM_MARK: char = '=';

/// Makes terms. The same analyser must be used for documents and questions.
///
/// Morphemes of a dictionary will be a third kind of term here; their presence becomes part of `identity`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Analyser;

impl Analyser {
    /// Names the analyser and the version of its rules, for an index to remember.
    pub fn identity(self) -> &'static str {
        "bigram+stem/1"
    }

    /// The terms of a text, in order, repeated as often as they occur.
    pub fn terms(self, text: &str) -> Vec<String> {
        let text = fold(text);
        let mut terms = Vec::with_capacity(text.len() / 2);
        let mut previous: Option<Word> = None;
        for word in words(&text) {
            let run = &text[word.range.clone()];
            match word.script {
                Script::Hangul => {
                    bigrams(run, &mut terms);
                    terms.push(marked(stem(run)));
                }
                Script::Han => bigrams(run, &mut terms),
                Script::Letters | Script::Digits => {
                    terms.push(run.to_owned());
                    terms.extend(mixed_name(&text, previous.as_ref(), &word));
                }
            }
            previous = Some(word);
        }
        terms
    }

    /// Only the terms that stand for whole words: what coverage of a question is counted in.
    pub fn is_word(self, term: &str) -> bool {
        term.starts_with(STEM_MARK) || term.chars().all(|c| !is_syllable(c))
    }
}

fn marked(stem: &str) -> String {
    let mut term = String::with_capacity(stem.len() + 1);
    term.push(STEM_MARK);
    term.push_str(stem);
    term
}

/// `S3`, `k8s` and `EC2` are one name, although letters and digits are runs of their own.
fn mixed_name(text: &str, previous: Option<&Word>, word: &Word) -> Option<String> {
    let previous = previous.filter(|p| {
        p.range.end == word.range.start && matches!(p.script, Script::Letters | Script::Digits)
    })?;
    Some(text[previous.range.start..word.range.end].to_owned())
}

fn bigrams(run: &str, terms: &mut Vec<String>) {
    let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).collect();
    if starts.len() < 2 {
        terms.push(run.to_owned());
        return;
    }
    for pair in 0..starts.len() - 1 {
        let end = starts.get(pair + 2).copied().unwrap_or(run.len());
        terms.push(run[starts[pair]..end].to_owned());
    }
}

/// Lower case, full-width forms to ASCII. Lengths may change: terms carry no offsets.
pub fn fold(text: &str) -> String {
    let narrow = text.chars().map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        c => c,
    });
    narrow.flat_map(char::to_lowercase).collect()
}

/// Whether the character is a Hangul syllable.
pub fn is_syllable(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::Analyser;

    #[test]
    fn terms_of() {
        let cases = [
            ("케이뱅크는", "케이 이뱅 뱅크 크는 =케이뱅크"),
            ("차", "차 =차"),
            ("Amazon S3에", "amazon s 3 s3 에 =에"),
            ("ＡＷＳ 2024년", "aws 2024 년 =년"),
            ("k8s", "k 8 k8 8s s"),
            ("人工知能", "人工 工知 知能"),
            ("", ""),
            ("…!?", ""),
        ];
        for (text, expected) in cases {
            let mut terms = Analyser.terms(text);
            let mut wanted: Vec<&str> = expected.split_whitespace().collect();
            terms.sort();
            wanted.sort_unstable();
            assert_eq!(terms, wanted, "{text:?}");
        }
    }
}
