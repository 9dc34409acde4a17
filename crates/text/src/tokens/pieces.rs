//! Where a text is cut before its pieces are encoded: no token crosses from one to the next.
//!
//! The pattern is that of `o200k_base`, but for white space: that one looks ahead, which `regex` does not.

use std::sync::LazyLock;

use regex::Regex;

use crate::terms::is_syllable;

const PATTERN: &str = concat!(
    r"^(?:[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|\p{N}{1,3}",
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*)"
);

/// The pieces of a text, in order.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, behind) = rest.split_at(first_len(rest));
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

fn first_len(text: &str) -> usize {
    #[expect(clippy::expect_used, reason = "a constant, and every test that counts compiles it")]
    static WORDS: LazyLock<Regex> = LazyLock::new(|| Regex::new(PATTERN).expect("a pattern"));
    if let Some(word) = hangul_len(text) {
        return word;
    }
    WORDS.find(text).map_or_else(|| space_len(text), |word| word.end())
}

/// A Hangul word, with the space before it, that nothing but a sign follows: most words are that, and need no pattern.
fn hangul_len(text: &str) -> Option<usize> {
    let word = text.strip_prefix(' ').unwrap_or(text);
    let behind = word.trim_start_matches(is_syllable);
    let ends = behind.chars().next().is_none_or(|c| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '\'');
    (behind.len() < word.len() && ends).then_some(text.len() - behind.len())
}

/// White space up to the last line's end in it; without one, all but what goes with the word behind it.
fn space_len(text: &str) -> usize {
    let behind = text.trim_start();
    let space = &text[..text.len() - behind.len()];
    if let Some(last) = space.rfind(['\r', '\n']) {
        return last + 1;
    }
    match space.char_indices().next_back() {
        Some((last, _)) if last > 0 && !behind.is_empty() => last,
        _ => space.len(),
    }
}
