//! Vectors from servers: what is sent, what is made of answers and failures, and what is kept.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use siren_adapters::Secret;
use siren_adapters::embeddings::{EmbeddingServer, EmbeddingServerSettings, Interface};
use siren_domain::ports::{EmbedError, Embedder};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

fn settings(server: &MockServer, interface: Interface) -> EmbeddingServerSettings {
    EmbeddingServerSettings {
        interface,
        base_url: server.uri(),
        model: "m".into(),
        api_key: None,
        dimensions: 2,
        question_prefix: String::new(),
        passage_prefix: String::new(),
        batch: 2,
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(20),
        question_timeout: Duration::from_secs(20),
        cache: None,
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Answers as a server would: a text of n bytes has the direction (n, 1).
fn answer(request: &Request) -> ResponseTemplate {
    let asked: Value = request.body_json().unwrap();
    let of = |text: &Value| json!([text.as_str().unwrap().len(), 1]);
    ResponseTemplate::new(200).set_body_json(match (&asked["input"], &asked["inputs"]) {
        (Value::Array(input), _) => {
            let data = input.iter().enumerate().rev();
            let data: Vec<Value> =
                data.map(|(index, text)| json!({ "index": index, "embedding": of(text) })).collect();
            json!({ "object": "list", "data": data })
        }
        (_, Value::Array(inputs)) => inputs.iter().map(of).collect(),
        _ => panic!("{asked}"),
    })
}

async fn answering() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    server
}

fn direction(length: f32) -> Vec<f32> {
    let norm = length.hypot(1.0);
    vec![length / norm, 1.0 / norm]
}

#[tokio::test]
async fn both_interfaces_give_a_vector_for_each_text_in_order() {
    for (interface, at) in [(Interface::OpenAi, "/v1/embeddings"), (Interface::Tei, "/embed")] {
        let server = answering().await;
        let embedder = EmbeddingServer::new(settings(&server, interface)).unwrap();
        let vectors = embedder.embed(&texts(&["a", "bb", "ccc", "dddd", "eeeee"])).await.unwrap();
        assert_eq!(vectors, [1.0, 2.0, 3.0, 4.0, 5.0].map(direction), "{interface:?}");
        let requests = server.received_requests().await.unwrap();
        assert_eq!(requests.len(), 3, "two texts at a time");
        assert!(requests.iter().all(|request| request.url.path() == at), "{requests:?}");
        assert_eq!(embedder.embed(&[]).await.unwrap(), Vec::<Vec<f32>>::new());
    }
}

#[tokio::test]
async fn a_request_is_what_the_interface_says() {
    let server = MockServer::start().await;
    let expected = json!({ "model": "m", "input": ["passage: 은행"], "encoding_format": "float" });
    let given = Mock::given(path("/v1/embeddings")).and(header("authorization", "Bearer key"));
    given.and(body_json(expected)).respond_with(answer).expect(1).mount(&server).await;
    let question = json!({ "model": "m", "input": ["query: 은행"], "encoding_format": "float" });
    Mock::given(body_json(question)).respond_with(answer).expect(1).mount(&server).await;
    let settings = EmbeddingServerSettings {
        api_key: Some(Secret::new("key")),
        question_prefix: "query: ".into(),
        passage_prefix: "passage: ".into(),
        ..settings(&server, Interface::OpenAi)
    };
    let embedder = EmbeddingServer::new(settings).unwrap();
    assert_eq!(embedder.embed(&texts(&["은행"])).await.unwrap(), [direction(15.0)]);
    assert_eq!(embedder.embed_question("은행").await.unwrap(), direction(13.0));
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "0");
    Mock::given(method("POST")).respond_with(busy).up_to_n_times(2).mount(&server).await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    let embedder = EmbeddingServer::new(settings(&server, Interface::OpenAi)).unwrap();
    assert_eq!(embedder.embed(&texts(&["a"])).await.unwrap(), [direction(1.0)]);
}

