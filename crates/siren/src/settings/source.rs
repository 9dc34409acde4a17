//! One `[[source]]`.

use std::path::Path;

use serde::Deserialize;

/// What kind of thing documents come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SourceKind {
    Folder,
    Sql,
}

/// Where documents come from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceSettings {
    pub(crate) kind: SourceKind,
    /// The first part of its documents' ids.
    pub(crate) name: Option<String>,
    #[serde(default = "everyone")]
    pub(crate) access: Vec<String>,

    pub(crate) path: Option<String>,
    #[serde(default = "readable")]
    pub(crate) include: Vec<String>,
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    #[serde(default = "ten_megabytes")]
    pub(crate) max_bytes: u64,

    pub(crate) url: Option<String>,
    pub(crate) query: Option<String>,
    pub(crate) table: Option<String>,
    pub(crate) key: Option<Columns>,
    pub(crate) title: Option<String>,
    pub(crate) text: Option<String>,
}

/// `key = "id"` or `key = ["event", "day"]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Columns {
    One(String),
    Many(Vec<String>),
}

impl Columns {
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::One(name) => vec![name.clone()],
            Self::Many(names) => names.clone(),
        }
    }
}

fn everyone() -> Vec<String> {
    vec![siren_domain::document::EVERYONE.to_owned()]
}

fn readable() -> Vec<String> {
    siren_index::read::EXTENSIONS.map(|extension| format!("**/*.{extension}")).to_vec()
}

fn ten_megabytes() -> u64 {
    10 << 20
}

impl SourceSettings {
    pub(crate) fn of_folder(path: &str) -> Self {
        Self {
            kind: SourceKind::Folder,
            name: None,
            access: everyone(),
            path: Some(path.to_owned()),
            include: readable(),
            exclude: Vec::new(),
            max_bytes: ten_megabytes(),
            url: None,
            query: None,
            table: None,
            key: None,
            title: None,
            text: None,
        }
    }

    /// What is missing or out of place, in words.
    pub(super) fn problem(&self) -> Option<String> {
        // The name is the first part of documents' ids, up to the first slash.
        if self.name.as_deref().is_some_and(|name| name.trim().is_empty() || name.contains('/')) {
            return Some("`name` must not be empty or hold a `/`".to_owned());
        }
        let sql = [
            ("url", self.url.is_some()),
            ("query", self.query.is_some()),
            ("key", self.key.is_some()),
            ("title", self.title.is_some()),
            ("text", self.text.is_some()),
        ];
        match self.kind {
            SourceKind::Folder => {
                let table = ("table", self.table.is_some());
                let strange = sql.iter().chain([&table]).find(|(_, given)| *given);
                match (self.path.is_some(), strange) {
                    (false, _) => Some("a folder source needs `path`".to_owned()),
                    (true, Some((key, _))) => Some(format!("a folder source has no `{key}`")),
                    (true, None) => None,
                }
            }
            SourceKind::Sql => {
                let missing = sql.iter().find(|(_, given)| !given);
                let strange = self.path.is_some().then(|| "an sql source has no `path`".to_owned());
                missing.map(|(key, _)| format!("an sql source needs `{key}`")).or(strange)
            }
        }
    }

    /// The name given, else the folder's or the database's.
    pub(crate) fn default_name(&self) -> String {
        let place = match self.kind {
            SourceKind::Folder => self.path.as_deref(),
            SourceKind::Sql => self.url.as_deref().map(|url| url.split(['?']).next().unwrap_or(url)),
        };
        let stem = place.map(Path::new).and_then(|path| match self.kind {
            SourceKind::Folder => path.file_name(),
            SourceKind::Sql => path.file_stem(),
        });
        let stem = stem.and_then(|stem| stem.to_str()).map(|stem| stem.trim_start_matches("sqlite:"));
        self.name.clone().or(stem.map(str::to_owned)).unwrap_or_else(|| "source".to_owned())
    }
}
