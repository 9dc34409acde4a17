//! Rules that cannot apply, that hide or contradict one another, or that say too much.
//!
//! Every phrase of a rule stands for texts it is found in; one of them is judged by all rules. What another rule
//! decides there, this rule never will.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use siren_domain::PartialDate;

use crate::guard::{Guard, Subject};
use crate::matcher::Matcher;
use crate::phrase::{Ending, Symbol};
use crate::rules::{Condition, Pattern, PatternKind, Rail, Role, Rule};

/// Questions that no rule for a topic should stop.
const HARMLESS: &[&str] = &[
    "2024년 서밋에서 발표한 내용을 요약해 줘",
    "쿠버네티스 배포 사례를 알려 주세요",
    "데이터 플랫폼을 만든 회사는 어디인가요?",
    "세션 자료는 어디에서 받나요?",
    "이번 달 교육 신청 절차가 궁금합니다",
    "What did the speaker say about cost?",
    "How does the system handle errors?",
    "행사장에 주차할 수 있나요",
];
/// A phrase of so few syllables that may begin any word is in many questions.
const SHORT: usize = 2;

/// What kind of mistake it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LintKind {
    /// The rule can never apply.
    Unreachable,
    /// Another rule decides whenever this one applies.
    Shadowed,
    /// Two rules of one rank say different things to the same text.
    Contradictory,
    /// Another rule decides some of the texts that this one is for.
    Overlapping,
    /// It applies to questions that it is hardly for.
    OverBroad,
    /// A list that no phrase uses.
    Unused,
    /// A regular expression that is tried on every text.
    Slow,
}

impl LintKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Shadowed => "shadowed",
            Self::Contradictory => "contradictory",
            Self::Overlapping => "overlapping",
            Self::OverBroad => "over-broad",
            Self::Unused => "unused",
            Self::Slow => "slow",
        }
    }
}

/// One thing about a rule file that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, as it was named to the parser.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The rule, flow or list.
    pub rule: String,
    /// What kind of mistake it is.
    pub kind: LintKind,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl Finding {
    /// Whether a rule cannot do what it is for.
    pub fn is_error(&self) -> bool {
        matches!(self.kind, LintKind::Unreachable | LintKind::Shadowed | LintKind::Contradictory)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.is_error() { "error" } else { "warning" };
        let (file, line, kind) = (&self.file, self.line, self.kind.name());
        write!(f, "{file}:{line}: {level}, {kind}: \"{}\": {}: {}", self.rule, self.problem, self.remedy)
    }
}

impl Guard {
    /// All findings, by line. `today` tells which rules are over.
    pub fn lint(&self, today: Option<PartialDate>) -> Vec<Finding> {
        let mut lint = Lint { guard: self, findings: Vec::new() };
        for rule in self.rules() {
            lint.days(rule, today);
            lint.samples(rule);
        }
        for rule in self.rules() {
            lint.patterns(&rule.id, &rule.condition);
        }
        for flow in &self.file.flows {
            lint.patterns(&flow.id, &flow.condition);
        }
        lint.harmless();
        for (name, line) in &self.file.unused_lists {
            lint.add(*line, name, LintKind::Unused, "no phrase uses the list".into(), "use it or delete it");
        }
        let mut findings = lint.findings;
        findings.sort_by(|a, b| {
            (a.line, a.kind, &a.rule, &a.problem).cmp(&(b.line, b.kind, &b.rule, &b.problem))
        });
        findings.dedup();
        findings
    }
}

struct Lint<'a> {
    guard: &'a Guard,
    findings: Vec<Finding>,
}

