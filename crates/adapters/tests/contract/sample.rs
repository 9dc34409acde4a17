//! Small documents of made-up terms.

use std::sync::Arc;

use siren_domain::ports::{
    AnalysedChunk, DocumentRecord, Generation, GenerationWriter, IndexIdentity, IndexStore, StoreError,
    StoreQuery,
};
use siren_domain::{Chunk, DocumentId, Metadata, OffsetMap, Origin, Value};

/// The analyser that stores under test are opened with.
pub(crate) const ANALYSER: &str = "test/1";

pub(crate) fn identity() -> IndexIdentity {
    IndexIdentity {
        format: IndexIdentity::FORMAT,
        analyser: ANALYSER.into(),
        chunker: "test".into(),
        embedding: None,
    }
}

/// A document: its chunks are its terms, space between.
#[derive(Clone, Debug)]
pub(crate) struct Doc {
    pub(crate) id: String,
    pub(crate) groups: Vec<String>,
    pub(crate) years: Vec<u16>,
    pub(crate) tags: Vec<String>,
    pub(crate) chunks: Vec<String>,
}

/// A document for everyone, of no known year.
pub(crate) fn doc(id: &str, chunks: &[&str]) -> Doc {
    let chunks = chunks.iter().map(|chunk| (*chunk).to_owned()).collect();
    Doc { id: id.into(), groups: vec!["all".into()], years: Vec::new(), tags: vec!["가".into()], chunks }
}

impl Doc {
    pub(crate) fn record(&self) -> DocumentRecord {
        DocumentRecord {
            id: DocumentId::from_text(&self.id),
            source: "test".into(),
            title: self.id.clone(),
            hash: self.chunks.join("/"),
            content: self.chunks.join("/"),
            version: None,
            fault: None,
            chunks: u32::try_from(self.chunks.len()).unwrap(),
        }
    }

    pub(crate) fn analysed(&self) -> Vec<AnalysedChunk> {
        let document = Arc::new(Metadata {
            event: Some("서밋".into()),
            date: Some("2024-05".parse().unwrap()),
            years: self.years.clone(),
            tags: self.tags.clone(),
            owner: Some("팀".into()),
            access: self.groups.clone(),
            fields: [("열".to_owned(), Value::text("값"))].into(),
            ..Metadata::new(
                DocumentId::from_text(&self.id),
                "test",
                Origin::File { path: format!("{}.md", self.id) },
                self.id.clone(),
            )
        });
        let chunk = |(at, terms): (usize, &String)| AnalysedChunk {
            chunk: Chunk {
                id: format!("{}#{at}", self.id),
                document: Arc::clone(&document),
                heading: vec!["하나".into(), "둘".into()],
                text: terms.clone(),
                tokens: 7,
                offsets: OffsetMap::identity(terms.len()),
                parts: Vec::new(),
                sections: Vec::new(),
            },
            terms: terms.split_whitespace().map(str::to_owned).collect(),
            years: self.years.clone(),
            vector: None,
        };
        self.chunks.iter().enumerate().map(chunk).collect()
    }

    pub(crate) async fn put(&self, writer: &mut dyn GenerationWriter) -> Result<(), StoreError> {
        writer.put(self.record(), self.analysed()).await
    }
}

/// Writes a generation; it is not live yet.
pub(crate) async fn write<S: IndexStore + ?Sized>(store: &S, base: Option<u64>, docs: &[Doc]) -> Generation {
    let mut writer = store.begin(base).await.unwrap();
    for doc in docs {
        doc.put(&mut *writer).await.unwrap();
    }
    writer.finish(identity()).await.unwrap()
}

/// Asks for terms as everyone, for as many chunks as there are.
pub(crate) fn query(terms: &str) -> StoreQuery {
    StoreQuery {
        terms: terms.split_whitespace().map(str::to_owned).collect(),
        vector: None,
        groups: vec!["all".into()],
        n_candidates: 1000,
        ..StoreQuery::default()
    }
}

/// The documents of a generation, as they are shown.
pub(crate) async fn documents(
    store: &dyn IndexStore,
    number: u64,
) -> Result<Vec<DocumentRecord>, StoreError> {
    let mut documents = Vec::new();
    store.documents(number, &mut |document| documents.push(document)).await?;
    Ok(documents)
}
