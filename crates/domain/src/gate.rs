//! What was said of an index before it was served.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What became of a generation at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateOutcome {
    /// It may be served.
    Passed,
    /// It must not be served.
    Refused,
    /// The gate was not asked, because somebody said so.
    Skipped,
}

/// What the gate said of a generation, kept with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateNote {
    /// What became of it.
    pub outcome: GateOutcome,
    /// The suite that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// Why not, for a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// What it did in the suite: the mean of each measure that the gate looks at.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<String, f64>,
}
