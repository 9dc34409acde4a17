//! From text to the terms it is found by: bigrams of Hangul, words without their particles and endings, and, where
//! there is a dictionary, morphemes.
//!
//! Bigrams are robust against spacing and unknown words, stems and morphemes are precise; their union in one index
//! beats any of them alone and beats fusing two indexes. Pairs of words that follow one another tell a passage that says
//! it from one that has the words. A term of one kind never equals a term of the other: stems, pairs and morphemes carry
//! marks.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use siren_domain::ports::Terms;

use crate::aliases::{LONGEST, korean};
use crate::lemma::lemmas;
use crate::memo::Memo;
use crate::morphemes::{Dictionary, Morphemes, RULES as MORPHEME_RULES};
use crate::question::Asking;
use crate::told::{Draft, Told};
use crate::words::{Script, Word, words};

/// Set before stems, so that the word `은행` and the bigram `은행` are weighed apart.
const STEM_MARK: char = '=';
/// Set before, and between, two words that follow one another.
const PAIR_MARK: char = '+';

/// What counts of each kind of term in a question: so often it is told. Measured, see `docs/retrieval.md`.
const WHOLE_WEIGHT: usize = 4;
const STEM_WEIGHT: usize = 3;
const PAIR_WEIGHT: usize = 2;
/// What an English name counts more than another word.
const NAME_WEIGHT: usize = 2;

/// Bytes of terms that a byte of text becomes, about.
pub const GROWN: usize = 6;

/// Names the terms that need no dictionary, and the version of their rules.
const RULES: &str = "bigram+lemma+pair+alias/5";

/// Makes terms. The same analyser must be used for documents and questions.
///
/// The one that stands by default knows no dictionary.
#[derive(Clone, Debug, Default)]
pub struct Analyser {
    morphemes: Option<Morphemes>,
}

/// A word and the terms that stand for it.
#[derive(Debug)]
struct Analysed<'t> {
    word: &'t str,
    told: Rc<Told>,
}

impl Analyser {
    /// An analyser that also makes terms of a dictionary's morphemes.
    pub fn with_dictionary(dictionary: Arc<dyn Dictionary>) -> Self {
        Self { morphemes: Some(Morphemes::new(dictionary)) }
    }

    /// Names the analyser, its dictionary and the version of their rules, for an index to remember.
    pub fn identity(&self) -> String {
        match &self.morphemes {
            Some(morphemes) => format!("{RULES} {MORPHEME_RULES} {}", morphemes.identity()),
            None => RULES.to_owned(),
        }
    }

    /// The terms of a text, repeated as often as they occur.
    pub fn terms(&self, text: &str) -> Vec<String> {
        let mut terms = Terms::with_capacity(text.len() * GROWN);
        self.tell(text, &mut terms);
        terms.iter().map(str::to_owned).collect()
    }

    /// Adds them to those of a chunk: most words have terms that are copied whole.
    pub fn tell(&self, text: &str, terms: &mut Terms) {
        let text = fold(text);
        let words = analysed(&text);
        each_pair(&words, |pair| terms.push(pair));
        words.iter().for_each(|word| terms.push_joined(word.told.joined(), word.told.len()));
        if let Some(morphemes) = &self.morphemes {
            morphemes.tell(&text, terms);
        }
    }

    /// The same without pairs of words and without a dictionary's: what texts are compared by.
    pub fn single_terms(text: &str) -> Vec<String> {
        let text = fold(text);
        let mut terms = Vec::with_capacity(text.len() / 2);
        each_single(&analysed(&text), |term| terms.push(term.to_owned()));
        terms
    }

    /// The terms to look for when `question` is asked, each as often as it counts: words that only ask are left out, as
    /// long as any other is left, and so is what lies in particles and endings.
    pub fn question_terms(&self, question: &str) -> Vec<String> {
        let text = fold(question);
        let words = analysed(&text);
        let asking = Asking::of(question);
        let mut terms = Vec::new();
        let mut add = |term: &str, times: usize| terms.extend(std::iter::repeat_n(term.to_owned(), times));
        for word in words.iter().filter(|word| !asking.asks(word.word)) {
            let is_name = word.word.len() > 1 && word.word.chars().all(|c| c.is_ascii_alphabetic());
            let times = if is_name { NAME_WEIGHT } else { 1 };
            word.told.telling_parts().for_each(|part| add(part, times * WHOLE_WEIGHT));
            word.told.stems().for_each(|stem| add(stem, times * STEM_WEIGHT));
        }
        if terms.is_empty() {
            return self.terms(question);
        }
        let mut add = |term: &str, times: usize| terms.extend(std::iter::repeat_n(term.to_owned(), times));
        each_pair(&words, |pair| add(pair, PAIR_WEIGHT));
        // Not without those of words that ask: that was measured, and is no better.
        if let Some(morphemes) = &self.morphemes {
            let mut told = Terms::default();
            morphemes.tell(&text, &mut told);
            told.iter().for_each(|morpheme| add(morpheme, WHOLE_WEIGHT));
        }
        terms
    }

