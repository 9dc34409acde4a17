//! Documents and records as one index: what of a record can be linked, and where documents say otherwise.
//!
//! Conflicts are looked for once all documents are in the new generation, and before it is served: a record may come
//! after the documents that speak of it. Only what changed is looked at again; the index itself tells which chunks name
//! a record that changed.

use std::collections::{BTreeMap, BTreeSet};

use siren_domain::ports::{Among, DocumentRecord, IndexStore, StoreError};
use siren_domain::{Conflict, DocumentId, Metadata, Record, Records, Value};
use siren_merging::{Catalogue, LinkRules, conflicts};
use siren_text::Analyser;

/// The rules of each source whose records can be linked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merging {
    /// The rules with their names.
    rules: BTreeMap<String, (LinkRules, String)>,
    /// What documents were looked at by.
    inspector: String,
}

/// Stands between an item's version and the rules that its record was made by.
const BY: char = '\u{1f}';

impl Merging {
    pub(crate) fn new(rules: BTreeMap<String, LinkRules>) -> Self {
        let named = rules.into_iter().map(|(source, rules)| {
            let name = blake3::hash(rules.identity().as_bytes()).to_hex()[..16].to_owned();
            (source, (rules, name))
        });
        Self { rules: named.collect(), inspector: String::new() }
    }

    /// The same, with documents looked at anew when the inspector is another.
    pub(crate) fn inspected_by(&self, identity: &str) -> Self {
        Self { inspector: identity.to_owned(), ..self.clone() }
    }

    /// The same, with other rules.
    pub(crate) fn linked_by(&self, rules: BTreeMap<String, LinkRules>) -> Self {
        Self { inspector: self.inspector.clone(), ..Self::new(rules) }
    }

    /// What shapes a source's records beside their content.
    pub(crate) fn identity(&self, source: &str) -> String {
        format!("{}{}", self.rules_of(source), self.inspector)
    }

    fn rules_of(&self, source: &str) -> &str {
        self.rules.get(source).map_or("", |(_, name)| name)
    }

    /// An item's version as the index keeps it.
    pub(crate) fn version(&self, source: &str, version: &str) -> String {
        match self.identity(source).as_str() {
            "" => version.to_owned(),
            rules => format!("{version}{BY}{rules}"),
        }
    }

    /// An item's version, unless its record was made by other rules.
    pub(crate) fn known_version<'r>(&self, record: &'r DocumentRecord) -> Option<&'r str> {
        let kept = record.version.as_deref()?;
        let (version, rules) = kept.rsplit_once(BY).unwrap_or((kept, ""));
        let inspector = rules.strip_prefix(self.rules_of(&record.source))?;
        (inspector == self.inspector).then_some(version)
    }

    /// What a generation keeps of a document if it is a record that can be linked.
    pub(crate) fn record(&self, meta: &Metadata) -> Option<Record> {
        self.rules.get(&meta.source)?.0.record(meta)
    }

    /// Finds the conflicts of a complete generation, puts them with it and returns them. `touched` are the documents
    /// that differ from `base`.
    pub(crate) async fn check(
        &self,
        store: &dyn IndexStore,
        base: Option<u64>,
        number: u64,
        touched: &BTreeSet<DocumentId>,
    ) -> Result<Vec<Conflict>, StoreError> {
        let after = store.records_of(number).await?;
        let before = match base {
            Some(base) => Some(store.records_of(base).await?),
            None => None,
        };
        let standing = before.as_ref().and_then(|before| before.conflicts.as_deref());
        let found = match (any_checked(&after), before.as_ref().zip(standing)) {
            (false, _) => Vec::new(),
            (true, None) => anew(store, number, &after).await?,
            (true, Some((before, standing))) => {
                renewed(store, number, (before, &after), standing, touched).await?
            }
        };
        store.put_conflicts(number, &found).await?;
        Ok(found)
    }
}

fn any_checked(records: &Records) -> bool {
    records.records.iter().any(|record| !record.checked.is_empty())
}

async fn anew(store: &dyn IndexStore, number: u64, records: &Records) -> Result<Vec<Conflict>, StoreError> {
    let catalogue = Catalogue::new(records.records.clone());
    let mut found = Vec::new();
    store.chunks(number, &Among::All, &mut |chunk| found.extend(conflicts(&chunk, &catalogue))).await?;
    Ok(in_order(found))
}

