//! One spelling for one text: composed syllables, one line end, nothing invisible.
//!
//! Korean from macOS is often decomposed (NFD): it looks the same, matches nothing and costs six to nine times the
//! tokens.

use siren_domain::OffsetMap;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A text in its one spelling, and where each byte of it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normalised {
    /// NFC, `\n` line ends, no byte order mark, no zero-width or control characters.
    pub text: String,
    /// From offsets in `text` to offsets in what was given.
    pub offsets: OffsetMap,
}

/// Brings a text into its one spelling.
pub fn normalise(original: &str) -> Normalised {
    if is_plain(original) {
        return Normalised { text: original.to_owned(), offsets: OffsetMap::identity(original.len()) };
    }
    let mut out = Normalised { text: String::with_capacity(original.len()), offsets: OffsetMap::default() };
    let mut start = 0;
    while start < original.len() {
        let end = start + cluster_len(&original[start..]);
        let cluster = &original[start..end];
        let composed: String = cluster.nfc().filter_map(visible).collect();
        if composed == cluster {
            out.offsets.copy(out.text.len(), start, cluster.len());
        } else {
            out.offsets.replace(out.text.len(), start);
        }
        out.text.push_str(&composed);
        start = end;
    }
    // Where the original goes on behind a replaced end.
    out.offsets.replace(out.text.len(), original.len());
    out
}

fn is_plain(text: &str) -> bool {
    // Most texts are nothing but these, and need no table.
    let usual = |c: char| matches!(c, ' '..='~' | '\n' | '\t' | '가'..='힣');
    text.chars().all(usual)
        || (text.chars().all(|c| visible(c) == Some(c)) && is_nfc_quick(text.chars()) == IsNormalized::Yes)
}

/// Bytes of the shortest prefix that composes with nothing behind it.
fn cluster_len(text: &str) -> usize {
    let mut chars = text.char_indices();
    chars.next();
    let next = chars.find(|&(_, c)| starts_cluster(c));
    next.map_or(text.len(), |(at, _)| at)
}

fn starts_cluster(c: char) -> bool {
    c.is_ascii()
        || (canonical_combining_class(c) == 0 && is_nfc_quick(std::iter::once(c)) != IsNormalized::Maybe)
}

/// The character as readers see it, if they see it.
fn visible(c: char) -> Option<char> {
    match c {
        '\n' | '\t' => Some(c),
        '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => Some(' '),
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::normalise;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn one_spelling() {
        let decomposed: String = "한글".nfd().collect();
        let cases = [
            ("한글", "한글"),
            (decomposed.as_str(), "한글"),
            ("\u{feff}머리", "머리"),
            ("줄\r\n끝", "줄\n끝"),
            ("사\u{200b}이", "사이"),
            ("가\u{a0}나", "가 나"),
            ("👩‍💻 그림", "👩💻 그림"),
        ];
        for (given, expected) in cases {
            assert_eq!(normalise(given).text, expected, "{given:?}");
        }
    }

    proptest! {
        #[test]
        fn every_byte_points_into_the_original(text in "(\\PC|[가-힣]|[\u{1100}-\u{1112}][\u{1161}-\u{1175}][\u{11a8}-\u{11c2}]?|\r\n|\u{feff}|\u{a0}){0,40}") {
            let out = normalise(&text);
            prop_assert_eq!(&normalise(&out.text).text, &out.text);
            let mut last = 0;
            for (at, c) in out.text.char_indices() {
                let range = out.offsets.original_range(at..at + c.len_utf8());
                prop_assert!(range.start >= last && range.end <= text.len());
                let source = &text[range.clone()];
                prop_assert!(normalise(source).text.contains(c), "{:?} of {:?}", range, text);
                last = range.start;
            }
        }
    }
}
