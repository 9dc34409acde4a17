//! Rules: text to verdict; personal data; and the check that an answer stands in its sources.
//!
//! This crate never does I/O, never asks a model, never reads the clock and never keeps what it was shown. It is
//! given the text of a rule file and of a question, and tells what the rules say and on what evidence.
//!
//! - [`Guard`]: a rule file, read whole or not at all, and its verdicts on questions, passages and answers.
//! - [`personal`]: personal data in a text, and the text without it.
//! - [`grounding`]: whether passages support a sentence, and which of their sentences says it best.
//! - [`marks`]: citation marks in a sentence.
//!
//! Rule files are explained at the top of `rules/default.toml`; `rules/guard.schema.json` is their JSON schema.

mod decision;
mod dialogue;
mod entities;
mod evaluate;
mod examples;
mod expression;
mod fold;
pub mod grounding;
mod guard;
mod inflection;
mod leak;
mod lint;
pub mod marks;
mod matcher;
mod passages;
pub mod personal;
mod phrase;
mod reply;
mod rules;
mod template;
mod topics;
mod years;

pub use entities::Names;
pub use guard::{DEFAULT_RULES, Explanation, Guard, Judgement, Subject};
pub use leak::Secrets;
pub use lint::{Finding, LintKind};
pub use passages::Injection;
pub use reply::Fill;
pub use rules::{GuardError, GuardErrors, KEYS, Rail, RecordQuery, Rule};
pub use topics::{Labelled, Likely, Topics, WeightsError};
