//! One `[[source]]`: which settings each kind needs, may have and must not have.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::merge::MergeSettings;
use super::order::OrderSettings;

/// What kind of thing documents come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SourceKind {
    #[default]
    Folder,
    S3,
    Gcs,
    Azblob,
    Webdav,
    Sql,
    Csv,
    Jsonl,
}

/// Where documents come from. What is not set has its default, which depends on the kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceSettings {
    pub(crate) kind: SourceKind,
    /// The first part of its documents' ids.
    pub(crate) name: Option<String>,

    // What is given of each document.
    pub(crate) access: Option<Words>,
    pub(crate) event: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) tags: Option<Words>,
    pub(crate) link: Option<String>,
    pub(crate) date: Option<String>,

    // Which files.
    pub(crate) path: Option<String>,
    pub(crate) include: Option<Vec<String>>,
    pub(crate) exclude: Option<Vec<String>>,
    pub(crate) max_bytes: Option<u64>,

    // Which store, and how it is reached.
    pub(crate) url: Option<String>,
    pub(crate) bucket: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) container: Option<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) timeout_s: Option<u64>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) secret_access_key: Option<String>,
    pub(crate) session_token: Option<String>,
    pub(crate) service_account_key: Option<String>,
    pub(crate) account_key: Option<String>,
    pub(crate) sas_token: Option<String>,

    // Which records, and how they are told.
    pub(crate) query: Option<String>,
    pub(crate) table: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) delimiter: Option<char>,
    pub(crate) key: Option<Words>,
    pub(crate) fields: Option<Vec<String>>,
    pub(crate) version: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) text: Option<String>,
    /// How documents speak of its records.
    pub(crate) merge: Option<MergeSettings>,
    /// In which order its records stand.
    pub(crate) order: Option<OrderSettings>,

    /// Where it stands.
    #[serde(skip)]
    pub(crate) place: SourcePlace,
}

/// Where a source stands in the settings file; nowhere, when there is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SourcePlace {
    pub(crate) file: PathBuf,
    /// The line of its head.
    pub(crate) line: usize,
    /// The line of each of its settings.
    pub(crate) keys: BTreeMap<String, usize>,
}

impl SourcePlace {
    /// File and line of a setting, or of the source where the setting has none.
    pub(crate) fn of(&self, key: Option<&str>) -> String {
        let line = key.and_then(|key| self.keys.get(key)).copied().unwrap_or(self.line);
        match line {
            0 => "settings".to_owned(),
            line => format!("{}:{line}", self.file.display()),
        }
    }
}

/// `key = "id"` or `key = ["event", "day"]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Words {
    One(String),
    Many(Vec<String>),
}

impl Words {
    pub(crate) fn list(&self) -> Vec<String> {
        match self {
            Self::One(word) => vec![word.clone()],
            Self::Many(words) => words.clone(),
        }
    }
}

/// What must not stand in a file that many may read.
pub(super) const SECRETS: &[&str] = &[
    "password",
    "token",
    "access_key_id",
    "secret_access_key",
    "session_token",
    "service_account_key",
    "account_key",
    "sas_token",
];

const FILES: &[&str] = &["include", "exclude", "max_bytes", "prefix", "timeout_s"];
const GIVEN: &[&str] = &["name", "access", "event", "owner", "language", "tags", "link"];
const RECORDS: &[&str] = &["table", "date", "fields", "version", "merge", "order"];

impl SourceKind {
    /// What a source of this kind must have, and what else it may have.
    fn settings(self) -> (&'static [&'static str], Vec<&'static str>) {
        let (needs, own, shared): (&[&str], &[&str], &[&str]) = match self {
            Self::Folder => (&["path"], &[], &["include", "exclude", "max_bytes"]),
            Self::S3 => (
                &["bucket"],
                &["region", "endpoint", "access_key_id", "secret_access_key", "session_token"],
                FILES,
            ),
            Self::Gcs => (&["bucket"], &["endpoint", "service_account_key"], FILES),
            Self::Azblob => (&["account", "container"], &["endpoint", "account_key", "sas_token"], FILES),
            Self::Webdav => (&["url"], &["user", "password", "token"], FILES),
            Self::Sql => (&["url", "query", "key", "title", "text"], &["timeout_s", "time_zone"], RECORDS),
            Self::Csv => (&["path", "key", "title", "text"], &["delimiter", "max_bytes"], RECORDS),
            Self::Jsonl => (&["path", "key", "title", "text"], &["max_bytes"], RECORDS),
        };
        (needs, [own, shared, GIVEN].concat())
    }

    fn is_of_records(self) -> bool {
        matches!(self, Self::Sql | Self::Csv | Self::Jsonl)
    }

    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::S3 => "s3",
            Self::Gcs => "gcs",
            Self::Azblob => "azblob",
            Self::Webdav => "webdav",
            Self::Sql => "sql",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }

    /// `an sql source`.
    fn article(self) -> &'static str {
        match self {
            Self::S3 | Self::Azblob | Self::Sql => "an",
            _ => "a",
        }
    }
}

