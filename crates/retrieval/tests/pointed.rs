//! The record that a question means by its place: the nearest one, whatever the places are.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;
use siren_domain::ports::{
    Fate, Generation, Hit, PassageStore, RetrievalRequest, Retrieved, Retriever, StoreError, StoreHits,
    StoreQuery,
};
use siren_domain::{Chunk, DocumentId, Metadata, OffsetMap, Origin, Records, Value};
use siren_retrieval::{Fusion, Order, PassageRetriever, RetrievalSettings};

const SETTINGS: RetrievalSettings = RetrievalSettings {
    n_candidates: 10,
    top_k: 10,
    context_tokens: 1000,
    linked_records: 0,
    fusion: Fusion::Weighted { weight: 0.5 },
    looked_at: 0,
    reranked: 0,
    mend: false,
    split: false,
};

/// A talk: its id, its place, its hall, its year.
type Talk = (&'static str, i64, &'static str, u16);

fn chunk((id, place, hall, year): Talk) -> Chunk {
    let fields = [("place".to_owned(), Value::Integer(place)), ("hall".to_owned(), Value::text(hall))];
    let document = Metadata {
        fields: fields.into(),
        years: vec![year],
        ..Metadata::new(DocumentId::new("talks", id), "talks", Origin::File { path: id.into() }, id)
    };
    Chunk {
        id: id.into(),
        document: Arc::new(document),
        heading: vec![],
        text: format!("{id} 발표"),
        tokens: 10,
        offsets: OffsetMap::default(),
        parts: vec![],
        sections: vec![],
    }
}

/// Finds all talks within years and facets, in their order.
struct Talks(Vec<Talk>);

#[async_trait]
impl PassageStore for Talks {
    async fn search(&self, query: &StoreQuery) -> Result<StoreHits, StoreError> {
        let fits = |chunk: &Chunk| {
            let meta = &chunk.document;
            let facets = meta.facets();
            query.facets.iter().all(|any| any.iter().any(|facet| facets.contains(facet)))
                && (query.years.is_empty() || meta.years.iter().any(|year| query.years.contains(year)))
        };
        let found = self.0.iter().map(|talk| chunk(*talk)).filter(fits).take(query.n_candidates);
        let scores = (1..=9_u8).rev().map(f32::from);
        let hits = found.zip(scores).map(|(chunk, lexical)| Hit { chunk, lexical, dense: None }).collect();
        Ok(StoreHits { generation: 1, terms: vec![], hits })
    }

    async fn searched(&self) -> Result<Generation, StoreError> {
        Err(StoreError::NoIndex)
    }

    async fn passages(&self, _: &[DocumentId], _: &[String]) -> Result<Vec<Chunk>, StoreError> {
        Ok(Vec::new())
    }

    async fn records(&self) -> Result<Arc<Records>, StoreError> {
        Ok(Arc::default())
    }
}

fn ask(talks: &[Talk], question: &str, years: &[u16]) -> Retrieved {
    let order = Order { source: "talks".into(), column: "place".into(), within: vec!["hall".into()] };
    let retriever = PassageRetriever::new(Arc::new(Talks(talks.to_vec())), SETTINGS).with_orders(vec![order]);
    let years = years.to_vec();
    let request = RetrievalRequest { question: question.into(), years, ..RetrievalRequest::default() };
    block_on(retriever.retrieve(&request)).unwrap()
}

const NEXT: &str = "알파 바로 다음 발표는?";
const BEFORE: &str = "알파 바로 앞 순서는?";

#[test]
fn the_nearest_in_that_direction() {
    let alpha = |place| ("알파", place, "가", 2024);
    let cases: [(&str, Vec<Talk>, &str, Option<&str>); 8] = [
        ("next", vec![alpha(3), ("베타", 4, "가", 2024)], NEXT, Some("베타")),
        (
            "behind a gap",
            vec![alpha(3), ("감마", 9, "가", 2024), ("베타", 5, "가", 2024)],
            NEXT,
            Some("베타"),
        ),
        (
            "before a gap",
            vec![alpha(9), ("감마", 1, "가", 2024), ("베타", 5, "가", 2024)],
            BEFORE,
            Some("베타"),
        ),
        ("another hall", vec![alpha(3), ("베타", 5, "나", 2024)], NEXT, None),
        ("nothing behind", vec![alpha(9), ("베타", 5, "가", 2024)], NEXT, None),
        ("the same place", vec![alpha(3), ("베타", 3, "가", 2024)], NEXT, None),
        ("the last place of all", vec![alpha(i64::MAX), ("베타", i64::MIN, "가", 2024)], NEXT, None),
        ("the first place of all", vec![alpha(i64::MIN), ("베타", i64::MAX, "가", 2024)], BEFORE, None),
    ];
    for (case, talks, question, expected) in cases {
        assert_eq!(ask(&talks, question, &[]).pointed.as_deref(), expected, "{case}");
    }
}

/// The record that is pointed at is one more that an answer may be made from.
#[test]
fn years_hold_beside_what_is_pointed_at() {
    let talks =
        [("알파", 1, "가", 2024), ("베타", 2, "가", 2019), ("감마", 7, "나", 2024), ("델타", 8, "나", 2022)];
    let found = ask(&talks, NEXT, &[2024]);
    let told: Vec<(&str, Fate)> =
        found.passages.iter().map(|passage| passage.chunk.id.as_str()).zip(found.fates.clone()).collect();
    let expected = [
        ("베타", Fate::InContext),
        ("알파", Fate::InContext),
        ("감마", Fate::InContext),
        ("델타", Fate::OtherYears),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_place_in_the_order() {
    let talks = [
        ("알파", 1, "가", 2024),
        ("베타 시연", 2, "가", 2024),
        ("감마", 4, "가", 2024),
        ("델타 시연", 7, "가", 2024),
        ("엡실론", 9, "나", 2024),
    ];
    let cases = [
        ("두 번째 발표는 뭐였나요?", Some("베타 시연")),
        ("네 번째 발표는 뭐였나요?", Some("감마")),
        ("마지막 발표는 뭐였나요?", Some("델타 시연")),
        ("두 번째 시연은 뭐였나요?", Some("베타 시연")),
        ("마지막 시연은 뭐였나요?", Some("델타 시연")),
        ("열 번째 발표는 뭐였나요?", None),
        ("알파가 든 세 번째 이유는 뭐였나요?", None),
        ("마지막 발표 바로 앞 순서는?", Some("감마")),
        ("알파 발표 바로 다음 순서 바로 다음 순서는?", Some("감마")),
    ];
    for (question, expected) in cases {
        assert_eq!(ask(&talks, question, &[]).pointed.as_deref(), expected, "{question}");
    }
}