/// Somebody waits for the answer to a question, and nobody for an index.
#[tokio::test]
async fn a_question_has_less_time_than_passages() {
    let server = MockServer::start().await;
    let slow = |request: &Request| answer(request).set_delay(Duration::from_secs(1));
    Mock::given(method("POST")).respond_with(slow).mount(&server).await;
    let hasty = EmbeddingServerSettings {
        question_timeout: Duration::from_millis(50),
        ..settings(&server, Interface::OpenAi)
    };
    let embedder = EmbeddingServer::new(hasty).unwrap();
    let late = embedder.embed_question("a").await.unwrap_err();
    assert!(matches!(&late, EmbedError::Unavailable(why) if why.contains("50ms")), "{late}");
    assert_eq!(embedder.embed(&texts(&["a"])).await.unwrap(), [direction(1.0)]);
}

#[tokio::test]
async fn failures_tell_what_to_do() {
    let wide = json!({ "data": [{ "index": 0, "embedding": [1, 2, 3] }] });
    let cases = [
        (ResponseTemplate::new(401), false, "check it"),
        (ResponseTemplate::new(404).set_body_string("no such model"), false, "has the model \"m\""),
        (ResponseTemplate::new(503), true, "status 503"),
        (ResponseTemplate::new(200).set_body_json(wide), false, "`embedding.dimensions` says 2"),
        (ResponseTemplate::new(200).set_body_string("<html>"), false, "no JSON"),
        (
            ResponseTemplate::new(200).set_body_json(json!({ "error": "key" })),
            false,
            "an error without a name",
        ),
        (
            ResponseTemplate::new(400).set_body_json(json!({ "error": "input is too long" })),
            false,
            "`index.max_tokens`",
        ),
    ];
    for (response, unavailable, expected) in cases {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(response).mount(&server).await;
        let key = Some(Secret::new("key"));
        let settings = EmbeddingServerSettings { api_key: key, ..settings(&server, Interface::OpenAi) };
        let error = EmbeddingServer::new(settings).unwrap().embed(&texts(&["a"])).await.unwrap_err();
        assert_eq!(matches!(error, EmbedError::Unavailable(_)), unavailable, "{expected}: {error}");
        assert!(error.to_string().contains(expected), "{expected}: {error}");
    }
}

#[tokio::test]
async fn what_was_embedded_once_is_not_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("made/embeddings.sqlite");
    let server = answering().await;
    let open = |dimensions: usize, model: &str| {
        let kept = EmbeddingServerSettings {
            cache: Some(file.clone()),
            dimensions,
            model: model.into(),
            ..settings(&server, Interface::OpenAi)
        };
        EmbeddingServer::new(kept).unwrap()
    };
    let sent = || async { server.received_requests().await.unwrap().len() };
    let first = open(2, "m").embed(&texts(&["a", "bb"])).await.unwrap();
    assert_eq!(sent().await, 1);
    assert_eq!(open(2, "m").embed(&texts(&["bb", "a"])).await.unwrap(), [first[1].clone(), first[0].clone()]);
    assert_eq!(sent().await, 1, "both are kept");
    let mixed = open(2, "m").embed(&texts(&["a", "new", "bb"])).await.unwrap();
    assert_eq!(mixed, [1.0, 3.0, 2.0].map(direction));
    assert_eq!(sent().await, 2, "only the new one is sent");
    open(2, "other").embed(&texts(&["a"])).await.unwrap();
    assert_eq!(sent().await, 3, "another model");
    open(2, "m").embed_question("a").await.unwrap();
    assert_eq!(sent().await, 4, "questions are not kept");
    assert!(open(3, "m").embed(&texts(&["a"])).await.is_err(), "a vector of other dimensions is of no use");

    std::fs::write(&file, "this is no database").unwrap();
    let made = open(2, "m").embed(&texts(&["a"])).await.unwrap();
    assert_eq!(made, [direction(1.0)], "a cache that is damaged costs time only");
}
