//! Which adapter plays which role, by the settings.

mod beir;
mod models;
mod sources;
mod stores;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use siren_adapters::assets::{AssetFolder, catalog};
use siren_adapters::embeddings::{EmbeddingServer, EmbeddingServerSettings, Interface};
use siren_adapters::encoder::SentenceEncoder;
use siren_adapters::mecab::MecabDictionary;
use siren_adapters::openai_chat::Secret;
use siren_adapters::rerankers::{RerankInterface, RerankServer, RerankServerSettings};
use siren_adapters::state::{StatePlace, StateStore};
use siren_domain::Metadata;
use siren_domain::ports::state::State;
use siren_domain::ports::{
    Assistant, DocumentSource, Embedder, Hints, Library, PassageStore, Reranker, Retriever, Store,
};
use siren_guard::personal::Allowed;
use siren_guard::{Guard, Secrets, Topics};
use siren_index::{ChunkSettings, IndexSettings, Pipeline};
use siren_merging::{HouseNames, LinkRules};
use siren_retrieval::{Aliases, Fusion, PassageRetriever, RetrievalSettings};
use siren_text::Analyser;

use crate::assistant::{Parts, PipelineAssistant, Rails, Turns};
use crate::commands::Failure;
use crate::containment::{Bounds, ContainedReader};
use crate::hints::HintsOfIndex;
use crate::library::RuledLibrary;
use crate::rails::{Known, LiveGuard, Meanings, NamedBy, NamesOfIndex, Privacy, hidden_instructions, read};
use crate::settings::{
    Effective, EmbeddingKind, FusionKind, RerankKind, SourceKind, SourceSettings, Unsupported,
};

pub(crate) use self::beir::BeirSource;

/// Below the state folder: vectors that a server has made.
const EMBEDDINGS: &str = "embeddings.sqlite";

/// Below the state folder: what is remembered of those who ask.
const STATE: &str = "state.sqlite";

/// Makes the parts of the system that a command needs.
pub(crate) struct Wiring {
    pub(crate) settings: Effective,
    pub(crate) quiet: bool,
    state: PathBuf,
    /// The state folder that the command was given; `state` differs where an index is only tried.
    home: PathBuf,
    /// Opened by the first that needs it.
    analyser: OnceLock<Analyser>,
    embedder: OnceLock<Option<Arc<dyn Embedder>>>,
    guard: OnceLock<Arc<LiveGuard>>,
    shared: models::Shared,
}

impl Wiring {
    pub(crate) fn new(settings: Effective, state: PathBuf, quiet: bool) -> Self {
        Self {
            settings,
            quiet,
            home: state.clone(),
            state,
            analyser: OnceLock::new(),
            embedder: OnceLock::new(),
            guard: OnceLock::new(),
            shared: models::Shared::default(),
        }
    }

    /// Where index and other state lie.
    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// The state folder that the command was given.
    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    /// Where language assets lie, whether or not there are any.
    pub(crate) fn assets(&self) -> AssetFolder {
        let named = &self.settings.settings.assets.path;
        AssetFolder::new(if named.is_empty() { self.state.join("assets") } else { self.settings.path(named) })
    }

    /// With the dictionary where there is one.
    pub(crate) fn analyser(&self) -> Result<Analyser, Failure> {
        if let Some(analyser) = self.analyser.get() {
            return Ok(analyser.clone());
        }
        let wanted = self.settings.settings.index.dictionary;
        let folder = wanted.then(|| self.assets().find(&catalog::DICTIONARY)).flatten();
        let analyser = match folder {
            None => Analyser::default(),
            Some(folder) => {
                let dictionary = MecabDictionary::open(&folder, catalog::DICTIONARY.identity());
                Analyser::with_dictionary(Arc::new(dictionary.map_err(Failure::failed)?))
            }
        };
        Ok(self.analyser.get_or_init(|| analyser).clone())
    }

    /// With the encoder where there is one.
    pub(crate) fn embedder(&self) -> Result<Option<Arc<dyn Embedder>>, Failure> {
        if let Some(embedder) = self.embedder.get() {
            return Ok(embedder.clone());
        }
        let embedder = match self.settings.settings.embedding.kind {
            EmbeddingKind::None => None,
            EmbeddingKind::Embedded => self.encoder()?,
            EmbeddingKind::OpenAi => Some(self.embedding_server(Interface::OpenAi)?),
            EmbeddingKind::Tei => Some(self.embedding_server(Interface::Tei)?),
        };
        Ok(self.embedder.get_or_init(|| embedder).clone())
    }

