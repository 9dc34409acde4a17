//! What a rule file says: read whole or not at all, every mistake told with file, line, rule and remedy.

mod condition;
mod effect;
mod errors;
mod file;
mod flow;
mod reader;

use siren_domain::PartialDate;

use crate::entities::{Entity, Names};
use crate::expression::Expression;
use crate::phrase::Phrase;
use crate::topics::Likely;

pub use errors::{GuardError, GuardErrors};
pub(crate) use file::parse;
pub use reader::KEYS;

/// Where a rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rail {
    /// On what a person asks.
    Input,
    /// On what was retrieved, before a model reads it.
    Passage,
    /// On what is about to be said.
    Output,
}

impl Rail {
    /// Its name in rule files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Passage => "passage",
            Self::Output => "output",
        }
    }
}

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
    /// Where it is asked.
    pub rails: Vec<Rail>,
    /// Whom it is for: members of any of these groups; empty for everyone.
    pub groups: Vec<String>,
    /// The first and the last day it is in force.
    pub(crate) days: Days,
    pub(crate) effect: Effect,
    pub(crate) condition: Condition,
}

impl Rule {
    /// The action's name in rule files.
    pub fn action(&self) -> &'static str {
        self.effect.name()
    }
}

/// From when until when; both days included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) from: Option<PartialDate>,
    pub(crate) until: Option<PartialDate>,
}

impl Days {
    /// Whether a day is among them. Without a day, they all are.
    pub(crate) fn hold(self, today: Option<PartialDate>) -> bool {
        let Some(today) = today else { return true };
        self.from.is_none_or(|from| from <= today) && self.until.is_none_or(|until| today <= until)
    }
}

/// What a rule does.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Refuse(Message),
    HandOver { message: Message, contact: String },
    Answer(Reply),
    AskBack(Message),
    NarrowYears,
    Narrow { years: Vec<u16>, events: Vec<String> },
    RequireCitations,
    Mask,
    Defuse,
}

impl Effect {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Refuse(_) => "refuse",
            Self::HandOver { .. } => "hand_over",
            Self::Answer(_) => "answer",
            Self::AskBack(_) => "ask_back",
            Self::NarrowYears => "narrow_years",
            Self::Narrow { .. } => "narrow",
            Self::RequireCitations => "require_citations",
            Self::Mask => "mask",
            Self::Defuse => "defuse",
        }
    }

    /// The place in the order in which rules decide.
    pub(crate) fn order(&self) -> u8 {
        match self {
            Self::Refuse(_) => 0,
            Self::HandOver { .. } => 1,
            Self::Answer(_) => 2,
            Self::AskBack(_) => 3,
            Self::NarrowYears | Self::Narrow { .. } => 4,
            Self::RequireCitations => 5,
            Self::Mask => 6,
            Self::Defuse => 7,
        }
    }

    /// Whether the question ends with it, so that nothing is retrieved.
    pub(crate) fn speaks(&self) -> bool {
        self.order() < 4
    }
}

/// What the asker reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) ko: String,
    pub(crate) en: String,
}

/// An answer: as it stands, or a template over a record.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) message: Message,
    pub(crate) record: Option<RecordQuery>,
}

/// Which record a template is filled from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordQuery {
    /// The source it is a record of.
    pub source: String,
    /// What its columns hold.
    pub columns: Vec<(String, String)>,
}

/// When a rule applies. Without patterns for `narrow_years`, which has its own finder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    pub(crate) patterns: Vec<Pattern>,
    /// Entries of `all`; each must be found.
    pub(crate) n_all: usize,
    /// Entries of `near`.
    pub(crate) near: Vec<Near>,
    pub(crate) examples: Vec<Example>,
    /// From which likeness of meaning an example counts, from 0 to 1.
    pub(crate) similarity: f32,
    /// From which share of common terms it counts where meanings cannot be compared.
    pub(crate) overlap: f32,
    pub(crate) topic: Option<Topic>,
    /// Odds of being about any topic, as a logarithm, below which the rule does not apply.
    pub(crate) clear_below: Option<f32>,
}

/// What a text must most likely be about, by its cues.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Topic {
    pub(crate) name: String,
    /// From which odds, as a logarithm, it counts.
    pub(crate) odds: f32,
    pub(crate) line: usize,
}

impl Topic {
    /// Whether this is what a text is about.
    pub(crate) fn is(&self, likely: &Likely<'_>) -> bool {
        likely.topic == self.name && likely.odds >= self.odds
    }
}

impl Condition {
    pub(crate) fn asks_for_topics(&self) -> bool {
        self.topic.is_some() || self.clear_below.is_some()
    }

    /// Whether the cues of a text say so clearly that it is harmless that the rule does not apply. Whoever hides
    /// words is not let go.
    pub(crate) fn is_cleared(&self, likely: Option<&Likely<'_>>) -> bool {
        likely.zip(self.clear_below).is_some_and(|(likely, bound)| likely.as_it_stands && likely.odds < bound)
    }

    /// Whether something of `any`, `words`, `near`, `regex`, `topic` or `examples` has to be found.
    pub(crate) fn needs_hit(&self) -> bool {
        !self.near.is_empty()
            || self.topic.is_some()
            || !self.examples.is_empty()
            || self.patterns.iter().any(|pattern| pattern.role == Role::Any)
    }
}

/// One line of a condition.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) kind: PatternKind,
    pub(crate) role: Role,
    pub(crate) line: usize,
    /// As it is written.
    pub(crate) shown: String,
}

#[derive(Clone, Debug)]
pub(crate) enum PatternKind {
    Phrase(Phrase),
    Regex(Expression),
}

/// What a pattern does for its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Any,
    All(usize),
    Near(usize, usize),
    Not,
    Unless,
}

/// Things that must stand near one another, in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Near {
    pub(crate) items: usize,
    pub(crate) within: usize,
}

/// A sentence that shows what is meant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Example {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// A small dialogue.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) id: String,
    pub(crate) purpose: String,
    pub(crate) owner: Option<String>,
    pub(crate) priority: i64,
    pub(crate) line: usize,
    pub(crate) groups: Vec<String>,
    pub(crate) days: Days,
    pub(crate) condition: Condition,
    pub(crate) leave: Vec<Phrase>,
    pub(crate) steps: Vec<Step>,
    pub(crate) then: Then,
}

/// One question of a flow.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) slot: String,
    pub(crate) take: Take,
    pub(crate) ask: Message,
    pub(crate) line: usize,
}

/// What fills a slot.
#[derive(Clone, Debug)]
pub(crate) enum Take {
    Entity(Entity),
    /// An entry of a list, by its own words.
    OneOf(Vec<(String, Phrase)>),
    /// Whatever is said.
    Text,
}

/// What a flow ends in. Templates over the slots and `question`.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    Retrieve(String),
    Answer(Reply),
}

/// A rule file.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleFile {
    pub(crate) rules: Vec<Rule>,
    pub(crate) flows: Vec<Flow>,
    pub(crate) names: Names,
    /// Lists that no phrase uses, with their lines.
    pub(crate) unused_lists: Vec<(String, usize)>,
}
