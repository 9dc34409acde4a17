//! Who did what? Written down behind the request, so that nobody waits for it, and never lost in silence: what finds no
//! place, because the store is away for long, is counted and told.
//!
//! An entry names who asked and by which key, what was cited or which rule refused, and when. What was typed is in it
//! only where the settings say so, with personal data masked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::request::Parts;
use siren_domain::ports::Authenticated;
use siren_domain::ports::state::{AuditEntry, AuditLog, Millis};
use siren_domain::{Action, Answer};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use super::peer;
use super::refusals::Refusals;
use crate::error::ApiError;
use crate::telemetry;

/// Entries that may wait to be written; one more is lost.
const WAITING: usize = 1024;
/// Entries that are written at once.
const BATCH: usize = 64;
/// A store that is away is tried again after so long, and so often.
const PAUSE: Duration = Duration::from_millis(500);
const TRIES: u32 = 5;
/// So often is written how many refusals were left out.
const MINUTE: Duration = Duration::from_secs(60);
/// Characters of a path, or of a name in one, that are written down: a client may have sent any.
const PATH: usize = 200;

/// Makes a question fit to be kept.
pub type Masker = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// What is written down, and where.
#[derive(Clone, Default)]
pub struct Auditing {
    /// None: nothing is written down.
    pub log: Option<Arc<dyn AuditLog>>,
    /// Keeps questions too, as this makes them; none: without them.
    pub questions: Option<Masker>,
}

#[derive(Default)]
pub(crate) struct Audit {
    entries: Mutex<Option<Entries>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    questions: Option<Masker>,
    refusals: Arc<Mutex<Refusals>>,
}

/// Where entries wait to be written. Nobody ever waits for a place.
#[derive(Clone)]
struct Entries {
    waiting: mpsc::Sender<AuditEntry>,
    /// Those that found no place and are not told of yet.
    lost: Arc<AtomicUsize>,
}

