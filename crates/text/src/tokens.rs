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

    /// The tokens of a text. A word of absurd length is counted in slices, which may add a token for each: the
    /// encoder takes quadratic time in the length of a word.
    pub fn count(self, text: &str) -> usize {
        slices(text).map(|slice| self.0.encode_ordinary(slice).len()).sum()
    }

    /// Whether a text has at most `limit` tokens. A token has at least one byte, so short texts need no counting.
    pub fn fits(self, text: &str, limit: usize) -> bool {
        text.len() <= limit || self.count(text) <= limit
    }
}

/// Bytes of the longest word that is counted whole.
const LONGEST_WORD: usize = 1_000;

/// The text, cut inside words that are too long.
fn slices(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (slice, behind) = rest.split_at(slice_len(rest));
        rest = behind;
        (!slice.is_empty()).then_some(slice)
    })
}

fn slice_len(text: &str) -> usize {
    let mut word_start = 0;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            word_start = at;
        } else if at - word_start >= LONGEST_WORD {
            return at;
        }
    }
    text.len()
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

#[cfg(test)]
mod tests {
    use super::{LONGEST_WORD, TokenCounter, slices};

    #[test]
    fn only_absurd_words_are_cut() {
        let long = "가".repeat(LONGEST_WORD);
        let cases = [("", 0), ("보통 글이다.", 1), (long.as_str(), 3)];
        for (text, expected) in cases {
            let parts: Vec<&str> = slices(text).collect();
            assert_eq!(parts.len(), expected, "{} bytes", text.len());
            assert_eq!(parts.concat(), text);
        }
        assert!(TokenCounter::new().count(&long) >= LONGEST_WORD / 4);
    }
}
