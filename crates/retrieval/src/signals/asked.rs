//! The words of a question and what they weigh.

use std::collections::HashMap;

use siren_domain::ports::TermWeight;
use siren_text::terms::{WordTerms, question_words};

use super::met::Met;

/// Words that stand together within so many.
const WINDOW: usize = 16;

/// The question, word by word; words that only ask are left out as long as any other is left.
pub(super) struct Asked {
    /// What each word weighs.
    pub(super) weights: Vec<f32>,
    numbers: Vec<bool>,
    /// Which words of the question a term speaks of, and how surely.
    pub(super) by_term: HashMap<String, Vec<(usize, f32)>>,
}

impl Asked {
    pub(super) fn new(question: &str, weights: &[TermWeight]) -> Self {
        let idf: HashMap<&str, f32> =
            weights.iter().map(|weight| (weight.term.as_str(), weight.idf)).collect();
        let known: HashMap<&str, bool> =
            weights.iter().map(|weight| (weight.term.as_str(), weight.known)).collect();
        let words = question_words(question);
        let all_ask = words.iter().all(|(_, asks)| *asks);
        let mut asked = Self { weights: Vec::new(), numbers: Vec::new(), by_term: HashMap::new() };
        for (word, _) in words.iter().filter(|(_, asks)| all_ask || !asks) {
            asked.add(word, &idf, &known);
        }
        asked
    }

    fn add(&mut self, word: &WordTerms, idf: &HashMap<&str, f32>, known: &HashMap<&str, bool>) {
        let at = self.weights.len();
        let of = |term: &str| idf.get(term).copied().unwrap_or_default();
        let is_known = |term: &&str| known.get(term).copied().unwrap_or_default();
        let parts: f32 = word.parts().map(of).sum();
        // A stem that the index does not know is a form that nobody writes, or a slip: the parts tell more.
        let weight = word.stems().filter(is_known).map(of).reduce(f32::max);
        let mean = parts / f32::from(u16::try_from(word.parts().count().max(1)).unwrap_or(u16::MAX));
        let weight = weight.unwrap_or(mean);
        if weight <= 0.0 {
            return;
        }
        self.weights.push(weight);
        self.numbers.push(word.parts().all(|part| part.chars().all(|c| c.is_ascii_digit())));
        for stem in word.stems() {
            self.by_term.entry(stem.to_owned()).or_default().push((at, 1.0));
        }
        for part in word.parts() {
            let share = if parts > 0.0 { of(part) / parts } else { 0.0 };
            self.by_term.entry(part.to_owned()).or_default().push((at, share));
        }
    }

    fn total(&self) -> f32 {
        self.weights.iter().sum::<f32>().max(f32::MIN_POSITIVE)
    }

    /// The share of the question, by weight, that is met.
    pub(super) fn share(&self, best: &[f32]) -> f32 {
        self.weights.iter().zip(best).map(|(weight, met)| weight * met).sum::<f32>() / self.total()
    }

    /// The same of the few words in a row that meet most of it.
    pub(super) fn together(&self, met: &Met) -> f32 {
        let mut most = 0.0_f32;
        let mut best = vec![0.0; self.weights.len()];
        for (from, start) in met.places.iter().enumerate() {
            // What begins with another meeting of the same word is less of the same.
            if from > 0 && met.places[from - 1].at == start.at {
                continue;
            }
            best.fill(0.0);
            for place in met.places[from..].iter().take_while(|place| place.at < start.at + WINDOW) {
                let held: &mut f32 = &mut best[place.word];
                *held = held.max(place.surely);
            }
            most = most.max(self.share(&best));
        }
        most
    }

    /// The share of the question's neighbours that are neighbours in the text as well, in the same order.
    pub(super) fn pairs(&self, met: &Met) -> f32 {
        let (mut all, mut held) = (0.0, 0.0);
        for (one, weights) in self.weights.windows(2).enumerate() {
            let weight = weights[0] + weights[1];
            all += weight;
            held += weight * met.next_to(one, one + 1);
        }
        if all > 0.0 { held / all } else { 0.0 }
    }

    /// The heaviest word that is not met, as a share of the question.
    pub(super) fn worst_missing(&self, best: &[f32]) -> f32 {
        let missing = self.weights.iter().zip(best).map(|(weight, met)| weight * (1.0 - met));
        missing.fold(0.0, f32::max) / self.total()
    }

    /// The share of the question's numbers that are not met.
    #[expect(clippy::cast_precision_loss, reason = "a question has few numbers")]
    pub(super) fn numbers_missing(&self, best: &[f32]) -> f32 {
        let numbers = self.numbers.iter().zip(best).filter(|(is_number, _)| **is_number);
        let (all, missing) =
            numbers.fold((0, 0), |(all, missing), (_, met)| (all + 1, missing + usize::from(*met < 1.0)));
        if all > 0 { missing as f32 / all as f32 } else { 0.0 }
    }
}
