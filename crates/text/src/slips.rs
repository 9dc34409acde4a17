//! Which words somebody may have meant whose finger or ear slipped once.
//!
//! One letter of one syllable is another one: `케이뱅그` for `케이뱅크`, `티맾` for `티맵`, `마이그래이션` for `마이그레이션`. What
//! sounds alike is the likelier slip and comes first. Of Latin words one letter is another, too many, missing, or has changed
//! places with the next.

use crate::hangul::Syllable;

/// Letters that are taken for one another by ear, by their places in the order of Unicode.
const LEADS: [&[u8]; 5] = [&[0, 1, 15], &[3, 4, 16], &[7, 8, 17], &[9, 10], &[12, 13, 14]];
const VOWELS: [&[u8]; 7] = [&[1, 5], &[3, 7], &[10, 11, 15], &[0, 4], &[0, 9], &[14, 4], &[16, 19, 20]];
const TAILS: [&[u8]; 3] = [&[1, 2, 24, 3, 9], &[7, 19, 20, 22, 23, 25, 27], &[17, 26, 18]];
const N_LEADS: u8 = 19;
const N_VOWELS: u8 = 21;
const N_TAILS: u8 = 28;
/// Letters of the longest words that are looked at: each letter is dozens of words more, and each is as long.
const LONGEST: usize = 12;
const LONGEST_LATIN: usize = 24;

/// A word that may have been meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// The word.
    pub word: String,
    /// Whether it sounds like the one that was typed.
    pub sounds_alike: bool,
}

/// Every word that differs from this one by one slip, those first that sound alike. None of what is no word, or too long
/// for one.
pub fn slips(word: &str) -> Vec<Slip> {
    let is_latin = word.bytes().all(|b| b.is_ascii_lowercase());
    let longest = if is_latin { LONGEST_LATIN } else { LONGEST };
    let letters: Vec<char> = word.chars().take(longest + 1).collect();
    if letters.len() > longest {
        return Vec::new();
    }
    let mut out = if is_latin { latin(&letters) } else { hangul(&letters) };
    out.retain(|slip| slip.word != word);
    out.sort_by_key(|slip| !slip.sounds_alike);
    out
}

fn hangul(letters: &[char]) -> Vec<Slip> {
    let mut out = Vec::new();
    for (at, letter) in letters.iter().enumerate() {
        let Some(syllable) = Syllable::of(*letter) else { continue };
        let mut add = |other: Syllable, sounds_alike: bool| {
            let mut letters = letters.to_vec();
            letters[at] = other.to_char();
            out.push(Slip { word: letters.into_iter().collect(), sounds_alike });
        };
        for lead in 0..N_LEADS {
            add(Syllable { lead, ..syllable }, alike(&LEADS, syllable.lead, lead));
        }
        for vowel in 0..N_VOWELS {
            add(syllable.with_vowel(vowel), alike(&VOWELS, syllable.vowel, vowel));
        }
        for tail in 0..N_TAILS {
            add(syllable.with_tail(tail), alike(&TAILS, syllable.tail, tail));
        }
    }
    out
}

fn alike(classes: &[&[u8]], one: u8, other: u8) -> bool {
    classes.iter().any(|class| class.contains(&one) && class.contains(&other))
}

fn latin(letters: &[char]) -> Vec<Slip> {
    let mut out: Vec<String> = Vec::new();
    let spelled = |letters: &[&[char]]| letters.concat().into_iter().collect::<String>();
    for at in 0..=letters.len() {
        let (before, behind) = letters.split_at(at);
        out.extend(('a'..='z').map(|letter| spelled(&[before, &[letter], behind])));
        let Some((first, rest)) = behind.split_first() else { continue };
        out.push(spelled(&[before, rest]));
        out.extend(('a'..='z').map(|letter| spelled(&[before, &[letter], rest])));
        if let Some((second, rest)) = rest.split_first() {
            out.push(spelled(&[before, &[*second, *first], rest]));
        }
    }
    out.sort();
    out.dedup();
    out.into_iter().map(|word| Slip { word, sounds_alike: false }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::slips;

    #[test]
    fn what_was_meant_is_among_them() {
        let cases = [
            ("케이뱅그", "케이뱅크", true),
            ("삼성전좌", "삼성전자", true),
            ("스타벅쓰", "스타벅스", true),
            ("티맾", "티맵", true),
            ("마이그래이션", "마이그레이션", true),
            ("데이타독", "데이터독", true),
            ("센트버드", "센드버드", true),
            ("베드롴", "베드록", true),
            ("챗봍", "챗봇", true),
            ("챗봄", "챗봇", false),
            ("kubernets", "kubernetes", false),
            ("lamdba", "lambda", false),
            ("serrver", "server", false),
            ("datadig", "datadog", false),
        ];
        for (typed, meant, alike) in cases {
            let found = slips(typed).into_iter().find(|slip| slip.word == meant);
            assert_eq!(found.map(|slip| slip.sounds_alike), Some(alike), "{typed} {meant}");
        }
        assert!(slips("").iter().all(|slip| slip.word.len() == 1), "one letter is a slip from none");
        assert!(slips("123").is_empty() && slips("人").is_empty());
    }

    /// A question may be one word of thousands of letters.
    #[test]
    fn long_words_have_few_slips_or_none() {
        for (letter, longest) in [("가", 12), ("a", 24)] {
            let of = |letters: usize| slips(&letter.repeat(letters));
            assert!((1..2_000).contains(&of(longest).len()), "{letter}: {}", of(longest).len());
            assert!(of(longest + 1).is_empty() && of(2_000).is_empty(), "{letter}");
        }
    }

    proptest! {
        #[test]
        fn one_slip_leads_there_and_back(word in "[가-힣]{1,5}|[a-z]{1,8}") {
            let all = slips(&word);
            prop_assert!(all.iter().all(|slip| slip.word != word));
            prop_assert!(all.windows(2).all(|pair| pair[0].sounds_alike >= pair[1].sounds_alike));
            for slip in all.iter().step_by(37) {
                let back = slips(&slip.word);
                let found = back.iter().find(|back| back.word == word);
                prop_assert_eq!(found.map(|back| back.sounds_alike), Some(slip.sounds_alike), "{}", slip.word);
            }
        }
    }
}
