//! Vectors made by a server: any that speaks OpenAI's interface, or Text Embeddings Inference.
//!
//! Texts that were embedded before are not sent again: a cache on disk knows them by their content.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use siren_domain::ports::{EmbedError, Embedder, ModelError};
use tokio::time::timeout;

use self::cache::Cache;
use self::wire::{read, request};
use crate::model_server::{Access, ModelServer, ModelServerError, RETRIES, Route, strange};
use crate::secret::Secret;

mod cache;
mod wire;

/// Requests under way at a time.
const AT_ONCE: usize = 4;

/// What the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// `POST /v1/embeddings`, as OpenAI, vLLM, llama.cpp and Ollama have it.
    OpenAi,
    /// `POST /embed` of Text Embeddings Inference.
    Tei,
}

/// Which server makes the vectors, and how.
#[derive(Clone, Debug)]
pub struct EmbeddingServerSettings {
    /// What the server speaks.
    pub interface: Interface,
    /// The server's address.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// What the server wants to see, if anything.
    pub api_key: Option<Secret>,
    /// Numbers of a vector of this model.
    pub dimensions: usize,
    /// Set before questions, as some models were trained to have it: `query: `.
    pub question_prefix: String,
    /// Set before passages: `passage: `.
    pub passage_prefix: String,
    /// Texts that are sent at once.
    pub batch: usize,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for the vectors of one batch, all attempts together.
    pub timeout: Duration,
    /// How long to wait for the vector of a question, which somebody waits for.
    pub question_timeout: Duration,
    /// The file that vectors are kept in; none to keep none.
    pub cache: Option<PathBuf>,
}

/// A server that makes vectors.
#[derive(Debug)]
pub struct EmbeddingServer {
    settings: EmbeddingServerSettings,
    server: ModelServer,
    cache: Option<Cache>,
    identity: String,
}

impl EmbeddingServer {
    /// A server by its settings. It is not asked anything yet.
    pub fn new(settings: EmbeddingServerSettings) -> Result<Self, ModelServerError> {
        let server = ModelServer::new(Access {
            base_url: &settings.base_url,
            route: match settings.interface {
                Interface::OpenAi => Route::OpenAi("embeddings"),
                Interface::Tei => Route::Plain("embed"),
            },
            model: &settings.model,
            api_key: settings.api_key.as_ref(),
            connect_timeout: settings.connect_timeout,
            idle_timeout: settings.timeout,
            retries: RETRIES,
        })?;
        // Not the address: the same model elsewhere makes the same vectors.
        let identity = format!(
            "server:{}/{} {:?} {:?}",
            settings.model, settings.dimensions, settings.question_prefix, settings.passage_prefix
        );
        let cache = settings.cache.clone().map(Cache::new);
        Ok(Self { settings, server, cache, identity })
    }

    async fn vectors(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        let Some(cache) = &self.cache else { return self.asked(&texts).await };
        let keys: Vec<cache::Key> = texts.iter().map(|text| cache::key(&self.settings.model, text)).collect();
        let mut found = cache.get(&keys, self.settings.dimensions).await;
        let missing: Vec<usize> = (0..texts.len()).filter(|at| found[*at].is_none()).collect();
        let unknown: Vec<String> = missing.iter().map(|at| texts[*at].clone()).collect();
        let made = self.asked(&unknown).await?;
        cache.put(missing.iter().map(|at| keys[*at]).zip(&made)).await;
        for (at, vector) in missing.into_iter().zip(made) {
            found[at] = Some(vector);
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// The vectors as the server makes them, several batches under way at a time.
    async fn asked(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let batches = texts.chunks(self.settings.batch.max(1)).map(<[String]>::to_vec);
        let answers = stream::iter(batches).map(|batch| self.batch(batch)).buffered(AT_ONCE);
        let vectors: Vec<Vec<Vec<f32>>> = answers.try_collect().await?;
        Ok(vectors.into_iter().flatten().collect())
    }

    async fn batch(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        let Self { settings, server, .. } = self;
        let body = request(settings.interface, &settings.model, &texts);
        let answer = server.ask(&body, settings.timeout).await.map_err(told)?;
        let read = read(settings.interface, answer, texts.len(), settings.dimensions);
        read.map_err(|what| told(strange(what)))
    }
}

fn told(error: ModelError) -> EmbedError {
    match error {
        ModelError::Unavailable(what) => EmbedError::Unavailable(what),
        ModelError::TooLong(what) => EmbedError::Protocol(format!(
            "{what}: make chunks smaller (`index.max_tokens`), or let the server truncate"
        )),
        ModelError::Protocol(what) => EmbedError::Protocol(what),
    }
}

#[async_trait]
impl Embedder for EmbeddingServer {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn dimensions(&self) -> usize {
        self.settings.dimensions
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let texts = texts.iter().map(|text| format!("{}{text}", self.settings.passage_prefix));
        self.vectors(texts.collect()).await
    }

    async fn embed_question(&self, question: &str) -> Result<Vec<f32>, EmbedError> {
        // Questions are seldom asked twice, and are nobody else's business: they are not kept.
        let text = format!("{}{question}", self.settings.question_prefix);
        let patience = self.settings.question_timeout;
        let made = timeout(patience, self.asked(&[text])).await;
        let made = made.map_err(|_| {
            let late = format!("{}: no vector came within {patience:?}", self.server.teller.address);
            EmbedError::Unavailable(late)
        })?;
        made?.pop().ok_or_else(|| EmbedError::Protocol("no vector came".into()))
    }
}