    fn encoder(&self) -> Result<Option<Arc<dyn Embedder>>, Failure> {
        let Some(folder) = self.assets().find(&catalog::ENCODER) else { return Ok(None) };
        let encoder = SentenceEncoder::open(&folder, &catalog::ENCODER.identity());
        Ok(Some(Arc::new(encoder.map_err(Failure::failed)?)))
    }

    fn embedding_server(&self, interface: Interface) -> Result<Arc<dyn Embedder>, Failure> {
        let embedding = &self.settings.settings.embedding;
        let server = EmbeddingServer::new(EmbeddingServerSettings {
            interface,
            base_url: embedding.base_url.clone(),
            model: embedding.model.clone(),
            api_key: (!embedding.api_key.is_empty()).then(|| Secret::new(&embedding.api_key)),
            dimensions: embedding.dimensions,
            question_prefix: embedding.question_prefix.clone(),
            passage_prefix: embedding.passage_prefix.clone(),
            batch: embedding.batch,
            connect_timeout: Duration::from_secs(self.settings.settings.answer.connect_timeout_s),
            timeout: Duration::from_secs(embedding.timeout_s),
            question_timeout: Duration::from_secs(embedding.question_timeout_s),
            cache: embedding.cache.then(|| self.state.join(EMBEDDINGS)),
        });
        Ok(Arc::new(server.map_err(Failure::usage)?))
    }

    /// Whether anything was ever remembered of those who ask, as far as that is known without asking a server.
    pub(crate) fn has_application_state(&self) -> bool {
        !self.settings.settings.state.url.is_empty() || self.state.join(STATE).exists()
    }

    /// What is remembered of those who ask; [`Self::state`] is the folder that indexes lie in.
    pub(crate) async fn application_state(&self) -> Result<Arc<dyn State>, Failure> {
        let state = &self.settings.settings.state;
        let place = match state.url.is_empty() {
            true => StatePlace::File(self.state.join(STATE)),
            false => StatePlace::Server { url: Secret::new(&state.url), connections: state.connections },
        };
        Ok(Arc::new(StateStore::open(&place).await.map_err(Failure::failed)?))
    }

    /// The same with other settings, and with the assets that are open already where the settings ask for the same.
    pub(crate) fn like(&self, settings: Effective, state: &Path) -> Self {
        let mut like = Self::new(settings, state.to_path_buf(), self.quiet);
        like.home.clone_from(&self.home);
        let (mine, other) = (&self.settings.settings, &like.settings.settings);
        let same_assets = self.assets().path() == like.assets().path();
        let same_analyser = same_assets && mine.index.dictionary == other.index.dictionary;
        let same_embedder = same_assets && mine.embedding == other.embedding;
        let same_guard = mine.guard == other.guard;
        if same_analyser {
            like.analyser = self.analyser.clone();
        }
        if same_embedder {
            like.embedder = self.embedder.clone();
        }
        if same_guard {
            like.guard = self.guard.clone();
        }
        like.shared = self.shared.counts();
        like
    }

    fn chunk_settings(&self) -> ChunkSettings {
        let index = &self.settings.settings.index;
        ChunkSettings { max_tokens: index.max_tokens, overlap: index.overlap }
    }

    pub(crate) fn index_settings(&self) -> IndexSettings {
        IndexSettings { chunks: self.chunk_settings(), max_shrink: self.settings.settings.index.max_shrink }
    }

    pub(crate) fn index_pipeline(&self) -> Result<Pipeline, Failure> {
        self.index_pipeline_to(self.store()?)
    }

    /// The index stage from the configured sources to this store.
    pub(crate) fn index_pipeline_to(&self, store: Arc<dyn Store>) -> Result<Pipeline, Failure> {
        let index = &self.settings.settings.index;
        let bounds = Bounds { seconds: index.read_seconds, megabytes: index.read_megabytes };
        let pipeline = self.pipeline(self.sources()?, store)?;
        let aliases = HouseNames::new(self.aliases()?.names());
        let rules = self.named_sources().into_iter().filter_map(|(name, source)| {
            let merge = source.merge.as_ref()?;
            Some((name, LinkRules { aliases: aliases.clone(), ..merge.rules() }))
        });
        let pipeline = pipeline.with_reader(Arc::new(ContainedReader::new(bounds))).linking(rules.collect());
        let guard = self.guard()?;
        let identity = guard.passage_identity();
        let inspector = move |meta: &Metadata, text: &str| hidden_instructions(&guard, meta, text);
        Ok(pipeline.with_inspector(&identity, Arc::new(inspector)))
    }

