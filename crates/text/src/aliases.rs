//! What Korean documents call an English word or name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Words of the longest English form in the table.
pub(crate) const LONGEST: usize = 3;

static TABLE: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let lines = include_str!("aliases.tsv").lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('\t'))
        .map(|(english, korean)| (english, korean.split(',').map(str::trim).collect()))
        .collect()
});

/// The Korean words for a lower-case English form with a space between its words, in the singular if it is no form of its
/// own.
pub fn korean(english: &str) -> &'static [&'static str] {
    let singular = || english.strip_suffix("es").or_else(|| english.strip_suffix('s'));
    let found = TABLE.get(english).or_else(|| TABLE.get(english.strip_suffix('s')?));
    found.or_else(|| TABLE.get(singular()?)).map_or(&[], Vec::as_slice)
}

/// What a whole name is called in the other language: `AWS` is `아마존웹서비스`, and the other way round.
pub fn other_names(name: &str) -> Vec<&'static str> {
    let plain = name.trim().to_lowercase().replace('-', " ");
    let joined = |name: &str| name.split_whitespace().collect::<String>();
    let wanted = joined(&plain);
    let english = TABLE.iter().filter(|(_, korean)| korean.iter().any(|other| joined(other) == wanted));
    let korean = TABLE.get(plain.as_str()).into_iter().flatten().copied();
    korean.chain(english.map(|(english, _)| *english)).collect()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, TABLE, korean, other_names};

    #[test]
    fn every_form_can_be_met() {
        for (english, korean) in TABLE.iter() {
            assert!(english.split(' ').count() <= LONGEST, "{english}");
            assert!(english.chars().all(|c| c.is_ascii_alphanumeric() || c == ' '), "{english}");
            assert_eq!(*english, english.to_lowercase(), "{english}");
            assert!(!korean.is_empty() && korean.iter().all(|word| !word.is_empty()), "{english}");
        }
    }

    #[test]
    fn names_in_the_other_language() {
        let cases: [(&str, &[&str]); 7] = [
            ("AWS", &["아마존웹서비스"]),
            ("케이 뱅크", &["k bank"]),
            ("K-Bank", &["케이뱅크"]),
            ("On-premises", &["온프레미스"]),
            ("온프레미스", &["on premises"]),
            ("데이터독", &["datadog"]),
            ("없는이름", &[]),
        ];
        for (name, expected) in cases {
            assert_eq!(other_names(name), expected, "{name}");
        }
    }

    #[test]
    fn forms() {
        assert_eq!(korean("kubernetes"), ["쿠버네티스"]);
        assert_eq!(korean("employees"), ["직원", "사원"]);
        assert_eq!(korean("golden signals"), ["골든 시그널"]);
        assert!(korean("xyzzy").is_empty());
    }
}
