//! `siren config`: every setting in force, what it is for, and where its value came from.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::{Effective, Origin, Settings, source};

/// What each setting is for. A test holds that every setting stands here, and nothing else.
const PURPOSES: &[(&str, &str)] = &[
    (
        "index.max_tokens",
        "tokens (o200k_base) that a chunk may have; a change makes the next reindex a full one",
    ),
    ("index.overlap", "tokens of a cut chunk that are repeated in the next one"),
    ("index.keep_generations", "generations that `siren reindex` leaves on disk for a rollback"),
    (
        "index.max_shrink",
        "share (0 to 1) of a source's documents that may be gone at once; beyond it they are kept until --allow-shrink",
    ),
    ("index.read_seconds", "seconds that reading one document (PDF, office, HWP) may take"),
    (
        "index.read_megabytes",
        "memory that reading one document may take, in MB; one is read at a time per core",
    ),
    (
        "index.dictionary",
        "whether the Korean dictionary is used where `siren setup` has fetched it; a change makes the next reindex a full one",
    ),
    (
        "assets.path",
        "where `siren setup` keeps the language assets, also for several installations; empty: `assets` below --state",
    ),
    ("retrieval.n_candidates", "chunks fetched for a question"),
    ("retrieval.top_k", "passages kept"),
    ("retrieval.context_tokens", "tokens that the passages of a prompt may have together"),
    (
        "retrieval.linked_records",
        "records that may come with the passages that name them or share their keys; 0 for none",
    ),
    ("retrieval.fusion", "how terms and meaning become one order: weighted (by scores) or rrf (by ranks)"),
    ("retrieval.dense_weight", "what meaning counts against terms (0 to 1) in the weighted fusion"),
    (
        "embedding.kind",
        "what turns texts into vectors: embedded (where `siren setup` has fetched the encoder), openai or tei (a server that speaks so), or none; a change makes the next reindex a full one",
    ),
    ("embedding.base_url", "the embedding server, such as http://127.0.0.1:8001"),
    ("embedding.model", "the model's name there; a change makes the next reindex a full one"),
    ("embedding.api_key", "its key, best as \"${NAME}\""),
    ("embedding.dimensions", "numbers of a vector of this model"),
    ("embedding.question_prefix", "set before questions, as some models want it: \"query: \""),
    ("embedding.passage_prefix", "set before passages: \"passage: \""),
    ("embedding.batch", "texts that are sent at once"),
    ("embedding.timeout_s", "seconds that the vectors of one batch may take"),
    ("embedding.cache", "whether vectors are kept below --state, by the content they were made of"),
    (
        "rerank.kind",
        "what orders the first passages anew: none, cohere (also Jina, vLLM, llama.cpp) or tei, both by a server",
    ),
    ("rerank.base_url", "the reranking server, such as http://127.0.0.1:8002"),
    ("rerank.model", "the model's name there"),
    ("rerank.api_key", "its key, best as \"${NAME}\""),
    ("rerank.candidates", "passages that are ordered anew"),
    ("rerank.timeout_s", "seconds to wait for it; then the order stays as it is"),
    ("store.kind", "where the index lies: embedded (folders below --state)"),
    (
        "answer.base_url",
        "an OpenAI-compatible server, such as http://127.0.0.1:8000/v1; empty: extractive answers",
    ),
    (
        "answer.model",
        "the model asked for; empty leaves the choice to the server, which not every server accepts",
    ),
    ("answer.api_key", "its key, best as \"${NAME}\" or SIREN_LLM_API_KEY"),
    ("answer.max_tokens", "tokens that a model's answer may have"),
    ("answer.temperature", "0 for the same answer every time"),
    ("answer.connect_timeout_s", "seconds to reach the model server"),
    ("answer.first_token_timeout_s", "seconds until its first token"),
    ("answer.idle_timeout_s", "seconds between two tokens"),
    ("answer.max_sentences", "sentences of an extractive answer; a list counts as one"),
    (
        "answer.min_evidence",
        "chance (0 to 1) that the passages answer, below which the extractive answer is \"not found\"",
    ),
    (
        "answer.input_price",
        "what a million tokens cost that the model reads; `eval run` tells the cost of answers",
    ),
    ("answer.output_price", "what a million tokens cost that the model writes"),
    ("guard.rules", "a rule file; empty: the built-in rules. `siren serve` follows its changes"),
    ("guard.company_sources", "sources whose records' names the rules know as companies ({company})"),
    ("guard.person_sources", "sources whose records' names the rules know as people ({person})"),
    ("guard.topics", "weights of cues for topics, by `siren guard learn --out`; empty: the built-in ones"),
    (
        "guard.personal_data_groups",
        "groups that see personal data in answers; everyone else reads a label in its place",
    ),
    ("guard.personal_data_allow", "numbers and addresses that everyone may see, such as published ones"),
    ("serve.listen", "address and port"),
    ("serve.model_name", "the model that clients see"),
    ("serve.max_question_chars", "characters of a question"),
    ("serve.max_body_bytes", "bytes of a request"),
    ("serve.concurrent_answers", "answers in the making at once; one more is told to come back"),
    ("serve.answer_timeout_s", "seconds that an answer may take"),
    ("serve.drain_s", "seconds that running answers get when the server is stopped"),
    (
        "eval.gate",
        "a suite's folder: `siren reindex` serves a new index only if it answers the suite as well as the old one; empty: no gate",
    ),
];

