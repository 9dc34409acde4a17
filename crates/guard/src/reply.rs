//! What is said to the asker: in the asker's language, with places filled.

use std::collections::BTreeMap;

use crate::rules::{Message, RecordQuery, Reply};
use crate::template;

/// An answer that waits for a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The record that is wanted.
    pub record: RecordQuery,
    template: String,
    slots: BTreeMap<String, String>,
}

impl Fill {
    /// How to fill a reply, if it needs a record at all.
    pub(crate) fn of(reply: &Reply, korean: bool, slots: &BTreeMap<String, String>) -> Option<Self> {
        let mut record = reply.record.clone()?;
        for (_, value) in &mut record.columns {
            *value = template::filled(value, slots)?;
        }
        Some(Self { record, template: in_language(&reply.message, korean), slots: slots.clone() })
    }

    /// The answer, if the record has all the columns that it tells.
    pub fn filled(&self, columns: &BTreeMap<String, String>) -> Option<String> {
        let mut values = self.slots.clone();
        values.extend(columns.iter().map(|(column, value)| (column.clone(), value.clone())));
        template::filled(&self.template, &values)
    }

    /// Whether a record is the one that is wanted.
    pub fn is(&self, source: &str, columns: &BTreeMap<String, String>) -> bool {
        let wanted = &self.record.columns;
        source == self.record.source
            && wanted.iter().all(|(column, value)| columns.get(column) == Some(value))
    }
}

/// The message in the language of the question.
pub(crate) fn in_language(message: &Message, korean: bool) -> String {
    if korean { &message.ko } else { &message.en }.clone()
}
