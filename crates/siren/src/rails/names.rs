//! Names that the rules know from the index: those of records of the sources that the settings say hold companies or
//! people.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use siren_domain::Records;
use siren_domain::ports::PassageStore;
use siren_guard::Names;

use super::LiveGuard;

/// A shorter name is in too many words that are not meant.
const SHORTEST: usize = 2;

/// Which sources' records are named by what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NamedBy {
    pub(crate) companies: Vec<String>,
    pub(crate) people: Vec<String>,
}

impl NamedBy {
    fn is_empty(&self) -> bool {
        self.companies.is_empty() && self.people.is_empty()
    }

    fn in_records(&self, records: &Records) -> Names {
        let of = |sources: &[String]| {
            let records = records.records.iter().filter(|record| sources.contains(&record.source));
            let names = records.flat_map(|record| record.names.iter().cloned());
            let names: BTreeSet<String> = names.filter(|name| name.chars().count() >= SHORTEST).collect();
            names.into_iter().collect::<Vec<String>>()
        };
        Names { people: of(&self.people), companies: of(&self.companies) }
    }
}

/// Keeps the rules' names those of the generation that is served.
#[derive(Debug, Default)]
pub(crate) struct NamesOfIndex {
    by: NamedBy,
    /// The generation that the names were last taken from.
    taken: Mutex<Option<u64>>,
}

impl NamesOfIndex {
    pub(crate) fn new(by: NamedBy) -> Self {
        Self { by, taken: Mutex::default() }
    }

    /// Takes the names of the live generation, if they were not taken from it before. Without an index the rules know
    /// the names of their own file.
    pub(crate) async fn tell(&self, guard: &LiveGuard, store: &dyn PassageStore) {
        if self.by.is_empty() {
            return;
        }
        let Ok(records) = store.records().await else { return };
        {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            if taken.replace(records.generation) == Some(records.generation) {
                return;
            }
        }
        guard.knows(self.by.in_records(&records));
    }
}

#[cfg(test)]
mod tests {
    use siren_domain::{Locator, Record, Records};

    use super::NamedBy;

    fn record(source: &str, names: &[&str]) -> Record {
        Record {
            id: siren_domain::DocumentId::new(source, names.first().copied().unwrap_or("x")),
            source: source.to_owned(),
            title: String::new(),
            locator: Locator::File { path: String::new(), heading: Vec::new(), part: None, bytes: None },
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            keys: Default::default(),
            checked: Default::default(),
            authority: Default::default(),
            date: None,
            access: vec!["all".to_owned()],
        }
    }

    #[test]
    fn names_are_those_of_the_sources_that_hold_them() {
        let records = vec![
            record("companies", &["한빛상사", "Hanbit"]),
            record("companies", &["갑"]),
            record("events", &["서밋"]),
        ];
        let records = Records { generation: 1, records, conflicts: None };
        let by = NamedBy { companies: vec!["companies".to_owned()], people: Vec::new() };
        let names = by.in_records(&records);
        assert_eq!(names.companies, ["Hanbit", "한빛상사"]);
        assert!(names.people.is_empty());
    }
}
