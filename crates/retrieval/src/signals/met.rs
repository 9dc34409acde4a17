//! Where a text meets the words of a question.

use siren_text::terms::word_terms;

use super::asked::Asked;

/// What two words share below this is chance: one bigram of many.
const CHANCE: f32 = 0.3;

/// A word of the text that meets one of the question.
pub(super) struct Place {
    /// Which word of the text.
    pub(super) at: usize,
    /// Which word of the question.
    pub(super) word: usize,
    /// From 0 to 1: a stem in full, bigrams by their share.
    pub(super) surely: f32,
}

/// Where a text meets the words of a question.
pub(super) struct Met {
    /// In the text's order.
    pub(super) places: Vec<Place>,
    /// Of each word of the question, which words of the text meet it and how surely, in the text's order.
    by_word: Vec<Vec<(usize, f32)>>,
    /// How surely each word of the question is met anywhere.
    pub(super) best: Vec<f32>,
    /// Words of the text, as a logarithm.
    pub(super) length: f32,
}

impl Met {
    pub(super) fn new<'t>(asked: &Asked, texts: impl IntoIterator<Item = &'t str>) -> Self {
        let n = asked.weights.len();
        let (mut places, mut best) = (Vec::new(), vec![0.0_f32; n]);
        let mut by_word = vec![Vec::new(); n];
        let mut at = 0;
        let (mut whole, mut partly) = (vec![0.0_f32; n], vec![0.0_f32; n]);
        for text in texts {
            for word in word_terms(text) {
                whole.fill(0.0);
                partly.fill(0.0);
                let speaks = |term: &str| asked.by_term.get(term).into_iter().flatten();
                word.stems().flat_map(speaks).for_each(|(i, _)| whole[*i] = 1.0);
                word.parts().flat_map(speaks).for_each(|(i, share)| partly[*i] += share);
                for i in 0..n {
                    let surely = whole[i].max(partly[i].min(1.0));
                    if surely > CHANCE {
                        best[i] = best[i].max(surely);
                        places.push(Place { at, word: i, surely });
                        by_word[i].push((at, surely));
                    }
                }
                at += 1;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "words of a passage")]
        let length = (1.0 + at as f32).ln();
        Self { places, by_word, best, length }
    }

    /// How surely each word of the question is met here or there.
    pub(super) fn with(&self, other: &Self) -> Vec<f32> {
        self.best.iter().zip(&other.best).map(|(mine, theirs)| mine.max(*theirs)).collect()
    }

    /// How surely one word of the question stands right before another.
    pub(super) fn next_to(&self, one: usize, two: usize) -> f32 {
        let twos = &self.by_word[two];
        let pairs = self.by_word[one].iter().flat_map(|(first, surely)| {
            let behind = twos.partition_point(|(at, _)| at <= first);
            let near = twos[behind..].iter().take_while(move |(at, _)| *at <= first + 2);
            near.map(move |(second, as_surely)| {
                let surely = surely.min(*as_surely);
                if *second == first + 1 { surely } else { 0.7 * surely }
            })
        });
        pairs.fold(0.0, f32::max)
    }
}
