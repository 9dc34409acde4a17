//! Weights from labelled texts: multinomial logistic regression, the same for the same texts.

use std::collections::{BTreeMap, BTreeSet};

use super::descent::least_of;
use super::grams::{GramKey, key_of, words};
use super::{Meaning, TopicWeights, Topics, Weights, share_of};
use crate::fold::readings;

/// A cue is learnt from so many texts at least.
const LEAST_TEXTS: usize = 2;
/// How far weights may go: the inverse of the penalty.
const FREEDOM: f64 = 100.0;
/// A cue that is in one of so many texts is free to weigh as `FREEDOM` says; a rarer one more, for it says more, and a
/// commoner one less.
const USUAL_RARITY: f64 = 148.0;
/// The same for the numbers of vectors, of which each text has hundreds.
const OF_MEANING: f64 = 0.5;
/// Steps of the descent at most, and the share of the first gradient at which it ends. A descent that ends early teaches
/// much less: see `eval/guard/README.md`, where the numbers above were chosen too.
const STEPS: usize = 1000;
const ENOUGH: f64 = 1e-4;

/// A text and what it is about.
#[derive(Clone, Debug)]
pub struct Labelled<'a> {
    /// The text.
    pub text: &'a str,
    /// Its topic; none for what is harmless.
    pub topic: Option<&'a str>,
    /// Its vector, where an encoder is set up.
    pub meaning: Option<&'a [f32]>,
    /// How much it counts: 1, or less where very many texts are of its kind.
    pub weight: f64,
}

/// What is known of a text: numbered features and their values, and its class, 0 for harmless.
struct Row {
    features: Vec<(u32, f32)>,
    class: usize,
    weight: f64,
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
        let (cues, mut scales, mut rows) = cue_rows(texts, class);
        let n_classes = names.len() + 1;
        let (bias, weights) = fit(&rows, &scales, n_classes);
        let by_words = Weights { bias, weights, ..Weights::default() };
        let meaning = encoder.map(|encoder| {
            let first = u32::try_from(cues.len()).unwrap_or(u32::MAX);
            for (row, text) in rows.iter_mut().zip(texts) {
                let numbers =
                    text.meaning.unwrap_or_default().iter().map(|number| number * OF_MEANING as f32);
                row.features.extend((first..).zip(numbers));
            }
            let numbers =
                texts.iter().filter_map(|text| text.meaning).map(<[f32]>::len).max().unwrap_or_default();
            scales.resize(cues.len() + numbers, OF_MEANING);
            let (bias, mut weights) = fit(&rows, &scales, n_classes);
            let of_numbers = weights.split_off(cues.len() * names.len());
            let words = Weights { bias, weights, ..Weights::default() };
            Meaning { encoder: encoder.to_owned(), words, weights: of_numbers }
        });
        TopicWeights { by_words, meaning }.written(&names, &cues)
    }
}

/// The cues that are in enough texts, in the order of their letters, how freely each may weigh, and each text by them.
fn cue_rows(
    texts: &[Labelled<'_>],
    class: impl Fn(&Labelled<'_>) -> usize,
) -> (Vec<String>, Vec<f64>, Vec<Row>) {
    let mut in_texts: BTreeMap<GramKey, usize> = BTreeMap::new();
    let mut all = Vec::new();
    for text in texts {
        let folded = readings(text.text).into_iter().next().map_or_else(String::new, |folded| folded.text);
        let found: Vec<GramKey> =
            words(&folded).iter().flat_map(|word| word.grams().collect::<Vec<_>>()).collect();
        let once: BTreeSet<GramKey> = found.iter().copied().collect();
        once.iter().for_each(|key| *in_texts.entry(*key).or_default() += 1);
        all.push((once, share_of(found.len()), class(text), text.weight));
    }
    in_texts.retain(|_, texts| *texts >= LEAST_TEXTS);
    let scales: Vec<f64> = in_texts.values().map(|held_by| rarity(*held_by, texts.len())).collect();
    let numbers: BTreeMap<GramKey, u32> = in_texts.keys().copied().zip(0u32..).collect();
    let rows = all.into_iter().map(|(keys, share, class, weight)| {
        let feature = |key| {
            let at = *numbers.get(key)?;
            Some((at, share * scales[at as usize] as f32))
        };
        Row { features: keys.iter().filter_map(feature).collect(), class, weight }
    });
    let rows = rows.collect();
    (numbers.keys().map(|key| letters_of(*key)).collect(), scales, rows)
}

/// How much a cue says by how few texts hold it.
fn rarity(held_by: usize, texts: usize) -> f64 {
    (texts as f64 / held_by as f64).ln() / USUAL_RARITY.ln()
}

fn letters_of(key: GramKey) -> String {
    let letters =
        [42, 21, 0].map(|shift| u32::try_from(key >> shift & 0x1f_ffff).ok().and_then(char::from_u32));
    let letters: String = letters.into_iter().flatten().filter(|letter| *letter != '\0').collect();
    debug_assert_eq!(key_of(letters.chars()), key);
    letters
}

/// Biases and weights of every class but the first, as against the first. The rows' values are multiplied by the
/// features' scales already; the weights are for values that are not.
fn fit(rows: &[Row], scales: &[f64], n_classes: usize) -> (Vec<f32>, Vec<f32>) {
    let n_features = scales.len();
    let loss = Loss { rows, n_classes, penalty: 1.0 / FREEDOM };
    let at = least_of(vec![0.0; (n_features + 1) * n_classes], STEPS, ENOUGH, |weights| loss.of(weights));
    let against = |feature: usize| {
        let of = &at[feature * n_classes..(feature + 1) * n_classes];
        let scale = scales.get(feature).copied().unwrap_or(1.0);
        of[1..].iter().map(|weight| ((weight - of[0]) * scale) as f32).collect::<Vec<f32>>()
    };
    (against(n_features), (0..n_features).flat_map(against).collect())
}

/// How badly weights tell the rows' classes, with a penalty on large ones. The last feature is the bias, which every
/// text has.
struct Loss<'a> {
    rows: &'a [Row],
    n_classes: usize,
    penalty: f64,
}

impl Loss<'_> {
    /// The loss and its gradient.
    fn of(&self, weights: &[f64]) -> (f64, Vec<f64>) {
        let n = self.n_classes;
        let bias = weights.len() / n - 1;
        let mut gradient: Vec<f64> = weights.iter().map(|weight| weight * self.penalty).collect();
        let mut loss = 0.5 * self.penalty * weights.iter().map(|weight| weight * weight).sum::<f64>();
        let mut scores = vec![0.0f64; n];
        for row in self.rows {
            let features = || {
                let features = row.features.iter().map(|(at, value)| (*at as usize, f64::from(*value)));
                features.chain([(bias, 1.0)])
            };
            scores.fill(0.0);
            for (at, value) in features() {
                let of = &weights[at * n..(at + 1) * n];
                scores.iter_mut().zip(of).for_each(|(score, weight)| *score += weight * value);
            }
            let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let of_class = scores[row.class] - most;
            scores.iter_mut().for_each(|score| *score = (*score - most).exp());
            let sum: f64 = scores.iter().sum();
            loss += row.weight * (sum.ln() - of_class);
            scores.iter_mut().for_each(|score| *score /= sum);
            scores[row.class] -= 1.0;
            scores.iter_mut().for_each(|miss| *miss *= row.weight);
            for (at, value) in features() {
                let of = &mut gradient[at * n..(at + 1) * n];
                of.iter_mut().zip(&scores).for_each(|(slope, miss)| *slope += miss * value);
            }
        }
        (loss, gradient)
    }
}
