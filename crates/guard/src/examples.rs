//! How alike a text and the examples of rules are, by the terms they share.
//!
//! Where meanings can be compared, the caller hands in how alike they are; this is what is left without an encoder.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use siren_text::Analyser;

/// A whole word tells more than two syllables of it.
const WORD_WEIGHT: f32 = 2.0;

/// All examples of all rules, found by their terms.
#[derive(Debug, Default)]
pub(crate) struct Examples {
    /// For each example, what its terms weigh together.
    weights: Vec<f32>,
    having: HashMap<String, Vec<u32>>,
}

impl Examples {
    pub(crate) fn new<'a>(examples: impl Iterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for (at, example) in (0u32..).zip(examples) {
            let terms = terms(example);
            all.weights.push(terms.iter().map(|term| weight(term)).sum());
            for term in terms {
                all.having.entry(term).or_default().push(at);
            }
        }
        all
    }

    /// For each example that shares a term with the text, the share of common terms among all terms of both, from 0
    /// to 1.
    pub(crate) fn overlaps(&self, text: &str) -> BTreeMap<usize, f32> {
        let mut common: BTreeMap<usize, f32> = BTreeMap::new();
        if self.weights.is_empty() {
            return common;
        }
        let terms = terms(text);
        let own: f32 = terms.iter().map(|term| weight(term)).sum();
        for term in &terms {
            for at in self.having.get(term).into_iter().flatten() {
                *common.entry(*at as usize).or_default() += weight(term);
            }
        }
        common.into_iter().map(|(at, shared)| (at, shared / (own + self.weights[at] - shared))).collect()
    }
}

fn terms(text: &str) -> BTreeSet<String> {
    Analyser::single_terms(text).into_iter().collect()
}

fn weight(term: &str) -> f32 {
    if Analyser::default().is_word(term) { WORD_WEIGHT } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Examples;

    #[test]
    fn likeness_is_between_nothing_and_all() {
        let examples = Examples::new(["점심 메뉴 추천해줘", "회의실을 예약하고 싶어요"].into_iter());
        let same = examples.overlaps("점심 메뉴 추천해줘");
        assert!(same.get(&0).is_some_and(|share| *share > 0.99), "{same:?}");
        let alike = examples.overlaps("오늘 점심 메뉴를 추천해 주세요");
        assert!(alike.get(&0).is_some_and(|share| *share > 0.3), "{alike:?}");
        assert!(examples.overlaps("쿠버네티스 배포 전략").values().all(|share| *share < 0.2));
    }

    proptest! {
        #[test]
        fn a_share_is_a_share(one in "[가-힣a-z ]{0,20}", other in "[가-힣a-z ]{0,20}") {
            let shares = Examples::new(std::iter::once(one.as_str())).overlaps(&other);
            prop_assert!(shares.values().all(|share| (0.0..=1.0001).contains(share)), "{shares:?}");
        }
    }
}
