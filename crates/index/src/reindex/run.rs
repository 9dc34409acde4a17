//! One run's state: what was met, what was written, what is left to delete.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use siren_domain::ports::{DocumentRecord, DocumentSource, GenerationWriter, StoreError};
use siren_domain::{Conflict, DocumentId, Fault};

use super::batches::batches;
use super::catalogue::{Catalogue, Loss, Moves, shrunk};
use super::make::{Made, Maker, Outcome};
use super::steps::Step;
use super::{Mode, Pipeline, Progress};
use crate::report::{Move, Report, Vectors};

/// Batches that are made while one is written: enough that no core waits for the writing.
const IN_FLIGHT: usize = 4;

pub(super) struct Run<'a> {
    pipeline: &'a Pipeline,
    mode: Mode,
    catalogue: Arc<Catalogue>,
    base: Option<u64>,
    writer: Option<Box<dyn GenerationWriter>>,
    maker: Arc<Maker>,
    expected: Option<usize>,
    seen: usize,
    moves: Moves,
    /// Documents whose version in the index must go, whatever became of their source.
    withdrawn: BTreeSet<DocumentId>,
    /// Sources whose missing documents may just be unread, each with what was told of it first.
    unsure: BTreeMap<String, String>,
    /// Documents of each source that were in the index, cannot be read now, and cannot be carried over.
    lost: BTreeMap<String, usize>,
    /// All that differs from the base.
    touched: BTreeSet<DocumentId>,
    report: Report,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        pipeline: &'a Pipeline,
        mode: Mode,
        catalogue: Catalogue,
        base: Option<u64>,
        report: Report,
    ) -> Self {
        let catalogue = Arc::new(catalogue);
        Self {
            expected: pipeline.expected(&catalogue),
            maker: Arc::new(Maker::new(Arc::clone(&catalogue), pipeline, mode)),
            pipeline,
            mode,
            catalogue,
            base,
            writer: None,
            seen: 0,
            moves: Moves::default(),
            withdrawn: BTreeSet::new(),
            unsure: BTreeMap::new(),
            lost: BTreeMap::new(),
            touched: BTreeSet::new(),
            report,
        }
    }

    pub(super) async fn source(
        &mut self,
        source: &dyn DocumentSource,
        progress: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<(), StoreError> {
        let (catalogue, maker) = (Arc::clone(&self.catalogue), Arc::clone(&self.maker));
        let name: Arc<str> = source.name().into();
        let batches = batches(source.items(catalogue));
        let made = batches.map(|batch| Arc::clone(&maker).make(Arc::clone(&name), batch));
        let mut made = std::pin::pin!(made.buffered(IN_FLIGHT));
        while let Some(outcomes) = made.next().await {
            for outcome in outcomes? {
                self.outcome(outcome).await?;
            }
            progress(Progress {
                source: &name,
                seen: self.seen,
                expected: self.expected,
                reprocessed: self.report.documents.reprocessed(),
            });
        }
        Ok(())
    }

    async fn outcome(&mut self, outcome: Outcome) -> Result<(), StoreError> {
        match outcome {
            Outcome::Same(fault) => {
                self.seen += 1;
                self.report.documents.unchanged += 1;
                self.report.faults.extend(fault.map(|fault| *fault));
            }
            Outcome::Fault(fault) => self.fault(*fault),
            Outcome::Blank(fault) => self.failed(*fault),
            Outcome::Withdrawn(fault) => {
                let id = fault.document.clone();
                id.iter().for_each(|id| self.catalogue.meet(id));
                self.withdrawn.extend(id);
                self.failed(*fault);
            }
            Outcome::Made(made) => self.put(*made).await?,
        }
        Ok(())
    }

    /// What cannot be read is not gone: the version that the index has stays.
    fn fault(&mut self, fault: Fault) {
        match &fault.document {
            Some(id) => {
                self.catalogue.meet(id);
                if !fault.kept {
                    self.lose(id, &fault.source);
                    return self.failed(fault);
                }
            }
            None => {
                self.unsure.entry(fault.source.clone()).or_insert_with(|| fault.to_string());
            }
        }
        self.report.faults.push(fault);
    }

    fn failed(&mut self, fault: Fault) {
        self.seen += 1;
        self.report.documents.failed += 1;
        self.report.faults.push(fault);
    }

    /// Where nothing is carried over, what cannot be read leaves the index.
    fn lose(&mut self, id: &DocumentId, source: &str) {
        if !self.catalogue.carries() && self.catalogue.knows(id) {
            *self.lost.entry(source.to_owned()).or_default() += 1;
        }
    }

    async fn put(&mut self, Made { record, linkable, chunks, bytes }: Made) -> Result<(), StoreError> {
        self.seen += 1;
        self.catalogue.meet(&record.id);
        if self.catalogue.holds(&record.id) {
            self.report.documents.changed += 1;
        } else {
            self.report.documents.added += 1;
            if self.catalogue.len() > 0 && !self.catalogue.knows(&record.id) {
                self.moves.added(&record.content, &record.id);
            }
        }
        self.touch(&record.id);
        self.report.chunks_written += chunks.len();
        self.report.bytes_read += bytes;
        self.report.faults.extend(record.fault.as_deref().cloned());
        let maker = Arc::clone(&self.maker);
        if let Some(writer) = self.writer().await? {
            let start = Instant::now();
            writer.put(record, chunks).await?;
            if let Some(linkable) = linkable {
                writer.put_record(linkable).await?;
            }
            maker.steps.took(Step::Write, start.elapsed());
        }
        Ok(())
    }

    fn touch(&mut self, id: &DocumentId) {
        self.report.touch(id);
        if self.base.is_some() {
            self.touched.insert(id.clone());
        }
    }

    async fn writer(&mut self) -> Result<Option<&mut Box<dyn GenerationWriter>>, StoreError> {
        if self.mode.dry_run {
            return Ok(None);
        }
        if self.writer.is_none() {
            self.writer = Some(self.pipeline.store.begin(self.base).await?);
        }
        Ok(self.writer.as_mut())
    }

    /// What is gone is deleted, unless its source could not be read or lost more than is believable.
    pub(super) async fn delete_missing(&mut self) -> Result<(), StoreError> {
        let catalogue = Arc::clone(&self.catalogue);
        let missing = catalogue.missing(self.pipeline.store.as_ref()).await?;
        let moves = std::mem::take(&mut self.moves).pair(&missing);
        self.find_shrunk(&missing, &moves);
        self.lose_no_source()?;
        if !catalogue.carries() {
            self.report.documents.lost = self.lost.values().sum();
            return Ok(());
        }
        let stays = |record: &DocumentRecord| {
            self.unsure.contains_key(&record.source) && !moves.contains_key(&record.id)
        };
        let (kept, gone): (Vec<_>, Vec<_>) = missing.into_iter().partition(stays);
        let withdrawn = self.withdrawn.iter().filter(|id| catalogue.holds(id)).cloned();
        let gone: Vec<DocumentId> = gone.into_iter().map(|record| record.id).chain(withdrawn).collect();
        let counts = &mut self.report.documents;
        counts.kept = kept.len();
        counts.moved = moves.len();
        counts.added -= moves.len();
        counts.deleted = gone.len() - moves.len();
        for id in gone {
            self.touch(&id);
            if let Some(writer) = self.writer().await? {
                writer.remove(&id).await?;
            }
        }
        self.report.moves = moves.into_iter().map(|(from, to)| Move { from, to }).collect();
        Ok(())
    }

    fn find_shrunk(&mut self, missing: &[DocumentRecord], moves: &BTreeMap<DocumentId, DocumentId>) {
        if self.mode.allow_shrink {
            return;
        }
        let most = self.pipeline.settings.max_shrink;
        for (source, loss) in shrunk(&self.catalogue, missing, moves, &self.lost, most) {
            if let Entry::Vacant(unsure) = self.unsure.entry(source) {
                let fault = shrank(unsure.key().clone(), loss);
                unsure.insert(fault.to_string());
                self.report.faults.push(fault);
            }
        }
    }

    /// Without a base there is nothing to keep unread documents from, so the old index stays as a whole where a source,
    /// or more of its documents than is believable, could not be read.
    fn lose_no_source(&self) -> Result<(), StoreError> {
        let lost = self.unsure.iter().find(|(source, _)| self.catalogue.holds_source(source));
        let Some((source, told)) = lost.filter(|_| self.base.is_none()) else { return Ok(()) };
        Err(StoreError::Failed {
            context: format!(
                "the index has to be made anew, but the source {source:?} could not be read as a whole, so the old index stays"
            ),
            cause: told.clone(),
        })
    }

    pub(super) async fn finish(mut self) -> Result<Report, StoreError> {
        self.report.touched.sort();
        let Some(writer) = self.writer else {
            let carried = self.catalogue.carries();
            self.report.conflicts = self.standing().await?;
            self.report.total_documents = if carried { self.catalogue.len() as u64 } else { 0 };
            self.report.total_chunks = if carried { self.catalogue.chunks() } else { 0 };
            return Ok(self.report);
        };
        let start = Instant::now();
        let generation = writer.finish(self.pipeline.identity()).await?;
        self.maker.steps.took(Step::Write, start.elapsed());
        self.report.steps = self.maker.steps.told();
        let Pipeline { store, tools, .. } = self.pipeline;
        self.report.conflicts =
            tools.merging.check(store.as_ref(), self.base, generation.number, &self.touched).await?;
        if let Some(gate) = &self.pipeline.gate {
            let judged = gate.judge(&generation, store.live().await?.as_ref()).await?;
            let refused = !judged.refusals.is_empty();
            self.report.gate = Some(judged);
            if refused {
                self.report.refused = Some(generation.number);
                return Ok(self.report);
            }
        }
        store.promote(generation.number).await?;
        self.report.generation = Some(generation.number);
        self.report.total_documents = generation.documents;
        self.report.total_chunks = generation.chunks;
        self.report.vectors = vectors(self.pipeline, &self.report);
        Ok(self.report)
    }
}

