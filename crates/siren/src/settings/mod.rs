//! Every setting, its default, and where its value came from: defaults, then the file, then the environment.
//!
//! The only place that reads the environment.

mod environment;
mod file;
mod merge;
mod show;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub(crate) use environment::log_filter;
pub(crate) use file::SettingsError;
pub(crate) use source::{SourceKind, SourceSettings, Words};

/// The file that is read when none is named.
pub(crate) const DEFAULT_FILE: &str = "siren.toml";

/// Everything that can be set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) index: IndexSettings,
    pub(crate) assets: AssetSettings,
    pub(crate) embedding: EmbeddingSettings,
    pub(crate) rerank: RerankSettings,
    pub(crate) retrieval: RetrievalSettings,
    pub(crate) store: StoreSettings,
    pub(crate) answer: AnswerSettings,
    pub(crate) guard: GuardSettings,
    pub(crate) serve: ServeSettings,
    pub(crate) eval: EvalSettings,
    #[serde(rename = "source", skip_serializing)]
    pub(crate) sources: Vec<SourceSettings>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct IndexSettings {
    pub(crate) max_tokens: usize,
    pub(crate) overlap: usize,
    pub(crate) keep_generations: usize,
    pub(crate) max_shrink: f64,
    pub(crate) read_seconds: u64,
    pub(crate) read_megabytes: u64,
    pub(crate) dictionary: bool,
}

impl Default for IndexSettings {
    fn default() -> Self {
        Self {
            max_tokens: 400,
            overlap: 0,
            keep_generations: 5,
            max_shrink: 0.5,
            read_seconds: 60,
            read_megabytes: 1024,
            dictionary: true,
        }
    }
}

/// Optional language assets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AssetSettings {
    pub(crate) path: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RetrievalSettings {
    pub(crate) n_candidates: usize,
    pub(crate) top_k: usize,
    pub(crate) context_tokens: usize,
    pub(crate) linked_records: usize,
    pub(crate) fusion: FusionKind,
    pub(crate) dense_weight: f32,
}

impl Default for RetrievalSettings {
    fn default() -> Self {
        Self {
            n_candidates: 100,
            top_k: 10,
            context_tokens: 3000,
            linked_records: 3,
            fusion: FusionKind::Weighted,
            dense_weight: 0.4,
        }
    }
}

/// How terms and meaning become one order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FusionKind {
    #[default]
    Weighted,
    Rrf,
}

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
    pub(crate) dimensions: usize,
    pub(crate) question_prefix: String,
    pub(crate) passage_prefix: String,
    pub(crate) batch: usize,
    pub(crate) timeout_s: u64,
    pub(crate) cache: bool,
}

impl Default for EmbeddingSettings {
    fn default() -> Self {
        Self {
            kind: EmbeddingKind::default(),
            base_url: String::new(),
            model: String::new(),
            api_key: String::new(),
            dimensions: 0,
            question_prefix: String::new(),
            passage_prefix: String::new(),
            batch: 64,
            timeout_s: 60,
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
            candidates: 50,
            timeout_s: 5,
        }
    }
}

