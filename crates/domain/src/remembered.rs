//! What the application remembers of those who use it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Basis, Citation, Understood};
use crate::document::DocumentId;
use crate::principal::{Principal, Role};
use crate::record::{Conflict, LinkedBy, readable};
use crate::verdict::Verdict;

/// Milliseconds since 1970, by UTC.
pub type Millis = u64;

/// A conversation without its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its name over all times.
    pub id: String,
    /// Whose it is: a principal's name.
    pub owner: String,
    /// What its owner knows it by.
    pub title: String,
    /// When it began.
    pub created: Millis,
    /// When the last answer was given.
    pub updated: Millis,
    /// How many answers it has.
    pub answers: u64,
}

/// An answer as it was given, and what it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAnswer {
    /// Its name over all times.
    pub id: String,
    /// The conversation it belongs to; none when the client keeps its own.
    pub conversation: Option<String>,
    /// Who asked: a principal's name.
    pub owner: String,
    /// When it was given.
    pub at: Millis,
    /// The question; personal data in it is masked where the rules say so.
    pub question: String,
    /// What the asker read.
    pub told: Told,
    /// What it was made from; none when a rule answered.
    pub basis: Option<Basis>,
}

/// What an asker read, without the passages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The answer, with `[n]` marks.
    pub text: String,
    /// The sources of the marks.
    pub citations: Vec<Citation>,
    /// What the rules said of the question.
    pub verdict: Verdict,
    /// What the question was taken to mean.
    pub understood: Option<Understood>,
    /// Whether a cited passage supports every sentence.
    pub grounded: bool,
    /// The records that belong to the passages.
    #[serde(default)]
    pub linked: Vec<LinkedRecord>,
    /// Where a document and a record that the answer rests on differ.
    #[serde(default)]
    pub conflicts: Vec<Conflict>,
    /// The generation that was searched.
    pub generation: Option<u64>,
    /// Who wrote it.
    pub model: String,
    /// What a person should know about how it was made.
    pub notes: Vec<String>,
    /// Who may read all that it rests on: members of one group of each of these lists. None where that was not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readers: Option<Vec<Vec<String>>>,
}

/// A record that travelled with a passage, as one names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedRecord {
    /// The document it was made of.
    pub document_id: DocumentId,
    /// Its title.
    pub title: String,
    /// How it is linked.
    pub by: LinkedBy,
    /// What links it: words of the document, or the key that both have.
    pub evidence: String,
    /// The document that it belongs to.
    pub to: DocumentId,
}

impl LinkedRecord {
    /// Those of an answer, each with the document that it belongs to.
    pub fn of(answer: &Answer) -> Vec<Self> {
        let named = |linked: &crate::record::Linked| {
            let document = &linked.counterpart.chunk.document;
            let to = answer.passages.get(linked.passage)?;
            Some(Self {
                document_id: document.id.clone(),
                title: document.title.clone(),
                by: linked.by,
                evidence: linked.evidence.clone(),
                to: to.chunk.document.id.clone(),
            })
        };
        let records = answer.linked.iter().filter(|linked| linked.by != LinkedBy::Neighbour);
        records.filter_map(named).collect()
    }
}

impl Told {
    /// What is kept of an answer for its asker.
    pub fn of(answer: &Answer) -> Self {
        Self {
            text: answer.text.clone(),
            citations: answer.citations.clone(),
            verdict: answer.verdict.clone(),
            understood: answer.understood.clone(),
            grounded: answer.grounded,
            linked: LinkedRecord::of(answer),
            conflicts: answer.conflicts.clone(),
            generation: answer.generation,
            model: answer.model.clone(),
            notes: answer.notes.clone(),
            readers: None,
        }
    }
}

impl StoredAnswer {
    /// Whether a member of these groups may read all that it rests on.
    pub fn open_to(&self, groups: &[String]) -> bool {
        let may_read = |readers: &[Vec<String>]| readers.iter().all(|access| readable(access, groups));
        match (&self.told.readers, &self.basis) {
            (Some(readers), _) => may_read(readers),
            (None, Some(basis)) => may_read(&basis.found.readers()),
            // Nobody knows what it rests on.
            (None, None) => false,
        }
    }
}