    /// The index stage from these sources to this store.
    pub(crate) fn pipeline(
        &self,
        sources: Vec<Arc<dyn DocumentSource>>,
        store: Arc<dyn Store>,
    ) -> Result<Pipeline, Failure> {
        let pipeline = Pipeline::new(sources, store, self.index_settings());
        Ok(pipeline.with_analyser(self.analyser()?).with_embedder(self.embedder()?))
    }

    pub(crate) fn retriever(&self, store: Arc<dyn PassageStore>) -> Result<Arc<dyn Retriever>, Failure> {
        let settings = &self.settings.settings.retrieval;
        let settings = RetrievalSettings {
            n_candidates: settings.n_candidates,
            top_k: settings.top_k,
            context_tokens: settings.context_tokens,
            linked_records: settings.linked_records,
            fusion: match settings.fusion {
                FusionKind::Weighted => Fusion::Weighted { weight: settings.dense_weight },
                FusionKind::Rrf => Fusion::ReciprocalRank,
            },
            looked_at: settings.looked_at,
            reranked: self.settings.settings.rerank.candidates,
            mend: settings.mend,
            split: settings.split,
        };
        let orders = self.named_sources().into_iter();
        let orders = orders.filter_map(|(name, source)| Some(source.order.as_ref()?.of(&name)));
        Ok(Arc::new(
            PassageRetriever::new(store, settings)
                .with_analyser(self.analyser()?)
                .with_embedder(self.embedder()?)
                .with_reranker(self.reranker()?)
                .with_orders(orders.collect())
                .with_aliases(self.aliases()?),
        ))
    }