    /// Only the terms that stand for whole words: what coverage of a question is counted in.
    pub fn is_word(&self, term: &str) -> bool {
        term.starts_with(STEM_MARK) || term.chars().all(|c| !is_syllable(c) && c != PAIR_MARK)
    }
}

/// A word of a text, by what it can be met by.
#[derive(Debug)]
pub struct WordTerms {
    told: Rc<Told>,
}

impl WordTerms {
    /// Its bigrams without those of particles and endings; of other scripts, the word itself.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.told.telling_parts()
    }

    /// What it is without its endings, and its name in the other language; with their mark.
    pub fn stems(&self) -> impl Iterator<Item = &str> {
        self.told.stems()
    }
}

/// The words of a text in order, each with its terms.
pub fn word_terms(text: &str) -> Vec<WordTerms> {
    analysed(&fold(text)).into_iter().map(|word| WordTerms { told: word.told }).collect()
}

/// The same of a question, and whether each word only asks, or only holds a sentence together.
pub fn question_words(question: &str) -> Vec<(WordTerms, bool)> {
    let asking = Asking::of(question);
    let text = fold(question);
    let words = analysed(&text).into_iter();
    words.map(|word| (WordTerms { told: word.told }, asking.asks(word.word))).collect()
}

fn each_single(words: &[Analysed<'_>], mut each: impl FnMut(&str)) {
    for Analysed { told, .. } in words {
        told.terms().for_each(&mut each);
    }
}

thread_local! {
    /// The terms of Hangul words.
    static HANGUL: RefCell<Memo<Told>> = RefCell::default();
}

/// The words of a folded text.
fn analysed(text: &str) -> Vec<Analysed<'_>> {
    let runs: Vec<Word> = words(text).collect();
    let each = runs.iter().enumerate().map(|(at, run)| {
        let word = &text[run.range.clone()];
        let told = match run.script {
            Script::Hangul => HANGUL.with_borrow_mut(|memo| memo.get(word, || hangul(word))),
            _ => Rc::new(other(text, &runs, at)),
        };
        Analysed { word, told }
    });
    each.collect()
}

/// Words that follow one another.
fn each_pair(words: &[Analysed<'_>], mut each: impl FnMut(&str)) {
    let mut term = String::new();
    for pair in words.windows(2) {
        term.clear();
        for Analysed { told, .. } in pair {
            term.push(PAIR_MARK);
            term.push_str(told.name());
        }
        each(&term);
    }
}

fn hangul(word: &str) -> Told {
    let lemmas = lemmas(word);
    let mut out = Draft::default();
    bigrams(word, |part| out.part(part));
    lemmas.forms.iter().for_each(|form| out.stem(STEM_MARK, form));
    // The bigram in which the ending begins is an ending's as much as the word's.
    out.telling((lemmas.kept - 1).max(1));
    out.told(lemmas.forms.last().map_or("", String::as_str))
}

/// The word at this place among the runs of a text, which is not Hangul.
fn other(text: &str, runs: &[Word], at: usize) -> Told {
    let run = &runs[at];
    let word = &text[run.range.clone()];
    let mut out = Draft::default();
    match run.script {
        Script::Han => bigrams(word, |part| out.part(part)),
        Script::Hangul | Script::Letters | Script::Digits => {
            out.part(word);
            let previous = at.checked_sub(1).and_then(|before| runs.get(before));
            if let Some(name) = mixed_name(text, previous, run) {
                out.part(name);
            }
        }
    }
    if run.script == Script::Letters {
        add_aliases(text, &runs[at..], &mut out);
    }
    out.told(word)
}

/// English is also found by its Korean name, so that `Kubernetes` and `쿠버네티스` meet; the longest form counts.
fn add_aliases(text: &str, runs: &[Word], out: &mut Draft) {
    for length in (1..=LONGEST.min(runs.len())).rev() {
        let Some(form) = form(text, &runs[..length]) else { continue };
        let names = korean(&form);
        for name in names.iter().flat_map(|name| name.split(' ')) {
            bigrams(name, |part| out.part(part));
            lemmas(name).forms.iter().for_each(|form| out.stem(STEM_MARK, form));
        }
        if !names.is_empty() {
            return;
        }
    }
}

/// Words as they stand in the table, with a space between them: `K-Bank` and `Golden\nSignals` are each one name. None
/// where more stands between them than one name has.
fn form<'t>(text: &'t str, runs: &[Word]) -> Option<Cow<'t, str>> {
    let whole = &text[runs.first()?.range.start..runs.last()?.range.end];
    let gaps = || runs.windows(2).map(|pair| &text[pair[0].range.end..pair[1].range.start]);
    if gaps().all(|gap| matches!(gap, "" | " ")) {
        return Some(Cow::Borrowed(whole));
    }
    let joins = |gap: &str| {
        gap.chars().all(|c| c.is_whitespace() || matches!(c, '-' | '\u{2010}' | '\u{2011}'))
            && gap.matches('\n').count() < 2
    };
    let words = || runs.iter().map(|run| &text[run.range.clone()]).collect::<Vec<_>>();
    gaps().all(joins).then(|| Cow::Owned(words().join(" ")))
}

