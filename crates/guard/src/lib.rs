//! Rules: text to verdict; and the check that an answer stands in its sources.
//!
//! This crate never does I/O, never asks a model, never reads the clock and never keeps what it was shown. It is
//! given the text of a rule file and of a question, and tells what the rules say and on what evidence.
//!
//! - [`Guard`]: a rule file, read whole or not at all, and its verdicts on questions.
//! - [`grounding`]: whether passages support a sentence, and which of their sentences says it best.
//! - [`marks`]: citation marks in a sentence.
//!
//! Rule files are explained at the top of `rules/default.toml`.

mod fold;
pub mod grounding;
mod guard;
pub mod marks;
mod matcher;
mod rules;
mod years;

pub use guard::{Explanation, Guard};
pub use rules::{GuardError, GuardErrors, Rule};
