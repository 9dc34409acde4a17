//! What goes before a model beside the best passages: neighbours in a section that was cut, and records that have room.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;
use siren_domain::ports::{
    Generation, Hit, PassageStore, RetrievalRequest, Retrieved, Retriever, StoreError, StoreHits, StoreQuery,
};
use siren_domain::{
    Authority, Chunk, DocumentId, Locator, Metadata, OffsetMap, Origin, Record, Records, Value,
};
use siren_retrieval::{Fusion, PassageRetriever, RetrievalSettings};

const SETTINGS: RetrievalSettings = RetrievalSettings {
    n_candidates: 10,
    top_k: 10,
    context_tokens: 1000,
    linked_records: 2,
    fusion: Fusion::Weighted { weight: 0.5 },
    looked_at: 0,
    reranked: 0,
    mend: false,
    split: false,
};

/// A chunk of ten tokens, by its id (`notes/a#1`) and the heading that it stands under.
fn chunk(id: &str, heading: &str, text: &str, access: &str) -> Chunk {
    let (document, _) = id.split_once('#').unwrap();
    let (source, _) = document.split_once('/').unwrap();
    let fields: BTreeMap<String, Value> = match source {
        "companies" => [("name".to_owned(), Value::text("n"))].into(),
        _ => BTreeMap::new(),
    };
    let document = Metadata {
        access: vec![access.to_owned()],
        fields,
        ..Metadata::new(DocumentId::from_text(document), source, Origin::File { path: id.into() }, document)
    };
    Chunk {
        id: id.into(),
        document: Arc::new(document),
        heading: vec![heading.into()],
        text: text.into(),
        tokens: 10,
        offsets: OffsetMap::identity(text.len()),
        parts: vec![],
        sections: vec![],
    }
}

/// Finds the chunks of these ids, in this order; the others only by their documents.
struct FakeStore {
    found: &'static [&'static str],
    chunks: Vec<Chunk>,
    records: Arc<Records>,
}

#[async_trait]
impl PassageStore for FakeStore {
    async fn search(&self, query: &StoreQuery) -> Result<StoreHits, StoreError> {
        let scores = (1..=9_u8).rev().map(f32::from);
        let found = self.found.iter().filter_map(|id| self.chunks.iter().find(|chunk| chunk.id == *id));
        let found = found.filter(|chunk| query.groups.contains(&chunk.document.access[0]));
        let hits =
            found.zip(scores).map(|(chunk, lexical)| Hit { chunk: chunk.clone(), lexical, dense: None });
        Ok(StoreHits { generation: 1, terms: vec![], hits: hits.collect() })
    }

    async fn searched(&self) -> Result<Generation, StoreError> {
        Err(StoreError::NoIndex)
    }

    async fn passages(&self, documents: &[DocumentId], groups: &[String]) -> Result<Vec<Chunk>, StoreError> {
        let of = |id: &DocumentId| {
            let chunks = self.chunks.iter().filter(|chunk| chunk.document.id == *id);
            chunks.filter(|chunk| groups.contains(&chunk.document.access[0])).cloned().collect::<Vec<_>>()
        };
        Ok(documents.iter().flat_map(of).collect())
    }

    async fn records(&self) -> Result<Arc<Records>, StoreError> {
        Ok(Arc::clone(&self.records))
    }
}

fn retrieve(store: FakeStore, settings: RetrievalSettings) -> Retrieved {
    let retriever = PassageRetriever::new(Arc::new(store), settings);
    let request =
        RetrievalRequest { question: "무엇을 들었나요?".into(), ..RetrievalRequest::default() };
    block_on(retriever.retrieve(&request)).unwrap()
}

fn context(retrieved: &Retrieved) -> String {
    let ids: Vec<String> = retrieved.context_passages().iter().map(|p| p.chunk.id.clone()).collect();
    ids.join(" ").replace("notes/", "").replace("companies/", "")
}

