//! Where the words are: runs of Hangul, Han and kana, Latin letters, or digits.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// What a run is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Hangul syllables (and stray jamo).
    Hangul,
    /// Chinese characters, kana.
    Han,
    /// Letters of any alphabet.
    Letters,
    /// Digits.
    Digits,
}

/// A run of one script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What it is made of.
    pub script: Script,
    /// Its bytes.
    pub range: Range<usize>,
}

/// The runs of a text, in order.
#[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
pub fn words(text: &str) -> impl Iterator<Item = Word> {
    static RUNS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?<hangul>[\p{Hangul}]+)|(?<han>[\p{Han}\p{Hiragana}\p{Katakana}]+)|(?<digits>\p{Nd}+)|(?<letters>[\p{L}&&[^\p{Hangul}\p{Han}\p{Hiragana}\p{Katakana}]]+)",
        )
        .expect("a valid pattern")
    });
    RUNS.captures_iter(text).filter_map(|found| {
        let kinds = [
            ("hangul", Script::Hangul),
            ("letters", Script::Letters),
            ("digits", Script::Digits),
            ("han", Script::Han),
        ];
        let mut named = kinds.into_iter();
        named.find_map(|(name, script)| found.name(name).map(|m| Word { script, range: m.range() }))
    })
}