    /// The house's own names of things.
    fn aliases(&self) -> Result<Arc<Aliases>, Failure> {
        let named = &self.settings.settings.retrieval.aliases;
        if named.is_empty() {
            return Ok(Arc::default());
        }
        let path = self.settings.path(named);
        let place = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Failure::usage(format!("{place}: the names cannot be read: {error}: check `retrieval.aliases`"))
        })?;
        let aliases = Aliases::parse(&text)
            .map_err(|(line, problem)| Failure::usage(format!("{place}:{line}: {problem}")))?;
        Ok(Arc::new(aliases))
    }

    fn reranker(&self) -> Result<Option<Arc<dyn Reranker>>, Failure> {
        let rerank = &self.settings.settings.rerank;
        let interface = match rerank.kind {
            RerankKind::None => return Ok(None),
            RerankKind::Cohere => RerankInterface::Cohere,
            RerankKind::Tei => RerankInterface::Tei,
        };
        let server = RerankServer::new(RerankServerSettings {
            interface,
            base_url: rerank.base_url.clone(),
            model: rerank.model.clone(),
            api_key: (!rerank.api_key.is_empty()).then(|| Secret::new(&rerank.api_key)),
            connect_timeout: Duration::from_secs(self.settings.settings.answer.connect_timeout_s),
            timeout: Duration::from_secs(rerank.timeout_s),
        });
        Ok(Some(Arc::new(server.map_err(Failure::usage)?)))
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
        let known = Known { topics: self.topics()?, ..Known::default() };
        let live = Arc::new(LiveGuard::new(self.rule_file(), known)?);
        Ok(Arc::clone(self.guard.get_or_init(|| live)))
    }

    fn named_by(&self) -> NamedBy {
        let guard = &self.settings.settings.guard;
        NamedBy { companies: guard.company_sources.clone(), people: guard.person_sources.clone() }
    }

    /// The rules in force now, which know the names in the index.
    pub(crate) async fn guard_with_names(&self) -> Result<Arc<Guard>, Failure> {
        let live = self.live_guard()?;
        NamesOfIndex::new(self.named_by()).tell(&live, self.store()?.as_ref()).await;
        Ok(live.now())
    }

    /// The rules with other weights for topics.
    pub(crate) fn guard_with(&self, topics: Arc<Topics>) -> Result<Guard, Failure> {
        read(self.rule_file().as_deref(), &Known { topics, ..Known::default() })
    }

    fn rule_file(&self) -> Option<PathBuf> {
        let named = &self.settings.settings.guard.rules;
        (!named.is_empty()).then(|| self.settings.path(named))
    }

    /// The weights of cues for topics.
    fn topics(&self) -> Result<Arc<Topics>, Failure> {
        let named = &self.settings.settings.guard.topics;
        if named.is_empty() {
            return Ok(Topics::built_in());
        }
        let path = self.settings.path(named);
        let place = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Failure::usage(format!("{place}: the weights cannot be read: {error}: check `guard.topics`"))
        })?;
        Topics::parse(&place, &text).map(Arc::new).map_err(Failure::usage)
    }

    fn privacy(&self) -> Privacy {
        let guard = &self.settings.settings.guard;
        Privacy {
            groups: guard.personal_data_groups.clone(),
            allowed: Allowed::new(&guard.personal_data_allow),
        }
    }

    /// The documents as an asker may read them.
    pub(crate) fn library(&self) -> Result<Arc<dyn Library>, Failure> {
        let store = self.store()?;
        let retriever = self.retriever(Arc::clone(&store) as Arc<dyn PassageStore>)?;
        let (guard, privacy) = (self.live_guard()?, self.privacy());
        Ok(Arc::new(RuledLibrary { retriever, store, guard, privacy }))
    }

    /// What can be shown to anybody, and what can be asked.
    pub(crate) fn hints(&self) -> Result<Arc<dyn Hints>, Failure> {
        Ok(Arc::new(HintsOfIndex::new(self.store()?, self.privacy().allowed)))
    }

    fn rails(&self) -> Result<Rails, Failure> {
        let meanings = Meanings::new(self.embedder()?);
        let names = NamesOfIndex::new(self.named_by());
        self.topics()?.prepare();
        Ok(Rails {
            guard: self.live_guard()?,
            meanings,
            names,
            privacy: self.privacy(),
            secrets: Arc::new(Secrets::new(self.prompts()?.texts())),
        })
    }

    pub(crate) fn assistant(&self) -> Result<Arc<dyn Assistant>, Failure> {
        self.assembled(self.store()?, self.turns())
    }

    /// The whole pipeline over this store, for questions that can wait.
    pub(crate) fn assistant_over(&self, store: Arc<dyn Store>) -> Result<Arc<dyn Assistant>, Failure> {
        self.assembled(store, Turns::free())
    }

    fn assembled(&self, store: Arc<dyn Store>, turns: Turns) -> Result<Arc<dyn Assistant>, Failure> {
        let settings = &self.settings.settings;
        let retriever = self.retriever(Arc::clone(&store) as Arc<dyn PassageStore>)?;
        Ok(Arc::new(PipelineAssistant::new(Parts {
            rails: self.rails()?,
            retriever,
            store,
            models: self.models()?,
            spending: self.spending(),
            cache: self.answer_cache(),
            band: self.band(),
            turns,
            marks_unsupported: settings.answer.unsupported == Unsupported::Mark,
            max_question_chars: settings.serve.max_question_chars,
        })))
    }

    fn sources(&self) -> Result<Vec<Arc<dyn DocumentSource>>, Failure> {
        let sources = self.named_sources().into_iter();
        sources.map(|(name, source)| sources::source(&self.settings, source, name)).collect()
    }

    /// The sources that hold files, with the folder that each lies in where that is one of this machine.
    pub(crate) fn file_sources(&self) -> Result<Vec<FilesOf>, Failure> {
        let holds_files = |source: &SourceSettings| {
            !matches!(source.kind, SourceKind::Sql | SourceKind::Csv | SourceKind::Jsonl)
        };
        let sources = self.named_sources().into_iter().filter(|(_, source)| holds_files(source));
        sources
            .map(|(name, source)| {
                let folder = source.path.clone().filter(|_| source.kind == SourceKind::Folder);
                Ok(FilesOf { source: sources::source(&self.settings, source, name.clone())?, name, folder })
            })
            .collect()
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

/// A source that holds files.
pub(crate) struct FilesOf {
    pub(crate) name: String,
    pub(crate) source: Arc<dyn DocumentSource>,
    /// The folder, as it is named in the settings.
    pub(crate) folder: Option<String>,
}

/// Two sources may lie in folders of one name; their documents must not.
fn free_name(wanted: String, taken: &[String]) -> String {
    let numbered = (2..).map(|n| format!("{wanted}-{n}"));
    let mut candidates = std::iter::once(wanted.clone()).chain(numbered);
    candidates.find(|name| !taken.contains(name)).unwrap_or(wanted)
}
