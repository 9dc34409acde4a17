//! What the index holds already, and which of it was met again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use foldhash::fast::RandomState;
use siren_domain::ports::{DocumentRecord, Generation, IndexStore, Known, StoreError};
use siren_domain::{DocumentId, Fault, Print, Prints};

use super::warnings::Warnings;
use crate::merge::Merging;

/// The documents of the generation that is served. All threads of a run look things up in it.
///
/// It keeps prints of ids, hashes and versions, a few dozen bytes a document; all else stays in the store.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    generation: Option<u64>,
    prints: Prints,
    held: HashMap<Print, Held, RandomState>,
    /// Documents by source.
    sizes: BTreeMap<String, usize>,
    chunks: u64,
    warnings: Warnings,
    /// Whether what is held can be carried over; if not, everything is made anew.
    carries: bool,
    merging: Arc<Merging>,
}

#[derive(Debug)]
struct Held {
    hash: Print,
    version: Option<Print>,
    met: AtomicBool,
}

impl Catalogue {
    /// Of an index that holds nothing.
    pub(super) fn new(merging: Arc<Merging>) -> Self {
        Self { merging, ..Self::default() }
    }

    /// Takes in what a generation holds.
    pub(super) async fn load(
        mut self,
        store: &dyn IndexStore,
        generation: &Generation,
    ) -> Result<Self, StoreError> {
        self.generation = Some(generation.number);
        self.held.reserve(usize::try_from(generation.documents).unwrap_or_default());
        store.documents(generation.number, &mut |record| self.hold(record)).await?;
        Ok(self)
    }

    fn hold(&mut self, record: DocumentRecord) {
        let print = |text: &str| self.prints.of(text);
        let id = print(record.id.as_str());
        // A record that was made by other rules has to be read again.
        let version = self.merging.known_version(&record).map(print);
        let held = Held { hash: print(&record.hash), version, met: AtomicBool::new(false) };
        self.held.insert(id, held);
        self.chunks += u64::from(record.chunks);
        *self.sizes.entry(record.source).or_default() += 1;
        if let Some(fault) = record.fault {
            self.warnings.hold(id, *fault);
        }
    }

    /// The same, from which documents can be carried over or not.
    pub(super) fn carrying(self, carries: bool) -> Self {
        Self { carries, ..self }
    }

    pub(super) fn carries(&self) -> bool {
        self.carries
    }

    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    pub(super) fn chunks(&self) -> u64 {
        self.chunks
    }

    fn print(&self, id: &DocumentId) -> Print {
        self.prints.of(id.as_str())
    }

    fn held(&self, id: &DocumentId) -> Option<&Held> {
        self.held.get(&self.print(id)).filter(|_| self.carries)
    }

    /// Whether the document can be carried over.
    pub(super) fn holds(&self, id: &DocumentId) -> bool {
        self.held(id).is_some()
    }

    /// Whether there is a document of this id, carried over or made anew.
    pub(super) fn knows(&self, id: &DocumentId) -> bool {
        self.held.contains_key(&self.print(id))
    }

    /// Whether the document can be carried over as what has this hash.
    pub(super) fn holds_as(&self, id: &DocumentId, hash: &str) -> bool {
        self.held(id).is_some_and(|held| held.hash == self.prints.of(hash))
    }

    /// What is wrong with a document that is held all the same.
    pub(super) fn fault(&self, id: &DocumentId) -> Option<Fault> {
        if self.warnings.is_empty() {
            return None;
        }
        self.warnings.of(self.print(id), id)
    }

    /// Notes that the source still has the document, read or not.
    pub(super) fn meet(&self, id: &DocumentId) {
        if let Some(held) = self.held.get(&self.print(id)) {
            held.met.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn holds_source(&self, source: &str) -> bool {
        self.sizes.contains_key(source)
    }

    /// What no source has any more.
    pub(super) async fn missing(&self, store: &dyn IndexStore) -> Result<Vec<DocumentRecord>, StoreError> {
        let unmet = |held: &Held| !held.met.load(Ordering::Relaxed);
        let mut missing = Vec::new();
        let Some(generation) = self.generation.filter(|_| self.held.values().any(unmet)) else {
            return Ok(missing);
        };
        let mut look = |record: DocumentRecord| {
            if self.held.get(&self.print(&record.id)).is_some_and(unmet) {
                missing.push(record);
            }
        };
        store.documents(generation, &mut look).await?;
        Ok(missing)
    }
}

impl Known for Catalogue {
    fn has(&self, id: &DocumentId, version: &str) -> bool {
        self.held(id).and_then(|held| held.version).is_some_and(|held| held == self.prints.of(version))
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
    pub(super) fn pair(mut self, missing: &[DocumentRecord]) -> BTreeMap<DocumentId, DocumentId> {
        self.added.values_mut().for_each(|ids| ids.sort_by(|a, b| b.cmp(a)));
        let pair = |record: &DocumentRecord| {
            let to = self.added.get_mut(&record.content)?.pop()?;
            Some((record.id.clone(), to))
        };
        missing.iter().filter_map(pair).collect()
    }
}

/// What of a source the index would no longer have.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loss {
    /// Documents that it has no more.
    pub(super) gone: usize,
    /// Documents that it has, and that could not be read.
    pub(super) unread: usize,
    /// Documents that the index holds of it.
    pub(super) of: usize,
}

/// The sources that would lose more than the share `most` of their documents.
pub(super) fn shrunk(
    catalogue: &Catalogue,
    missing: &[DocumentRecord],
    moves: &BTreeMap<DocumentId, DocumentId>,
    unread: &BTreeMap<String, usize>,
    most: f64,
) -> BTreeMap<String, Loss> {
    let mut losses: BTreeMap<String, Loss> = BTreeMap::new();
    for record in missing.iter().filter(|record| !moves.contains_key(&record.id)) {
        losses.entry(record.source.clone()).or_default().gone += 1;
    }
    for (source, unread) in unread {
        losses.entry(source.clone()).or_default().unread += unread;
    }
    for (source, loss) in &mut losses {
        loss.of = catalogue.sizes.get(source).copied().unwrap_or_default();
    }
    #[expect(clippy::cast_precision_loss, reason = "a share of far fewer than 2^52 documents")]
    losses.retain(|_, loss| (loss.gone + loss.unread) as f64 > most * loss.of as f64);
    losses
}
