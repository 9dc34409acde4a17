//! Which bytes are a token, and how many tokens others are merged into.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

/// By rank, each behind its length; written by `build.rs`.
static TOKENS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/o200k_base.tokens"));

/// The rank of what is no token.
const NONE: u32 = u32::MAX;

/// The tokens with their ranks: what has the lower rank is merged first.
pub(super) struct Vocabulary(HashMap<&'static [u8], u32, FixedState>);

impl Vocabulary {
    /// Of `o200k_base`, unpacked on first use.
    pub(super) fn get() -> &'static Self {
        static UNPACKED: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::unpacked);
        &UNPACKED
    }

    fn unpacked() -> Self {
        let mut ranks = HashMap::with_capacity_and_hasher(200_000, FixedState::default());
        let mut rest = TOKENS;
        let mut rank = 0;
        while let Some((length, behind)) = rest.split_first() {
            let (token, behind) = behind.split_at(usize::from(*length));
            ranks.insert(token, rank);
            rank += 1;
            rest = behind;
        }
        Self(ranks)
    }

    fn rank(&self, bytes: &[u8]) -> u32 {
        self.0.get(bytes).copied().unwrap_or(NONE)
    }

    /// How many tokens a piece becomes. Takes quadratic time in its length.
    pub(super) fn count(&self, piece: &[u8]) -> usize {
        if piece.len() < 2 || self.0.contains_key(piece) {
            return piece.len().min(1);
        }
        let mut parts = self.bytes(piece);
        while let Some(at) = lowest(&parts) {
            self.merge(piece, &mut parts, at);
        }
        parts.len() - 1
    }

    /// Each byte a part; the last part is the end.
    fn bytes(&self, piece: &[u8]) -> Vec<Part> {
        let pair = |start: usize| piece.get(start..start + 2).map_or(NONE, |pair| self.rank(pair));
        (0..=piece.len()).map(|start| Part { start, rank: pair(start) }).collect()
    }

    /// Makes one part of the one at `at` and the one behind it.
    fn merge(&self, piece: &[u8], parts: &mut Vec<Part>, at: usize) {
        parts.remove(at + 1);
        for changed in at.saturating_sub(1)..=at {
            let end = parts.get(changed + 2).map(|behind| behind.start);
            parts[changed].rank = end.map_or(NONE, |end| self.rank(&piece[parts[changed].start..end]));
        }
    }
}

/// A stretch of a piece that is a token.
struct Part {
    start: usize,
    /// Of the token that it and the next part would become.
    rank: u32,
}

/// The first of the parts that are merged next.
fn lowest(parts: &[Part]) -> Option<usize> {
    let (at, part) = parts.iter().enumerate().min_by_key(|(_, part)| part.rank)?;
    (part.rank != NONE).then_some(at)
}
