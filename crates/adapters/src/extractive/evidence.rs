//! How much of a question a text speaks of.

use std::collections::{BTreeMap, BTreeSet};

use siren_domain::ports::TermWeight;
use siren_domain::{Confidence, Passage};
use siren_text::kinds::{self, Kind};
use siren_text::question::Asking;
use siren_text::terms::{fold, is_syllable};
use siren_text::words::{Script, words};
use siren_text::{Analyser, sentences};

use super::cues::{Pointer, Wanted, is_predicate, names_a_list, points_at};

/// What a word that only says "was", "finished" or "tell me" counts against one that names something.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Whether there is an answer: other verbs often say the same.
    Whether,
    /// Which sentence is it: of those about the same thing, the one that says what is asked.
    Which,
}

impl Purpose {
    fn predicate_weight(self) -> f32 {
        match self {
            Self::Whether => 0.2,
            Self::Which => 1.0,
        }
    }
}

/// The question, word by word, those that only ask left out.
#[derive(Debug)]
pub(super) struct Asked {
    words: Vec<AskedWord>,
}

/// A word of the question: found as a whole (in either language), or in part by its bigrams.
#[derive(Debug)]
struct AskedWord {
    wholes: Vec<String>,
    parts: Vec<(String, f32)>,
    weight: f32,
    /// Whether any chunk of the index has it as a whole.
    known: bool,
    /// Whether it names what is asked for: `비용` in `비용이 얼마`, `모델` in `어떤 모델`.
    target: bool,
}

/// What a word of an English question counts that no table translates and no document has: Korean documents say it in words
/// that cannot be compared. Names are written alike in both languages and count in full.
const UNTRANSLATED: f32 = 0.2;

/// What a word loses of its weight that all the passages speak of.
const SHARED: f32 = 0.4;

/// The terms of a text.
pub(super) type Terms = BTreeSet<String>;

impl Asked {
    pub(super) fn new(question: &str, weights: &[TermWeight], purpose: Purpose) -> Self {
        let weights: BTreeMap<&str, &TermWeight> =
            weights.iter().map(|weight| (weight.term.as_str(), weight)).collect();
        let is_korean = question.chars().any(is_syllable);
        let asking = Asking::of(question);
        let mut words_of: Vec<AskedWord> = Vec::new();
        let mut next_is_target = false;
        for word in words(question) {
            let written = &question[word.range.clone()];
            let run = &fold(written);
            let pointed_at = std::mem::take(&mut next_is_target);
            match points_at(run) {
                Pointer::Before => {
                    if let Some(word) = words_of.last_mut() {
                        word.target = true;
                    }
                }
                Pointer::Behind => next_is_target = true,
                Pointer::Nowhere => {}
            }
            if asking.asks(run) {
                continue;
            }
            if let Some(mut asked) = AskedWord::new(run, word.script == Script::Hangul, &weights, purpose) {
                let is_name = written.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
                if !is_korean && !is_name && !asked.known {
                    asked.weight *= UNTRANSLATED;
                }
                // Who asks for the `위치` finds the text that says `장소는`.
                if !asked.known
                    && kinds::asked(run).iter().any(|kind| !matches!(kind, Kind::Person | Kind::Reason))
                {
                    continue;
                }
                asked.target = pointed_at && !is_predicate(run) && !names_a_list(run);
                // What nobody knows, said again, is not missing twice.
                if asked.known || words_of.iter().all(|other| other.wholes != asked.wholes) {
                    words_of.push(asked);
                }
            }
        }
        Self { words: words_of }
    }

    /// The same for telling these passages apart: what several of them speak of weighs less.
    pub(super) fn among(mut self, passages: &[Passage]) -> Self {
        let spoken: Vec<Terms> = passages.iter().map(spoken).collect();
        for word in &mut self.words {
            let all: f32 = spoken.iter().map(|terms| word.presence(terms)).sum();
            #[expect(clippy::cast_precision_loss, reason = "a few passages")]
            let others = (all - 1.0).max(0.0) / spoken.len().saturating_sub(1).max(1) as f32;
            word.weight *= 1.0 - SHARED * others;
        }
        self
    }

