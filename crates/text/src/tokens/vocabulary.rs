//! Which bytes are a token, and how many tokens others are merged into.
//!
//! The tables are written by `build.rs` and lie in the program as they are: nothing is unpacked.

use super::slots;

/// By rank, each behind its length.
static TOKENS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/o200k_base.tokens"));
/// Where each lies in them, by its hash; eight bytes a place.
static PLACES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/o200k_base.places"));
/// The ranks of all pairs of bytes, four bytes each.
static PAIRS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/o200k_base.pairs"));

/// The rank of what is no token.
const NONE: u32 = u32::MAX;

/// The rank of a token: what has the lower rank is merged first.
fn rank(bytes: &[u8]) -> u32 {
    let hash = slots::hash(bytes);
    let mut at = slots::first_place(hash);
    loop {
        let slot = place(at);
        if slot == slots::FREE {
            return NONE;
        }
        if slots::print_in(slot) == slots::print(hash) && token(slot) == bytes {
            return u32::try_from(slots::rank(slot)).unwrap_or(NONE);
        }
        at = (at + 1) % slots::PLACES;
    }
}

fn place(at: usize) -> u64 {
    PLACES.as_chunks().0.get(at).copied().map_or(slots::FREE, u64::from_le_bytes)
}

fn token(slot: u64) -> &'static [u8] {
    let start = usize::try_from(slots::offset(slot)).unwrap_or_default();
    &TOKENS[start + 1..][..usize::from(TOKENS[start])]
}

/// The rank of two bytes.
fn pair(bytes: &[u8], start: usize) -> u32 {
    let Some(&[first, second]) = bytes.get(start..start + 2) else { return NONE };
    let at = usize::from(u16::from_be_bytes([first, second]));
    PAIRS.as_chunks().0.get(at).copied().map_or(NONE, u32::from_le_bytes)
}

/// Counts the tokens of pieces.
#[derive(Default)]
pub(super) struct Encoder {
    /// What the piece at hand is made of; the last part is the end.
    parts: Vec<Part>,
}

/// A stretch of a piece that is a token.
struct Part {
    start: usize,
    /// Of the token that it and the next part would become.
    rank: u32,
}

impl Encoder {
    /// How many tokens a piece becomes. Takes quadratic time in its length.
    pub(super) fn count(&mut self, piece: &[u8]) -> usize {
        if piece.len() < 2 || rank(piece) != NONE {
            return piece.len().min(1);
        }
        self.parts.clear();
        self.parts.extend((0..=piece.len()).map(|start| Part { start, rank: pair(piece, start) }));
        while let Some(at) = self.lowest() {
            self.merge(piece, at);
        }
        self.parts.len() - 1
    }

    /// Makes one part of the one at `at` and the one behind it.
    fn merge(&mut self, piece: &[u8], at: usize) {
        let parts = &mut self.parts;
        parts.remove(at + 1);
        for changed in at.saturating_sub(1)..=at {
            let end = parts.get(changed + 2).map(|behind| behind.start);
            parts[changed].rank = end.map_or(NONE, |end| rank(&piece[parts[changed].start..end]));
        }
    }

    /// The first of the parts that are merged next.
    fn lowest(&self) -> Option<usize> {
        let (at, part) = self.parts.iter().enumerate().min_by_key(|(_, part)| part.rank)?;
        (part.rank != NONE).then_some(at)
    }
}
