//! The routes as a client sees them, over a fake assistant.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod access;
mod answers;
mod audit;
mod embeddings;
mod errors;
mod leaving;
mod limits;
mod log;
mod login;
mod mcp;
mod page;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use futures::stream::BoxStream;
use serde_json::{Value, json};
use siren_chat::{Access, Auditing, ChatState, Limits, router};
use siren_domain::document::EVERYONE;
use siren_domain::ports::{Assistant, Library, ReadDocument, RetrievalRequest, Shelf, StoreError};
use siren_domain::{
    Answer, AnswerEvent, AskError, Chunk, Citation, DocumentId, Locator, Metadata, OffsetMap, Origin,
    Passage, Provenance, Question, ScoreParts, Verdict,
};
use tower::ServiceExt;

const CREATED: u64 = 1_700_000_000;

/// What a fake assistant does next.
#[derive(Clone)]
enum Act {
    Tell(AnswerEvent),
    Sleep(u64),
    Hang,
    Panic,
}

/// Plays the same acts for every question.
struct Fake {
    acts: Vec<Act>,
    ready: Result<(), AskError>,
    asked: Mutex<Vec<Question>>,
    dropped: Arc<AtomicBool>,
}

impl Fake {
    fn of(acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        Self {
            acts: acts.into_iter().collect(),
            ready: Ok(()),
            asked: Mutex::default(),
            dropped: Arc::default(),
        }
        .into()
    }

    fn ready(ready: Result<(), AskError>) -> Arc<Self> {
        Self { acts: Vec::new(), ready, asked: Mutex::default(), dropped: Arc::default() }.into()
    }
}

/// One document of everybody and one of the group `hr`, found by any words but those that fail.
struct Shelves;

fn of_shelves(id: &DocumentId) -> Chunk {
    let origin = Origin::File { path: format!("data/{id}") };
    let access = if id.as_str().contains("secret") { "hr" } else { EVERYONE };
    let meta =
        Metadata { access: vec![access.into()], ..Metadata::new(id.clone(), "notes", origin, "제목") };
    Chunk {
        id: format!("{id}#0"),
        document: Arc::new(meta),
        heading: vec!["일정".into()],
        sections: Vec::new(),
        text: "케이뱅크는 2022년에 전환을 마쳤다.".into(),
        tokens: 9,
        offsets: OffsetMap::default(),
        parts: Vec::new(),
    }
}

fn may_read(chunk: &Chunk, groups: &[String]) -> bool {
    chunk.document.access.iter().any(|group| group == EVERYONE || groups.contains(group))
}

#[async_trait]
impl Library for Shelves {
    async fn search(&self, request: &RetrievalRequest) -> Result<Shelf, StoreError> {
        if request.question == "broken" {
            return Err(StoreError::Failed { context: "/var/lib/siren".into(), cause: "disk full".into() });
        }
        let all = ["notes/open.md", "notes/secret.md"].map(|id| of_shelves(&DocumentId::from_text(id)));
        let passages = all.into_iter().filter(|chunk| may_read(chunk, &request.groups));
        let passage = |chunk| Passage { chunk: Arc::new(chunk), score: 1.0, parts: ScoreParts::default() };
        Ok(Shelf { generation: 3, passages: passages.map(passage).collect() })
    }

    async fn read(&self, id: &DocumentId, groups: &[String]) -> Result<Option<ReadDocument>, StoreError> {
        let chunk = of_shelves(id);
        let known = ["notes/open.md", "notes/secret.md"].contains(&id.as_str());
        let read = ReadDocument { meta: Arc::clone(&chunk.document), text: chunk.text.clone() };
        Ok((known && may_read(&chunk, groups)).then_some(read))
    }
}

struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl Assistant for Fake {
    fn ask(&self, question: Question) -> BoxStream<'static, AnswerEvent> {
        self.asked.lock().unwrap().push(question);
        let (acts, guard) = (self.acts.clone(), SetOnDrop(Arc::clone(&self.dropped)));
        Box::pin(async_stream::stream! {
            let _guard = guard;
            for act in acts {
                match act {
                    Act::Tell(event) => yield event,
                    Act::Sleep(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                    Act::Hang => std::future::pending().await,
                    Act::Panic => panic!("boom at `a secret question`"),
                }
            }
        })
    }

    async fn ready(&self) -> Result<(), AskError> {
        self.ready.clone()
    }
}

fn text(piece: &str) -> Act {
    Act::Tell(AnswerEvent::Text(piece.into()))
}

