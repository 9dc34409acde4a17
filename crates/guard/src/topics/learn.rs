//! Weights from labelled texts: multinomial logistic regression, the same for the same texts.

use std::collections::{BTreeMap, BTreeSet};

use super::grams::{GramKey, grams, key_of};
use super::{Meaning, Topics, Weights, share_of};
use crate::fold::readings;

/// A cue is learnt from so many texts at least.
const LEAST_TEXTS: usize = 3;
/// How far weights may go: the inverse of the penalty. Chosen by cross-validation on `eval/guard/dev.jsonl`.
const FREEDOM: f64 = 30.0;
/// Steps of the descent at most, and the share of the first gradient at which it ends.
const STEPS: usize = 1500;
const ENOUGH: f64 = 1e-3;

/// A text and what it is about.
#[derive(Clone, Debug)]
pub struct Labelled<'a> {
    /// The text.
    pub text: &'a str,
    /// Its topic; none for what is harmless.
    pub topic: Option<&'a str>,
    /// Its vector, where an encoder is set up.
    pub meaning: Option<&'a [f32]>,
}

/// What is known of a text: numbered features and their values, and its class, 0 for harmless.
struct Row {
    features: Vec<(u32, f32)>,
    class: usize,
}

impl Topics {
    /// How many topics there is something to learn about.
    pub fn learnt_topics(texts: &[Labelled<'_>]) -> usize {
        texts.iter().filter_map(|text| text.topic).collect::<BTreeSet<&str>>().len()
    }

    /// Learns weights, and tells them as the text of a file. With the encoder's name, its vectors are weighed too.
    pub fn learnt(texts: &[Labelled<'_>], encoder: Option<&str>) -> String {
        let names: BTreeSet<&str> = texts.iter().filter_map(|text| text.topic).collect();
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let class = |text: &Labelled<'_>| {
            text.topic.and_then(|topic| names.iter().position(|name| name == topic)).map_or(0, |at| at + 1)
        };
        let (cues, mut rows) = cue_rows(texts, class);
        let n_classes = names.len() + 1;
        let (bias, weights) = fit(&rows, cues.len(), n_classes);
        let by_words = Weights { bias, weights, ..Weights::default() };
        let meaning = encoder.map(|encoder| {
            let first = u32::try_from(cues.len()).unwrap_or(u32::MAX);
            for (row, text) in rows.iter_mut().zip(texts) {
                row.features.extend((first..).zip(text.meaning.unwrap_or_default().iter().copied()));
            }
            let numbers =
                texts.iter().filter_map(|text| text.meaning).map(<[f32]>::len).max().unwrap_or_default();
            let (bias, mut weights) = fit(&rows, cues.len() + numbers, n_classes);
            let of_numbers = weights.split_off(cues.len() * names.len());
            let words = Weights { bias, weights, ..Weights::default() };
            Meaning { encoder: encoder.to_owned(), words, weights: of_numbers }
        });
        Self { names, by_words, meaning }.written(&cues)
    }
}

/// The cues that are in enough texts, in the order of their letters, and each text by them.
fn cue_rows(texts: &[Labelled<'_>], class: impl Fn(&Labelled<'_>) -> usize) -> (Vec<String>, Vec<Row>) {
    let mut in_texts: BTreeMap<GramKey, usize> = BTreeMap::new();
    let mut all = Vec::new();
    for text in texts {
        let folded = readings(text.text).into_iter().next().map_or_else(String::new, |folded| folded.text);
        let found: Vec<GramKey> = grams(&folded, 0..folded.len()).map(|gram| gram.key).collect();
        let once: BTreeSet<GramKey> = found.iter().copied().collect();
        once.iter().for_each(|key| *in_texts.entry(*key).or_default() += 1);
        all.push((once, share_of(found.len()), class(text)));
    }
    in_texts.retain(|_, texts| *texts >= LEAST_TEXTS);
    let numbers: BTreeMap<GramKey, u32> = in_texts.keys().copied().zip(0u32..).collect();
    let rows = all.into_iter().map(|(keys, share, class)| Row {
        features: keys.iter().filter_map(|key| Some((*numbers.get(key)?, share))).collect(),
        class,
    });
    (numbers.keys().map(|key| letters_of(*key)).collect(), rows.collect())
}

fn letters_of(key: GramKey) -> String {
    let letters =
        [42, 21, 0].map(|shift| u32::try_from(key >> shift & 0x1f_ffff).ok().and_then(char::from_u32));
    let letters: String = letters.into_iter().flatten().filter(|letter| *letter != '\0').collect();
    debug_assert_eq!(key_of(letters.chars()), key);
    letters
}

/// Biases and weights of every class but the first, as against the first.
fn fit(rows: &[Row], n_features: usize, n_classes: usize) -> (Vec<f32>, Vec<f32>) {
    let descent = Descent { rows, n_classes, penalty: 1.0 / FREEDOM };
    let width = (n_features + 1) * n_classes;
    let step = 1.0 / (0.5 * descent.steepest(n_features) + descent.penalty);
    let (mut at, mut ahead, mut pace) = (vec![0.0; width], vec![0.0; width], 1.0f64);
    let mut first = 0.0;
    for nth in 0..STEPS {
        let gradient = descent.gradient(&ahead);
        let length = gradient.iter().map(|slope| slope * slope).sum::<f64>().sqrt();
        if nth == 0 {
            first = length;
        }
        if length <= first * ENOUGH {
            break;
        }
        // Nesterov's method; where it overshoots it starts anew from where it is.
        let next: Vec<f64> =
            ahead.iter().zip(&gradient).map(|(weight, slope)| weight - step * slope).collect();
        let overshoot: f64 = gradient.iter().zip(next.iter().zip(&at)).map(|(g, (n, a))| g * (n - a)).sum();
        let next_pace =
            if overshoot > 0.0 { 1.0 } else { f64::midpoint(1.0, (1.0 + 4.0 * pace * pace).sqrt()) };
        let push = if overshoot > 0.0 { 0.0 } else { (pace - 1.0) / next_pace };
        ahead = next.iter().zip(&at).map(|(new, old)| new + push * (new - old)).collect();
        (at, pace) = (next, next_pace);
    }
    let against = |feature: usize| {
        let of = &at[feature * n_classes..(feature + 1) * n_classes];
        of[1..].iter().map(|weight| (weight - of[0]) as f32).collect::<Vec<f32>>()
    };
    (against(n_features), (0..n_features).flat_map(against).collect())
}

/// The way down a penalised loss. The last feature is the bias, which every text has.
struct Descent<'a> {
    rows: &'a [Row],
    n_classes: usize,
    penalty: f64,
}

