//! What is written down of who did what, and that nobody waits for it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::json;
use siren_chat::{Auditing, ChatState, router};
use siren_domain::ports::state::{AuditEntry, AuditLog, AuditQuery, Millis, StateError};

use super::access::{closed, with};
use super::mcp::tool;
use super::{Fake, call, question, request, state, whole};

/// More than may wait to be written.
const MANY: usize = 1_300;
/// A state that is away hangs for ever; nobody here may.
const SOON: Duration = Duration::from_secs(60);

/// Makes a request.
type Make = fn() -> Request<Body>;

/// Keeps entries, or hangs.
#[derive(Default)]
struct Book {
    hangs: bool,
    entries: Mutex<Vec<AuditEntry>>,
}

#[async_trait]
impl AuditLog for Book {
    async fn add(&self, entries: &[AuditEntry]) -> Result<(), StateError> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        self.entries.lock().unwrap().extend_from_slice(entries);
        Ok(())
    }
    async fn read(&self, _: &AuditQuery) -> Result<Vec<(u64, AuditEntry)>, StateError> {
        Ok(Vec::new())
    }
    async fn prune(&self, _: Millis) -> Result<u64, StateError> {
        Ok(0)
    }
}

impl Book {
    fn told(&self) -> Vec<String> {
        let entries = self.entries.lock().unwrap();
        let line = |entry: &AuditEntry| {
            format!(
                "{} {} {} {}",
                entry.principal,
                entry.action,
                entry.outcome,
                entry.detail.as_deref().unwrap()
            )
        };
        entries.iter().map(line).collect()
    }
}

fn audited(state: ChatState, book: &Arc<Book>) -> ChatState {
    let log = Some(Arc::clone(book) as Arc<dyn AuditLog>);
    ChatState { auditing: Auditing { log, questions: None }, ..state }
}

fn as_(name: &str, request: Request<Body>) -> Request<Body> {
    with(request, header::AUTHORIZATION, &format!("Bearer key-{name}"))
}

#[tokio::test]
async fn nobody_waits_for_a_log_that_is_away() {
    let book = Arc::new(Book { hangs: true, ..Book::default() });
    let closed = router(audited(closed(&Fake::of(whole())), &book));
    let open = router(audited(state(&Fake::of(whole())), &book));
    let cases: [(_, Make, u16); 4] = [
        (&closed, || as_("auditor", question(false)), 403),
        (&closed, || as_("later", question(false)), 503),
        (&closed, || question(false), 401),
        (&open, || question(false), 200),
    ];
    for (app, asked, status) in cases {
        let all = async {
            for _ in 0..MANY {
                assert_eq!(call(app, asked()).await.status.as_u16(), status);
            }
        };
        tokio::time::timeout(SOON, all).await.unwrap_or_else(|_| panic!("{status} is waited for"));
    }
}

#[tokio::test]
async fn what_nobody_sends_fills_no_log() {
    let book = Arc::<Book>::default();
    let app = router(audited(closed(&Fake::of(whole())), &book));
    let long = format!("/api/{}", "x".repeat(20_000));
    for _ in 0..100 {
        assert_eq!(call(&app, request(Method::GET, &long)).await.status, 401);
        // A state that is away has refused nobody.
        assert_eq!(call(&app, as_("later", question(false))).await.status, 503);
    }
    assert_eq!(call(&app, as_("reader", question(false))).await.status, 200);
    while !book.told().iter().any(|line| line.starts_with("reader ask answered")) {
        tokio::task::yield_now().await;
    }
    let told = book.told();
    // A minute may end in between.
    assert!((21..=42).contains(&told.len()), "{}: {told:#?}", told.len());
    for line in &told {
        assert!(line.len() < 300, "{line}");
        assert!(!line.contains("identity_unavailable"), "{line}");
    }
    assert!(told[0].starts_with(" enter denied by nobody; GET /api/xxx"), "{}", told[0]);
}

#[tokio::test]
async fn a_question_by_a_tool_is_written_down() {
    let book = Arc::<Book>::default();
    let app = router(audited(closed(&Fake::of(whole())), &book));
    let ask = tool("ask", &json!({"question": "언제?"}));
    assert_eq!(call(&app, as_("reader", ask)).await.status, 200);
    while book.told().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(book.told(), ["reader ask answered by key:reader"]);
}
