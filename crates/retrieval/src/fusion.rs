//! One order out of two: by terms and by meaning.

use std::sync::Arc;

use siren_domain::ports::Hit;
use siren_domain::{Passage, ScoreParts};

/// How the scores become one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fusion {
    /// `(1 - weight) × lexical / best lexical + weight × cosine`.
    Weighted {
        /// What meaning counts, from 0 to 1.
        weight: f32,
    },
    /// The sum of `1 / (60 + place)` in both orders: for embedders whose cosines say little.
    ReciprocalRank,
}

/// What keeps the first places from counting for everything.
const RANK_OFFSET: f32 = 60.0;

/// The hits as passages, best first; equal scores by chunk id. Without cosines the lexical score stands as it is.
pub(crate) fn fused(hits: Vec<Hit>, fusion: Fusion) -> Vec<Passage> {
    let scores = match fusion {
        _ if hits.iter().all(|hit| hit.dense.is_none()) => hits.iter().map(|hit| hit.lexical).collect(),
        Fusion::Weighted { weight } => weighted(&hits, weight),
        Fusion::ReciprocalRank => by_ranks(&hits),
    };
    let passage = |(hit, score): (Hit, f32)| {
        let parts = ScoreParts { lexical: hit.lexical, dense: hit.dense, ..ScoreParts::default() };
        Passage { chunk: Arc::new(hit.chunk), score, parts }
    };
    let mut passages: Vec<Passage> = hits.into_iter().zip(scores).map(passage).collect();
    passages.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.chunk.id.cmp(&b.chunk.id)));
    passages
}

fn weighted(hits: &[Hit], weight: f32) -> Vec<f32> {
    let best = hits.iter().map(|hit| hit.lexical).fold(0.0, f32::max);
    let share = |lexical: f32| if best > 0.0 { lexical / best } else { 0.0 };
    // A negative cosine says no more than none at all.
    let cosine = |hit: &Hit| hit.dense.unwrap_or(0.0).max(0.0);
    hits.iter().map(|hit| (1.0 - weight) * share(hit.lexical) + weight * cosine(hit)).collect()
}

type ScoreOf<'a> = &'a dyn Fn(&Hit) -> Option<f32>;

fn by_ranks(hits: &[Hit]) -> Vec<f32> {
    let mut scores = vec![0.0; hits.len()];
    let lexical = |hit: &Hit| Some(hit.lexical).filter(|score| *score > 0.0);
    let orders: [ScoreOf<'_>; 2] = [&lexical, &|hit| hit.dense];
    for score_of in orders {
        let mut order: Vec<(usize, f32)> =
            hits.iter().enumerate().filter_map(|(at, hit)| Some((at, score_of(hit)?))).collect();
        order
            .sort_by(|(a, x), (b, y)| y.total_cmp(x).then_with(|| hits[*a].chunk.id.cmp(&hits[*b].chunk.id)));
        let mut place = RANK_OFFSET;
        for (at, _) in order {
            place += 1.0;
            scores[at] += 1.0 / place;
        }
    }
    scores
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use siren_domain::ports::Hit;
    use siren_domain::{Chunk, DocumentId, Metadata, OffsetMap, Origin};

    use super::{Fusion, fused};

    fn hit(id: &str, lexical: f32, dense: Option<f32>) -> Hit {
        let origin = Origin::File { path: "d".into() };
        let chunk = Chunk {
            id: id.into(),
            document: Arc::new(Metadata::new(DocumentId::from_text("s/d"), "s", origin, "d")),
            heading: Vec::new(),
            sections: Vec::new(),
            text: id.into(),
            tokens: 1,
            offsets: OffsetMap::default(),
            parts: Vec::new(),
        };
        Hit { chunk, lexical, dense }
    }

    #[test]
    fn orders() {
        let half = Fusion::Weighted { weight: 0.5 };
        let hits = [("a", 10.0, Some(0.2)), ("b", 8.0, Some(0.9)), ("c", 0.0, Some(0.95)), ("d", 1.0, None)];
        let without: Vec<_> = hits.map(|(id, lexical, _)| (id, lexical, None)).to_vec();
        let cases = [
            ("both", hits.to_vec(), half, "b a c d", 0.85),
            ("terms only", hits.to_vec(), Fusion::Weighted { weight: 0.0 }, "a b d c", 1.0),
            ("meaning only", hits.to_vec(), Fusion::Weighted { weight: 1.0 }, "c b a d", 0.95),
            ("by ranks", hits.to_vec(), Fusion::ReciprocalRank, "a b c d", 1.0 / 61.0 + 1.0 / 63.0),
            ("no vectors", without, half, "a b d c", 10.0),
            ("no terms", vec![("x", 0.0, Some(-0.5)), ("y", 0.0, Some(0.5))], half, "y x", 0.25),
            ("ties by id", vec![("y", 1.0, Some(0.5)), ("x", 1.0, Some(0.5))], half, "x y", 0.75),
        ];
        for (case, hits, fusion, expected, best) in cases {
            let hits: Vec<Hit> =
                hits.into_iter().map(|(id, lexical, dense)| hit(id, lexical, dense)).collect();
            let passages = fused(hits.clone(), fusion);
            let ids: Vec<&str> = passages.iter().map(|passage| passage.chunk.id.as_str()).collect();
            assert_eq!(ids.join(" "), expected, "{case}");
            assert!((passages[0].score - best).abs() < 1e-6, "{case}: {}", passages[0].score);
            for passage in &passages {
                let own =
                    hits.iter().find(|hit| hit.chunk.id == passage.chunk.id).map(|h| (h.lexical, h.dense));
                assert_eq!(own, Some((passage.parts.lexical, passage.parts.dense)), "{case}");
            }
        }
        assert!(fused(Vec::new(), half).is_empty());
    }
}
