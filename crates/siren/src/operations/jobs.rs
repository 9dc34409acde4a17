//! What those who run the server ask of it, done: reindexing as a job, generations, rules, settings.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use siren_domain::ports::state::{JobProgress, JobState, Jobs, Lease, NewJob, State, StateError};
use siren_domain::ports::{
    Generation, GenerationShown, OperationError, Operations, ReindexOrder, RuleShown, RulesShown,
    SettingShown, StoreError,
};
use siren_index::{Gate, Judged, Mode, Progress, Report};
use tokio::sync::watch;

use crate::clock;
use crate::commands::{Failure, Reindexing};
use crate::names::new_id;
use crate::wiring::Wiring;

use super::Reloader;

/// What only one replica may do at a time.
pub(crate) const REINDEX: &str = "reindex";

/// A replica that is not heard of for so long has lost what it was doing.
const LEASE: Duration = Duration::from_secs(30);

/// So often a job tells how far it is, and looks whether it is still wanted.
const BEAT: Duration = Duration::from_millis(300);

/// When the server ends, so long is waited for a job to write down how it ended.
const LAST: Duration = Duration::from_secs(5);

/// A server's operations.
pub(crate) struct ServerOperations {
    reloader: Arc<Reloader>,
    state: Arc<dyn State>,
    /// This replica's name.
    holder: String,
    /// True once the server ends. Every job that runs looks at it.
    stopping: watch::Sender<bool>,
}

impl ServerOperations {
    pub(crate) fn new(reloader: Arc<Reloader>, state: Arc<dyn State>, holder: String) -> Self {
        Self { reloader, state, holder, stopping: watch::Sender::new(false) }
    }

    /// The server ends: what runs is stopped, while answers are still finished.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until what runs has said how it ended.
    pub(crate) async fn close(&self) {
        self.stop();
        if tokio::time::timeout(LAST, self.stopping.closed()).await.is_err() {
            tracing::warn!("a job could not be stopped in time: another server will tell that it is gone");
        }
    }

    /// The settings, rules and assets in force now.
    fn wiring(&self) -> Arc<Wiring> {
        self.reloader.wiring()
    }
}

fn of_state(error: &StateError) -> OperationError {
    OperationError::Failed(error.to_string())
}

fn of_store(error: StoreError) -> OperationError {
    match error {
        StoreError::Busy(_) => OperationError::Busy("The index is being written: wait for it.".to_owned()),
        StoreError::NoGeneration(_) => OperationError::Wrong("There is no such generation.".to_owned()),
        error => OperationError::Failed(error.to_string()),
    }
}

fn of_failure(failure: Failure) -> OperationError {
    OperationError::Failed(failure.message)
}

#[async_trait]
impl Operations for ServerOperations {
    async fn reindex(&self, by: &str, order: ReindexOrder) -> Result<String, OperationError> {
        let lease =
            self.state.acquire(REINDEX, &self.holder, LEASE).await.map_err(|error| of_state(&error))?;
        let Some(lease) = lease else {
            return Err(OperationError::Busy(
                "The index is being brought up to date already: wait for it.".to_owned(),
            ));
        };
        let begun = async {
            self.state.abandon(&lease, clock::now_ms()).await?;
            let job = NewJob { id: new_id("job"), kind: REINDEX.into(), by: by.into(), at: clock::now_ms() };
            Jobs::begin(self.state.as_ref(), &job, &lease).await?;
            Ok::<_, StateError>(job.id)
        };
        let id: String = match begun.await {
            Ok(id) => id,
            Err(error) => {
                // It runs out by itself where it cannot be given back.
                let _runs_out = self.state.release(&lease).await;
                return Err(of_state(&error));
            }
        };
        let (wiring, state) = (self.wiring(), Arc::clone(&self.state));
        let job = Job { wiring, state, lease, id: id.clone(), stopping: self.stopping.subscribe() };
        let runtime = tokio::runtime::Handle::current();
        // Writing an index keeps its thread busy for long; those that answer questions must not wait for it.
        tokio::task::spawn_blocking(move || runtime.block_on(job.run(order)));
        Ok(id)
    }

