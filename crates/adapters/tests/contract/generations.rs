//! Generations: complete or not there, one of them live.

use siren_domain::DocumentId;
use siren_domain::ports::{Store, StoreError};

use super::Both;
use super::sample::{doc, documents, identity, query, write};

/// `[numbers of all generations] live`.
async fn shelf(store: &dyn Both) -> (Vec<u64>, Option<u64>) {
    let numbers = store.generations().await.unwrap().iter().map(|generation| generation.number).collect();
    (numbers, store.live().await.unwrap().map(|live| live.number))
}

/// `generation: chunk ids` of all that a search for these terms finds.
async fn found(store: &dyn Both, terms: &str) -> String {
    let hits = store.search(&query(terms)).await.unwrap();
    let mut ids: Vec<String> = hits.hits.into_iter().map(|hit| hit.chunk.id).collect();
    ids.sort();
    format!("{}: {}", hits.generation, ids.join(" "))
}

async fn ids(store: &dyn Both, number: u64) -> Vec<String> {
    let records = documents(store, number).await.unwrap();
    let mut ids: Vec<String> = records.into_iter().map(|record| record.id.to_string()).collect();
    ids.sort();
    ids
}

/// Which generation is live is what `promote` said last; nothing else changes it.
pub(crate) async fn live_and_rollback(store: &dyn Both) {
    assert_eq!(shelf(store).await, (vec![], None));
    assert!(matches!(store.search(&query("a")).await, Err(StoreError::NoIndex)));
    assert!(matches!(store.searched().await, Err(StoreError::NoIndex)));
    let first = write(store, None, &[doc("x", &["a", "a b"]), doc("y", &["a"])]).await;
    assert_eq!((first.number, first.documents, first.chunks, &first.identity), (1, 2, 3, &identity()));
    assert_eq!(shelf(store).await, (vec![1], None), "finished is not live");
    assert!(matches!(store.search(&query("a")).await, Err(StoreError::NoIndex)));
    store.promote(1).await.unwrap();
    assert_eq!(store.live().await.unwrap(), Some(first.clone()));
    assert_eq!(store.searched().await.unwrap(), first);
    write(store, None, &[doc("z", &["a"])]).await;
    assert_eq!(found(store, "a").await, "1: x#0 x#1 y#0", "the next one is not live by being there");
    for (number, expected) in [(2, "2: z#0"), (1, "1: x#0 x#1 y#0"), (2, "2: z#0")] {
        store.promote(number).await.unwrap();
        assert_eq!(shelf(store).await, (vec![1, 2], Some(number)));
        assert_eq!(found(store, "a").await, expected);
    }
    let nowhere =
        [store.promote(9).await.err(), documents(store, 9).await.err(), store.begin(Some(9)).await.err()];
    for error in nowhere {
        assert!(matches!(error, Some(StoreError::NoGeneration(9))), "{error:?}");
    }
    assert_eq!(shelf(store).await, (vec![1, 2], Some(2)));
}

/// What is put replaces, what is removed is gone, the rest is carried over as it was; the base stays what it was.
pub(crate) async fn carry_over(store: &dyn Both) {
    let docs = [doc("a", &["t one", "t two"]), doc("b", &["t three", "t four"]), doc("c", &["t five"])];
    write(store, None, &docs).await;
    store.promote(1).await.unwrap();
    let kept = store.search(&query("one")).await.unwrap().hits[0].chunk.clone();

    let mut writer = store.begin(Some(1)).await.unwrap();
    doc("b", &["t six"]).put(&mut *writer).await.unwrap();
    writer.remove(&DocumentId::from_text("c")).await.unwrap();
    writer.remove(&DocumentId::from_text("never there")).await.unwrap();
    for version in ["t draft", "t seven"] {
        doc("d", &[version]).put(&mut *writer).await.unwrap();
    }
    doc("e", &["t eight"]).put(&mut *writer).await.unwrap();
    writer.remove(&DocumentId::from_text("e")).await.unwrap();
    let second = writer.finish(identity()).await.unwrap();
    assert_eq!((second.number, second.documents, second.chunks), (2, 3, 4));

    assert_eq!(found(store, "t").await, "1: a#0 a#1 b#0 b#1 c#0");
    store.promote(2).await.unwrap();
    assert_eq!(found(store, "t").await, "2: a#0 a#1 b#0 d#0");
    for (term, expected) in
        [("three", "2: "), ("five", "2: "), ("draft", "2: "), ("eight", "2: "), ("six", "2: b#0")]
    {
        assert_eq!(found(store, term).await, expected, "{term}");
    }
    assert_eq!(store.search(&query("one")).await.unwrap().hits[0].chunk, kept, "carried over whole");
    assert_eq!(ids(store, 2).await, ["a", "b", "d"]);
    assert_eq!(ids(store, 1).await, ["a", "b", "c"]);
    let listed = documents(store, 2).await.unwrap();
    assert_eq!(listed.iter().find(|record| record.id == docs[0].record().id), Some(&docs[0].record()));

    store.promote(1).await.unwrap();
    assert_eq!(found(store, "t").await, "1: a#0 a#1 b#0 b#1 c#0", "rolled back");
    let third = write(store, None, &[doc("z", &["t"])]).await;
    store.promote(third.number).await.unwrap();
    assert_eq!(found(store, "t").await, "3: z#0", "nothing comes from nothing");
}

