//! What a question holds on to, and what a copy holds.

use std::collections::BTreeMap;

use siren_domain::DocumentId;
use siren_domain::ports::{AnalysedChunk, Store, StoreError, StoreQuery, StoredChunk};

use super::Both;
use super::sample::{doc, documents, identity, query, write};

/// A view answers from its generation, whatever is promoted, and tells when that is gone.
pub(crate) async fn a_view_stays_what_it_is(store: &dyn Both) {
    assert!(matches!(store.view().await, Err(StoreError::NoIndex)));
    write(store, None, &[doc("a", &["t"])]).await;
    store.promote(1).await.unwrap();
    let view = store.view().await.unwrap().unwrap();
    write(store, None, &[doc("b", &["t"])]).await;
    store.promote(2).await.unwrap();
    let hits = view.search(&query("t")).await.unwrap();
    assert_eq!((hits.generation, hits.hits[0].chunk.id.as_str()), (1, "a#0"));
    assert_eq!(view.searched().await.unwrap().number, 1);
    assert_eq!(view.records().await.unwrap().generation, 1);
    let all = ["all".to_owned()];
    let ids = [DocumentId::from_text("a"), DocumentId::from_text("b")];
    let found = view.passages(&ids, &all).await.unwrap();
    assert_eq!(found.iter().map(|chunk| chunk.id.as_str()).collect::<Vec<_>>(), ["a#0"]);
    assert_eq!(store.search(&query("t")).await.unwrap().generation, 2);
    store.prune(1).await.unwrap();
    match view.search(&query("t")).await {
        Ok(hits) => assert_eq!(hits.generation, 1, "what is open can be read to the end"),
        Err(error) => assert!(matches!(error, StoreError::NoGeneration(1)), "{error:?}"),
    }
}

/// Vectors whose largest number is 1 come through rounding to bytes as they were, nearly.
const VECTOR: [f32; 8] = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];

/// What is stored is enough to make the same index elsewhere: same documents, chunks, vectors and ranking.
pub(crate) async fn copied(from: &dyn Store, to: &dyn Store) {
    let docs = [doc("a", &["t one one", "t two"]), doc("b", &["t three"]), doc("c", &["t t four"])];
    let mut writer = from.begin(None).await.unwrap();
    for doc in &docs {
        let mut chunks = doc.analysed();
        chunks[0].vector = Some(VECTOR.to_vec());
        writer.put(doc.record(), chunks).await.unwrap();
    }
    let made = writer.finish(identity()).await.unwrap();
    from.promote(1).await.unwrap();

    let ids: Vec<DocumentId> = docs.iter().map(|doc| doc.record().id).collect();
    for broken_off in [true, false] {
        let mut writer = to.begin_copy("the first").await.unwrap();
        for record in documents(from, 1).await.unwrap() {
            let mut of_document = from.stored(1, std::slice::from_ref(&record.id)).await.unwrap();
            of_document.sort_by(|a, b| a.chunk.id.cmp(&b.chunk.id));
            let analysed = of_document.into_iter().map(|StoredChunk { chunk, vector }| AnalysedChunk {
                terms: chunk.text.split_whitespace().map(str::to_owned).collect(),
                years: Vec::new(),
                vector,
                chunk,
            });
            writer.put(record, analysed.collect()).await.unwrap();
        }
        if !broken_off {
            let copy = writer.finish(identity()).await.unwrap();
            assert_eq!((copy.documents, copy.chunks), (made.documents, made.chunks));
            to.promote(copy.number).await.unwrap();
        }
    }
    let by_id = |stored: Vec<StoredChunk>| -> BTreeMap<String, StoredChunk> {
        stored.into_iter().map(|one| (one.chunk.id.clone(), one)).collect()
    };
    let (before, after) =
        (by_id(from.stored(1, &ids).await.unwrap()), by_id(to.stored(1, &ids).await.unwrap()));
    assert_eq!(before.len(), 4);
    for (id, one) in &before {
        let other = &after[id];
        assert_eq!((&one.chunk, one.vector.is_some()), (&other.chunk, other.vector.is_some()), "{id}");
        for (a, b) in one.vector.iter().flatten().zip(other.vector.iter().flatten()) {
            assert!((a - b).abs() < 1e-4, "{id}: {a} {b}");
        }
    }
    let asked = StoreQuery { vector: Some(VECTOR.to_vec()), ..query("one t") };
    let (before, after) = (from.search(&asked).await.unwrap(), to.search(&asked).await.unwrap());
    assert_eq!(before.terms, after.terms);
    for (one, other) in before.hits.iter().zip(&after.hits) {
        assert_eq!(one.chunk.id, other.chunk.id);
        assert!((one.lexical - other.lexical).abs() < 1e-5, "{} {}", one.lexical, other.lexical);
    }
    assert_eq!(before.hits.len(), after.hits.len());
}
