//! What is found by meaning: the nearest that the asker may read, with both scores, also after a carry-over.

use siren_domain::DocumentId;
use siren_domain::ports::{Hit, StoreQuery};

use super::Both;
use super::sample::{Doc, doc, identity, query};

/// How far a cosine may be from the exact one: vectors may be kept rounded.
const ROUNDED: f32 = 0.01;

/// A unit vector at this angle from the first axis, in degrees; eleven numbers, so that no store can rely on eights.
fn at(angle: f32) -> Vec<f32> {
    let mut vector = vec![0.0; 11];
    (vector[0], vector[10]) = (angle.to_radians().cos(), angle.to_radians().sin());
    vector
}

async fn put(store: &dyn Both, base: Option<u64>, docs: &[(Doc, Option<f32>)], gone: &[&str]) -> u64 {
    let mut writer = store.begin(base).await.unwrap();
    for (doc, angle) in docs {
        let mut chunks = doc.analysed();
        chunks.iter_mut().for_each(|chunk| chunk.vector = angle.map(at));
        writer.put(doc.record(), chunks).await.unwrap();
    }
    for id in gone {
        writer.remove(&DocumentId::from_text(*id)).await.unwrap();
    }
    let number = writer.finish(identity()).await.unwrap().number;
    store.promote(number).await.unwrap();
    number
}

async fn ask(store: &dyn Both, query: StoreQuery) -> Vec<Hit> {
    store.search(&query).await.unwrap().hits
}

fn told(hits: &[Hit]) -> Vec<(&str, bool, Option<i32>)> {
    let degrees = |cosine: f32| {
        #[expect(clippy::cast_possible_truncation, reason = "an angle below 180")]
        let degrees = cosine.clamp(-1.0, 1.0).acos().to_degrees().round() as i32;
        degrees
    };
    hits.iter().map(|hit| (hit.chunk.id.as_str(), hit.lexical > 0.0, hit.dense.map(degrees))).collect()
}

pub(crate) async fn found_by_meaning(store: &dyn Both) {
    let hidden = |doc: Doc| Doc { groups: vec!["hr".into()], ..doc };
    let aged = |doc: Doc| Doc { years: vec![2019], ..doc };
    let docs = [
        (doc("same", &["alpha"]), Some(0.0)),
        (doc("near", &["beta"]), Some(30.0)),
        (doc("far", &["alpha"]), Some(90.0)),
        (doc("plain", &["alpha"]), None),
        (hidden(doc("hidden", &["alpha"])), Some(1.0)),
        (aged(doc("aged", &["gamma"])), Some(10.0)),
    ];
    put(store, None, &docs, &[]).await;
    let asked = |terms: &str| StoreQuery { vector: Some(at(0.0)), ..query(terms) };

    let hits = ask(store, asked("alpha")).await;
    let mut by_id = told(&hits);
    by_id.sort();
    let expected = [
        ("aged#0", false, Some(10)),
        ("far#0", true, Some(90)),
        ("near#0", false, Some(30)),
        ("plain#0", true, None),
        ("same#0", true, Some(0)),
    ];
    for ((id, lexical, dense), (id_, lexical_, dense_)) in by_id.iter().zip(&expected) {
        assert_eq!((id, lexical), (id_, lexical_), "{by_id:?}");
        let near = dense.zip(*dense_).is_some_and(|(a, b)| (a - b).abs() <= 8);
        assert!(near || dense == dense_, "{by_id:?}");
    }
    assert_eq!(by_id.len(), expected.len(), "nobody finds what is not for one of their groups: {by_id:?}");
    for hit in hits.iter().filter(|hit| hit.chunk.id == "near#0") {
        let exact = 30.0_f32.to_radians().cos();
        assert!(hit.dense.is_some_and(|dense| (dense - exact).abs() < ROUNDED), "{:?}", hit.dense);
    }

    let ids = |hits: Vec<Hit>| hits.into_iter().map(|hit| hit.chunk.id).collect::<Vec<_>>();
    let nothing_said = ids(ask(store, asked("")).await);
    assert_eq!(nothing_said, ["same#0", "aged#0", "near#0", "far#0"], "by meaning alone, the nearest first");
    let few = ids(ask(store, StoreQuery { n_candidates: 1, ..asked("beta") }).await);
    assert_eq!(few, ["near#0", "same#0"], "one by terms, one by meaning");
    let hr = ids(ask(store, StoreQuery { groups: vec!["hr".into()], ..asked("") }).await);
    assert_eq!(hr, ["hidden#0"]);
    let years = ids(ask(store, StoreQuery { years: vec![2024], ..asked("gamma") }).await);
    assert!(!years.contains(&"aged#0".to_owned()), "{years:?}");
    let none = ask(store, StoreQuery { n_candidates: 0, ..asked("alpha") }).await;
    assert!(none.is_empty(), "{none:?}");

    let moved = [(doc("far", &["alpha"]), Some(5.0))];
    put(store, Some(1), &moved, &["same"]).await;
    let after = ids(ask(store, asked("")).await);
    assert_eq!(after, ["far#0", "aged#0", "near#0"], "vectors are carried over, replaced and removed");
}
