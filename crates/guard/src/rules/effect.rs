//! What a rule does, as its file says it.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use super::reader::{Reader, Value, integer};
use super::{Effect, Message, RecordQuery, Reply};
use crate::template;

/// All actions, by the names that files use.
pub(crate) const ACTIONS: &[&str] = &[
    "refuse",
    "hand_over",
    "answer",
    "ask_back",
    "narrow_years",
    "narrow",
    "require_citations",
    "mask",
    "defuse",
];
/// The actions of the first version.
const FIRST: &[&str] = &["refuse", "answer", "narrow_years"];

/// Keys that only some actions have.
const ONLY_OF: &[(&str, &[&str], &str)] = &[
    (
        "match",
        &["refuse", "hand_over", "answer", "ask_back", "narrow", "require_citations", "mask", "defuse"],
        "delete it: the years are found by a built-in finder, and nothing is said",
    ),
    (
        "message",
        &["refuse", "hand_over", "answer", "ask_back"],
        "delete it: the years are found by a built-in finder, and nothing is said",
    ),
    ("contact", &["hand_over"], "delete it: only `hand_over` shows a contact"),
    ("years", &["narrow"], "delete it: only `narrow` takes years"),
    ("events", &["narrow"], "delete it: only `narrow` takes events"),
    ("record", &["answer"], "delete it: only `answer` is filled from a record"),
];

impl Reader<'_> {
    pub(super) fn effect(&mut self, table: &DeTable<'_>, span: &Range<usize>) -> Option<Effect> {
        let known = if self.version == 1 { FIRST } else { ACTIONS };
        let list = listed(known);
        let action = self.required_text(table, "action", span, &format!("write `action = {list}`"))?;
        if !known.contains(&action.as_str()) {
            let at = table.get("action").map_or(span.clone(), Spanned::span);
            self.wrong(at, format!("there is no action \"{action}\""), &format!("use {list}"));
            return None;
        }
        for (key, actions, remedy) in ONLY_OF {
            if let Some(value) = table.get(*key).filter(|_| !actions.contains(&action.as_str())) {
                self.wrong(value.span(), format!("`{action}` has no `{key}`"), remedy);
            }
        }
        Some(match action.as_str() {
            "refuse" => Effect::Refuse(self.message(table, "message", span)?),
            "ask_back" => Effect::AskBack(self.message(table, "message", span)?),
            "answer" => Effect::Answer(self.reply(table, span)?),
            "hand_over" => {
                let remedy = "write `contact = \"…\"`: whom the asker can turn to";
                let contact = self.required_text(table, "contact", span, remedy);
                Effect::HandOver { message: self.message(table, "message", span)?, contact: contact? }
            }
            "narrow_years" => Effect::NarrowYears,
            "narrow" => self.narrow(table, span)?,
            "require_citations" => Effect::RequireCitations,
            "mask" => Effect::Mask,
            _ => Effect::Defuse,
        })
    }

    pub(super) fn message(&mut self, table: &DeTable<'_>, key: &str, span: &Range<usize>) -> Option<Message> {
        let remedy = format!("write `{key} = {{ ko = \"…\", en = \"…\" }}`: what the asker reads");
        let Some(value) = table.get(key) else {
            self.wrong(span.clone(), format!("there is no `{key}`"), &remedy);
            return None;
        };
        let Some(message) = value.get_ref().as_table() else {
            self.wrong(value.span(), format!("`{key}` is not a table"), &remedy);
            return None;
        };
        self.known_keys(message, "`message`");
        let ko = self.required_text(message, "ko", &value.span(), &remedy);
        let en = self.required_text(message, "en", &value.span(), &remedy);
        Some(Message { ko: ko?, en: en? })
    }

    pub(super) fn reply(&mut self, table: &DeTable<'_>, span: &Range<usize>) -> Option<Reply> {
        let message = self.message(table, "message", span);
        let record = match table.get("record") {
            Some(value) => Some(self.record(value)?),
            None => None,
        };
        let message = message?;
        if record.is_some() {
            self.template(&message.ko, span);
            self.template(&message.en, span);
        }
        Some(Reply { message, record })
    }

    /// Holds that a template can be read.
    pub(super) fn template(&mut self, text: &str, span: &Range<usize>) {
        if let Err(problem) = template::check(text) {
            let remedy = "correct it: `{{ column }}` tells a column of the record or a slot of the flow";
            self.wrong(span.clone(), format!("the template `{text}` cannot be read: {problem}"), remedy);
        }
    }

    fn record(&mut self, value: &Value<'_>) -> Option<RecordQuery> {
        let remedy = "write `record = { source = \"…\", where = { column = \"…\" } }`";
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(value.span(), "`record` is not a table", remedy);
            return None;
        };
        self.known_keys(table, "`record`");
        let source = self.required_text(table, "source", &value.span(), remedy);
        let columns = table.get("where").and_then(|columns| columns.get_ref().as_table());
        let Some(columns) = columns.filter(|columns| !columns.is_empty()) else {
            self.wrong(value.span(), "`record` has no `where`", remedy);
            return None;
        };
        let mut wanted = Vec::new();
        for (column, value) in columns {
            let text = self.text_of(value, column.get_ref())?;
            self.template(&text, &value.span());
            wanted.push((column.get_ref().to_string(), text));
        }
        Some(RecordQuery { source: source?, columns: wanted })
    }

    fn narrow(&mut self, table: &DeTable<'_>, span: &Range<usize>) -> Option<Effect> {
        let remedy = "write `years = [2024]`, `events = [\"…\"]` or both";
        let mut years = Vec::new();
        if let Some(value) = table.get("years") {
            for year in value.get_ref().as_array().into_iter().flatten() {
                match integer(year)
                    .and_then(|year| u16::try_from(year).ok())
                    .filter(|year| (1000..=9999).contains(year))
                {
                    Some(year) => years.push(year),
                    None => self.wrong(year.span(), "an entry of `years` is not a year", remedy),
                }
            }
        }
        let events = self.plain_texts(table, "events");
        if years.is_empty() && events.is_empty() {
            self.wrong(span.clone(), "`narrow` narrows nothing", remedy);
            return None;
        }
        Some(Effect::Narrow { years, events })
    }
}

/// `"a", "b" or "c"`
fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let (last, others) = quoted
        .split_last()
        .map_or((String::new(), Vec::new()), |(last, others)| (last.clone(), others.to_vec()));
    format!("{} or {last}", others.join(", "))
}
