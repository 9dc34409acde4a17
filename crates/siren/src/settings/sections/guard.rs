//! `[guard]`: the rules.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GuardSettings {
    pub(crate) rules: String,
    pub(crate) topics: String,
    pub(crate) company_sources: Vec<String>,
    pub(crate) person_sources: Vec<String>,
    pub(crate) personal_data_groups: Vec<String>,
    pub(crate) personal_data_allow: Vec<String>,
}

impl Section for GuardSettings {
    fn purposes(&self) -> Purposes {
        &[
            ("guard.rules", "a rule file; empty: the built-in rules. `siren serve` follows its changes"),
            ("guard.company_sources", "sources whose records' names the rules know as companies ({company})"),
            ("guard.person_sources", "sources whose records' names the rules know as people ({person})"),
            (
                "guard.topics",
                "weights of cues for topics, by `siren guard learn --out`; empty: the built-in ones",
            ),
            (
                "guard.personal_data_groups",
                "groups that see personal data in answers; everyone else reads a label in its place",
            ),
            (
                "guard.personal_data_allow",
                "numbers and addresses that everyone may see, such as published ones",
            ),
        ]
    }
}