/// What stands for a Hangul word without its endings.
pub fn stem(lemma: &str) -> String {
    let mut term = String::with_capacity(lemma.len() + 1);
    term.push(STEM_MARK);
    term.push_str(lemma);
    term
}

/// `S3`, `k8s` and `EC2` are one name, although letters and digits are runs of their own.
fn mixed_name<'t>(text: &'t str, previous: Option<&Word>, word: &Word) -> Option<&'t str> {
    let previous = previous.filter(|p| {
        p.range.end == word.range.start && matches!(p.script, Script::Letters | Script::Digits)
    })?;
    Some(&text[previous.range.start..word.range.end])
}

/// Shows each two characters that follow one another; one that stands alone as it is.
fn bigrams(run: &str, mut each: impl FnMut(&str)) {
    let mut starts = run.char_indices().map(|(at, _)| at).chain([run.len()]);
    let (mut first, mut second) = (starts.next().unwrap_or_default(), starts.next().unwrap_or_default());
    if second == run.len() {
        each(run);
        return;
    }
    for end in starts {
        each(&run[first..end]);
        (first, second) = (second, end);
    }
}

/// Lower case, full-width forms to ASCII. Lengths may change: terms carry no offsets.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{ff01}'..='\u{ff5e}' => {
                out.extend(char::from_u32(c as u32 - 0xfee0).unwrap_or(c).to_lowercase());
            }
            // Most of a text is one or the other, and neither needs a table.
            _ if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            '가'..='힣' => out.push(c),
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// Whether the character is a Hangul syllable.
pub fn is_syllable(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// Whether the character is a letter or a digit. Most of a text is Hangul or ASCII, and neither needs a table.
pub fn is_alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric() || is_syllable(c) || (!c.is_ascii() && c.is_alphanumeric())
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

    /// However a name is written, it is also found by its Korean one.
    #[test]
    fn names_in_several_words() {
        let cases = [
            ("K bank", "=케이뱅크", true),
            ("K-Bank", "=케이뱅크", true),
            ("k  bank", "=케이뱅크", true),
            ("On-Premises", "=온프레미스", true),
            ("on premises", "=온프레미스", true),
            ("Self‑driving", "=자율주행", true),
            ("Golden\nSignals", "=골든", true),
            ("Golden Signals", "=골든", true),
            ("Golden\n\nSignals", "=골든", false),
            ("K. Bank", "=케이뱅크", false),
            ("k/bank", "=케이뱅크", false),
        ];
        for (text, term, expected) in cases {
            assert_eq!(Analyser::default().terms(text).iter().any(|held| held == term), expected, "{text:?}");
        }
    }

    #[test]
    fn terms_of() {
        let cases = [
            ("케이뱅크는", "케이 이뱅 뱅크 크는 =케이뱅크"),
            ("차", "차 =차"),
            ("배를 고쳤다", "배를 =배 고쳤 쳤다 =고치 +배+고치"),
            ("Zebra S3에", "zebra s 3 s3 에 =에 +zebra+s +s+3 +3+에"),
            ("ＡＢＣ 2024년", "abc 2024 년 =년 +abc+2024 +2024+년"),
            ("x8s", "x 8 x8 8s s +x+8 +8+s"),
            ("Lambdas", "lambdas 람다 =람다 =람"),
            (
                "Golden Signals",
                "golden signals 골든 =골든 =골드 시그 그널 =시그널 시그 그널 =시그널 +golden+signals",
            ),
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

    /// What is asked: without words that only ask, without endings, each term as often as it counts.
    #[test]
    fn terms_of_a_question() {
        let cases = [
            ("이사는 언제 끝났나요?", "이사x4 =이사x3 끝났x4 =끝나x3 +이사+언제x2 +언제+끝나x2"),
            ("Kafka란?", "kafkax8 란x4 =란x3 +kafka+란x2"),
            ("IT는 왜?", "itx8 +it+는x2 +는+왜x2"),
            ("언제?", "언제x1 =언제x1"),
        ];
        for (question, expected) in cases {
            let terms = Analyser::default().question_terms(question);
            let mut told: Vec<String> = Vec::new();
            for term in &terms {
                let times = terms.iter().filter(|other| *other == term).count();
                let told_as = format!("{term}x{times}");
                if !told.contains(&told_as) {
                    told.push(told_as);
                }
            }
            assert_eq!(told.join(" "), expected, "{question}");
        }
    }
}
