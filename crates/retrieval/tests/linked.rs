//! Which records come with the passages, and for whom.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;
use siren_domain::ports::{
    Generation, Hit, IndexIdentity, PassageStore, RetrievalRequest, Retrieved, Retriever, StoreError,
    StoreHits, StoreQuery,
};
use siren_domain::record::{Side, Statement};
use siren_domain::{
    Authority, Chunk, Conflict, DocumentId, Locator, Metadata, OffsetMap, Origin, Record, Records, Value,
};
use siren_retrieval::{Fusion, PassageRetriever, RetrievalSettings};

const SETTINGS: RetrievalSettings = RetrievalSettings {
    n_candidates: 10,
    top_k: 6,
    context_tokens: 100,
    linked_records: 2,
    fusion: Fusion::Weighted { weight: 0.5 },
    looked_at: 0,
    reranked: 50,
    mend: false,
    split: false,
};

fn groups(groups: &[&str]) -> Vec<String> {
    groups.iter().map(|group| (*group).to_owned()).collect()
}

/// A chunk of ten tokens; a row if its id is one of `companies`.
fn chunk(id: &str, text: &str, access: &[&str]) -> Chunk {
    let source = id.split('/').next().unwrap();
    let fields: BTreeMap<String, Value> = match source {
        "companies" => [("name".to_owned(), Value::text("n"))].into(),
        _ => BTreeMap::new(),
    };
    let document = Metadata {
        access: groups(access),
        fields,
        ..Metadata::new(DocumentId::from_text(id), source, Origin::File { path: id.into() }, "제목")
    };
    Chunk {
        id: format!("{id}#0"),
        document: Arc::new(document),
        heading: vec![],
        text: text.into(),
        tokens: 10,
        offsets: OffsetMap::identity(text.len()),
        parts: vec![],
        sections: vec![],
    }
}

fn record(key: &str, name: &str, access: &[&str]) -> Record {
    Record {
        id: DocumentId::new("companies", key),
        source: "companies".into(),
        title: name.into(),
        locator: Locator::File { path: key.into(), heading: vec![], part: None, bytes: None },
        names: vec![name.into()],
        keys: BTreeMap::new(),
        checked: BTreeMap::new(),
        authority: Authority::Record,
        date: None,
        access: groups(access),
    }
}

fn side(id: &str, access: &[&str]) -> Side {
    Side {
        document_id: DocumentId::from_text(id),
        title: id.into(),
        text: "값".into(),
        locator: Locator::File { path: id.into(), heading: vec![], part: None, bytes: None },
        date: None,
        access: groups(access),
    }
}

fn conflict(document: &str, record: &str, access: &[&str]) -> Conflict {
    Conflict {
        field: "f".into(),
        authority: Authority::Record,
        stated: side(document, access),
        at: Statement { chunk_id: format!("{document}#0"), start: 0, end: 3 },
        recorded: side(record, &["all"]),
    }
}

/// Finds `found` with these scores; the rest only by id.
struct FakeStore {
    found: Vec<(Chunk, f32)>,
    rest: Vec<Chunk>,
    records: Arc<Records>,
}

fn hit((chunk, lexical): &(Chunk, f32)) -> Hit {
    Hit { chunk: chunk.clone(), lexical: *lexical, dense: None }
}

#[async_trait]
impl PassageStore for FakeStore {
    async fn search(&self, _: &StoreQuery) -> Result<StoreHits, StoreError> {
        Ok(StoreHits { generation: 1, terms: vec![], hits: self.found.iter().map(hit).collect() })
    }

    async fn searched(&self) -> Result<Generation, StoreError> {
        let identity =
            IndexIdentity { format: 1, analyser: String::new(), chunker: String::new(), embedding: None };
        Ok(Generation { number: 1, created_at: String::new(), identity, documents: 0, chunks: 0 })
    }

    async fn passages(&self, documents: &[DocumentId], groups: &[String]) -> Result<Vec<Chunk>, StoreError> {
        let all = self.found.iter().map(|(chunk, _)| chunk).chain(&self.rest);
        let wanted = |chunk: &&Chunk| {
            documents.contains(&chunk.document.id)
                && chunk.document.access.iter().any(|group| groups.contains(group))
        };
        Ok(all.filter(wanted).cloned().collect())
    }

    async fn records(&self) -> Result<Arc<Records>, StoreError> {
        Ok(Arc::clone(&self.records))
    }
}

struct Case {
    name: &'static str,
    question: &'static str,
    found: Vec<(Chunk, f32)>,
    conflicts: Vec<Conflict>,
    asker: &'static [&'static str],
    settings: RetrievalSettings,
    /// Passages, then what is linked (`+` in the context), then conflicts.
    expected: &'static str,
}

