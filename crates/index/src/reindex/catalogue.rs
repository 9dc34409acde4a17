//! What the index holds already, and which of it was met again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use siren_domain::DocumentId;
use siren_domain::ports::{DocumentRecord, Known};

use crate::merge::Merging;

/// The documents of the generation that is served. All threads of a run look things up in it.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    held: BTreeMap<DocumentId, Held>,
    /// Whether what is held can be carried over; if not, everything is made anew.
    carries: bool,
    merging: Arc<Merging>,
}

#[derive(Debug)]
struct Held {
    record: DocumentRecord,
    met: AtomicBool,
}

impl Catalogue {
    pub(super) fn new(records: Vec<DocumentRecord>, carries: bool, merging: Arc<Merging>) -> Self {
        let held = |record: DocumentRecord| (record.id.clone(), Held { record, met: AtomicBool::new(false) });
        Self { held: records.into_iter().map(held).collect(), carries, merging }
    }

    pub(super) fn carries(&self) -> bool {
        self.carries
    }

    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    pub(super) fn chunks(&self) -> u64 {
        self.held.values().map(|held| u64::from(held.record.chunks)).sum()
    }

    /// The record that can be carried over.
    pub(super) fn record(&self, id: &DocumentId) -> Option<&DocumentRecord> {
        self.held.get(id).filter(|_| self.carries).map(|held| &held.record)
    }

    /// Notes that the source still has the document, read or not.
    pub(super) fn meet(&self, id: &DocumentId) {
        if let Some(held) = self.held.get(id) {
            held.met.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn holds_source(&self, source: &str) -> bool {
        self.held.values().any(|held| held.record.source == source)
    }

    /// Documents held, by source.
    pub(super) fn sizes(&self) -> HashMap<&str, usize> {
        let mut sizes = HashMap::new();
        for held in self.held.values() {
            *sizes.entry(held.record.source.as_str()).or_default() += 1;
        }
        sizes
    }

    /// What no source has any more.
    pub(super) fn missing(&self) -> Vec<&DocumentRecord> {
        let unmet = self.held.values().filter(|held| !held.met.load(Ordering::Relaxed));
        unmet.map(|held| &held.record).collect()
    }
}

impl Known for Catalogue {
    fn version(&self, id: &DocumentId) -> Option<&str> {
        // A record that was made by other rules has to be read again.
        self.merging.known_version(self.record(id)?)
    }
}

/// Documents that lie somewhere else now: their content is gone from one place and new in another.
#[derive(Debug, Default)]
pub(super) struct Moves {
    /// New documents by their content.
    added: HashMap<String, Vec<DocumentId>>,
}

impl Moves {
    pub(super) fn added(&mut self, content: &str, id: &DocumentId) {
        self.added.entry(content.to_owned()).or_default().push(id.clone());
    }

    /// Pairs each missing document with a new one of the same content, each new one once.
    pub(super) fn pair(mut self, missing: &[&DocumentRecord]) -> BTreeMap<DocumentId, DocumentId> {
        self.added.values_mut().for_each(|ids| ids.sort_by(|a, b| b.cmp(a)));
        let pair = |record: &&DocumentRecord| {
            let to = self.added.get_mut(&record.content)?.pop()?;
            Some((record.id.clone(), to))
        };
        missing.iter().filter_map(pair).collect()
    }
}

/// The sources that have lost more than the share `most` of their documents, with how many of how many.
pub(super) fn shrunk(
    catalogue: &Catalogue,
    missing: &[&DocumentRecord],
    moves: &BTreeMap<DocumentId, DocumentId>,
    most: f64,
) -> BTreeMap<String, (usize, usize)> {
    let mut lost: BTreeMap<&str, usize> = BTreeMap::new();
    for record in missing.iter().filter(|record| !moves.contains_key(&record.id)) {
        *lost.entry(record.source.as_str()).or_default() += 1;
    }
    let sizes = catalogue.sizes();
    let of = |source: &str| sizes.get(source).copied().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a share of far fewer than 2^52 documents")]
    let too_many = |lost: usize, of: usize| lost as f64 > most * of as f64;
    let all = lost.into_iter().map(|(source, lost)| (source.to_owned(), (lost, of(source))));
    all.filter(|(_, (lost, of))| too_many(*lost, *of)).collect()
}
