//! Words typed while the keyboard was set to the other language: `zpdlqodzm` is `케이뱅크`, `ㅁㅈㄴ` is `aws`.

use std::ops::Range;

use crate::jamo::{apart, is_jamo, join, keys_of, typed};
use crate::question::asks;
use crate::terms::is_syllable;
use crate::words::{Script, Word, words};

/// Letters of the shortest word that is taken for Hangul by itself: shorter ones are too often names.
const SHORTEST: usize = 5;
/// Letters of the shortest word beside which shorter ones are taken for Hangul as well.
const LONG: usize = 6;
/// In so many letters of Hangul is one vowel of English at most; in English there are two.
const LETTERS_A_VOWEL: usize = 5;
/// Laughs and cries.
const LAUGHS: &str = "ㅋㅎㅠㅜㅡ";
/// What people say with the first letters of its syllables, each once: thanks, sorry, bye.
const SHORTHAND: [&str; 10] =
    ["ㄱㅅ", "ㅈㅅ", "ㅂㅇ", "ㄹㅇ", "ㅇㅈ", "ㄱㄷ", "ㅅㅂ", "ㅇㄴ", "ㅁㅊ", "ㄴㅇㅅ"];

/// The text with each such word as it was meant.
pub fn meant(text: &str) -> String {
    let places = places(text);
    let latin: Vec<&str> =
        places.iter().map(|place| &text[place.clone()]).filter(|word| word.is_ascii()).collect();
    // Nobody turns the keyboard for a word: all of them read as Hangul, or those are words that cannot be English.
    let is_korean = text.chars().any(is_syllable);
    let all_long = latin.iter().all(|word| in_hangul(word, false).is_some());
    let all_read = all_long || cannot_be_english(&latin);
    let read = |word: &str| {
        let long = || in_hangul(word, is_korean);
        // In a Korean text, short ones are names: `dns`.
        long().or_else(|| syllables(word).filter(|_| !is_korean && !all_long))
    };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for place in places {
        out.push_str(&text[at..place.start]);
        let word = &text[place.clone()];
        let read = if all_read { read(word) } else { None };
        let meant = read.or_else(|| joined(word)).or_else(|| in_english(word));
        out.push_str(&meant.unwrap_or_else(|| word.to_owned()));
        at = place.end;
    }
    out.push_str(&text[at..]);
    out
}

/// What the same keys type while the keyboard is set to the other language; none where that is no word.
pub fn other_keyboard(word: &str) -> Option<String> {
    if word.chars().all(is_syllable) {
        return Some(word.chars().flat_map(apart).flat_map(keys_of).collect());
    }
    let is_typed = word.chars().all(|c| c.is_ascii_alphabetic());
    read(word).filter(|syllables| is_typed && syllables.chars().count() > 1)
}

fn places(text: &str) -> Vec<Range<usize>> {
    let of_kind = |word: &Word| matches!(word.script, Script::Letters | Script::Hangul);
    words(text).filter(of_kind).map(|word| word.range).collect()
}

fn n_vowels(word: &str) -> usize {
    word.chars().filter(|c| "aeiouAEIOU".contains(*c)).count()
}

/// Whether Latin words, short ones among them, are all nothing but syllables of Hangul, and one of them could not be else.
fn cannot_be_english(latin: &[&str]) -> bool {
    let letters: usize = latin.iter().map(|word| word.len()).sum();
    let vowels: usize = latin.iter().map(|word| n_vowels(word)).sum();
    let is_long = |word: &&str| word.len() >= LONG && n_vowels(word) * LETTERS_A_VOWEL < word.len();
    let is_english = |word: &&str| word.len() > 2 && asks(&word.to_ascii_lowercase());
    vowels * LETTERS_A_VOWEL <= letters
        && latin.iter().any(is_long)
        && !latin.iter().any(is_english)
        && latin.iter().all(|word| syllables(word).is_some())
}

/// Latin letters that make nothing but whole syllables, and could hardly be English.
fn in_hangul(word: &str, certain: bool) -> Option<String> {
    let n_letters = word.chars().count();
    if n_letters < SHORTEST || !word.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let n_vowels = n_vowels(word);
    if n_vowels * LETTERS_A_VOWEL > n_letters || (certain && n_vowels > 0) {
        return None;
    }
    read(word).filter(|syllables| syllables.chars().count() > 1)
}

