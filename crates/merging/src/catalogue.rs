//! Which records a passage speaks of: those it names, and those that share its document's keys.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use aho_corasick::AhoCorasick;
use siren_domain::record::{LinkedBy, Record};
use siren_domain::{Chunk, DocumentId, Metadata, PartialDate, Value};

use crate::folded::Folded;
use crate::names::{NameFinder, spellings};

/// The records of a generation, ready to be found in texts. Made once, used for many passages.
#[derive(Debug)]
pub struct Catalogue {
    records: Vec<Record>,
    finder: NameFinder,
    by_id: BTreeMap<DocumentId, usize>,
    /// By one key of each record, folded: the others are compared then.
    by_key: BTreeMap<(String, String), Vec<usize>>,
    /// What those keys are called.
    key_names: BTreeSet<String>,
    /// Who may read the records that have fields to be checked.
    audiences: BTreeSet<Vec<String>>,
    /// What texts call those fields.
    words: AhoCorasick,
    /// The values of each column that is compared by name.
    values: BTreeMap<(String, String), Values>,
}

/// The values of a column.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) finder: NameFinder,
    /// What the column holds in which record.
    pub(crate) held: Vec<(String, usize)>,
}

/// Why a passage belongs to a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Link<'c> {
    /// The record.
    pub record: &'c Record,
    /// How they are linked.
    pub by: LinkedBy,
    /// The words of the document that name it, or the key that both have.
    pub evidence: String,
    /// Where the evidence stands in the passage's text, if there.
    pub range: Option<Range<usize>>,
}

impl Catalogue {
    /// A catalogue of these records.
    #[expect(clippy::expect_used, reason = "only fails for more bytes of words than fit in memory")]
    pub fn new(records: Vec<Record>) -> Self {
        let names = records.iter().enumerate();
        let names = names.flat_map(|(at, record)| record.names.iter().map(move |name| (at, name.as_str())));
        let finder = NameFinder::new(names);
        let by_id = records.iter().enumerate().map(|(at, record)| (record.id.clone(), at)).collect();
        let mut by_key: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        for (at, record) in records.iter().enumerate() {
            if let Some((key, value)) = record.keys.first_key_value() {
                by_key.entry((key.clone(), probe(value))).or_default().push(at);
            }
        }
        let key_names = by_key.keys().map(|(key, _)| key.clone()).collect();
        let checked = || records.iter().filter(|record| !record.checked.is_empty());
        let audiences = checked().map(|record| record.access.clone()).collect();
        let words = checked().flat_map(|record| record.checked.values()).flat_map(|checked| &checked.words);
        let words: BTreeSet<String> = words.map(|word| Folded::name(word).0).collect();
        let words = AhoCorasick::new(words.iter().filter(|word| !word.is_empty())).expect("words that fit");
        let values = values(&records);
        Self { records, finder, by_id, by_key, key_names, audiences, words, values }
    }

    /// The records.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The record of this id.
    pub fn record(&self, id: &DocumentId) -> Option<&Record> {
        self.by_id.get(id).and_then(|at| self.records.get(*at))
    }

