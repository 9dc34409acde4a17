//! What is put or removed again in the run that put it: seldom, so one by one, when all that came before is written.

use siren_domain::DocumentId;
use siren_domain::ports::AnalysedChunk;
use tantivy::{IndexWriter, Term};

use super::schema::{Fields, to_tantivy};

/// Chunks that may wait.
const WAITING: usize = 512;

/// Documents with the chunks that take the place of those they had; none of a removed one.
#[derive(Default)]
pub(super) struct Late {
    documents: Vec<(DocumentId, Vec<AnalysedChunk>)>,
    size: usize,
}

impl Late {
    pub(super) fn push(&mut self, id: DocumentId, chunks: Vec<AnalysedChunk>) {
        self.size += 1 + chunks.len();
        self.documents.push((id, chunks));
    }

    /// Whether it is time to write them.
    pub(super) fn is_full(&self) -> bool {
        self.size >= WAITING
    }

    /// Gives them to an index that has the segments of all that came before.
    pub(super) fn write(&mut self, index: &IndexWriter, fields: Fields) -> tantivy::Result<()> {
        self.size = 0;
        for (id, chunks) in self.documents.drain(..) {
            index.delete_term(Term::from_field_text(fields.document, id.as_str()));
            for chunk in &chunks {
                let document = to_tantivy(fields, chunk).map_err(std::io::Error::from)?;
                index.add_document(document)?;
            }
        }
        Ok(())
    }
}
