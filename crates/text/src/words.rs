//! Where the words are: runs of Hangul, Han and kana, Latin letters, or digits.

use std::ops::Range;

use unicode_script::{Script as Writing, UnicodeScript};

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
pub fn words(text: &str) -> impl Iterator<Item = Word> {
    let mut chars = text.char_indices().map(|(at, c)| (at, c.len_utf8(), script(c))).peekable();
    std::iter::from_fn(move || {
        let (start, length, script) = chars.find_map(|(at, length, script)| Some((at, length, script?)))?;
        let mut end = start + length;
        while let Some((at, length, _)) = chars.next_if(|(_, _, other)| *other == Some(script)) {
            end = at + length;
        }
        Some(Word { script, range: start..end })
    })
}

/// What a character is a letter or digit of, if it is one.
fn script(c: char) -> Option<Script> {
    match c {
        'a'..='z' | 'A'..='Z' => Some(Script::Letters),
        '0'..='9' => Some(Script::Digits),
        '가'..='힣' => Some(Script::Hangul),
        _ if c.is_ascii() => None,
        _ => match c.script() {
            Writing::Hangul => Some(Script::Hangul),
            Writing::Han | Writing::Hiragana | Writing::Katakana => Some(Script::Han),
            _ if c.is_numeric() => Some(Script::Digits),
            _ if c.is_alphabetic() => Some(Script::Letters),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Script, words};

    /// The runs of a text as `h` (Hangul), `c` (Han and kana), `l` (letters) or `d` (digits), each with its text.
    fn told(text: &str) -> String {
        let name = |script| match script {
            Script::Hangul => 'h',
            Script::Han => 'c',
            Script::Letters => 'l',
            Script::Digits => 'd',
        };
        let runs = words(text).map(|word| format!("{}:{}", name(word.script), &text[word.range]));
        runs.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn runs_of_one_script() {
        let cases = [
            ("케이뱅크는 2024년", "h:케이뱅크는 d:2024 h:년"),
            ("S3에 EC2", "l:S d:3 h:에 l:EC d:2"),
            ("人工知能とカタカナ", "c:人工知能とカタカナ"),
            ("naïve Привет", "l:naïve l:Привет"),
            ("ㅋㅋ 하하", "h:ㅋㅋ h:하하"),
            ("١٢٣ ½", "d:١٢٣ d:½"),
            ("a_b-c·d", "l:a l:b l:c l:d"),
            ("👍🏻 …!?", ""),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn runs_follow_one_another_and_leave_no_letter_out(text in "\\PC{0,40}") {
            let mut at = 0;
            for word in words(&text) {
                prop_assert!(word.range.start >= at && word.range.end > word.range.start);
                prop_assert!(!text[at..word.range.start].chars().any(char::is_alphanumeric));
                at = word.range.end;
            }
            prop_assert!(!text[at..].chars().any(char::is_alphanumeric));
        }
    }
}
