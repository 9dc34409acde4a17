//! How is a measure written?

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::Measure;

/// There is no such measure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a measure: write nDCG, nDCG@k, P@k, R@k, RR, RR@k, AP, AP@k or Success@k, with a whole number k of 1 or more"
)]
pub struct UnknownMeasure(pub String);

impl Measure {
    /// Reads `nDCG@10,R@5`: one measure or several, each kept once, in the order written.
    pub fn list(text: &str) -> Result<Vec<Self>, UnknownMeasure> {
        let mut list = Vec::new();
        for name in text.split(',') {
            let measure = name.trim().parse()?;
            if !list.contains(&measure) {
                list.push(measure);
            }
        }
        Ok(list)
    }

    fn parts(self) -> (&'static str, Option<NonZeroUsize>) {
        match self {
            Self::Ndcg(k) => ("nDCG", k),
            Self::Precision(k) => ("P", Some(k)),
            Self::Recall(k) => ("R", Some(k)),
            Self::ReciprocalRank(k) => ("RR", k),
            Self::AveragePrecision(k) => ("AP", k),
            Self::Success(k) => ("Success", Some(k)),
        }
    }
}

impl FromStr for Measure {
    type Err = UnknownMeasure;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownMeasure(text.to_owned());
        let (name, cutoff) = match text.split_once('@') {
            Some((name, k)) => (name, Some(k.parse().map_err(|_| unknown())?)),
            None => (text, None),
        };
        let needed = || cutoff.ok_or_else(unknown);
        match name.to_ascii_lowercase().as_str() {
            "ndcg" => Ok(Self::Ndcg(cutoff)),
            "p" => Ok(Self::Precision(needed()?)),
            "r" => Ok(Self::Recall(needed()?)),
            "rr" => Ok(Self::ReciprocalRank(cutoff)),
            "ap" => Ok(Self::AveragePrecision(cutoff)),
            "success" => Ok(Self::Success(needed()?)),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (name, Some(k)) => f.pad(&format!("{name}@{k}")),
            (name, None) => f.pad(name),
        }
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
