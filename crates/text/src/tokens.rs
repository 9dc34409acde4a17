//! How many tokens a text costs a language model.

use tiktoken_rs::CoreBPE;

/// Counts tokens as current OpenAI models do (`o200k_base`); close enough for others to keep a budget.
#[derive(Clone, Copy)]
pub struct TokenCounter(&'static CoreBPE);

impl TokenCounter {
    /// The vocabulary is unpacked on first use, once a process: some hundred milliseconds.
    pub fn new() -> Self {
        Self(tiktoken_rs::o200k_base_singleton())
    }

    /// Names the vocabulary, for an index to remember.
    pub fn identity() -> &'static str {
        "o200k_base"
    }

    /// The tokens of a text.
    pub fn count(self, text: &str) -> usize {
        self.0.encode_ordinary(text).len()
    }

    /// Whether a text has at most `limit` tokens. A token has at least one byte, so short texts need no counting.
    pub fn fits(self, text: &str, limit: usize) -> bool {
        text.len() <= limit || self.count(text) <= limit
    }
}

impl Default for TokenCounter {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for TokenCounter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(Self::identity())
    }
}
