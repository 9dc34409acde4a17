//! Which denied topic a text is most likely about, by the weighted cues in it.
//!
//! A cue is one to three letters of a word, also at its beginning or end. Each has a weight for each topic, learnt from
//! labelled texts and kept in a file that people can read; a text's score for a topic is the sum of the weights of its
//! cues. Where an encoder is set up, what it makes of the text is weighed as well. What is told is the natural
//! logarithm of the odds that the text is about any of the topics, and the words that speak most for the likeliest.
//! The work is linear in the text.

mod grams;
mod learn;
mod weights;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use crate::fold::Folded;
use grams::{Gram, GramKey, grams};

pub use learn::Labelled;
pub use weights::WeightsError;

/// So much more clearly a single sentence of several must speak. Chosen on the development half of `eval/guard`.
const DOUBT: f32 = 2.0;
/// Texts with fewer cues, about five letters, are weighed as if they had so many.
const FEW: usize = 16;
/// So many words are named as evidence.
const SHOWN: usize = 3;

#[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
static BUILT_IN: LazyLock<Arc<Topics>> = LazyLock::new(|| {
    Arc::new(
        Topics::parse("topics.tsv", include_str!("../../rules/topics.tsv")).expect("the weights are right"),
    )
});

/// Weights of cues for each topic.
#[derive(Clone, Debug)]
pub struct Topics {
    names: Vec<String>,
    /// Where nothing but the words is known.
    by_words: Weights,
    meaning: Option<Meaning>,
}

/// What cues weigh.
#[derive(Clone, Debug, Default)]
struct Weights {
    bias: Vec<f32>,
    cues: HashMap<GramKey, u32, grams::Spread>,
    /// For each cue its weights, one a topic.
    weights: Vec<f32>,
}

/// What cues and the numbers of an encoder's vectors weigh together.
#[derive(Clone, Debug)]
struct Meaning {
    encoder: String,
    words: Weights,
    /// For each number of a vector its weights, one a topic.
    weights: Vec<f32>,
}

/// What a text is most likely about.
#[derive(Clone, Debug, PartialEq)]
pub struct Likely<'a> {
    /// The likeliest topic.
    pub topic: &'a str,
    /// The natural logarithm of the odds that it is about any topic.
    pub odds: f32,
    /// Whether the text was understood as it stands, without undoing tricks of spelling.
    pub as_it_stands: bool,
    /// The words that speak most for it, with what they add.
    pub words: Vec<(Range<usize>, f32)>,
}

/// A stretch of a reading, and what speaks for each topic in it.
struct Scored<'a> {
    folded: &'a Folded,
    weights: &'a Weights,
    found: Vec<(u32, Range<usize>)>,
    share: f32,
    scores: Vec<f32>,
    odds: f32,
}

impl Topics {
    /// The weights that come with Siren.
    pub fn built_in() -> Arc<Self> {
        Arc::clone(&BUILT_IN)
    }

    /// Whether there are weights for a topic.
    pub fn has(&self, topic: &str) -> bool {
        self.names.iter().any(|name| name == topic)
    }

    /// The topics.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The encoder whose vectors are weighed too.
    pub fn encoder(&self) -> Option<&str> {
        self.meaning.as_ref().map(|meaning| meaning.encoder.as_str())
    }

    /// What a text is most likely about. The first reading is the text as it stands; `meaning` is its vector.
    ///
    /// Of several readings the one counts that has the most known cues: what was typed on another keyboard is
    /// gibberish as it stands.
    pub(crate) fn likely(&self, readings: &[Folded], meaning: Option<&[f32]>) -> Option<Likely<'_>> {
        let known = |folded: &Folded| self.by_words.known_share(&folded.text);
        let shares = readings.iter().map(known).enumerate();
        let (at, _) = shares.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
        let folded = readings.get(at)?;
        let mut best: Option<Scored<'_>> = None;
        for (nth, stretch) in stretches(&folded.text).into_iter().enumerate() {
            let meaning = self.meaning.as_ref().zip(meaning).filter(|_| at == 0 && nth == 0);
            let mut scored = match meaning {
                Some((meaning, vector)) => meaning.score(folded, stretch, vector),
                None => self.by_words.score(folded, stretch, None),
            };
            if nth > 0 {
                scored.odds -= DOUBT;
            }
            if best.as_ref().is_none_or(|best| scored.odds > best.odds) {
                best = Some(scored);
            }
        }
        best.map(|best| Likely { as_it_stands: at == 0, ..self.told(&best) })
    }

    fn told<'t>(&'t self, scored: &Scored<'_>) -> Likely<'t> {
        let by_score = |a: &usize, b: &usize| scored.scores[*a].total_cmp(&scored.scores[*b]).then(b.cmp(a));
        let topic = (0..self.names.len()).max_by(by_score).unwrap_or_default();
        let mut words: Vec<(Range<usize>, f32)> = Vec::new();
        for (cue, word) in &scored.found {
            let adds = scored.weights.of_cue(*cue)[topic] * scored.share;
            match words.iter_mut().find(|(had, _)| had == word) {
                Some((_, sum)) => *sum += adds,
                None => words.push((word.clone(), adds)),
            }
        }
        words.retain(|(_, adds)| *adds > 0.0);
        words.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.start.cmp(&b.0.start)));
        words.truncate(SHOWN);
        words.sort_by_key(|(word, _)| word.start);
        let original = |(word, adds)| (scored.folded.original_of_text(word), adds);
        let words = words.into_iter().map(original).collect();
        Likely {
            topic: self.names.get(topic).map_or("", String::as_str),
            odds: scored.odds,
            as_it_stands: true,
            words,
        }
    }
}

