//! What a question's words were meant to be, by the words that the index has.
//!
//! A misspelt name, words run together and letters spelled out in Hangul find nothing: `케이뱅그`, `클라우드전환일정`, `엔에프씨`.
//! Only a word that no readable passage has is put right, and only into words that one has: what the asker may not read
//! never speaks from a correction.

use std::collections::{BTreeMap, BTreeSet};

use siren_domain::Mended;
use siren_domain::ports::{PassageStore, StoreError, StoreQuery};
use siren_text::keyboard::other_keyboard;
use siren_text::lemma::lemmas;
use siren_text::question::Asking;
use siren_text::slips::{Slip, slips};
use siren_text::spelled::spelled;
use siren_text::terms::{fold, is_syllable, stem};
use siren_text::words::{Script, words};

use super::aliases::Aliases;
use super::spacing::{is_asking, joined, pieces_of, split};

/// Words of a question that are looked at: a text that has more of them unknown is no question to this index.
const MOST: usize = 4;
/// Syllables from which a word may be any slip of the one that was typed; one syllable less must sound alike, and two
/// syllables must be a name: short words have too many neighbours.
const LONG: usize = 4;
const SHORT: usize = 2;
/// Latin letters of the shortest word that is put right.
const LATIN: usize = 5;
/// The same of one that was typed as Hangul: two keys are as soon a syllable, `sk` and `나`.
const TYPED: usize = 4;
/// Syllables of the shortest run that may be several words.
const RUN: usize = 6;

/// Puts the words of a question right.
pub(crate) struct Mending<'a> {
    pub(crate) store: &'a dyn PassageStore,
    pub(crate) groups: &'a [String],
    /// Words of names, of which two syllables are enough.
    pub(crate) names: &'a BTreeMap<String, Vec<usize>>,
}

/// A word that no passage has.
struct Unknown {
    /// Where it stands in the question.
    at: std::ops::Range<usize>,
    word: String,
    script: Script,
}

/// The idf of each term that the index knows.
type Vocabulary = BTreeMap<String, f32>;

