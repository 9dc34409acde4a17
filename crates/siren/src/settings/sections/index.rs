//! `[index]`: how documents are read and cut.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Wrong, counts, ensure, seconds, shares};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct IndexSettings {
    pub(crate) max_tokens: usize,
    pub(crate) overlap: usize,
    pub(crate) keep_generations: usize,
    pub(crate) max_shrink: f64,
    pub(crate) read_seconds: u64,
    pub(crate) read_megabytes: u64,
    pub(crate) dictionary: bool,
}

impl Default for IndexSettings {
    fn default() -> Self {
        Self {
            max_tokens: 400,
            overlap: 0,
            keep_generations: 5,
            max_shrink: 0.5,
            read_seconds: 60,
            read_megabytes: 1024,
            dictionary: true,
        }
    }
}

impl Section for IndexSettings {
    fn purposes(&self) -> Purposes {
        &[
            (
                "index.max_tokens",
                "tokens (o200k_base) that a chunk may have; a change makes the next reindex a full one",
            ),
            ("index.overlap", "tokens of a cut chunk that are repeated in the next one"),
            ("index.keep_generations", "generations that `siren reindex` leaves on disk for a rollback"),
            (
                "index.max_shrink",
                "share (0 to 1) of a source's documents that may be gone at once; beyond it they are kept until --allow-shrink",
            ),
            ("index.read_seconds", "seconds that reading one document (PDF, office, HWP) may take"),
            (
                "index.read_megabytes",
                "memory that reading one document may take, in MB; one is read at a time per core",
            ),
            (
                "index.dictionary",
                "whether the Korean dictionary is used where `siren setup` has fetched it; a change makes the next reindex a full one",
            ),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        counts(&[("index.max_tokens", self.max_tokens, 8_192)])?;
        ensure(
            (128..=1 << 20).contains(&self.read_megabytes),
            "index.read_megabytes",
            "must be between 128 and 1048576",
        )?;
        seconds(&[("index.read_seconds", self.read_seconds)])?;
        ensure(self.overlap < self.max_tokens, "index.overlap", "must be smaller than index.max_tokens")?;
        shares(&[("index.max_shrink", self.max_shrink)])
    }
}
