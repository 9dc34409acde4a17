//! Strings of which at least one must stand in a text for a regular expression to match it.
//!
//! An expression is only tried on texts that hold one of its strings. That keeps a thousand rules as quick as ten.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::fold::Folded;

/// More strings than that announce nothing.
const MOST: usize = 64;
/// A class of more characters is not spelled out.
const LARGEST_CLASS: usize = 8;

/// The strings, as letters of a folded text; none when there is a match without any.
pub(super) fn required(pattern: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let strings: Vec<String> = of(&hir)?.iter().map(|text| Folded::new(text).dense).collect();
    strings.iter().all(|string| weight(string) > 1).then_some(strings)
}

/// A Hangul syllable tells as much as two Latin letters.
fn weight(string: &str) -> usize {
    string.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

fn of(hir: &Hir) -> Option<Vec<String>> {
    let found = match hir.kind() {
        HirKind::Literal(literal) => vec![String::from_utf8(literal.0.to_vec()).ok()?],
        HirKind::Class(Class::Unicode(class)) => {
            let letters = class.iter().flat_map(|range| range.start()..=range.end());
            let letters: Vec<String> = letters.take(LARGEST_CLASS + 1).map(String::from).collect();
            (letters.len() <= LARGEST_CLASS).then_some(letters)?
        }
        HirKind::Capture(capture) => of(&capture.sub)?,
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub)?,
        // The rarest: the one whose shortest string is longest.
        HirKind::Concat(parts) => {
            let told = |strings: &Vec<String>| strings.iter().map(|string| weight(&letters_of(string))).min();
            parts.iter().filter_map(of).max_by_key(told)?
        }
        HirKind::Alternation(parts) => parts.iter().map(of).collect::<Option<Vec<_>>>()?.concat(),
        _ => return None,
    };
    (!found.is_empty() && found.len() <= MOST).then_some(found)
}

fn letters_of(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::required;

    #[test]
    fn what_a_match_must_hold() {
        let cases: [(&str, Option<&[&str]>); 8] = [
            ("연봉", Some(&["연봉"])),
            (r"시스템\s*프롬프트(를)?\s*(보여|출력)", Some(&["프롬프트"])),
            (r"(^|[^가-힣])(극우|극좌)", Some(&["극우", "극좌"])),
            (r"\bignore\s+(all\s+)?rules\b", Some(&["ignore"])),
            (r"[가-힣]{2}", None),
            (r"(연봉)?", None),
            (r"a+", None),
            (r"(연봉|[0-9]+)", None),
        ];
        for (pattern, expected) in cases {
            let expected =
                expected.map(|strings| strings.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
            assert_eq!(required(pattern), expected, "{pattern}");
        }
    }
}
