//! Who did what? Written down behind the request, so that nobody waits for it, and never lost in silence.
//!
//! An entry names who asked and by which key, what was cited or which rule refused, and when. What was typed is in it
//! only where the settings say so, with personal data masked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::request::Parts;
use siren_domain::ports::Authenticated;
use siren_domain::ports::state::{AuditEntry, AuditLog, Millis};
use siren_domain::{Action, Answer};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Entries that may wait to be written; who has more to say waits.
const WAITING: usize = 1024;
/// Entries that are written at once.
const BATCH: usize = 64;
/// A store that is away is tried again after so long, and so often.
const PAUSE: Duration = Duration::from_millis(500);
const TRIES: u32 = 5;

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
    entries: Mutex<Option<mpsc::Sender<AuditEntry>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    questions: Option<Masker>,
}

/// A question that will have an entry, whatever becomes of it.
pub(crate) struct Asking {
    entry: Option<AuditEntry>,
    entries: Option<mpsc::Sender<AuditEntry>>,
}

impl Audit {
    /// Begins to write, where there is something to write to: within a runtime then.
    pub(crate) fn new(auditing: Auditing) -> Self {
        let Some(log) = auditing.log else { return Self::default() };
        let (entries, waiting) = mpsc::channel(WAITING);
        let writer = tokio::spawn(write(log, waiting));
        Self {
            entries: Mutex::new(Some(entries)),
            writer: Mutex::new(Some(writer)),
            questions: auditing.questions,
        }
    }

    fn entries(&self) -> Option<mpsc::Sender<AuditEntry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn add(&self, entry: AuditEntry) {
        if let Some(entries) = self.entries()
            && entries.send(entry).await.is_err()
        {
            lost(1);
        }
    }

    /// Somebody was turned away.
    pub(crate) async fn denied(&self, who: Option<&Authenticated>, request: &Parts, code: &str) {
        let by = who.map_or("nobody", |who| who.by.as_str());
        // The path without its query, which may hold anything.
        let detail = format!("by {by}; {} {}; {code}", request.method, request.uri.path());
        let outcome = "denied".to_owned();
        self.add(AuditEntry { action: "enter".to_owned(), outcome, ..entry(who, Some(detail)) }).await;
    }

    /// Somebody did something that changes the server or lets them in.
    pub(crate) async fn did(&self, who: &Authenticated, action: &str, outcome: &str, detail: &str) {
        let detail = format!("by {}{}{detail}", who.by, if detail.is_empty() { "" } else { "; " });
        let (action, outcome) = (action.to_owned(), outcome.to_owned());
        self.add(AuditEntry { action, outcome, ..entry(Some(who), Some(detail)) }).await;
    }

    /// Somebody asks. What comes of it is told to what is returned.
    pub(crate) fn asking(&self, who: Option<&Authenticated>, question: &str, subject: &str) -> Asking {
        let Some(entries) = self.entries() else { return Asking { entry: None, entries: None } };
        let by = who.map_or("nobody", |who| who.by.as_str());
        let kept = self.questions.as_ref().map(|mask| format!("; question: {}", mask(question)));
        let detail = format!("by {by}{}", kept.unwrap_or_default());
        let entry = AuditEntry {
            action: "ask".to_owned(),
            // Until something else is known.
            outcome: "left".to_owned(),
            subject: Some(subject.to_owned()),
            ..entry(who, Some(detail))
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
            entry.outcome = format!("failed: {code}");
        }
    }
}

/// However a question ends, also when its client hangs up, it is written down.
impl Drop for Asking {
    fn drop(&mut self) {
        let (Some(entry), Some(entries)) = (self.entry.take(), self.entries.take()) else { return };
        if let Err(mpsc::error::TrySendError::Full(entry)) = entries.try_send(entry)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            // Nobody can wait in a drop: another task does.
            runtime.spawn(async move {
                if entries.send(entry).await.is_err() {
                    lost(1);
                }
            });
        }
    }
}

fn entry(who: Option<&Authenticated>, detail: Option<String>) -> AuditEntry {
    let principal = who.map(|who| who.principal.name.clone()).unwrap_or_default();
    AuditEntry { at: now(), principal, detail, ..AuditEntry::default() }
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

async fn write(log: Arc<dyn AuditLog>, mut waiting: mpsc::Receiver<AuditEntry>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let mut tries = 0;
        while let Err(error) = log.add(&batch).await {
            tries += 1;
            tracing::error!(%error, tries, "the audit log cannot be written");
            if tries == TRIES {
                lost(batch.len());
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        batch.clear();
    }
}

fn lost(entries: usize) {
    tracing::error!(entries, code = "audit_lost", "entries of the audit log are lost");
}
