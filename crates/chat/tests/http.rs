//! The routes as a client sees them, over a fake assistant.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::{Value, json};
use siren_chat::{ChatState, Limits, router, serve};
use siren_domain::ports::Assistant;
use siren_domain::{Action, Answer, AnswerEvent, AskError, Citation, DocumentId, Locator, Question, Verdict};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

const CREATED: u64 = 1_700_000_000;

// ---- The fake ----------------------------------------------------------------------------------------------------

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
                    bytes: 120..188,
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
    }
}

fn whole() -> Vec<Act> {
    vec![text("케이뱅크는 2022년에 전환을 마쳤다. [1]"), text(" 규모는 표에 있다. [2]"), done(answer())]
}

fn state(fake: &Arc<Fake>) -> ChatState {
    ChatState {
        assistant: Arc::clone(fake) as Arc<dyn Assistant>,
        model_name: "siren".into(),
        limits: Limits::default(),
        created: CREATED,
    }
}

fn app(acts: impl IntoIterator<Item = Act>) -> Router {
    router(state(&Fake::of(acts)))
}

// ---- The client --------------------------------------------------------------------------------------------------

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
    let request = Request::post("/v1/chat/completions");
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

// ---- Errors ------------------------------------------------------------------------------------------------------

/// What it is, the body, and the error's code, param and part of its message.
type WrongBody<'a> = (&'a str, String, &'a str, Option<&'a str>, &'a str);

/// What it is, the request, and the error's status, code and param.
type WrongRequest<'a> = (&'a str, Request<Body>, u16, &'a str, Option<&'a str>);

#[tokio::test]
async fn a_wrong_request_is_told_what_is_wrong_and_what_to_do() {
    let user = |content: Value| json!({"messages": [{"role": "user", "content": content}]});
    let with = |name: &str, value: Value| {
        let mut body = user(json!("질문"));
        body[name] = value;
        body
    };
    let cases: Vec<WrongBody> = vec![
        ("no body", String::new(), "empty_body", None, "messages"),
        ("not json", "{\"messages\": [}\n".into(), "invalid_json", None, "line 1 column 15"),
        ("later line", "{\n  \"model\": \"m\",\n  비밀\n}".into(), "invalid_json", None, "line 3 column 3"),
        ("cut off", "{\"messages\": [".into(), "invalid_json", None, "UTF-8"),
        ("not an object", "[1]".into(), "invalid_type", None, "JSON object"),
        (
            "no messages",
            json!({"model": "m"}).to_string(),
            "missing_required_parameter",
            Some("messages"),
            "`user`",
        ),
        (
            "null messages",
            json!({"messages": null}).to_string(),
            "missing_required_parameter",
            Some("messages"),
            "array",
        ),
        (
            "messages no array",
            json!({"messages": "x"}).to_string(),
            "invalid_type",
            Some("messages"),
            "array",
        ),
        ("empty messages", json!({"messages": []}).to_string(), "empty_array", Some("messages"), "`user`"),
        (
            "message no object",
            json!({"messages": ["x"]}).to_string(),
            "invalid_type",
            Some("messages[0]"),
            "`role`",
        ),
        (
            "no role",
            json!({"messages": [{"content": "x"}]}).to_string(),
            "invalid_type",
            Some("messages[0].role"),
            "`user`",
        ),
        (
            "nobody asks",
            json!({"messages": [{"role": "system", "content": "x"}]}).to_string(),
            "missing_user_message",
            Some("messages"),
            "`user`",
        ),
        (
            "empty question",
            user(json!(" \n")).to_string(),
            "empty_question",
            Some("messages[0].content"),
            "question",
        ),
        (
            "no content",
            user(Value::Null).to_string(),
            "empty_question",
            Some("messages[0].content"),
            "question",
        ),
        ("no parts", user(json!([])).to_string(), "empty_question", Some("messages[0].content"), "question"),
        ("content number", user(json!(3)).to_string(), "invalid_type", Some("messages[0].content"), "string"),
        (
            "picture",
            user(json!([{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "u"}}]))
                .to_string(),
            "unsupported_content_part",
            Some("messages[0].content[1].type"),
            "text",
        ),
        (
            "part without text",
            user(json!([{"type": "text"}])).to_string(),
            "invalid_type",
            Some("messages[0].content[0].text"),
            "string",
        ),
        (
            "too long",
            user(json!("가".repeat(2_001))).to_string(),
            "question_too_long",
            Some("messages[0].content"),
            "2001 characters long and the limit is 2000",
        ),
        ("model", with("model", json!(1)).to_string(), "invalid_type", Some("model"), "string"),
        ("stream", with("stream", json!("yes")).to_string(), "invalid_type", Some("stream"), "true or false"),
        (
            "stream_options",
            with("stream_options", json!(1)).to_string(),
            "invalid_type",
            Some("stream_options"),
            "object",
        ),
        (
            "include_usage",
            with("stream_options", json!({"include_usage": 1})).to_string(),
            "invalid_type",
            Some("stream_options.include_usage"),
            "true or false",
        ),
        (
            "max_tokens",
            with("max_tokens", json!(-1)).to_string(),
            "invalid_type",
            Some("max_tokens"),
            "positive",
        ),
        (
            "max_completion_tokens",
            with("max_completion_tokens", json!("9")).to_string(),
            "invalid_type",
            Some("max_completion_tokens"),
            "positive",
        ),
    ];
    let app = app(whole());
    for (case, body, code, param, remedy) in cases {
        let got = call(&app, post(body)).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{case}: {}", got.body);
        assert_error(case, &got, "invalid_request_error", code, param);
        let message = got.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(remedy), "{case}: {message}");
        assert!(!message.contains("비밀"), "{case}: the body is echoed: {message}");
    }
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

