//! Which denied topic a text is most likely about, by the weighted cues in it.
//!
//! A cue is one to three letters of a word, also at its beginning or end. Each has a weight for each topic, learnt from
//! labelled texts and kept in a file that people can read; a text's score for a topic is the sum of the weights of its
//! cues. Where an encoder is set up, what it makes of the text is weighed as well. What is told is the natural
//! logarithm of the odds that the text is about any of the topics, and the words that speak most for the likeliest.
//! The work is linear in the text.

mod descent;
mod grams;
mod learn;
mod weights;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use siren_text::terms::is_alphanumeric;

use crate::fold::{Folded, readings};
use grams::{GramKey, words};

pub use learn::Labelled;
pub use weights::WeightsError;

/// So much more clearly a part of a text must speak than all of it. Chosen, as the next, on padded cases of `eval/guard`.
const DOUBT: f32 = 1.5;
/// Words in a row that are weighed by themselves: about as many as a question has.
const WINDOW: usize = 8;
/// Texts with fewer cues, about twenty letters, are weighed as if they had so many.
const FEW: usize = 60;
/// So many words are named as evidence.
const SHOWN: usize = 3;

const BUILT_IN: &str = include_str!("../../rules/topics.tsv");

#[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
static BUILT_IN_WEIGHTS: LazyLock<TopicWeights> = LazyLock::new(|| {
    let (_, weights) = weights::read("topics.tsv", BUILT_IN).expect("the weights are right");
    weights
});

/// Weights of cues for each topic.
#[derive(Clone, Debug)]
pub struct Topics {
    names: Vec<String>,
    /// None stands for those that come with Siren: they are read when the first text is weighed, for most commands weigh
    /// none.
    own: Option<TopicWeights>,
}

/// What cues weigh, and what they weigh beside an encoder.
#[derive(Clone, Debug, Default)]
struct TopicWeights {
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

/// What is known of a reading by some weights: its words in order, each with its known cues.
struct Analysed {
    words: Vec<WordCues>,
    /// The known cues of all words, one after the other.
    cues: Vec<u32>,
}

/// A word, how many cues it has, and which of [`Analysed::cues`] are its own.
struct WordCues {
    place: Range<usize>,
    all: usize,
    known: Range<usize>,
}

/// A stretch of a reading, and what speaks for each topic in it.
struct Scored {
    stretch: Range<usize>,
    scores: Vec<f32>,
    odds: f32,
}

impl Topics {
    /// The weights that come with Siren.
    pub fn built_in() -> Arc<Self> {
        Arc::new(Self { names: weights::names(BUILT_IN), own: None })
    }

    /// Reads what is not read yet, so that the first question need not wait for it.
    pub fn prepare(&self) {
        self.weights();
    }

    fn weights(&self) -> &TopicWeights {
        self.own.as_ref().unwrap_or_else(|| &BUILT_IN_WEIGHTS)
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
        self.weights().meaning.as_ref().map(|meaning| meaning.encoder.as_str())
    }

    /// The reading that a text is understood by: the one that has the most known cues, for what was typed on another
    /// keyboard is gibberish as it stands. Among equals the first.
    fn understood(&self, readings: &[Folded]) -> Option<(usize, Analysed)> {
        let analysed =
            readings.iter().map(|folded| self.weights().by_words.analysed(&folded.text)).enumerate();
        analysed.max_by(|a, b| a.1.known_share().total_cmp(&b.1.known_share()).then(b.0.cmp(&a.0)))
    }

    /// The reading of a text that it is understood by.
    pub fn reads(&self, text: &str) -> String {
        let mut readings = readings(text);
        let at = self.understood(&readings).map_or(0, |(at, _)| at);
        if at < readings.len() { readings.swap_remove(at).text } else { String::new() }
    }

