//! What is written is what tantivy's own writer would have written.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use siren_domain::ports::AnalysedChunk;
use siren_domain::{Chunk, DocumentId, Metadata, OffsetMap, Origin};
use tantivy::indexer::NoMergePolicy;
use tantivy::schema::{Field, IndexRecordOption, OwnedValue};
use tantivy::{DocSet, Index, SegmentReader, TERMINATED, TantivyDocument};

use super::SegmentMaker;
use crate::embedded::schema::{Fields, NO_YEAR, fields_of, schema, stored};
use crate::embedded::splitter::{TERMS, TermSplitter};

fn chunk(at: usize, document: u8, groups: &[String], years: &BTreeSet<u16>, terms: &str) -> AnalysedChunk {
    let id = DocumentId::new("notes", &document.to_string());
    let path = format!("notes/{document}.md");
    let meta = Metadata {
        access: groups.to_vec(),
        tags: vec![format!("tag{}", document % 3)],
        ..Metadata::new(id, "notes", Origin::File { path }, "제목")
    };
    AnalysedChunk {
        terms: terms.split_whitespace().collect(),
        years: years.iter().copied().collect(),
        vector: (!document.is_multiple_of(3)).then(|| vec![f32::from(document), 1.0, -1.0]),
        chunk: Chunk {
            id: format!("{}#{at}", meta.id),
            document: Arc::new(meta),
            heading: Vec::new(),
            text: terms.to_owned(),
            tokens: 1,
            offsets: OffsetMap::identity(terms.len()),
            parts: Vec::new(),
            sections: Vec::new(),
        },
    }
}

fn index() -> (Index, Fields) {
    let index = Index::create_in_ram(schema().0);
    index.tokenizers().register(TERMS, TermSplitter);
    let fields = fields_of(&index).unwrap();
    (index, fields)
}

fn ours(chunks: &[AnalysedChunk]) -> SegmentReader {
    let (index, fields) = index();
    let mut segment = SegmentMaker::begin(&index, fields).unwrap();
    chunks.iter().for_each(|chunk| segment.add(chunk).unwrap());
    let segment = segment.finish().unwrap();
    let mut writer = index.writer_with_num_threads::<TantivyDocument>(1, 15 << 20).unwrap();
    writer.add_segment(segment).unwrap();
    writer.commit().unwrap();
    only_segment(&index)
}

fn tantivys(chunks: &[AnalysedChunk]) -> SegmentReader {
    let (index, fields) = index();
    let mut writer = index.writer_with_num_threads(1, 15 << 20).unwrap();
    writer.set_merge_policy(Box::new(NoMergePolicy));
    for analysed in chunks {
        let meta = &analysed.chunk.document;
        let mut document = stored(fields, analysed).unwrap();
        document.add_text(fields.document, meta.id.as_str());
        meta.access.iter().for_each(|group| document.add_text(fields.groups, group));
        meta.facets().into_iter().for_each(|facet| document.add_text(fields.facets, facet));
        analysed.years.iter().for_each(|year| document.add_u64(fields.years, u64::from(*year)));
        if analysed.years.is_empty() {
            document.add_u64(fields.years, NO_YEAR);
        }
        document.add_text(fields.terms, analysed.terms.joined());
        writer.add_document(document).unwrap();
    }
    writer.commit().unwrap();
    only_segment(&index)
}

fn only_segment(index: &Index) -> SegmentReader {
    let searcher = index.reader().unwrap().searcher();
    assert_eq!(searcher.segment_readers().len(), 1);
    searcher.segment_reader(0).clone()
}

/// A term with its chunks, and how often each has it.
type Told = (Vec<u8>, Vec<(u32, u32)>);

fn terms(segment: &SegmentReader, field: Field) -> (u64, Vec<Told>) {
    let inverted = segment.inverted_index(field).unwrap();
    let mut stream = inverted.terms().stream().unwrap();
    let mut out = Vec::new();
    while stream.advance() {
        let found = stream.value().clone();
        let option = IndexRecordOption::WithFreqs;
        let mut postings = inverted.read_postings_from_terminfo(&found, option).unwrap();
        let mut chunks = Vec::new();
        while postings.doc() != TERMINATED {
            chunks.push((postings.doc(), tantivy::postings::Postings::term_freq(&postings)));
            postings.advance();
        }
        assert_eq!(found.doc_freq as usize, chunks.len());
        out.push((stream.key().to_vec(), chunks));
    }
    (inverted.total_num_tokens(), out)
}

fn documents(segment: &SegmentReader) -> Vec<Vec<(Field, OwnedValue)>> {
    let store = segment.get_store_reader(1).unwrap();
    let one = |chunk| {
        let document: TantivyDocument = store.get(chunk).unwrap();
        document.field_values().map(|(field, value)| (field, OwnedValue::from(value))).collect()
    };
    (0..segment.max_doc()).map(one).collect()
}

fn vectors(segment: &SegmentReader, name: &str) -> Vec<Vec<u64>> {
    let column = segment.fast_fields().u64(name).unwrap();
    (0..segment.max_doc()).map(|chunk| column.values_for_doc(chunk).collect()).collect()
}

#[track_caller]
fn assert_alike(chunks: &[AnalysedChunk]) {
    let (ours, tantivys) = (ours(chunks), tantivys(chunks));
    let (_, fields) = index();
    for field in fields.looked_up().into_iter().chain([fields.terms]) {
        assert_eq!(terms(&ours, field), terms(&tantivys, field), "{field:?}");
        let norms = |segment: &SegmentReader| -> Vec<u32> {
            let norms = segment.get_fieldnorms_reader(field).unwrap();
            (0..segment.max_doc()).map(|chunk| norms.fieldnorm(chunk)).collect()
        };
        assert_eq!(norms(&ours), norms(&tantivys), "{field:?}");
    }
    assert_eq!(documents(&ours), documents(&tantivys));
    for name in ["vector", "sketch"] {
        assert_eq!(vectors(&ours, name), vectors(&tantivys, name), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn as_tantivy_writes_it(
        made in prop::collection::vec(
            (
                0u8..6,
                prop::collection::vec("[ab]", 0..3),
                prop::collection::btree_set(2019u16..2024, 0..3),
                prop::collection::vec("[ab가나]{1,2}|=전환|\\+케이뱅크\\+전환[0-9]?", 0..20),
            ),
            1..12,
        ),
    ) {
        let chunks = made.iter().enumerate().map(|(at, (document, groups, years, terms))| {
            chunk(at, *document, groups, years, &terms.join(" "))
        });
        assert_alike(&chunks.collect::<Vec<_>>());
    }
}

/// More chunks than a block of postings, more of one term than an entry tells, more terms than the first table holds.
#[test]
fn as_tantivy_writes_it_when_there_is_much() {
    let terms = |at: usize| {
        let often = "많이 ".repeat(at % 200);
        let own: String = (0..40).map(|term| format!("{}x{term} ", at % 150)).collect();
        format!("{often}{own}흔한")
    };
    let chunks: Vec<_> = (0..700)
        .map(|at| chunk(at, u8::try_from(at % 250).unwrap(), &["all".into()], &[2024].into(), &terms(at)))
        .collect();
    assert_alike(&chunks);
}