/// Content or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Thumb {
    /// Content.
    Up,
    /// Not content.
    Down,
}

/// What somebody said of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// The answer.
    pub answer: String,
    /// Who said it: a principal's name.
    pub by: String,
    /// When.
    pub at: Millis,
    /// Content or not.
    pub thumb: Thumb,
    /// Why.
    pub reason: Option<String>,
    /// What would have been right.
    pub corrected: Option<String>,
}

/// Which feedback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedbackQuery {
    /// Only this thumb.
    pub thumb: Option<Thumb>,
    /// Not older.
    pub since: Millis,
    /// At most so many.
    pub limit: usize,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// On its way.
    Running,
    /// Done as asked.
    Done,
    /// It went wrong, or its server is gone.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobProgress {
    /// What is being worked on.
    pub what: String,
    /// Done so far.
    pub done: u64,
    /// Of so many, as far as is known.
    pub expected: Option<u64>,
}

/// A job that is about to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Its name over all times.
    pub id: String,
    /// What is done, such as `reindex`.
    pub kind: String,
    /// Who asked for it: a principal's name, or `schedule`.
    pub by: String,
    /// When it begins.
    pub at: Millis,
}

/// A job, as far as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name over all times.
    pub id: String,
    /// What is done.
    pub kind: String,
    /// Who asked for it.
    pub by: String,
    /// The replica that runs it.
    pub holder: String,
    /// When it began.
    pub started: Millis,
    /// When it ended.
    pub ended: Option<Millis>,
    /// Where it stands.
    pub state: JobState,
    /// How far it is.
    pub progress: JobProgress,
    /// What is told of its end: a JSON document, or a sentence.
    pub outcome: String,
    /// Whether somebody has asked it to stop.
    pub cancel_asked: bool,
}

/// The right to do something that only one replica may do at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What it is the right to.
    pub name: String,
    /// The replica that has it.
    pub holder: String,
    /// Grows with every new holder: who has an older one has none.
    pub fence: u64,
}

/// Something that somebody did. It holds no secret, and of what was typed only what is masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Millis,
    /// A principal's name; empty for nobody known.
    pub principal: String,
    /// What they did, such as `ask` or `reindex`.
    pub action: String,
    /// What came of it, such as `answered`, `not_found`, `refused` or `denied`.
    pub outcome: String,
    /// The answer or job that it made.
    pub subject: Option<String>,
    /// The rule that decided.
    pub rule: Option<String>,
    /// The documents that were cited.
    pub cited: Vec<DocumentId>,
    /// More about it.
    pub detail: Option<String>,
}

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only of this principal.
    pub principal: Option<String>,
    /// Only this action.
    pub action: Option<String>,
    /// Only with a smaller number: the next page.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// What was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Answers.
    pub answers: u64,
    /// Tokens sent to a model.
    pub prompt_tokens: u64,
    /// Tokens that it wrote.
    pub completion_tokens: u64,
    /// Cost, in millionths of the currency that prices are set in.
    pub cost_micros: u64,
}

/// What somebody spent on a model in a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// The day, such as `2026-11-30`.
    pub day: String,
    /// Who.
    pub principal: String,
    /// On which model.
    pub model: String,
    /// How much.
    pub spent: Spent,
}

/// A browser that is signed in. What it shows is never kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// A hash of what the browser shows.
    pub hash: String,
    /// Who signed in, as they were known then.
    pub principal: Principal,
    /// What they showed, by a name that tells no secret: `key:3f9a…`, `oidc`.
    pub by: String,
    /// When they signed in.
    pub created: Millis,
    /// From when on it is not valid.
    pub expires: Millis,
}

/// A key that a program shows. The key itself is never kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The part of the key that is no secret.
    pub id: String,
    /// A hash of the secret part.
    pub hash: String,
    /// What its owner calls it; the principal's name.
    pub name: String,
    /// The groups it reads as.
    pub groups: Vec<String>,
    /// What it may do.
    pub roles: BTreeSet<Role>,
    /// When it was made.
    pub created: Millis,
    /// From when on it is not valid.
    pub expires: Option<Millis>,
    /// Since when it is not valid.
    pub revoked: Option<Millis>,
    /// When it was last shown.
    pub last_used: Option<Millis>,
}