impl Lint<'_> {
    fn add(&mut self, line: usize, rule: &str, kind: LintKind, problem: String, remedy: &str) {
        let file = self.guard.file_name.clone();
        self.findings.push(Finding {
            file,
            line,
            rule: rule.to_owned(),
            kind,
            problem,
            remedy: remedy.to_owned(),
        });
    }

    fn days(&mut self, rule: &Rule, today: Option<PartialDate>) {
        if let Some(until) = rule.days.until.filter(|until| today.is_some_and(|today| *until < today)) {
            let problem = format!("it was in force until {until}");
            self.add(rule.line, &rule.id, LintKind::Unreachable, problem, "delete it, or move `until`");
        }
    }

    /// What becomes of the texts that a rule's phrases stand for.
    fn samples(&mut self, rule: &Rule) {
        if !rule.rails.contains(&Rail::Input) {
            return;
        }
        let samples = samples(&rule.condition);
        let mut deciders: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
        let mut applies = false;
        for (line, text) in &samples {
            let group = rule.groups.clone();
            let subject = Subject { groups: &group, today: rule.days.from, ..Subject::of(text) };
            let judged = self.guard.judge(&subject);
            applies |= judged.applied.iter().any(|applied| applied.rule.id == rule.id);
            let decider =
                judged.applied.first().filter(|first| first.rule.effect.speaks() || !rule.effect.speaks());
            let other = decider.filter(|first| first.rule.id != rule.id);
            if let Some(other) =
                other.filter(|other| other.rule.groups.is_empty() || other.rule.groups == rule.groups)
            {
                deciders.entry(other.rule.id.clone()).or_default().push((*line, text.clone()));
            }
            self.contradiction(rule, *line, text, &judged.applied.iter().map(|a| a.rule).collect::<Vec<_>>());
        }
        if samples.is_empty() || !rule.effect.speaks() {
            return;
        }
        if !applies
            && rule.condition.patterns.iter().all(|pattern| matches!(pattern.kind, PatternKind::Phrase(_)))
        {
            let problem = "its own `not` or `unless` excuse every phrase it has".to_owned();
            self.add(
                rule.line,
                &rule.id,
                LintKind::Unreachable,
                problem,
                "narrow `not` and `unless`, or delete the rule",
            );
            return;
        }
        let only_phrases =
            rule.condition.patterns.iter().all(|pattern| !matches!(pattern.kind, PatternKind::Regex(_)));
        for (other, taken) in deciders {
            if taken.len() == samples.len() && only_phrases && rule.condition.examples.is_empty() {
                let problem = format!("\"{other}\" decides whenever it applies");
                self.add(
                    rule.line,
                    &rule.id,
                    LintKind::Shadowed,
                    problem,
                    "give it a higher priority, or delete it",
                );
                continue;
            }
            let lines: BTreeSet<usize> = taken.iter().map(|(line, _)| *line).collect();
            for line in lines {
                let text = taken.iter().find(|(of, _)| *of == line).map_or("", |(_, text)| text.as_str());
                let problem = format!("\"{other}\" decides on “{text}”");
                self.add(
                    line,
                    &rule.id,
                    LintKind::Overlapping,
                    problem,
                    "nothing, if that is meant; else change a priority or a phrase",
                );
            }
        }
    }

    /// Two rules of the same action and priority that say different things.
    fn contradiction(&mut self, rule: &Rule, line: usize, text: &str, applied: &[&Rule]) {
        let speaks = |other: &&&Rule| {
            other.id > rule.id
                && other.effect.order() == rule.effect.order()
                && other.priority == rule.priority
        };
        if !rule.effect.speaks() || !applied.iter().any(|other| other.id == rule.id) {
            return;
        }
        for other in applied.iter().filter(speaks) {
            let problem = format!(
                "\"{}\" (line {}) has the same action and priority on “{text}”",
                other.id, other.line
            );
            self.add(
                line,
                &rule.id,
                LintKind::Contradictory,
                problem,
                "give one of them another priority: now the id decides",
            );
        }
    }

    fn patterns(&mut self, id: &str, condition: &Condition) {
        let mut seen: BTreeMap<(&str, u8), usize> = BTreeMap::new();
        for pattern in &condition.patterns {
            let role = u8::from(matches!(pattern.role, Role::Not | Role::Unless));
            match seen.get(&(pattern.shown.as_str(), role)) {
                Some(first) if *first != pattern.line => {
                    let problem = format!("`{}` stands on line {first} already", pattern.shown);
                    self.add(pattern.line, id, LintKind::Unused, problem, "delete one of them");
                }
                _ => {
                    seen.insert((&pattern.shown, role), pattern.line);
                }
            }
            self.breadth(id, pattern, condition);
        }
    }

    fn breadth(&mut self, id: &str, pattern: &Pattern, condition: &Condition) {
        match &pattern.kind {
            PatternKind::Regex(regex) if Matcher::is_unannounced(regex.as_str()) => {
                let problem = format!("`{}` has no word that a match must hold", pattern.shown);
                self.add(
                    pattern.line,
                    id,
                    LintKind::Slow,
                    problem,
                    "make a word required, else it is tried on every text",
                );
            }
            PatternKind::Phrase(phrase) if pattern.role == Role::Any && condition.n_all == 0 => {
                let [only] = phrase.pieces.as_slice() else { return };
                let bare = |symbol: &Symbol| match symbol {
                    Symbol::Atom(atom) => {
                        atom.hangul
                            && atom.n_letters() <= SHORT
                            && atom.ending != Ending::Inflected
                            && !phrase.at_end
                    }
                    Symbol::Entity(_) => true,
                };
                if only.symbols.iter().any(bare) {
                    let problem = format!("`{}` begins many words that are not meant", pattern.shown);
                    self.add(
                        pattern.line,
                        id,
                        LintKind::OverBroad,
                        problem,
                        "write `=` before it, or more words",
                    );
                }
            }
            _ => {}
        }
    }

    fn harmless(&mut self) {
        for text in HARMLESS {
            let judged = self.guard.judge(&Subject::of(text));
            for applied in judged.applied.iter().filter(|applied| applied.rule.effect.speaks()) {
                let line = applied.lines.first().copied().unwrap_or(applied.rule.line);
                let problem = format!("it applies to “{text}”");
                self.add(line, &applied.rule.id, LintKind::OverBroad, problem, "ask for more words");
            }
        }
    }
}