fn told(retrieved: &Retrieved) -> String {
    let short = |id: &str| id.replace("companies/", "c").replace("notes/", "").replace("#0", "");
    let passages: Vec<String> = retrieved.passages.iter().map(|p| short(&p.chunk.id)).collect();
    let linked = retrieved.linked.iter().map(|linked| {
        let mark = if linked.in_context { "+" } else { "=" };
        format!(
            "{}{mark}{}",
            short(&retrieved.passages[linked.passage].chunk.id),
            short(&linked.counterpart.chunk.id)
        )
    });
    let linked: Vec<String> = linked.collect();
    let conflicts = retrieved.conflicts.iter().map(|c| {
        format!("{}/{}", short(c.stated.document_id.as_str()), short(c.recorded.document_id.as_str()))
    });
    let conflicts: Vec<String> = conflicts.collect();
    format!("{} | {} | {}", passages.join(" "), linked.join(" "), conflicts.join(" "))
}

#[test]
fn what_travels_with_a_passage() {
    let note = |name: &str, text: &str| chunk(&format!("notes/{name}"), text, &["all"]);
    let row = |key: &str, access: &[&str]| chunk(&format!("companies/{key}"), "회사 기록", access);
    let sea = || (note("a", "바다은행과 하늘상사를 들었다"), 10.0);
    let case = |name, found, expected| Case {
        name,
        question: "무엇을 들었나요?",
        found,
        conflicts: vec![],
        asker: &[],
        settings: SETTINGS,
        expected,
    };
    let cases = [
        case("as the text names them", vec![sea()], "a | a+c1 a+c2 | "),
        Case { question: "하늘상사는?", ..case("asked for first", vec![sea()], "a | a+c2 a+c1 | ") },
        Case {
            settings: RetrievalSettings { linked_records: 1, ..SETTINGS },
            ..case("so many", vec![sea()], "a | a+c1 | ")
        },
        Case {
            settings: RetrievalSettings { linked_records: 0, ..SETTINGS },
            ..case("none", vec![sea()], "a |  | ")
        },
        Case {
            settings: RetrievalSettings { context_tokens: 20, ..SETTINGS },
            ..case("within the budget", vec![sea()], "a | a+c1 a=c2 | ")
        },
        case("a hidden record", vec![(note("a", "비밀상회를 들었다"), 10.0)], "a |  | "),
        Case {
            asker: &["hr"], ..case("a shown one", vec![(note("a", "비밀상회는"), 10.0)], "a | a+c3 | ")
        },
        case(
            "a record gives way to what names it",
            vec![(row("1", &["all"]), 20.0), (note("x", "다른 글"), 17.0), (note("a", "바다은행이다"), 15.0)],
            "x a c1 | a=c1 | ",
        ),
        case(
            "to all that name it, once",
            vec![
                (row("1", &["all"]), 20.0),
                (note("a", "바다은행이다"), 17.0),
                (note("b", "바다은행의 글"), 14.5),
                (note("z", "바다은행은"), 13.0),
            ],
            "a b c1 z | a=c1 | ",
        ),
        case(
            "not to what is much worse",
            vec![(row("1", &["all"]), 20.0), (note("a", "바다은행이다"), 7.0)],
            "c1 a | a=c1 | ",
        ),
        Case {
            conflicts: vec![conflict("notes/a", "companies/2", &["all"])],
            settings: RetrievalSettings { linked_records: 0, ..SETTINGS },
            ..case("what is right is there", vec![sea()], "a | a+c2 | a/c2")
        },
        Case {
            conflicts: vec![conflict("notes/z", "companies/1", &["all"])],
            ..case("and what differs", vec![(row("1", &["all"]), 5.0)], "c1 | c1+z | z/c1")
        },
        Case {
            conflicts: vec![conflict("notes/z", "companies/1", &["hr"])],
            ..case("a hidden one does not", vec![(row("1", &["all"]), 5.0)], "c1 |  | ")
        },
    ];
    for case in cases {
        let rest = vec![row("1", &["all"]), row("2", &["all"]), row("3", &["hr"]), note("z", "딴소리")];
        let records = vec![
            record("1", "바다은행", &["all"]),
            record("2", "하늘상사", &["all"]),
            record("3", "비밀상회", &["hr"]),
        ];
        let rest =
            rest.into_iter().filter(|held| case.found.iter().all(|(chunk, _)| chunk.id != held.id)).collect();
        let records = Arc::new(Records { generation: 1, records, conflicts: Some(case.conflicts) });
        let store = Arc::new(FakeStore { found: case.found, rest, records });
        let retriever = PassageRetriever::new(store as Arc<dyn PassageStore>, case.settings);
        let request = RetrievalRequest {
            question: case.question.into(),
            groups: groups(case.asker),
            ..RetrievalRequest::default()
        };
        let retrieved = block_on(retriever.retrieve(&request)).unwrap();
        assert_eq!(told(&retrieved), case.expected, "{}", case.name);
        let scores: Vec<f32> = retrieved.passages.iter().map(|passage| passage.score).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "{}: {scores:?}", case.name);
        let tokens: u32 = retrieved.context_passages().iter().map(|passage| passage.chunk.tokens).sum();
        assert!(tokens as usize <= case.settings.context_tokens, "{}", case.name);
    }
}

