//! How much of what is relevant is shown?
//!
//! trec_eval `recall.k`.

use super::{ratio, relevant};

/// Share of the relevant documents that are among the first `k`.
pub fn recall(ranked: &[i32], judged: &[i32], k: usize, level: i32) -> f64 {
    ratio(relevant(&ranked[..ranked.len().min(k)], level), relevant(judged, level))
}
