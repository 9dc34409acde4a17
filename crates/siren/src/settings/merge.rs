//! `[source.merge]`: how documents speak of a source's records.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use siren_domain::Authority;
use siren_merging::{CheckRule, DOCUMENT_KEYS, HouseNames, LinkRules};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MergeSettings {
    /// Columns whose values name the record in texts.
    pub(crate) names: Vec<String>,
    /// What of a document equals which column of its record.
    pub(crate) keys: BTreeMap<String, String>,
    /// Who wins when they differ.
    pub(crate) authority: Authority,
    /// Columns that documents may state.
    pub(crate) check: BTreeMap<String, CheckSettings>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CheckSettings {
    /// What a text calls it.
    pub(crate) words: Vec<String>,
    /// What it is counted in.
    pub(crate) unit: Option<String>,
    /// The column with the end of the time that begins with this one.
    pub(crate) until: Option<String>,
}

impl MergeSettings {
    /// What is missing or out of place, in words.
    pub(super) fn problem(&self) -> Option<String> {
        if self.names.is_empty() && self.keys.is_empty() {
            return Some("`merge` needs `names`, `keys` or both: nothing else leads to a record".to_owned());
        }
        if let Some(key) = self.keys.keys().find(|key| !DOCUMENT_KEYS.contains(&key.as_str())) {
            let known = DOCUMENT_KEYS.join(", ");
            return Some(format!("`merge.keys` names {key:?}, which no document has: use one of {known}"));
        }
        let wordless = |check: &&CheckSettings| {
            check.words.is_empty() || check.words.iter().any(|word| !word.contains(char::is_alphanumeric))
        };
        let (column, _) = self.check.iter().find(|(_, check)| wordless(check))?;
        Some(format!("`merge.check.{column}` needs `words`: what a text calls the field"))
    }

    /// A column that does not become a field, in words.
    pub(super) fn beyond(&self, fields: &[String]) -> Option<String> {
        let ends = self.check.values().filter_map(|check| check.until.as_ref());
        let mut used = self.names.iter().chain(self.keys.values()).chain(self.check.keys()).chain(ends);
        let column = used.find(|column| !fields.contains(column))?;
        Some(format!("`merge` names the column {column:?}, which is not among `fields`: add it there"))
    }

    pub(crate) fn rules(&self) -> LinkRules {
        let rule = |check: &CheckSettings| CheckRule {
            words: check.words.clone(),
            unit: check.unit.clone().filter(|unit| !unit.trim().is_empty()),
            until: check.until.clone(),
        };
        LinkRules {
            names: self.names.clone(),
            keys: self.keys.clone(),
            authority: self.authority,
            checks: self.check.iter().map(|(column, check)| (column.clone(), rule(check))).collect(),
            aliases: HouseNames::default(),
        }
    }
}
