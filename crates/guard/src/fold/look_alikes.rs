//! Which letter a character is drawn to look like.

use unicode_normalization::UnicodeNormalization;

/// Cyrillic, Greek and other letters that are drawn like Latin ones, in lower or upper case.
const DRAWN_ALIKE: &[(&str, char)] = &[
    ("аАΑαɑ", 'a'),
    ("ВвΒЬ", 'b'),
    ("сСϲс", 'c'),
    ("ԁԀ", 'd'),
    ("еЕΕеҽ", 'e'),
    ("ɡ", 'g'),
    ("һНнΗҺ", 'h'),
    ("іІΙιı", 'i'),
    ("јЈϳ", 'j'),
    ("кКΚκ", 'k'),
    ("ӏӀⅼ", 'l'),
    ("мМΜ", 'm'),
    ("Νпո", 'n'),
    ("оОΟοσօ", 'o'),
    ("рРΡρ", 'p'),
    ("ԛ", 'q'),
    ("гг", 'r'),
    ("ѕЅ", 's'),
    ("тТΤτ", 't'),
    ("υսц", 'u'),
    ("νѵ", 'v'),
    ("ԝѡ", 'w'),
    ("хХΧχ", 'x'),
    ("уУΥγ", 'y'),
    ("Ζ", 'z'),
];

/// Symbols that are drawn like a single Hangul letter.
const DRAWN_AS_JAMO: &[(char, char)] =
    &[('ᄆ', 'ㅁ'), ('口', 'ㅁ'), ('卜', 'ㅏ'), ('丁', 'ㅜ'), ('ᅵ', 'ㅣ'), ('〇', 'ㅇ'), ('人', 'ㅅ')];

/// The plain letter of a character that only looks different: enclosed, mathematical, half-width, of another script.
pub(super) fn plain(ch: char) -> char {
    if ch.is_ascii() || ('가'..='힣').contains(&ch) || ('\u{3131}'..='\u{318e}').contains(&ch) {
        return ch;
    }
    if let Some((_, latin)) = DRAWN_ALIKE.iter().find(|(drawn, _)| drawn.contains(ch)) {
        return *latin;
    }
    if let Some(letter) = squared(ch) {
        return letter;
    }
    if is_dressed(ch) {
        let mut bare = ch.nfkc().filter(|c| c.is_alphanumeric());
        if let (Some(only), None) = (bare.next(), bare.next()) {
            return siren_text::jamo::compatible(only);
        }
    }
    ch
}

/// Letters in circles, brackets and squares, mathematical alphabets, half-width Hangul.
fn is_dressed(ch: char) -> bool {
    matches!(ch,
        '\u{2460}'..='\u{24ff}' | '\u{3200}'..='\u{321c}' | '\u{3260}'..='\u{327b}' | '\u{ffa1}'..='\u{ffdc}'
        | '\u{1d400}'..='\u{1d7ff}' | '\u{1f110}'..='\u{1f12b}' | '\u{2100}'..='\u{214f}')
}

/// Squared and negative circled capitals have no decomposition.
fn squared(ch: char) -> Option<char> {
    let base = match ch {
        '\u{1f130}'..='\u{1f149}' => 0x1f130,
        '\u{1f150}'..='\u{1f169}' => 0x1f150,
        '\u{1f170}'..='\u{1f189}' => 0x1f170,
        _ => return None,
    };
    char::from_u32('a' as u32 + (ch as u32 - base))
}

/// The Hangul letter that a symbol is drawn like, where Hangul letters stand beside it.
pub(super) fn drawn_jamo(ch: char) -> Option<char> {
    DRAWN_AS_JAMO.iter().find(|(symbol, _)| *symbol == ch).map(|(_, jamo)| *jamo)
}
