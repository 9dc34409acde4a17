//! Short stand-ins for texts that are only ever compared within one process.

use std::hash::{BuildHasher, RandomState};

/// Makes prints of texts.
///
/// Two keyed hashes beside each other, with keys that nobody knows: no two texts of an index share a print, not even if
/// somebody tries. Another process makes other prints of the same texts.
#[derive(Clone, Debug, Default)]
pub struct Prints {
    one: RandomState,
    other: RandomState,
}

/// Stands for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Print([u64; 2]);

impl Prints {
    /// The print of a text.
    pub fn of(&self, text: &str) -> Print {
        Print([self.one.hash_one(text), self.other.hash_one(text)])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    use super::Prints;

    #[test]
    fn a_print_stands_for_one_text() {
        let prints = Prints::default();
        let texts: Vec<String> = (0..1_000).map(|number| format!("notes/{number}.md")).collect();
        let all: HashSet<_> = texts.iter().map(|text| prints.of(text)).collect();
        assert_eq!(all.len(), texts.len());
        assert!(texts.iter().all(|text| all.contains(&prints.of(text))));
        assert!(!all.contains(&Prints::default().of(&texts[0])), "another process, other prints");
        assert_ne!(prints.one.hash_one("가"), prints.other.hash_one("가"), "each half by a key of its own");
    }
}