    /// The records that a passage belongs to, each once: by key, by title and headings, then as its text names them.
    /// A record that is not visible is as good as not there. Rows belong to no record: templates name others all the time.
    pub fn links(&self, chunk: &Chunk, visible: &dyn Fn(&Record) -> bool) -> Vec<Link<'_>> {
        if !self.may_speak(&chunk.document) {
            return Vec::new();
        }
        let keyed = self.keyed(&chunk.document, visible);
        let mut out: Vec<Link<'_>> = Vec::new();
        let mut add = |at: usize, by, evidence: String, range| {
            let record = &self.records[at];
            if out.iter().all(|link| link.record.id != record.id) {
                out.push(Link { record, by, evidence, range });
            }
        };
        for at in &keyed {
            add(*at, LinkedBy::Key, told_keys(&self.records[*at]), None);
        }
        for text in std::iter::once(&chunk.document.title).chain(&chunk.heading) {
            for (at, range) in self.named(text, &keyed, visible) {
                add(at, LinkedBy::Name, text[range].to_owned(), None);
            }
        }
        for (at, range) in self.named(&chunk.text, &keyed, visible) {
            add(at, LinkedBy::Name, chunk.text[range.clone()].to_owned(), Some(range));
        }
        out
    }

    /// The records that a text names, in order, with the names.
    pub fn named_in(&self, text: &str, visible: &dyn Fn(&Record) -> bool) -> Vec<&Record> {
        self.named(text, &[], visible).into_iter().map(|(at, _)| &self.records[at]).collect()
    }

    /// As [`Catalogue::named_in`], by number, with the places. A name that several records of one source have means the
    /// one of them that the document is linked to by key, and else none.
    pub(crate) fn named(
        &self,
        text: &str,
        keyed: &[usize],
        visible: &dyn Fn(&Record) -> bool,
    ) -> Vec<(usize, Range<usize>)> {
        let mut out = Vec::new();
        for mention in self.finder.mentions(text, &|at| visible(&self.records[at])) {
            let mut by_source: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for at in mention.owners.iter().copied() {
                by_source.entry(&self.records[at].source).or_default().push(at);
            }
            for owners in by_source.into_values() {
                let known: Vec<usize> = owners.iter().copied().filter(|at| keyed.contains(at)).collect();
                let meant = if owners.len() == 1 { &owners } else { &known };
                if let [at] = meant[..] {
                    out.push((at, mention.range.clone()));
                }
            }
        }
        out
    }

    /// The records whose keys the document has.
    pub(crate) fn keyed(&self, document: &Metadata, visible: &dyn Fn(&Record) -> bool) -> Vec<usize> {
        let mut out = Vec::new();
        for key in &self.key_names {
            let probes = document_values(document, key).into_iter().map(|value| probe(&Value::Text(value)));
            let found = probes.filter_map(|probe| self.by_key.get(&(key.clone(), probe))).flatten();
            for at in found {
                let record = &self.records[*at];
                let all = record.keys.iter().all(|(key, value)| has(document, key, value));
                if all && visible(record) && !out.contains(at) {
                    out.push(*at);
                }
            }
        }
        out
    }

    /// Whether it is a text that somebody wrote, not a record.
    pub(crate) fn may_speak(&self, document: &Metadata) -> bool {
        document.fields.is_empty() && !self.by_id.contains_key(&document.id)
    }

    pub(crate) fn audiences(&self) -> &BTreeSet<Vec<String>> {
        &self.audiences
    }

    /// Whether a text has any word that a field is stated by.
    pub(crate) fn may_state(&self, text: &str) -> bool {
        !self.audiences.is_empty() && self.words.is_match(&Folded::new(text).text)
    }

    pub(crate) fn at(&self, at: usize) -> &Record {
        &self.records[at]
    }

    pub(crate) fn values(&self, source: &str, field: &str) -> Option<&Values> {
        self.values.get(&(source.to_owned(), field.to_owned()))
    }

    /// Every way in which texts may name the record: what an index can be asked for.
    pub fn spellings(record: &Record) -> Vec<String> {
        let mut out: Vec<String> = record.names.iter().flat_map(|name| spellings(name)).collect();
        let joined: Vec<String> = out.iter().map(|name| Folded::name(name).0).collect();
        out.extend(joined);
        out.extend(record.keys.values().map(Value::to_string));
        out
    }
}

fn values(records: &[Record]) -> BTreeMap<(String, String), Values> {
    let mut held: BTreeMap<(String, String), Vec<(String, usize)>> = BTreeMap::new();
    for (at, record) in records.iter().enumerate() {
        for (field, checked) in &record.checked {
            if let Value::Text(text) = &checked.value {
                held.entry((record.source.clone(), field.clone())).or_default().push((text.clone(), at));
            }
        }
    }
    let made = held.into_iter().map(|(column, held)| {
        let finder = NameFinder::new(held.iter().enumerate().map(|(at, (text, _))| (at, text.as_str())));
        (column, Values { finder, held })
    });
    made.collect()
}

/// What a document's metadata hold for a key.
fn document_values(document: &Metadata, key: &str) -> Vec<String> {
    let one = |value: Option<&str>| value.map(str::to_owned).into_iter().collect();
    match key {
        "date" => document.date.map(|date| date.to_string()).into_iter().collect(),
        "event" => one(document.event.as_deref()),
        "id" => {
            let id = document.id.as_str();
            let own = id.strip_prefix(document.source.as_str()).and_then(|rest| rest.strip_prefix('/'));
            std::iter::once(id).chain(own).map(str::to_owned).collect()
        }
        "language" => one(document.language.as_deref()),
        "owner" => one(document.owner.as_deref()),
        "source" => one(Some(&document.source)),
        "tag" => document.tags.clone(),
        "title" => one(Some(&document.title)),
        "url" => one(document.url.as_deref()),
        _ => Vec::new(),
    }
}

fn has(document: &Metadata, key: &str, value: &Value) -> bool {
    document_values(document, key).iter().any(|held| equal(held, &value.to_string()))
}

/// Whether two values of a key are one: dates as far as both are known, but at least to the month.
fn equal(document: &str, record: &str) -> bool {
    if let (Ok(a), Ok(b)) = (document.parse::<PartialDate>(), record.parse::<PartialDate>()) {
        let (a, b) = (a.to_string(), b.to_string());
        let common = a.len().min(b.len());
        return a == b || (common >= "2024-05".len() && a[..common] == b[..common]);
    }
    Folded::name(document).0 == Folded::name(record).0
}

/// What equal values have in common.
fn probe(value: &Value) -> String {
    let text = value.to_string();
    match text.parse::<PartialDate>() {
        Ok(date) => date.year().to_string(),
        Err(_) => Folded::name(&text).0,
    }
}

fn told_keys(record: &Record) -> String {
    let told: Vec<String> = record.keys.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    told.join(", ")
}