impl Entries {
    fn add(&self, entry: AuditEntry) {
        if self.waiting.try_send(entry).is_err() {
            telemetry::audit_lost(1);
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A question that will have an entry, whatever becomes of it.
pub(crate) struct Asking {
    entry: Option<AuditEntry>,
    entries: Option<Entries>,
}

impl Audit {
    /// Begins to write, where there is something to write to: within a runtime then.
    pub(crate) fn new(auditing: Auditing) -> Self {
        let Some(log) = auditing.log else { return Self::default() };
        let (waiting, read) = mpsc::channel(WAITING);
        let lost = Arc::new(AtomicUsize::new(0));
        let refusals = Arc::<Mutex<Refusals>>::default();
        let writer = Writer { log, lost: Arc::clone(&lost), refusals: Arc::clone(&refusals) };
        Self {
            entries: Mutex::new(Some(Entries { waiting, lost })),
            writer: Mutex::new(Some(tokio::spawn(writer.write(read)))),
            questions: auditing.questions,
            refusals,
        }
    }

    fn entries(&self) -> Option<Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, entry: AuditEntry) {
        if let Some(entries) = self.entries() {
            entries.add(entry);
        }
    }

    /// Somebody was turned away. Of those that nobody knows, a few of a network and minute are written down.
    pub(crate) fn denied(&self, who: Option<&Authenticated>, request: &Parts, code: &str) {
        let is_written = who.is_some() || {
            let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
            refusals.takes(peer(&request.extensions), now())
        };
        if is_written {
            let by = who.map_or("nobody", |who| who.by.as_str());
            // The path without its query, which may hold anything.
            let path = cut(request.uri.path());
            let detail = format!("by {by}; {} {path}; {code}", request.method);
            self.add(AuditEntry { outcome: "denied".to_owned(), ..entry("enter", who, Some(detail)) });
        }
    }

    /// Somebody did something that changes the server or lets them in.
    pub(crate) fn did(&self, who: &Authenticated, action: &str, outcome: &str, detail: &str) {
        let detail = format!("by {}{}{detail}", who.by, if detail.is_empty() { "" } else { "; " });
        let outcome = outcome.to_owned();
        self.add(AuditEntry { outcome, ..entry(action, Some(who), Some(detail)) });
    }

    /// Somebody did, or failed to do, something to an answer, a job or a generation.
    pub(crate) fn did_to<T>(
        &self,
        who: &Authenticated,
        action: &str,
        subject: Option<&str>,
        done: &Result<T, ApiError>,
    ) {
        let outcome = match done {
            Ok(_) => "done".to_owned(),
            Err(error) => failed(error.code),
        };
        let (subject, detail) = (subject.map(cut), Some(format!("by {}", who.by)));
        self.add(AuditEntry { outcome, subject, ..entry(action, Some(who), detail) });
    }

    /// Somebody asks. What comes of it is told to what is returned.
    pub(crate) fn asking(&self, who: &Authenticated, question: &str, subject: &str) -> Asking {
        let Some(entries) = self.entries() else { return Asking { entry: None, entries: None } };
        let kept = self.questions.as_ref().map(|mask| format!("; question: {}", mask(question)));
        let detail = format!("by {}{}", who.by, kept.unwrap_or_default());
        let entry = AuditEntry {
            // Until something else is known.
            outcome: "left".to_owned(),
            subject: Some(subject.to_owned()),
            ..entry("ask", Some(who), Some(detail))
        };
        Asking { entry: Some(entry), entries: Some(entries) }
    }

    /// Writes what is waiting, and nothing after it.
    pub(crate) async fn close(&self) {
        drop(self.entries.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && tokio::time::timeout(PAUSE * TRIES, writer).await.is_err()
        {
            tracing::error!("the audit log could not be written to its end");
        }
    }
}

impl Asking {
    /// There is an answer.
    pub(crate) fn answered(&mut self, answer: &Answer) {
        let outcome = match &answer.verdict.action {
            Action::Refuse { .. } => "refused",
            Action::HandOver { .. } => "handed_over",
            Action::AskBack { .. } => "asked_back",
            Action::Answer { .. } => "answered_by_rule",
            Action::Allow | Action::Narrow { .. } if answer.grounded => "answered",
            Action::Allow | Action::Narrow { .. } => "not_found",
        };
        if let Some(entry) = &mut self.entry {
            entry.outcome = outcome.to_owned();
            entry.rule.clone_from(&answer.verdict.rule);
            for citation in &answer.citations {
                if !entry.cited.contains(&citation.document_id) {
                    entry.cited.push(citation.document_id.clone());
                }
            }
        }
    }

    /// There is none, for this reason.
    pub(crate) fn failed(&mut self, code: &str) {
        if let Some(entry) = &mut self.entry {
            entry.outcome = failed(code);
        }
    }
}

/// However a question ends, also when its client hangs up, it is written down.
impl Drop for Asking {
    fn drop(&mut self) {
        if let (Some(entry), Some(entries)) = (self.entry.take(), self.entries.take()) {
            entries.add(entry);
        }
    }
}

/// Writes entries down behind those who make them.
struct Writer {
    log: Arc<dyn AuditLog>,
    lost: Arc<AtomicUsize>,
    refusals: Arc<Mutex<Refusals>>,
}

impl Writer {
    /// Until nobody can add any more.
    async fn write(self, mut waiting: mpsc::Receiver<AuditEntry>) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut minute = tokio::time::interval(MINUTE);
        minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let goes_on = tokio::select! {
                read = waiting.recv_many(&mut batch, BATCH) => read > 0,
                _ = minute.tick() => true,
            };
            batch.extend(self.left_out(goes_on));
            self.keep(&mut batch).await;
            if !goes_on {
                return;
            }
        }
    }

    /// How many refusals of a minute that is over, or of all when the server ends, were not written down.
    fn left_out(&self, goes_on: bool) -> Option<AuditEntry> {
        let now = if goes_on { now() } else { Millis::MAX };
        let left_out = self.refusals.lock().unwrap_or_else(PoisonError::into_inner).left_out(now)?;
        let detail = format!("by nobody; {left_out} more in a minute");
        Some(AuditEntry { outcome: "denied".to_owned(), ..entry("enter", None, Some(detail)) })
    }

    async fn keep(&self, batch: &mut Vec<AuditEntry>) {
        let mut tries = 0;
        while !batch.is_empty()
            && let Err(error) = self.log.add(batch).await
        {
            tries += 1;
            tracing::error!(%error, tries, "the audit log cannot be written");
            if tries == TRIES {
                telemetry::audit_lost(batch.len());
                self.lost.fetch_add(batch.len(), Ordering::Relaxed);
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        batch.clear();
        // Told here, in one line for many: whoever fills the log must not fill the server's own one, too.
        let entries = self.lost.swap(0, Ordering::Relaxed);
        if entries > 0 {
            tracing::error!(entries, code = "audit_lost", "entries of the audit log are lost");
        }
    }
}

fn entry(action: &str, who: Option<&Authenticated>, detail: Option<String>) -> AuditEntry {
    let principal = who.map(|who| who.principal.name.clone()).unwrap_or_default();
    AuditEntry { at: now(), action: action.to_owned(), principal, detail, ..AuditEntry::default() }
}

fn failed(code: &str) -> String {
    format!("failed: {code}")
}

fn cut(path: &str) -> String {
    match path.char_indices().nth(PATH) {
        Some((end, _)) => format!("{}…", &path[..end]),
        None => path.to_owned(),
    }
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}
