//! A segment, written without tantivy's own writer.
//!
//! Tantivy reads it as one of its own: its serializers write every file. What differs is what is held until then. Our
//! terms are at most seven bytes, and known to be; tantivy's writer cannot know, and takes twice the time.

mod postings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use siren_domain::ports::AnalysedChunk;
use tantivy::directory::{TerminatingWrite, WritePtr};
use tantivy::fastfield::FastFieldsWriter;
use tantivy::fieldnorm::{FieldNormReaders, FieldNormsSerializer, FieldNormsWriter};
use tantivy::index::SegmentComponent;
use tantivy::postings::{FieldSerializer, InvertedIndexSerializer};
use tantivy::schema::Field;
use tantivy::store::StoreWriter;
use tantivy::{DocId, Index, Segment, SegmentMeta};

use super::schema::{Fields, each_value, stored};
use super::splitter::keys;
use postings::Postings;

/// Bytes that a value is taken to hold beside its own.
const HELD: usize = 96;

/// A segment in the making.
pub(super) struct SegmentMaker {
    segment: Segment,
    fields: Fields,
    terms: Postings,
    /// What the other fields are looked up by.
    values: [(Field, Values); 4],
    norms: FieldNormsWriter,
    fast: FastFieldsWriter,
    store: StoreWriter,
    chunks: DocId,
}

/// The values of a field, each with the chunks that have it.
#[derive(Default)]
struct Values {
    chunks: BTreeMap<Vec<u8>, Vec<DocId>>,
    count: u64,
    bytes: usize,
}

impl SegmentMaker {
    pub(super) fn begin(index: &Index, fields: Fields) -> tantivy::Result<Self> {
        let segment = index.new_segment();
        let schema = index.schema();
        let settings = index.settings();
        let store = StoreWriter::new(
            segment.open_write(SegmentComponent::Store)?,
            settings.docstore_compression,
            settings.docstore_blocksize,
            false,
        )?;
        Ok(Self {
            norms: FieldNormsWriter::for_schema(&schema),
            fast: FastFieldsWriter::from_schema_and_tokenizer_manager(&schema, index.tokenizers().clone())?,
            terms: Postings::default(),
            values: fields.looked_up().map(|field| (field, Values::default())),
            segment,
            fields,
            store,
            chunks: 0,
        })
    }

    pub(super) fn add(&mut self, chunk: &AnalysedChunk) -> tantivy::Result<()> {
        let at = self.chunks;
        for (field, values) in &mut self.values {
            let before = values.count;
            each_value(self.fields, *field, chunk, |value| values.add(value, at));
            self.norms.record(at, *field, u32::try_from(values.count - before).unwrap_or(u32::MAX));
        }
        let count = self.terms.add(keys(chunk.terms.joined()));
        self.norms.record(at, self.fields.terms, count);
        let stored = stored(self.fields, chunk).map_err(std::io::Error::from)?;
        self.fast.add_document(&stored)?;
        self.store.store(&stored, &self.segment.schema())?;
        self.chunks += 1;
        Ok(())
    }

    /// Bytes that it holds, about.
    pub(super) fn memory(&self) -> usize {
        let values: usize = self.values.iter().map(|(_, values)| values.bytes).sum();
        self.terms.memory() + values + self.fast.mem_usage() + self.store.mem_usage()
    }

    pub(super) fn is_full(&self) -> bool {
        self.terms.is_full()
    }

    /// Writes it. Its files are kept as long as what tells of it is.
    pub(super) fn finish(self) -> tantivy::Result<SegmentMeta> {
        let Self { segment, fields, terms, values, mut norms, mut fast, store, chunks } = self;
        store.close()?;
        let mut out: WritePtr = segment.open_write(SegmentComponent::FastFields)?;
        fast.serialize(&mut out, None)?;
        out.terminate()?;
        norms.fill_up_to_max_doc(chunks);
        let out = segment.open_write(SegmentComponent::FieldNorms)?;
        norms.serialize(FieldNormsSerializer::from_write(out)?, None)?;
        let norms = FieldNormReaders::open(segment.open_read(SegmentComponent::FieldNorms)?)?;

        let mut out = InvertedIndexSerializer::open(&segment)?;
        for (field, values) in values {
            let mut out = out.new_field(field, values.count, norms.get_field(field)?)?;
            values.write(&mut out)?;
            out.close()?;
        }
        let mut of_terms = out.new_field(fields.terms, terms.tokens(), norms.get_field(fields.terms)?)?;
        terms.write(&mut of_terms)?;
        of_terms.close()?;
        out.close()?;
        let meta = segment.clone().with_max_doc(chunks).meta().clone();
        meta.untrack_temp_docstore();
        Ok(meta)
    }
}

impl Values {
    fn add(&mut self, value: &[u8], chunk: DocId) {
        self.count += 1;
        match self.chunks.get_mut(value) {
            Some(chunks) if chunks.last() == Some(&chunk) => {}
            Some(chunks) => {
                chunks.push(chunk);
                self.bytes += size_of::<DocId>();
            }
            None => {
                self.bytes += value.len() + HELD;
                self.chunks.insert(value.to_vec(), vec![chunk]);
            }
        }
    }

    fn write(self, out: &mut FieldSerializer<'_>) -> std::io::Result<()> {
        for (value, chunks) in self.chunks {
            out.new_term(&value, 0, false)?;
            chunks.iter().for_each(|chunk| out.write_doc(*chunk, 0, &[]));
            out.close_term()?;
        }
        Ok(())
    }
}
