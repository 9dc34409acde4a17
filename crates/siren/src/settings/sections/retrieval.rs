//! `[retrieval]`: what is found and kept.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Wrong, counts, ensure, shares};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RetrievalSettings {
    pub(crate) n_candidates: usize,
    pub(crate) top_k: usize,
    pub(crate) context_tokens: usize,
    pub(crate) linked_records: usize,
    pub(crate) fusion: FusionKind,
    pub(crate) dense_weight: f32,
    pub(crate) looked_at: usize,
    pub(crate) mend: bool,
    pub(crate) split: bool,
    pub(crate) aliases: String,
}

impl Default for RetrievalSettings {
    fn default() -> Self {
        Self {
            n_candidates: 100,
            top_k: 10,
            context_tokens: 3000,
            linked_records: 3,
            fusion: FusionKind::Weighted,
            dense_weight: 0.5,
            looked_at: 20,
            mend: true,
            split: true,
            aliases: String::new(),
        }
    }
}

/// How terms and meaning become one order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FusionKind {
    #[default]
    Weighted,
    Rrf,
}

impl Section for RetrievalSettings {
    fn purposes(&self) -> Purposes {
        &[
            ("retrieval.n_candidates", "chunks fetched for a question"),
            ("retrieval.top_k", "passages kept"),
            ("retrieval.context_tokens", "tokens that the passages of a prompt may have together"),
            (
                "retrieval.linked_records",
                "records that may come with the passages that name them or share their keys; 0 for none",
            ),
            (
                "retrieval.fusion",
                "how terms and meaning become one order: weighted (by scores) or rrf (by ranks)",
            ),
            ("retrieval.dense_weight", "what meaning counts against terms (0 to 1) in the weighted fusion"),
            (
                "retrieval.looked_at",
                "passages whose words are looked at closer: together, in order, named, missing; 0 for none",
            ),
            (
                "retrieval.mend",
                "whether words that the index does not have are put right: misspelt, run together, spelled out",
            ),
            (
                "retrieval.aliases",
                "a file of other names, such as `Siren Portal` and `더사이렌포탈`: a name, a tab, the others with commas",
            ),
            ("retrieval.split", "whether a question that compares two things is looked for once for each"),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        counts(&[
            ("retrieval.top_k", self.top_k, 1_000),
            ("retrieval.n_candidates", self.n_candidates, 10_000),
            ("retrieval.context_tokens", self.context_tokens, 1_000_000),
        ])?;
        ensure(self.looked_at <= 1_000, "retrieval.looked_at", "must be between 0 and 1000")?;
        ensure(self.linked_records <= 100, "retrieval.linked_records", "must be between 0 and 100")?;
        shares(&[("retrieval.dense_weight", f64::from(self.dense_weight))])
    }
}
