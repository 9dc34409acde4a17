//! What stands right before and behind a passage in a section that was cut: the sentence that a passage breaks off in, or
//! what it refers to.

use siren_domain::ports::StoreError;
use siren_domain::{Chunk, DocumentId, Linked, LinkedBy, Passage, ScoreParts};
use std::sync::Arc;

use crate::linked::Asking;

/// Passages of the context, from the first on, that bring their neighbours along.
const FIRST: usize = 3;

impl Asking<'_> {
    /// The neighbours of the first passages, as far as the budget goes: by passage, what comes before it first.
    pub(crate) async fn neighbours(
        &self,
        passages: &[Passage],
        context: &[usize],
        linked: &[Linked],
    ) -> Result<Vec<Linked>, StoreError> {
        let first = &context[..context.len().min(FIRST)];
        let mut documents: Vec<DocumentId> = Vec::new();
        for at in first {
            let id = &passages[*at].chunk.document.id;
            if !documents.contains(id) {
                documents.push(id.clone());
            }
        }
        if self.budget == 0 || documents.is_empty() {
            return Ok(Vec::new());
        }
        let chunks = self.store.passages(&documents, self.groups).await?;
        let mut left = self.budget;
        let mut out: Vec<Linked> = Vec::new();
        for (passage, chunk) in first.iter().flat_map(|at| beside(*at, &passages[*at].chunk, &chunks)) {
            let retrieved = passages.iter().map(|passage| &passage.chunk.id);
            let brought = linked.iter().chain(&out).map(|linked| &linked.counterpart.chunk.id);
            let is_new = retrieved.chain(brought).all(|id| *id != chunk.id);
            let tokens = chunk.tokens as usize;
            if is_new && tokens <= left {
                left -= tokens;
                out.push(neighbour(passage, chunk));
            }
        }
        Ok(out)
    }
}

fn neighbour(passage: usize, chunk: &Chunk) -> Linked {
    let counterpart = Passage { chunk: Arc::new(chunk.clone()), score: 0.0, parts: ScoreParts::default() };
    let evidence = chunk.heading.last().unwrap_or(&chunk.document.title).clone();
    Linked { passage, by: LinkedBy::Neighbour, evidence, counterpart, in_context: true }
}

/// The chunks right before and behind one, where the section goes on there.
fn beside<'c>(passage: usize, chunk: &Chunk, chunks: &'c [Chunk]) -> Vec<(usize, &'c Chunk)> {
    let of_document: Vec<&Chunk> =
        chunks.iter().filter(|other| other.document.id == chunk.document.id).collect();
    let Some(at) = of_document.iter().position(|other| other.id == chunk.id) else { return Vec::new() };
    let before = at.checked_sub(1).map(|at| of_document[at]).filter(|before| goes_on(before, chunk));
    let behind = of_document.get(at + 1).copied().filter(|behind| goes_on(chunk, behind));
    before.into_iter().chain(behind).map(|chunk| (passage, chunk)).collect()
}

/// Whether the section that one chunk ends with is the one that the next begins with.
fn goes_on(chunk: &Chunk, next: &Chunk) -> bool {
    chunk.heading_at(chunk.text.len()) == next.heading_at(0)
}
