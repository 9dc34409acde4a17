//! What a generation keeps of records, and finding chunks by document.

use siren_domain::ports::{Among, StoreError};
use siren_domain::record::{Side, Statement};
use siren_domain::{Authority, Conflict, DocumentId, Locator, Record};

use super::Both;
use super::sample::{Doc, doc, identity, write};

fn locator(path: &str) -> Locator {
    Locator::File { path: path.into(), heading: Vec::new(), part: None, bytes: None }
}

fn record(id: &str, name: &str) -> Record {
    Record {
        id: DocumentId::from_text(id),
        source: "test".into(),
        title: id.into(),
        locator: locator(id),
        names: vec![name.into()],
        keys: [("event".to_owned(), siren_domain::Value::text("서밋"))].into(),
        checked: Default::default(),
        authority: Authority::Document,
        date: "2024".parse().ok(),
        access: vec!["all".into()],
    }
}

fn conflict(document: &str) -> Conflict {
    let side = |id: &str| Side {
        document_id: DocumentId::from_text(id),
        title: id.into(),
        text: "30,000명".into(),
        locator: locator(id),
        date: None,
        access: vec!["hr".into()],
    };
    let at = Statement { chunk_id: format!("{document}#0"), start: 1, end: 4 };
    Conflict {
        field: "f".into(),
        authority: Authority::Record,
        stated: side(document),
        at,
        recorded: side("r"),
    }
}

/// `id name` of each record.
async fn kept(store: &dyn Both, number: u64) -> Vec<String> {
    let records = store.records_of(number).await.unwrap();
    records.records.iter().map(|record| format!("{} {}", record.id, record.names[0])).collect()
}

/// Records are carried over, replaced and removed with their documents; conflicts belong to one generation.
pub(crate) async fn records_and_conflicts(store: &dyn Both) {
    let mut writer = store.begin(None).await.unwrap();
    for (id, name) in [("a", "가"), ("b", "나"), ("c", "다")] {
        doc(id, &["t"]).put(&mut *writer).await.unwrap();
        writer.put_record(record(id, name)).await.unwrap();
    }
    writer.finish(identity()).await.unwrap();
    assert_eq!(kept(store, 1).await, ["a 가", "b 나", "c 다"]);
    assert_eq!(store.records_of(1).await.unwrap().conflicts, None, "not looked for yet");
    let conflicts = [conflict("a"), conflict("b")];
    store.put_conflicts(1, &conflicts).await.unwrap();
    store.promote(1).await.unwrap();
    let live = store.records().await.unwrap();
    assert_eq!((live.generation, live.records[0].clone()), (1, record("a", "가")));
    assert_eq!(live.conflicts.as_deref(), Some(&conflicts[..]));

    let mut writer = store.begin(Some(1)).await.unwrap();
    doc("a", &["t u"]).put(&mut *writer).await.unwrap();
    writer.put_record(record("a", "새")).await.unwrap();
    doc("b", &["no record any more"]).put(&mut *writer).await.unwrap();
    writer.remove(&DocumentId::from_text("never there")).await.unwrap();
    writer.finish(identity()).await.unwrap();
    assert_eq!(kept(store, 2).await, ["a 새", "c 다"]);
    assert_eq!((kept(store, 1).await.len(), store.records_of(2).await.unwrap().conflicts.clone()), (3, None));
    store.put_conflicts(2, &[]).await.unwrap();
    store.promote(2).await.unwrap();
    let live = store.records().await.unwrap();
    assert_eq!((live.generation, live.conflicts.clone()), (2, Some(Vec::new())));

    let mut writer = store.begin(Some(2)).await.unwrap();
    writer.remove(&DocumentId::from_text("c")).await.unwrap();
    writer.finish(identity()).await.unwrap();
    assert_eq!(kept(store, 3).await, ["a 새"]);
    assert!(matches!(store.put_conflicts(9, &[]).await, Err(StoreError::NoGeneration(9))));
}

/// Chunks by document and by term, deleted ones never; for askers only what their groups may read.
pub(crate) async fn chunks_by_document(store: &dyn Both) {
    let docs = [
        doc("a", &["x one", "x two"]),
        Doc { groups: vec!["hr".into()], ..doc("b", &["x three"]) },
        doc("c", &["y four"]),
        doc("d", &["x five"]),
    ];
    write(store, None, &docs).await;
    let mut writer = store.begin(Some(1)).await.unwrap();
    writer.remove(&DocumentId::from_text("d")).await.unwrap();
    writer.finish(identity()).await.unwrap();
    store.promote(2).await.unwrap();
    let id = |name: &str| DocumentId::from_text(name);
    let those = |documents: &[&str], terms: &[&str]| Among::Those {
        documents: documents.iter().map(|name| id(name)).collect(),
        terms: terms.iter().map(|term| (*term).to_owned()).collect(),
    };
    let cases = [
        ("all", Among::All, "a#0 a#1 b#0 c#0"),
        ("documents", those(&["a", "d", "none"], &[]), "a#0 a#1"),
        ("terms", those(&[], &["three", "y"]), "b#0 c#0"),
        ("either, once", those(&["b"], &["x"]), "a#0 a#1 b#0"),
        ("nothing", those(&[], &[]), ""),
    ];
    for (case, among, expected) in cases {
        let mut found = Vec::new();
        store.chunks(2, &among, &mut |chunk| found.push(chunk.id)).await.unwrap();
        found.sort();
        assert_eq!(found.join(" "), expected, "{case}");
    }
    let groups = |groups: &[&str]| groups.iter().map(|group| (*group).to_owned()).collect::<Vec<_>>();
    let cases: [(&[&str], &[&str], &str); 5] = [
        (&["c", "a"], &["all"], "c#0 a#0 a#1"),
        (&["a", "b"], &["all"], "a#0 a#1"),
        (&["a", "b"], &["all", "hr"], "a#0 a#1 b#0"),
        (&["b"], &[], ""),
        (&[], &["all"], ""),
    ];
    for (documents, readers, expected) in cases {
        let documents: Vec<DocumentId> = documents.iter().map(|name| id(name)).collect();
        let found = store.passages(&documents, &groups(readers)).await.unwrap();
        let found: Vec<String> = found.into_iter().map(|chunk| chunk.id).collect();
        assert_eq!(found.join(" "), expected, "{documents:?} {readers:?}");
    }
}
