//! What tantivy keeps of a chunk.

use siren_domain::ports::AnalysedChunk;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{Index, TantivyDocument, Term};

use super::splitter::{TERMS, keep};
use super::vectors::{Rounded, SKETCH, VECTOR};

/// The year of a chunk that names none.
pub(super) const NO_YEAR: u64 = 0;

#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// The document's id: what deletions go by.
    pub(super) document: Field,
    /// Groups that may read it.
    pub(super) groups: Field,
    /// Years it is about.
    pub(super) years: Field,
    /// What it can be filtered by, as `name=value`.
    pub(super) facets: Field,
    /// Our own terms, joined with spaces. Tantivy does not store them.
    pub(super) terms: Field,
    /// Its vector, as `vectors` keeps it.
    pub(super) vector: Field,
    /// The signs of its vector.
    pub(super) sketch: Field,
    /// The chunk, as JSON.
    pub(super) chunk: Field,
}

pub(super) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let terms = TextFieldIndexing::default()
        .set_tokenizer(TERMS)
        .set_fieldnorms(true)
        .set_index_option(IndexRecordOption::WithFreqs);
    let fields = Fields {
        document: schema.add_text_field("document", STRING),
        groups: schema.add_text_field("groups", STRING),
        years: schema.add_u64_field("years", INDEXED),
        facets: schema.add_text_field("facets", STRING),
        terms: schema.add_text_field("terms", TextOptions::default().set_indexing_options(terms)),
        vector: schema.add_u64_field(VECTOR, FAST),
        sketch: schema.add_u64_field(SKETCH, FAST),
        chunk: schema.add_bytes_field("chunk", STORED),
    };
    (schema.build(), fields)
}

/// The fields of an index that was opened; none when it is of another form.
pub(super) fn fields_of(index: &Index) -> Option<Fields> {
    let (ours, fields) = schema();
    (index.schema() == ours).then_some(fields)
}

impl Fields {
    /// The fields that chunks are looked up by, other than their terms.
    pub(super) fn looked_up(&self) -> [Field; 4] {
        [self.document, self.groups, self.years, self.facets]
    }

    /// One of our terms, in the form that it is kept in.
    pub(super) fn term(&self, term: &str) -> Term {
        let mut kept = String::new();
        keep(term, &mut kept);
        Term::from_field_text(self.terms, &kept)
    }
}

/// Shows the values of a field that a chunk is looked up by, as tantivy keeps them.
pub(super) fn each_value(
    fields: Fields,
    field: Field,
    analysed: &AnalysedChunk,
    mut each: impl FnMut(&[u8]),
) {
    let meta = &analysed.chunk.document;
    if field == fields.document {
        each(meta.id.as_str().as_bytes());
    } else if field == fields.groups {
        meta.access.iter().for_each(|group| each(group.as_bytes()));
    } else if field == fields.facets {
        meta.facets().into_iter().for_each(|facet| each(facet.as_bytes()));
    } else if field == fields.years {
        let none = analysed.years.is_empty().then_some(NO_YEAR);
        let years = analysed.years.iter().map(|year| u64::from(*year)).chain(none);
        years.for_each(|year| each(&year.to_be_bytes()));
    }
}

/// What tantivy keeps of a chunk as it is.
pub(super) fn stored(fields: Fields, analysed: &AnalysedChunk) -> serde_json::Result<TantivyDocument> {
    let mut out = TantivyDocument::default();
    if let Some(rounded) = analysed.vector.as_deref().map(Rounded::new) {
        rounded.values().for_each(|value| out.add_u64(fields.vector, value));
        rounded.sketch().into_iter().for_each(|value| out.add_u64(fields.sketch, value));
    }
    out.add_bytes(fields.chunk, &serde_json::to_vec(&analysed.chunk)?);
    Ok(out)
}
