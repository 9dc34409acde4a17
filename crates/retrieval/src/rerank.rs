//! The first passages in a better order, by a ranker that is too slow for all of them.

use siren_domain::Passage;
use siren_domain::ports::Reranker;

/// The passages with the first `most` ordered by the reranker; equal numbers keep their order. Without its answer the
/// order stays: that is better than no answer.
pub(crate) async fn reranked(
    reranker: &dyn Reranker,
    question: &str,
    mut passages: Vec<Passage>,
    most: usize,
) -> Vec<Passage> {
    let shown = most.min(passages.len());
    if shown < 2 {
        return passages;
    }
    let texts: Vec<&str> = passages[..shown].iter().map(|passage| passage.chunk.text.as_str()).collect();
    let scores = match reranker.rerank(question, &texts).await {
        Ok(scores) if scores.len() == shown => scores,
        Ok(scores) => {
            tracing::warn!("passages are not reranked: {} numbers came for {shown}", scores.len());
            return passages;
        }
        Err(error) => {
            tracing::warn!("passages are not reranked: {error}");
            return passages;
        }
    };
    for (passage, score) in passages.iter_mut().zip(scores) {
        passage.parts.reranked = Some(score);
    }
    // The places keep their scores, and the passages change places: what follows reads a score as a share of the best.
    let scores: Vec<f32> = passages[..shown].iter().map(|passage| passage.score).collect();
    let number = |passage: &Passage| passage.parts.reranked.unwrap_or(f32::NEG_INFINITY);
    passages[..shown].sort_by(|a, b| number(b).total_cmp(&number(a)));
    let mut above = f32::INFINITY;
    for (passage, score) in passages.iter_mut().zip(scores) {
        above = score.min(above.next_down());
        passage.score = above;
    }
    passages
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;
    use futures::executor::block_on;
    use siren_domain::ports::{ModelError, Reranker};
    use siren_domain::{Chunk, DocumentId, Metadata, OffsetMap, Origin, Passage, ScoreParts};

    use super::reranked;

    /// Gives these numbers, or none at all.
    struct Numbers(Option<Vec<f32>>);

    #[async_trait]
    impl Reranker for Numbers {
        async fn rerank(&self, _: &str, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
            let told = self.0.clone().ok_or_else(|| ModelError::Unavailable("asleep".into()))?;
            assert!(texts.len() <= 3, "{texts:?}");
            Ok(told)
        }
    }

    fn passage(id: char) -> Passage {
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
        Passage { chunk: Arc::new(chunk), score: score(id), parts: ScoreParts::default() }
    }

    /// The first two are equally good before.
    fn score(id: char) -> f32 {
        if id < 'c' { 0.9 } else { 0.5 }
    }

    #[test]
    fn the_first_passages_are_ordered_anew() {
        let cases: [(&str, Option<Vec<f32>>, &str); 6] = [
            ("abcde", Some(vec![0.1, 0.3, 0.2]), "bcade"),
            ("abcde", Some(vec![0.1, 0.1, 0.1]), "abcde"),
            ("abcde", Some(vec![f32::NAN, 0.3, -1.0]), "abcde"),
            ("abcde", Some(vec![0.1, 0.2]), "abcde"),
            ("abcde", None, "abcde"),
            ("a", None, "a"),
        ];
        for (before, numbers, expected) in cases {
            let passages = before.chars().map(passage).collect();
            let told = format!("{numbers:?}");
            let after = block_on(reranked(&Numbers(numbers), "q", passages, 3));
            let order: String = after.iter().map(|passage| passage.chunk.id.as_str()).collect();
            assert_eq!(order, expected, "{told}");
            let scores: Vec<f32> = after.iter().map(|passage| passage.score).collect();
            assert!(scores.is_sorted_by(|a, b| a >= b), "the score tells the place: {scores:?}");
            let changed = order != before;
            assert!(
                !changed || scores[..3].is_sorted_by(|a, b| a > b),
                "no two places look equal: {scores:?}"
            );
        }
    }
}
