//! How far down does one have to read?
//!
//! trec_eval `recip_rank`; with a cutoff as in ir_measures: the same over the first k documents.

use super::ratio;

/// 1 / rank of the first relevant document among the first `depth`, or 0.
pub fn reciprocal_rank(ranked: &[i32], depth: usize, level: i32) -> f64 {
    let mut shown = ranked.iter().take(depth);
    let first = shown.position(|&label| label >= level);
    first.map_or(0.0, |above| ratio(1, above + 1))
}
