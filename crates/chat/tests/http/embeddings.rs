//! Vectors, and what is wrong with a request for them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use siren_chat::{ChatState, router};
use siren_domain::ports::{EmbedError, Embedder};

use super::{Fake, app, assert_error, call, post_to, request, state};

/// The vector of a text is its length in letters, three times over; some texts go wrong.
struct Letters;

#[async_trait]
impl Embedder for Letters {
    fn identity(&self) -> &str {
        "letters/1"
    }

    fn dimensions(&self) -> usize {
        3
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        match texts[0].as_str() {
            "broken" => Err(EmbedError::Unavailable("http://10.0.0.7 refused".into())),
            "short" => Ok(Vec::new()),
            "slow" => std::future::pending().await,
            _ => Ok(texts.iter().map(|text| vec![text.chars().count() as f32; 3]).collect()),
        }
    }
}

fn with_encoder() -> ChatState {
    let mut state = state(&Fake::of([]));
    state.limits.answer_time = Duration::from_millis(200);
    state.limits.embedding_bytes = 4_000;
    ChatState { embedder: Arc::new(|| Some(Arc::new(Letters) as Arc<dyn Embedder>)), ..state }
}

async fn embedded(app: &Router, body: &Value) -> super::Got {
    call(app, post_to("/v1/embeddings", body.to_string())).await
}