impl Weights {
    fn score<'a>(&'a self, folded: &'a Folded, stretch: Range<usize>, added: Option<&[f32]>) -> Scored<'a> {
        let (found, share) = self.cues_in(&folded.text, stretch);
        let mut scores = self.bias.clone();
        for (cue, _) in &found {
            for (score, weight) in scores.iter_mut().zip(self.of_cue(*cue)) {
                *score += weight * share;
            }
        }
        for (score, more) in scores.iter_mut().zip(added.unwrap_or_default()) {
            *score += more;
        }
        let odds = log_sum(&scores);
        Scored { folded, weights: self, found, share, scores, odds }
    }

    /// The known cues of a stretch, each once, and what each counts for.
    fn cues_in(&self, text: &str, stretch: Range<usize>) -> (Vec<(u32, Range<usize>)>, f32) {
        let mut found = Vec::new();
        let mut all = 0usize;
        for Gram { key, word } in grams(text, stretch) {
            all += 1;
            found.extend(self.cues.get(&key).map(|cue| (*cue, word)));
        }
        found.sort_by_key(|(cue, word)| (*cue, word.start));
        found.dedup_by_key(|(cue, _)| *cue);
        (found, share_of(all))
    }

    /// Which part of a text's cues has weights.
    fn known_share(&self, text: &str) -> f32 {
        let (mut known, mut all) = (0usize, 0usize);
        for gram in grams(text, 0..text.len()) {
            all += 1;
            known += usize::from(self.cues.contains_key(&gram.key));
        }
        known as f32 / all.max(1) as f32
    }

    fn of_cue(&self, cue: u32) -> &[f32] {
        let n = self.bias.len();
        self.weights.get(cue as usize * n..(cue as usize + 1) * n).unwrap_or_default()
    }
}

impl Meaning {
    fn score<'a>(&'a self, folded: &'a Folded, stretch: Range<usize>, vector: &[f32]) -> Scored<'a> {
        let n = self.words.bias.len();
        let mut meant = vec![0.0; n];
        for (number, weights) in vector.iter().zip(self.weights.chunks(n.max(1))) {
            meant.iter_mut().zip(weights).for_each(|(score, weight)| *score += number * weight);
        }
        self.words.score(folded, stretch, Some(&meant))
    }
}

/// Longer texts have more cues; each counts for less. A word or two tell little, however clear their cues are.
fn share_of(n_grams: usize) -> f32 {
    1.0 / (n_grams.max(FEW) as f32).sqrt()
}

/// The logarithm of the sum of exponentials: the odds of any of several to none.
fn log_sum(scores: &[f32]) -> f32 {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    most + scores.iter().map(|score| (score - most).exp()).sum::<f32>().ln()
}

/// The whole text, and each of its sentences if there are several: what is asked may hide among other talk.
fn stretches(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut from = 0;
    let ends = text.match_indices(['.', '!', '?', '。', '\n']).map(|(at, end)| at + end.len());
    for end in ends.filter(|end| text[*end..].starts_with(' ')).chain([text.len()]) {
        if text[from..end].chars().filter(|c| c.is_alphanumeric()).count() > 1 {
            sentences.push(from..end);
        }
        from = end;
    }
    let several = if sentences.len() > 1 { sentences } else { Vec::new() };
    std::iter::once(0..text.len()).chain(several).collect()
}
