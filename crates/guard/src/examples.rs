//! How alike a text and the examples of rules are, by the terms they share.
//!
//! Where meanings can be compared, the caller hands in how alike they are; this is what is left without an encoder.
//! Letter pairs are compared as well as terms: they do not care where a text has its spaces.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use siren_text::Analyser;

use crate::fold::Folded;

/// A whole word tells more than two syllables of it.
const WORD_WEIGHT: f32 = 2.0;

/// All examples of all rules, found by their terms and by their letter pairs.
#[derive(Debug, Default)]
pub(crate) struct Examples {
    by_terms: Shared,
    by_pairs: Shared,
}

/// Which example has what, and what that weighs.
#[derive(Debug, Default)]
struct Shared {
    /// For each example, what it has weighs together.
    weights: Vec<f32>,
    having: HashMap<String, Vec<u32>>,
}

impl Examples {
    pub(crate) fn new<'a>(examples: impl Iterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for (at, example) in (0u32..).zip(examples) {
            let folded = Folded::new(example);
            all.by_terms.add(at, terms(&folded.text));
            all.by_pairs.add(at, pairs(&folded.dense));
        }
        all
    }

    /// For each example that shares something with a reading of the text, the share of what both have in all that they
    /// have, from 0 to 1: the greatest over readings, terms and pairs.
    pub(crate) fn overlaps(&self, readings: &[Folded]) -> BTreeMap<usize, f32> {
        let mut greatest: BTreeMap<usize, f32> = BTreeMap::new();
        if self.by_terms.weights.is_empty() {
            return greatest;
        }
        for folded in readings {
            let by_terms = self.by_terms.overlaps(&terms(&folded.text));
            let by_pairs = self.by_pairs.overlaps(&pairs(&folded.dense));
            for (at, share) in by_terms.into_iter().chain(by_pairs) {
                let known = greatest.entry(at).or_default();
                *known = known.max(share);
            }
        }
        greatest
    }
}

impl Shared {
    fn add(&mut self, example: u32, has: BTreeMap<String, f32>) {
        self.weights.push(has.values().sum());
        for what in has.into_keys() {
            self.having.entry(what).or_default().push(example);
        }
    }

    fn overlaps(&self, has: &BTreeMap<String, f32>) -> BTreeMap<usize, f32> {
        let own: f32 = has.values().sum();
        let mut common: BTreeMap<usize, f32> = BTreeMap::new();
        for (what, weight) in has {
            for at in self.having.get(what).into_iter().flatten() {
                *common.entry(*at as usize).or_default() += weight;
            }
        }
        common.into_iter().map(|(at, shared)| (at, shared / (own + self.weights[at] - shared))).collect()
    }
}

fn terms(text: &str) -> BTreeMap<String, f32> {
    let terms: BTreeSet<String> = Analyser::single_terms(text).into_iter().collect();
    let weighed = |term: String| {
        let weight = if Analyser::default().is_word(&term) { WORD_WEIGHT } else { 1.0 };
        (term, weight)
    };
    terms.into_iter().map(weighed).collect()
}

/// Two letters each of a text without spaces.
fn pairs(dense: &str) -> BTreeMap<String, f32> {
    let letters = dense.chars();
    letters.clone().zip(letters.skip(1)).map(|(one, next)| (String::from_iter([one, next]), 1.0)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Examples;
    use crate::fold::readings;

    #[test]
    fn likeness_is_between_nothing_and_all() {
        let examples = Examples::new(["점심 메뉴 추천해줘", "회의실을 예약하고 싶어요"].into_iter());
        for same in ["점심 메뉴 추천해줘", "점 심 메 뉴 추 천 해 줘", "점심\u{200b}메뉴추천해줘"]
        {
            let found = examples.overlaps(&readings(same));
            assert!(found.get(&0).is_some_and(|share| *share > 0.99), "{same:?}: {found:?}");
        }
        let alike = examples.overlaps(&readings("오늘 점심 메뉴를 추천해 주세요"));
        assert!(alike.get(&0).is_some_and(|share| *share > 0.3), "{alike:?}");
        let other = examples.overlaps(&readings("쿠버네티스 배포 전략"));
        assert!(other.values().all(|share| *share < 0.2));
    }

    proptest! {
        #[test]
        fn a_share_is_a_share(one in "[가-힣a-z ]{0,20}", other in "[가-힣a-z ]{0,20}") {
            let shares = Examples::new(std::iter::once(one.as_str())).overlaps(&readings(&other));
            prop_assert!(shares.values().all(|share| (0.0..=1.0001).contains(share)), "{shares:?}");
        }
    }
}
