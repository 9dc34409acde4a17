//! What a rule file says: read whole or not at all, every mistake told with file, line, rule and remedy.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use regex::{Regex, RegexBuilder};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::matcher::Phrase;

/// The version of the rule language that is read here.
const SCHEMA: i64 = 1;
/// A compiled regular expression may take so many bytes.
const REGEX_BYTES: usize = 1 << 20;

/// A rule as people speak of it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name; unique in the file.
    pub id: String,
    /// What it is for, in one sentence.
    pub purpose: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Higher goes first among rules of the same action.
    pub priority: i64,
    /// The line of the file it starts on, from 1.
    pub line: usize,
    pub(crate) effect: Effect,
    pub(crate) condition: Condition,
}

/// What a rule does.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Refuse(Message),
    Answer(Message),
    NarrowYears,
}

/// What the asker reads.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) ko: String,
    pub(crate) en: String,
}

/// When a rule applies. Empty for `narrow_years`, which has its own finder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    pub(crate) any: Vec<Phrase>,
    pub(crate) all: Vec<Phrase>,
    pub(crate) not: Vec<Phrase>,
    pub(crate) regex: Vec<Regex>,
}

/// One thing that is wrong with a rule file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct GuardError {
    /// The file, as it was named to the parser.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The rule, once it is known.
    pub rule: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for GuardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if let Some(rule) = &self.rule {
            write!(f, "rule \"{rule}\": ")?;
        }
        write!(f, "{}: {}", self.problem, self.remedy)
    }
}

/// Everything that is wrong with a rule file, by line. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct GuardErrors(pub Vec<GuardError>);

impl fmt::Display for GuardErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// Reads a rule file.
pub(crate) fn parse(file: &str, text: &str) -> Result<Vec<Rule>, GuardErrors> {
    let mut reader = Reader { file, text, rule: None, errors: Vec::new() };
    let rules = reader.file();
    if reader.errors.is_empty() {
        return Ok(rules);
    }
    reader.errors.sort_by_key(|error| error.line);
    Err(GuardErrors(reader.errors))
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    /// The rule being read.
    rule: Option<String>,
    errors: Vec<GuardError>,
}