#[tokio::test]
async fn http_itself_gone_wrong_has_the_same_shape() {
    let typed = |kind: &str| {
        let mut request = question(false);
        request.headers_mut().insert(header::CONTENT_TYPE, kind.parse().unwrap());
        request
    };
    let mut untyped = question(false);
    untyped.headers_mut().remove(header::CONTENT_TYPE);
    let large = || "x".repeat(1_000_000);
    let mut waiting = post(large());
    waiting.headers_mut().insert(header::CONTENT_LENGTH, 1_000_000.into());
    waiting.headers_mut().insert(header::EXPECT, "100-continue".parse().unwrap());
    let mut endless =
        post(Body::from_stream(futures::stream::repeat_with(move || Ok::<_, std::io::Error>(large()))));
    endless.headers_mut().remove(header::CONTENT_LENGTH);
    let unread = futures::stream::once(async { Err::<String, _>(std::io::Error::other("gone")) });
    let cases: Vec<WrongRequest> = vec![
        ("form", typed("application/x-www-form-urlencoded"), 415, "unsupported_media_type", None),
        ("text", typed("text/plain"), 415, "unsupported_media_type", None),
        ("no type", untyped, 415, "unsupported_media_type", None),
        ("large", post(large()), 413, "request_too_large", None),
        ("large, announced", waiting, 413, "request_too_large", None),
        ("endless", endless, 413, "request_too_large", None),
        ("broken off", post(Body::from_stream(unread)), 400, "incomplete_body", None),
        ("get", request(Method::GET, "/v1/chat/completions"), 405, "method_not_allowed", None),
        ("delete", request(Method::DELETE, "/v1/models"), 405, "method_not_allowed", None),
        ("post page", request(Method::POST, "/"), 405, "method_not_allowed", None),
        ("post health", request(Method::POST, "/healthz"), 405, "method_not_allowed", None),
        ("unknown path", request(Method::GET, "/v1/nothing"), 404, "unknown_url", None),
        ("unknown path, post", request(Method::POST, "/v1/completions"), 404, "unknown_url", None),
        ("traversal", request(Method::GET, "/../Cargo.toml"), 404, "unknown_url", None),
        ("unknown model", request(Method::GET, "/v1/models/gpt-4o"), 404, "model_not_found", Some("model")),
        ("model in no UTF-8", request(Method::GET, "/v1/models/%ff"), 404, "model_not_found", Some("model")),
    ];
    let app = app(whole());
    for (case, request, status, code, param) in cases {
        let got = call(&app, request).await;
        assert_eq!(got.status.as_u16(), status, "{case}: {}", got.body);
        assert_error(case, &got, "invalid_request_error", code, param);
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{case}");
        if status == 405 {
            let allow = got.header("allow");
            assert!(!allow.is_empty(), "{case}: names the methods");
            assert_eq!(allow.contains("POST"), case == "get", "{case}: {allow}");
        }
    }
    for kind in ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"] {
        assert_eq!(call(&app, typed(kind)).await.status, StatusCode::OK, "{kind}");
    }
}

