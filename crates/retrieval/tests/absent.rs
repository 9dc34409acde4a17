//! What a question names that the asker may read nothing of.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod small_store;

use std::sync::Arc;

use futures::executor::block_on;
use siren_domain::ports::{RetrievalRequest, Retriever};
use siren_domain::{Chunk, Record, Value};
use siren_retrieval::{Aliases, Fusion, PassageRetriever, RetrievalSettings};
use small_store::{SmallStore, chunk, record};

const SETTINGS: RetrievalSettings = RetrievalSettings {
    n_candidates: 20,
    top_k: 3,
    context_tokens: 1000,
    linked_records: 0,
    fusion: Fusion::Weighted { weight: 0.5 },
    looked_at: 20,
    reranked: 0,
    mend: true,
    split: true,
};

fn of_year(year: u16, id: &str, text: &str, access: &str) -> Chunk {
    let mut chunk = chunk(id, text, access, &[]);
    Arc::make_mut(&mut chunk.document).years = vec![year];
    chunk
}

/// An event: other documents belong to it.
fn event(id: &str, names: [&str; 2]) -> Record {
    let mut record = record(id, names[0]);
    record.names = names.map(str::to_owned).to_vec();
    record.keys = [("event".to_owned(), Value::text(names[0]))].into();
    record
}

fn events() -> SmallStore {
    let documents = vec![
        of_year(
            2022,
            "d/week22#0",
            "AWS Industry Week 2022에서 당근페이가 발표했다. 가장 많이 받은 질문 네 가지였다.",
            "all",
        ),
        of_year(2024, "d/summit24#0", "AWS Summit Seoul 2024 첫날 스타벅스가 챗봇을 발표했다.", "all"),
        of_year(2024, "d/bank24#0", "케이뱅크는 2023년 5월에 전환을 마쳤다. 기술 이야기이다.", "all"),
        of_year(
            2025,
            "d/summit25#0",
            "AWS Summit Seoul 2025 2일차 기조연설에서 삼성전자와 티맵이 발표했다.",
            "all",
        ),
        of_year(2025, "d/secret#0", "쿠팡과의 계약을 검토한다.", "board"),
    ];
    SmallStore::of(documents).with_records(vec![
        event("events/1", ["AWS Industry Week 2022", "AWS 인더스트리 위크 2022"]),
        event("events/2", ["AWS Summit Seoul 2024", "AWS 서밋 서울 2024"]),
        event("events/3", ["AWS Summit Seoul 2025", "AWS 서밋 서울 2025"]),
        record("companies/1", "티맵 모빌리티"),
        record("companies/2", "스타벅스"),
    ])
}

fn absent(question: &str, years: &[u16], groups: &[&str]) -> Vec<String> {
    let retriever = PassageRetriever::new(Arc::new(events()), SETTINGS);
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    let request = RetrievalRequest {
        question: question.into(),
        groups,
        years: years.to_vec(),
        ..RetrievalRequest::default()
    };
    block_on(retriever.retrieve(&request)).unwrap().absent
}

#[test]
fn what_nobody_tells_of() {
    let cases: [(&str, &[u16], &[&str]); 20] = [
        // Companies.
        ("카카오뱅크는 전환을 언제 마쳤나요?", &[], &["카카오뱅크"]),
        ("LG전자는 언제 발표했나요?", &[], &["LG전자"]),
        ("케이뱅크는 전환을 언제 마쳤나요?", &[], &[]),
        // Within a longer name, and by its name in the other language.
        ("삼성은 언제 발표했나요?", &[], &[]),
        ("Starbucks 챗봇은?", &[], &[]),
        // What is asked for by its absence.
        ("카카오뱅크 자료는 왜 없나요?", &[], &[]),
        // Editions.
        ("2022년 AWS Summit Seoul 주제는?", &[2022], &["2022년 AWS Summit"]),
        ("2024년 AWS Summit Seoul 주제는?", &[2024], &[]),
        ("인더스트리 위크 2024는 언제 열렸나요?", &[2024], &["위크 2024"]),
        ("2026년 서밋은 언제 해요?", &[2026], &["2026년 서밋"]),
        ("2022년과 2024년 서밋 발표는?", &[2022, 2024], &[]),
        ("2022년 서울에서 한 인더스트리 위크 발표는?", &[2022], &[]),
        ("2021년 AWS 요금은?", &[2021], &[]),
        // Days.
        ("2025년 서밋 1일차 발표는?", &[2025], &["1일차"]),
        ("2025년 서밋 둘째 날 발표는?", &[2025], &[]),
        ("2022년 인더스트리 위크 둘째 날 발표는?", &[2022], &[]),
        // Names of records in years that do not have them.
        ("2024년에 티맵이 발표한 내용은?", &[2024], &["티맵"]),
        ("2025년에 티맵이 발표한 내용은?", &[2025], &[]),
        ("티맵이 발표한 내용은?", &[], &[]),
        ("", &[], &[]),
    ];
    for (question, years, expected) in cases {
        assert_eq!(absent(question, years, &[]), expected, "{question}");
    }
}

/// A house seldom names itself in its documents.
#[test]
fn the_house_is_never_absent() {
    let aliases = Arc::new(Aliases::parse("카카오뱅크\t카뱅\n").unwrap());
    let retriever = PassageRetriever::new(Arc::new(events()), SETTINGS).with_aliases(aliases);
    for (question, expected) in [("카카오뱅크 휴가는?", vec![]), ("토스 휴가는?", vec!["토스"])]
    {
        let request = RetrievalRequest { question: question.into(), ..RetrievalRequest::default() };
        assert_eq!(block_on(retriever.retrieve(&request)).unwrap().absent, expected, "{question}");
    }
}

/// Who may not read a document learns nothing of what it names.
#[test]
fn what_one_may_not_read_is_not_there() {
    assert_eq!(absent("쿠팡 계약은?", &[], &["board"]), Vec::<String>::new());
    assert_eq!(absent("쿠팡 계약은?", &[], &[]), ["쿠팡"]);
}
