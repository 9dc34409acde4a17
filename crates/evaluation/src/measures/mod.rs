//! What is a good ranking? One file per measure; each equals its namesake in `trec_eval -c`.
//!
//! A measure sees the judgements of the ranked documents in order (`ranked`, 0 for an unjudged one) and all
//! judgements of the query (`judged`). Relevant means 1 or more, or the level that the measure's name tells.

mod average_precision;
mod name;
mod ndcg;
mod precision;
mod r_precision;
mod recall;
mod reciprocal_rank;
mod success;

use std::num::NonZeroUsize;

pub use average_precision::average_precision;
pub use name::UnknownMeasure;
pub use ndcg::ndcg;
pub use precision::precision;
pub use r_precision::r_precision;
pub use recall::recall;
pub use reciprocal_rank::reciprocal_rank;
pub use success::success;

/// What a measure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `nDCG`, `nDCG@k`
    Ndcg,
    /// `P@k`
    Precision,
    /// `R@k`
    Recall,
    /// `RR`, `RR@k`
    ReciprocalRank,
    /// `AP`, `AP@k`
    AveragePrecision,
    /// `Success@k`
    Success,
    /// `Rprec`
    RPrecision,
}

/// A measure with its cutoff, `nDCG@10`, and from which label on a document is relevant, `RR(rel=2)@10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Measure {
    kind: Kind,
    cutoff: Option<NonZeroUsize>,
    level: i32,
}

const FIVE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4);
const TEN: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9);

impl Measure {
    /// What suites and BEIR folders are scored by, in the order of a report: `nDCG@10`, `R@5`, `R@10`, `RR@10`.
    pub const USUAL: [Self; 4] = [
        Self::at(Kind::Ndcg, TEN),
        Self::at(Kind::Recall, FIVE),
        Self::at(Kind::Recall, TEN),
        Self::at(Kind::ReciprocalRank, TEN),
    ];

    const fn at(kind: Kind, cutoff: NonZeroUsize) -> Self {
        Self { kind, cutoff: Some(cutoff), level: 1 }
    }

    /// The value for one query, between 0 and 1.
    pub fn value(self, ranked: &[i32], judged: &[i32]) -> f64 {
        let k = self.cutoff.map_or(usize::MAX, NonZeroUsize::get);
        let level = self.level;
        match self.kind {
            // Its gain is the label itself, so no level comes into it.
            Kind::Ndcg => ndcg(ranked, judged, k),
            Kind::Precision => precision(ranked, k, level),
            Kind::Recall => recall(ranked, judged, k, level),
            Kind::ReciprocalRank => reciprocal_rank(ranked, k, level),
            Kind::AveragePrecision => average_precision(ranked, judged, k, level),
            Kind::Success => success(ranked, k, level),
            Kind::RPrecision => r_precision(ranked, judged, level),
        }
    }
}

fn relevant(labels: &[i32], level: i32) -> usize {
    labels.iter().filter(|&&label| label >= level).count()
}

/// 0 where there is nothing to divide by: such a query keeps its place in the mean.
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The sum of nothing is 0; by itself Rust says -0, which a report would show.
pub(crate) fn sum(values: impl Iterator<Item = f64>) -> f64 {
    0.0 + values.sum::<f64>()
}
