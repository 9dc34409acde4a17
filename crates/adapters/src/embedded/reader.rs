//! A generation, opened.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use siren_domain::ports::{Generation, StoreError};
use siren_domain::{Chunk, Records};
use tantivy::query::{BooleanQuery, ConstScoreQuery, Occur, Query, TermQuery};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocAddress, Index, IndexReader, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term};

use super::INDEX;
use super::allowed::Kept;
use super::directory::ReadOnly;
use super::files::failed;
use super::schema::{Fields, fields_of};
use super::sketches::Vectors;
use crate::kept_chunks::KeptChunks;

/// A generation, ready to be searched.
pub(super) struct OpenGeneration {
    pub(super) generation: Generation,
    pub(super) folder: PathBuf,
    /// Read when first asked for: most questions need it, most commands do not.
    pub(super) records: OnceLock<Arc<Records>>,
    pub(super) reader: IndexReader,
    pub(super) fields: Fields,
    pub(super) kept: Kept,
    pub(super) chunks: KeptChunks<DocAddress>,
    pub(super) vectors: Vectors,
}

impl std::fmt::Debug for OpenGeneration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenGeneration").field("number", &self.generation.number).finish_non_exhaustive()
    }
}

impl OpenGeneration {
    pub(super) fn open(folder: &Path, generation: Generation) -> Result<Self, StoreError> {
        let index = folder.join(INDEX);
        let unopened = |error: &dyn std::fmt::Display| failed(&index, "cannot be opened", error);
        let files = ReadOnly::open(&index).map_err(|error| unopened(&error))?;
        let opened = Index::open(files).map_err(|error| unopened(&error))?;
        let fields = fields_of(&opened).ok_or_else(|| {
            StoreError::Mismatch(format!("generation {} has another schema", generation.number))
        })?;
        let reader = opened.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
        let reader = reader.map_err(|error: TantivyError| unopened(&error))?;
        Ok(Self {
            generation,
            folder: folder.to_path_buf(),
            records: OnceLock::new(),
            reader,
            fields,
            kept: Kept::default(),
            chunks: KeptChunks::default(),
            vectors: Vectors::default(),
        })
    }

    /// The chunk at a place, which is unpacked and parsed only if it was not lately: a question looks at a hundred.
    pub(super) fn chunk_at(&self, address: DocAddress, searcher: &Searcher) -> tantivy::Result<Chunk> {
        let kept = match self.chunks.get(address) {
            Some(kept) => kept,
            None => self.chunks.keep(address, self.chunk(&searcher.doc(address)?)?),
        };
        Ok((*kept).clone())
    }

    pub(super) fn chunk(&self, stored: &TantivyDocument) -> tantivy::Result<Chunk> {
        let bytes =
            stored.get_first(self.fields.chunk).and_then(|value| value.as_bytes()).unwrap_or_default();
        serde_json::from_slice(bytes)
            .map_err(|error| TantivyError::InternalError(format!("a stored chunk is damaged: {error}")))
    }
}

pub(super) fn filter(terms: Vec<Term>) -> (Occur, Box<dyn Query>) {
    let any = terms.into_iter().map(|term| {
        (Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::Basic)) as Box<dyn Query>)
    });
    let any = Box::new(BooleanQuery::new(any.collect()));
    (Occur::Must, Box::new(ConstScoreQuery::new(any, 0.0)))
}
