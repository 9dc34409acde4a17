//! `[health]`: from when on `siren health` tells something.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Wrong, counts, shares};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HealthSettings {
    pub(crate) stale_days: usize,
    pub(crate) alike: f64,
    pub(crate) section_tokens: usize,
    pub(crate) chunk_letters: usize,
    pub(crate) suite: String,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self { stale_days: 1_095, alike: 0.8, section_tokens: 2_000, chunk_letters: 10, suite: String::new() }
    }
}

impl Section for HealthSettings {
    fn purposes(&self) -> Purposes {
        &[
            ("health.stale_days", "days after which a file is told to be old"),
            ("health.alike", "share (0 to 1) of two files that is the same, from which on they are told"),
            ("health.section_tokens", "tokens under one heading, above which a section is told to be long"),
            ("health.chunk_letters", "letters of a chunk, below which it is told to be empty"),
            (
                "health.suite",
                "a suite's folder: documents that none of its questions finds are told; empty: that of eval.gate, if there is one",
            ),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        counts(&[
            ("health.stale_days", self.stale_days, 36_500),
            ("health.section_tokens", self.section_tokens, 1_000_000),
        ])?;
        shares(&[("health.alike", self.alike)])
    }
}