/// Whole syllables that somebody typed who held the shift key for nothing but what needs it.
fn syllables(word: &str) -> Option<String> {
    let shifted = |c: char| c.is_ascii_uppercase() && typed(c) == typed(c.to_ascii_lowercase());
    let is_name = word.chars().any(shifted) || word.chars().all(|c| c.is_ascii_uppercase());
    read(word).filter(|_| !is_name)
}

/// The whole syllables that Latin letters type.
fn read(word: &str) -> Option<String> {
    let letters: Option<Vec<char>> = word.chars().map(typed).collect();
    whole(&letters?)
}

/// Letters of Hangul as syllables, where none of them is left over.
fn whole(letters: &[char]) -> Option<String> {
    let syllables: Vec<char> = join(letters).into_iter().map(|(syllable, _)| syllable).collect();
    (!syllables.iter().any(|c| is_jamo(*c))).then(|| syllables.into_iter().collect())
}

/// Letters that fell out of their syllables: `ㅇㅕㄴㅂㅗㅇ`, `여ㄴ봉`.
fn joined(word: &str) -> Option<String> {
    let stray: Vec<char> = word.chars().filter(|c| is_jamo(*c)).collect();
    let laughs = stray.iter().all(|c| LAUGHS.contains(*c));
    if laughs || (word.ends_with(is_jamo) && is_noise(&stray)) {
        return None;
    }
    let letters: Vec<char> = word.chars().flat_map(apart).collect();
    whole(&letters)
}

/// Letters that make no syllable.
fn in_english(word: &str) -> Option<String> {
    let letters: Vec<char> = word.chars().filter(|c| is_jamo(*c)).collect();
    if letters.len() < 2 || letters.len() * 2 < word.chars().count() || is_noise(&letters) {
        return None;
    }
    Some(word.chars().flat_map(apart).flat_map(keys_of).collect())
}

/// Whether letters only laugh, cry or nod.
fn is_noise(letters: &[char]) -> bool {
    let mut rest: Vec<char> = letters.iter().copied().filter(|c| !LAUGHS.contains(*c)).collect();
    rest.dedup();
    rest.len() < 2 || SHORTHAND.contains(&rest.iter().collect::<String>().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{meant, other_keyboard};

    #[test]
    fn what_was_meant() {
        let cases = [
            ("zpdlqodzm zmffkdnem wjsghks", "케이뱅크 클라우드 전환"),
            ("tjalt 2024", "서밋 2024"),
            ("zpdlqodzmsms dho dhfaruTskdy", "케이뱅크는 왜 옮겼나요"),
            ("tjqj wjsghks dlfwjd", "서버 전환 일정"),
            ("ㅁㅈㄴ 서밋", "aws 서밋"),
            ("ㄴㄱㄷ 팀과 ㄱㅇㄴ", "sre 팀과 rds"),
            ("ㅇㅕㄴㅂㅗㅇ 인상", "연봉 인상"),
            ("여ㄴ봉 인상", "연봉 인상"),
            ("안녕하세ㅇㅛ", "안녕하세요"),
            ("녀ㅡㅡㅑㅅ", "summit"),
            ("이게 뭐야 ㅋㅋㅋㅋ ㅠㅠ ㅇㅋ", "이게 뭐야 ㅋㅋㅋㅋ ㅠㅠ ㅇㅋ"),
            ("뭐야ㅋ ㄱㅅ ㅇㅋㅋㅋ ㄴㄴ 어디ㅎ예요 네ㅇ", "뭐야ㅋ ㄱㅅ ㅇㅋㅋㅋ ㄴㄴ 어디ㅎ예요 네ㅇ"),
            ("ㄴ자형 매장", "ㄴ자형 매장"),
            ("The world", "The world"),
            ("dns works", "dns works"),
            ("who works for DB", "who works for DB"),
            ("서밋 tlscjd dns DB", "서밋 tlscjd dns DB"),
            ("서밋 tlscjd dns", "서밋 신청 dns"),
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

    #[test]
    fn one_word_on_the_other_keyboard() {
        let cases = [
            ("스메", Some("tmap")),
            ("tkatjdwjswk", Some("삼성전자")),
            ("dns", None),
            ("aws", None),
            ("s3", None),
        ];
        for (typed, expected) in cases {
            assert_eq!(other_keyboard(typed).as_deref(), expected, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn korean_stays(text in "([가-힣]{1,5}[ .?!]?|[0-9]{1,4} ?){0,12}") {
            prop_assert_eq!(meant(&text), text);
        }
    }
}