fn done(answer: Answer) -> Act {
    Act::Tell(AnswerEvent::Done(Box::new(answer)))
}

fn failed(error: AskError) -> Act {
    Act::Tell(AnswerEvent::Failed(error))
}

fn answer() -> Answer {
    Answer {
        linked: Vec::new(),
        understood: None,
        explanation: None,
        conflicts: Vec::new(),
        text: "케이뱅크는 2022년에 전환을 마쳤다. [1] 규모는 표에 있다. [2]".into(),
        citations: vec![
            Citation {
                n: 1,
                document_id: DocumentId::new("takeaways", "kbank.md"),
                title: "케이뱅크의 <script>alert(1)</script> 전환".into(),
                quote: "케이뱅크는 2022년에 <img src=x onerror=alert(1)> 전환을 마쳤다.".into(),
                locator: Locator::File {
                    path: "data/takeaways/kbank.md".into(),
                    heading: vec!["전환".into(), "일정".into()],
                    part: None,
                    bytes: Some(120..188),
                },
                url: Some("https://example.com/kbank".into()),
                date: "2022-11".parse().ok(),
                event: Some("AWS Industry Week 2022".into()),
            },
            Citation {
                n: 2,
                document_id: DocumentId::new("sessions", "12"),
                title: "케이뱅크: 규모".into(),
                quote: "서버 300대".into(),
                locator: Locator::Row {
                    database: "conferences".into(),
                    table: "sessions".into(),
                    key: "12".into(),
                    columns: vec!["servers".into()],
                },
                url: None,
                date: None,
                event: None,
            },
        ],
        verdict: Verdict::default(),
        grounded: true,
        passages: Vec::new(),
        timings_ms: BTreeMap::from([("retrieve", 1.5)]),
        generation: Some(3),
        model: "extractive".into(),
        notes: Vec::new(),
        provenance: Provenance::default(),
        basis: None,
    }
}

fn whole() -> Vec<Act> {
    vec![text("케이뱅크는 2022년에 전환을 마쳤다. [1]"), text(" 규모는 표에 있다. [2]"), done(answer())]
}

fn state(fake: &Arc<Fake>) -> ChatState {
    ChatState {
        assistant: Arc::clone(fake) as Arc<dyn Assistant>,
        library: Arc::new(Shelves),
        embedder: Arc::new(|| None),
        model_name: "siren".into(),
        limits: Limits::default(),
        metrics: None,
        access: Access::default(),
        dependencies: Arc::new(Vec::new),
        reload: None,
        auditing: Auditing::default(),
        created: CREATED,
        application: None,
    }
}

fn app(acts: impl IntoIterator<Item = Act>) -> Router {
    router(state(&Fake::of(acts)))
}

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn call(app: &Router, request: Request<Body>) -> Got {
    let response = app.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Got { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

fn request(method: Method, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

fn post(body: impl Into<Body>) -> Request<Body> {
    post_to("/v1/chat/completions", body)
}

fn post_to(path: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(path);
    request.header(header::CONTENT_TYPE, "application/json").body(body.into()).unwrap()
}

fn question(stream: bool) -> Request<Body> {
    let messages = json!([{"role": "user", "content": "케이뱅크는 언제 클라우드 전환을 마쳤나요?"}]);
    post(json!({"model": "gpt-4o", "messages": messages, "stream": stream}).to_string())
}

/// Ids differ from run to run, and only they do.
fn without_id(body: &str) -> String {
    let mut pieces = body.split("chatcmpl-");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        assert_eq!(piece.len() - rest.len(), 24, "an id of 24 hexadecimal digits");
        write!(out, "chatcmpl-ID{rest}").unwrap();
    }
    // A slow machine may be in the next second.
    out.replace(&format!(":{}", CREATED + 1), &format!(":{CREATED}"))
}

fn data_lines(body: &str) -> Vec<&str> {
    body.lines().filter_map(|line| line.strip_prefix("data: ")).collect()
}

#[track_caller]
fn assert_error(case: &str, got: &Got, kind: &str, code: &str, param: Option<&str>) {
    assert!(got.header("content-type").starts_with("application/json"), "{case}");
    let body = got.json();
    let error = &body["error"];
    assert_eq!(error["type"], kind, "{case}: {body}");
    assert_eq!(error["code"], code, "{case}: {body}");
    assert_eq!(error["param"].as_str(), param, "{case}: {body}");
    let keys: Vec<_> = error.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 4, "{case}: {body}");
    let message = error["message"].as_str().unwrap();
    assert!(message.ends_with('.') && message.len() > 20, "{case}: {message}");
}
