//! Hangul letters: apart, joined, and typed on an English keyboard.

/// Leading consonants, vowels and final consonants in the order of their code points, as letters of their own.
const LEADS: [char; 19] = [
    'ㄱ', 'ㄲ', 'ㄴ', 'ㄷ', 'ㄸ', 'ㄹ', 'ㅁ', 'ㅂ', 'ㅃ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅉ', 'ㅊ', 'ㅋ', 'ㅌ',
    'ㅍ', 'ㅎ',
];
const VOWELS: [char; 21] = [
    'ㅏ', 'ㅐ', 'ㅑ', 'ㅒ', 'ㅓ', 'ㅔ', 'ㅕ', 'ㅖ', 'ㅗ', 'ㅘ', 'ㅙ', 'ㅚ', 'ㅛ', 'ㅜ', 'ㅝ', 'ㅞ', 'ㅟ',
    'ㅠ', 'ㅡ', 'ㅢ', 'ㅣ',
];
const FINALS: [char; 28] = [
    '\0', 'ㄱ', 'ㄲ', 'ㄳ', 'ㄴ', 'ㄵ', 'ㄶ', 'ㄷ', 'ㄹ', 'ㄺ', 'ㄻ', 'ㄼ', 'ㄽ', 'ㄾ', 'ㄿ', 'ㅀ', 'ㅁ',
    'ㅂ', 'ㅄ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ',
];
/// Letters that are typed as two.
const DOUBLE: &[(char, char, char)] = &[
    ('ㅗ', 'ㅏ', 'ㅘ'),
    ('ㅗ', 'ㅐ', 'ㅙ'),
    ('ㅗ', 'ㅣ', 'ㅚ'),
    ('ㅜ', 'ㅓ', 'ㅝ'),
    ('ㅜ', 'ㅔ', 'ㅞ'),
    ('ㅜ', 'ㅣ', 'ㅟ'),
    ('ㅡ', 'ㅣ', 'ㅢ'),
    ('ㄱ', 'ㅅ', 'ㄳ'),
    ('ㄴ', 'ㅈ', 'ㄵ'),
    ('ㄴ', 'ㅎ', 'ㄶ'),
    ('ㄹ', 'ㄱ', 'ㄺ'),
    ('ㄹ', 'ㅁ', 'ㄻ'),
    ('ㄹ', 'ㅂ', 'ㄼ'),
    ('ㄹ', 'ㅅ', 'ㄽ'),
    ('ㄹ', 'ㅌ', 'ㄾ'),
    ('ㄹ', 'ㅍ', 'ㄿ'),
    ('ㄹ', 'ㅎ', 'ㅀ'),
    ('ㅂ', 'ㅅ', 'ㅄ'),
];
/// What the keys of an English keyboard type when it is set to Hangul, and with the shift key.
const KEYS: &str = "aㅁbㅠcㅊdㅇeㄷfㄹgㅎhㅗiㅑjㅓkㅏlㅣmㅡnㅜoㅐpㅔqㅂrㄱsㄴtㅅuㅕvㅍwㅈxㅌyㅛzㅋ";
const SHIFTED: &str = "QㅃWㅉEㄸRㄲTㅆOㅒPㅖ";

/// A Hangul letter that stands alone, as the letter it is shown as.
pub fn compatible(ch: char) -> char {
    let at = |base: u32| (ch as u32 - base) as usize;
    match ch {
        '\u{1100}'..='\u{1112}' => LEADS[at(0x1100)],
        '\u{1161}'..='\u{1175}' => VOWELS[at(0x1161)],
        '\u{11a8}'..='\u{11c2}' => FINALS[at(0x11a7)],
        _ => ch,
    }
}

/// Whether a character is a single Hangul letter as keyboards type it.
pub fn is_jamo(ch: char) -> bool {
    ('ㄱ'..='ㅣ').contains(&ch)
}

fn is_vowel(ch: char) -> bool {
    ('ㅏ'..='ㅣ').contains(&ch)
}

fn double(one: char, other: char) -> Option<char> {
    DOUBLE.iter().find(|(a, b, _)| (*a, *b) == (one, other)).map(|(_, _, both)| *both)
}

fn halves(both: char) -> Option<(char, char)> {
    DOUBLE.iter().find(|(_, _, c)| *c == both).map(|(a, b, _)| (*a, *b))
}

/// The letter that a key types.
pub fn typed(key: char) -> Option<char> {
    let pairs = [SHIFTED, KEYS];
    let exact = pairs.iter().find_map(|keys| after(keys, key));
    exact.or_else(|| after(KEYS, key.to_ascii_lowercase()))
}

