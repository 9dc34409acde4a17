//! How precise is the ranking where it could be perfect?
//!
//! trec_eval `Rprec`: precision at R, the number of relevant documents.

use super::{precision, relevant};

/// Share of relevant documents among as many places as there are relevant documents.
pub fn r_precision(ranked: &[i32], judged: &[i32], level: i32) -> f64 {
    match relevant(judged, level) {
        0 => 0.0,
        total => precision(ranked, total, level),
    }
}
