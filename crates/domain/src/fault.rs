//! Something that went wrong with one item while the rest went on.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::document::DocumentId;

/// What is wrong, where, and what a person can do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The source it happened in.
    pub source: String,
    /// The item; none when the source as a whole could not be read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
    /// File, line, row or field.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
    /// Whether the item is indexed all the same.
    pub kept: bool,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.problem, self.remedy)
    }
}
