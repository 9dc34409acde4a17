//! Latin letters that were spelled in Hangul: `엔에프씨` is `nfc`, `엠에스에이로` is `msa`.

/// The names of the letters; those that begin alike, longest first.
const NAMES: [(&str, char); 30] = [
    ("더블유", 'w'),
    ("더블류", 'w'),
    ("에이치", 'h'),
    ("에이", 'a'),
    ("에프", 'f'),
    ("에스", 's'),
    ("에취", 'h'),
    ("아이", 'i'),
    ("제이", 'j'),
    ("케이", 'k'),
    ("브이", 'v'),
    ("엑스", 'x'),
    ("와이", 'y'),
    ("제트", 'z'),
    ("알", 'r'),
    ("아르", 'r'),
    ("비", 'b'),
    ("씨", 'c'),
    ("시", 'c'),
    ("디", 'd'),
    ("이", 'e'),
    ("지", 'g'),
    ("엘", 'l'),
    ("엠", 'm'),
    ("엔", 'n'),
    ("오", 'o'),
    ("피", 'p'),
    ("큐", 'q'),
    ("티", 't'),
    ("유", 'u'),
];
/// Syllables that a spelled name has at least: two may be any word.
const LEAST: usize = 3;
/// Letters of the longest name.
const LONGEST: usize = 10;

/// The name that a word begins with when it is read letter by letter, and what stands behind it. The whole word first,
/// then shorter beginnings: the rest may be particles.
pub fn spelled(word: &str) -> Vec<(String, &str)> {
    let mut out = Vec::new();
    let mut letters = String::new();
    let mut rest = word;
    while letters.len() < LONGEST
        && let Some((name, letter)) = NAMES.iter().find(|(name, _)| rest.starts_with(name))
    {
        letters.push(*letter);
        rest = &rest[name.len()..];
        let syllables = word[..word.len() - rest.len()].chars().count();
        if letters.len() > 1 && (syllables >= LEAST || letters.len() > 2) {
            out.push((letters.clone(), rest));
        }
    }
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::spelled;

    #[test]
    fn letters_by_their_names() {
        let first = |word| spelled(word).into_iter().next();
        let cases = [
            ("엔에프씨", Some(("nfc", ""))),
            ("엠에스에이로", Some(("msa", "로"))),
            ("티에프에", Some(("tf", "에"))),
            ("에이피아이", Some(("api", ""))),
            ("에이더블유에스", Some(("aws", ""))),
            ("오이", None),
            ("케이뱅크", None),
            ("비용", None),
            ("", None),
        ];
        for (word, expected) in cases {
            assert_eq!(first(word), expected.map(|(letters, rest)| (letters.to_owned(), rest)), "{word}");
        }
        assert!(spelled(&"이".repeat(2_000)).len() < 10, "a name has an end");
    }
}
