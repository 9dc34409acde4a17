//! Documents, looked for and read, as far as the asker may.

use axum::body::Body;
use axum::http::{Method, Request};
use siren_chat::router;
use siren_domain::Principal;

use super::{Fake, app, assert_error, call, request, state};

fn as_hr(mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(Principal { groups: vec!["hr".into()], ..Principal::local() });
    request
}

#[tokio::test]
async fn a_document_is_read_by_whom_it_is_for() {
    let app = app([]);
    let cases = [
        ("notes/open.md", false, 200),
        ("notes%2Fopen.md", false, 200),
        ("notes%2Fsecret.md", false, 404),
        ("notes%2Fsecret.md", true, 200),
        ("notes%2Fnothing.md", true, 404),
        ("%FF", true, 404),
    ];
    for (id, is_member, status) in cases {
        let asked = request(Method::GET, &format!("/api/documents/{id}"));
        let got = call(&app, if is_member { as_hr(asked) } else { asked }).await;
        assert_eq!(got.status.as_u16(), status, "{id} {is_member}: {}", got.body);
        if status == 200 {
            let body = got.json();
            assert_eq!(body["text"], "케이뱅크는 2022년에 전환을 마쳤다.", "{body}");
            assert_eq!(body["id"].as_str().map(|id| id.starts_with("notes/")), Some(true), "{body}");
        } else {
            assert_error(id, &got, "invalid_request_error", "document_not_found", None);
        }
    }
}

#[tokio::test]
async fn passages_are_found_by_whom_they_are_for() {
    let app = app([]);
    for (is_member, found) in [(false, 1), (true, 2)] {
        let asked = request(Method::GET, "/api/search?q=%EC%A0%84%ED%99%98&limit=9");
        let body = call(&app, if is_member { as_hr(asked) } else { asked }).await.json();
        assert_eq!(body["results"].as_array().unwrap().len(), found, "{body}");
        assert_eq!(body["results"][0]["document_id"], "notes/open.md");
        assert_eq!(body["generation"], 3);
    }
    let long = format!("q={}", "a".repeat(2_001));
    let cases = [
        ("", 400, "invalid_query", Some("q")),
        ("q=%20", 400, "empty_query", Some("q")),
        (long.as_str(), 400, "question_too_long", Some("q")),
        ("q=x&limit=0", 400, "invalid_limit", Some("limit")),
        ("q=x&limit=51", 400, "invalid_limit", Some("limit")),
        ("q=x&limit=many", 400, "invalid_query", Some("q")),
        ("q=broken", 503, "unavailable", None),
    ];
    for (query, status, code, param) in cases {
        let got = call(&app, request(Method::GET, &format!("/api/search?{query}"))).await;
        assert_eq!(got.status.as_u16(), status, "{query}: {}", got.body);
        let kind = if status == 503 { "server_error" } else { "invalid_request_error" };
        assert_error(query, &got, kind, code, param);
        assert!(!got.body.contains("/var"), "the cause stays in the log: {}", got.body);
    }
    let mut full = state(&Fake::of([]));
    full.limits.concurrent_answers = 0;
    let got = call(&router(full), request(Method::GET, "/api/search?q=x")).await;
    assert_error("full", &got, "rate_limit_error", "too_many_answers", None);
}