impl Descent<'_> {
    fn of<'r>(row: &'r Row, bias: usize) -> impl Iterator<Item = (usize, f64)> + 'r {
        row.features.iter().map(|(at, value)| (*at as usize, f64::from(*value))).chain([(bias, 1.0)])
    }

    fn gradient(&self, weights: &[f64]) -> Vec<f64> {
        let bias = weights.len() / self.n_classes - 1;
        let mut gradient: Vec<f64> = weights.iter().map(|weight| weight * self.penalty).collect();
        let mut scores = vec![0.0f64; self.n_classes];
        for row in self.rows {
            scores.fill(0.0);
            for (at, value) in Self::of(row, bias) {
                let of = &weights[at * self.n_classes..(at + 1) * self.n_classes];
                scores.iter_mut().zip(of).for_each(|(score, weight)| *score += weight * value);
            }
            let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            scores.iter_mut().for_each(|score| *score = (*score - most).exp());
            let sum: f64 = scores.iter().sum();
            scores.iter_mut().for_each(|score| *score /= sum);
            scores[row.class] -= 1.0;
            for (at, value) in Self::of(row, bias) {
                let of = &mut gradient[at * self.n_classes..(at + 1) * self.n_classes];
                of.iter_mut().zip(&scores).for_each(|(slope, miss)| *slope += miss * value);
            }
        }
        gradient
    }

    /// The largest eigenvalue of the features' products, a little above: it bounds the steepest curve.
    fn steepest(&self, n_features: usize) -> f64 {
        let mut direction = vec![1.0f64; n_features + 1];
        let mut size = 1.0;
        for _ in 0..20 {
            let mut next = vec![0.0f64; n_features + 1];
            for row in self.rows {
                let along: f64 = Self::of(row, n_features).map(|(at, value)| direction[at] * value).sum();
                Self::of(row, n_features).for_each(|(at, value)| next[at] += along * value);
            }
            size = next.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            direction = next.into_iter().map(|x| x / size).collect();
        }
        size * 1.05
    }
}
