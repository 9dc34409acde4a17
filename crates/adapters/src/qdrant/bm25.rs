//! BM25 with its two halves apart: what depends on the chunk is the sparse vector's weight, what depends on the term in
//! the whole index is the question's.
//!
//! The score of a chunk is the sum, over the terms of the question, of `idf × times asked × weight`, where
//! `weight = tf (k1 + 1) / (tf + k1 (1 − b + b length / average))`. That is the scalar product of two sparse vectors, and
//! exactly what tantivy computes, lengths rounded as tantivy rounds them. Qdrant's own modifier `idf` is left out: it
//! counts per shard, so that scores of chunks on different shards could not be compared.

use tantivy::fieldnorm::FieldNormReader;

const K1: f32 = 1.2;
const B: f32 = 0.75;
/// A term that is repeated more often weighs as if it were so often: by then a weight differs by less than a thousandth
/// from the largest there is, and the count can still be told from the weight.
const MOST: u32 = 1024;

/// How much longer than the average a chunk is, in the formula's terms.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "lengths of chunks")]
pub(super) fn norm(length: u32, average: f64) -> f32 {
    let rounded = FieldNormReader::id_to_fieldnorm(FieldNormReader::fieldnorm_to_id(length)) as f32;
    K1 * (1.0 - B + B * rounded / average.max(f64::MIN_POSITIVE) as f32)
}

/// What a term that stands in the chunk so often weighs.
#[expect(clippy::cast_precision_loss, reason = "at most MOST")]
pub(super) fn weight(times: u32, norm: f32) -> f32 {
    let times = times.clamp(1, MOST) as f32;
    times * (K1 + 1.0) / (times + norm)
}

/// How often a term stands in the chunk, by its weight: what is carried over into a generation of another average length
/// is weighed anew without being read anew.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped first")]
pub(super) fn times(weight: f32, norm: f32) -> u32 {
    let (weight, norm, most) = (f64::from(weight), f64::from(norm), f64::from(K1) + 1.0);
    (weight * norm / (most - weight)).round().clamp(1.0, f64::from(MOST)) as u32
}

/// How telling a term is that so many chunks hold: as in Lucene and tantivy.
#[expect(clippy::cast_precision_loss, reason = "counts of chunks are far below 2^24 in any way that matters")]
pub(super) fn inverse_document_frequency(chunks: u64, held: u64) -> f32 {
    let held = held.min(chunks) as f32;
    (1.0 + (chunks as f32 - held + 0.5) / (held + 0.5)).ln()
}

#[cfg(test)]
mod tests {
    use super::{MOST, norm, times, weight};
    use proptest::prelude::*;

    proptest! {
        /// Else a carry-over would change scores.
        #[test]
        fn a_weight_tells_how_often(
            repeated in 1..=MOST,
            others in 0..100_000_u32,
            average in 1.0..10_000.0_f64,
        ) {
            let norm = norm(repeated + others, average);
            prop_assert_eq!(times(weight(repeated, norm), norm), repeated);
        }
    }
}
