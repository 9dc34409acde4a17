//! How tantivy finds the terms of a chunk again.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The name that the schema knows the tokenizer by.
pub(super) const TERMS: &str = "terms";

/// A longer term is kept as its print, in so many bytes. Pairs of words are long, and nearly all of them are met but once:
/// most of a dictionary of terms would be they.
const PRINTED: usize = 7;

/// Adds the form that a term is kept in. No term begins as prints do, with a control character.
pub(super) fn keep(term: &str, kept: &mut String) {
    if term.len() <= PRINTED {
        kept.push_str(term);
        return;
    }
    let mut left = print(term);
    let mut digit = |values: u8| {
        let digit = u8::try_from(left % u64::from(values)).unwrap_or_default();
        left /= u64::from(values);
        char::from(1 + digit)
    };
    kept.push(digit(b' ' - 1));
    kept.extend((1..PRINTED).map(|_| digit(127)));
}

/// FNV-1a, its upper bits spread: the same on every machine and for good.
fn print(term: &str) -> u64 {
    let add = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = term.bytes().fold(0xcbf2_9ce4_8422_2325, add);
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

/// Splits terms that were joined with spaces.
#[derive(Clone, Debug, Default)]
pub(super) struct TermSplitter;

impl Tokenizer for TermSplitter {
    type TokenStream<'a> = Split<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Split<'a> {
        Split { rest: text, token: Token::default() }
    }
}

/// The terms of one chunk.
pub(super) struct Split<'a> {
    rest: &'a str,
    token: Token,
}

impl TokenStream for Split<'_> {
    fn advance(&mut self) -> bool {
        let rest = self.rest.trim_start_matches(' ');
        if rest.is_empty() {
            return false;
        }
        let end = memchr::memchr(b' ', rest.as_bytes()).unwrap_or(rest.len());
        self.token.text.clear();
        keep(&rest[..end], &mut self.token.text);
        self.token.position = self.token.position.wrapping_add(1);
        self.rest = &rest[end..];
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use tantivy::tokenizer::{TokenStream, Tokenizer};

    use super::{PRINTED, TermSplitter, keep};

    fn kept(term: &str) -> String {
        let mut kept = String::new();
        keep(term, &mut kept);
        kept
    }

    #[test]
    fn terms_are_found_again_in_the_form_they_are_kept_in() {
        let joined = "가나  =전환 +케이뱅크+전환 s3";
        let mut splitter = TermSplitter;
        let mut stream = splitter.token_stream(joined);
        let mut found = Vec::new();
        stream.process(&mut |token| found.push(token.text.clone()));
        let wanted: Vec<String> = joined.split_whitespace().map(kept).collect();
        assert_eq!(found, wanted);
        assert_eq!(&found[..2], ["가나", "=전환"], "short ones are kept as they are");
        assert_eq!(
            kept("+케이뱅크+전환"),
            "\u{12}\u{b}#mW\u{15}\u{7f}",
            "for good: an index outlives the program"
        );
    }

    #[test]
    fn no_two_of_many_terms_are_kept_alike() {
        let word = |at: u32| format!("+{}+{}", at % 1_000, at / 1_000 + 100_000);
        let all: HashSet<String> = (0..300_000).map(|at| kept(&word(at))).collect();
        assert_eq!(all.len(), 300_000);
        assert!(all.iter().all(|kept| kept.len() <= PRINTED));
    }
}
