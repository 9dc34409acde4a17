//! `[embedding]`: what turns texts into vectors.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Slots, Wrong, counts, ensure, seconds, wrongly};

/// What turns texts into vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EmbeddingKind {
    None,
    #[default]
    Embedded,
    /// A server that speaks OpenAI's interface.
    OpenAi,
    /// Text Embeddings Inference.
    Tei,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EmbeddingSettings {
    pub(crate) kind: EmbeddingKind,
    pub(crate) base_url: String,
    pub(crate) model: String,
    #[serde(skip_serializing)]
    pub(crate) api_key: String,
    pub(crate) api_key_file: String,
    pub(crate) dimensions: usize,
    pub(crate) question_prefix: String,
    pub(crate) passage_prefix: String,
    pub(crate) batch: usize,
    pub(crate) timeout_s: u64,
    pub(crate) question_timeout_s: u64,
    pub(crate) cache: bool,
}

impl Default for EmbeddingSettings {
    fn default() -> Self {
        Self {
            kind: EmbeddingKind::default(),
            base_url: String::new(),
            model: String::new(),
            api_key: String::new(),
            api_key_file: String::new(),
            dimensions: 0,
            question_prefix: String::new(),
            passage_prefix: String::new(),
            batch: 64,
            timeout_s: 60,
            question_timeout_s: 5,
            cache: true,
        }
    }
}

impl EmbeddingSettings {
    /// The setting that a server cannot be asked without, if it is missing, and what it should be.
    fn missing(&self) -> Option<(&'static str, &'static str)> {
        let by_server = matches!(self.kind, EmbeddingKind::OpenAi | EmbeddingKind::Tei);
        let needed = [
            (self.base_url.is_empty(), "embedding.base_url", "must name the embedding server's address"),
            (self.model.is_empty(), "embedding.model", "must name the model: the index remembers it"),
            (
                self.dimensions == 0,
                "embedding.dimensions",
                "must tell how many numbers a vector of the model has",
            ),
        ];
        needed.into_iter().find(|(missing, ..)| by_server && *missing).map(|(_, key, what)| (key, what))
    }
}

impl Section for EmbeddingSettings {
    fn purposes(&self) -> Purposes {
        &[
            (
                "embedding.kind",
                "what turns texts into vectors: embedded (where `siren setup` has fetched the encoder), openai or tei (a server that speaks so), or none; a change makes the next reindex a full one",
            ),
            ("embedding.base_url", "the embedding server, such as http://127.0.0.1:8001"),
            ("embedding.model", "the model's name there; a change makes the next reindex a full one"),
            ("embedding.api_key", "its key, best as \"${NAME}\""),
            ("embedding.api_key_file", "a file that holds it instead, such as a mounted secret"),
            ("embedding.dimensions", "numbers of a vector of this model"),
            ("embedding.question_prefix", "set before questions, as some models want it: \"query: \""),
            ("embedding.passage_prefix", "set before passages: \"passage: \""),
            ("embedding.batch", "texts that are sent at once"),
            ("embedding.timeout_s", "seconds that the vectors of one batch may take"),
            (
                "embedding.question_timeout_s",
                "seconds that the vector of a question may take; without it, terms alone are looked for",
            ),
            ("embedding.cache", "whether vectors are kept below --state, by the content they were made of"),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        counts(&[("embedding.batch", self.batch, 10_000)])?;
        seconds(&[
            ("embedding.timeout_s", self.timeout_s),
            ("embedding.question_timeout_s", self.question_timeout_s),
        ])?;
        if let Some((key, what)) = self.missing() {
            return Err(wrongly(key, what));
        }
        ensure(self.dimensions <= 65_536, "embedding.dimensions", "must be at most 65536")
    }

    fn secret_files(&mut self) -> Vec<(&'static str, &str, &mut String)> {
        vec![("embedding.api_key_file", self.api_key_file.as_str(), &mut self.api_key)]
    }

    fn secrets(&mut self) -> Slots<'_> {
        vec![("embedding.api_key", &mut self.api_key)]
    }

    fn addresses(&mut self) -> Slots<'_> {
        vec![("embedding.base_url", &mut self.base_url)]
    }
}