impl Mending<'_> {
    /// The question with its words put right, and which they were.
    pub(crate) async fn mended(&self, question: &str) -> Result<(String, Vec<Mended>), StoreError> {
        let mut said = joined(question);
        let mut told = Vec::new();
        if said != question {
            told.push(Mended { typed: question.to_owned(), meant: said.clone() });
        }
        let unknown = self.unknown(&said).await?;
        for one in unknown.into_iter().rev() {
            if let Some(meant) = self.meant(&one).await? {
                let typed = said[one.at.clone()].to_owned();
                said.replace_range(one.at, &meant);
                told.push(Mended { typed, meant });
            }
        }
        told.reverse();
        Ok((said, told))
    }

    /// The question with each name that the index does not have in its place of another name of the same thing that it
    /// has.
    pub(crate) async fn by_other_names(
        &self,
        question: &str,
        aliases: &Aliases,
    ) -> Result<(String, Vec<Mended>), StoreError> {
        let (mut said, mut told) = (question.to_owned(), Vec::new());
        for (range, others) in aliases.met(question).into_iter().rev() {
            let typed = &question[range.clone()];
            if self.has_all(typed).await? {
                continue;
            }
            for other in others {
                if self.has_all(other).await? {
                    told.push(Mended { typed: typed.to_owned(), meant: other.to_owned() });
                    said.replace_range(range, other);
                    break;
                }
            }
        }
        told.reverse();
        Ok((said, told))
    }

    /// Whether the asker may read passages with each word of a name.
    pub(crate) async fn has_all(&self, name: &str) -> Result<bool, StoreError> {
        let runs = words(name).filter(|run| run.script != Script::Digits);
        for run in runs {
            let unknown = Unknown { word: fold(&name[run.range.clone()]), at: run.range, script: run.script };
            let mut there = false;
            for term in terms_of(&unknown) {
                there = there || self.may_read(term).await?;
            }
            if !there {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn known(&self, terms: Vec<String>) -> Result<Vocabulary, StoreError> {
        if terms.is_empty() {
            return Ok(Vocabulary::new());
        }
        let query = StoreQuery { terms, groups: self.groups.to_vec(), ..StoreQuery::default() };
        let weights = self.store.search(&query).await?.terms.into_iter();
        Ok(weights.filter(|weight| weight.known).map(|weight| (weight.term, weight.idf)).collect())
    }

    /// Whether the asker may read a passage with the term.
    async fn may_read(&self, term: String) -> Result<bool, StoreError> {
        let groups = self.groups.to_vec();
        let query = StoreQuery { terms: vec![term], groups, n_candidates: 1, ..StoreQuery::default() };
        Ok(!self.store.search(&query).await?.hits.is_empty())
    }

    async fn unknown(&self, question: &str) -> Result<Vec<Unknown>, StoreError> {
        let looked_at = |script| matches!(script, Script::Hangul | Script::Letters);
        let runs = words(question).filter(|word| looked_at(word.script));
        let runs = runs.map(|run| Unknown {
            word: fold(&question[run.range.clone()]),
            at: run.range,
            script: run.script,
        });
        let asking = Asking::of(question);
        let runs: Vec<Unknown> = runs.filter(|run| !asking.asks(&run.word)).collect();
        let known = self.known(runs.iter().flat_map(terms_of).collect()).await?;
        let is_unknown = |run: &Unknown| !terms_of(run).iter().any(|term| known.contains_key(term));
        Ok(runs.into_iter().filter(is_unknown).take(MOST).collect())
    }

    async fn meant(&self, unknown: &Unknown) -> Result<Option<String>, StoreError> {
        if let Some(meant) = self.by_keyboard(unknown).await? {
            return Ok(Some(meant));
        }
        if unknown.script == Script::Letters {
            return self.by_latin_slip(&unknown.word).await;
        }
        if let Some(meant) = self.by_letters(&unknown.word).await? {
            return Ok(Some(meant));
        }
        if let Some(meant) = self.by_slip(&unknown.word).await? {
            return Ok(Some(meant));
        }
        self.by_spaces(&unknown.word).await
    }

    /// A word that was typed on the keyboard of the other language: `스메는` is `tmap는`.
    async fn by_keyboard(&self, unknown: &Unknown) -> Result<Option<String>, StoreError> {
        let is_latin = unknown.script == Script::Letters;
        let script = if is_latin { Script::Hangul } else { Script::Letters };
        let forms = if is_latin { vec![unknown.word.clone()] } else { lemmas(&unknown.word).forms };
        for form in forms {
            let Some(ending) = unknown.word.strip_prefix(form.as_str()) else { continue };
            let Some(word) = other_keyboard(&form).filter(|word| is_latin || word.len() >= TYPED) else {
                continue;
            };
            let there = Unknown { word, at: unknown.at.clone(), script };
            for term in terms_of(&there) {
                if self.may_read(term).await? {
                    return Ok(Some(format!("{}{ending}", there.word)));
                }
            }
        }
        Ok(None)
    }

    /// Letters that were spelled out.
    async fn by_letters(&self, word: &str) -> Result<Option<String>, StoreError> {
        for (letters, rest) in spelled(word) {
            if self.may_read(letters.clone()).await? {
                return Ok(Some(format!("{}{rest}", letters.to_uppercase())));
            }
        }
        Ok(None)
    }

    async fn by_latin_slip(&self, word: &str) -> Result<Option<String>, StoreError> {
        if word.len() < LATIN || !word.bytes().all(|b| b.is_ascii_lowercase()) {
            return Ok(None);
        }
        let slips = slips(word);
        let known = self.known(slips.iter().map(|slip| slip.word.clone()).collect()).await?;
        self.likeliest(&slips, &|slip| slip.word.clone(), &known).await
    }

    async fn by_slip(&self, word: &str) -> Result<Option<String>, StoreError> {
        for form in lemmas(word).forms.iter().rev() {
            // What is put right is the beginning of the word; its ending stays.
            let Some(ending) = word.strip_prefix(form.as_str()) else { continue };
            let syllables = form.chars().count();
            let (alike, other): (Vec<Slip>, Vec<Slip>) =
                slips(form).into_iter().partition(|slip| slip.sounds_alike);
            let may_be = |slip: &Slip| syllables > SHORT || self.names.contains_key(&slip.word);
            for mut slips in [alike, other] {
                slips.retain(|slip| {
                    may_be(slip)
                        && (slip.sounds_alike || syllables >= LONG || self.names.contains_key(&slip.word))
                });
                // Two words that are known side by side are no slip of a third.
                if slips.iter().any(|slip| !slip.sounds_alike) && self.is_compound(form).await? {
                    continue;
                }
                let known = self.known(slips.iter().map(|slip| stem(&slip.word)).collect()).await?;
                if let Some(meant) = self.likeliest(&slips, &|slip| stem(&slip.word), &known).await? {
                    return Ok(Some(format!("{meant}{ending}")));
                }
            }
        }
        Ok(None)
    }

    /// The slip into the word that most passages have.
    async fn likeliest(
        &self,
        slips: &[Slip],
        term: &(dyn Fn(&Slip) -> String + Sync),
        known: &Vocabulary,
    ) -> Result<Option<String>, StoreError> {
        let mut there: Vec<(&Slip, f32)> =
            slips.iter().filter_map(|slip| Some((slip, *known.get(&term(slip))?))).collect();
        there.sort_by(|(a, x), (b, y)| x.total_cmp(y).then_with(|| a.word.cmp(&b.word)));
        for (slip, _) in there {
            if self.may_read(term(slip)).await? {
                return Ok(Some(slip.word.clone()));
            }
        }
        Ok(None)
    }

    /// Whether the word is nothing but words that the index knows.
    async fn is_compound(&self, word: &str) -> Result<bool, StoreError> {
        let known = self.known(pieces_of(word).iter().map(|piece| stem(piece)).collect()).await?;
        let found = split(word, &|piece| known.contains_key(&stem(piece)));
        Ok(found.is_some_and(|pieces| pieces.concat() == word))
    }

    async fn by_spaces(&self, word: &str) -> Result<Option<String>, StoreError> {
        if word.chars().count() < RUN {
            return Ok(None);
        }
        let pieces = pieces_of(word);
        let known = self.known(pieces.iter().map(|piece| stem(piece)).collect()).await?;
        let mut readable: BTreeSet<&str> = BTreeSet::new();
        let there = |piece: &str| known.contains_key(&stem(piece));
        let Some(first) = split(word, &there) else { return Ok(None) };
        for piece in &first {
            if is_asking(piece) || self.may_read(stem(piece)).await? {
                readable.insert(piece);
            }
        }
        Ok(spaced(word, &readable))
    }
}

/// The word with a space before each of its pieces but the first.
fn spaced(word: &str, pieces: &BTreeSet<&str>) -> Option<String> {
    let found = split(word, &|piece| pieces.contains(piece))?;
    let mut out = word.to_owned();
    let mut at = 0;
    for piece in found {
        let start = at + out[at..].find(&piece)?;
        at = start + piece.len();
        if start > 0 {
            out.insert(start, ' ');
            at += 1;
        }
    }
    Some(out)
}

/// What stands in an index for a word of a question.
fn terms_of(run: &Unknown) -> Vec<String> {
    match run.script {
        Script::Letters => {
            let korean = siren_text::aliases::korean(&run.word).iter().flat_map(|name| name.split(' '));
            std::iter::once(run.word.clone()).chain(korean.map(stem)).collect()
        }
        _ => lemmas(&run.word).forms.iter().map(|form| stem(form)).collect(),
    }
}

/// The words that names are made of, in Hangul and lower case.
pub(crate) fn words_of_names<'n>(names: impl Iterator<Item = &'n str>) -> BTreeSet<String> {
    let of = |name: &str| {
        let name = fold(name);
        let runs: Vec<String> = words(&name).map(|word| name[word.range].to_owned()).collect();
        runs
    };
    names.flat_map(of).filter(|word| word.chars().count() >= SHORT && word.chars().all(is_syllable)).collect()
}
