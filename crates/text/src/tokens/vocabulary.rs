//! Which bytes are a token, and how many tokens others are merged into.
//!
//! The tables are written by `build.rs` and lie in the program as they are: nothing is unpacked.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

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

/// Bytes above which looking through all parts for each merge takes longer than keeping them in order.
const LONG: usize = 128;

/// Counts the tokens of pieces.
#[derive(Default)]
pub(super) struct Encoder {
    /// What the piece at hand is made of; the last part is the end.
    parts: Vec<Part>,
    long: Long,
}

/// A stretch of a piece that is a token.
struct Part {
    start: usize,
    /// Of the token that it and the next part would become.
    rank: u32,
}

impl Encoder {
    /// How many tokens a piece becomes.
    pub(super) fn count(&mut self, piece: &[u8]) -> usize {
        if piece.len() < 2 || rank(piece) != NONE {
            return piece.len().min(1);
        }
        if piece.len() > LONG { self.long.count(piece) } else { self.count_short(piece) }
    }

    fn count_short(&mut self, piece: &[u8]) -> usize {
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

/// The same for long pieces: the merges to come wait in their order.
#[derive(Default)]
struct Long {
    /// By where a part begins: where it ends, and where the one before it begins.
    ends: Vec<usize>,
    starts: Vec<usize>,
    /// Rank, beginning and end of what two parts beside each other would become; the first of the lowest rank comes first.
    merges: BinaryHeap<Reverse<(u32, usize, usize)>>,
}

impl Long {
    fn count(&mut self, piece: &[u8]) -> usize {
        self.ends.clear();
        self.ends.extend(1..=piece.len());
        self.starts.clear();
        self.starts.extend((0..=piece.len()).map(|at| at.saturating_sub(1)));
        self.merges.clear();
        let pairs = (0..piece.len() - 1).map(|start| Reverse((pair(piece, start), start, start + 2)));
        self.merges.extend(pairs.filter(|Reverse((rank, ..))| *rank != NONE));
        let mut count = piece.len();
        while let Some(Reverse((_, start, end))) = self.merges.pop() {
            let middle = self.ends[start];
            // One of the two may have become part of something else; where it did, it no longer ends there.
            if middle >= piece.len() || self.ends[middle] != end || self.starts[middle] != start {
                continue;
            }
            self.ends[start] = end;
            self.ends[middle] = 0;
            self.starts[end] = start;
            count -= 1;
            if end < piece.len() {
                self.wait(piece, start, self.ends[end]);
            }
            if start > 0 {
                self.wait(piece, self.starts[start], end);
            }
        }
        count
    }

    fn wait(&mut self, piece: &[u8], start: usize, end: usize) {
        let rank = rank(&piece[start..end]);
        if rank != NONE {
            self.merges.push(Reverse((rank, start, end)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Encoder;

    proptest! {
        #[test]
        fn long_pieces_are_counted_as_short_ones_are(
            piece in "([가-힣]{1,3}|[A-Za-z]{1,6}|ㅋ{1,40}|={1,40}|[.,*_~]{1,5}|(ab){1,20}|👍🏻){2,40}"
        ) {
            let mut encoder = Encoder::default();
            let piece = piece.as_bytes();
            prop_assert_eq!(encoder.long.count(piece), encoder.count_short(piece));
        }
    }
}
