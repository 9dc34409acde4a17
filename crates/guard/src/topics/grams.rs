//! The cues of a text: one to three letters of each word, its beginning and end among them.

use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use siren_text::terms::is_alphanumeric;

/// Letters of a cue at most. Three letters fit into a [`GramKey`].
const LONGEST: usize = 3;
/// What stands for the beginning and the end of a word.
pub(super) const EDGE: char = ' ';
const BITS: u32 = 21;
/// So many single letters in a row are a word that is spelled out.
const SPELLED_OUT: usize = 3;

/// The letters of a cue, packed.
pub(super) type GramKey = u64;

/// Packs a cue that is written out.
pub(super) fn key_of(letters: impl Iterator<Item = char>) -> GramKey {
    letters.fold(0, |key, letter| key << BITS | GramKey::from(u32::from(letter)))
}

/// A word's letters between its edges, and where it stands.
pub(super) struct Word {
    letters: Vec<char>,
    pub(super) place: Range<usize>,
}

impl Word {
    /// Its cues, each as often as it is there.
    pub(super) fn grams(&self) -> impl Iterator<Item = GramKey> + '_ {
        let windows = (1..=LONGEST.min(self.letters.len())).flat_map(|n| self.letters.windows(n));
        windows.filter(|window| *window != [EDGE]).map(|window| key_of(window.iter().copied()))
    }
}

/// The words of a text. Single letters in a row (`세 션 목 록`) are one.
pub(super) fn words(text: &str) -> Vec<Word> {
    let pieces = text.split(|c: char| !is_alphanumeric(c)).filter(|piece| !piece.is_empty());
    let places = pieces.map(|piece| {
        let start = piece.as_ptr() as usize - text.as_ptr() as usize;
        start..start + piece.len()
    });
    let places: Vec<Range<usize>> = places.collect();
    let is_single = |place: &Range<usize>| text[place.clone()].chars().nth(1).is_none();
    let mut words = Vec::with_capacity(places.len());
    for run in places.chunk_by(|one, other| is_single(one) && is_single(other)) {
        let joined = run.len() >= SPELLED_OUT;
        for part in run.chunks(if joined { run.len() } else { 1 }) {
            let letters = part.iter().flat_map(|place| text[place.clone()].chars());
            let letters = std::iter::once(EDGE).chain(letters).chain([EDGE]).collect();
            words.push(Word { letters, place: part[0].start..part[part.len() - 1].end });
        }
    }
    words
}

/// Spreads packed letters over a table. The keys of the table are fixed, so nobody can crowd it.
#[derive(Clone, Copy, Default)]
pub(super) struct Multiply(u64);
pub(super) type Spread = BuildHasherDefault<Multiply>;

impl Hasher for Multiply {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = (self.0 ^ key).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }

    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

#[cfg(test)]
mod tests {
    use super::{key_of, words};

    #[test]
    fn cues_know_their_words() {
        let cues = |text: &str| -> Vec<(u64, String)> {
            let of = |word: super::Word| {
                let place = text[word.place.clone()].to_owned();
                word.grams().map(|key| (key, place.clone())).collect::<Vec<_>>()
            };
            words(text).into_iter().flat_map(of).collect()
        };
        let found = cues("연봉 얼마");
        let shown = |letters: &str| key_of(letters.chars());
        for (cue, word) in [("연봉", "연봉"), (" 연봉", "연봉"), ("마 ", "얼마"), ("얼", "얼마")]
        {
            let gram = found.iter().find(|(key, _)| *key == shown(cue));
            assert_eq!(gram.map(|(_, word)| word.as_str()), Some(word), "{cue:?}");
        }
        assert!(found.iter().all(|(key, _)| *key != shown("봉 얼") && *key != shown(" ")));
        assert_eq!(cues("얼마").len(), 2 + 3 + 2);
        assert!(cues("세 션 목 록").iter().any(|(key, _)| *key == shown("션목록")));
        assert!(cues("가 나").iter().all(|(key, _)| *key != shown("가나")));
    }
}
