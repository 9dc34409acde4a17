//! How is a measure written?
//!
//! As in ir_measures (`nDCG@10`, `RR(rel=2)@10`), and as in trec_eval (`ndcg_cut_10`, `P.5,10`, `map`).

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Kind, Measure};

/// There is no such measure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a measure: write nDCG, nDCG@k, P@k, R@k, RR, RR@k, AP, AP@k, Success@k or Rprec, with a whole \
     number k of 1 or more and (rel=n) before @ where relevance begins at n; trec_eval's ndcg_cut_k, P_k, recall_k, \
     recip_rank, map, map_cut_k, success_k and ndcg are read, too"
)]
pub struct UnknownMeasure(pub String);

impl Measure {
    /// Reads `nDCG@10,R@5`: one measure or several, each kept once, in the order written.
    pub fn list(text: &str) -> Result<Vec<Self>, UnknownMeasure> {
        let mut list: Vec<Self> = Vec::new();
        // trec_eval gives several cutoffs to one name: `P.5,10`.
        let mut dotted = None;
        for name in text.split(',').map(str::trim) {
            let measure: Self = match (name.parse::<NonZeroUsize>(), dotted) {
                (Ok(cutoff), Some(kind)) => Self { kind, cutoff: Some(cutoff), level: 1 },
                _ => name.parse()?,
            };
            dotted = if name.contains('.') || dotted.is_some() && name.parse::<usize>().is_ok() {
                Some(measure.kind)
            } else {
                None
            };
            if !list.contains(&measure) {
                list.push(measure);
            }
        }
        Ok(list)
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Ndcg => "nDCG",
            Self::Precision => "P",
            Self::Recall => "R",
            Self::ReciprocalRank => "RR",
            Self::AveragePrecision => "AP",
            Self::Success => "Success",
            Self::RPrecision => "Rprec",
        }
    }

    /// Whether it is a measure without a cutoff, or with one.
    fn takes(self, cutoff: Option<NonZeroUsize>) -> bool {
        match self {
            Self::Precision | Self::Recall | Self::Success => cutoff.is_some(),
            Self::RPrecision => cutoff.is_none(),
            Self::Ndcg | Self::ReciprocalRank | Self::AveragePrecision => true,
        }
    }

    fn of(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "ndcg" | "ndcg_cut" => Self::Ndcg,
            "p" | "precision" => Self::Precision,
            "r" | "recall" => Self::Recall,
            "rr" | "mrr" | "recip_rank" => Self::ReciprocalRank,
            "ap" | "map" | "map_cut" => Self::AveragePrecision,
            "success" | "hit" => Self::Success,
            "rprec" => Self::RPrecision,
            _ => return None,
        })
    }
}

/// `name@k`, `name_k` or `name.k` in two.
fn cut(text: &str) -> (&str, Option<&str>) {
    if let Some((name, cutoff)) = text.split_once('@') {
        return (name, Some(cutoff));
    }
    match text.rsplit_once(['_', '.']) {
        Some((name, cutoff)) if cutoff.starts_with(|c: char| c.is_ascii_digit()) => (name, Some(cutoff)),
        _ => (text, None),
    }
}

/// The name, and the level in `name(rel=2)`.
fn level(name: &str) -> Option<(&str, i32)> {
    let Some((name, inner)) = name.split_once('(') else { return Some((name, 1)) };
    let level = inner.strip_suffix(')')?.trim().strip_prefix("rel")?.trim_start().strip_prefix('=')?;
    let level = level.trim().parse().ok().filter(|level| *level >= 1)?;
    Some((name, level))
}

impl FromStr for Measure {
    type Err = UnknownMeasure;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (name, cutoff) = cut(text.trim());
            let cutoff = cutoff.map(|k| k.parse::<NonZeroUsize>().ok());
            let cutoff = if let Some(read) = cutoff { Some(read?) } else { None };
            let (name, level) = level(name)?;
            let kind = Kind::of(name)?;
            // nDCG goes by the labels themselves: a level would be passed over in silence.
            let fits = kind.takes(cutoff) && (level == 1 || kind != Kind::Ndcg);
            fits.then_some(Self { kind, cutoff, level })
        };
        read().ok_or_else(|| UnknownMeasure(text.to_owned()))
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.level == 1 { String::new() } else { format!("(rel={})", self.level) };
        match self.cutoff {
            Some(k) => f.pad(&format!("{}{level}@{k}", self.kind.name())),
            None => f.pad(&format!("{}{level}", self.kind.name())),
        }
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Measure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(de::Error::custom)
    }
}
