//! `[rerank]`: what orders the first passages anew.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Slots, Wrong, counts, ensure, seconds};

/// What orders the first passages anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RerankKind {
    #[default]
    None,
    /// A server that speaks the interface of Cohere and Jina.
    Cohere,
    /// Text Embeddings Inference.
    Tei,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RerankSettings {
    pub(crate) kind: RerankKind,
    pub(crate) base_url: String,
    pub(crate) model: String,
    #[serde(skip_serializing)]
    pub(crate) api_key: String,
    pub(crate) api_key_file: String,
    pub(crate) candidates: usize,
    pub(crate) timeout_s: u64,
}

impl Default for RerankSettings {
    fn default() -> Self {
        Self {
            kind: RerankKind::default(),
            base_url: String::new(),
            model: String::new(),
            api_key: String::new(),
            api_key_file: String::new(),
            candidates: 50,
            timeout_s: 5,
        }
    }
}

impl Section for RerankSettings {
    fn purposes(&self) -> Purposes {
        &[
            (
                "rerank.kind",
                "what orders the first passages anew: none, cohere (also Jina, vLLM, llama.cpp) or tei, both by a server",
            ),
            ("rerank.base_url", "the reranking server, such as http://127.0.0.1:8002"),
            ("rerank.model", "the model's name there"),
            ("rerank.api_key", "its key, best as \"${NAME}\""),
            ("rerank.api_key_file", "a file that holds it instead, such as a mounted secret"),
            ("rerank.candidates", "passages that are ordered anew"),
            ("rerank.timeout_s", "seconds to wait for it; then the order stays as it is"),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        counts(&[("rerank.candidates", self.candidates, 1_000)])?;
        seconds(&[("rerank.timeout_s", self.timeout_s)])?;
        ensure(
            self.kind == RerankKind::None || !self.base_url.is_empty(),
            "rerank.base_url",
            "must name the reranking server's address",
        )
    }

    fn secret_files(&mut self) -> Vec<(&'static str, &str, &mut String)> {
        vec![("rerank.api_key_file", self.api_key_file.as_str(), &mut self.api_key)]
    }

    fn secrets(&mut self) -> Slots<'_> {
        vec![("rerank.api_key", &mut self.api_key)]
    }

    fn addresses(&mut self) -> Slots<'_> {
        vec![("rerank.base_url", &mut self.base_url)]
    }
}