#[tokio::test]
async fn a_body_that_dawdles_is_given_up() {
    let mut state = state(&Fake::of(whole()));
    state.limits.body_time = Duration::from_millis(20);
    let never = Body::from_stream(futures::stream::pending::<Result<String, std::io::Error>>());
    let got = call(&router(state), post(never)).await;
    assert_eq!(got.status, StatusCode::REQUEST_TIMEOUT);
    assert_error("slow body", &got, "invalid_request_error", "request_timeout", None);
}

#[tokio::test]
async fn every_failure_of_the_assistant_is_told_blandly() {
    const SECRET: &str = "/var/lib/siren: disk full";
    let param = Some("messages[0].content");
    let cases = [
        (
            "bad question",
            vec![failed(AskError::BadQuestion("물음표만 있는 질문입니다.........".into()))],
            400,
            "invalid_request_error",
            "bad_question",
            param,
            "",
        ),
        (
            "no index",
            vec![failed(AskError::NotReady(SECRET.into()))],
            503,
            "server_error",
            "not_ready",
            None,
            "15",
        ),
        (
            "disk",
            vec![failed(AskError::Unavailable(SECRET.into()))],
            503,
            "server_error",
            "unavailable",
            None,
            "5",
        ),
        ("no word", vec![], 503, "server_error", "unavailable", None, "5"),
        ("panic", vec![Act::Panic], 500, "server_error", "internal_error", None, ""),
        ("hangs", vec![Act::Hang], 504, "server_error", "timeout", None, ""),
    ];
    for (case, acts, status, kind, code, param, retry_after) in cases {
        for stream in [false, true] {
            let mut state = state(&Fake::of(acts.clone()));
            state.limits.answer_time = Duration::from_millis(50);
            let got = call(&router(state), question(stream)).await;
            assert_eq!(got.status.as_u16(), status, "{case}, stream {stream}: {}", got.body);
            assert_error(case, &got, kind, code, param);
            assert_eq!(got.header("retry-after"), retry_after, "{case}");
            assert!(!got.body.contains("disk full") && !got.body.contains("secret"), "{case}: {}", got.body);
        }
    }
}

#[tokio::test]
async fn a_panic_while_asking_is_a_bland_500() {
    struct Panics;
    #[async_trait]
    impl Assistant for Panics {
        fn ask(&self, _: Question) -> BoxStream<'static, AnswerEvent> {
            panic!("secret")
        }
        async fn ready(&self) -> Result<(), AskError> {
            panic!("secret")
        }
    }
    let state = ChatState { assistant: Arc::new(Panics), ..state(&Fake::of([])) };
    let app = router(state);
    for request in [question(true), question(false), request(Method::GET, "/readyz")] {
        let got = call(&app, request).await;
        assert_eq!(got.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_error("panic", &got, "server_error", "internal_error", None);
        assert!(!got.body.contains("secret"));
        assert_eq!(got.header("x-content-type-options"), "nosniff");
    }
}

// ---- Answers -----------------------------------------------------------------------------------------------------

