//! `siren config`: every setting in force, what it is for, and where its value came from.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::sections::Section;
use super::{Effective, ModelSettings, Origin, Settings, source};

/// So many letters are shown of a query or a template.
const LONGEST: usize = 72;

impl Effective {
    /// `section.key`, its value and its origin, in the order of the settings.
    fn rows(&self) -> Vec<(&'static str, &'static str, Value, String)> {
        let values = serde_json::to_value(&self.settings).unwrap_or_default();
        let hidden = self.hidden();
        let row = |(key, purpose): &(&'static str, &'static str)| {
            let (section, name) = key.split_once('.').unwrap_or((key, ""));
            let value = hidden.get(key).map_or_else(|| rounded(&values[section][name]), |shown| json!(shown));
            (*key, *purpose, value, self.origin(key))
        };
        self.settings.sections().into_iter().flat_map(Section::purposes).map(row).collect()
    }

    /// What differs in other settings, secrets among it, by `section.key`; `source` for all of the sources,
    /// `model` for all named models.
    pub(crate) fn changed(&self, other: &Self) -> Vec<String> {
        let (mine, others) = (self.rows(), other.rows());
        let rows = mine.into_iter().zip(others);
        let differs = rows.filter(|(mine, other)| mine.2 != other.2).map(|(mine, _)| mine.0.to_owned());
        let (mut mine, mut others) = (self.settings.clone(), other.settings.clone());
        let mut secrets = Vec::new();
        for (mine, other) in mine.sections_mut().into_iter().zip(others.sections_mut()) {
            let pairs = mine.secrets().into_iter().zip(other.secrets());
            secrets
                .extend(pairs.filter(|(mine, other)| mine.1 != other.1).map(|(mine, _)| mine.0.to_owned()));
            let pairs = mine.addresses().into_iter().zip(other.addresses());
            secrets
                .extend(pairs.filter(|(mine, other)| mine.1 != other.1).map(|(mine, _)| mine.0.to_owned()));
        }
        let mut all: Vec<String> = differs.chain(secrets).collect();
        if self.source_rows() != other.source_rows() {
            all.push("source".to_owned());
        }
        let models =
            |settings: &Settings| -> Vec<_> { settings.models.iter().map(ModelSettings::written).collect() };
        if models(&self.settings) != models(&other.settings) {
            all.push("model".to_owned());
        }
        all.sort();
        all.dedup();
        all
    }

    /// What is shown in place of values that are, or hold, secrets.
    fn hidden(&self) -> BTreeMap<&'static str, String> {
        let mut settings = self.settings.clone();
        let mut hidden = BTreeMap::new();
        for section in settings.sections_mut() {
            let secrets = section.secrets().into_iter();
            hidden.extend(
                secrets.map(|(key, secret)| (key, if secret.is_empty() { "" } else { "***" }.to_owned())),
            );
            let addresses = section.addresses().into_iter();
            hidden.extend(addresses.map(|(key, address)| (key, without_secrets(address))));
        }
        hidden
    }

    fn origin(&self, key: &str) -> String {
        match self.origins.get(key) {
            None => "default".to_owned(),
            Some(Origin::File { path, line }) => format!("{}:{line}", path.display()),
            Some(Origin::Environment(name)) => (*name).to_owned(),
        }
    }

    /// As a settings file with comments.
    pub(crate) fn to_text(&self) -> String {
        let mut out = String::new();
        let mut open = "";
        for (key, purpose, value, origin) in self.rows() {
            let (section, name) = key.split_once('.').unwrap_or((key, ""));
            if section != open {
                let _infallible = writeln!(out, "{}[{section}]", if open.is_empty() { "" } else { "\n" });
                open = section;
            }
            let _infallible = writeln!(out, "# {purpose}\n{name} = {value}  # {origin}");
        }
        for model in self.model_rows() {
            let _infallible = writeln!(out, "\n[[model]]");
            for (name, value) in model.as_object().into_iter().flatten() {
                let _infallible = writeln!(out, "{name} = {value}");
            }
        }
        for source in self.source_rows() {
            let _infallible = writeln!(out, "\n[[source]]");
            let first = ["kind", "name"].into_iter().map(|key| (key, &source[key]));
            let others = source.as_object().into_iter().flatten();
            let others = others.map(|(key, value)| (key.as_str(), value));
            for (name, value) in first.chain(others.filter(|(key, _)| !["kind", "name"].contains(key))) {
                let _infallible = writeln!(out, "{name} = {value}");
            }
        }
        out
    }

    /// As one JSON document.
    pub(crate) fn to_json(&self) -> Value {
        let rows = self.rows().into_iter();
        let settings: serde_json::Map<String, Value> = rows
            .map(|(key, purpose, value, origin)| {
                (key.to_owned(), json!({ "value": value, "origin": origin, "purpose": purpose }))
            })
            .collect();
        json!({ "schema": 1, "settings": settings, "models": self.model_rows(), "sources": self.source_rows() })
    }

    /// Each named model with all that is set; secrets hidden.
    fn model_rows(&self) -> Vec<Value> {
        let shown = |(key, value): (String, Value)| match value {
            Value::String(_) if key == "api_key" => (key, json!("***")),
            Value::String(address) if key == "base_url" => (key, json!(without_secrets(&address))),
            value => (key, rounded(&value)),
        };
        let row =
            |model: &super::ModelSettings| model.written().into_iter().map(shown).collect::<Map<_, _>>();
        self.settings.models.iter().map(|model| row(model).into()).collect()
    }

    /// Each source with all that is set and the name it goes by; long words are cut, secrets hidden.
    fn source_rows(&self) -> Vec<Value> {
        let row = |source: &super::SourceSettings| {
            let mut row = source.written();
            row.insert("name".to_owned(), json!(source.default_name()));
            row.into_iter()
                .map(|(key, value)| (key.clone(), shown(&key, value)))
                .collect::<Map<_, _>>()
                .into()
        };
        self.settings.sources.iter().map(row).collect()
    }
}

