//! What the rules say of a text, on each rail.

use std::ops::Range;
use std::sync::Arc;

use siren_domain::{Action, PartialDate, Turn, Verdict};

use crate::decision::{action, quotes};
use crate::dialogue::Dialogues;
use crate::entities::Names;
use crate::evaluate::{Findings, Met};
use crate::examples::Examples;
use crate::fold::{Folded, is_hangul, readings};
use crate::matcher::{Matcher, Sightings, Sought};
use crate::passages::fingerprint;
use crate::reply::Fill;
use crate::rules::{self, Condition, Effect, GuardError, GuardErrors, PatternKind, Rail, Rule, RuleFile};
use crate::topics::{Likely, Topics};
use crate::years::named_years;

/// The rules that are used when no others are given.
/// The built-in rules, as they are written.
pub const DEFAULT_RULES: &str = include_str!("../rules/default.toml");
const DEFAULT_FILE: &str = "default.toml";

/// What is judged, and for whom.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// What was typed.
    pub text: &'a str,
    /// The asker's groups.
    pub groups: &'a [String],
    /// What was said before, oldest first.
    pub history: &'a [Turn],
    /// The day, for rules that are in force for a time. None: all are.
    pub today: Option<PartialDate>,
    /// How alike the text and each of [`Guard::examples`] are in meaning, where that is known.
    pub similarities: Option<&'a [f32]>,
    /// The vector of [`Guard::understood`] by the encoder that [`Guard::encoder`] names, where that is set up.
    pub meaning: Option<&'a [f32]>,
}

impl<'a> Subject<'a> {
    /// A text by nobody in particular.
    pub fn of(text: &'a str) -> Self {
        Self { text, ..Self::default() }
    }
}

/// A rule that applies to a text.
#[derive(Clone, Debug)]
pub struct Explanation<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// What the verdict is when this rule decides.
    pub verdict: Verdict,
    /// Where its evidence stands in the text.
    pub places: Vec<Range<usize>>,
    /// The lines of the rule file that were found.
    pub lines: Vec<usize>,
}

/// Everything the rules say of a text.
#[derive(Clone, Debug, Default)]
pub struct Judgement<'a> {
    /// What to do.
    pub verdict: Verdict,
    /// What to do when the record of [`Judgement::fill`] is not there.
    pub fallback: Verdict,
    /// The rules that apply, in the order in which they decide.
    pub applied: Vec<Explanation<'a>>,
    /// What to retrieve for, where a dialogue has put the question together.
    pub question: Option<String>,
    /// How to fill the answer from a record.
    pub fill: Option<Fill>,
    /// What the text is most likely about, where rules ask for topics.
    pub likely: Option<Likely<'a>>,
    /// Lines of the rule file that were found, also where they kept a rule from applying.
    pub lines: Vec<usize>,
    /// Steps of the work that was done: letters passed, words seen, stretches looked back at.
    pub work: usize,
}

/// All rules of one rail.
#[derive(Debug)]
struct Track {
    matcher: Matcher,
    /// For each pattern of the matcher: which rule, or behind the rules which flow, and which of its patterns.
    patterns: Vec<(usize, usize)>,
}

/// A set of rules, ready to judge.
#[derive(Debug)]
pub struct Guard {
    pub(crate) file_name: String,
    /// Rules in the order in which they decide.
    pub(crate) file: RuleFile,
    tracks: [Track; 3],
    examples: Examples,
    /// For each example its rule and line.
    example_owners: Vec<(usize, usize)>,
    example_texts: Vec<String>,
    dialogues: Dialogues,
    topics: Arc<Topics>,
    identity: String,
}