/// The conflicts that stood, with those of chunks that changed or may see a changed record found anew.
async fn renewed(
    store: &dyn IndexStore,
    number: u64,
    (before, after): (&Records, &Records),
    standing: &[Conflict],
    touched: &BTreeSet<DocumentId>,
) -> Result<Vec<Conflict>, StoreError> {
    let Among::Those { terms, .. } = concerned(before, after) else {
        return anew(store, number, after).await;
    };
    let documents: Vec<DocumentId> = touched.iter().cloned().collect();
    if documents.is_empty() && terms.is_empty() {
        return Ok(standing.to_vec());
    }
    let catalogue = Catalogue::new(after.records.clone());
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut found: Vec<Conflict> = Vec::new();
    let mut look = |chunk| {
        found.extend(conflicts(&chunk, &catalogue));
        seen.insert(chunk.id);
    };
    store.chunks(number, &Among::Those { documents, terms }, &mut look).await?;
    let stands = |conflict: &&Conflict| {
        !seen.contains(&conflict.at.chunk_id)
            && !touched.contains(&conflict.stated.document_id)
            && catalogue.record(&conflict.recorded.document_id).is_some()
    };
    found.extend(standing.iter().filter(stands).cloned());
    Ok(in_order(found))
}

/// Which chunks, apart from changed ones, may see a change of the records: those with a name of a record that changed.
/// All of them where a record is found by what chunks are not indexed by.
fn concerned(before: &Records, after: &Records) -> Among {
    let by_id = |records: &Records| -> BTreeMap<DocumentId, Record> {
        records.records.iter().map(|record| (record.id.clone(), record.clone())).collect()
    };
    let (old, new) = (by_id(before), by_id(after));
    let ids: BTreeSet<&DocumentId> = old.keys().chain(new.keys()).collect();
    let changed: Vec<&DocumentId> = ids.into_iter().filter(|id| old.get(id) != new.get(id)).collect();
    let mut records: Vec<&Record> =
        changed.iter().flat_map(|id| [old.get(id), new.get(id)]).flatten().collect();
    // A value that is new, or gone, may be what a sentence about any record of its source states.
    let (known, known_now) = (values(before), values(after));
    let columns: BTreeSet<&str> = known.symmetric_difference(&known_now).map(|value| value.source).collect();
    records.extend(after.records.iter().filter(|record| columns.contains(record.source.as_str())));
    if records.iter().any(|record| !is_indexed(record)) {
        return Among::All;
    }
    let spellings: BTreeSet<String> = records.into_iter().flat_map(Catalogue::spellings).collect();
    let terms: BTreeSet<String> = spellings.iter().flat_map(|name| Analyser::default().terms(name)).collect();
    Among::Those { documents: Vec::new(), terms: terms.into_iter().collect() }
}

/// Whether every document that a record can be linked to has terms of it.
fn is_indexed(record: &Record) -> bool {
    record.keys.is_empty() || ["event", "title", "tag"].iter().any(|key| record.keys.contains_key(*key))
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Held<'r> {
    source: &'r str,
    field: &'r str,
    value: &'r str,
    access: &'r [String],
}

fn values(records: &Records) -> BTreeSet<Held<'_>> {
    let held = records.records.iter().flat_map(|record| {
        record.checked.iter().filter_map(move |(field, checked)| match &checked.value {
            Value::Text(value) => Some(Held { source: &record.source, field, value, access: &record.access }),
            _ => None,
        })
    });
    held.collect()
}

/// By place, so that two runs report alike.
fn in_order(mut found: Vec<Conflict>) -> Vec<Conflict> {
    found.sort_by(|a, b| {
        let place = |c: &Conflict| (c.stated.document_id.clone(), c.at.chunk_id.clone(), c.at.start);
        place(a)
            .cmp(&place(b))
            .then_with(|| (&a.recorded.document_id, &a.field).cmp(&(&b.recorded.document_id, &b.field)))
    });
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use siren_domain::DocumentId;
    use siren_domain::ports::DocumentRecord;
    use siren_merging::LinkRules;

    use super::Merging;

    #[test]
    fn a_version_counts_only_under_the_rules_it_was_made_by() {
        let by = |names: &[&str]| {
            let rules = LinkRules {
                names: names.iter().map(|name| (*name).to_owned()).collect(),
                ..LinkRules::default()
            };
            Merging::new(BTreeMap::from([("events".to_owned(), rules)]))
        };
        let record = |source: &str, version: Option<String>| DocumentRecord {
            id: DocumentId::new(source, "1"),
            source: source.to_owned(),
            title: String::new(),
            hash: String::new(),
            content: String::new(),
            version,
            fault: None,
            chunks: 0,
        };
        let (none, one, two) = (Merging::default(), by(&["name"]), by(&["name", "nick"]));
        let kept = |merging: &Merging, source: &str| record(source, Some(merging.version(source, "v7")));
        let cases = [
            ("the same rules", &one, kept(&one, "events"), Some("v7")),
            ("other rules", &two, kept(&one, "events"), None),
            ("rules that are new", &one, kept(&none, "events"), None),
            ("rules that are gone", &none, kept(&one, "events"), None),
            ("never any rules", &none, kept(&none, "events"), Some("v7")),
            ("a source without rules", &two, kept(&one, "notes"), Some("v7")),
            ("no version", &one, record("events", None), None),
        ];
        for (case, merging, record, expected) in cases {
            assert_eq!(merging.known_version(&record), expected, "{case}");
        }
    }
}
