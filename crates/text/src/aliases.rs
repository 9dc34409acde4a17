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

/// The Korean words for a lower-case English form, in the singular if it is no form of its own.
pub(crate) fn korean(english: &str) -> &'static [&'static str] {
    let singular = || english.strip_suffix("es").or_else(|| english.strip_suffix('s'));
    let found = TABLE.get(english).or_else(|| TABLE.get(english.strip_suffix('s')?));
    found.or_else(|| TABLE.get(singular()?)).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, TABLE, korean};

    #[test]
    fn every_form_can_be_met() {
        for (english, korean) in TABLE.iter() {
            assert!(english.split([' ', '-']).count() <= LONGEST, "{english}");
            assert_eq!(*english, english.to_lowercase(), "{english}");
            assert!(!korean.is_empty() && korean.iter().all(|word| !word.is_empty()), "{english}");
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
