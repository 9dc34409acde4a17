//! Reading `siren.toml`: unknown keys and wrong types stop the start and name file, line and key.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::source::SourcePlace;
use super::{Effective, Origin, Settings};

/// Why there are no settings, ready to be read by a person.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SettingsError(pub(crate) String);

/// The file again, for the places of its values.
#[derive(Deserialize)]
struct Places(BTreeMap<String, Spanned<toml::Value>>);

pub(super) fn read(path: &Path) -> Result<Effective, SettingsError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let remedy = "check the path given with --config";
        SettingsError(format!("{}: cannot be read: {error}: {remedy}", path.display()))
    })?;
    let mut settings: Settings = toml::from_str(&text).map_err(|error| {
        SettingsError(format!("{}: {}", place(path, &text, error.span()), told(&text, &error)))
    })?;
    place_sources(path, &text, &mut settings);
    check_sources(&settings)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let base = parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    let mut effective = Effective { settings, origins: origins(path, &text), base };
    super::environment::fill_in(&mut effective.settings)
        .map_err(|problem| SettingsError(format!("{}: {problem}", path.display())))?;
    Ok(effective)
}

fn told(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().trim();
    let key = error.span().and_then(|span| key_at(text, span.start)).filter(|key| !message.contains(key));
    let key = key.map_or_else(String::new, |key| format!("`{key}`: "));
    format!("{key}{message} (`siren config` lists every setting)")
}

/// The key whose value starts on the line of this byte, if one does, or the section whose head it is.
fn key_at(text: &str, at: usize) -> Option<&str> {
    let line = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text[line..].lines().next()?;
    let head = || line.starts_with('[').then(|| line.split('#').next().unwrap_or(line));
    let key = line.split_once('=').map(|(key, _)| key).or_else(head)?;
    let key = key.trim().trim_matches(['[', ']']);
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    is_key.then_some(key)
}

fn place(path: &Path, text: &str, span: Option<Range<usize>>) -> String {
    match span {
        Some(span) => format!("{}:{}", path.display(), line_of(text, span.start)),
        None => path.display().to_string(),
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

/// The sources and models again, for their places.
#[derive(Deserialize)]
struct SourcePlaces {
    #[serde(default)]
    source: Vec<Spanned<BTreeMap<String, Spanned<toml::Value>>>>,
    #[serde(default)]
    model: Vec<Spanned<BTreeMap<String, Spanned<toml::Value>>>>,
}

fn place_sources(path: &Path, text: &str, settings: &mut Settings) {
    let Ok(places) = toml::from_str::<SourcePlaces>(text) else { return };
    let sources = settings.sources.iter_mut().map(|source| &mut source.place).zip(places.source);
    let models = settings.models.iter_mut().map(|model| &mut model.place).zip(places.model);
    for (slot, place) in sources.chain(models) {
        let line = |value: &Spanned<toml::Value>| line_of(text, value.span().start);
        *slot = SourcePlace {
            file: path.to_path_buf(),
            line: line_of(text, place.span().start),
            keys: place.get_ref().iter().map(|(key, value)| (key.clone(), line(value))).collect(),
        };
    }
}

fn check_sources(settings: &Settings) -> Result<(), SettingsError> {
    for (at, source) in settings.sources.iter().enumerate() {
        let twice = source.name.as_ref().filter(|_| {
            settings.sources[..at].iter().any(|earlier| earlier.name.is_some() && earlier.name == source.name)
        });
        let twice = twice.map(|name| (Some("name"), format!("another source is named {name:?} already")));
        if let Some((key, problem)) = source.problem().or(twice) {
            return Err(SettingsError(format!("{}: [[source]]: {problem}", source.place.of(key))));
        }
    }
    settings.wrong_model().map_or(Ok(()), |problem| Err(SettingsError(problem)))
}

/// The line of each `section.key` that the file sets.
fn origins(path: &Path, text: &str) -> BTreeMap<String, Origin> {
    let mut out = BTreeMap::new();
    let Ok(Places(sections)) = toml::from_str::<Places>(text) else { return out };
    for (section, value) in sections {
        let toml::Value::Table(table) = value.get_ref() else { continue };
        let body = text.get(value.span().start..).unwrap_or_default();
        for key in table.keys() {
            let offset = key_offset(body, key).map_or(value.span().start, |at| value.span().start + at);
            let origin = Origin::File { path: path.to_path_buf(), line: line_of(text, offset) };
            out.insert(format!("{section}.{key}"), origin);
        }
    }
    out
}

fn key_offset(body: &str, key: &str) -> Option<usize> {
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let rest = line.trim_start().strip_prefix(key).map(str::trim_start);
        if rest.is_some_and(|rest| rest.starts_with('=')) {
            return Some(at);
        }
        at += line.len();
    }
    None
}
