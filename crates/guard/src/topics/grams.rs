//! The cues of a text: one to three letters of each word, its beginning and end among them.

use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

/// Letters of a cue at most. Three letters fit into a [`GramKey`].
const LONGEST: usize = 3;
/// What stands for the beginning and the end of a word.
pub(super) const EDGE: char = ' ';
const BITS: u32 = 21;
/// So many single letters in a row are a word that is spelled out.
const SPELLED_OUT: usize = 3;

/// The letters of a cue, packed.
pub(super) type GramKey = u64;

/// A cue, and the word it is in.
pub(super) struct Gram {
    pub(super) key: GramKey,
    pub(super) word: Range<usize>,
}

/// Packs a cue that is written out.
pub(super) fn key_of(letters: impl Iterator<Item = char>) -> GramKey {
    letters.fold(0, |key, letter| key << BITS | GramKey::from(u32::from(letter)))
}

/// All cues of a stretch of a text, in order, each as often as it is there.
pub(super) fn grams(text: &str, stretch: Range<usize>) -> impl Iterator<Item = Gram> + '_ {
    words(text, stretch).into_iter().flat_map(|Word { letters, place }| {
        let mut all = Vec::with_capacity(letters.len() * LONGEST);
        for n in 1..=LONGEST.min(letters.len()) {
            for window in letters.windows(n).filter(|window| *window != [EDGE]) {
                all.push(Gram { key: key_of(window.iter().copied()), word: place.clone() });
            }
        }
        all
    })
}

/// A word's letters between its edges, and where it stands.
struct Word {
    letters: Vec<char>,
    place: Range<usize>,
}

/// The words of a stretch. Single letters in a row (`세 션 목 록`) are one.
fn words(text: &str, stretch: Range<usize>) -> Vec<Word> {
    let within = &text[stretch.clone()];
    let pieces = within.split(|c: char| !c.is_alphanumeric()).filter(|piece| !piece.is_empty());
    let places = pieces.map(|piece| {
        let start = stretch.start + (piece.as_ptr() as usize - within.as_ptr() as usize);
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
    use super::{grams, key_of};

    #[test]
    fn cues_know_their_words() {
        let text = "연봉 얼마";
        let found: Vec<_> = grams(text, 0..text.len()).collect();
        let shown = |letters: &str| key_of(letters.chars());
        for (cue, word) in [("연봉", "연봉"), (" 연봉", "연봉"), ("마 ", "얼마"), ("얼", "얼마")]
        {
            let gram = found.iter().find(|gram| gram.key == shown(cue));
            assert_eq!(gram.map(|gram| &text[gram.word.clone()]), Some(word), "{cue:?}");
        }
        assert!(found.iter().all(|gram| gram.key != shown("봉 얼") && gram.key != shown(" ")));
        assert_eq!(grams(text, 7..text.len()).count(), 2 + 3 + 2);
        let spelled = "세 션 목 록";
        assert!(grams(spelled, 0..spelled.len()).any(|gram| gram.key == shown("션목록")));
        assert!(grams("가 나", 0..7).all(|gram| gram.key != shown("가나")));
    }
}
