//! How far the indexing thread has come.
//!
//! Tantivy lets ten thousand chunks wait for it, which is most of a gigabyte. Its tokenizer is called for each chunk that
//! it takes up, so this one counts, and a writer that is too far ahead waits.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The name that the schema knows the tokenizer by.
pub(super) const TERMS: &str = "terms";
/// So many chunks may wait.
const WAITING: u64 = 512;
/// A thread that died takes nothing up; the next chunk that is added tells why.
const PATIENCE: Duration = Duration::from_secs(1);

/// Splits terms that were joined with spaces.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    taken: Arc<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    chunks: Mutex<u64>,
    grown: Condvar,
}

impl Terms {
    /// Waits until few enough of the chunks that were `sent` are left.
    pub(super) fn keep_up(&self, sent: u64) {
        let chunks = self.taken.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = |taken: &mut u64| sent > *taken + WAITING;
        let _in_time_or_not = self.taken.grown.wait_timeout_while(chunks, PATIENCE, ahead);
    }
}

impl Tokenizer for Terms {
    type TokenStream<'a> = Split<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Split<'a> {
        *self.taken.chunks.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.taken.grown.notify_all();
        Split { terms: text.split(' '), token: Token::default() }
    }
}

/// The terms of one chunk.
pub(super) struct Split<'a> {
    terms: std::str::Split<'a, char>,
    token: Token,
}

impl TokenStream for Split<'_> {
    fn advance(&mut self) -> bool {
        let Some(term) = self.terms.by_ref().find(|term| !term.is_empty()) else { return false };
        self.token.text.clear();
        self.token.text.push_str(term);
        self.token.position = self.token.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
