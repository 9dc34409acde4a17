//! Documents and database records as one: which records a text speaks of, and where the two differ.
//!
//! Pure functions over texts and records: this crate never does I/O, never ranks, never decides what is answered, and
//! keeps nothing of what it was shown.

mod catalogue;
mod conflicts;
mod dates;
mod folded;
mod names;
mod numbers;
mod rules;
mod stated;

pub use catalogue::{Catalogue, Link};
pub use conflicts::conflicts;
pub use names::{Mention, NameFinder};
pub use rules::{CheckRule, DOCUMENT_KEYS, HouseNames, LinkRules};
pub use stated::tells;