fn readable() -> Vec<String> {
    siren_index::read::EXTENSIONS.map(|extension| format!("**/*.{extension}")).to_vec()
}

const TEN_MEGABYTES: u64 = 10 << 20;

/// What is wrong, with the setting that it is wrong with, if that stands there.
pub(super) type Problem = (Option<&'static str>, String);

impl SourceSettings {
    pub(crate) fn of_folder(path: &str) -> Self {
        Self { path: Some(path.to_owned()), ..Self::default() }
    }

    pub(crate) fn access(&self) -> Words {
        let everyone = || Words::Many(vec![siren_domain::document::EVERYONE.to_owned()]);
        self.access.clone().unwrap_or_else(everyone)
    }

    pub(crate) fn include(&self) -> Vec<String> {
        self.include.clone().unwrap_or_else(readable)
    }

    pub(crate) fn max_bytes(&self) -> u64 {
        self.max_bytes.unwrap_or(TEN_MEGABYTES)
    }

    /// So long a database may take in all, or one request to a store.
    pub(crate) fn timeout_s(&self) -> u64 {
        self.timeout_s.unwrap_or(if self.kind == SourceKind::Sql { 600 } else { 60 })
    }

    pub(crate) fn time_zone(&self) -> String {
        self.time_zone.clone().unwrap_or_else(|| "+09:00".to_owned())
    }

    /// What is set, by its name.
    pub(super) fn written(&self) -> BTreeMap<String, Value> {
        let Ok(Value::Object(all)) = serde_json::to_value(self) else { return BTreeMap::new() };
        all.into_iter().filter(|(_, value)| !value.is_null()).collect()
    }

    /// What is missing or out of place, in words.
    pub(super) fn problem(&self) -> Option<Problem> {
        // The name is the first part of documents' ids, up to the first slash.
        if self.name.as_deref().is_some_and(|name| name.trim().is_empty() || name.contains('/')) {
            return Some((Some("name"), "`name` must not be empty or hold a `/`".to_owned()));
        }
        self.out_of_place().or_else(|| self.wrong_value()).or_else(|| self.wrong_credentials())
    }

    fn out_of_place(&self) -> Option<Problem> {
        let (kind, article) = (self.kind.name(), self.kind.article());
        let (needs, may) = self.kind.settings();
        let written = self.written();
        if let Some(missing) = needs.iter().find(|key| !written.contains_key(**key)) {
            return Some((None, format!("{article} {kind} source needs `{missing}`")));
        }
        let known = |key: &str| key == "kind" || needs.contains(&key) || may.contains(&key);
        let strange = written.keys().find(|key| !known(key))?;
        let hint = match strange.as_str() {
            "url" => ": the address at which a reader opens a document is `link`",
            _ => "",
        };
        let at = ALL.iter().find(|key| *key == strange).copied();
        Some((at, format!("{article} {kind} source has no `{strange}`{hint}")))
    }

    fn wrong_value(&self) -> Option<Problem> {
        let template = |words: &Option<Words>| matches!(words, Some(Words::One(_)));
        let lists = [("access", template(&self.access)), ("tags", template(&self.tags))];
        if let Some((key, _)) = lists.into_iter().find(|(_, one)| *one && !self.kind.is_of_records()) {
            return Some((Some(key), format!("`{key}` must be a list, such as [\"hr\", \"dev\"]")));
        }
        if matches!(&self.access, Some(Words::Many(groups)) if groups.is_empty()) {
            return Some((Some("access"), "`access` must name a group: [\"all\"] is everyone".to_owned()));
        }
        if self.timeout_s.is_some_and(|seconds| !(1..=86_400).contains(&seconds)) {
            return Some((Some("timeout_s"), "`timeout_s` must be between 1 and 86400 seconds".to_owned()));
        }
        if self.max_bytes.is_some_and(|bytes| !(1..=1 << 30).contains(&bytes)) {
            return Some((Some("max_bytes"), "`max_bytes` must be between 1 and 1073741824".to_owned()));
        }
        let fields = self.fields.as_deref();
        if let Some(problem) = self.order.as_ref().and_then(|order| order.problem(fields)) {
            return Some((Some("order"), problem));
        }
        let merge = self.merge.as_ref()?;
        Some((Some("merge"), merge.problem().or_else(|| merge.beyond(fields?))?))
    }

    fn wrong_credentials(&self) -> Option<Problem> {
        let written = self.written();
        let of = |key: &&&'static str| written.get(**key).and_then(Value::as_str);
        let is_variable = |text: &str| text.starts_with("${") && text.ends_with('}');
        if let Some(key) = SECRETS.iter().find(|key| of(key).is_some_and(|text| !is_variable(text))) {
            let problem =
                format!("`{key}` must not be written here: name an environment variable, \"${{NAME}}\"");
            return Some((Some(key), problem));
        }
        let has = |key: &str| written.contains_key(key);
        let pairs = [
            ("access_key_id", "secret_access_key"),
            ("secret_access_key", "access_key_id"),
            ("session_token", "access_key_id"),
            ("user", "password"),
            ("password", "user"),
        ];
        if let Some((one, other)) = pairs.into_iter().find(|(one, other)| has(one) && !has(other)) {
            return Some((Some(one), format!("`{one}` needs `{other}` beside it")));
        }
        let either = [("account_key", "sas_token"), ("password", "token")];
        let (one, other) = either.into_iter().find(|(one, other)| has(one) && has(other))?;
        Some((Some(one), format!("either `{one}` or `{other}`, not both")))
    }

    /// The settings in which `${NAME}` is filled in.
    pub(super) fn fillable(&mut self) -> Vec<(&'static str, &mut String)> {
        let slots = [
            ("url", &mut self.url),
            ("user", &mut self.user),
            ("bucket", &mut self.bucket),
            ("endpoint", &mut self.endpoint),
            ("password", &mut self.password),
            ("token", &mut self.token),
            ("access_key_id", &mut self.access_key_id),
            ("secret_access_key", &mut self.secret_access_key),
            ("session_token", &mut self.session_token),
            ("service_account_key", &mut self.service_account_key),
            ("account_key", &mut self.account_key),
            ("sas_token", &mut self.sas_token),
        ];
        slots.into_iter().filter_map(|(key, slot)| Some((key, slot.as_mut()?))).collect()
    }

    /// The name given, else that of the folder, the file, the bucket or the database.
    pub(crate) fn default_name(&self) -> String {
        let url = || self.url.as_deref().map(|url| url.split('?').next().unwrap_or(url));
        let below = |place: Option<&str>| {
            let prefix = self.prefix.as_deref().map(|prefix| prefix.trim_matches('/'));
            prefix.filter(|prefix| !prefix.is_empty()).or(place).map(str::to_owned)
        };
        let place = match self.kind {
            SourceKind::Folder | SourceKind::Csv | SourceKind::Jsonl => self.path.clone(),
            SourceKind::S3 | SourceKind::Gcs => below(self.bucket.as_deref()),
            SourceKind::Azblob => below(self.container.as_deref()),
            // User, password and host are no part of a name.
            SourceKind::Webdav => below(url().and_then(path_of)),
            SourceKind::Sql => {
                url().and_then(|url| url.strip_prefix("sqlite:").or_else(|| path_of(url))).map(str::to_owned)
            }
        };
        let stem = place.as_deref().map(Path::new).and_then(|path| match self.kind {
            SourceKind::Sql | SourceKind::Csv | SourceKind::Jsonl => path.file_stem(),
            _ => path.file_name(),
        });
        let stem = stem.and_then(|stem| stem.to_str()).map(str::to_owned);
        self.name.clone().or(stem).unwrap_or_else(|| "source".to_owned())
    }
}

/// What stands behind the host of an address.
fn path_of(address: &str) -> Option<&str> {
    let rest = address.split_once("://")?.1;
    Some(rest.rsplit_once('@').map_or(rest, |(_, host)| host).split_once('/')?.1)
}

/// Every setting that some kind has.
const ALL: &[&str] = &[
    "name",
    "access",
    "event",
    "owner",
    "language",
    "tags",
    "link",
    "date",
    "path",
    "include",
    "exclude",
    "max_bytes",
    "url",
    "bucket",
    "account",
    "container",
    "prefix",
    "region",
    "endpoint",
    "timeout_s",
    "user",
    "password",
    "token",
    "access_key_id",
    "secret_access_key",
    "session_token",
    "service_account_key",
    "account_key",
    "sas_token",
    "query",
    "table",
    "time_zone",
    "delimiter",
    "key",
    "fields",
    "version",
    "title",
    "text",
    "merge",
    "order",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ALL, SECRETS, SourceKind, SourceSettings};

    const KINDS: [SourceKind; 8] = [
        SourceKind::Folder,
        SourceKind::S3,
        SourceKind::Gcs,
        SourceKind::Azblob,
        SourceKind::Webdav,
        SourceKind::Sql,
        SourceKind::Csv,
        SourceKind::Jsonl,
    ];

    #[test]
    fn every_setting_belongs_to_some_kind() {
        let all: BTreeSet<String> = ALL.iter().map(|key| (*key).to_owned()).collect();
        let plain = serde_json::to_value(SourceSettings::default()).unwrap();
        let there = plain.as_object().unwrap().keys().filter(|key| *key != "kind").cloned();
        assert_eq!(there.collect::<BTreeSet<_>>(), all, "ALL is all");
        let of_kinds = KINDS.iter().flat_map(|kind| {
            let (needs, may) = kind.settings();
            needs.iter().copied().chain(may).map(str::to_owned).collect::<Vec<_>>()
        });
        assert_eq!(of_kinds.collect::<BTreeSet<_>>(), all);
        for kind in KINDS {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn every_secret_is_filled_in() {
        let text = |key: &&str| format!("{key} = \"x\"\n");
        let toml = format!("kind = \"s3\"\n{}", SECRETS.iter().map(text).collect::<String>());
        let mut source: SourceSettings = toml::from_str(&toml).unwrap();
        let fillable: Vec<_> = source.fillable().into_iter().map(|(key, _)| key).collect();
        assert_eq!(fillable, SECRETS);
    }
}
