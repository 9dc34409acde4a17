//! What a run did.

use serde::Serialize;
use siren_domain::Fault;

/// Documents by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Not in the index before.
    pub added: usize,
    /// In the index with other content or settings.
    pub changed: usize,
    /// As they were: not read again.
    pub unchanged: usize,
    /// Gone from their source.
    pub deleted: usize,
    /// Could not be read; an earlier version stays if there is one.
    pub failed: usize,
    /// Kept because their source could not be read.
    pub kept: usize,
}

impl Counts {
    /// Documents that were read and cut.
    pub fn reprocessed(&self) -> usize {
        self.added + self.changed
    }
}

/// What a run did, for people and programs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Documents by what became of them.
    pub documents: Counts,
    /// Chunks written in this run.
    pub chunks_written: usize,
    /// The generation that was made; none when nothing changed or in a dry run.
    pub generation: Option<u64>,
    /// Documents in the index afterwards.
    pub total_documents: u64,
    /// Chunks in the index afterwards.
    pub total_chunks: u64,
    /// Documents added, changed and deleted, by id, in order.
    pub touched: Vec<String>,
    /// What went wrong with single items or sources.
    pub faults: Vec<Fault>,
}