    /// The share of the question, by weight, that `terms` speak of; what only `around` speaks of counts `partly`.
    pub(super) fn coverage(&self, terms: &Terms, around: &Terms, partly: f32) -> f32 {
        let total: f32 = self.words.iter().map(|word| word.weight).sum();
        let told = self.words.iter().map(|word| {
            let presence = word.presence(terms).max(partly * word.presence(around));
            word.weight * presence
        });
        if total > 0.0 { told.sum::<f32>() / total } else { 0.0 }
    }
}

/// What speaks for an answer being in the passages, and what against it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Evidence {
    /// The share of the question that the best passage speaks of.
    pub(super) coverage: f32,
    /// The second passage's score against the first one's: near 1, nothing stands out.
    pub(super) rival_score: f32,
    /// Whether the likeliest sentence has what the question wants: a date for "when", people counted for "how many people".
    pub(super) fitting: bool,
    /// Whether no sentence at all has it.
    pub(super) unfit: bool,
    /// How much of the question the likeliest sentence speaks of that has it.
    pub(super) told: f32,
    /// How long the question is, as a share of [`LONG`] words that say something.
    pub(super) length: f32,
    /// Whether the question names what is asked for.
    pub(super) names_target: bool,
    /// Whether the question names something that nothing is known of.
    pub(super) absent: bool,
}

/// Words from which on a question is long.
const LONG: usize = 8;

/// Of a question about something else, passages speak of less than this.
const LEAST_COVERAGE: f32 = 0.25;
/// Stands for a rival's share where there is none.
const NO_RIVAL: f32 = 0.3;

impl Evidence {
    /// How surely the passages answer the question. What it names and nobody tells of is not found, whatever else the
    /// passages speak of. The weights are round numbers chosen on the project's own suites, with and without the documents
    /// that answer; see `docs/retrieval.md`.
    pub(super) fn confidence(self) -> f32 {
        if self.absent || self.coverage < LEAST_COVERAGE {
            return 0.0;
        }
        let if_so = |so: bool, weight: f32| if so { weight } else { 0.0 };
        let mut sum = 3.0 * self.coverage - self.rival_score + 0.4 * self.told + 1.5 * self.length - 1.6;
        sum += if_so(self.fitting, 0.6) - if_so(self.unfit, 1.2) - if_so(self.names_target, 0.6);
        1.0 / (1.0 + (-sum).exp())
    }

    /// The same for a person, with what it is judged by.
    pub(super) fn told(self, question: &str, needed: f32) -> Confidence {
        let if_so = |so: bool| if so { 1.0 } else { 0.0 };
        let features = [
            ("coverage", self.coverage),
            ("rival_score", self.rival_score),
            ("fitting", if_so(self.fitting)),
            ("unfit", if_so(self.unfit)),
            ("told", self.told),
            ("length", self.length),
            ("names_target", if_so(self.names_target)),
            ("absent", if_so(self.absent)),
        ];
        let (question, confidence) = (question.to_owned(), self.confidence());
        Confidence { question, confidence, needed, features: features.into() }
    }
}

/// What the passages, best first, have to say to the question.
pub(super) fn evidence(asked: &Asked, wanted: &Wanted, passages: &[Passage]) -> Evidence {
    let covered = passages.iter().map(|passage| asked.coverage(&spoken(passage), &Terms::new(), 0.0));
    let Some(coverage) = covered.reduce(f32::max) else { return Evidence::default() };
    let likeliest = Likeliest::of(asked, wanted, passages);
    #[expect(clippy::cast_precision_loss, reason = "a few words")]
    let length = asked.words.len().min(LONG) as f32 / LONG as f32;
    Evidence {
        coverage,
        rival_score: rival_score(passages),
        fitting: likeliest.fits,
        unfit: likeliest.fitting.is_none() && !wanted.several,
        told: likeliest.fitting.unwrap_or_default(),
        length,
        names_target: asked.words.iter().any(|word| word.target),
        absent: false,
    }
}

