//! Writing one generation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use siren_domain::ports::{
    AnalysedChunk, DocumentRecord, Generation, GenerationWriter, IndexIdentity, StoreError,
};
use siren_domain::{DocumentId, Record};
use tantivy::indexer::NoMergePolicy;
use tantivy::{Index, IndexSettings, IndexWriter, Term};

use super::directory::Unfinished;
use super::documents::{Documents, Held};
use super::files::{WriterLock, failed, link_files, settle, sync_folder, write_json_lines};
use super::lanes::Lanes;
use super::late::Late;
use super::schema::{Fields, fields_of, schema};
use super::splitter::{TERMS, TermSplitter};
use super::tidying::{self, Tidying};
use super::{ABOUT, INDEX, Lease, RECORDS, UNFINISHED};

/// What tantivy asks for to write documents itself, which it never does here.
const MEMORY: usize = 16 << 20;

pub(super) struct EmbeddedWriter {
    number: u64,
    /// Where it is made, and where it will be.
    folder: PathBuf,
    target: PathBuf,
    /// Takes chunks out, and segments in.
    index: IndexWriter,
    /// Whether there may be anything to take out.
    has_base: bool,
    /// Whether what was taken out is still to be committed.
    takes_out: bool,
    lanes: Lanes,
    late: Late,
    fields: Fields,
    documents: Documents,
    records: BTreeMap<DocumentId, Record>,
    lock: WriterLock,
    lease: Lease,
}

/// What a generation starts from.
pub(super) struct Base {
    pub(super) index: PathBuf,
    /// The file with its documents.
    pub(super) documents: PathBuf,
    pub(super) records: Vec<Record>,
}

impl EmbeddedWriter {
    pub(super) fn begin(
        generations: &Path,
        number: u64,
        base: Option<Base>,
        lock: WriterLock,
        lease: Lease,
    ) -> Result<Self, StoreError> {
        let folder = generations.join(format!("{UNFINISHED}{number}"));
        let inner = folder.join(INDEX);
        std::fs::create_dir_all(&inner).map_err(|error| failed(&inner, "cannot be made", &error))?;
        let files = Unfinished::open(&inner).map_err(|error| failed(&inner, "cannot be opened", &error))?;
        let (index, documents, records) = match base {
            Some(Base { index: from, documents, records }) => {
                link_files(&from, &inner, |name| name.ends_with(".lock"))?;
                let index = Index::open(files).map_err(|error| failed(&from, "cannot be opened", &error))?;
                let records = records.into_iter().map(|record| (record.id.clone(), record));
                (index, Some(documents), records.collect())
            }
            None => {
                let made = Index::create(files, schema().0, IndexSettings::default());
                (made.map_err(|error| failed(&inner, "cannot be made", &error))?, None, BTreeMap::new())
            }
        };
        let held =
            index.searchable_segment_ids().map_err(|error| failed(&inner, "cannot be read", &error))?;
        let documents = Documents::begin(&folder, documents)?;
        let fields =
            fields_of(&index).ok_or_else(|| StoreError::Mismatch("the base has another schema".into()))?;
        index.tokenizers().register(TERMS, TermSplitter);
        let lanes = Lanes::new(index.clone(), fields);
        let writer = index.writer_with_num_threads(1, MEMORY);
        let index: IndexWriter = writer.map_err(|error| failed(&inner, "cannot be written", &error))?;
        // What is merged while others are written depends on how the threads happen to run.
        index.set_merge_policy(Box::new(NoMergePolicy));
        let target = generations.join(number.to_string());
        let late = Late::default();
        Ok(Self {
            number,
            folder,
            target,
            index,
            has_base: !held.is_empty(),
            takes_out: false,
            lanes,
            late,
            fields,
            documents,
            records,
            lock,
            lease,
        })
    }

    fn failed(&self, cause: &dyn std::fmt::Display) -> StoreError {
        failed(&self.folder, "cannot be written", cause)
    }

    /// Has the chunks of a document, those it has by now, replaced by these.
    fn replace(&mut self, id: &DocumentId, chunks: Vec<AnalysedChunk>) -> tantivy::Result<()> {
        self.records.remove(id);
        if self.documents.has_met(id) {
            self.late.push(id.clone(), chunks);
            if self.late.is_full() {
                self.settle()?;
                self.index.commit()?;
            }
            return Ok(());
        }
        if self.has_base {
            self.takes_out = true;
            self.index.delete_term(Term::from_field_text(self.fields.document, id.as_str()));
        }
        if chunks.is_empty() { Ok(()) } else { self.lanes.put(chunks) }
    }

    /// Brings all that was put so far into the index.
    fn settle(&mut self) -> tantivy::Result<()> {
        // Else it would be taken out of the segments that come now as well.
        if std::mem::take(&mut self.takes_out) {
            self.index.commit()?;
        }
        for segment in self.lanes.finish()? {
            self.index.add_segment(segment)?;
        }
        self.late.write(&mut self.index, self.fields)
    }
}

#[async_trait]
impl GenerationWriter for EmbeddedWriter {
    async fn put(&mut self, document: DocumentRecord, chunks: Vec<AnalysedChunk>) -> Result<(), StoreError> {
        self.replace(&document.id, chunks).map_err(|error| self.failed(&error))?;
        self.documents.put(&document)
    }

    async fn put_record(&mut self, record: Record) -> Result<(), StoreError> {
        self.records.insert(record.id.clone(), record);
        Ok(())
    }

    async fn remove(&mut self, id: &DocumentId) -> Result<(), StoreError> {
        self.replace(id, Vec::new()).map_err(|error| self.failed(&error))?;
        self.documents.remove(id);
        Ok(())
    }

    async fn finish(mut self: Box<Self>, identity: IndexIdentity) -> Result<Generation, StoreError> {
        self.settle().map_err(|error| self.failed(&error))?;
        self.index.set_merge_policy(Box::new(Tidying));
        self.index.commit().map_err(|error| self.failed(&error))?;
        tidying::join(&mut self.index).map_err(|error| self.failed(&error))?;
        let Self { number, folder, target, index, documents, records, lock, lease, .. } = *self;
        index.wait_merging_threads().map_err(|error| failed(&folder, "cannot be written", &error))?;
        let Held { documents, chunks } = documents.finish()?;
        let created_at = jiff::Timestamp::now().to_string();
        let generation = Generation { number, created_at, identity, documents, chunks };
        write_json_lines(&folder.join(RECORDS), records.values())?;
        let about = serde_json::to_vec_pretty(&generation)
            .map_err(|error| failed(&folder, "cannot be told", &error))?;
        std::fs::write(folder.join(ABOUT), &about)
            .and_then(|()| settle(&folder))
            .map_err(|error| failed(&folder, "cannot be written", &error))?;
        let rename = || -> std::io::Result<()> {
            std::fs::rename(&folder, &target)?;
            target.parent().map_or(Ok(()), sync_folder)
        };
        rename().map_err(|error| failed(&target, "cannot be made", &error))?;
        if let Ok(mut lease) = lease.lock() {
            *lease = Some(lock);
        }
        Ok(generation)
    }
}
