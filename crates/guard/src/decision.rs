//! Which of the rules that apply decides, and what it says.

use std::ops::Range;

use siren_domain::{Action, Verdict};

use crate::dialogue::Dialogue;
use crate::fold::is_hangul;
use crate::guard::{Explanation, Judgement, Subject};
use crate::reply::{Fill, in_language};
use crate::rules::Effect;

impl<'a> Judgement<'a> {
    pub(crate) fn decide(
        &mut self,
        applied: Vec<Explanation<'a>>,
        dialogue: Dialogue,
        subject: &Subject<'_>,
    ) {
        self.fallback = going_on(&applied);
        let first = applied.first().filter(|first| first.rule.effect.speaks());
        let refuses = first.is_some_and(|first| first.rule.effect.order() < 2);
        self.verdict = match (first, dialogue) {
            (Some(first), _) if refuses => first.verdict.clone(),
            (_, Dialogue::Went { verdict, question, fill }) => {
                self.question = question;
                self.fill = fill;
                verdict
            }
            (Some(first), _) => {
                let korean = subject.text.chars().any(is_hangul);
                if let Effect::Answer(reply) = &first.rule.effect {
                    self.fill = Fill::of(reply, korean, &std::collections::BTreeMap::new());
                }
                first.verdict.clone()
            }
            (None, Dialogue::Begun(verdict)) => verdict,
            (None, Dialogue::None) => self.fallback.clone(),
        };
        self.applied = applied;
    }
}

/// All narrowing rules together, and whether citations are required.
fn going_on(applied: &[Explanation<'_>]) -> Verdict {
    let mut verdict = Verdict::default();
    for explanation in applied.iter().filter(|explanation| !explanation.rule.effect.speaks()) {
        verdict.require_citations |= explanation.verdict.require_citations;
        if matches!(explanation.rule.effect, Effect::Mask) && verdict.rule.is_some() {
            continue;
        }
        if verdict.rule.is_none() {
            verdict.rule.clone_from(&explanation.verdict.rule);
        }
        verdict.evidence.extend(explanation.verdict.evidence.iter().cloned());
        let Action::Narrow { years, events } = &explanation.verdict.action else { continue };
        verdict.action = match std::mem::take(&mut verdict.action) {
            Action::Narrow { years: had, events: had_events } => {
                Action::Narrow { years: together(had, years), events: together(had_events, events) }
            }
            _ => Action::Narrow { years: years.clone(), events: events.clone() },
        };
    }
    verdict
}

fn together<T: Clone + Ord>(mut one: Vec<T>, other: &[T]) -> Vec<T> {
    one.extend_from_slice(other);
    one.sort();
    one.dedup();
    one
}

pub(crate) fn action(effect: &Effect, korean: bool) -> Action {
    match effect {
        Effect::Refuse(message) => Action::Refuse { message: in_language(message, korean) },
        Effect::HandOver { message, contact } => {
            Action::HandOver { message: in_language(message, korean), contact: contact.clone() }
        }
        Effect::Answer(reply) => Action::Answer { message: in_language(&reply.message, korean) },
        Effect::AskBack(message) => Action::AskBack { message: in_language(message, korean) },
        Effect::Narrow { years, events } => Action::Narrow { years: years.clone(), events: events.clone() },
        Effect::NarrowYears | Effect::RequireCitations | Effect::Mask | Effect::Defuse => Action::Allow,
    }
}

/// The asker's own words, each once.
pub(crate) fn quotes(text: &str, places: &[Range<usize>]) -> Vec<String> {
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
