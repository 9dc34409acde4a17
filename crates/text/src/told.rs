//! The terms of one word, in one text: most words of a document were met a moment ago, and are then copied whole.

/// The terms that stand for a word.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Its parts (bigrams, or the word itself where it is not Hangul), then its stems with their mark, with a space
    /// between two; right behind them what stands for it in a pair.
    text: Box<str>,
    /// Where the name begins.
    end: usize,
    n_parts: usize,
    /// How many of the parts do not lie in particles and endings alone.
    n_telling: usize,
    n_terms: usize,
}

impl Told {
    /// All terms, with a space between two.
    pub(crate) fn joined(&self) -> &str {
        &self.text[..self.end]
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.n_terms
    }

    /// All of them, parts first.
    pub(crate) fn terms(&self) -> impl Iterator<Item = &str> {
        self.joined().split(' ').take(self.n_terms)
    }

    /// The parts without those of particles and endings.
    pub(crate) fn telling_parts(&self) -> impl Iterator<Item = &str> {
        self.terms().take(self.n_telling)
    }

    pub(crate) fn stems(&self) -> impl Iterator<Item = &str> {
        self.terms().skip(self.n_parts)
    }

    /// What stands for the word in a pair.
    pub(crate) fn name(&self) -> &str {
        &self.text[self.end..]
    }
}

/// Terms in the making.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    parts: String,
    stems: String,
    n_parts: usize,
    n_stems: usize,
    n_telling: Option<usize>,
}

impl Draft {
    pub(crate) fn part(&mut self, part: &str) {
        if self.n_parts > 0 {
            self.parts.push(' ');
        }
        self.parts.push_str(part);
        self.n_parts += 1;
    }

    pub(crate) fn stem(&mut self, mark: char, stem: &str) {
        self.stems.push(' ');
        self.stems.push(mark);
        self.stems.push_str(stem);
        self.n_stems += 1;
    }

    /// Only so many of the parts tell; without this, all do.
    pub(crate) fn telling(&mut self, parts: usize) {
        self.n_telling = Some(parts);
    }

    pub(crate) fn told(self, name: &str) -> Told {
        let Self { mut parts, stems, n_parts, n_stems, n_telling } = self;
        parts.reserve_exact(stems.len() + name.len());
        parts.push_str(&stems);
        let end = parts.len();
        parts.push_str(name);
        Told {
            text: parts.into(),
            end,
            n_parts,
            n_telling: n_telling.map_or(n_parts, |telling| telling.min(n_parts)),
            n_terms: n_parts + n_stems,
        }
    }
}
