//! A rule file as a whole: its version, lists, names, rules and flows.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use siren_domain::PartialDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::reader::{Reader, Value, integer, one_line};
use super::{Condition, Days, Effect, Flow, GuardErrors, Rail, Rule, RuleFile};
use crate::entities::{Entity, Names};
use crate::phrase::Atom;
use crate::topics::Topics;

/// The version of the rule language that is written here; the first one is still read.
const VERSION: i64 = 2;

/// Reads a rule file.
pub(crate) fn parse(file: &str, text: &str, topics: &Topics) -> Result<RuleFile, GuardErrors> {
    let mut reader = Reader {
        file,
        text,
        line_ends: text.match_indices('\n').map(|(at, _)| at).collect(),
        version: VERSION,
        rule: None,
        lists: BTreeMap::new(),
        used_lists: BTreeSet::new(),
        errors: Vec::new(),
        topics,
    };
    let rules = reader.file();
    if reader.errors.is_empty() {
        return Ok(rules);
    }
    reader.errors.sort_by_key(|error| error.line);
    Err(GuardErrors(reader.errors))
}

impl Reader<'_> {
    fn file(&mut self) -> RuleFile {
        let table = match DeTable::parse(self.text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                let problem = format!("not TOML: {}", one_line(error.message()));
                let remedy = "correct the line; texts stand in \"double quotes\"";
                self.wrong(error.span().unwrap_or(0..0), problem, remedy);
                return RuleFile::default();
            }
        };
        match table.get("schema") {
            None => self.wrong(0..0, "there is no `schema`", "put `schema = 2` at the top"),
            Some(schema) => match integer(schema) {
                Some(version @ 1..=VERSION) => self.version = version,
                _ => self.wrong(
                    schema.span(),
                    "this is not a schema this version reads",
                    "write `schema = 2`, or use the version of siren the file was written for",
                ),
            },
        }
        self.known_keys(&table, "the file");
        let list_lines = self.lists(&table);
        let names = self.names(&table);
        let mut ids: BTreeMap<String, usize> = BTreeMap::new();
        let rules = self.each(&table, "rule", &mut ids, Self::one_rule);
        let flows: Vec<Flow> = self.each(&table, "flow", &mut ids, Self::one_flow);
        let unused = list_lines.into_iter().filter(|(name, _)| !self.used_lists.contains(name));
        RuleFile { unused_lists: unused.collect(), rules, flows, names }
    }

    fn lists(&mut self, table: &DeTable<'_>) -> Vec<(String, usize)> {
        let mut lines = Vec::new();
        let Some(value) = table.get("lists") else { return lines };
        let remedy = "write `[lists]` and below it `name = [\"…\", \"…\"]`";
        let Some(lists) = value.get_ref().as_table() else {
            self.wrong(value.span(), "`lists` is not a table", remedy);
            return lines;
        };
        for (key, value) in lists {
            let name = key.get_ref().to_string();
            let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if !plain || Entity::named(&name).is_some() {
                let problem = format!("a list cannot be called `{name}`");
                self.wrong(key.span(), problem, "use a-z, 0-9 and `_`, and no name of an entity");
                continue;
            }
            let mut atoms = Vec::new();
            for (text, span) in self.texts_of(value, &name) {
                match Atom::entry(&text) {
                    Ok(atom) => atoms.push(atom),
                    Err(problem) => {
                        self.wrong(span, format!("the list `{name}`: {problem}"), "write a longer word");
                    }
                }
            }
            if atoms.is_empty() {
                self.wrong(
                    value.span(),
                    format!("the list `{name}` is empty"),
                    "give it a word, or delete it",
                );
            }
            lines.push((name.clone(), self.line(key.span().start)));
            self.lists.insert(name, atoms);
        }
        lines
    }

    fn names(&mut self, table: &DeTable<'_>) -> Names {
        let Some(value) = table.get("entities") else { return Names::default() };
        let Some(entities) = value.get_ref().as_table() else {
            let remedy = "write `[entities]` and below it `person = [\"…\"]`, `company = [\"…\"]`";
            self.wrong(value.span(), "`entities` is not a table", remedy);
            return Names::default();
        };
        self.known_keys(entities, "`entities`");
        Names {
            people: self.plain_texts(entities, "person"),
            companies: self.plain_texts(entities, "company"),
        }
    }

    /// Reads every table of a list of tables, and holds that no two have one id.
    fn each<T>(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        ids: &mut BTreeMap<String, usize>,
        read: fn(&mut Self, &DeTable<'_>, Range<usize>) -> Option<T>,
    ) -> Vec<T> {
        let mut all = Vec::new();
        let Some(listed) = table.get(key) else {
            return all;
        };
        let remedy = format!("start every {key} with `[[{key}]]`");
        let Some(listed) = listed.get_ref().as_array() else {
            self.wrong(listed.span(), format!("`{key}` is not a list"), &remedy);
            return all;
        };
        for value in listed {
            let Some(table) = value.get_ref().as_table() else {
                self.wrong(value.span(), format!("a {key} is not a table"), &remedy);
                continue;
            };
            self.rule = table.get("id").and_then(|id| id.get_ref().as_str()).map(str::to_owned);
            let one = read(self, table, value.span());
            self.unique(table, value, ids);
            self.rule = None;
            all.extend(one);
        }
        all
    }

    fn unique(&mut self, table: &DeTable<'_>, value: &Value<'_>, ids: &mut BTreeMap<String, usize>) {
        let Some(id) = self.rule.clone() else { return };
        let at = table.get("id").map_or_else(|| value.span(), Spanned::span);
        match ids.get(&id) {
            Some(first) => {
                let problem = format!("line {first} has a rule of the same id");
                self.wrong(at, problem, "give one of them another id");
            }
            None => {
                ids.insert(id, self.line(at.start));
            }
        }
    }

    fn one_rule(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Rule> {
        self.known_keys(table, "a rule");
        let id = self.id(table, &span);
        let purpose = self.required_text(table, "for", &span, "say in one sentence what the rule is for");
        let owner = table.get("owner").and_then(|owner| self.text_of(owner, "owner"));
        let priority = self.priority(table);
        let effect = self.effect(table, &span);
        let condition = match &effect {
            Some(Effect::NarrowYears) => Some(Condition::default()),
            _ if !table.contains_key("action") => None,
            _ => self.condition(table, &span),
        };
        let rails = self.rails(table, effect.as_ref());
        Some(Rule {
            groups: self.plain_texts(table, "groups"),
            days: self.days(table),
            id: id?,
            purpose: purpose?,
            owner,
            priority: priority?,
            line: self.line(span.start),
            rails,
            effect: effect?,
            condition: condition?,
        })
    }

    pub(super) fn id(&mut self, table: &DeTable<'_>, span: &Range<usize>) -> Option<String> {
        let remedy = "name the rule: `id = \"…\"` of small letters, digits and `-`";
        let id = self.required_text(table, "id", span, remedy)?;
        if id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return Some(id);
        }
        let at = table.get("id").map_or(span.clone(), Spanned::span);
        self.wrong(at, "the id has other characters than a-z, 0-9 and `-`", remedy);
        None
    }

    pub(super) fn priority(&mut self, table: &DeTable<'_>) -> Option<i64> {
        let Some(value) = table.get("priority") else { return Some(0) };
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

    fn rails(&mut self, table: &DeTable<'_>, effect: Option<&Effect>) -> Vec<Rail> {
        let usual = if matches!(effect, Some(Effect::Defuse)) { Rail::Passage } else { Rail::Input };
        let mut rails = Vec::new();
        for (name, span) in self.texts(table, "on") {
            match [Rail::Input, Rail::Passage, Rail::Output].into_iter().find(|rail| rail.name() == name) {
                Some(rail) => rails.push(rail),
                None => self.wrong(
                    span,
                    format!("there is no rail \"{name}\""),
                    "use \"input\", \"passage\" or \"output\"",
                ),
            }
        }
        if rails.is_empty() {
            rails.push(usual);
        }
        let fits = |rail: &Rail| match effect {
            Some(Effect::Defuse) => *rail == Rail::Passage,
            Some(Effect::Refuse(_)) => *rail != Rail::Passage,
            Some(Effect::Mask) | None => true,
            Some(_) => *rail == Rail::Input,
        };
        if let (Some(effect), Some(wrong)) = (effect, rails.iter().find(|rail| !fits(rail))) {
            let at = table.get("on").map_or(0..0, Spanned::span);
            let problem = format!("`{}` cannot be done on \"{}\"", effect.name(), wrong.name());
            let remedy = "refuse works on input and output, defuse on passages, mask anywhere, everything else on input";
            self.wrong(at, problem, remedy);
        }
        rails
    }

    pub(super) fn days(&mut self, table: &DeTable<'_>) -> Days {
        let mut day = |key: &str| {
            let value = table.get(key)?;
            let read = match value.get_ref() {
                DeValue::String(text) => text.parse().ok(),
                DeValue::Datetime(date) => date.to_string().parse().ok(),
                _ => None,
            };
            if read.is_none() {
                self.wrong(value.span(), format!("`{key}` is not a day"), "write it as \"YYYY-MM-DD\"");
            }
            read
        };
        let days: (Option<PartialDate>, Option<PartialDate>) = (day("from"), day("until"));
        if let (Some(from), Some(until)) = days
            && until < from
        {
            let at = table.get("until").map_or(0..0, Spanned::span);
            self.wrong(
                at,
                format!("`until` is before `from` ({from})"),
                "correct one of them: the rule is never in force",
            );
        }
        Days { from: days.0, until: days.1 }
    }
}
