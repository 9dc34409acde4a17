//! Reading values of a rule file, each mistake with its line.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::errors::GuardError;
use crate::phrase::Lists;
use crate::topics::Topics;

/// Every table of a rule file, and the keys it may have. `guard.schema.json` says the same.
pub const KEYS: &[(&str, &[&str])] = &[
    ("the file", &["schema", "lists", "entities", "rule", "flow"]),
    ("`entities`", &["person", "company"]),
    (
        "a rule",
        &[
            "id", "for", "owner", "priority", "on", "groups", "from", "until", "match", "action", "message",
            "contact", "years", "events", "record",
        ],
    ),
    (
        "`match`",
        &[
            "any",
            "words",
            "all",
            "not",
            "unless",
            "near",
            "regex",
            "entities",
            "examples",
            "similarity",
            "overlap",
            "topic",
            "odds",
            "clear_below",
        ],
    ),
    ("`near`", &["of", "within"]),
    ("`message`", &["ko", "en"]),
    ("`record`", &["source", "where"]),
    (
        "a flow",
        &["id", "for", "owner", "priority", "groups", "from", "until", "match", "leave", "step", "then"],
    ),
    ("a step", &["slot", "take", "ask"]),
    ("`then`", &["action", "question", "message", "record"]),
];
/// What a rule of the first version may have.
const FIRST_RULE: &[&str] = &["id", "for", "owner", "priority", "match", "action", "message"];
const FIRST_MATCH: &[&str] = &["any", "all", "not", "regex"];
const FIRST_FILE: &[&str] = &["schema", "rule"];

pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// What is known while a file is read.
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    /// Where its lines end.
    pub(super) line_ends: Vec<usize>,
    /// The version of the rule language that the file is written in.
    pub(super) version: i64,
    /// The rule being read.
    pub(super) rule: Option<String>,
    pub(super) lists: Lists,
    pub(super) used_lists: BTreeSet<String>,
    pub(super) errors: Vec<GuardError>,
    /// What topics there are weights for.
    pub(super) topics: &'a Topics,
}

impl Reader<'_> {
    /// A list of texts, if it is one.
    pub(super) fn texts(&mut self, parts: &DeTable<'_>, key: &str) -> Vec<(String, Range<usize>)> {
        let Some(value) = parts.get(key) else {
            return Vec::new();
        };
        self.texts_of(value, key)
    }

    pub(super) fn texts_of(&mut self, value: &Value<'_>, key: &str) -> Vec<(String, Range<usize>)> {
        let remedy = format!("write `{key} = [\"…\", \"…\"]`");
        let Some(items) = value.get_ref().as_array() else {
            self.wrong(value.span(), format!("`{key}` is not a list"), &remedy);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) => texts.push((text.to_owned(), item.span())),
                None => self.wrong(item.span(), format!("an entry of `{key}` is not a text"), &remedy),
            }
        }
        texts
    }

    pub(super) fn plain_texts(&mut self, parts: &DeTable<'_>, key: &str) -> Vec<String> {
        self.texts(parts, key).into_iter().map(|(text, _)| text).collect()
    }

    pub(super) fn required_text(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        span: &Range<usize>,
        remedy: &str,
    ) -> Option<String> {
        match table.get(key) {
            Some(value) => self.text_of(value, key),
            None => {
                self.wrong(span.clone(), format!("there is no `{key}`"), remedy);
                None
            }
        }
    }

    pub(super) fn text_of(&mut self, value: &Value<'_>, key: &str) -> Option<String> {
        let text = value.get_ref().as_str().map(str::trim).unwrap_or_default();
        if text.is_empty() {
            self.wrong(
                value.span(),
                format!("`{key}` is not a text, or an empty one"),
                &format!("write `{key} = \"…\"`"),
            );
            return None;
        }
        Some(text.to_owned())
    }

    /// A share from 0 to 1, or the one that is usual.
    pub(super) fn share(&mut self, table: &DeTable<'_>, key: &str, usual: f32) -> f32 {
        let Some(value) = table.get(key) else { return usual };
        let number = value.get_ref().as_float().and_then(|float| float.as_str().parse::<f32>().ok());
        let number =
            number.or_else(|| integer(value).and_then(|whole| i16::try_from(whole).ok()).map(f32::from));
        match number.filter(|number| (0.0..=1.0).contains(number)) {
            Some(number) => number,
            None => {
                self.wrong(
                    value.span(),
                    format!("`{key}` is not between 0 and 1"),
                    "write a number such as 0.8",
                );
                usual
            }
        }
    }

    pub(super) fn known_keys(&mut self, table: &DeTable<'_>, of: &str) {
        let known = self.keys_of(of);
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let remedy = format!("delete it or correct it; {of} has: {}", known.join(", "));
                self.wrong(key.span(), format!("unknown key `{name}`"), &remedy);
            }
        }
    }

    fn keys_of(&self, of: &str) -> &'static [&'static str] {
        match of {
            "the file" if self.version == 1 => FIRST_FILE,
            "a rule" if self.version == 1 => FIRST_RULE,
            "`match`" if self.version == 1 => FIRST_MATCH,
            _ => KEYS.iter().find(|(table, _)| *table == of).map_or(&[], |(_, keys)| *keys),
        }
    }

    pub(super) fn wrong(&mut self, span: Range<usize>, problem: impl Into<String>, remedy: &str) {
        self.errors.push(GuardError {
            file: self.file.to_owned(),
            line: self.line(span.start),
            rule: self.rule.clone(),
            problem: problem.into(),
            remedy: remedy.to_owned(),
        });
    }

    pub(super) fn line(&self, offset: usize) -> usize {
        self.line_ends.partition_point(|end| *end < offset) + 1
    }
}

pub(super) fn integer(value: &Value<'_>) -> Option<i64> {
    let number = value.get_ref().as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
