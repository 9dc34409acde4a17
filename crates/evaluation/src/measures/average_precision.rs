//! Is precision kept up until everything relevant is found?
//!
//! trec_eval `map` and `map_cut.k`: the divisor is all that is relevant, also with a cutoff.

use super::{ratio, relevant, sum};

/// Mean of the precisions at each relevant document among the first `depth`; one not found counts as 0.
pub fn average_precision(ranked: &[i32], judged: &[i32], depth: usize, level: i32) -> f64 {
    let total = relevant(judged, level);
    if total == 0 {
        return 0.0;
    }
    let shown = ranked.iter().take(depth).enumerate();
    let hits = shown.filter(|&(_, &label)| label >= level);
    let precisions = hits.zip(1..).map(|((above, _), found)| ratio(found, above + 1));
    sum(precisions) / total as f64
}
