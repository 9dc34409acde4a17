//! How many tokens a text costs a language model.
//!
//! The vocabulary is that of `tiktoken-rs`, and a test holds the counts to be the same. It is unpacked when the program is
//! built, and only counted with.

mod pieces;
mod slots;
mod vocabulary;

use std::cell::RefCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use pieces::pieces;
use vocabulary::Encoder;

/// Counts tokens as current OpenAI models do (`o200k_base`); close enough for others to keep a budget.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenCounter;

impl TokenCounter {
    /// It costs nothing.
    pub fn new() -> Self {
        Self
    }

    /// Names the vocabulary, for an index to remember.
    pub fn identity() -> &'static str {
        "o200k_base"
    }

    /// The tokens of a text. Words are looked up before they are encoded: most were seen a moment ago. A word of absurd
    /// length is counted in slices, which may add a token for each.
    pub fn count(self, text: &str) -> usize {
        COUNTED.with_borrow_mut(|counted| runs(text).map(|run| counted.count(run)).sum())
    }

    /// Whether a text has at most `limit` tokens. A token has at least one byte, so short texts need no counting.
    pub fn fits(self, text: &str, limit: usize) -> bool {
        text.len() <= limit || self.count(text) <= limit
    }
}

/// Bytes of the longest word that is kept, and so many words are kept in each thread: some megabytes.
const LONGEST_KEPT: usize = 48;
const KEPT: usize = 1 << 17;

/// The tokens of words that were counted before.
#[derive(Default)]
struct Counted {
    words: HashMap<Box<str>, u8, RandomState>,
    encoder: Encoder,
}

impl Counted {
    fn count(&mut self, run: &str) -> usize {
        if run.len() > LONGEST_KEPT {
            return slices(run).map(|slice| self.encoded(slice)).sum();
        }
        if let Some(tokens) = self.words.get(run) {
            return usize::from(*tokens);
        }
        let tokens = self.encoded(run);
        if let Ok(small) = u8::try_from(tokens)
            && self.words.len() < KEPT
        {
            self.words.insert(run.into(), small);
        }
        tokens
    }

    fn encoded(&mut self, text: &str) -> usize {
        pieces(text).map(|piece| self.encoder.count(piece.as_bytes())).sum()
    }
}

thread_local! {
    static COUNTED: RefCell<Counted> = RefCell::default();
}

/// Words, each with the white space before it, or behind it up to a line's end: no token crosses from one to the next.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (run, behind) = rest.split_at(run_len(rest));
        rest = behind;
        (!run.is_empty()).then_some(run)
    })
}

fn run_len(text: &str) -> usize {
    let mut end = word_len(text);
    // A token of punctuation takes line breaks and then slashes with it.
    while text[end..].starts_with('/') {
        end += word_len(&text[end..]);
    }
    end
}

fn word_len(text: &str) -> usize {
    let lead = text.len() - text.trim_start().len();
    let word = text[lead..].find(char::is_whitespace).map_or(text.len(), |end| lead + end);
    let space = &text[word..word + (text[word..].len() - text[word..].trim_start().len())];
    word + space.rfind(['\n', '\r']).map_or(0, |at| at + 1)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Counted, LONGEST_WORD, TokenCounter, pieces, runs, slices};

    proptest! {
        #[test]
        fn words_are_counted_as_the_whole_is(
            text in "([가-힣]{1,4}|[A-Za-z']{1,6}|[0-9]{1,5}|[.,!?;:/()\\-]{1,3}|👍🏻|ᄒ|[ \t\u{a0}\u{3000}]{1,3}|[\r\n]{1,3}){0,40}"
        ) {
            let counter = TokenCounter::new();
            prop_assert_eq!(runs(&text).collect::<String>(), text.as_str());
            let whole = tiktoken_rs::o200k_base_singleton().encode_ordinary(&text).len();
            prop_assert_eq!(counter.count(&text), whole, "{:?}", runs(&text).collect::<Vec<_>>());
            prop_assert_eq!(counter.count(&text), whole, "the second time");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_cut_and_encoded_as_tiktoken_does(
            text in "(\\PC|[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}\\p{Ll}]{1,3}|'(s|T|re|VE|d)|[가-힣]{1,12}|[0-9½]{1,5}|[ \t\r\n\u{2028}\u{3000}]{1,3}|[!-/]{1,4}){0,30}"
        ) {
            let whole = tiktoken_rs::o200k_base_singleton().encode_ordinary(&text).len();
            prop_assert_eq!(Counted::default().encoded(&text), whole, "{:?}", pieces(&text).collect::<Vec<_>>());
        }
    }

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
