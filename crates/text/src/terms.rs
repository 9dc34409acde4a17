//! From text to the terms it is found by: bigrams of Hangul, words without their particles and endings, and, where
//! there is a dictionary, morphemes.
//!
//! Bigrams are robust against spacing and unknown words, stems and morphemes are precise; their union in one index
//! beats any of them alone and beats fusing two indexes. A term of one kind never equals a term of the other: stems
//! and morphemes carry marks.

use std::ops::Range;
use std::sync::Arc;

use crate::aliases::{LONGEST, korean};
use crate::morphemes::{Dictionary, RULES as MORPHEME_RULES};
use crate::question::asks;
use crate::stem::stem;
use crate::words::{Script, Word, words};

/// Set before stems, so that the word `은행` and the bigram `은행` are weighed apart.
const STEM_MARK: char = '=';

const NAME_WEIGHT: usize = 2;

/// Names the terms that need no dictionary, and the version of their rules.
const RULES: &str = "bigram+stem+alias/2";

/// Makes terms. The same analyser must be used for documents and questions.
///
/// The one that stands by default knows no dictionary.
#[derive(Clone, Debug, Default)]
pub struct Analyser {
    dictionary: Option<Arc<dyn Dictionary>>,
}

impl Analyser {
    /// An analyser that also makes terms of a dictionary's morphemes.
    pub fn with_dictionary(dictionary: Arc<dyn Dictionary>) -> Self {
        Self { dictionary: Some(dictionary) }
    }

    /// Names the analyser, its dictionary and the version of their rules, for an index to remember.
    pub fn identity(&self) -> String {
        match &self.dictionary {
            Some(dictionary) => format!("{RULES} {MORPHEME_RULES} {}", dictionary.identity()),
            None => RULES.to_owned(),
        }
    }

    /// The terms of a text, in order, repeated as often as they occur.
    pub fn terms(&self, text: &str) -> Vec<String> {
        let text = fold(text);
        let mut terms = Vec::with_capacity(text.len() / 2);
        each_word(&text, |_, found| terms.extend(found));
        terms.extend(self.morpheme_terms(&text));
        terms
    }

    /// The terms to look for when `question` is asked: words that only ask are left out, as long as any other is left.
    pub fn question_terms(&self, question: &str) -> Vec<String> {
        let text = fold(question);
        let mut terms = Vec::new();
        each_word(&text, |range, found| {
            let word = &text[range];
            if asks(word) {
                return;
            }
            let is_name = word.chars().all(|c| c.is_ascii_alphabetic());
            let times = if is_name && word.len() > 1 { NAME_WEIGHT } else { 1 };
            for _ in 0..times {
                terms.extend(found.iter().cloned());
            }
        });
        if terms.is_empty() {
            return self.terms(question);
        }
        // Not without those of words that ask: that was measured, and is no better.
        terms.extend(self.morpheme_terms(&text));
        terms
    }

    /// Only the terms that stand for whole words: what coverage of a question is counted in.
    pub fn is_word(&self, term: &str) -> bool {
        term.starts_with(STEM_MARK) || term.chars().all(|c| !is_syllable(c))
    }

    /// The terms of the folded text's morphemes.
    fn morpheme_terms(&self, text: &str) -> impl Iterator<Item = String> {
        let morphemes =
            self.dictionary.iter().flat_map(|known| text.lines().flat_map(|line| known.morphemes(line)));
        morphemes.flat_map(|morpheme| morpheme.terms())
    }
}

/// Calls `each` with where every word of the folded text stands, and the terms that stand for it.
fn each_word(text: &str, mut each: impl FnMut(Range<usize>, Vec<String>)) {
    let runs: Vec<Word> = words(text).collect();
    for (at, word) in runs.iter().enumerate() {
        let run = &text[word.range.clone()];
        let mut terms = Vec::new();
        match word.script {
            Script::Hangul => hangul(run, &mut terms),
            Script::Han => bigrams(run, &mut terms),
            Script::Letters | Script::Digits => {
                terms.push(run.to_owned());
                let previous = at.checked_sub(1).and_then(|before| runs.get(before));
                terms.extend(mixed_name(text, previous, word));
            }
        }
        if word.script == Script::Letters {
            aliases(text, &runs[at..], &mut terms);
        }
        each(word.range.clone(), terms);
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
    use std::sync::Arc;

    use super::Analyser;
    use crate::morphemes::{Dictionary, Morpheme};

    /// Every word is a noun, unless it ends in `다`: then it is a verb.
    #[derive(Debug)]
    struct Words(&'static str);

    impl Dictionary for Words {
        fn identity(&self) -> &str {
            self.0
        }

        fn morphemes(&self, text: &str) -> Vec<Morpheme> {
            let told = |word: &str| match word.strip_suffix('다') {
                Some(stem) => (stem.to_owned(), "VV,*,*,*,*,*,*,*".to_owned()),
                None => (word.to_owned(), "NNG,*,*,*,*,*,*,*".to_owned()),
            };
            let words = text.split_whitespace().map(told);
            words.map(|(surface, feature)| Morpheme { surface, feature }).collect()
        }
    }

    #[test]
    fn a_dictionary_adds_its_morphemes() {
        let with = Analyser::with_dictionary(Arc::new(Words("words/1")));
        let without = Analyser::default();
        let cases = [
            ("은행", "~은행"),
            ("은행\n가다 차", "~은행 ~가다 ~차"),
            ("은행 은행", "~은행 ~은행"),
            ("ＡＢＣ Def", "~abc ~def"),
            ("", ""),
        ];
        for (text, added) in cases {
            let mut expected = without.terms(text);
            expected.extend(added.split_whitespace().map(str::to_owned));
            assert_eq!(with.terms(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_identity_tells_the_dictionary() {
        let one = Analyser::with_dictionary(Arc::new(Words("words/1"))).identity();
        let two = Analyser::with_dictionary(Arc::new(Words("words/2"))).identity();
        let none = Analyser::default().identity();
        assert!(one != two && one != none && two != none, "{one} {two} {none}");
        assert!(one.contains("words/1") && one.starts_with(&none), "{one}");
    }

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
            let mut terms = Analyser::default().terms(text);
            let mut wanted: Vec<&str> = expected.split_whitespace().collect();
            terms.sort();
            wanted.sort_unstable();
            assert_eq!(terms, wanted, "{text:?}");
        }
    }
}
