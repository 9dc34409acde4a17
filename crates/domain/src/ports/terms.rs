//! What a chunk is found by.

use crate::chunk::Chunk;

/// A chunk with the terms it is found by.
#[derive(Clone, Debug, PartialEq)]
pub struct AnalysedChunk {
    /// The chunk.
    pub chunk: Chunk,
    /// Its terms, in order, repeated as often as they occur.
    pub terms: Terms,
    /// The years it is about or names, for filters. Empty when no year is known.
    pub years: Vec<u16>,
    /// What it means, as a vector of length 1, where there is an embedder.
    pub vector: Option<Vec<f32>>,
}

/// Terms in order, repeated as often as they occur. A chunk has hundreds, so they lie in one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    joined: String,
    count: usize,
}

/// No term holds it.
const BETWEEN: char = ' ';

impl Terms {
    /// Room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { joined: String::with_capacity(bytes), count: 0 }
    }

    /// Adds a term, which has at least one letter and no white space.
    pub fn push(&mut self, term: &str) {
        debug_assert!(!term.is_empty() && !term.contains(BETWEEN), "{term:?}");
        if self.count > 0 {
            self.joined.push(BETWEEN);
        }
        self.joined.push_str(term);
        self.count += 1;
    }

    /// Adds so many, which have a space between two already.
    pub fn push_joined(&mut self, terms: &str, count: usize) {
        debug_assert_eq!(terms.split(BETWEEN).filter(|term| !term.is_empty()).count(), count, "{terms:?}");
        if count == 0 {
            return;
        }
        if self.count > 0 {
            self.joined.push(BETWEEN);
        }
        self.joined.push_str(terms);
        self.count += count;
    }

    /// One after another.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.joined.split(BETWEEN).filter(|term| !term.is_empty())
    }

    /// How many there are, each as often as it occurs.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of them, with a space between two.
    pub fn joined(&self) -> &str {
        &self.joined
    }
}

impl<T: AsRef<str>> Extend<T> for Terms {
    fn extend<I: IntoIterator<Item = T>>(&mut self, terms: I) {
        terms.into_iter().for_each(|term| self.push(term.as_ref()));
    }
}

impl<T: AsRef<str>> FromIterator<T> for Terms {
    fn from_iter<I: IntoIterator<Item = T>>(terms: I) -> Self {
        let mut out = Self::default();
        out.extend(terms);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Terms;

    #[test]
    fn what_is_put_in_comes_out() {
        for told in [&[][..], &["가"], &["가", "+가+나", "가", "b"]] {
            let terms: Terms = told.iter().collect();
            assert_eq!(terms.iter().collect::<Vec<_>>(), told);
            assert_eq!((terms.len(), terms.is_empty()), (told.len(), told.is_empty()));
            assert_eq!(terms.joined(), told.join(" "));
        }
    }
}
