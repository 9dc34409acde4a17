//! What is put or removed again in the run that put it: seldom, so one by one, when all that came before is written.

use std::collections::BTreeMap;

use siren_domain::DocumentId;
use siren_domain::ports::AnalysedChunk;
use tantivy::{IndexWriter, Term};

use super::schema::Fields;
use super::segments::SegmentMaker;

/// Chunks that may wait.
const WAITING: usize = 512;

/// Documents with the chunks that take the place of those they had; none of a removed one.
#[derive(Default)]
pub(super) struct Late {
    documents: BTreeMap<DocumentId, Vec<AnalysedChunk>>,
    size: usize,
}

impl Late {
    pub(super) fn push(&mut self, id: DocumentId, chunks: Vec<AnalysedChunk>) {
        self.size += 1 + chunks.len();
        self.documents.insert(id, chunks);
    }

    /// Whether it is time to write them.
    pub(super) fn is_full(&self) -> bool {
        self.size >= WAITING
    }

    /// Gives them to an index that has the segments of all that came before.
    pub(super) fn write(&mut self, index: &mut IndexWriter, fields: Fields) -> tantivy::Result<()> {
        let documents = std::mem::take(self).documents;
        if documents.is_empty() {
            return Ok(());
        }
        index.commit()?;
        // Where there is nothing, a deletion waits for the segment that comes next, and would take that out.
        if !index.index().searchable_segment_ids()?.is_empty() {
            for id in documents.keys() {
                index.delete_term(Term::from_field_text(fields.document, id.as_str()));
            }
            // Else what comes now would be taken out as well.
            index.commit()?;
        }
        let chunks: Vec<AnalysedChunk> = documents.into_values().flatten().collect();
        if !chunks.is_empty() {
            let mut segment = SegmentMaker::begin(index.index(), fields)?;
            chunks.iter().try_for_each(|chunk| segment.add(chunk))?;
            index.add_segment(segment.finish()?)?;
        }
        Ok(())
    }
}