impl Run<'_> {
    /// The conflicts of the generation that goes on being served.
    async fn standing(&self) -> Result<Vec<Conflict>, StoreError> {
        let Some(base) = self.base else { return Ok(Vec::new()) };
        Ok(self.pipeline.store.records_of(base).await?.conflicts.clone().unwrap_or_default())
    }
}

fn vectors(pipeline: &Pipeline, report: &Report) -> Option<Vectors> {
    pipeline.tools.embedder.as_ref()?;
    let computed = report.chunks_written;
    Some(Vectors { computed, carried_over: report.total_chunks.saturating_sub(computed as u64) })
}

fn shrank(source: String, Loss { gone, unread, of }: Loss) -> Fault {
    let what = match (gone, unread) {
        (gone, 0) => format!("{gone} of its {of} documents are gone"),
        (0, unread) => format!("{unread} of its {of} documents cannot be read just now"),
        (gone, unread) => {
            format!("of its {of} documents {gone} are gone and {unread} cannot be read just now")
        }
    };
    Fault {
        document: None,
        place: format!("source {source:?}"),
        source,
        problem: format!("{what}, more than `index.max_shrink` believes"),
        remedy: "they stay in the index; if they are meant to be gone, run `siren reindex --allow-shrink`"
            .into(),
        kept: true,
    }
}