impl Guard {
    /// Reads a rule file: all of it, or nothing and everything that is wrong with it. `file_name` is for messages.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, GuardErrors> {
        Self::parse_with(file_name, text, &Names::default(), Topics::built_in())
    }

    /// The same, with people and companies that are known from elsewhere, and weights for topics.
    pub fn parse_with(
        file_name: &str,
        text: &str,
        names: &Names,
        topics: Arc<Topics>,
    ) -> Result<Self, GuardErrors> {
        let mut file = rules::parse(file_name, text, &topics)?;
        file.rules.sort_by(|a, b| order(a).cmp(&order(b)));
        file.flows.sort_by(|a, b| {
            (std::cmp::Reverse(a.priority), &a.id).cmp(&(std::cmp::Reverse(b.priority), &b.id))
        });
        file.names.people.extend(names.people.iter().cloned());
        file.names.companies.extend(names.companies.iter().cloned());
        let guard = Self::of(file_name, file, topics);
        guard.map(|guard| Self { identity: fingerprint(text), ..guard }).map_err(|error| {
            GuardErrors(vec![GuardError {
                file: file_name.to_owned(),
                line: 1,
                rule: None,
                problem: format!("there are too many phrases: {error}"),
                remedy: "split the file or use fewer phrases".to_owned(),
            }])
        })
    }

    /// What tells these rules from others: a hash of their file.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    fn of(file_name: &str, file: RuleFile, topics: Arc<Topics>) -> Result<Self, aho_corasick::BuildError> {
        let track = |rail| Track::new(&file, rail);
        let tracks = [track(Rail::Input)?, track(Rail::Passage)?, track(Rail::Output)?];
        let conditions = conditions(&file);
        let owned = conditions
            .iter()
            .enumerate()
            .flat_map(|(owner, condition)| condition.examples.iter().map(move |example| (owner, example)));
        let owned: Vec<_> = owned.collect();
        let examples = Examples::new(owned.iter().map(|(_, example)| example.text.as_str()));
        let example_owners = owned.iter().map(|(owner, example)| (*owner, example.line)).collect();
        let example_texts = owned.iter().map(|(_, example)| example.text.clone()).collect();
        let dialogues = Dialogues::new(&file.flows, &file.names)?;
        Ok(Self {
            file_name: file_name.to_owned(),
            tracks,
            examples,
            example_owners,
            example_texts,
            dialogues,
            topics,
            identity: String::new(),
            file,
        })
    }

    /// The rules for an employee portal about conference knowledge that come with Siren.
    #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
    pub fn default_rules() -> Self {
        Self::parse(DEFAULT_FILE, DEFAULT_RULES).expect("the default rules are right")
    }

    /// The same, with people and companies that are known from elsewhere, and weights for topics.
    pub fn default_rules_with(names: &Names, topics: Arc<Topics>) -> Result<Self, GuardErrors> {
        Self::parse_with(DEFAULT_FILE, DEFAULT_RULES, names, topics)
    }

    /// The text of the default rules.
    pub fn default_text() -> &'static str {
        DEFAULT_RULES
    }

    /// The rules, in the order in which they decide.
    pub fn rules(&self) -> &[Rule] {
        &self.file.rules
    }

    /// What a rule or flow is for, who answers for it, and its line.
    pub fn about(&self, id: &str) -> Option<(&str, Option<&str>, usize)> {
        let rule = self.file.rules.iter().find(|rule| rule.id == id);
        let rule = rule.map(|rule| (rule.purpose.as_str(), rule.owner.as_deref(), rule.line));
        let flow = self.file.flows.iter().find(|flow| flow.id == id);
        rule.or_else(|| flow.map(|flow| (flow.purpose.as_str(), flow.owner.as_deref(), flow.line)))
    }

    /// All example sentences, in the order in which [`Subject::similarities`] are wanted.
    pub fn examples(&self) -> &[String] {
        &self.example_texts
    }

    /// The encoder whose vectors are weighed for topics; none when no rule asks for topics.
    pub fn encoder(&self) -> Option<&str> {
        self.asks_for_topics().then(|| self.topics.encoder()).flatten()
    }

    fn asks_for_topics(&self) -> bool {
        conditions(&self.file).iter().any(|condition| condition.asks_for_topics())
    }

    /// Lines of the rule file that something can be found on in a question, by rule or flow.
    pub fn input_lines(&self) -> Vec<(&str, usize)> {
        let on_input = |rule: &Rule| rule.rails.contains(&Rail::Input);
        let rules = self.file.rules.iter().filter(|rule| on_input(rule));
        let rules = rules.map(|rule| (rule.id.as_str(), &rule.condition));
        let flows = self.file.flows.iter().map(|flow| (flow.id.as_str(), &flow.condition));
        let of = |(id, condition): (_, &Condition)| {
            let patterns = condition.patterns.iter().map(|pattern| pattern.line);
            let examples = condition.examples.iter().map(|example| example.line);
            let lines = patterns.chain(examples).chain(condition.topic.iter().map(|topic| topic.line));
            lines.map(move |line| (id, line)).collect::<Vec<_>>()
        };
        let mut lines: Vec<(&str, usize)> = rules.chain(flows).flat_map(of).collect();
        lines.sort_by_key(|(_, line)| *line);
        lines.dedup();
        lines
    }

    /// The steps of all flows: flow, slot and line.
    pub fn steps(&self) -> Vec<(&str, &str, usize)> {
        let flows = self.file.flows.iter();
        let steps = flows
            .flat_map(|flow| flow.steps.iter().map(|step| (flow.id.as_str(), step.slot.as_str(), step.line)));
        steps.collect()
    }

    /// The step of a flow that asks this.
    pub fn step_asking(&self, flow: &str, asked: &str) -> Option<(&str, &str, usize)> {
        let flow = self.file.flows.iter().find(|of| of.id == flow)?;
        let step = flow.steps.iter().find(|step| step.ask.ko == asked || step.ask.en == asked)?;
        Some((flow.id.as_str(), step.slot.as_str(), step.line))
    }

    /// What to do with a question.
    ///
    /// One rule decides: any refusal goes before any answer, and any answer before narrowing; within an action the
    /// higher priority goes first, and among equals the id that sorts first. Where a rule stands in its file says
    /// nothing. When no rule applies the question is allowed.
    pub fn check(&self, text: &str) -> Verdict {
        self.judge(&Subject::of(text)).verdict
    }

    /// All the rules that apply, in the order in which they decide: the first is what [`Guard::check`] tells.
    pub fn explain(&self, text: &str) -> Vec<Explanation<'_>> {
        self.judge(&Subject::of(text)).applied
    }

    /// The text as topics understand it, with tricks of spelling undone: what an encoder should be given of it.
    pub fn understood(&self, text: &str) -> String {
        self.topics.reads(text)
    }

    /// Everything the rules say of a question.
    pub fn judge(&self, subject: &Subject<'_>) -> Judgement<'_> {
        let readings = readings(subject.text);
        let seen = self.tracks[0].matcher.sightings(&readings);
        let likely = self.asks_for_topics().then(|| self.topics.likely(&readings, subject.meaning)).flatten();
        let (met, lines) = self.met(Rail::Input, &seen, subject, &readings, likely.as_ref());
        let applied = self.explanations(Rail::Input, subject, &readings, &met);
        let started = met[self.file.rules.len()..].iter().map(Option::is_some).collect::<Vec<bool>>();
        let dialogue = self.dialogues.state(&self.file.flows, subject, &readings, &started);
        let mut judgement = Judgement { lines, likely, work: seen.work, ..Judgement::default() };
        judgement.decide(applied, dialogue, subject);
        let found = crate::personal::find(subject.text);
        let mut kinds: Vec<String> = found.iter().map(|found| found.kind.name().to_owned()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        judgement.fallback.personal.clone_from(&kinds);
        judgement.verdict.personal = kinds;
        judgement
    }

    /// The rules of a rail other than input that apply to a text, with the places of their evidence.
    pub fn on_rail(&self, rail: Rail, subject: &Subject<'_>) -> Vec<Explanation<'_>> {
        let track = &self.tracks[track_of(rail)];
        if track.patterns.is_empty() {
            return Vec::new();
        }
        let readings = readings(subject.text);
        let seen = track.matcher.sightings(&readings);
        let (met, _) = self.met(rail, &seen, subject, &readings, None);
        self.explanations(rail, subject, &readings, &met)
    }

    /// Which conditions of rules, and behind them of flows, are met; and all lines that were found.
    fn met(
        &self,
        rail: Rail,
        seen: &Sightings,
        subject: &Subject<'_>,
        readings: &[Folded],
        likely: Option<&Likely<'_>>,
    ) -> (Vec<Option<Met>>, Vec<usize>) {
        let conditions = conditions(&self.file);
        let mut findings: std::collections::BTreeMap<usize, Findings<'_>> = std::collections::BTreeMap::new();
        let track = &self.tracks[track_of(rail)];
        for sighting in &seen.found {
            let (owner, pattern) = track.patterns[sighting.pattern];
            findings.entry(owner).or_default().add(&conditions[owner].patterns[pattern], sighting);
        }
        if rail == Rail::Input {
            for (owner, line) in self.alike(&conditions, subject, readings) {
                findings.entry(owner).or_default().add_example(line);
            }
        }
        for (likely, (owner, condition)) in
            likely.iter().flat_map(|one| conditions.iter().enumerate().map(move |of| (one, of)))
        {
            if let Some(topic) = condition.topic.as_ref().filter(|topic| topic.is(likely)) {
                findings.entry(owner).or_default().add_topic(topic.line, likely);
            }
        }
        let mut met: Vec<Option<Met>> = vec![None; conditions.len()];
        let mut lines = Vec::new();
        for (owner, findings) in findings {
            if self.in_force(owner, rail, subject) && !conditions[owner].is_cleared(likely) {
                lines.extend(findings.excusing_lines());
                met[owner] = findings.meet(conditions[owner], subject.text.len());
                lines.extend(met[owner].iter().flat_map(|met| met.lines.iter().copied()));
            }
        }
        (met, lines)
    }

    /// Rules, and the lines of their examples, that the text is alike enough to.
    fn alike(
        &self,
        conditions: &[&Condition],
        subject: &Subject<'_>,
        readings: &[Folded],
    ) -> Vec<(usize, usize)> {
        let with_owner = |at: usize| self.example_owners.get(at).copied();
        match subject.similarities {
            Some(similarities) => {
                let like = similarities
                    .iter()
                    .enumerate()
                    .filter_map(|(at, likeness)| Some((with_owner(at)?, *likeness)));
                like.filter(|((owner, _), likeness)| *likeness >= conditions[*owner].similarity)
                    .map(|(owner, _)| owner)
                    .collect()
            }
            None => {
                let overlaps = self.examples.overlaps(readings).into_iter();
                let like = overlaps.filter_map(|(at, share)| Some((with_owner(at)?, share)));
                like.filter(|((owner, _), share)| *share >= conditions[*owner].overlap)
                    .map(|(owner, _)| owner)
                    .collect()
            }
        }
    }

    fn in_force(&self, owner: usize, rail: Rail, subject: &Subject<'_>) -> bool {
        let (groups, days, on_rail) = match self.file.rules.get(owner) {
            Some(rule) => (&rule.groups, rule.days, rule.rails.contains(&rail)),
            None => {
                let flow = &self.file.flows[owner - self.file.rules.len()];
                (&flow.groups, flow.days, rail == Rail::Input)
            }
        };
        let belongs =
            |group: &String| group == siren_domain::document::EVERYONE || subject.groups.contains(group);
        on_rail && days.hold(subject.today) && (groups.is_empty() || groups.iter().any(belongs))
    }

    fn explanations(
        &self,
        rail: Rail,
        subject: &Subject<'_>,
        readings: &[Folded],
        met: &[Option<Met>],
    ) -> Vec<Explanation<'_>> {
        let korean = subject.text.chars().any(is_hangul);
        let mut explanations = Vec::new();
        for (owner, rule) in self.file.rules.iter().enumerate() {
            let (action, places, lines) = match (&rule.effect, &met[owner]) {
                (Effect::NarrowYears, _) if self.in_force(owner, rail, subject) && !readings.is_empty() => {
                    let named = named_years(&readings[0]);
                    if named.years.is_empty() {
                        continue;
                    }
                    (Action::Narrow { years: named.years, events: Vec::new() }, named.places, vec![rule.line])
                }
                (Effect::NarrowYears, _) | (_, None) => continue,
                (effect, Some(met)) => (action(effect, korean), met.places.clone(), met.lines.clone()),
            };
            let evidence = quotes(subject.text, &places);
            let require_citations = matches!(rule.effect, Effect::RequireCitations);
            let verdict = Verdict {
                action,
                rule: Some(rule.id.clone()),
                evidence,
                require_citations,
                personal: Vec::new(),
            };
            explanations.push(Explanation { rule, verdict, places, lines });
        }
        explanations
    }
}

impl Track {
    fn new(file: &RuleFile, rail: Rail) -> Result<Self, aho_corasick::BuildError> {
        let on_rail = |owner: usize| match file.rules.get(owner) {
            Some(rule) => rule.rails.contains(&rail),
            None => rail == Rail::Input,
        };
        let conditions = conditions(file);
        let mut patterns = Vec::new();
        let mut sought = Vec::new();
        for (owner, condition) in conditions.iter().enumerate().filter(|(owner, _)| on_rail(*owner)) {
            for (at, pattern) in condition.patterns.iter().enumerate() {
                let what = match &pattern.kind {
                    PatternKind::Phrase(phrase) => Sought::Phrase(phrase),
                    PatternKind::Regex(regex) => Sought::Regex(regex),
                };
                sought.push((patterns.len(), what));
                patterns.push((owner, at));
            }
        }
        Ok(Self { matcher: Matcher::new(sought, &file.names)?, patterns })
    }
}

/// The conditions of all rules, then of all flows.
fn conditions(file: &RuleFile) -> Vec<&Condition> {
    let rules = file.rules.iter().map(|rule| &rule.condition);
    rules.chain(file.flows.iter().map(|flow| &flow.condition)).collect()
}

fn track_of(rail: Rail) -> usize {
    match rail {
        Rail::Input => 0,
        Rail::Passage => 1,
        Rail::Output => 2,
    }
}

fn order(rule: &Rule) -> (u8, std::cmp::Reverse<i64>, &str) {
    (rule.effect.order(), std::cmp::Reverse(rule.priority), &rule.id)
}
