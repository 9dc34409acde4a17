//! Passages ordered by a server: any that speaks the interface of Cohere and Jina, or Text Embeddings Inference.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use siren_domain::ports::{ModelError, Reranker};

use crate::model_server::{Access, ModelServer, ModelServerError, RETRIES, Route, strange};
use crate::secret::Secret;

/// What the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RerankInterface {
    /// `POST /v1/rerank`, as Cohere, Jina, vLLM and llama.cpp have it.
    Cohere,
    /// `POST /rerank` of Text Embeddings Inference.
    Tei,
}

/// Which server orders passages, and how.
#[derive(Clone, Debug)]
pub struct RerankServerSettings {
    /// What the server speaks.
    pub interface: RerankInterface,
    /// The server's address.
    pub base_url: String,
    /// The model's name there; empty leaves the choice to the server.
    pub model: String,
    /// What the server wants to see, if anything.
    pub api_key: Option<Secret>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for the answer, all attempts together: somebody waits for it.
    pub timeout: Duration,
}

/// A server that orders passages.
#[derive(Debug)]
pub struct RerankServer {
    settings: RerankServerSettings,
    server: ModelServer,
}

impl RerankServer {
    /// A server by its settings. It is not asked anything yet.
    pub fn new(settings: RerankServerSettings) -> Result<Self, ModelServerError> {
        let server = ModelServer::new(Access {
            base_url: &settings.base_url,
            route: match settings.interface {
                RerankInterface::Cohere => Route::OpenAi("rerank"),
                RerankInterface::Tei => Route::Plain("rerank"),
            },
            model: &settings.model,
            api_key: settings.api_key.as_ref(),
            connect_timeout: settings.connect_timeout,
            idle_timeout: settings.timeout,
            retries: RETRIES,
        })?;
        Ok(Self { settings, server })
    }

    fn request(&self, question: &str, texts: &[&str]) -> Value {
        match self.settings.interface {
            RerankInterface::Cohere => {
                let mut body = json!({ "query": question, "documents": texts, "top_n": texts.len() });
                if !self.settings.model.is_empty() {
                    body["model"] = json!(self.settings.model);
                }
                body
            }
            RerankInterface::Tei => json!({ "query": question, "texts": texts, "truncate": true }),
        }
    }
}

#[derive(Deserialize)]
struct Ranked {
    index: usize,
    #[serde(alias = "relevance_score")]
    score: f32,
}

/// The numbers where their texts stand; else what is wrong with the answer.
fn read(interface: RerankInterface, answer: Value, texts: usize) -> Result<Vec<f32>, String> {
    let list = match (interface, answer) {
        (RerankInterface::Cohere, Value::Object(mut answer)) => answer.remove("results").unwrap_or_default(),
        (_, answer) => answer,
    };
    let ranked: Vec<Ranked> =
        serde_json::from_value(list).map_err(|_| "the answer holds no numbers".to_owned())?;
    let mut scores: Vec<Option<f32>> = vec![None; texts];
    for Ranked { index, score } in ranked {
        let place = scores.get_mut(index).ok_or(format!("there is no text {index}"))?;
        *place = Some(score).filter(|score| score.is_finite());
    }
    let scores: Option<Vec<f32>> = scores.into_iter().collect();
    scores.ok_or_else(|| "not every text has a number".to_owned())
}

#[async_trait]
impl Reranker for RerankServer {
    async fn rerank(&self, question: &str, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let answer = self.server.ask(&self.request(question, texts), self.settings.timeout).await?;
        read(self.settings.interface, answer, texts.len()).map_err(strange)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::RerankInterface::{Cohere, Tei};
    use super::read;

    #[test]
    fn answers_are_read() {
        let ranked = json!([{ "index": 1, "relevance_score": 0.9 }, { "index": 0, "relevance_score": 0.1 }]);
        let scored = json!([{ "index": 1, "score": 0.9 }, { "index": 0, "score": 0.1, "text": "…" }]);
        let cases = [
            (Cohere, json!({ "results": ranked, "meta": {} }), Ok(vec![0.1, 0.9])),
            (Cohere, json!({ "results": scored }), Ok(vec![0.1, 0.9])),
            (Tei, scored.clone(), Ok(vec![0.1, 0.9])),
            (Cohere, json!({ "data": [] }), Err("no numbers")),
            (Cohere, json!({ "results": [] }), Err("not every text")),
            (Tei, json!([{ "index": 2, "score": 1 }]), Err("no text 2")),
            (Tei, json!([{ "index": 0, "score": "high" }]), Err("no numbers")),
        ];
        for (interface, answer, expected) in cases {
            let told = answer.to_string();
            match (read(interface, answer, 2), expected) {
                (Ok(scores), Ok(expected)) => assert_eq!(scores, expected, "{told}"),
                (Err(problem), Err(expected)) => assert!(problem.contains(expected), "{told}: {problem}"),
                (found, _) => panic!("{told}: {found:?}"),
            }
        }
    }
}