    /// What a text is most likely about, by its words or by what an encoder makes of it, whichever speaks more clearly. The
    /// first reading is the text as it stands; `meaning` is the vector of the reading that it is understood by.
    pub(crate) fn likely(&self, readings: &[Folded], meaning: Option<&[f32]>) -> Option<Likely<'_>> {
        let (at, by_words) = self.understood(readings)?;
        let folded = readings.get(at)?;
        let best = self.clearest(&by_words, &folded.text)?;
        if let Some((of, vector)) = self.weights().meaning.as_ref().zip(meaning) {
            let analysed = of.words.analysed(&folded.text);
            let scored = of.words.score(&analysed, 0..folded.text.len(), Some(&of.weigh(vector)));
            if scored.odds > best.odds {
                return Some(self.told(&scored, &of.words, &analysed, folded, at == 0));
            }
        }
        Some(self.told(&best, &self.weights().by_words, &by_words, folded, at == 0))
    }

    /// The part of a text whose words speak most clearly. All but the whole text are doubted.
    fn clearest(&self, analysed: &Analysed, text: &str) -> Option<Scored> {
        let (whole, weights) = (analysed.words.len(), &self.weights().by_words);
        let parts = stretches(text).into_iter().chain(weights.window(analysed));
        let scored = parts.map(|stretch| {
            let doubt = if analysed.within(&stretch).len() < whole { DOUBT } else { 0.0 };
            let scored = weights.score(analysed, stretch, None);
            Scored { odds: scored.odds - doubt, ..scored }
        });
        scored.reduce(|best, next| if next.odds > best.odds { next } else { best })
    }

    fn told(
        &self,
        scored: &Scored,
        weights: &Weights,
        analysed: &Analysed,
        folded: &Folded,
        as_it_stands: bool,
    ) -> Likely<'_> {
        let by_score = |a: &usize, b: &usize| scored.scores[*a].total_cmp(&scored.scores[*b]).then(b.cmp(a));
        let topic = (0..self.names.len()).max_by(by_score).unwrap_or_default();
        let stretch = analysed.within(&scored.stretch);
        let share = share_of(stretch.iter().map(|word| word.all).sum());
        let mut counted = vec![false; weights.cues.len()];
        let mut words: Vec<(Range<usize>, f32)> = Vec::new();
        for word in stretch {
            let mut adds = 0.0;
            for cue in &analysed.cues[word.known.clone()] {
                if !std::mem::replace(&mut counted[*cue as usize], true) {
                    adds += weights.of_cue(*cue)[topic] * share;
                }
            }
            if adds > 0.0 {
                words.push((word.place.clone(), adds));
            }
        }
        words.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.start.cmp(&b.0.start)));
        words.truncate(SHOWN);
        words.sort_by_key(|(word, _)| word.start);
        let words = words.into_iter().map(|(word, adds)| (folded.original_of_text(word), adds)).collect();
        Likely {
            topic: self.names.get(topic).map_or("", String::as_str),
            odds: scored.odds,
            as_it_stands,
            words,
        }
    }
}

impl Analysed {
    /// Which part of the cues has weights.
    fn known_share(&self) -> f32 {
        let all: usize = self.words.iter().map(|word| word.all).sum();
        self.cues.len() as f32 / all.max(1) as f32
    }

    /// The words of a stretch.
    fn within(&self, stretch: &Range<usize>) -> &[WordCues] {
        let from = self.words.partition_point(|word| word.place.start < stretch.start);
        let to = self.words.partition_point(|word| word.place.start < stretch.end);
        &self.words[from..to.max(from)]
    }
}

impl Weights {
    fn analysed(&self, text: &str) -> Analysed {
        let mut analysed = Analysed { words: Vec::new(), cues: Vec::new() };
        for word in words(text) {
            let before = analysed.cues.len();
            let mut all = 0;
            for key in word.grams() {
                all += 1;
                analysed.cues.extend(self.cues.get(&key));
            }
            let known = before..analysed.cues.len();
            analysed.words.push(WordCues { place: word.place, all, known });
        }
        analysed
    }