    async fn generations(&self) -> Result<Vec<GenerationShown>, OperationError> {
        let store = self.wiring().store().map_err(of_failure)?;
        let live = store.live().await.map_err(of_store)?.map(|live| live.number);
        let all = store.generations().await.map_err(of_store)?;
        let mut shown = Vec::with_capacity(all.len());
        for generation in all {
            let gate = store.gate_of(generation.number).await.map_err(of_store)?;
            shown.push(GenerationShown { live: Some(generation.number) == live, gate, generation });
        }
        Ok(shown)
    }

    async fn promote(&self, number: u64) -> Result<(), OperationError> {
        self.wiring().store().map_err(of_failure)?.promote(number).await.map_err(of_store)
    }

    fn rules(&self) -> RulesShown {
        let Ok(guard) = self.wiring().guard() else {
            return RulesShown { file: None, identity: String::new(), rules: Vec::new() };
        };
        let rules = guard.rules().iter().map(|rule| RuleShown {
            id: rule.id.clone(),
            purpose: rule.purpose.clone(),
            action: rule.action().to_owned(),
            owner: rule.owner.clone(),
            line: rule.line as u64,
        });
        let file =
            Some(&self.wiring().settings.settings.guard.rules).filter(|file| !file.is_empty()).cloned();
        RulesShown { file, identity: guard.identity().to_owned(), rules: rules.collect() }
    }

    async fn reload_rules(&self) -> Result<RulesShown, OperationError> {
        let guard = self.wiring().live_guard().map_err(of_failure)?;
        guard.reload().map_err(|failure| OperationError::Wrong(failure.message))?;
        Ok(self.rules())
    }

    fn settings(&self) -> Vec<SettingShown> {
        let shown = self.wiring().settings.to_json();
        let rows = shown["settings"].as_object().into_iter().flatten();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let setting = |(key, row): (&String, &serde_json::Value)| SettingShown {
            key: key.clone(),
            value: row["value"].to_string(),
            origin: text(&row["origin"]),
            purpose: text(&row["purpose"]),
        };
        rows.map(setting).collect()
    }
}

/// A reindex on its way, under a lease.
struct Job {
    wiring: Arc<Wiring>,
    state: Arc<dyn State>,
    lease: Lease,
    id: String,
    stopping: watch::Receiver<bool>,
}

/// How a job ends, and what is told of it.
type End = (JobState, String);

impl Job {
    async fn run(self, order: ReindexOrder) {
        let (state, outcome) = self.work(order).await;
        tracing::info!(job = self.id, ?state, "the reindex has ended");
        let ended =
            Jobs::end(self.state.as_ref(), &self.id, &self.lease, state, &outcome, clock::now_ms()).await;
        if let Err(error) = ended {
            tracing::error!(job = self.id, %error, "how a job ended could not be kept");
        }
        if let Err(error) = self.state.release(&self.lease).await {
            tracing::warn!(%error, "a lease could not be given back: it runs out by itself");
        }
    }

