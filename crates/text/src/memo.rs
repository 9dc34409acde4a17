//! What was made of a word before: most words of a text were seen a moment ago.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;

/// So many words are kept in each thread: some megabytes.
const KEPT: usize = 1 << 16;
/// Bytes of the longest word that is kept.
const LONGEST: usize = 64;

/// Remembers what was made of words.
#[derive(Debug)]
pub(crate) struct Memo<V>(HashMap<Box<str>, Rc<V>, RandomState>);

impl<V> Default for Memo<V> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<V> Memo<V> {
    /// What was made of the word, or is made of it now.
    pub(crate) fn get(&mut self, word: &str, make: impl FnOnce() -> V) -> Rc<V> {
        if let Some(made) = self.0.get(word) {
            return Rc::clone(made);
        }
        let made = Rc::new(make());
        if self.0.len() < KEPT && word.len() <= LONGEST {
            self.0.insert(word.into(), Rc::clone(&made));
        }
        made
    }
}