/// Where the index lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StoreKind {
    #[default]
    Embedded,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoreSettings {
    pub(crate) kind: StoreKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AnswerSettings {
    pub(crate) base_url: String,
    pub(crate) model: String,
    #[serde(skip_serializing)]
    pub(crate) api_key: String,
    pub(crate) max_tokens: u32,
    pub(crate) temperature: f32,
    pub(crate) connect_timeout_s: u64,
    pub(crate) first_token_timeout_s: u64,
    pub(crate) idle_timeout_s: u64,
    pub(crate) max_sentences: usize,
    pub(crate) min_evidence: f32,
    pub(crate) input_price: f64,
    pub(crate) output_price: f64,
}

impl Default for AnswerSettings {
    fn default() -> Self {
        let extractive = siren_adapters::extractive::ExtractiveSettings::default();
        Self {
            base_url: String::new(),
            model: String::new(),
            api_key: String::new(),
            max_tokens: 512,
            temperature: 0.0,
            connect_timeout_s: 5,
            first_token_timeout_s: 60,
            idle_timeout_s: 30,
            max_sentences: extractive.max_sentences,
            min_evidence: extractive.min_evidence,
            input_price: 0.0,
            output_price: 0.0,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GuardSettings {
    pub(crate) rules: String,
    pub(crate) topics: String,
    pub(crate) company_sources: Vec<String>,
    pub(crate) person_sources: Vec<String>,
    pub(crate) personal_data_groups: Vec<String>,
    pub(crate) personal_data_allow: Vec<String>,
}

/// What a new index is held to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EvalSettings {
    pub(crate) gate: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServeSettings {
    pub(crate) listen: String,
    pub(crate) model_name: String,
    pub(crate) max_question_chars: usize,
    pub(crate) max_body_bytes: usize,
    pub(crate) concurrent_answers: usize,
    pub(crate) answer_timeout_s: u64,
    pub(crate) drain_s: u64,
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            model_name: "siren".to_owned(),
            max_question_chars: 2000,
            max_body_bytes: 64 * 1024,
            concurrent_answers: 64,
            answer_timeout_s: 120,
            drain_s: 20,
        }
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A line of the settings file.
    File { path: PathBuf, line: usize },
    /// A variable of the environment.
    Environment(&'static str),
}

/// The settings in force.
#[derive(Clone, Debug)]
pub(crate) struct Effective {
    pub(crate) settings: Settings,
    /// Origins of what is not a default, by `section.key`.
    pub(crate) origins: BTreeMap<String, Origin>,
    /// What relative paths in the settings are relative to.
    pub(crate) base: PathBuf,
}

impl Effective {
    /// Reads the file named, else `siren.toml` if there is one, then the environment.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, SettingsError> {
        let mut effective = match named {
            Some(path) => file::read(path)?,
            None if Path::new(DEFAULT_FILE).exists() => file::read(Path::new(DEFAULT_FILE))?,
            None => Self::without_file(),
        };
        environment::apply(&mut effective);
        effective.check()?;
        Ok(effective)
    }

    /// Without a settings file, the folder `data` here is what there is to know.
    fn without_file() -> Self {
        let mut settings = Settings::default();
        if Path::new("data").is_dir() {
            settings.sources.push(SourceSettings::of_folder("data"));
        }
        Self { settings, origins: BTreeMap::new(), base: PathBuf::from(".") }
    }

    /// The file that was read, or that would be.
    pub(crate) fn file(&self) -> PathBuf {
        let of_keys = self.origins.values().find_map(|origin| match origin {
            Origin::File { path, .. } => Some(path.clone()),
            Origin::Environment(_) => None,
        });
        let of_sources = || self.settings.sources.iter().map(|source| source.place.file.clone());
        let named = of_keys.or_else(|| of_sources().find(|file| !file.as_os_str().is_empty()));
        named.unwrap_or_else(|| self.base.join(DEFAULT_FILE))
    }

    /// A path of the settings, as this process can open it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        let path = Path::new(path);
        if path.is_absolute() || self.base == Path::new(".") {
            path.to_path_buf()
        } else {
            self.base.join(path)
        }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let s = &self.settings;
        let counts = [
            ("index.max_tokens", s.index.max_tokens, 8_192),
            ("retrieval.top_k", s.retrieval.top_k, 1_000),
            ("retrieval.n_candidates", s.retrieval.n_candidates, 10_000),
            ("retrieval.context_tokens", s.retrieval.context_tokens, 1_000_000),
            ("answer.max_sentences", s.answer.max_sentences, 20),
            ("rerank.candidates", s.rerank.candidates, 1_000),
            ("embedding.batch", s.embedding.batch, 10_000),
            ("serve.max_question_chars", s.serve.max_question_chars, 100_000),
            ("serve.max_body_bytes", s.serve.max_body_bytes, 64 << 20),
            ("serve.concurrent_answers", s.serve.concurrent_answers, 100_000),
        ];
        if let Some((key, _, most)) = counts.into_iter().find(|(_, value, most)| !(1..=*most).contains(value))
        {
            return Err(self.wrong(key, &format!("must be between 1 and {most}")));
        }
        if !(128..=1 << 20).contains(&s.index.read_megabytes) {
            return Err(self.wrong("index.read_megabytes", "must be between 128 and 1048576"));
        }
        let seconds = [
            ("index.read_seconds", s.index.read_seconds),
            ("rerank.timeout_s", s.rerank.timeout_s),
            ("embedding.timeout_s", s.embedding.timeout_s),
            ("answer.connect_timeout_s", s.answer.connect_timeout_s),
            ("answer.first_token_timeout_s", s.answer.first_token_timeout_s),
            ("answer.idle_timeout_s", s.answer.idle_timeout_s),
            ("serve.answer_timeout_s", s.serve.answer_timeout_s),
            ("serve.drain_s", s.serve.drain_s),
        ];
        if let Some((key, _)) = seconds.into_iter().find(|(_, value)| !(1..=86_400).contains(value)) {
            return Err(self.wrong(key, "must be between 1 and 86400 seconds"));
        }
        if let Some((key, what)) = s.embedding.missing() {
            return Err(self.wrong(key, what));
        }
        if s.rerank.kind != RerankKind::None && s.rerank.base_url.is_empty() {
            return Err(self.wrong("rerank.base_url", "must name the reranking server's address"));
        }
        if s.embedding.dimensions > 65_536 {
            return Err(self.wrong("embedding.dimensions", "must be at most 65536"));
        }
        if s.retrieval.linked_records > 100 {
            return Err(self.wrong("retrieval.linked_records", "must be between 0 and 100"));
        }
        if s.index.overlap >= s.index.max_tokens {
            return Err(self.wrong("index.overlap", "must be smaller than index.max_tokens"));
        }
        let shares = [
            ("answer.min_evidence", f64::from(s.answer.min_evidence)),
            ("index.max_shrink", s.index.max_shrink),
            ("retrieval.dense_weight", f64::from(s.retrieval.dense_weight)),
        ];
        if let Some((key, _)) = shares.into_iter().find(|(_, value)| !(0.0..=1.0).contains(value)) {
            return Err(self.wrong(key, "must be between 0 and 1"));
        }
        let prices =
            [("answer.input_price", s.answer.input_price), ("answer.output_price", s.answer.output_price)];
        if let Some((key, _)) = prices.into_iter().find(|(_, price)| !price.is_finite() || *price < 0.0) {
            return Err(self.wrong(key, "must be 0 or more"));
        }
        Ok(())
    }

    fn wrong(&self, key: &str, what: &str) -> SettingsError {
        let place = match self.origins.get(key) {
            Some(Origin::File { path, line }) => format!("{}:{line}", path.display()),
            Some(Origin::Environment(name)) => (*name).to_owned(),
            None => "settings".to_owned(),
        };
        SettingsError(format!("{place}: `{key}` {what}"))
    }
}