/// The weights of [`Evidence::confidence`] were learnt on lexical scores; fused ones lie nearer to one another.
fn rival_score(passages: &[Passage]) -> f32 {
    let mut scores: Vec<f32> = passages.iter().map(|passage| passage.parts.lexical).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    match scores[..] {
        [first, second, ..] if first > 0.0 => second / first,
        _ => NO_RIVAL,
    }
}

/// What the sentences of the passages speak of.
#[derive(Clone, Copy, Debug, Default)]
struct Likeliest {
    /// How much of the question the likeliest one speaks of.
    best: f32,
    /// Whether it has what the question wants.
    fits: bool,
    /// How much of the question the likeliest one of those does that have what the question wants.
    fitting: Option<f32>,
}

impl Likeliest {
    fn of(asked: &Asked, wanted: &Wanted, passages: &[Passage]) -> Self {
        /// What counts of a term that only stands above the sentence.
        const ABOVE: f32 = 0.6;
        let mut likeliest = Self::default();
        for passage in passages {
            let above = frame(passage);
            let text = &passage.chunk.text;
            for sentence in sentences(text).into_iter().map(|range| &text[range]) {
                let told = asked.coverage(&terms(sentence), &above, ABOVE);
                likeliest.see(told, wanted.suits(sentence));
            }
        }
        likeliest
    }

    fn see(&mut self, told: f32, suits: bool) {
        if told > self.best {
            (self.best, self.fits) = (told, suits);
        }
        if suits {
            self.fitting = Some(self.fitting.unwrap_or_default().max(told));
        }
    }
}

impl AskedWord {
    fn new(
        run: &str,
        is_hangul: bool,
        weights: &BTreeMap<&str, &TermWeight>,
        purpose: Purpose,
    ) -> Option<Self> {
        let analyser = Analyser::default();
        let (wholes, parts): (Vec<String>, Vec<String>) =
            Analyser::single_terms(run).into_iter().partition(|term| analyser.is_word(term));
        let idf = |term: &String| weights.get(term.as_str()).map_or(0.0, |weight| weight.idf);
        let known =
            wholes.iter().filter(|term| weights.get(term.as_str()).is_some_and(|weight| weight.known));
        // A word of two languages weighs what the one weighs that the index knows.
        let known = known.map(idf).reduce(f32::max);
        let weight = known.or_else(|| wholes.iter().map(idf).reduce(f32::max))?;
        let factor = if is_hangul && is_predicate(run) { purpose.predicate_weight() } else { 1.0 };
        let parts = parts.into_iter().map(|part| (part.clone(), idf(&part))).collect();
        Some(Self { wholes, parts, weight: weight * factor, known: known.is_some(), target: false })
    }

    fn presence(&self, terms: &Terms) -> f32 {
        if self.wholes.iter().any(|whole| terms.contains(whole)) {
            return 1.0;
        }
        let total: f32 = self.parts.iter().map(|(_, idf)| idf).sum();
        let held = self.parts.iter().filter(|(part, _)| terms.contains(part)).map(|(_, idf)| idf);
        if total > 0.0 { held.sum::<f32>() / total } else { 0.0 }
    }
}

pub(super) fn terms(text: &str) -> Terms {
    Analyser::single_terms(text).into_iter().collect()
}

/// The terms of a passage and of what stands above it.
fn spoken(passage: &Passage) -> Terms {
    let mut all = terms(&passage.chunk.text);
    all.extend(frame(passage));
    all
}

/// What stands above a passage: title, event, tags and headings.
pub(super) fn frame(passage: &Passage) -> Terms {
    let meta = &passage.chunk.document;
    let above = [&meta.title].into_iter().chain(&meta.event).chain(&meta.tags).chain(&passage.chunk.heading);
    above.flat_map(|words| Analyser::single_terms(words)).collect()
}