#[tokio::test]
async fn vectors_in_order_and_in_both_forms() {
    let app = router(with_encoder());
    let cases = [
        (json!("가나다"), vec![3.0]),
        (json!(["가", "나다"]), vec![1.0, 2.0]),
        (json!(["끝에 공백 "]), vec![6.0]),
    ];
    for (input, expected) in cases {
        for model in ["siren-embedding", "letters/1"] {
            let plain = json!({"model": model, "input": input, "encoding_format": "float", "dimensions": 3});
            let got = embedded(&app, &plain).await;
            assert_eq!(got.status, StatusCode::OK, "{}", got.body);
            let body = got.json();
            assert_eq!((&body["object"], &body["model"]), (&json!("list"), &json!("siren-embedding")));
            let data = body["data"].as_array().unwrap();
            let told: Vec<f64> = data.iter().map(|item| item["embedding"][2].as_f64().unwrap()).collect();
            assert_eq!(told, expected, "{input}");
            let at: Vec<u64> = data.iter().map(|item| item["index"].as_u64().unwrap()).collect();
            assert_eq!(at, (0..expected.len() as u64).collect::<Vec<_>>());
            assert_eq!(body["usage"]["prompt_tokens"], body["usage"]["total_tokens"]);
            assert!(body["usage"]["total_tokens"].as_u64().unwrap() > 0);

            let packed = json!({"model": model, "input": input, "encoding_format": "base64"});
            let packed = embedded(&app, &packed).await.json();
            for (item, expected) in packed["data"].as_array().unwrap().iter().zip(&expected) {
                let bytes = BASE64_STANDARD.decode(item["embedding"].as_str().unwrap()).unwrap();
                let wanted: Vec<u8> = [*expected as f32; 3].iter().flat_map(|n| n.to_le_bytes()).collect();
                assert_eq!(bytes, wanted, "little-endian floats");
            }
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_by_its_field() {
    let app = router(with_encoder());
    let of = |input: Value| json!({"model": "siren-embedding", "input": input});
    let with = |name: &str, value: Value| {
        let mut body = of(json!("x"));
        body[name] = value;
        body
    };
    let invalid = "invalid_request_error";
    let cases = [
        (json!({"model": "siren-embedding"}), 400, invalid, "missing_required_parameter", Some("input")),
        (json!({"input": "x"}), 400, invalid, "missing_required_parameter", Some("model")),
        (with("model", json!(7)), 400, invalid, "invalid_type", Some("model")),
        (with("model", json!("text-embedding-3-small")), 404, invalid, "model_not_found", Some("model")),
        (with("dimensions", json!(2)), 400, invalid, "unsupported_dimensions", Some("dimensions")),
        (with("encoding_format", json!("hex")), 400, invalid, "invalid_type", Some("encoding_format")),
        (of(json!({})), 400, invalid, "invalid_type", Some("input")),
        (of(json!([])), 400, invalid, "empty_array", Some("input")),
        (of(json!(" ")), 400, invalid, "empty_text", Some("input")),
        (of(json!(["a", ""])), 400, invalid, "empty_text", Some("input[1]")),
        (of(json!(["a", null])), 400, invalid, "invalid_type", Some("input[1]")),
        (of(json!([1, 2])), 400, invalid, "unsupported_tokens", Some("input")),
        (of(json!([[1, 2]])), 400, invalid, "unsupported_tokens", Some("input")),
        (of(json!(vec!["가"; 2_049][..].to_vec())), 413, invalid, "request_too_large", None),
        (of(json!("broken")), 503, "server_error", "unavailable", None),
        (of(json!("short")), 503, "server_error", "unavailable", None),
        (of(json!("slow")), 503, "server_error", "unavailable", None),
    ];
    for (body, status, kind, code, param) in cases {
        let got = embedded(&app, &body).await;
        let case = body.to_string().chars().take(80).collect::<String>();
        assert_eq!(got.status.as_u16(), status, "{case}: {}", got.body);
        assert_error(&case, &got, kind, code, param);
        assert!(!got.body.contains("10.0.0.7"), "the cause stays in the log: {}", got.body);
    }
    let mut roomy = with_encoder();
    roomy.limits.embedding_bytes = 1 << 20;
    let got = embedded(&router(roomy), &of(json!(vec!["a"; 2_049]))).await;
    assert_error("too many", &got, invalid, "too_many_texts", Some("input"));
}

#[tokio::test]
async fn one_more_than_is_worked_on_is_sent_away() {
    let mut state = with_encoder();
    state.limits.concurrent_embeddings = 1;
    state.limits.answer_time = Duration::from_secs(60);
    let app = router(state);
    let slow = json!({"model": "siren-embedding", "input": "slow"});
    let first = tokio::spawn({
        let (app, slow) = (app.clone(), slow.clone());
        async move { embedded(&app, &slow).await }
    });
    let mut quick = slow.clone();
    quick["input"] = json!("quick");
    // Until the slow one has taken the only place.
    let refused = loop {
        let got = embedded(&app, &quick).await;
        if got.status != StatusCode::OK {
            break got;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1"));
    assert_error("full", &refused, "rate_limit_error", "too_many_embeddings", None);
    first.abort();
    assert!(first.await.is_err(), "it was given up");
    assert_eq!(embedded(&app, &quick).await.status, StatusCode::OK, "its place is given back");
}

/// A body that never comes.
fn unsent() -> Request<Body> {
    post_to(
        "/v1/embeddings",
        Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>()),
    )
}

#[tokio::test]
async fn bodies_that_do_not_come_take_no_more_than_their_places() {
    let mut state = with_encoder();
    (state.limits.concurrent_embeddings, state.limits.body_time) = (1, Duration::from_secs(1));
    let app = router(state);
    let calls = (0..20).map(|_| call(&app, unsent()));
    let mut statuses: Vec<u16> =
        futures::future::join_all(calls).await.iter().map(|got| got.status.as_u16()).collect();
    statuses.sort_unstable();
    let expected = [vec![408; 8], vec![429; 12]].concat();
    assert_eq!(statuses, expected, "eight wait for their bodies, the others are sent away at once");
    let quick = json!({"model": "siren-embedding", "input": "quick"});
    assert_eq!(embedded(&app, &quick).await.status, StatusCode::OK, "their places are given back");
    let without = super::app([]);
    assert_eq!(call(&without, unsent()).await.status, StatusCode::NOT_FOUND, "no encoder: nothing is read");
}

#[tokio::test]
async fn without_an_encoder_that_is_told_and_how_to_get_one() {
    let app = app([]);
    let got = embedded(&app, &json!({"model": "siren-embedding", "input": "x"})).await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
    assert_error("no encoder", &got, "invalid_request_error", "model_not_found", Some("model"));
    assert!(got.body.contains("siren setup"), "{}", got.body);
    let list = call(&app, request(Method::GET, "/v1/models")).await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "{list}");
    let list = call(&router(with_encoder()), request(Method::GET, "/v1/models")).await.json();
    assert_eq!(list["data"][1]["id"], "siren-embedding", "{list}");
    let one = call(&router(with_encoder()), request(Method::GET, "/v1/models/siren-embedding")).await;
    assert_eq!(one.json(), list["data"][1]);
}
