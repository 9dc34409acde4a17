//! Names that nobody can guess and that are not given twice.

use std::hash::{BuildHasher, RandomState};

/// A name for something new.
pub(crate) fn new_id(prefix: &str) -> String {
    // Each is keyed by the system's own random numbers.
    let [first, second] = [0_u64, 1].map(|half| RandomState::new().hash_one(half));
    format!("{prefix}-{first:016x}{second:016x}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_name_is_given_twice() {
        let names: std::collections::BTreeSet<_> = (0..1_000).map(|_| super::new_id("x")).collect();
        assert_eq!(names.len(), 1_000);
        assert!(names.iter().all(|name| name.len() == 34));
    }
}