/// So many letters are shown of a query or a template.
const LONGEST: usize = 72;

impl Effective {
    /// `section.key`, its value and its origin, in the order of the settings.
    fn rows(&self) -> Vec<(&'static str, &'static str, Value, String)> {
        let values = serde_json::to_value(&self.settings).unwrap_or_default();
        let row = |(key, purpose): &(&'static str, &'static str)| {
            let (section, name) = key.split_once('.').unwrap_or((key, ""));
            let Settings { answer, embedding, rerank, .. } = &self.settings;
            let hidden = |secret: &str| json!(if secret.is_empty() { "" } else { "***" });
            let value = match *key {
                "answer.api_key" => hidden(&answer.api_key),
                "embedding.api_key" => hidden(&embedding.api_key),
                "rerank.api_key" => hidden(&rerank.api_key),
                "rerank.base_url" => json!(without_secrets(&rerank.base_url)),
                "answer.base_url" => json!(without_secrets(&answer.base_url)),
                "embedding.base_url" => json!(without_secrets(&embedding.base_url)),
                _ => rounded(&values[section][name]),
            };
            (*key, *purpose, value, self.origin(key))
        };
        PURPOSES.iter().map(row).collect()
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
        json!({ "schema": 1, "settings": settings, "sources": self.source_rows() })
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
    use super::super::{Effective, Settings};
    use super::PURPOSES;
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
        // Never written anywhere.
        there.extend(["embedding.api_key", "rerank.api_key", "answer.api_key"].map(str::to_owned));
        let told: BTreeSet<String> = PURPOSES.iter().map(|(key, _)| (*key).to_owned()).collect();
        assert_eq!(there, told);
    }

    #[test]
    fn what_is_shown_can_be_read_again_and_shows_no_secret() {
        let mut settings = Settings::default();
        settings.answer.api_key = "sk-secret".to_owned();
        settings.embedding.api_key = "sk-secret".to_owned();
        settings.rerank.api_key = "sk-secret".to_owned();
        let shown = Effective { settings, origins: BTreeMap::new(), base: ".".into() };
        let text = shown.to_text();
        assert!(!text.contains("sk-secret"));
        let mut again: Settings = toml::from_str(&text).expect("a settings file");
        again.answer.api_key.clear();
        again.embedding.api_key.clear();
        again.rerank.api_key.clear();
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
