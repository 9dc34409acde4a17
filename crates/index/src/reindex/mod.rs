//! One run: what is new, what changed, what is gone; only that is worked on.

mod batches;
mod catalogue;
mod make;
mod run;
mod steps;
mod warnings;

use std::collections::BTreeMap;
use std::sync::Arc;

use siren_domain::ports::{DocumentSource, Embedder, Generation, IndexIdentity, IndexStore, StoreError};
use siren_domain::{Fault, Metadata};
use siren_merging::LinkRules;
use siren_text::Analyser;

use crate::chunks::ChunkSettings;
use crate::faults::{Faults, Witness};
use crate::gate::Gate;
use crate::merge::Merging;
use crate::read::{DirectReader, Reader};
use crate::report::Report;
use catalogue::Catalogue;
use run::Run;

/// How much of the index is made anew, and whether anything is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// Everything, as if there were no index.
    pub full: bool,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Delete what is gone, however much of a source that is.
    pub allow_shrink: bool,
}

/// Told now and then while a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The source being read.
    pub source: &'a str,
    /// Items seen in all sources so far.
    pub seen: usize,
    /// Items that there will be, as far as the sources or the last run tell.
    pub expected: Option<usize>,
    /// Of those seen, items read and cut.
    pub reprocessed: usize,
}

/// How an index is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndexSettings {
    /// How documents are cut.
    pub chunks: ChunkSettings,
    /// A source that lost more than this share of its documents keeps them, unless that is allowed.
    pub max_shrink: f64,
}

/// Looks at a document's text, and tells its owner what should not stand there.
pub type Inspector = dyn Fn(&Metadata, &str) -> Option<Fault> + Send + Sync;

/// Stage 1, put together.
pub struct Pipeline {
    sources: Vec<Arc<dyn DocumentSource>>,
    store: Arc<dyn IndexStore>,
    settings: IndexSettings,
    tools: Tools,
    gate: Option<Arc<dyn Gate>>,
    witness: Option<Arc<Witness>>,
}

/// What documents are made with.
#[derive(Clone)]
struct Tools {
    reader: Arc<dyn Reader>,
    merging: Arc<Merging>,
    analyser: Analyser,
    embedder: Option<Arc<dyn Embedder>>,
    inspector: Option<Arc<Inspector>>,
}

impl Pipeline {
    /// A pipeline from sources to a store.
    pub fn new(
        sources: Vec<Arc<dyn DocumentSource>>,
        store: Arc<dyn IndexStore>,
        settings: IndexSettings,
    ) -> Self {
        let tools = Tools {
            reader: Arc::new(DirectReader),
            merging: Arc::default(),
            analyser: Analyser::default(),
            embedder: None,
            inspector: None,
        };
        Self { sources, store, settings, tools, gate: None, witness: None }
    }

    /// The same, with a gate that every new generation has to pass before it is served.
    #[must_use]
    pub fn with_gate(mut self, gate: Option<Arc<dyn Gate>>) -> Self {
        self.gate = gate;
        self
    }

    /// The same, with every fault shown to `witness` as it happens: a report lists only so many.
    #[must_use]
    pub fn with_witness(mut self, witness: Arc<Witness>) -> Self {
        self.witness = Some(witness);
        self
    }

    /// The same, with files read by `reader` instead of in this process.
    #[must_use]
    pub fn with_reader(mut self, reader: Arc<dyn Reader>) -> Self {
        self.tools.reader = reader;
        self
    }

    /// The same, with another analyser than the built-in one.
    #[must_use]
    pub fn with_analyser(mut self, analyser: Analyser) -> Self {
        self.tools.analyser = analyser;
        self
    }

    /// The same, with a vector for each chunk.
    #[must_use]
    pub fn with_embedder(mut self, embedder: Option<Arc<dyn Embedder>>) -> Self {
        self.tools.embedder = embedder;
        self
    }

    /// The same, with documents linked to the records of these sources.
    #[must_use]
    pub fn linking(mut self, rules: BTreeMap<String, LinkRules>) -> Self {
        self.tools.merging = Arc::new(self.tools.merging.linked_by(rules));
        self
    }

    /// The same, with every document that is read shown to `inspector`. Documents that did not change are read again
    /// when the identity is another than the last time.
    #[must_use]
    pub fn with_inspector(mut self, identity: &str, inspector: Arc<Inspector>) -> Self {
        self.tools.merging = Arc::new(self.tools.merging.inspected_by(identity));
        self.tools.inspector = Some(inspector);
        self
    }

    /// What an index made by this pipeline is made by.
    pub fn identity(&self) -> IndexIdentity {
        IndexIdentity {
            format: IndexIdentity::FORMAT,
            analyser: self.tools.analyser.identity(),
            chunker: self.settings.chunks.identity(),
            embedding: self.tools.embedder.as_ref().map(|embedder| embedder.identity().to_owned()),
        }
    }

    /// Brings the index up to date. The new generation is complete on disk, and live unless the gate refuses it, when
    /// this returns.
    pub async fn reindex(
        &self,
        mode: Mode,
        progress: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Report, StoreError> {
        if mode.dry_run {
            return self.run(mode, progress).await;
        }
        self.store.reserve().await?;
        let done = self.run(mode, progress).await;
        self.store.release().await;
        done
    }

    async fn run(&self, mode: Mode, progress: &(dyn Fn(Progress<'_>) + Sync)) -> Result<Report, StoreError> {
        let mut run = self.start(mode).await?;
        for source in &self.sources {
            run.source(source.as_ref(), progress).await?;
        }
        run.delete_missing().await?;
        run.finish().await
    }

    async fn start(&self, mode: Mode) -> Result<Run<'_>, StoreError> {
        let mut report = Report { faults: Faults::shown_to(self.witness.clone()), ..Report::default() };
        let live = self.store.live().await?;
        let nothing = || Catalogue::new(Arc::clone(&self.tools.merging));
        let catalogue = match &live {
            Some(live) => nothing().load(self.store.as_ref(), live).await.unwrap_or_else(|error| {
                report.faults.push(damaged(live.number, &error));
                nothing()
            }),
            None => nothing(),
        };
        let identity = self.identity();
        let fits = |live: &Generation| !mode.full && live.identity == identity && report.faults.count() == 0;
        let base = live.filter(fits).map(|live| live.number);
        let catalogue = catalogue.carrying(base.is_some());
        Ok(Run::new(self, mode, catalogue, base, report))
    }

    /// How many items there will be: what the sources tell, else as many as the last time.
    fn expected(&self, catalogue: &Catalogue) -> Option<usize> {
        let told: Option<usize> = self.sources.iter().map(|source| source.count()).sum();
        told.or(Some(catalogue.len()).filter(|held| *held > 0))
    }
}

fn damaged(number: u64, error: &StoreError) -> Fault {
    Fault {
        source: "index".into(),
        document: None,
        place: format!("generation {number}"),
        problem: error.to_string(),
        remedy: "nothing: every document is read anew for the next generation".into(),
        kept: true,
    }
}
