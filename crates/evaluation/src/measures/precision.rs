//! How much of what is shown is relevant?
//!
//! trec_eval `P.k`: divided by k even when fewer documents were retrieved.

use super::{ratio, relevant};

/// Share of the first `k` places that hold a relevant document.
pub fn precision(ranked: &[i32], k: usize, level: i32) -> f64 {
    ratio(relevant(&ranked[..ranked.len().min(k)], level), k)
}
