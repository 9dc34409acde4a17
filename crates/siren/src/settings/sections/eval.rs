//! `[eval]`: what a new index is held to.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section};

/// What a new index is held to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EvalSettings {
    pub(crate) gate: String,
}

impl Section for EvalSettings {
    fn purposes(&self) -> Purposes {
        &[(
            "eval.gate",
            "a suite's folder: `siren reindex` serves a new index only if it answers the suite as well as the old one; empty: no gate",
        )]
    }
}
