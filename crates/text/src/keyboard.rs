//! Words typed while the keyboard was set to the other language: `zpdlqodzm` is `케이뱅크`, `ㅁㅈㄴ` is `aws`.

use std::ops::Range;

use crate::jamo::{apart, is_jamo, join, keys_of, typed};
use crate::terms::is_syllable;
use crate::words::{Script, Word, words};

/// Letters of the shortest word that is taken for Hangul: shorter ones are too often names.
const SHORTEST: usize = 5;
/// In so many letters of Hangul is one vowel of English at most; in English there are two.
const LETTERS_A_VOWEL: usize = 5;
/// Laughs, cries and nods.
const NOISES: &str = "ㅋㅎㅠㅜㅇㄱㄴㄷㅡㅅㅂ";

/// The text with each such word as it was meant.
pub fn meant(text: &str) -> String {
    let places = places(text);
    // Nobody turns the keyboard for a word: all of them read as Hangul, or those are words that cannot be English.
    let is_korean = text.chars().any(is_syllable);
    let latin = places.iter().map(|place| &text[place.clone()]).filter(|word| word.is_ascii());
    let all_read = latin.clone().all(|word| in_hangul(word, false).is_some());
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for place in places {
        out.push_str(&text[at..place.start]);
        let word = &text[place.clone()];
        let read = if all_read { in_hangul(word, is_korean) } else { None };
        out.push_str(&read.or_else(|| in_english(word)).unwrap_or_else(|| word.to_owned()));
        at = place.end;
    }
    out.push_str(&text[at..]);
    out
}

fn places(text: &str) -> Vec<Range<usize>> {
    let of_kind = |word: &Word| matches!(word.script, Script::Letters | Script::Hangul);
    words(text).filter(of_kind).map(|word| word.range).collect()
}

/// Latin letters that make nothing but whole syllables, and could hardly be English.
fn in_hangul(word: &str, certain: bool) -> Option<String> {
    let n_letters = word.chars().count();
    if n_letters < SHORTEST || !word.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let n_vowels = word.chars().filter(|c| "aeiouAEIOU".contains(*c)).count();
    if n_vowels * LETTERS_A_VOWEL > n_letters || (certain && n_vowels > 0) {
        return None;
    }
    let letters: Option<Vec<char>> = word.chars().map(typed).collect();
    let syllables: Vec<char> = join(&letters?).into_iter().map(|(syllable, _)| syllable).collect();
    (syllables.len() > 1 && !syllables.iter().any(|c| is_jamo(*c))).then(|| syllables.into_iter().collect())
}

/// Letters that make no syllable, different ones: those that are repeated laugh.
fn in_english(word: &str) -> Option<String> {
    let letters: Vec<char> = word.chars().filter(|c| is_jamo(*c)).collect();
    let first = letters.first()?;
    let laughs = letters.iter().all(|letter| letter == first) || letters.iter().all(|c| NOISES.contains(*c));
    if letters.len() < 2 || letters.len() * 2 < word.chars().count() || laughs {
        return None;
    }
    Some(word.chars().flat_map(apart).flat_map(keys_of).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::meant;

    #[test]
    fn what_was_meant() {
        let cases = [
            ("zpdlqodzm zmffkdnem wjsghks", "케이뱅크 클라우드 전환"),
            ("tjalt 2024", "서밋 2024"),
            ("ㅁㅈㄴ 서밋", "aws 서밋"),
            ("이게 뭐야 ㅋㅋㅋㅋ ㅠㅠ ㅇㅋ", "이게 뭐야 ㅋㅋㅋㅋ ㅠㅠ ㅇㅋ"),
            ("hello world", "hello world"),
            ("world 발표, right", "world 발표, right"),
            ("AWS Summit Seoul 2024", "AWS Summit Seoul 2024"),
            ("kubectl grpc nginx mysql rhythm strengths", "kubectl grpc nginx mysql rhythm strengths"),
            ("Where was the summit held by Hyundai?", "Where was the summit held by Hyundai?"),
            ("", ""),
        ];
        for (typed, expected) in cases {
            assert_eq!(meant(typed), expected, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn korean_stays(text in "([가-힣]{1,5}[ .?!]?|[0-9]{1,4} ?){0,12}") {
            prop_assert_eq!(meant(&text), text);
        }
    }
}
