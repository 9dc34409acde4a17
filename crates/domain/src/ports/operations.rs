//! What those who run the server ask of it, and what it tells them.

use async_trait::async_trait;

use super::{Generation, StoreError};
use crate::gate::GateNote;

/// Why something was not done, cut by what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// Somebody else is at it: wait.
    #[error("{0}")]
    Busy(String),
    /// It was asked wrongly: tell whoever asked.
    #[error("{0}")]
    Wrong(String),
    /// A store failed: try again later. The text is for the log.
    #[error("{0}")]
    Failed(String),
}

/// How the index is to be brought up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReindexOrder {
    /// Every document anew.
    pub full: bool,
    /// Delete what is gone, however much of a source that is.
    pub allow_shrink: bool,
    /// Serve the new index without asking the gate.
    pub no_gate: bool,
}

/// A generation as an operator sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct GenerationShown {
    /// The generation.
    pub generation: Generation,
    /// Whether it is the one that is served.
    pub live: bool,
    /// What the gate said of it, where it was asked or passed over.
    pub gate: Option<GateNote>,
}

/// The rules in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesShown {
    /// Their file; none for the built-in ones.
    pub file: Option<String>,
    /// A hash of the file that they were read from.
    pub identity: String,
    /// In the order in which they decide.
    pub rules: Vec<RuleShown>,
}

/// A rule as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleShown {
    /// Its name.
    pub id: String,
    /// What it is for.
    pub purpose: String,
    /// What it does.
    pub action: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The line of the file that it begins on.
    pub line: u64,
}

/// A setting in force. Secrets are hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingShown {
    /// `table.key`.
    pub key: String,
    /// Its value, as JSON.
    pub value: String,
    /// Where it came from.
    pub origin: String,
    /// What it is for.
    pub purpose: String,
}

/// What those who run the server ask of it.
#[async_trait]
pub trait Operations: Send + Sync {
    /// Begins to bring the index up to date, and gives the job's id. Only one job of all replicas runs at a time.
    async fn reindex(&self, by: &str, order: ReindexOrder) -> Result<String, OperationError>;

    /// All generations, oldest first.
    async fn generations(&self) -> Result<Vec<GenerationShown>, OperationError>;

    /// Serves a generation from now on.
    async fn promote(&self, number: u64) -> Result<(), OperationError>;

    /// The rules in force.
    fn rules(&self) -> RulesShown;

    /// Reads the rules anew; when they are wrong, the old ones stay in force.
    async fn reload_rules(&self) -> Result<RulesShown, OperationError>;

    /// Every setting.
    fn settings(&self) -> Vec<SettingShown>;
}

/// What can be shown to anybody, and what can be asked.
#[async_trait]
pub trait Hints: Send + Sync {
    /// The text without personal data, as it may be kept and shown to those who did not write it.
    fn masked(&self, text: &str) -> String;

    /// Questions that documents answer which a member of these groups may read.
    async fn suggestions(&self, groups: &[String], most: usize) -> Result<Vec<String>, StoreError>;
}
