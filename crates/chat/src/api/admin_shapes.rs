//! How does what operators see look in JSON?

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use siren_domain::ports::state::{AuditEntry, Job, JobState, UsageRow};
use siren_domain::ports::{GenerationShown, RulesShown, SettingShown};

/// How the index is to be brought up to date.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Reindex {
    /// Every document anew.
    pub(crate) full: bool,
    /// Delete what is gone, however much of a source that is.
    pub(crate) allow_shrink: bool,
    /// Serve the new index without asking the gate.
    pub(crate) no_gate: bool,
}

/// A job that has begun.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Begun {
    pub(crate) job_id: String,
}

/// A job, as far as it is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Job")]
pub(crate) struct JobShape {
    pub(crate) id: String,
    kind: String,
    /// Who asked for it.
    by: String,
    /// The server that runs it.
    server: String,
    /// `running`, `done`, `failed` or `cancelled`.
    state: String,
    /// Milliseconds since 1970.
    started_ms: u64,
    ended_ms: Option<u64>,
    /// What is being worked on.
    what: String,
    done: u64,
    /// Of so many, as far as is known.
    expected: Option<u64>,
    cancel_asked: bool,
    /// What is told of its end.
    outcome: Value,
}

impl From<Job> for JobShape {
    fn from(job: Job) -> Self {
        let state = match job.state {
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
        };
        let outcome = serde_json::from_str(&job.outcome).unwrap_or(Value::String(job.outcome));
        Self {
            id: job.id,
            kind: job.kind,
            by: job.by,
            server: job.holder,
            state: state.to_owned(),
            started_ms: job.started,
            ended_ms: job.ended,
            what: job.progress.what,
            done: job.progress.done,
            expected: job.progress.expected,
            cancel_asked: job.cancel_asked,
            outcome,
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct JobList {
    pub(crate) jobs: Vec<JobShape>,
}

/// A generation of the index.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Generation")]
pub(crate) struct GenerationShape {
    number: u64,
    /// Whether it is the one that is served.
    live: bool,
    created_at: String,
    documents: u64,
    chunks: u64,
    /// `passed`, `refused` or `skipped`; null where there was no gate.
    gate: Option<String>,
    /// Why the gate refuses it.
    gate_reasons: Vec<String>,
    /// The suite that the gate asked.
    gate_suite: Option<String>,
    /// The mean of each measure that the gate looked at, such as `nDCG@10`; empty where it was not asked.
    gate_measures: BTreeMap<String, f64>,
}

impl From<GenerationShown> for GenerationShape {
    fn from(shown: GenerationShown) -> Self {
        use siren_domain::gate::GateOutcome;
        let word = |outcome| match outcome {
            GateOutcome::Passed => "passed",
            GateOutcome::Refused => "refused",
            GateOutcome::Skipped => "skipped",
        };
        let note = shown.gate;
        Self {
            number: shown.generation.number,
            live: shown.live,
            created_at: shown.generation.created_at,
            documents: shown.generation.documents,
            chunks: shown.generation.chunks,
            gate: note.as_ref().map(|note| word(note.outcome).to_owned()),
            gate_reasons: note.as_ref().map(|note| note.reasons.clone()).unwrap_or_default(),
            gate_suite: note.as_ref().and_then(|note| note.suite.clone()),
            gate_measures: note.map(|note| note.measures).unwrap_or_default(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct GenerationList {
    pub(crate) generations: Vec<GenerationShape>,
}

/// The rules in force.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Rules {
    /// Their file; null for the built-in ones.
    file: Option<String>,
    /// A hash of the file that they were read from.
    identity: String,
    /// In the order in which they decide.
    rules: Vec<RuleShape>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Rule")]
struct RuleShape {
    id: String,
    purpose: String,
    action: String,
    owner: Option<String>,
    line: u64,
}

impl From<RulesShown> for Rules {
    fn from(shown: RulesShown) -> Self {
        let rules = shown.rules.into_iter().map(|rule| RuleShape {
            id: rule.id,
            purpose: rule.purpose,
            action: rule.action,
            owner: rule.owner,
            line: rule.line,
        });
        Self { file: shown.file, identity: shown.identity, rules: rules.collect() }
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Settings {
    pub(crate) settings: Vec<SettingShape>,
}

/// A setting in force. Secrets are hidden.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Setting")]
pub(crate) struct SettingShape {
    key: String,
    value: Value,
    /// Where it came from.
    origin: String,
    /// What it is for.
    purpose: String,
}

impl From<SettingShown> for SettingShape {
    fn from(shown: SettingShown) -> Self {
        let value = serde_json::from_str(&shown.value).unwrap_or_default();
        Self { key: shown.key, value, origin: shown.origin, purpose: shown.purpose }
    }
}

/// What answers cost, by day, asker and model.
#[derive(Serialize, JsonSchema)]
pub(crate) struct UsageTable {
    pub(crate) usage: Vec<UsageShape>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Usage")]
pub(crate) struct UsageShape {
    day: String,
    principal: String,
    model: String,
    answers: u64,
    prompt_tokens: u64,
    completion_tokens: u64,
    /// In millionths of the currency that prices are set in.
    cost_micros: u64,
}

impl From<UsageRow> for UsageShape {
    fn from(row: UsageRow) -> Self {
        Self {
            day: row.day,
            principal: row.principal,
            model: row.model,
            answers: row.spent.answers,
            prompt_tokens: row.spent.prompt_tokens,
            completion_tokens: row.spent.completion_tokens,
            cost_micros: row.spent.cost_micros,
        }
    }
}

/// Questions that no document answers, newest first; personal data is masked.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Unanswered {
    pub(crate) questions: Vec<UnansweredQuestion>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct UnansweredQuestion {
    pub(crate) answer_id: String,
    /// Milliseconds since 1970.
    pub(crate) at_ms: u64,
    pub(crate) question: String,
    pub(crate) generation: Option<u64>,
}

/// What people say of answers, each in the form of a line that `siren eval import` reads.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FeedbackList {
    pub(crate) feedback: Vec<FeedbackShape>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct FeedbackShape {
    pub(crate) answer_id: String,
    /// When it was said, in milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// Who said it.
    pub(crate) by: String,
    pub(crate) question: String,
    /// `up` or `down`.
    pub(crate) rating: String,
    /// The answer, without personal data.
    pub(crate) answer: String,
    /// The documents that were cited.
    pub(crate) citations: Vec<String>,
    /// Whether the answer and its documents are left out, since they rest on what their reader may not read.
    pub(crate) left_out: bool,
    /// Why, in the person's own words.
    pub(crate) reason: Option<String>,
    /// What would have been right.
    pub(crate) corrected_text: Option<String>,
}

/// Who did what, newest first.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Audit {
    pub(crate) entries: Vec<AuditShape>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
pub(crate) struct AuditShape {
    /// Grows with time: `before` takes it for the next page.
    number: u64,
    /// Milliseconds since 1970.
    at_ms: u64,
    principal: String,
    action: String,
    outcome: String,
    /// The answer or job that it made.
    subject: Option<String>,
    /// The rule that decided.
    rule: Option<String>,
    /// The documents that were cited.
    cited: Vec<String>,
    detail: Option<String>,
}

impl From<(u64, AuditEntry)> for AuditShape {
    fn from((number, entry): (u64, AuditEntry)) -> Self {
        Self {
            number,
            at_ms: entry.at,
            principal: entry.principal,
            action: entry.action,
            outcome: entry.outcome,
            subject: entry.subject,
            rule: entry.rule,
            cited: entry.cited.iter().map(ToString::to_string).collect(),
            detail: entry.detail,
        }
    }
}
