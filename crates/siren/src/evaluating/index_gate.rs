//! The gate between a new index and those who ask it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use siren_domain::gate::{GateNote, GateOutcome};
use siren_domain::ports::{Generation, Store, StoreError};
use siren_evaluation::gate::{GATED, gate};
use siren_evaluation::outcome::QuestionOutcome;
use siren_evaluation::record::RunRecord;
use siren_evaluation::significance::Chance;
use siren_evaluation::suite::Suite;
use siren_index::{Gate, Judged};

use super::{SEED, ask_suite, record};
use crate::commands::Failure;
use crate::output::Ticker;
use crate::settings::EmbeddingKind;
use crate::wiring::Wiring;

/// Records of generations that were judged, below the state.
const RECORDS: &str = "gate";

/// Asks a suite of the new index and of the old one.
pub(crate) struct IndexGate {
    wiring: Wiring,
    suite: Suite,
}

/// Lets everything pass, and has it remembered.
pub(crate) struct NoGate(pub(crate) Arc<dyn Store>);

#[async_trait]
impl Gate for NoGate {
    async fn judge(&self, candidate: &Generation, _: Option<&Generation>) -> Result<Judged, StoreError> {
        let note = GateNote {
            outcome: GateOutcome::Skipped,
            suite: None,
            reasons: Vec::new(),
            measures: BTreeMap::new(),
        };
        self.0.put_gate(candidate.number, &note).await?;
        Ok(Judged { refusals: Vec::new(), notes: vec!["the gate was not asked (--no-gate)".to_owned()] })
    }
}

/// Removes what generations answered that are not there any more.
pub(crate) fn prune_records(state: &Path, there: &[u64]) -> Result<(), Failure> {
    let Ok(entries) = std::fs::read_dir(state.join(RECORDS)) else { return Ok(()) };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // Nothing is removed but what the gate has written.
        let number = name.strip_suffix(".json").and_then(|number| number.parse::<u64>().ok());
        if number.is_some_and(|number| !there.contains(&number)) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

impl IndexGate {
    pub(crate) fn new(wiring: &Wiring, suite: Suite) -> Self {
        Self { wiring: wiring.like(wiring.settings.clone(), wiring.state()), suite }
    }

    async fn asked(&self, wiring: &Wiring, number: u64) -> Result<RunRecord, Failure> {
        let store = wiring.store_pinned_to(number)?;
        let ticker = Ticker::new(wiring.quiet);
        let what = format!("gate questions to generation {number}");
        let report = ask_suite(wiring, Arc::clone(&store), &self.suite, &|done, of| {
            ticker.tick(&what, done, Some(of));
        })
        .await?;
        ticker.done();
        record(wiring, store.as_ref(), &self.suite, &report).await
    }

    fn kept(&self, number: u64) -> PathBuf {
        self.wiring.state().join(RECORDS).join(format!("{number}.json"))
    }

    /// What the old index answers, asked with the analyser and encoder that it was made by; if those are gone, what it
    /// answered when it was judged.
    async fn before(&self, live: &Generation) -> Result<Option<Vec<QuestionOutcome>>, Failure> {
        if let Some(wiring) = self.fitting(live)? {
            return Ok(Some(self.asked(&wiring, live.number).await?.questions));
        }
        let kept = RunRecord::read(&self.kept(live.number)).ok();
        let kept = kept.filter(|record| record.suite_hash == self.suite.hash());
        Ok(kept.map(|record| record.questions))
    }

    /// Settings under which this generation can be searched.
    fn fitting(&self, live: &Generation) -> Result<Option<Wiring>, Failure> {
        let present = &self.wiring.settings.settings;
        let kinds = [present.embedding.kind, EmbeddingKind::None, EmbeddingKind::Embedded];
        for dictionary in [present.index.dictionary, false, true] {
            for kind in kinds {
                let mut settings = self.wiring.settings.clone();
                settings.settings.index.dictionary = dictionary;
                settings.settings.embedding.kind = kind;
                let wiring = self.wiring.like(settings, self.wiring.state());
                let embedding = wiring.embedder()?.map(|embedder| embedder.identity().to_owned());
                if wiring.analyser()?.identity() == live.identity.analyser
                    && embedding == live.identity.embedding
                {
                    return Ok(Some(wiring));
                }
            }
        }
        Ok(None)
    }

    async fn judged(&self, candidate: &Generation, live: Option<&Generation>) -> Result<Judged, Failure> {
        let before = match live {
            Some(live) => self.before(live).await?,
            None => None,
        };
        let now = self.asked(&self.wiring, candidate.number).await?;
        let chance = Chance { seed: SEED, ..Chance::default() };
        let said = gate(before.as_deref(), &now.questions, chance);
        let mut notes = Vec::new();
        match (live, &before) {
            (None, _) => notes.push("there is no earlier index to compare with: only leaks were looked for".into()),
            (Some(live), None) => notes.push(format!(
                "generation {} cannot be asked any more (its analyser or encoder is gone): only leaks were looked for",
                live.number
            )),
            _ => {}
        }
        let outcome = if said.passes { GateOutcome::Passed } else { GateOutcome::Refused };
        let mean = |name: &str| Some((name.to_owned(), now.overall.means.get(name)?.mean));
        let note = GateNote {
            outcome,
            suite: Some(self.suite.name.clone()),
            reasons: said.reasons.clone(),
            measures: GATED.into_iter().filter_map(mean).collect(),
        };
        self.wiring.store()?.put_gate(candidate.number, &note).await?;
        now.write(&self.kept(candidate.number))?;
        notes.push(format!(
            "{} questions of the suite {:?} were asked",
            self.suite.questions.len(),
            self.suite.name
        ));
        Ok(Judged { refusals: said.reasons, notes })
    }
}

#[async_trait]
impl Gate for IndexGate {
    async fn judge(&self, candidate: &Generation, live: Option<&Generation>) -> Result<Judged, StoreError> {
        self.judged(candidate, live).await.map_err(|failure| StoreError::Failed {
            context: "the gate could not be asked, so the old index stays (--no-gate goes on without it)"
                .into(),
            cause: failure.message,
        })
    }
}
