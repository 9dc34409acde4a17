//! What a run did.

use serde::Serialize;
use siren_domain::{Conflict, DocumentId};

use crate::faults::Faults;
use crate::gate::Judged;

/// Documents by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Not in the index before.
    pub added: usize,
    /// In the index with other content or settings.
    pub changed: usize,
    /// With the same content in another place.
    pub moved: usize,
    /// As they were: not read again.
    pub unchanged: usize,
    /// Gone from their source.
    pub deleted: usize,
    /// Could not be read; an earlier version stays if there is one that can be carried over.
    pub failed: usize,
    /// Of those that failed, the ones whose earlier version is lost: the index was made anew, and nothing could be
    /// carried over.
    pub lost: usize,
    /// Kept although they are gone, because their source could not be read or lost too many at once.
    pub kept: usize,
}

impl Counts {
    /// Documents that were read and cut.
    pub fn reprocessed(&self) -> usize {
        self.added + self.changed
    }
}

/// A document that lies somewhere else now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Move {
    /// Where it lay.
    pub from: DocumentId,
    /// Where it lies.
    pub to: DocumentId,
}

/// Where the vectors of a generation come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Vectors {
    /// Chunks that were embedded in this run.
    pub computed: usize,
    /// Chunks that kept the vectors they had.
    pub carried_over: u64,
}

/// How long one step took, in all threads together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StepTime {
    /// `read`, `inspect`, `cut`, `analyse`, `embed` or `write`.
    pub step: &'static str,
    /// Seconds by the clock, added up over the threads.
    pub seconds: f64,
}

/// So many touched documents are listed: a report of a large run stays readable.
const LISTED: usize = 1_000;

/// What a run did, for people and programs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Documents by what became of them.
    pub documents: Counts,
    /// Chunks written in this run.
    pub chunks_written: usize,
    /// Vectors of the chunks; none without an embedder, or when nothing changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vectors: Option<Vectors>,
    /// The generation that was made; none when nothing changed or in a dry run.
    pub generation: Option<u64>,
    /// The generation that was made and is not served, because the gate refuses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<u64>,
    /// What the gate said; none when it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<Judged>,
    /// Documents in the index afterwards.
    pub total_documents: u64,
    /// Chunks in the index afterwards.
    pub total_chunks: u64,
    /// Documents added, changed and deleted, by id, in order; the first thousand.
    pub touched: Vec<String>,
    /// Where the time went; empty when nothing was read.
    pub steps: Vec<StepTime>,
    /// Bytes of the items that were read.
    pub bytes_read: u64,
    /// Documents that were moved.
    pub moves: Vec<Move>,
    /// Where documents and records differ, also those that a run before found.
    pub conflicts: Vec<Conflict>,
    /// What went wrong with single items or sources.
    #[serde(flatten)]
    pub faults: Faults,
}

impl Report {
    pub(crate) fn touch(&mut self, id: &DocumentId) {
        if self.touched.len() < LISTED {
            self.touched.push(id.to_string());
        }
    }
}
