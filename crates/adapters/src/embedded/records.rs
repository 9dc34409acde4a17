//! What a generation knows of records, and looking chunks up by document.

use std::path::Path;
use std::sync::Arc;

use siren_domain::ports::{Among, StoreError, StoredChunk};
use siren_domain::{Chunk, Conflict, DocumentId, Records};
use tantivy::collector::DocSetCollector;
use tantivy::query::{AllQuery, BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, Searcher, TantivyDocument, Term};

use super::files::{read_json_lines, write_json_lines};
use super::reader::{OpenGeneration, filter};
use super::vectors::kept;
use super::{CONFLICTS, RECORDS};

pub(super) fn read(folder: &Path, generation: u64) -> Result<Records, StoreError> {
    let conflicts = folder.join(CONFLICTS);
    Ok(Records {
        generation,
        records: read_json_lines(&folder.join(RECORDS))?,
        conflicts: if conflicts.exists() { Some(read_json_lines(&conflicts)?) } else { None },
    })
}

/// Whole or not there at all: a run that is killed between leaves a generation whose conflicts are not known.
pub(super) fn put_conflicts(folder: &Path, conflicts: &[Conflict]) -> Result<(), StoreError> {
    let unfinished = folder.join(format!("{CONFLICTS}.new"));
    let written = write_json_lines(&unfinished, conflicts.iter())?;
    let target = folder.join(CONFLICTS);
    written
        .sync_all()
        .and_then(|()| std::fs::rename(&unfinished, &target))
        .and_then(|()| super::files::sync_folder(folder))
        .map_err(|error| super::files::failed(&target, "cannot be written", &error))
}

impl OpenGeneration {
    pub(super) fn records(&self) -> Result<Arc<Records>, StoreError> {
        if let Some(records) = self.records.get() {
            return Ok(Arc::clone(records));
        }
        let read = Arc::new(read(&self.folder, self.generation.number)?);
        Ok(Arc::clone(self.records.get_or_init(|| read)))
    }

    /// The chunks of these documents that one of the groups may read, by document, then in order.
    pub(super) fn passages(
        &self,
        documents: &[DocumentId],
        groups: &[String],
    ) -> Result<Vec<Chunk>, StoreError> {
        let of = documents.iter().map(|id| Term::from_field_text(self.fields.document, id.as_str()));
        let groups = groups.iter().map(|group| Term::from_field_text(self.fields.groups, group));
        let query = BooleanQuery::new(vec![filter(of.collect()), filter(groups.collect())]);
        let mut out = Vec::new();
        self.each(&query, &mut |chunk| out.push(chunk))?;
        let place = |chunk: &Chunk| {
            let document = documents.iter().position(|id| *id == chunk.document.id);
            let ordinal = chunk.id.rsplit_once('#').and_then(|(_, ordinal)| ordinal.parse::<usize>().ok());
            (document, ordinal)
        };
        out.sort_by_key(place);
        Ok(out)
    }

    pub(super) fn chunks(
        &self,
        among: &Among,
        each: &mut (dyn FnMut(Chunk) + Send),
    ) -> Result<(), StoreError> {
        let Among::Those { documents, terms } = among else { return self.each(&AllQuery, each) };
        let of = documents.iter().map(|id| Term::from_field_text(self.fields.document, id.as_str()));
        let with = terms.iter().map(|term| self.fields.term(term));
        let any = of.chain(with).map(|term| {
            (Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::Basic)) as Box<dyn Query>)
        });
        self.each(&BooleanQuery::new(any.collect()), each)
    }

    /// The chunks of these documents with their vectors.
    pub(super) fn stored(&self, documents: &[DocumentId]) -> Result<Vec<StoredChunk>, StoreError> {
        let of = documents.iter().map(|id| Term::from_field_text(self.fields.document, id.as_str()));
        let query = BooleanQuery::new(vec![filter(of.collect())]);
        let mut out = Vec::new();
        self.each_at(&query, &mut |chunk, address, searcher| {
            let vector = kept(searcher.segment_reader(address.segment_ord), address.doc_id)?;
            out.push(StoredChunk { chunk, vector });
            Ok(())
        })?;
        Ok(out)
    }

    fn each(&self, query: &dyn Query, each: &mut dyn FnMut(Chunk)) -> Result<(), StoreError> {
        self.each_at(query, &mut |chunk, _, _| {
            each(chunk);
            Ok(())
        })
    }

    fn each_at(
        &self,
        query: &dyn Query,
        each: &mut dyn FnMut(Chunk, DocAddress, &Searcher) -> tantivy::Result<()>,
    ) -> Result<(), StoreError> {
        let mut read = || -> tantivy::Result<()> {
            let searcher = self.reader.searcher();
            let mut found: Vec<_> = searcher.search(query, &DocSetCollector)?.into_iter().collect();
            found.sort_unstable();
            for address in found {
                each(self.chunk(&searcher.doc::<TantivyDocument>(address)?)?, address, &searcher)?;
            }
            Ok(())
        };
        read().map_err(|error| StoreError::Failed {
            context: format!("generation {} cannot be searched", self.generation.number),
            cause: error.to_string(),
        })
    }
}
