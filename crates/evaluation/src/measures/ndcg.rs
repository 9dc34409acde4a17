//! Are the most relevant documents on top?
//!
//! trec_eval `ndcg_cut.k` and `ndcg`: gain = the judgement itself (linear), discount = log2(rank + 1), divided by
//! the same sum over the best order of everything judged.

use super::sum;

/// Normalised discounted cumulative gain of the first `depth` documents.
pub fn ndcg(ranked: &[i32], judged: &[i32], depth: usize) -> f64 {
    let mut ideal = judged.to_vec();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = dcg(&ideal, depth);
    if best > 0.0 { dcg(ranked, depth) / best } else { 0.0 }
}

fn dcg(labels: &[i32], depth: usize) -> f64 {
    let ranks = (2_u32..).map(|rank_and_one| f64::from(rank_and_one).log2());
    let gains = labels.iter().take(depth).zip(ranks);
    // A negative judgement (junk, in TREC's web tracks) takes nothing away.
    sum(gains.map(|(&label, discount)| f64::from(label.max(0)) / discount))
}
