//! Every setting, its default, and where its value came from: defaults, then the file, then the environment.
//!
//! The only place that reads the environment.

mod environment;
mod file;
mod merge;
mod model;
mod order;
mod sections;
mod show;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub(crate) use environment::log_filter;
pub(crate) use file::SettingsError;
pub(crate) use model::{BestAt, ModelRole, ModelSettings};
pub(crate) use sections::{
    AnswerSettings, AssetSettings, AuthSettings, BudgetSettings, ChainStep, EmbeddingKind, EmbeddingSettings,
    EvalSettings, FusionKind, GuardSettings, HealthSettings, IndexSettings, JudgeSettings, LogForm,
    RerankKind, RerankSettings, RetrievalSettings, ScheduleSettings, ServeSettings, StateSettings, StoreKind,
    StoreSettings, TelemetrySettings, Unsupported,
};
use sections::{Section, Wrong};
pub(crate) use source::{SourceKind, SourceSettings, Words};

/// The file that is read when none is named.
pub(crate) const DEFAULT_FILE: &str = "siren.toml";

/// Everything that can be set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) index: IndexSettings,
    pub(crate) assets: AssetSettings,
    pub(crate) embedding: EmbeddingSettings,
    pub(crate) rerank: RerankSettings,
    pub(crate) retrieval: RetrievalSettings,
    pub(crate) store: StoreSettings,
    pub(crate) answer: AnswerSettings,
    pub(crate) guard: GuardSettings,
    pub(crate) serve: ServeSettings,
    pub(crate) auth: AuthSettings,
    pub(crate) state: StateSettings,
    pub(crate) schedule: ScheduleSettings,
    pub(crate) eval: EvalSettings,
    pub(crate) judge: JudgeSettings,
    pub(crate) health: HealthSettings,
    pub(crate) budget: BudgetSettings,
    pub(crate) telemetry: TelemetrySettings,
    #[serde(rename = "model", skip_serializing)]
    pub(crate) models: Vec<ModelSettings>,
    #[serde(rename = "source", skip_serializing)]
    pub(crate) sources: Vec<SourceSettings>,
}

impl Settings {
    /// Every table, in the order in which they are shown.
    fn sections(&self) -> Vec<&dyn Section> {
        vec![
            &self.index,
            &self.assets,
            &self.retrieval,
            &self.embedding,
            &self.rerank,
            &self.store,
            &self.answer,
            &self.budget,
            &self.guard,
            &self.serve,
            &self.telemetry,
            &self.auth,
            &self.state,
            &self.schedule,
            &self.eval,
            &self.judge,
            &self.health,
        ]
    }

    /// The same, to be written into.
    fn sections_mut(&mut self) -> Vec<&mut dyn Section> {
        vec![
            &mut self.index,
            &mut self.assets,
            &mut self.retrieval,
            &mut self.embedding,
            &mut self.rerank,
            &mut self.store,
            &mut self.answer,
            &mut self.budget,
            &mut self.guard,
            &mut self.serve,
            &mut self.telemetry,
            &mut self.auth,
            &mut self.state,
            &mut self.schedule,
            &mut self.eval,
            &mut self.judge,
            &mut self.health,
        ]
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A line of the settings file.
    File { path: PathBuf, line: usize },
    /// A variable of the environment.
    Environment(&'static str),
}

/// The settings in force.
#[derive(Clone, Debug)]
pub(crate) struct Effective {
    pub(crate) settings: Settings,
    /// Origins of what is not a default, by `section.key`.
    pub(crate) origins: BTreeMap<String, Origin>,
    /// What relative paths in the settings are relative to.
    pub(crate) base: PathBuf,
}

impl Effective {
    /// Reads the file named, else `siren.toml` if there is one, then the environment.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, SettingsError> {
        let mut effective = match named {
            Some(path) => file::read(path)?,
            None if Path::new(DEFAULT_FILE).exists() => file::read(Path::new(DEFAULT_FILE))?,
            None => Self::without_file(),
        };
        environment::apply(&mut effective);
        effective.read_secret_files()?;
        effective.check()?;
        Ok(effective)
    }

    /// Without a settings file, the folder `data` here is what there is to know.
    fn without_file() -> Self {
        let mut settings = Settings::default();
        if Path::new("data").is_dir() {
            settings.sources.push(SourceSettings::of_folder("data"));
        }
        Self { settings, origins: BTreeMap::new(), base: PathBuf::from(".") }
    }

    /// The file that was read, or that would be.
    pub(crate) fn file(&self) -> PathBuf {
        let of_keys = self.origins.values().find_map(|origin| match origin {
            Origin::File { path, .. } => Some(path.clone()),
            Origin::Environment(_) => None,
        });
        let of_sources = || self.settings.sources.iter().map(|source| source.place.file.clone());
        let named = of_keys.or_else(|| of_sources().find(|file| !file.as_os_str().is_empty()));
        named.unwrap_or_else(|| self.base.join(DEFAULT_FILE))
    }

    /// A path of the settings, as this process can open it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        let path = Path::new(path);
        if path.is_absolute() || self.base == Path::new(".") {
            path.to_path_buf()
        } else {
            self.base.join(path)
        }
    }

    /// Puts the secrets that lie in files in place.
    fn read_secret_files(&mut self) -> Result<(), SettingsError> {
        let base = self.base.clone();
        let mut wrong = None;
        for section in self.settings.sections_mut() {
            for (key, file, secret) in section.secret_files() {
                if file.is_empty() {
                    continue;
                }
                if !secret.is_empty() {
                    wrong = Some((
                        key,
                        "names a file although the secret itself is set too: keep one".to_owned(),
                    ));
                    continue;
                }
                match std::fs::read_to_string(base.join(file)) {
                    Ok(text) => *secret = text.trim().to_owned(),
                    Err(error) => wrong = Some((key, format!("names a file that cannot be read: {error}"))),
                }
            }
        }
        wrong.map_or(Ok(()), |(key, what)| Err(self.wrong(key, &what)))
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let found = self.settings.sections().into_iter().try_for_each(Section::check);
        found.map_err(|Wrong { key, what }| self.wrong(key, &what))
    }

    fn wrong(&self, key: &str, what: &str) -> SettingsError {
        let place = match self.origins.get(key) {
            Some(Origin::File { path, line }) => format!("{}:{line}", path.display()),
            Some(Origin::Environment(name)) => (*name).to_owned(),
            None => "settings".to_owned(),
        };
        SettingsError(format!("{place}: `{key}` {what}"))
    }
}