/// A text for each phrase, with all that the rest of the condition asks for, and its line.
fn samples(condition: &Condition) -> Vec<(usize, String)> {
    let phrase = |pattern: &Pattern| match &pattern.kind {
        PatternKind::Phrase(phrase) => Some(phrase.sample()),
        PatternKind::Regex(_) => None,
    };
    let of_role = |role: Role| condition.patterns.iter().filter(move |pattern| pattern.role == role);
    let rest: Vec<String> =
        (0..condition.n_all).filter_map(|at| of_role(Role::All(at)).find_map(phrase)).collect();
    let rest = rest.join(" ");
    let mut samples: Vec<(usize, String)> = Vec::new();
    for pattern in of_role(Role::Any) {
        samples
            .extend(phrase(pattern).map(|text| (pattern.line, format!("{text} {rest}").trim().to_owned())));
    }
    for (group, near) in condition.near.iter().enumerate() {
        let items = (0..near.items).filter_map(|at| of_role(Role::Near(group, at)).next());
        let texts: Vec<(usize, String)> =
            items.filter_map(|pattern| Some((pattern.line, phrase(pattern)?))).collect();
        let line = texts.first().map_or(1, |(line, _)| *line);
        let text: Vec<String> = texts.into_iter().map(|(_, text)| text).collect();
        samples.push((line, format!("{} {rest}", text.join(" ")).trim().to_owned()));
    }
    samples.extend(condition.examples.iter().map(|example| (example.line, example.text.clone())));
    if samples.is_empty() && !rest.is_empty() {
        let line = condition.patterns.first().map_or(1, |pattern| pattern.line);
        samples.push((line, rest));
    }
    samples
}