/// What a question names comes sooner, told by the names that the asker may know.
#[test]
fn what_is_named_comes_sooner() {
    let note = |name: &str, text: &str| chunk(&format!("notes/{name}"), text, &["all"]);
    let found = || {
        vec![
            (note("x", "다른 글"), 10.0),
            (note("s", "비밀상회의 글"), 9.9),
            (note("a", "바다은행의 글"), 9.8),
        ]
    };
    let cases: [(&str, &[&str], &str, &[&str]); 4] = [
        ("무슨 글인가요?", &[], "x s a", &[]),
        ("바다은행은 무엇인가요?", &[], "a x s", &["바다은행"]),
        ("비밀상회는 무엇인가요?", &[], "s x a", &[]),
        ("비밀상회는 무엇인가요?", &["hr"], "s x a", &["비밀상회"]),
    ];
    for (question, asker, expected, named) in cases {
        let records = vec![record("1", "바다은행", &["all"]), record("3", "비밀상회", &["hr"])];
        let records = Arc::new(Records { generation: 1, records, conflicts: None });
        let store = Arc::new(FakeStore { found: found(), rest: vec![], records });
        let settings = RetrievalSettings { looked_at: 3, linked_records: 0, ..SETTINGS };
        let retriever = PassageRetriever::new(store as Arc<dyn PassageStore>, settings);
        let request = RetrievalRequest {
            question: question.into(),
            groups: groups(asker),
            ..RetrievalRequest::default()
        };
        let retrieved = block_on(retriever.retrieve(&request)).unwrap();
        let order = told(&retrieved);
        assert_eq!(order.split(" |").next(), Some(expected), "{question} {asker:?}");
        assert_eq!(retrieved.named, named, "{question} {asker:?}");
    }
}

/// Where and when an event was is told by its record and by few documents: they come before all else that has its name.
#[test]
fn where_and_when_an_event_was() {
    let of_event = |id: &str, text: &str| {
        let mut chunk = chunk(id, text, &["all"]);
        let meta = Metadata { event: Some("바다 축제 2024".into()), ..(*chunk.document).clone() };
        chunk.document = Arc::new(meta);
        chunk
    };
    let found = || {
        vec![
            (of_event("notes/x", "바다 축제 2024에서 들은 것"), 10.0),
            (of_event("companies/9", "바다 축제 2024의 부스는 5월 16일에 열린 것이다"), 9.5),
            (of_event("notes/y", "바다 축제 2024의 뒷이야기"), 9.0),
            (of_event("companies/1", "바다 축제 2024의 기록"), 5.0),
            (of_event("notes/d", "2024년 5월 16일과 17일에 열렸다"), 2.0),
            (of_event("notes/p", "행사장은 부산이었다"), 1.0),
        ]
    };
    let cases = [
        ("2024년 바다 축제는 어디서 했나요?", "p c1 x c9 y d"),
        ("바다 축제 2024는 무슨 요일에 열렸나요?", "d c1 x y c9 p"),
        ("바다 축제 2024의 부스는 어디에서 열렸나요?", "x c9 y c1 d p"),
        ("바다 축제 2023은 어디서 했나요?", "x c9 y c1 d p"),
        ("바다 축제는 무엇이었나요?", "x c9 y c1 d p"),
    ];
    for (question, expected) in cases {
        let keys = [("event".to_owned(), Value::text("바다 축제 2024"))].into();
        let records = vec![Record { keys, ..record("1", "바다 축제 2024", &["all"]) }];
        let records = Arc::new(Records { generation: 1, records, conflicts: None });
        let store = Arc::new(FakeStore { found: found(), rest: vec![], records });
        let settings = RetrievalSettings { looked_at: 2, linked_records: 0, ..SETTINGS };
        let retriever = PassageRetriever::new(store as Arc<dyn PassageStore>, settings);
        let years = if question.contains("2023") { vec![2023] } else { vec![2024] };
        let request = RetrievalRequest { question: question.into(), years, ..RetrievalRequest::default() };
        let order = told(&block_on(retriever.retrieve(&request)).unwrap());
        assert_eq!(order.split(" |").next(), Some(expected), "{question}");
    }
}