    async fn work(&self, order: ReindexOrder) -> End {
        let before = live(&self.wiring).await;
        let latest = Mutex::new(JobProgress::default());
        let show = |progress: Progress<'_>| {
            let told = JobProgress {
                what: format!("{} ({} read anew)", progress.source, progress.reprocessed),
                done: progress.seen as u64,
                // More than was expected: nobody knows any more how much is left.
                expected: progress.expected.filter(|of| *of >= progress.seen).map(|of| of as u64),
            };
            *latest.lock().unwrap_or_else(PoisonError::into_inner) = told;
        };
        let so_far = &|| latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mode = Mode { full: order.full, dry_run: false, allow_shrink: order.allow_shrink };
        let stopped = {
            let mut work = pin!(self.reindex(mode, order.no_gate, &show));
            tokio::select! {
                ended = &mut work => {
                    // What came after the last beat is told too.
                    return match (self.stopped(&so_far()).await, ended) {
                        (Some(stopped), Err(_)) => stopped,
                        (_, ended) => end_of(ended),
                    };
                }
                stopped = self.until_stopped(so_far) => stopped,
            }
        };
        // What was in the making is gone with its future, unless it was just promoted.
        match live(&self.wiring).await {
            now if now == before => stopped,
            now => (JobState::Done, json!({ "generation": now }).to_string()),
        }
    }

    async fn reindex(
        &self,
        mode: Mode,
        no_gate: bool,
        show: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Report, Failure> {
        let gate = Reindexing::gate(&self.wiring, no_gate)?;
        let (state, lease, job) = (Arc::clone(&self.state), self.lease.clone(), self.id.clone());
        let fenced = Fenced { inner: gate, state, lease, job };
        Reindexing::run(&self.wiring, mode, Some(Arc::new(fenced)), show).await
    }

    /// Tells how far it is, beat by beat, until it is not wanted any more, and why. Goes on beside the work: a state that
    /// does not answer must not hold it up.
    async fn until_stopped(&self, so_far: impl Fn() -> JobProgress) -> End {
        let mut stopping = self.stopping.clone();
        let beats = async {
            loop {
                tokio::time::sleep(BEAT).await;
                if let Some(why) = self.stopped(&so_far()).await {
                    return why;
                }
            }
        };
        tokio::select! {
            why = beats => why,
            _ = stopping.wait_for(|stopping| *stopping) => {
                (JobState::Cancelled, "The server that ran it was stopped; the index that is served stays.".into())
            }
        }
    }

    /// Tells how far it is. Some when it is not wanted any more, and why.
    async fn stopped(&self, progress: &JobProgress) -> Option<End> {
        let told = async {
            self.state.renew(&self.lease, LEASE).await?;
            self.state.progress(&self.id, &self.lease, progress).await?;
            Jobs::get(self.state.as_ref(), &self.id).await
        };
        match told.await {
            Ok(job) if job.cancel_asked => {
                Some((JobState::Cancelled, "Somebody stopped it; the index that is served stays.".into()))
            }
            Ok(_) => None,
            Err(StateError::Lost(cause)) => Some((JobState::Failed, cause)),
            // It goes on: the gate asks for the lease before anything is served.
            Err(error) => {
                tracing::warn!(job = self.id, %error, "how far a job is could not be told");
                None
            }
        }
    }
}

async fn live(wiring: &Wiring) -> Option<u64> {
    let store = wiring.store().ok()?;
    store.live().await.ok()?.map(|live| live.number)
}

fn end_of(ended: Result<Report, Failure>) -> End {
    match ended {
        Ok(report) => {
            let state = if report.refused.is_some() { JobState::Failed } else { JobState::Done };
            (state, outcome(&report).to_string())
        }
        Err(failure) => {
            tracing::error!(cause = failure.message, "a reindex failed");
            (
                JobState::Failed,
                "It went wrong; the index that is served stays. The server's log tells why.".into(),
            )
        }
    }
}

/// What an operator wants to know of a run.
fn outcome(report: &Report) -> serde_json::Value {
    json!({
        "generation": report.generation,
        "refused": report.refused,
        "gate": report.gate,
        "documents": report.documents,
        "total_documents": report.total_documents,
        "total_chunks": report.total_chunks,
        "conflicts": report.conflicts.len(),
        "faults": report.faults.listed(),
        "fault_count": report.faults.count(),
    })
}

/// Nothing is served by a replica that has lost its lease meanwhile, and nothing of a job that somebody stopped.
struct Fenced {
    inner: Option<Arc<dyn Gate>>,
    state: Arc<dyn State>,
    lease: Lease,
    job: String,
}

#[async_trait]
impl Gate for Fenced {
    async fn judge(&self, candidate: &Generation, live: Option<&Generation>) -> Result<Judged, StoreError> {
        let judged = match &self.inner {
            Some(gate) => gate.judge(candidate, live).await?,
            None => Judged::default(),
        };
        let not_served = |why: &str, cause: String| {
            Err(StoreError::Failed { context: format!("the new index is not served, since {why}"), cause })
        };
        if let Err(error) = self.state.renew(&self.lease, LEASE).await {
            return not_served("another server may be at it", error.to_string());
        }
        match Jobs::get(self.state.as_ref(), &self.job).await {
            Ok(job) if job.cancel_asked => not_served("somebody stopped it", String::new()),
            // Whoever cannot be heard has stopped nothing.
            _ => Ok(judged),
        }
    }
}
