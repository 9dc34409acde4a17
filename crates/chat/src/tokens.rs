//! How many tokens is a text? As `o200k_base` has it, the vocabulary of OpenAI's current models.

use siren_text::tokens::TokenCounter;

pub(crate) fn count(text: &str) -> u64 {
    TokenCounter::new().count(text) as u64
}
