//! What is a good ranking? One file per measure; each equals its namesake in `trec_eval -c`.
//!
//! A measure sees the judgements of the ranked documents in order (`ranked`, 0 for an unjudged one) and all
//! judgements of the query (`judged`). Relevant means 1 or more.

mod average_precision;
mod name;
mod ndcg;
mod precision;
mod recall;
mod reciprocal_rank;
mod success;

use std::num::NonZeroUsize;

pub use average_precision::average_precision;
pub use name::UnknownMeasure;
pub use ndcg::ndcg;
pub use precision::precision;
pub use recall::recall;
pub use reciprocal_rank::reciprocal_rank;
pub use success::success;

/// A measure with its cutoff: `nDCG@10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// `nDCG`, `nDCG@k`
    Ndcg(Option<NonZeroUsize>),
    /// `P@k`
    Precision(NonZeroUsize),
    /// `R@k`
    Recall(NonZeroUsize),
    /// `RR`, `RR@k`
    ReciprocalRank(Option<NonZeroUsize>),
    /// `AP`, `AP@k`
    AveragePrecision(Option<NonZeroUsize>),
    /// `Success@k`
    Success(NonZeroUsize),
}

const FIVE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4);
const TEN: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9);

impl Measure {
    /// What suites and BEIR folders are scored by, in the order of a report: `nDCG@10`, `R@5`, `R@10`, `RR@10`.
    pub const USUAL: [Self; 4] =
        [Self::Ndcg(Some(TEN)), Self::Recall(FIVE), Self::Recall(TEN), Self::ReciprocalRank(Some(TEN))];

    /// The value for one query, between 0 and 1.
    pub fn value(self, ranked: &[i32], judged: &[i32]) -> f64 {
        match self {
            Self::Ndcg(k) => ndcg(ranked, judged, depth(k)),
            Self::Precision(k) => precision(ranked, k.get()),
            Self::Recall(k) => recall(ranked, judged, k.get()),
            Self::ReciprocalRank(k) => reciprocal_rank(ranked, depth(k)),
            Self::AveragePrecision(k) => average_precision(ranked, judged, depth(k)),
            Self::Success(k) => success(ranked, k.get()),
        }
    }
}

fn depth(cutoff: Option<NonZeroUsize>) -> usize {
    cutoff.map_or(usize::MAX, NonZeroUsize::get)
}

fn is_relevant(label: i32) -> bool {
    label >= 1
}

fn relevant(labels: &[i32]) -> usize {
    labels.iter().filter(|&&label| is_relevant(label)).count()
}

/// 0 where there is nothing to divide by: such a query keeps its place in the mean.
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The sum of nothing is 0; by itself Rust says -0, which a report would show.
pub(crate) fn sum(values: impl Iterator<Item = f64>) -> f64 {
    0.0 + values.sum::<f64>()
}