#[tokio::test]
async fn an_answer_in_one_piece() {
    let got = call(&app(whole()), question(false)).await;
    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(got.header("content-type"), "application/json");
    let body = got.json();
    assert_eq!(body["choices"][0]["message"]["content"], answer().text, "the text and nothing else");
    let usage = &body["usage"];
    let sum = usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"], sum);
    let body: Value = serde_json::from_str(&without_id(&got.body)).unwrap();
    insta::assert_json_snapshot!("whole", body);
}

#[tokio::test]
async fn an_answer_as_a_stream() {
    let got = call(&app(whole()), question(true)).await;
    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(got.header("content-type"), "text/event-stream");
    assert_eq!(got.header("x-accel-buffering"), "no");
    assert_stream_law(&got.body);
    let lines = data_lines(&got.body);
    assert_eq!(lines.last(), Some(&"[DONE]"));
    let chunks: Vec<Value> =
        lines[..lines.len() - 1].iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: String = chunks.iter().filter_map(|c| c["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(told, answer().text, "the pieces are the answer");
    let ids: std::collections::BTreeSet<_> = chunks.iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 1, "one id for all chunks");
    assert!(chunks.iter().all(|c| c.get("usage").is_none()), "not asked for");
    insta::assert_snapshot!("stream", without_id(&got.body));
}

#[tokio::test]
async fn a_stream_with_usage() {
    let body = json!({
        "messages": [{"role": "user", "content": "질문"}],
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    let got = call(&app(whole()), post(body.to_string())).await;
    assert_stream_law(&got.body);
    insta::assert_snapshot!("stream_with_usage", without_id(&got.body));
}

#[tokio::test]
async fn a_stream_that_fails_midway_says_so() {
    let acts = [text("케이뱅크는 "), failed(AskError::Unavailable("/var/lib/siren: disk full".into()))];
    let got = call(&app(acts), question(true)).await;
    assert_eq!(got.status, StatusCode::OK);
    assert_stream_law(&got.body);
    insta::assert_snapshot!("stream_failing", without_id(&got.body));
    let cases: [(&str, Act, &str); 3] = [
        ("panic", Act::Panic, "internal_error"),
        ("hang", Act::Hang, "timeout"),
        ("end", Act::Sleep(0), "unavailable"),
    ];
    for (case, act, code) in cases {
        let mut state = state(&Fake::of([text("케이뱅크는 "), act]));
        state.limits.answer_time = Duration::from_millis(400);
        let got = call(&router(state), question(true)).await;
        assert_stream_law(&got.body);
        let last: Value = serde_json::from_str(data_lines(&got.body).last().unwrap()).unwrap();
        assert_eq!(last["error"]["code"], code, "{case}");
    }
}

/// What clients rely on, whatever the stream tells.
#[track_caller]
fn assert_stream_law(body: &str) {
    for line in body.lines() {
        assert!(
            line.is_empty() || line.starts_with("data: ") || line.starts_with(':'),
            "no named events: {line}"
        );
    }
    let lines = data_lines(body);
    let errors = lines.iter().filter(|line| line.starts_with("{\"error\"")).count();
    let finishes = lines.iter().filter(|line| line.contains("\"finish_reason\":\"stop\"")).count();
    let dones = lines.iter().filter(|line| **line == "[DONE]").count();
    assert!((errors, finishes, dones) == (0, 1, 1) || (errors, finishes, dones) == (1, 0, 0), "{body}");
    let end = if errors == 1 { "{\"error\"" } else { "[DONE]" };
    assert!(lines.last().unwrap().starts_with(end), "{body}");
    assert!(lines[0].contains(r#""delta":{"role":"assistant","content":""}"#), "{body}");
}

#[tokio::test]
async fn a_slow_answer_begins_at_once_and_then_waits() {
    let mut acts = vec![Act::Sleep(500)];
    acts.extend(whole());
    let response = app(acts).oneshot(question(true)).await.unwrap();
    let mut body = response.into_body().into_data_stream();
    let first =
        tokio::time::timeout(Duration::from_millis(100), body.next()).await.unwrap().unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("\"role\":\"assistant\""));
    let rest: Vec<_> = body.map(|piece| piece.unwrap()).collect().await;
    assert!(String::from_utf8_lossy(&rest.concat()).ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn a_rule_answers_without_pieces() {
    let message = "급여에 대한 질문에는 답하지 않습니다.";
    let refusal = Answer {
        text: message.into(),
        citations: Vec::new(),
        verdict: Verdict {
            action: Action::Refuse { message: message.into() },
            rule: Some("salary".into()),
            evidence: vec!["급여".into()],
        },
        grounded: false,
        generation: None,
        model: "rule".into(),
        ..answer()
    };
    let app = app([done(refusal)]);
    let got = call(&app, question(true)).await;
    assert_stream_law(&got.body);
    let content = format!("\"content\":\"{message}\"");
    assert_eq!(got.body.matches(&content).count(), 1, "told, and once: {}", got.body);
    let body = call(&app, question(false)).await.json();
    assert_eq!(body["siren"]["verdict"]["action"], "refuse");
    assert_eq!(body["siren"]["verdict"]["rule"], "salary");
    assert_eq!(body["siren"]["generation"], Value::Null);
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn the_question_is_the_last_user_message() {
    let messages = |last: Value| {
        json!({"messages": [
            {"role": "developer", "content": "be brief"},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}]},
            {"role": "assistant", "content": null, "tool_calls": []},
            {"role": "user", "content": last},
            {"role": "assistant", "content": "…"},
        ], "model": null, "stream": null, "stream_options": null, "max_tokens": 16, "max_completion_tokens": null,
           "temperature": 0.2, "tools": [], "user": "u-1", "made_up": {"x": [1]}})
    };
    let cases = [
        (json!("마지막 질문 "), "마지막 질문 "),
        (json!([{"type": "text", "text": "첫 줄"}, {"type": "text", "text": "둘째 줄"}]), "첫 줄\n둘째 줄"),
        (json!("가".repeat(2_000)), &*"가".repeat(2_000)),
    ];
    for (content, expected) in cases {
        let fake = Fake::of(whole());
        let got = call(&router(state(&fake)), post(messages(content).to_string())).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        assert_eq!(*fake.asked.lock().unwrap(), [Question::new(expected)]);
    }
}

#[tokio::test]
async fn models() {
    let app = app([]);
    let list = call(&app, request(Method::GET, "/v1/models")).await.json();
    let one = call(&app, request(Method::GET, "/v1/models/siren")).await.json();
    assert_eq!(list["data"][0], one);
    insta::assert_json_snapshot!("models", list);
}

#[tokio::test]
async fn health() {
    let cases = [
        (Ok(()), 200, json!({"status": "ready"})),
        (
            Err(AskError::NotReady("there is no index yet: run `siren reindex`".into())),
            503,
            json!({"status": "not_ready", "reason": "there is no index yet: run `siren reindex`"}),
        ),
        (
            Err(AskError::Unavailable("postgres://user:password@db".into())),
            503,
            json!({"status": "not_ready", "reason": "a store or disk failed: the server's log tells which"}),
        ),
    ];
    for (ready, status, body) in cases {
        let app = router(state(&Fake::ready(ready)));
        let got = call(&app, request(Method::GET, "/readyz")).await;
        assert_eq!((got.status.as_u16(), got.json()), (status, body));
        let got = call(&app, request(Method::GET, "/healthz")).await;
        assert_eq!((got.status.as_u16(), got.json()), (200, json!({"status": "ok"})));
        assert_eq!(got.header("cache-control"), "no-store");
    }
}

// ---- Saturation and leaving --------------------------------------------------------------------------------------

#[tokio::test]
async fn one_answer_too_many_is_sent_away_until_a_permit_is_free() {
    let fake = Fake::of([text("…"), Act::Hang]);
    let mut state = state(&fake);
    state.limits.concurrent_answers = 1;
    let app = router(state);
    let open = app.clone().oneshot(question(true)).await.unwrap();
    assert_eq!(open.status(), StatusCode::OK);
    for stream in [false, true] {
        let got = call(&app, question(stream)).await;
        assert_eq!(got.status, StatusCode::TOO_MANY_REQUESTS);
        assert_error("saturated", &got, "rate_limit_error", "too_many_answers", None);
        assert_eq!(got.header("retry-after"), "2");
    }
    let got = call(&app, post("{")).await;
    assert_eq!(got.status, StatusCode::BAD_REQUEST, "a wrong request needs no permit");
    assert_eq!(call(&app, request(Method::GET, "/healthz")).await.status, StatusCode::OK);
    assert!(!fake.dropped.load(Ordering::SeqCst));
    drop(open);
    assert!(fake.dropped.load(Ordering::SeqCst), "the client left: the assistant may stop");
    let open = app.clone().oneshot(question(true)).await.unwrap();
    assert_eq!(open.status(), StatusCode::OK, "the permit is back");
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_its_answer() {
    let fake = Fake::of([text("…"), Act::Hang]);
    let (address, stop, server) = start(state(&fake), Duration::from_secs(5)).await;
    let mut client = send(address, &wire(true)).await;
    read_until(&mut client, "…").await;
    drop(client);
    for _ in 0..100 {
        if fake.dropped.load(Ordering::SeqCst) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(fake.dropped.load(Ordering::SeqCst), "the assistant's stream is still held");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_shutdown_finishes_the_streams_it_has() {
    let mut acts = vec![text("케이뱅크는 2022년에 "), Act::Sleep(400)];
    acts.extend(whole());
    let (address, stop, server) = start(state(&Fake::of(acts)), Duration::from_secs(10)).await;
    let mut client = send(address, &wire(true)).await;
    read_until(&mut client, "2022").await;
    stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(TcpStream::connect(address).await.is_err(), "no new connections");
    let rest = read_until(&mut client, "[DONE]").await;
    assert!(rest.contains("\"finish_reason\":\"stop\""), "{rest}");
    let ended = tokio::time::timeout(Duration::from_secs(5), server).await;
    ended.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_shutdown_past_its_deadline_tells_the_streams() {
    let fake = Fake::of([text("…"), Act::Hang]);
    let (address, stop, server) = start(state(&fake), Duration::from_millis(100)).await;
    let mut client = send(address, &wire(true)).await;
    read_until(&mut client, "…").await;
    stop.send(()).unwrap();
    let rest = read_until(&mut client, "shutting_down").await;
    assert!(rest.contains("data: {\"error\":"), "{rest}");
    let ended = tokio::time::timeout(Duration::from_secs(3), server).await;
    ended.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_body_too_large_is_answered_over_a_socket_too() {
    let (address, stop, server) = start(state(&Fake::of(whole())), Duration::from_secs(5)).await;
    let mut raw = head(1_000_000);
    raw.push_str(&"x".repeat(1_000_000));
    let mut client = send(address, &raw).await;
    let got = read_until(&mut client, "request_too_large").await;
    assert!(got.starts_with("HTTP/1.1 413"), "{got}");
    drop(client);
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

type Server = tokio::task::JoinHandle<std::io::Result<()>>;

async fn start(
    state: ChatState,
    drain: Duration,
) -> (std::net::SocketAddr, tokio::sync::oneshot::Sender<()>, Server) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let shutdown = async { stopped.await.unwrap_or_default() };
    (address, stop, tokio::spawn(serve(listener, state, shutdown, drain)))
}

fn head(length: usize) -> String {
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: siren\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
}

fn wire(stream: bool) -> String {
    let body = json!({"messages": [{"role": "user", "content": "질문"}], "stream": stream}).to_string();
    format!("{}{body}", head(body.len()))
}

async fn send(address: std::net::SocketAddr, raw: &str) -> TcpStream {
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(raw.as_bytes()).await.unwrap();
    client
}

async fn read_until(client: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    let reading = async {
        while !String::from_utf8_lossy(&read).contains(end) {
            let n = client.read(&mut buffer).await.unwrap();
            assert!(n > 0, "closed before {end:?}: {}", String::from_utf8_lossy(&read));
            read.extend_from_slice(&buffer[..n]);
        }
    };
    tokio::time::timeout(Duration::from_secs(5), reading).await.unwrap();
    String::from_utf8(read).unwrap()
}

// ---- The page ----------------------------------------------------------------------------------------------------

#[tokio::test]
async fn the_page_and_its_headers() {
    let app = app([]);
    let cases = [
        ("/", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ];
    for (path, kind) in cases {
        let got = call(&app, request(Method::GET, path)).await;
        assert_eq!(got.status, StatusCode::OK, "{path}");
        assert_eq!(got.header("content-type"), kind, "{path}");
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(got.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(got.header("x-frame-options"), "DENY", "{path}");
        let policy = got.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        let mut again = request(Method::GET, path);
        again.headers_mut().insert(header::IF_NONE_MATCH, got.header("etag").parse().unwrap());
        let again = call(&app, again).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
    }
    let page = call(&app, request(Method::GET, "/")).await.body;
    assert!(page.contains(r#"maxlength="2000""#), "the limit is the server's");
    assert!(!page.contains("{{"), "every placeholder is filled");
}

#[tokio::test]
async fn the_page_runs_nothing_that_a_document_says() {
    let app = app([]);
    let script = call(&app, request(Method::GET, "/app.js")).await.body;
    let makers = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "createContextualFragment",
        "DOMParser",
        "srcdoc",
        "eval(",
        "new Function",
        "setTimeout(\"",
        "javascript:",
    ];
    for maker in makers {
        assert!(!script.contains(maker), "{maker} makes markup or code of text");
    }
    assert!(script.contains("textContent"));
    let page = call(&app, request(Method::GET, "/")).await.body;
    for inline in ["style=", "onclick", "onload", "<style", "<script>"] {
        assert!(!page.contains(inline), "{inline}: the policy forbids what is inline");
    }
    for file in [&script, &page, &call(&app, request(Method::GET, "/style.css")).await.body] {
        assert!(!file.contains("http://") && !file.contains("https://"), "nothing comes from elsewhere");
    }
    let got = call(&router(state(&Fake::of(whole()))), question(false)).await;
    assert_eq!(got.header("content-type"), "application/json", "markup in a document is a string in JSON");
    assert!(got.json()["citations"][0]["title"].as_str().unwrap().contains("<script>"), "as it was written");
}

// ---- The log -----------------------------------------------------------------------------------------------------

/// Keeps all that is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("siren")
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut log = self.0.lock().unwrap();
        log.push_str(event.metadata().level().as_str());
        event.record(&mut Fields(&mut log));
        log.push('\n');
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn the_cause_is_logged_once_and_the_question_never() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let cause = || AskError::Unavailable("disk full".into());
    for stream in [false, true] {
        let cases = [
            (vec![failed(cause())], 1),
            (vec![text("…"), failed(cause())], 1),
            (vec![failed(AskError::BadQuestion("케이뱅크 같은 질문은 안 됩니다.".into()))], 0),
            (vec![text("…"), Act::Panic], 0),
            (whole(), 0),
        ];
        for (acts, causes) in cases {
            call(&app(acts), question(stream)).await;
            let told = std::mem::take(&mut *log.0.lock().unwrap());
            assert_eq!(told.matches("disk full").count(), causes, "{told}");
            assert!(
                !told.contains("케이뱅크") && !told.contains("secret"),
                "what a person typed is logged: {told}"
            );
        }
    }
    let app = router(state(&Fake::ready(Err(cause()))));
    for _ in 0..3 {
        call(&app, request(Method::GET, "/readyz")).await;
    }
    assert_eq!(log.0.lock().unwrap().matches("disk full").count(), 1, "probes do not fill the log");
}
