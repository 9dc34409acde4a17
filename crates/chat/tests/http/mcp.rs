//! The tools over HTTP: who is let in, who asks, and how a failure is told.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use siren_chat::router;
use siren_domain::AskError;

use super::access::{closed, with};
use super::{Act, Fake, Got, call, failed, post_to, state, whole};

fn message(method: &str, params: &Value) -> Request<Body> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let mut request = post_to("/mcp", body.to_string());
    let headers = request.headers_mut();
    headers.insert("accept", "application/json, text/event-stream".parse().unwrap());
    headers.insert("host", "localhost".parse().unwrap());
    request
}

pub(crate) fn tool(name: &str, arguments: &Value) -> Request<Body> {
    message("tools/call", &json!({"name": name, "arguments": arguments}))
}

/// What the tool said; whether it failed.
#[track_caller]
fn result(got: &Got) -> (Value, bool) {
    assert_eq!(got.status, StatusCode::OK, "{}", got.body);
    let result = got.json()["result"].clone();
    let failed = result["isError"].as_bool().unwrap();
    let told =
        if failed { result["content"][0]["text"].clone() } else { result["structuredContent"].clone() };
    (told, failed)
}

#[tokio::test]
async fn who_asks_is_whom_the_server_made_out() {
    let fake = Fake::of(whole());
    let (open, closed) = (router(state(&fake)), router(closed(&fake)));
    let cases = [(&open, None, 1, true), (&closed, Some("Bearer key-reader"), 2, false)];
    for (app, credential, found, secret_is_refused) in cases {
        let as_whom = |request: Request<Body>| match credential {
            Some(credential) => with(request, header::AUTHORIZATION, credential),
            None => request,
        };
        let (told, _) = result(&call(app, as_whom(tool("search", &json!({"query": "전환"})))).await);
        assert_eq!(told["passages"].as_array().unwrap().len(), found, "{told}");
        assert_eq!(told["passages"][0]["place"], "data/notes/open.md › 일정");
        let secret = as_whom(tool("read_document", &json!({"id": "notes/secret.md"})));
        let (told, refused) = result(&call(app, secret).await);
        assert_eq!(refused, secret_is_refused, "{told}");
        result(&call(app, as_whom(tool("ask", &json!({"question": "언제?"})))).await);
        let asked = fake.asked.lock().unwrap().last().cloned().unwrap();
        assert_eq!(asked.groups.contains(&"hr".to_owned()), credential.is_some());
    }
    let nobody = call(&closed, tool("search", &json!({"query": "전환"}))).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{}", nobody.body);
    let app = open;
    // An argument cannot make one somebody else.
    let (told, refused) = result(&call(&app, tool("search", &json!({"query": "x", "groups": ["hr"]}))).await);
    assert!(refused && told.as_str().unwrap().contains("groups"), "{told}");
}

#[tokio::test]
async fn a_document_is_read_piece_by_piece() {
    let app = router(state(&Fake::of([])));
    let whole = "케이뱅크는 2022년에 전환을 마쳤다.";
    let cases = [
        (json!({"id": "notes/open.md"}), whole, Value::Null),
        (json!({"id": "notes/open.md", "from": 6, "max_chars": 5}), "2022년", json!(11)),
        (json!({"id": "notes/open.md", "from": 18, "max_chars": 0}), "쳤", json!(19)),
        (json!({"id": "notes/open.md", "from": 1_000_000}), "", Value::Null),
    ];
    for (arguments, text, next) in cases {
        let (told, failed) = result(&call(&app, tool("read_document", &arguments)).await);
        assert!(!failed, "{told}");
        assert_eq!((&told["text"], &told["next"]), (&json!(text), &next), "{arguments}");
        assert_eq!(told["total_chars"], whole.chars().count());
    }
}

#[tokio::test]
async fn failures_are_told_without_their_cause() {
    let broken = || Fake::of([failed(AskError::Unavailable("/var/lib/siren: disk full".into()))]);
    let cases = [
        (broken(), tool("ask", &json!({"question": "언제?"})), "try again later"),
        (Fake::of([Act::Panic]), tool("ask", &json!({"question": "언제?"})), "went wrong in the server"),
        (Fake::of([]), tool("search", &json!({"query": "broken"})), "try again later"),
        (Fake::of([]), tool("search", &json!({})), "missing field `query`"),
        (Fake::of([]), tool("search", &json!({"query": 7})), "invalid type"),
    ];
    for (fake, request, words) in cases {
        let (told, failed) = result(&call(&router(state(&fake)), request).await);
        let told = told.as_str().unwrap();
        assert!(failed && told.contains(words), "{told}");
        assert!(!told.contains("/var") && !told.contains("secret question"), "{told}");
    }
    let mut full = state(&Fake::of(whole()));
    full.limits.concurrent_answers = 0;
    let (told, failed) = result(&call(&router(full), tool("ask", &json!({"question": "언제?"}))).await);
    assert!(failed && told.as_str().unwrap().contains("try again shortly"), "{told}");
}

#[tokio::test]
async fn pages_and_names_that_are_not_let_in() {
    let app = router(state(&Fake::of([])));
    let cases = [
        ("host", "localhost", StatusCode::OK),
        ("host", "127.0.0.1:8443", StatusCode::OK),
        ("host", "rebound.example", StatusCode::MISDIRECTED_REQUEST),
        ("origin", "https://evil.example", StatusCode::FORBIDDEN),
        ("origin", "null", StatusCode::FORBIDDEN),
    ];
    for (name, value, status) in cases {
        let mut request = message("tools/list", &json!({}));
        request.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(call(&app, request).await.status, status, "{name}: {value}");
    }
    let mut form = message("tools/list", &json!({}));
    form.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(call(&app, form).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "no form can send this");
    let big = tool("ask", &json!({"question": "가".repeat(100_000)}));
    assert_eq!(call(&app, big).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}
