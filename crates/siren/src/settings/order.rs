//! `[source.order]`: in which order a source's records stand.

use serde::{Deserialize, Serialize};
use siren_retrieval::Order;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OrderSettings {
    /// The column with a record's place, a whole number.
    pub(crate) column: String,
    /// Two records stand in one order when these columns are equal.
    pub(crate) within: Vec<String>,
}

impl OrderSettings {
    /// What is missing or out of place, in words.
    pub(super) fn problem(&self, fields: Option<&[String]>) -> Option<String> {
        if self.column.trim().is_empty() {
            return Some(
                "`order` needs `column`: the column with a record's place, a whole number".to_owned(),
            );
        }
        let mut used = std::iter::once(&self.column).chain(&self.within);
        let column = used.find(|column| fields.is_some_and(|fields| !fields.contains(column)))?;
        Some(format!("`order` names the column {column:?}, which is not among `fields`: add it there"))
    }

    pub(crate) fn of(&self, source: &str) -> Order {
        Order { source: source.to_owned(), column: self.column.clone(), within: self.within.clone() }
    }
}