#[test]
fn neighbours_in_a_section_that_was_cut() {
    let sized = |tokens| RetrievalSettings { context_tokens: tokens, ..SETTINGS };
    let cases: [(&str, &'static [&'static str], RetrievalSettings, &str); 8] = [
        ("both sides", &["notes/a#1"], SETTINGS, "a#1 a#0 a#2"),
        ("the section's beginning", &["notes/a#0"], SETTINGS, "a#0 a#1"),
        ("another section", &["notes/a#3"], SETTINGS, "a#3"),
        ("behind the passage that they belong to", &["notes/a#0", "notes/b#0"], SETTINGS, "a#0 a#1 b#0 b#1"),
        ("not what is there anyway", &["notes/a#1", "notes/a#2"], SETTINGS, "a#1 a#0 a#2"),
        ("as far as the budget goes", &["notes/a#1", "notes/b#0"], sized(30), "a#1 a#0 b#0"),
        ("no budget", &["notes/a#1"], sized(10), "a#1"),
        ("what the asker may not read", &["notes/s#0"], SETTINGS, ""),
    ];
    for (case, found, settings, expected) in cases {
        let chunks = vec![
            chunk("notes/a#0", "이사", "짐을 쌌다", "all"),
            chunk("notes/a#1", "이사", "짐을 옮겼다", "all"),
            chunk("notes/a#2", "이사", "짐을 풀었다", "all"),
            chunk("notes/a#3", "소감", "힘들었다", "all"),
            chunk("notes/b#0", "점심", "국수를", "all"),
            chunk("notes/b#1", "점심", "먹었다", "all"),
            chunk("notes/s#0", "비밀", "인수를", "board"),
            chunk("notes/s#1", "비밀", "검토한다", "board"),
        ];
        let retrieved = retrieve(FakeStore { found, chunks, records: Arc::default() }, settings);
        assert_eq!(context(&retrieved), expected, "{case}");
        let ids: Vec<&str> = retrieved.passages.iter().map(|passage| passage.chunk.id.as_str()).collect();
        assert!(ids.iter().all(|id| found.contains(id)), "{case}: the ranking is as it was");
    }
}

/// Passages that fill the budget leave a share of it to the records of the first ones, but not for nothing.
#[test]
fn records_have_room() {
    let record = |key: &str, name: &str| Record {
        id: DocumentId::new("companies", key),
        source: "companies".into(),
        title: name.into(),
        locator: Locator::File { path: key.into(), heading: vec![], part: None, bytes: None },
        names: vec![name.into()],
        keys: BTreeMap::new(),
        checked: BTreeMap::new(),
        authority: Authority::Record,
        date: None,
        access: vec!["all".into()],
    };
    let sized = |tokens| RetrievalSettings { context_tokens: tokens, ..SETTINGS };
    let cases: [(&str, &'static [&'static str], RetrievalSettings, u32, &str); 4] = [
        ("enough for all", &["notes/a#0", "notes/b#0"], sized(40), 10, "a#0 b#0 1#0"),
        ("room is made", &["notes/a#0", "notes/b#0", "notes/c#0"], sized(30), 3, "a#0 b#0 1#0"),
        ("not for nothing", &["notes/a#0", "notes/b#0", "notes/c#0"], sized(30), 14, "a#0 b#0 c#0"),
        ("nor without records", &["notes/b#0", "notes/c#0", "notes/d#0"], sized(30), 3, "b#0 c#0 d#0"),
    ];
    for (case, found, settings, tokens, expected) in cases {
        let chunks = vec![
            chunk("notes/a#0", "가", "바다은행을 들었다", "all"),
            chunk("notes/b#0", "나", "점심을 먹었다", "all"),
            chunk("notes/c#0", "다", "비가 왔다", "all"),
            chunk("notes/d#0", "라", "집에 갔다", "all"),
            Chunk { tokens, ..chunk("companies/1#0", "바다은행", "회사 기록", "all") },
        ];
        let records =
            Arc::new(Records { generation: 1, records: vec![record("1", "바다은행")], conflicts: None });
        let retrieved = retrieve(FakeStore { found, chunks, records }, settings);
        assert_eq!(context(&retrieved), expected, "{case}");
    }
}
