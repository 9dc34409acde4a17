//! What a client reads when there is no answer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use futures::stream::BoxStream;
use serde_json::{Value, json};
use siren_chat::{ChatState, router};
use siren_domain::ports::Assistant;
use siren_domain::{AnswerEvent, AskError, Question};

use super::{Act, Fake, app, assert_error, call, failed, post, question, request, state, whole};

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
            "invalid_type",
            Some("messages[0].content"),
            "text parts",
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
            "a heart",
            json!({"messages": [{"role": "assistant", "content": "x"}, {"role": "user", "content": "❤️"}]})
                .to_string(),
            "empty_question",
            Some("messages[1].content"),
            "letter or digit",
        ),
        (
            "a role that is none",
            json!({"messages": [{"role": "robot", "content": "x"}, {"role": "user", "content": "질문"}]})
                .to_string(),
            "invalid_type",
            Some("messages[0].role"),
            "`assistant`",
        ),
        (
            "an earlier message gone wrong",
            json!({"messages": [{"role": "assistant", "content": 3}, {"role": "user", "content": "질문"}]})
                .to_string(),
            "invalid_type",
            Some("messages[0].content"),
            "string",
        ),
        (
            "an earlier part that nobody knows",
            json!({"messages": [{"role": "system", "content": [{"type": "smell"}]}, {"role": "user", "content": "질문"}]})
                .to_string(),
            "unsupported_content_part",
            Some("messages[0].content[0].type"),
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
        (
            "its turn did not come",
            vec![failed(AskError::Saturated)],
            503,
            "server_error",
            "queue_timeout",
            None,
            "2",
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
