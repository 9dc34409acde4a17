//! Rerankers behind servers: what is sent, and what is made of answers and failures.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::time::Duration;

use serde_json::json;
use siren_adapters::Secret;
use siren_adapters::rerankers::{RerankInterface, RerankServer, RerankServerSettings};
use siren_domain::ports::{ModelError, Reranker};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn open(server: &MockServer, interface: RerankInterface) -> RerankServer {
    let settings = RerankServerSettings {
        interface,
        base_url: server.uri(),
        model: "m".into(),
        api_key: Some(Secret::new("key")),
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(20),
    };
    RerankServer::new(settings).unwrap()
}

#[tokio::test]
async fn a_request_is_what_the_interface_says() {
    let cohere = json!({ "model": "m", "query": "은행", "documents": ["가", "나"], "top_n": 2 });
    let tei = json!({ "query": "은행", "texts": ["가", "나"], "truncate": true });
    let ranked = json!([{ "index": 1, "score": 0.5 }, { "index": 0, "score": 0.25 }]);
    let cases = [
        (RerankInterface::Cohere, "/v1/rerank", cohere, json!({ "results": ranked })),
        (RerankInterface::Tei, "/rerank", tei, ranked.clone()),
    ];
    for (interface, at, request, answer) in cases {
        let server = MockServer::start().await;
        let given = Mock::given(path(at)).and(header("authorization", "Bearer key")).and(body_json(request));
        given.respond_with(ResponseTemplate::new(200).set_body_json(answer)).expect(1).mount(&server).await;
        let scores = open(&server, interface).rerank("은행", &["가", "나"]).await.unwrap();
        assert_eq!(scores, [0.25, 0.5], "{interface:?}");
    }
}

#[tokio::test]
async fn failures_tell_what_to_do() {
    let cases = [
        (ResponseTemplate::new(503), true, "status 503"),
        (ResponseTemplate::new(403), false, "check its rights"),
        (ResponseTemplate::new(200).set_body_json(json!({ "results": [] })), false, "not every text"),
        (ResponseTemplate::new(302).insert_header("location", "/login"), false, "check `base_url`"),
    ];
    for (response, unavailable, expected) in cases {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(response).mount(&server).await;
        let error = open(&server, RerankInterface::Cohere).rerank("q", &["a"]).await.unwrap_err();
        assert_eq!(matches!(error, ModelError::Unavailable(_)), unavailable, "{expected}: {error}");
        assert!(error.to_string().contains(expected), "{expected}: {error}");
    }
}
