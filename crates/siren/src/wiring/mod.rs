//! Which adapter plays which role, by the settings.

mod beir;
mod sources;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use siren_adapters::embedded::EmbeddedStore;
use siren_adapters::extractive::{ExtractiveAnswerer, ExtractiveSettings};
use siren_adapters::openai_chat::{INSTRUCTIONS, OpenAiChat, OpenAiChatSettings, Secret};
use siren_domain::Metadata;
use siren_domain::ports::{AnswerModel, Assistant, DocumentSource, PassageStore, Retriever};
use siren_guard::personal::Allowed;
use siren_guard::{Guard, Secrets};
use siren_index::{ChunkSettings, IndexSettings, Pipeline};
use siren_retrieval::{PassageRetriever, RetrievalSettings};
use siren_text::Analyser;

use crate::assistant::{Models, PipelineAssistant, Rails};
use crate::commands::Failure;
use crate::containment::{Bounds, ContainedReader};
use crate::rails::{LiveGuard, Privacy, hidden_instructions};
use crate::settings::{Effective, SourceSettings};

pub(crate) use self::beir::BeirSource;

/// Makes the parts of the system that a command needs.
pub(crate) struct Wiring {
    pub(crate) settings: Effective,
    pub(crate) quiet: bool,
    state: PathBuf,
    guard: OnceLock<Arc<LiveGuard>>,
}

impl Wiring {
    pub(crate) fn new(settings: Effective, state: PathBuf, quiet: bool) -> Self {
        Self { settings, quiet, state, guard: OnceLock::new() }
    }

    pub(crate) fn store(&self) -> Arc<EmbeddedStore> {
        Arc::new(EmbeddedStore::new(&self.state, Analyser.identity()))
    }

    pub(crate) fn chunk_settings(&self) -> ChunkSettings {
        let index = &self.settings.settings.index;
        ChunkSettings { max_tokens: index.max_tokens, overlap: index.overlap }
    }

    pub(crate) fn index_settings(&self) -> IndexSettings {
        IndexSettings { chunks: self.chunk_settings(), max_shrink: self.settings.settings.index.max_shrink }
    }

    pub(crate) fn index_pipeline(&self) -> Result<Pipeline, Failure> {
        let index = &self.settings.settings.index;
        let bounds = Bounds { seconds: index.read_seconds, megabytes: index.read_megabytes };
        let pipeline = Pipeline::new(self.sources()?, self.store(), self.index_settings());
        let rules = self.named_sources().into_iter().filter_map(|(name, source)| {
            let merge = source.merge.as_ref()?;
            Some((name, merge.rules()))
        });
        let pipeline = pipeline.with_reader(Arc::new(ContainedReader::new(bounds))).linking(rules.collect());
        let guard = self.guard()?;
        let inspector = move |meta: &Metadata, text: &str| hidden_instructions(&guard, meta, text);
        Ok(pipeline.with_inspector(Arc::new(inspector)))
    }

    pub(crate) fn retriever(&self, store: Arc<dyn PassageStore>) -> Arc<dyn Retriever> {
        let settings = &self.settings.settings.retrieval;
        let settings = RetrievalSettings {
            n_candidates: settings.n_candidates,
            top_k: settings.top_k,
            context_tokens: settings.context_tokens,
            linked_records: settings.linked_records,
        };
        Arc::new(PassageRetriever::new(store, settings))
    }

    /// The rules in force now.
    pub(crate) fn guard(&self) -> Result<Arc<Guard>, Failure> {
        Ok(self.live_guard()?.now())
    }

    /// The rules, which follow their file.
    pub(crate) fn live_guard(&self) -> Result<Arc<LiveGuard>, Failure> {
        if let Some(live) = self.guard.get() {
            return Ok(Arc::clone(live));
        }
        let named = &self.settings.settings.guard.rules;
        let file = (!named.is_empty()).then(|| self.settings.path(named));
        let live = Arc::new(LiveGuard::new(file)?);
        Ok(Arc::clone(self.guard.get_or_init(|| live)))
    }

    fn rails(&self) -> Result<Rails, Failure> {
        let guard = &self.settings.settings.guard;
        let privacy = Privacy {
            groups: guard.personal_data_groups.clone(),
            allowed: Allowed::new(&guard.personal_data_allow),
        };
        Ok(Rails { guard: self.live_guard()?, privacy, secrets: Arc::new(Secrets::new(INSTRUCTIONS)) })
    }

    pub(crate) fn assistant(&self) -> Result<Arc<dyn Assistant>, Failure> {
        let answer = &self.settings.settings.answer;
        let extractive =
            ExtractiveSettings { max_sentences: answer.max_sentences, min_evidence: answer.min_evidence };
        let models =
            Models { first: self.chat_model()?, last: Arc::new(ExtractiveAnswerer::new(extractive)) };
        let store = self.store();
        let retriever = self.retriever(Arc::clone(&store) as Arc<dyn PassageStore>);
        let max_chars = self.settings.settings.serve.max_question_chars;
        Ok(Arc::new(PipelineAssistant::new(self.rails()?, retriever, store, models, max_chars)))
    }

    fn chat_model(&self) -> Result<Option<Arc<dyn AnswerModel>>, Failure> {
        let answer = &self.settings.settings.answer;
        if answer.base_url.is_empty() {
            return Ok(None);
        }
        let settings = OpenAiChatSettings {
            base_url: answer.base_url.clone(),
            model: answer.model.clone(),
            api_key: (!answer.api_key.is_empty()).then(|| Secret::new(&answer.api_key)),
            connect_timeout: Duration::from_secs(answer.connect_timeout_s),
            first_token_timeout: Duration::from_secs(answer.first_token_timeout_s),
            idle_timeout: Duration::from_secs(answer.idle_timeout_s),
            max_tokens: answer.max_tokens,
            temperature: answer.temperature,
        };
        let model = OpenAiChat::new(settings).map_err(Failure::usage)?;
        Ok(Some(Arc::new(model)))
    }

    fn sources(&self) -> Result<Vec<Arc<dyn DocumentSource>>, Failure> {
        let sources = self.named_sources().into_iter();
        sources.map(|(name, source)| sources::source(&self.settings, source, name)).collect()
    }

    /// Each source with the name that no other has.
    fn named_sources(&self) -> Vec<(String, &SourceSettings)> {
        let mut out: Vec<(String, &SourceSettings)> = Vec::new();
        for source in &self.settings.settings.sources {
            let taken: Vec<String> = out.iter().map(|(name, _)| name.clone()).collect();
            out.push((free_name(source.default_name(), &taken), source));
        }
        out
    }
}

/// Two sources may lie in folders of one name; their documents must not.
fn free_name(wanted: String, taken: &[String]) -> String {
    let numbered = (2..).map(|n| format!("{wanted}-{n}"));
    let mut candidates = std::iter::once(wanted.clone()).chain(numbered);
    candidates.find(|name| !taken.contains(name)).unwrap_or(wanted)
}