/// A setting of a source, fit to be seen.
fn shown(key: &str, value: Value) -> Value {
    match value {
        Value::String(_) if source::SECRETS.contains(&key) => json!("***"),
        Value::String(address) if key == "url" || key == "endpoint" => json!(without_secrets(&address)),
        Value::String(text) => json!(shortened(&text)),
        value => value,
    }
}

/// The beginning of a long text, on one line.
fn shortened(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// `0.42` and not the `0.41999998688697815` that a float of half the width becomes.
fn rounded(value: &Value) -> Value {
    match value.as_f64() {
        Some(number) if value.is_f64() => json!((number * 1e6).round() / 1e6),
        _ => value.clone(),
    }
}

/// An address with everything hidden that may be a secret: name and password, and the query behind `?`.
fn without_secrets(address: &str) -> String {
    let (place, query) = address.split_once('?').map_or((address, ""), |(place, _)| (place, "?***"));
    let place = match place.rsplit_once('@') {
        None => place.to_owned(),
        Some((before, host)) => {
            let scheme = before.find("://").map(|at| at + 3).or_else(|| before.find(':').map(|at| at + 1));
            format!("{}***@{host}", &before[..scheme.unwrap_or(0)])
        }
    };
    place + query
}

#[cfg(test)]
mod tests {
    use super::super::sections::Section;
    use super::super::{Effective, Settings};
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn every_setting_has_its_purpose() {
        let values = serde_json::to_value(Settings::default()).expect("plain values");
        let sections = values.as_object().expect("a table").iter();
        let mut there: BTreeSet<String> = sections
            .flat_map(|(section, keys)| {
                let keys = keys.as_object().expect("a table").keys();
                keys.map(move |key| format!("{section}.{key}"))
            })
            .collect();
        let mut settings = Settings::default();
        // Never written anywhere.
        let secrets = settings.sections_mut().into_iter().flat_map(Section::secrets);
        there.extend(secrets.map(|(key, _)| key.to_owned()));
        let told = settings.sections().into_iter().flat_map(Section::purposes);
        let told: BTreeSet<String> = told.map(|(key, _)| (*key).to_owned()).collect();
        assert_eq!(there, told);
    }

    #[test]
    fn what_is_shown_can_be_read_again_and_shows_no_secret() {
        let mut settings = Settings::default();
        for (_, secret) in settings.sections_mut().into_iter().flat_map(Section::secrets) {
            *secret = "sk-secret".to_owned();
        }
        let shown = Effective { settings, origins: BTreeMap::new(), base: ".".into() };
        let text = shown.to_text();
        assert!(!text.contains("sk-secret"));
        let mut again: Settings = toml::from_str(&text).expect("a settings file");
        for (_, secret) in again.sections_mut().into_iter().flat_map(Section::secrets) {
            secret.clear();
        }
        assert_eq!(again, Settings::default());
    }

    #[test]
    fn a_source_is_shown_whole_and_without_secrets() {
        let text = r#"
            kind = "sql"
            url = "postgres://reader:hunter2@db/crm"
            query = """
SELECT id, title
FROM notes"""
            key = ["id", "day"]
            title = "{{ title }}"
            text = "$LONG"
            access = "{{ groups }}"
            tags = ["crm"]
            timeout_s = 5
        "#
        .replace("$LONG", &"긴 글 ".repeat(50));
        let stored = r#"
            kind = "s3"
            bucket = "notes"
            endpoint = "http://u:hunter2@h:9000"
            access_key_id = "hunter2"
            secret_access_key = "hunter2"
            session_token = "hunter2"
        "#;
        let sources = [text.as_str(), stored].map(|text| toml::from_str(text).unwrap());
        let settings = Settings { sources: sources.into(), ..Settings::default() };
        let shown = Effective { settings, origins: BTreeMap::new(), base: ".".into() };
        let text = shown.to_text();
        let sources = &text[text.find("[[source]]").unwrap()..];
        let long = "긴 글 ".repeat(50).chars().take(72).collect::<String>();
        let expected = format!(
            r#"[[source]]
kind = "sql"
name = "crm"
access = "{{{{ groups }}}}"
key = ["id","day"]
query = "SELECT id, title FROM notes"
tags = ["crm"]
text = "{long}…"
timeout_s = 5
title = "{{{{ title }}}}"
url = "postgres://***@db/crm"

[[source]]
kind = "s3"
name = "notes"
access_key_id = "***"
bucket = "notes"
endpoint = "http://***@h:9000"
secret_access_key = "***"
session_token = "***"
"#
        );
        assert_eq!(sources, expected);
        assert!(!format!("{text}{}", shown.to_json()).contains("hunter2"));
    }

    #[test]
    fn addresses_are_shown_without_secrets() {
        let cases = [
            ("sqlite:data/a.sqlite", "sqlite:data/a.sqlite"),
            ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
            ("postgres://u:pw@h/db", "postgres://***@h/db"),
            ("postgres:u:pw@h/db", "postgres:***@h/db"),
            ("postgres://h/db?password=pw", "postgres://h/db?***"),
            ("http://u:p@w@h/v1?key=abc", "http://***@h/v1?***"),
            ("", ""),
        ];
        for (address, expected) in cases {
            assert_eq!(super::without_secrets(address), expected);
        }
    }
}