fn after(keys: &str, key: char) -> Option<char> {
    if !key.is_ascii() {
        return None;
    }
    let at = keys.find(key)?;
    keys[at..].chars().nth(1)
}

/// The keys that type a letter, lower-cased.
pub fn keys_of(letter: char) -> Vec<char> {
    let before = |keys: &str| {
        let chars: Vec<char> = keys.chars().collect();
        chars.chunks(2).find(|pair| pair[1] == letter).map(|pair| pair[0])
    };
    if let Some(key) = before(KEYS).or_else(|| before(SHIFTED)) {
        return vec![key.to_ascii_lowercase()];
    }
    halves(letter).map_or_else(Vec::new, |(a, b)| [keys_of(a), keys_of(b)].concat())
}

/// The letters of a syllable; of anything else, itself.
pub fn apart(ch: char) -> Vec<char> {
    if !('가'..='힣').contains(&ch) {
        return vec![ch];
    }
    let at = ch as usize - '가' as usize;
    let mut letters = vec![LEADS[at / (21 * 28)], VOWELS[at / 28 % 21]];
    if !at.is_multiple_of(28) {
        letters.push(FINALS[at % 28]);
    }
    letters
}

/// Letters joined to syllables as an input method joins them. For each result, which of the letters it is made of.
pub fn join(letters: &[char]) -> Vec<(char, std::ops::Range<usize>)> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let (ch, used) = syllable(&letters[at..]);
        out.push((ch, at..at + used));
        at += used;
    }
    out
}

/// The first syllable of some letters, and how many it takes.
fn syllable(letters: &[char]) -> (char, usize) {
    let get = |at: usize| letters.get(at).copied().unwrap_or('\0');
    let index = |list: &[char], c: char| list.iter().position(|&x| x == c);
    let Some(lead) = index(&LEADS, get(0)) else {
        return match double(get(0), get(1)).filter(|_| is_vowel(get(0))) {
            Some(both) => (both, 2),
            None => (get(0), 1),
        };
    };
    if !is_vowel(get(1)) {
        return (get(0), 1);
    }
    let (vowel, mut used) = match double(get(1), get(2)) {
        Some(both) => (both, 3),
        None => (get(1), 2),
    };
    let Some(vowel) = index(&VOWELS, vowel) else { return (get(0), 1) };
    let mut end = 0;
    // A consonant before a vowel begins the next syllable.
    if let Some(one) = index(&FINALS[1..], get(used)).filter(|_| !is_vowel(get(used + 1))) {
        end = one + 1;
        let two = double(get(used), get(used + 1)).and_then(|both| index(&FINALS, both));
        used += 1;
        if let Some(two) = two.filter(|_| !is_vowel(get(used + 1))) {
            end = two;
            used += 1;
        }
    }
    let code = '가' as usize + (lead * 21 + vowel) * 28 + end;
    (u32::try_from(code).ok().and_then(char::from_u32).unwrap_or('\u{fffd}'), used)
}

#[cfg(test)]
mod tests {
    use super::{apart, join, keys_of, typed};

    fn joined(text: &str) -> String {
        let letters: Vec<char> = text.chars().flat_map(apart).collect();
        join(&letters).into_iter().map(|(ch, _)| ch).collect()
    }

    #[test]
    fn letters_become_syllables() {
        let cases = [
            ("ㅇㅕㄴㅂㅗㅇ", "연봉"),
            ("여ㄴ봉", "연봉"),
            ("ㄱㅏㅂㅅㅇㅣ", "값이"),
            ("값이 없다", "값이 없다"),
            ("ㅋㅋㅋ", "ㅋㅋㅋ"),
            ("ㄷㅐㅌㅗㅇㄹㅕㅇ", "대통령"),
            ("ㅗㅏ", "ㅘ"),
        ];
        for (text, expected) in cases {
            assert_eq!(joined(text), expected, "{text}");
        }
    }

    #[test]
    fn every_syllable_survives() {
        for ch in '가'..='힣' {
            assert_eq!(joined(&ch.to_string()), ch.to_string());
        }
    }

    #[test]
    fn keys_and_letters_belong_together() {
        for key in 'a'..='z' {
            assert_eq!(typed(key).map(keys_of), Some(vec![key]));
        }
        assert_eq!(typed('R'), Some('ㄲ'));
        assert_eq!(typed('D'), Some('ㅇ'));
        assert_eq!(typed('1'), None);
    }
}
