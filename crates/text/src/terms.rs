//! From text to the terms it is found by: bigrams of Hangul, and words without their particles and endings.
//!
//! Bigrams are robust against spacing and unknown words, stems are precise; their union in one index beats either
//! alone and beats fusing two indexes. A term of one kind never equals a term of the other: stems carry a mark.

use crate::aliases::{LONGEST, korean};
use crate::question::asks;
use crate::stem::stem;
use crate::words::{Script, Word, words};

/// Set before stems, so that the word `은행` and the bigram `은행` are weighed apart.
const STEM_MARK: char = '=';

const NAME_WEIGHT: usize = 2;

/// Makes terms. The same analyser must be used for documents and questions.
///
/// Morphemes of a dictionary will be a third kind of term here; their presence becomes part of `identity`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Analyser;

impl Analyser {
    /// Names the analyser and the version of its rules, for an index to remember.
    pub fn identity(self) -> &'static str {
        "bigram+stem+alias/2"
    }

    /// The terms of a text, in order, repeated as often as they occur.
    pub fn terms(self, text: &str) -> Vec<String> {
        let mut terms = Vec::with_capacity(text.len() / 2);
        each_word(text, |_, found| terms.extend(found));
        terms
    }

    /// The terms to look for when `question` is asked: words that only ask are left out, as long as any other is left.
    pub fn question_terms(self, question: &str) -> Vec<String> {
        let mut terms = Vec::new();
        each_word(question, |word, found| {
            if !asks(word) {
                let is_name = word.chars().all(|c| c.is_ascii_alphabetic());
                let times = if is_name && word.len() > 1 { NAME_WEIGHT } else { 1 };
                for _ in 0..times {
                    terms.extend(found.iter().cloned());
                }
            }
        });
        if terms.is_empty() { self.terms(question) } else { terms }
    }

    /// Only the terms that stand for whole words: what coverage of a question is counted in.
    pub fn is_word(self, term: &str) -> bool {
        term.starts_with(STEM_MARK) || term.chars().all(|c| !is_syllable(c))
    }
}

/// Calls `each` with every word of the text, in lower case, and the terms that stand for it.
fn each_word(text: &str, mut each: impl FnMut(&str, Vec<String>)) {
    let text = fold(text);
    let runs: Vec<Word> = words(&text).collect();
    for (at, word) in runs.iter().enumerate() {
        let run = &text[word.range.clone()];
        let mut terms = Vec::new();
        match word.script {
            Script::Hangul => hangul(run, &mut terms),
            Script::Han => bigrams(run, &mut terms),
            Script::Letters | Script::Digits => {
                terms.push(run.to_owned());
                let previous = at.checked_sub(1).and_then(|before| runs.get(before));
                terms.extend(mixed_name(&text, previous, word));
            }
        }
        if word.script == Script::Letters {
            aliases(&text, &runs[at..], &mut terms);
        }
        each(run, terms);
    }
}

fn hangul(run: &str, terms: &mut Vec<String>) {
    bigrams(run, terms);
    terms.push(marked(stem(run)));
}

/// English is also found by its Korean name, so that `Kubernetes` and `쿠버네티스` meet; the longest form counts.
fn aliases(text: &str, runs: &[Word], terms: &mut Vec<String>) {
    for length in (1..=LONGEST.min(runs.len())).rev() {
        let form = &text[runs[0].range.start..runs[length - 1].range.end];
        let names = korean(form);
        for name in names.iter().flat_map(|name| name.split(' ')) {
            hangul(name, terms);
        }
        if !names.is_empty() {
            return;
        }
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
            ("Zebra S3에", "zebra s 3 s3 에 =에"),
            ("ＡＢＣ 2024년", "abc 2024 년 =년"),
            ("x8s", "x 8 x8 8s s"),
            ("Lambdas", "lambdas 람다 =람다"),
            ("Golden Signals", "golden signals 골든 =골든 시그 그널 =시그널 시그 그널 =시그널"),
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
