//! How tantivy finds the terms of a chunk again.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The name that the schema knows the tokenizer by.
pub(super) const TERMS: &str = "terms";

/// A term of more bytes is kept as its print. Pairs of words are long, and nearly all of them are met but once: most of a
/// dictionary of terms would be they.
const LONGEST: usize = 7;
/// Bytes of a print: eight thousand million are told apart.
const PRINT: usize = 5;

/// A term as it is kept, as one number: its bytes, the first ones highest, and their count. Keys are in the order of
/// the terms, and none is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(pub(super) u64);

impl Key {
    fn of(term: &str) -> Self {
        let mut bytes = [0; 8];
        let mut fill = |kept: &[u8]| {
            bytes[..kept.len()].copy_from_slice(kept);
            bytes[LONGEST] = u8::try_from(kept.len()).unwrap_or_default();
        };
        if term.len() <= LONGEST {
            fill(term.as_bytes());
        } else {
            fill(&digits(term));
        }
        Self(u64::from_be_bytes(bytes))
    }

    /// What it is the key of; the first so many bytes count.
    pub(super) fn bytes(self) -> ([u8; 8], usize) {
        let bytes = self.0.to_be_bytes();
        (bytes, usize::from(bytes[LONGEST]))
    }
}

/// The keys of terms that were joined with spaces.
pub(super) fn keys(joined: &str) -> impl Iterator<Item = Key> {
    joined.split(' ').filter(|term| !term.is_empty()).map(Key::of)
}

/// Adds the form that a term is kept in. No term begins as prints do, with a control character.
pub(super) fn keep(term: &str, kept: &mut String) {
    if term.len() <= LONGEST {
        kept.push_str(term);
        return;
    }
    kept.extend(digits(term).map(char::from));
}

/// The print of a term in digits that are ASCII, the first one a control character.
fn digits(term: &str) -> [u8; PRINT] {
    let mut left = print(term);
    std::array::from_fn(|at| {
        let values = if at == 0 { b' ' - 1 } else { 127 };
        let digit = u8::try_from(left % u64::from(values)).unwrap_or_default();
        left /= u64::from(values);
        1 + digit
    })
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

    use super::{LONGEST, TermSplitter, keep, keys};

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
        assert_eq!(kept("+케이뱅크+전환"), "\u{12}\u{b}#mW", "for good: an index outlives the program");
    }

    #[test]
    fn keys_stand_in_the_order_of_what_they_are_kept_as() {
        let joined = "가나 가 s3 s =전환 +케이뱅크+전환 +케이뱅크+에 abcdefg abcdefgh ab";
        let mut keys: Vec<_> = keys(joined).collect();
        let mut wanted: Vec<Vec<u8>> = joined.split(' ').map(|term| kept(term).into_bytes()).collect();
        keys.sort();
        wanted.sort();
        let bytes = keys.iter().map(|key| key.bytes());
        assert_eq!(bytes.map(|(bytes, length)| bytes[..length].to_vec()).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn hardly_two_of_many_terms_are_kept_alike() {
        let word = |at: u32| format!("+{}+{}", at % 1_000, at / 1_000 + 100_000);
        let all: HashSet<String> = (0..300_000).map(|at| kept(&word(at))).collect();
        assert!(all.len() >= 299_980, "{} of 300,000", all.len());
        assert!(all.iter().all(|kept| kept.len() <= LONGEST));
    }
}
