//! Whether the words of a phrase follow one another as the phrase wants them to.

use std::collections::HashMap;
use std::ops::Range;

use super::{Place, Sighting};
use crate::fold::Folded;
use crate::inflection::{is_between, is_closer, is_inflection, is_opener, is_short};
use crate::phrase::{Atom, Ending, Gap, Phrase};

/// So many ends of a phrase's beginning are remembered. Ends are distinct letters, and no word is longer than that, so
/// none is forgotten that a word still to come could follow.
const REMEMBERED: usize = 48;
/// So many words may stand before `^` and behind `$`.
const AROUND: usize = 3;

impl Atom {
    /// Whether these letters, which are the same as its own, are it as far as its end goes.
    pub(super) fn may_end_at(&self, folded: &Folded, letters: &Range<usize>) -> bool {
        let spaced_alike =
            || (1..self.n_letters()).all(|i| self.touching[i] == folded.touches_previous(letters.start + i));
        if !self.hangul && !spaced_alike() {
            return false;
        }
        let rest = letters.end..folded.word_end(letters.end);
        match self.ending {
            Ending::Open => !self.latin_end || rest.is_empty(),
            Ending::Loose if !self.latin_end => true,
            Ending::Loose | Ending::Inflected => {
                is_short(rest.len()) && is_inflection(&folded.letters(rest).collect::<String>())
            }
        }
    }

    fn may_start_at(&self, folded: &Folded, at: usize) -> bool {
        folded.begins_word(at) || (self.inside_words && !self.latin_start)
    }
}

/// Phrases of which a beginning was seen.
pub(super) struct Sequences<'a> {
    phrases: &'a [(usize, Phrase)],
    folded: &'a Folded,
    reading: usize,
    /// For each place, where it ended and where its phrase began.
    ends: HashMap<(u32, u16), Vec<(usize, usize)>>,
    pub(super) found: Vec<Sighting>,
    pub(super) work: usize,
}

impl<'a> Sequences<'a> {
    pub(super) fn new(phrases: &'a [(usize, Phrase)], folded: &'a Folded, reading: usize) -> Self {
        Self { phrases, folded, reading, ends: HashMap::new(), found: Vec::new(), work: 0 }
    }

    /// A word, or an entity where there is no atom, stands at these letters. Called in the order of their ends.
    pub(super) fn feed(&mut self, place: Place, atom: Option<&Atom>, letters: &Range<usize>) {
        self.work += 1;
        let phrases = self.phrases;
        let (pattern, phrase) = &phrases[place.phrase as usize];
        let starts = atom.is_none_or(|atom| atom.may_start_at(self.folded, letters.start));
        let latin = atom.is_some_and(|atom| atom.latin_start);
        let begun = match place.piece.checked_sub(1) {
            None if !starts || (phrase.at_start && !self.opens(letters.start)) => return,
            None => letters.start,
            Some(before) => {
                let gap = phrase.pieces[usize::from(place.piece)].gap;
                let Some(begun) = self.follows((place.phrase, before), gap, letters.start, starts, latin)
                else {
                    return;
                };
                begun
            }
        };
        if usize::from(place.piece) + 1 < phrase.pieces.len() {
            let ends = self.ends.entry((place.phrase, place.piece)).or_default();
            if ends.last().is_none_or(|(end, _)| *end != letters.end) {
                ends.push((letters.end, begun));
            }
            if ends.len() > 2 * REMEMBERED {
                ends.drain(..REMEMBERED);
            }
        } else if !phrase.at_end || self.closes(letters.end) {
            let letters = begun..letters.end;
            let range = self.folded.original_of_letters(letters.clone());
            self.found.push(Sighting { pattern: *pattern, range, letters, reading: self.reading });
        }
    }

    /// Where the phrase began whose earlier pieces these letters may follow.
    fn follows(
        &mut self,
        before: (u32, u16),
        gap: Gap,
        start: usize,
        starts: bool,
        latin: bool,
    ) -> Option<usize> {
        let ends = self.ends.get(&before)?;
        for &(end, begun) in ends.iter().rev().filter(|(end, _)| *end <= start) {
            self.work += 1;
            let between =
                || is_short(start - end) && is_between(&self.folded.letters(end..start).collect::<String>());
            let near = match gap {
                Gap::Close => between(),
                Gap::UpTo(most) => {
                    start - end <= most && self.folded.same_sentence(end - 1, start) && (starts || between())
                }
            };
            if near && (starts || !latin) {
                return Some(begun);
            }
            if !is_short(start - end) {
                break;
            }
        }
        None
    }

    /// Whether nothing stands before a letter but words that open a question.
    fn opens(&self, at: usize) -> bool {
        let mut from = 0;
        for _ in 0..=AROUND {
            if from >= at {
                return from == at;
            }
            let end = self.word_from(from);
            if !is_opener(&self.folded.letters(from..end.min(at)).collect::<String>()) {
                return false;
            }
            from = end;
        }
        false
    }

    /// Whether nothing stands behind a letter but the rest of its word and words that close a question.
    fn closes(&self, at: usize) -> bool {
        let mut from = self.folded.word_end(at);
        if !is_short(from - at) || !is_inflection(&self.folded.letters(at..from).collect::<String>()) {
            return false;
        }
        for _ in 0..=AROUND {
            if from >= self.folded.n_letters() {
                return true;
            }
            let end = self.word_from(from);
            let short = is_short(end - from);
            if !short || !is_closer(&self.folded.letters(from..end).collect::<String>()) {
                return false;
            }
            from = end;
        }
        false
    }

    /// Where the word ends that begins at a letter.
    fn word_from(&self, from: usize) -> usize {
        self.folded.word_end(from + 1)
    }
}
