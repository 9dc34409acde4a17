//! Hangul syllables apart and together again.

const FIRST: u32 = '가' as u32;
const VOWELS: u32 = 21;
const TAILS: u32 = 28;
const SYLLABLES: u32 = 19 * VOWELS * TAILS;

/// Vowels by their place in a syllable's code point, and what they are called here.
pub(crate) mod vowel {
    pub(crate) const A: u8 = 0;
    pub(crate) const AE: u8 = 1;
    pub(crate) const EO: u8 = 4;
    pub(crate) const E: u8 = 5;
    pub(crate) const YEO: u8 = 6;
    pub(crate) const O: u8 = 8;
    pub(crate) const WA: u8 = 9;
    pub(crate) const WAE: u8 = 10;
    pub(crate) const OE: u8 = 11;
    pub(crate) const U: u8 = 13;
    pub(crate) const WO: u8 = 14;
    pub(crate) const EU: u8 = 18;
    pub(crate) const I: u8 = 20;
}

/// Final consonants, likewise.
pub(crate) mod tail {
    pub(crate) const NONE: u8 = 0;
    pub(crate) const N: u8 = 4;
    pub(crate) const L: u8 = 8;
    pub(crate) const M: u8 = 16;
    pub(crate) const B: u8 = 17;
    pub(crate) const SS: u8 = 20;
}

/// Leading consonants, likewise.
pub(crate) mod lead {
    pub(crate) const GG: u8 = 1;
    pub(crate) const DD: u8 = 4;
    pub(crate) const R: u8 = 5;
    pub(crate) const BB: u8 = 8;
    pub(crate) const SS: u8 = 10;
    pub(crate) const K: u8 = 15;
    pub(crate) const P: u8 = 17;
}

/// A syllable's letters, by their places in the order of Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Syllable {
    pub(crate) lead: u8,
    pub(crate) vowel: u8,
    pub(crate) tail: u8,
}

impl Syllable {
    #[expect(clippy::cast_possible_truncation, reason = "each part is below its number of letters")]
    pub(crate) fn of(c: char) -> Option<Self> {
        let at = (c as u32).checked_sub(FIRST).filter(|at| *at < SYLLABLES)?;
        let (rest, tail) = (at / TAILS, at % TAILS);
        Some(Self { lead: (rest / VOWELS) as u8, vowel: (rest % VOWELS) as u8, tail: tail as u8 })
    }

    pub(crate) fn to_char(self) -> char {
        let at = (u32::from(self.lead) * VOWELS + u32::from(self.vowel)) * TAILS + u32::from(self.tail);
        char::from_u32(FIRST + at).unwrap_or('가')
    }

    pub(crate) fn with_tail(self, tail: u8) -> Self {
        Self { tail, ..self }
    }

    pub(crate) fn with_vowel(self, vowel: u8) -> Self {
        Self { vowel, ..self }
    }
}

/// The final consonant of the last syllable; none when there is no syllable.
pub(crate) fn last_tail(word: &[char]) -> Option<u8> {
    word.last().and_then(|c| Syllable::of(*c)).map(|syllable| syllable.tail)
}

/// Puts another final consonant under the last syllable.
pub(crate) fn set_last_tail(word: &mut [char], tail: u8) {
    if let Some(last) = word.last_mut()
        && let Some(syllable) = Syllable::of(*last)
    {
        *last = syllable.with_tail(tail).to_char();
    }
}