type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn file(&mut self) -> Vec<Rule> {
        let table = match DeTable::parse(self.text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                let problem = format!("not TOML: {}", one_line(error.message()));
                let remedy = "correct the line; texts stand in \"double quotes\"";
                self.wrong(error.span().unwrap_or(0..0), problem, remedy);
                return Vec::new();
            }
        };
        self.known_keys(&table, "the file", &["schema", "rule"]);
        match table.get("schema") {
            None => self.wrong(0..0, "there is no `schema`", "put `schema = 1` at the top"),
            Some(schema) if integer(schema) != Some(SCHEMA) => {
                self.wrong(
                    schema.span(),
                    "this is not a schema this version reads",
                    "write `schema = 1`, or use the version of siren the file was written for",
                );
            }
            Some(_) => {}
        }
        let mut rules = Vec::new();
        let mut lines_of: BTreeMap<String, usize> = BTreeMap::new();
        let Some(listed) = table.get("rule") else {
            return rules;
        };
        let Some(listed_rules) = listed.get_ref().as_array() else {
            self.wrong(listed.span(), "`rule` is not a list", "start every rule with `[[rule]]`");
            return rules;
        };
        for value in listed_rules {
            let Some(table) = value.get_ref().as_table() else {
                self.wrong(value.span(), "a rule is not a table", "start every rule with `[[rule]]`");
                continue;
            };
            self.rule = table.get("id").and_then(|id| id.get_ref().as_str()).map(str::to_owned);
            let rule = self.one_rule(table, value.span());
            if let Some(id) = self.rule.clone() {
                let at = table.get("id").map_or_else(|| value.span(), Spanned::span);
                match lines_of.get(&id) {
                    Some(first) => {
                        let problem = format!("line {first} has a rule of the same id");
                        self.wrong(at, problem, "give one of them another id");
                    }
                    None => {
                        lines_of.insert(id, self.line(at.start));
                    }
                }
            }
            self.rule = None;
            rules.extend(rule);
        }
        rules
    }

    fn one_rule(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Rule> {
        let keys = ["id", "for", "owner", "priority", "match", "action", "message"];
        self.known_keys(table, "a rule", &keys);
        let id = self.id(table, &span);
        let purpose = self.required_text(table, "for", &span, "say in one sentence what the rule is for");
        let owner = table.get("owner").and_then(|owner| self.text_of(owner, "owner"));
        let priority = table.get("priority").map_or(Some(0), |value| self.priority(value));
        let action = self.required_text(
            table,
            "action",
            &span,
            "write `action = \"refuse\"`, \"answer\" or \"narrow_years\"",
        );
        let (effect, condition) = match action.as_deref() {
            None => (None, None),
            Some("narrow_years") => {
                for key in ["match", "message"] {
                    if let Some(value) = table.get(key) {
                        let problem = format!("`narrow_years` has no `{key}`");
                        self.wrong(
                            value.span(),
                            problem,
                            "delete it: the years are found by a built-in finder, and nothing is said",
                        );
                    }
                }
                (Some(Effect::NarrowYears), Some(Condition::default()))
            }
            Some(action @ ("refuse" | "answer")) => {
                let message = self.message(table, &span);
                let effect = message.map(|message| match action {
                    "refuse" => Effect::Refuse(message),
                    _ => Effect::Answer(message),
                });
                (effect, self.condition(table, &span))
            }
            Some(other) => {
                let at = table.get("action").map_or(span.clone(), Spanned::span);
                let problem = format!("there is no action \"{other}\"");
                self.wrong(at, problem, "use \"refuse\", \"answer\" or \"narrow_years\"");
                (None, None)
            }
        };
        Some(Rule {
            id: id?,
            purpose: purpose?,
            owner,
            priority: priority?,
            line: self.line(span.start),
            effect: effect?,
            condition: condition?,
        })
    }

    fn id(&mut self, table: &DeTable<'_>, span: &Range<usize>) -> Option<String> {
        let remedy = "name the rule: `id = \"…\"` of small letters, digits and `-`";
        let id = self.required_text(table, "id", span, remedy)?;
        if id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return Some(id);
        }
        let at = table.get("id").map_or(span.clone(), Spanned::span);
        self.wrong(at, "the id has other characters than a-z, 0-9 and `-`", remedy);
        None
    }

    fn priority(&mut self, value: &Value<'_>) -> Option<i64> {
        let priority = integer(value);
        if priority.is_none() {
            self.wrong(
                value.span(),
                "`priority` is not a whole number",
                "write a number such as 100; higher goes first",
            );
        }
        priority
    }

    fn message(&mut self, table: &DeTable<'_>, span: &Range<usize>) -> Option<Message> {
        let remedy = "write `message = { ko = \"…\", en = \"…\" }`: what the asker reads";
        let Some(value) = table.get("message") else {
            self.wrong(span.clone(), "there is no `message`", remedy);
            return None;
        };
        let Some(message) = value.get_ref().as_table() else {
            self.wrong(value.span(), "`message` is not a table", remedy);
            return None;
        };
        self.known_keys(message, "`message`", &["ko", "en"]);
        let ko = self.required_text(message, "ko", &value.span(), remedy);
        let en = self.required_text(message, "en", &value.span(), remedy);
        Some(Message { ko: ko?, en: en? })
    }

    fn condition(&mut self, table: &DeTable<'_>, span: &Range<usize>) -> Option<Condition> {
        let remedy = "give `match` at least one phrase under `any` or `all`, or a `regex`";
        let Some(value) = table.get("match") else {
            self.wrong(span.clone(), "there is no `match`", remedy);
            return None;
        };
        let Some(parts) = value.get_ref().as_table() else {
            self.wrong(value.span(), "`match` is not a table", remedy);
            return None;
        };
        let before = self.errors.len();
        self.known_keys(parts, "`match`", &["any", "all", "not", "regex"]);
        let condition = Condition {
            any: self.phrases(parts, "any"),
            all: self.phrases(parts, "all"),
            not: self.phrases(parts, "not"),
            regex: self.regexes(parts),
        };
        if self.errors.len() > before {
            return None;
        }
        if condition.any.is_empty() && condition.all.is_empty() && condition.regex.is_empty() {
            self.wrong(value.span(), "`match` matches nothing", remedy);
            return None;
        }
        Some(condition)
    }

    fn phrases(&mut self, parts: &DeTable<'_>, key: &str) -> Vec<Phrase> {
        let mut phrases = Vec::new();
        for (text, span) in self.texts(parts, key) {
            let phrase = Phrase::new(&text);
            if phrase.n_letters() < 2 {
                let problem = format!("the phrase \"{text}\" of `{key}` has fewer than two letters");
                self.wrong(
                    span,
                    problem,
                    "write a longer phrase: so short a one is in half of all questions",
                );
            } else {
                phrases.push(phrase);
            }
        }
        phrases
    }

    fn regexes(&mut self, parts: &DeTable<'_>) -> Vec<Regex> {
        let mut regexes = Vec::new();
        for (pattern, span) in self.texts(parts, "regex") {
            match RegexBuilder::new(&pattern).size_limit(REGEX_BYTES).build() {
                Err(error) => {
                    let told = error.to_string();
                    let told = told.lines().last().unwrap_or_default();
                    let told = told.strip_prefix("error: ").unwrap_or(told);
                    let problem = format!("the regular expression `{pattern}` cannot be used: {told}");
                    self.wrong(span, problem, "correct it; there is no look-around and no back-reference");
                }
                Ok(regex) if regex.is_match("") => {
                    let problem = format!("the regular expression `{pattern}` matches the empty text");
                    self.wrong(span, problem, "make a part of it required: it matches every question");
                }
                Ok(_) if asks_for_capitals(&pattern) => {
                    let problem = format!("the regular expression `{pattern}` asks for capital letters");
                    self.wrong(span, problem, "write small ones: questions are lower-cased before");
                }
                Ok(regex) => regexes.push(regex),
            }
        }
        regexes
    }

    /// A list of texts, if it is one.
    fn texts(&mut self, parts: &DeTable<'_>, key: &str) -> Vec<(String, Range<usize>)> {
        let Some(value) = parts.get(key) else {
            return Vec::new();
        };
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

    fn required_text(
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

    fn text_of(&mut self, value: &Value<'_>, key: &str) -> Option<String> {
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

    fn known_keys(&mut self, table: &DeTable<'_>, of: &str, known: &[&str]) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let remedy = format!("delete it or correct it; {of} has: {}", known.join(", "));
                self.wrong(key.span(), format!("unknown key `{name}`"), &remedy);
            }
        }
    }

    fn wrong(&mut self, span: Range<usize>, problem: impl Into<String>, remedy: &str) {
        self.errors.push(GuardError {
            file: self.file.to_owned(),
            line: self.line(span.start),
            rule: self.rule.clone(),
            problem: problem.into(),
            remedy: remedy.to_owned(),
        });
    }

    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        before.filter(|&&byte| byte == b'\n').count() + 1
    }
}

fn integer(value: &Value<'_>) -> Option<i64> {
    let number = value.get_ref().as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a pattern has capital letters that stand for themselves, and so can never match a folded text.
fn asks_for_capitals(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let class = chars.next();
                // \p{Hangul}, \x{AC00}: names, not letters.
                if matches!(class, Some('p' | 'P' | 'x' | 'u' | 'U')) && chars.peek() == Some(&'{') {
                    chars.by_ref().find(|&c| c == '}');
                }
            }
            // (?P<name>…) and (?U)
            '(' if chars.peek() == Some(&'?') => {
                chars.by_ref().find(|&c| matches!(c, ')' | ':' | '>'));
            }
            'A'..='Z' => return true,
            _ => {}
        }
    }
    false
}
