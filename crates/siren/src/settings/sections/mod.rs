//! One file a table of the settings file: its keys, their defaults, what each is for, and what would be wrong.

mod answer;
mod assets;
mod auth;
mod budget;
mod embedding;
mod eval;
mod guard;
mod health;
mod index;
mod judge;
mod rerank;
mod retrieval;
mod schedule;
mod serve;
mod state;
mod store;
mod telemetry;

pub(crate) use answer::{AnswerSettings, ChainStep, Unsupported};
pub(crate) use assets::AssetSettings;
pub(crate) use auth::AuthSettings;
pub(crate) use budget::BudgetSettings;
pub(crate) use embedding::{EmbeddingKind, EmbeddingSettings};
pub(crate) use eval::EvalSettings;
pub(crate) use guard::GuardSettings;
pub(crate) use health::HealthSettings;
pub(crate) use index::IndexSettings;
pub(crate) use judge::JudgeSettings;
pub(crate) use rerank::{RerankKind, RerankSettings};
pub(crate) use retrieval::{FusionKind, RetrievalSettings};
pub(crate) use schedule::ScheduleSettings;
pub(crate) use serve::ServeSettings;
pub(crate) use state::StateSettings;
pub(crate) use store::{StoreKind, StoreSettings};
pub(crate) use telemetry::{LogForm, TelemetrySettings};

/// Keys (`section.key`), each with what it is for.
pub(super) type Purposes = &'static [(&'static str, &'static str)];

/// Settings by their key, to be written into.
pub(super) type Slots<'a> = Vec<(&'static str, &'a mut String)>;

/// A key and what its value must be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) key: &'static str,
    pub(super) what: String,
}

/// A table of the settings file.
pub(super) trait Section {
    /// What each key is for, in the order in which they are shown.
    fn purposes(&self) -> Purposes;

    /// The first value that cannot be meant.
    fn check(&self) -> Result<(), Wrong> {
        Ok(())
    }

    /// Keys that hold a secret: never shown, and `${NAME}` is put in place.
    fn secrets(&mut self) -> Slots<'_> {
        Vec::new()
    }

    /// Keys that name a file with a secret, each with the file and the key that the secret is for.
    fn secret_files(&mut self) -> Vec<(&'static str, &str, &mut String)> {
        Vec::new()
    }

    /// Keys that hold an address, which may have a secret within: shown without it, and `${NAME}` is put in place.
    fn addresses(&mut self) -> Slots<'_> {
        Vec::new()
    }
}

/// Counts, each with the most that is sensible.
fn counts(rows: &[(&'static str, usize, usize)]) -> Result<(), Wrong> {
    let wrong = rows.iter().find(|(_, value, most)| !(1..=*most).contains(value));
    wrong.map_or(Ok(()), |(key, _, most)| Err(wrongly(key, &format!("must be between 1 and {most}"))))
}

fn seconds(rows: &[(&'static str, u64)]) -> Result<(), Wrong> {
    let wrong = rows.iter().find(|(_, value)| !(1..=86_400).contains(value));
    wrong.map_or(Ok(()), |(key, _)| Err(wrongly(key, "must be between 1 and 86400 seconds")))
}

fn shares(rows: &[(&'static str, f64)]) -> Result<(), Wrong> {
    let wrong = rows.iter().find(|(_, value)| !(0.0..=1.0).contains(value));
    wrong.map_or(Ok(()), |(key, _)| Err(wrongly(key, "must be between 0 and 1")))
}

fn wrongly(key: &'static str, what: &str) -> Wrong {
    Wrong { key, what: what.to_owned() }
}

fn ensure(holds: bool, key: &'static str, what: &str) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(wrongly(key, what)) }
}
