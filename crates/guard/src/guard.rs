//! What the rules say of a question.

use std::ops::Range;

use siren_domain::{Action, Verdict};

use crate::fold::{Folded, is_hangul};
use crate::matcher::Matcher;
use crate::rules::{self, Effect, GuardError, GuardErrors, Message, Rule};
use crate::years::named_years;

/// The rules that are used when no others are given.
const DEFAULT_RULES: &str = include_str!("../rules/default.toml");
const DEFAULT_FILE: &str = "default.toml";

/// A rule that applies to a text.
#[derive(Clone, Debug)]
pub struct Explanation<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// What the verdict is when this rule decides.
    pub verdict: Verdict,
}

/// A set of rules, ready to judge.
#[derive(Debug)]
pub struct Guard {
    /// In the order in which they decide.
    rules: Vec<Rule>,
    matcher: Matcher,
}

impl Guard {
    /// Reads a rule file: all of it, or nothing and everything that is wrong with it. `file_name` is for messages.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, GuardErrors> {
        let mut rules = rules::parse(file_name, text)?;
        rules.sort_by(|a, b| order(a).cmp(&order(b)));
        let matcher = Matcher::new(&rules).map_err(|error| {
            GuardErrors(vec![GuardError {
                file: file_name.to_owned(),
                line: 1,
                rule: None,
                problem: format!("there are too many phrases: {error}"),
                remedy: "split the file or use fewer phrases".to_owned(),
            }])
        })?;
        Ok(Self { rules, matcher })
    }

    /// The rules for an employee portal about conference knowledge that come with Siren.
    #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
    pub fn default_rules() -> Self {
        Self::parse(DEFAULT_FILE, DEFAULT_RULES).expect("the default rules are right")
    }

    /// The rules, in the order in which they decide.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What to do with a question.
    ///
    /// One rule decides: any refusal goes before any answer, and any answer before narrowing; within an action the
    /// higher priority goes first, and among equals the id that sorts first. Where a rule stands in its file says
    /// nothing. When no rule applies the question is allowed.
    pub fn check(&self, text: &str) -> Verdict {
        let first = self.explain(text).into_iter().next();
        first.map_or_else(Verdict::default, |explanation| explanation.verdict)
    }

    /// All the rules that apply, in the order in which they decide: the first is what [`Guard::check`] tells.
    pub fn explain(&self, text: &str) -> Vec<Explanation<'_>> {
        let folded = Folded::new(text);
        let hits = self.matcher.hits(&self.rules, &folded);
        let korean = text.chars().any(is_hangul);
        let mut explanations = Vec::new();
        for (rule, hits) in self.rules.iter().zip(hits) {
            let (action, places) = match (&rule.effect, hits) {
                (Effect::NarrowYears, _) => {
                    let named = named_years(&folded);
                    if named.years.is_empty() {
                        continue;
                    }
                    (Action::Narrow { years: named.years }, named.places)
                }
                (_, None) => continue,
                (Effect::Refuse(message), Some(hits)) => {
                    let message = in_language(message, korean);
                    (Action::Refuse { message }, hits)
                }
                (Effect::Answer(message), Some(hits)) => {
                    let message = in_language(message, korean);
                    (Action::Answer { message }, hits)
                }
            };
            explanations.push(Explanation {
                rule,
                verdict: Verdict { action, rule: Some(rule.id.clone()), evidence: quotes(text, &places) },
            });
        }
        explanations
    }
}

fn order(rule: &Rule) -> (u8, std::cmp::Reverse<i64>, &str) {
    let action = match rule.effect {
        Effect::Refuse(_) => 0,
        Effect::Answer(_) => 1,
        Effect::NarrowYears => 2,
    };
    (action, std::cmp::Reverse(rule.priority), &rule.id)
}

fn in_language(message: &Message, korean: bool) -> String {
    if korean { &message.ko } else { &message.en }.clone()
}

/// The asker's own words, each once.
fn quotes(text: &str, places: &[Range<usize>]) -> Vec<String> {
    let mut quotes: Vec<String> = Vec::new();
    for place in places {
        let quote = text.get(place.clone()).unwrap_or_default();
        // A regular expression may need to see what stands around a word.
        let quote = quote.trim_matches(|c: char| c.is_whitespace() || "\"“”()[]{},.?!".contains(c));
        if !quote.is_empty() && !quotes.iter().any(|had| had == quote) {
            quotes.push(quote.to_owned());
        }
    }
    quotes
}
