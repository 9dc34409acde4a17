//! When a rule applies, as its file says it.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::reader::{Reader, Value, integer};
use super::{Condition, Example, Near, Pattern, PatternKind, Role, Topic};
use crate::entities::Entity;
use crate::expression::Expression;
use crate::phrase::Phrase;

/// An example counts from here on, unless the rule says otherwise.
const SIMILARITY: f32 = 0.8;
/// The same by common terms. Chosen on the development half of `eval/guard`.
const OVERLAP: f32 = 0.6;
/// A topic counts when it is as likely as not. Chosen by cross-validation on the development half of `eval/guard`.
const ODDS: f32 = 0.0;
const MOST_ODDS: f64 = 20.0;
/// Letters within which things are near.
const WITHIN: usize = 16;
const MOST_WITHIN: usize = 200;

impl Reader<'_> {
    pub(super) fn condition(&mut self, table: &DeTable<'_>, span: &Range<usize>) -> Option<Condition> {
        let remedy = if self.version == 1 {
            "give `match` at least one phrase under `any` or `all`, or a `regex`"
        } else {
            "give `match` something under `any`, `words`, `all`, `near`, `regex`, `entities`, `topic` or `examples`"
        };
        let Some(value) = table.get("match") else {
            self.wrong(span.clone(), "there is no `match`", remedy);
            return None;
        };
        let Some(parts) = value.get_ref().as_table() else {
            self.wrong(value.span(), "`match` is not a table", remedy);
            return None;
        };
        let before = self.errors.len();
        self.known_keys(parts, "`match`");
        let condition = self.parts(parts);
        if self.errors.len() > before {
            return None;
        }
        let positive = |pattern: &Pattern| !matches!(pattern.role, Role::Not | Role::Unless);
        if condition.examples.is_empty()
            && condition.topic.is_none()
            && !condition.patterns.iter().any(positive)
        {
            self.wrong(value.span(), "`match` matches nothing", remedy);
            return None;
        }
        Some(condition)
    }

    fn parts(&mut self, parts: &DeTable<'_>) -> Condition {
        let mut condition = Condition {
            similarity: self.share(parts, "similarity", SIMILARITY),
            overlap: self.share(parts, "overlap", OVERLAP),
            ..Condition::default()
        };
        let patterns = &mut condition.patterns;
        for (key, role, mark) in [
            ("any", Role::Any, ""),
            ("words", Role::Any, "="),
            ("not", Role::Not, ""),
            ("unless", Role::Unless, ""),
        ] {
            for (text, span) in self.texts(parts, key) {
                self.phrase(&format!("{mark}{text}"), key, &span, role, patterns);
            }
        }
        condition.n_all = self.all(parts, patterns);
        condition.near = self.near(parts, patterns);
        self.regexes(parts, patterns);
        for (text, span) in self.texts(parts, "examples") {
            match text.trim().chars().count() {
                0..4 => {
                    self.wrong(
                        span,
                        format!("the example \"{text}\" is too short"),
                        "write a whole sentence",
                    );
                }
                _ => condition.examples.push(Example { text, line: self.line(span.start) }),
            }
        }
        condition.topic = self.topic(parts);
        condition.clear_below = parts.contains_key("clear_below").then(|| self.odds(parts, "clear_below"));
        condition
    }

    fn topic(&mut self, parts: &DeTable<'_>) -> Option<Topic> {
        let Some(value) = parts.get("topic") else {
            if let Some(odds) = parts.get("odds") {
                self.wrong(odds.span(), "`odds` without a `topic`", "say which `topic` must be so likely");
            }
            return None;
        };
        let name = self.text_of(value, "topic")?;
        if !self.topics.has(&name) {
            let known = self.topics.names().join(", ");
            self.wrong(
                value.span(),
                format!("there are no weights for the topic \"{name}\""),
                &format!("use one of: {known}"),
            );
            return None;
        }
        Some(Topic { name, odds: self.odds(parts, "odds"), line: self.line(value.span().start) })
    }

    /// A logarithm of odds.
    fn odds(&mut self, parts: &DeTable<'_>, key: &str) -> f32 {
        let Some(value) = parts.get(key) else { return ODDS };
        let number = match value.get_ref() {
            DeValue::Float(number) => number.to_string().parse::<f64>().ok(),
            DeValue::Integer(number) => number.to_string().parse::<f64>().ok(),
            _ => None,
        };
        match number.filter(|number| number.abs() <= MOST_ODDS) {
            Some(number) => number as f32,
            None => {
                let problem = format!("`{key}` is not a number between -{MOST_ODDS} and {MOST_ODDS}");
                self.wrong(value.span(), problem, "write the logarithm of the odds: 0 is as likely as not");
                ODDS
            }
        }
    }

    pub(super) fn phrase(
        &mut self,
        text: &str,
        key: &str,
        span: &Range<usize>,
        role: Role,
        into: &mut Vec<Pattern>,
    ) {
        let read = match self.version {
            1 => Phrase::plain(text).map(|phrase| vec![phrase]),
            _ => Phrase::read(text, &self.lists),
        };
        let lists = self.lists.keys().filter(|name| text.contains(&format!("{{{name}}}")));
        self.used_lists.extend(lists.cloned());
        let line = self.line(span.start);
        match read {
            Ok(phrases) => into.extend(phrases.into_iter().map(|phrase| Pattern {
                kind: PatternKind::Phrase(phrase),
                role,
                line,
                shown: text.to_owned(),
            })),
            Err(problem) => {
                let short = problem.contains("fewer than two");
                let remedy = if short {
                    "write a longer phrase: so short a one is in half of all questions"
                } else {
                    "correct it; the language of phrases is explained at the top of rules/default.toml"
                };
                self.wrong(span.clone(), format!("the phrase \"{text}\" of `{key}` {problem}"), remedy);
            }
        }
    }

    /// Entries of `all` and `entities`. An entry that is a list is found when any of its own is.
    fn all(&mut self, parts: &DeTable<'_>, into: &mut Vec<Pattern>) -> usize {
        let mut n = 0;
        let remedy = "write `all = [\"…\", [\"this\", \"or this\"]]`";
        if let Some(value) = parts.get("all") {
            let Some(items) = value.get_ref().as_array() else {
                self.wrong(value.span(), "`all` is not a list", remedy);
                return n;
            };
            for item in items {
                match item.get_ref().as_str() {
                    Some(text) => self.phrase(text, "all", &item.span(), Role::All(n), into),
                    None if self.version > 1 && item.get_ref().is_array() => {
                        for (text, span) in self.texts_of(item, "all") {
                            self.phrase(&text, "all", &span, Role::All(n), into);
                        }
                    }
                    None => self.wrong(item.span(), "an entry of `all` is not a text", remedy),
                }
                n += 1;
            }
        }
        for (name, span) in self.texts(parts, "entities") {
            let Some(entity) = Entity::named(&name) else {
                self.wrong(
                    span,
                    format!("there is no entity \"{name}\""),
                    "use \"person\", \"company\", \"date\", \"year\" or \"number\"",
                );
                continue;
            };
            let kind = PatternKind::Phrase(Phrase::entity(entity));
            into.push(Pattern {
                kind,
                role: Role::All(n),
                line: self.line(span.start),
                shown: format!("{{{name}}}"),
            });
            n += 1;
        }
        n
    }

    fn near(&mut self, parts: &DeTable<'_>, into: &mut Vec<Pattern>) -> Vec<Near> {
        let remedy = "write `near = [{ of = [\"…\", \"…\"], within = 16 }]`";
        let Some(value) = parts.get("near") else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong(value.span(), "`near` is not a list", remedy);
            return Vec::new();
        };
        let mut groups = Vec::new();
        for item in items {
            let Some(table) = item.get_ref().as_table() else {
                self.wrong(item.span(), "an entry of `near` is not a table", remedy);
                continue;
            };
            self.known_keys(table, "`near`");
            let within = self.within(table.get("within"));
            let of = self.texts(table, "of");
            if of.len() < 2 {
                self.wrong(item.span(), "`near` needs two things at least", remedy);
            }
            for (at, (text, span)) in of.iter().enumerate() {
                self.phrase(text, "of", span, Role::Near(groups.len(), at), into);
            }
            groups.push(Near { items: of.len(), within });
        }
        groups
    }

    fn within(&mut self, value: Option<&Value<'_>>) -> usize {
        let Some(value) = value else { return WITHIN };
        let letters = integer(value).and_then(|letters| usize::try_from(letters).ok());
        match letters.filter(|letters| (1..=MOST_WITHIN).contains(letters)) {
            Some(letters) => letters,
            None => {
                self.wrong(
                    value.span(),
                    format!("`within` is not between 1 and {MOST_WITHIN}"),
                    "write a number of letters",
                );
                WITHIN
            }
        }
    }

    fn regexes(&mut self, parts: &DeTable<'_>, into: &mut Vec<Pattern>) {
        for (pattern, span) in self.texts(parts, "regex") {
            match Expression::read(&pattern) {
                Ok(expression) => into.push(Pattern {
                    kind: PatternKind::Regex(expression),
                    role: Role::Any,
                    line: self.line(span.start),
                    shown: pattern,
                }),
                Err((problem, remedy)) => self.wrong(span, problem, remedy),
            }
        }
    }
}
