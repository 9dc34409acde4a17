//! Is anything relevant shown at all?
//!
//! trec_eval `success.k`.

use super::relevant;

/// 1 if one of the first `k` is relevant, else 0.
pub fn success(ranked: &[i32], k: usize, level: i32) -> f64 {
    f64::from(u8::from(relevant(&ranked[..ranked.len().min(k)], level) > 0))
}