    /// Each known cue of a stretch counts once, however often it is there.
    fn score(&self, analysed: &Analysed, stretch: Range<usize>, added: Option<&[f32]>) -> Scored {
        let words = analysed.within(&stretch);
        let share = share_of(words.iter().map(|word| word.all).sum());
        let known = words.first().zip(words.last()).map_or(0..0, |(a, z)| a.known.start..z.known.end);
        let mut found = analysed.cues[known].to_vec();
        found.sort_unstable();
        found.dedup();
        let mut sums = vec![0.0; self.bias.len()];
        for cue in found {
            sums.iter_mut().zip(self.of_cue(cue)).for_each(|(sum, weight)| *sum += weight);
        }
        let mut scores: Vec<f32> = self.bias.iter().zip(sums).map(|(bias, sum)| bias + sum * share).collect();
        scores.iter_mut().zip(added.unwrap_or_default()).for_each(|(score, more)| *score += more);
        let odds = log_sum(&scores);
        Scored { stretch, scores, odds }
    }

    /// The words in a row that speak most clearly, in a text that is much longer: what is asked may stand between other words
    /// without a full stop. Found by sums up to each word, so that the work is linear; they count a cue as often as it is
    /// there.
    fn window(&self, analysed: &Analysed) -> Option<Range<usize>> {
        if analysed.words.len() <= 2 * WINDOW {
            return None;
        }
        let up_to = self.sums(analysed);
        let odds = |from: usize| {
            let ((before, sums_before), (after, sums_after)) = (&up_to[from], &up_to[from + WINDOW]);
            let share = share_of(after - before);
            let sums = sums_before.iter().zip(sums_after).map(|(before, after)| after - before);
            log_sum(&self.bias.iter().zip(sums).map(|(bias, sum)| bias + sum * share).collect::<Vec<f32>>())
        };
        let starts = (0..=analysed.words.len() - WINDOW).map(|from| (from, odds(from)));
        let (from, _) = starts.reduce(|best, next| if next.1 > best.1 { next } else { best })?;
        let words = &analysed.words[from..from + WINDOW];
        Some(words[0].place.start..words[WINDOW - 1].place.end)
    }

    /// Before each word and at the end: how many cues there were, and what the known ones weigh together for each topic.
    fn sums(&self, analysed: &Analysed) -> Vec<(usize, Vec<f32>)> {
        let mut up_to = Vec::with_capacity(analysed.words.len() + 1);
        let (mut all, mut sums) = (0, vec![0.0; self.bias.len()]);
        up_to.push((all, sums.clone()));
        for word in &analysed.words {
            all += word.all;
            for cue in &analysed.cues[word.known.clone()] {
                sums.iter_mut().zip(self.of_cue(*cue)).for_each(|(sum, weight)| *sum += weight);
            }
            up_to.push((all, sums.clone()));
        }
        up_to
    }

    fn of_cue(&self, cue: u32) -> &[f32] {
        let n = self.bias.len();
        self.weights.get(cue as usize * n..(cue as usize + 1) * n).unwrap_or_default()
    }
}

impl Meaning {
    /// What the numbers of a vector add for each topic.
    fn weigh(&self, vector: &[f32]) -> Vec<f32> {
        let n = self.words.bias.len();
        let mut meant = vec![0.0; n];
        for (number, weights) in vector.iter().zip(self.weights.chunks(n.max(1))) {
            meant.iter_mut().zip(weights).for_each(|(score, weight)| *score += number * weight);
        }
        meant
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

/// The whole text, and each of its sentences if there are several: what is asked may stand among other talk.
fn stretches(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut from = 0;
    let ends = text.match_indices(['.', '!', '?', '。', '\n']).map(|(at, end)| at + end.len());
    for end in ends.filter(|end| text[*end..].starts_with(' ')).chain([text.len()]) {
        if text[from..end].chars().filter(|c| is_alphanumeric(*c)).count() > 1 {
            sentences.push(from..end);
        }
        from = end;
    }
    let several = if sentences.len() > 1 { sentences } else { Vec::new() };
    std::iter::once(0..text.len()).chain(several).collect()
}