/// A writer that is dropped leaves nothing that a reader could see, and the next one can begin.
pub(crate) async fn unfinished(store: &dyn Both) {
    write(store, None, &[doc("a", &["t"])]).await;
    store.promote(1).await.unwrap();
    for base in [None, Some(1)] {
        let mut writer = store.begin(base).await.unwrap();
        doc("b", &["t"]).put(&mut *writer).await.unwrap();
        assert_eq!((shelf(store).await, found(store, "t").await), ((vec![1], Some(1)), "1: a#0".into()));
        drop(writer);
        assert_eq!((shelf(store).await, found(store, "t").await), ((vec![1], Some(1)), "1: a#0".into()));
    }
    let next = write(store, Some(1), &[doc("c", &["t"])]).await;
    store.promote(next.number).await.unwrap();
    assert_eq!(found(store, "t").await, format!("{}: a#0 c#0", next.number));
}

/// The live one stays, however old; of the others the newest stay.
pub(crate) async fn prune(store: &dyn Both) {
    for number in 1..=5 {
        write(store, None, &[doc(&format!("d{number}"), &["t"])]).await;
    }
    let steps: [(u64, usize, &[u64], &[u64]); 5] = [
        (1, 10, &[], &[1, 2, 3, 4, 5]),
        (1, 5, &[], &[1, 2, 3, 4, 5]),
        (2, 3, &[1], &[2, 3, 4, 5]),
        (2, 1, &[3, 4], &[2, 5]),
        (2, 0, &[5], &[2]),
    ];
    for (live, keep, removed, left) in steps {
        store.promote(live).await.unwrap();
        assert_eq!(store.prune(keep).await.unwrap(), removed, "live {live}, keep {keep}");
        assert_eq!(shelf(store).await, (left.to_vec(), Some(live)), "live {live}, keep {keep}");
        assert_eq!(found(store, "t").await, format!("{live}: d{live}#0"));
    }
}

/// One that is not served can be taken out by its number, and nothing else goes with it.
pub(crate) async fn removed(store: &dyn Store) {
    for number in 1..=3 {
        write(store, None, &[doc(&format!("d{number}"), &["t"])]).await;
        store.promote(number.min(2)).await.unwrap();
    }
    assert!(matches!(store.remove_generation(2).await, Err(StoreError::Busy(_))), "it is served");
    assert!(matches!(store.remove_generation(9).await, Err(StoreError::NoGeneration(9))));
    store.remove_generation(3).await.unwrap();
    let left: Vec<u64> = store.generations().await.unwrap().iter().map(|one| one.number).collect();
    assert_eq!((left, store.live().await.unwrap().map(|live| live.number)), (vec![1, 2], Some(2)));
    assert_eq!(store.search(&query("t")).await.unwrap().generation, 2);
    assert!(matches!(documents(store, 3).await, Err(StoreError::NoGeneration(3))));
    let next = store.begin(Some(2)).await.unwrap().finish(identity()).await.unwrap();
    assert_eq!((next.number, next.documents), (3, 1));
}
