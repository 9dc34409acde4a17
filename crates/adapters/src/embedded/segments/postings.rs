//! Which chunks have which terms, until their segment is written.
//!
//! A term is kept in eight bytes at most ([`kept`]), so it is compared and sorted as one number. Each occurrence of a
//! term in a chunk is four bytes of a log; only when the segment is written are they brought into the order of terms.

use std::io;

use tantivy::DocId;
use tantivy::postings::FieldSerializer;

use crate::embedded::splitter::Key;

/// Bits of an occurrence that tell how often; what is more often stands there again.
const TIMES_BITS: u32 = 6;
const MOST_TIMES: u32 = 1 << TIMES_BITS;
/// Terms that a segment can tell apart.
const MOST_TERMS: u32 = 1 << (u32::BITS - TIMES_BITS);
/// Occurrences that are brought into order at once.
const AT_ONCE: usize = 1 << 20;
/// Terms that are looked for side by side.
const AHEAD: usize = 32;

/// The terms of a segment's chunks.
pub(super) struct Postings {
    /// An open table; its size is a power of two.
    slots: Vec<Slot>,
    terms: u32,
    /// A term of a chunk each: its number and, in the lower bits, how often it occurs, less one.
    log: Vec<u32>,
    /// Of each chunk, where its terms end in the log.
    ends: Vec<u32>,
    tokens: u64,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    /// None, and the place is free, where it is zero.
    key: u64,
    /// The number of the term: terms are counted as they come.
    term: u32,
    /// Where it stands in the log last.
    last: u32,
}

impl Default for Postings {
    fn default() -> Self {
        Self { slots: vec![Slot::default(); 1 << 12], terms: 0, log: Vec::new(), ends: Vec::new(), tokens: 0 }
    }
}

impl Postings {
    /// Adds a chunk; gives the number of its terms.
    pub(super) fn add(&mut self, terms: impl Iterator<Item = Key>) -> u32 {
        let start = small(self.log.len());
        let before = self.tokens;
        let mut keys = [0; AHEAD];
        let mut filled = 0;
        for term in terms {
            keys[filled] = term.0;
            filled += 1;
            if filled == AHEAD {
                self.add_some(&keys, start);
                filled = 0;
            }
        }
        self.add_some(&keys[..filled], start);
        self.ends.push(small(self.log.len()));
        u32::try_from(self.tokens - before).unwrap_or(u32::MAX)
    }

    /// Looks for all of them before it adds the first: the table is larger than any cache, and the processor waits for
    /// many places at a time as long as it waits for one.
    fn add_some(&mut self, keys: &[u64], start: u32) {
        let size = self.slots.len();
        let mut found = [None; AHEAD];
        for (found, key) in found.iter_mut().zip(keys) {
            let at = likely_place(size, *key);
            *found = (self.slots[at].key == *key).then_some(at);
        }
        for (found, key) in found.iter().zip(keys) {
            // A table that has grown since has it elsewhere.
            let at = found.filter(|_| self.slots.len() == size);
            self.add_term(*key, at.unwrap_or_else(|| place(&self.slots, *key)), start);
        }
        self.tokens += keys.len() as u64;
    }

    fn add_term(&mut self, key: u64, at: usize, start: u32) {
        let end = small(self.log.len());
        let slot = &mut self.slots[at];
        if slot.key == key {
            if slot.last >= start {
                let entry = &mut self.log[slot.last as usize];
                if *entry % MOST_TIMES < MOST_TIMES - 1 {
                    *entry += 1;
                    return;
                }
            }
            slot.last = end;
            self.log.push(slot.term << TIMES_BITS);
            return;
        }
        *slot = Slot { key, term: self.terms, last: end };
        self.log.push(self.terms << TIMES_BITS);
        self.terms += 1;
        if self.terms as usize > self.slots.len() / 8 * 5 {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let mut larger = vec![Slot::default(); self.slots.len() * 2];
        for slot in self.slots.iter().filter(|slot| slot.key != 0) {
            let at = place(&larger, slot.key);
            larger[at] = *slot;
        }
        self.slots = larger;
    }

    /// All terms, each as often as it occurs.
    pub(super) fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Bytes that it holds, and will hold while it is written.
    pub(super) fn memory(&self) -> usize {
        let written = self.terms as usize * 20 + self.log.len().min(AT_ONCE) * size_of::<Occurrence>();
        self.slots.len() * size_of::<Slot>() + (self.log.len() + self.ends.len()) * 4 + written
    }

    /// Whether it can take no further chunk, however much memory there is.
    pub(super) fn is_full(&self) -> bool {
        self.terms > MOST_TERMS / 2 || self.log.len() > (u32::MAX / 2) as usize
    }

    /// Writes them in order.
    pub(super) fn write(self, out: &mut FieldSerializer<'_>) -> io::Result<()> {
        let Self { slots, log, ends, .. } = self;
        let mut terms: Vec<(u64, u32)> =
            slots.iter().filter(|slot| slot.key != 0).map(|slot| (slot.key, slot.term)).collect();
        drop(slots);
        terms.sort_unstable();
        let mut ranks = vec![0; terms.len()];
        for (rank, (_, term)) in (0..).zip(&terms) {
            ranks[*term as usize] = rank;
        }
        let mut counts = vec![0; terms.len()];
        log.iter().for_each(|entry| counts[ranks[(entry >> TIMES_BITS) as usize] as usize] += 1);
        let mut first = 0;
        while first < terms.len() {
            let behind = stretch(&counts, first);
            let some = Stretch::sorted(&log, &ends, &ranks, &counts, first..behind);
            for (rank, (key, _)) in (first..).zip(&terms[first..behind]) {
                write_term(Key(*key), some.of(rank), out)?;
            }
            first = behind;
        }
        Ok(())
    }
}

/// Where a term is, or would come.
fn place(slots: &[Slot], key: u64) -> usize {
    let mask = slots.len() - 1;
    let mut at = likely_place(slots.len(), key);
    while slots[at].key != key && slots[at].key != 0 {
        at = (at + 1) & mask;
    }
    at
}

/// Where a term is in a table of `size` slots, unless another one stands there.
fn likely_place(size: usize, key: u64) -> usize {
    usize::try_from(mixed(key)).unwrap_or_default() & (size - 1)
}

/// All bits of a key brought to bear on the lower ones.
fn mixed(key: u64) -> u64 {
    let mixed = u128::from(key ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93_u128;
    #[expect(clippy::cast_possible_truncation, reason = "both halves of the product are wanted")]
    let folded = (mixed >> 64) as u64 ^ mixed as u64;
    folded
}

/// A chunk that has a term, and how often.
#[derive(Clone, Copy, Default)]
struct Occurrence {
    chunk: DocId,
    times: u32,
}

/// The end of a stretch of terms that begins with `first` and is brought into order at once.
fn stretch(counts: &[u32], first: usize) -> usize {
    let mut held = 0;
    let fits = |count: &&u32| {
        held += **count as usize;
        held <= AT_ONCE
    };
    first + counts[first..].iter().take_while(fits).count().max(1)
}

/// The occurrences of some terms, by term, then by chunk.
struct Stretch {
    first: usize,
    /// Of each term, where its occurrences end.
    ends: Vec<usize>,
    occurrences: Vec<Occurrence>,
}

impl Stretch {
    fn sorted(
        log: &[u32],
        chunks: &[u32],
        ranks: &[u32],
        counts: &[u32],
        range: std::ops::Range<usize>,
    ) -> Self {
        let mut held = 0;
        let begins = |count: &u32| {
            let at = held;
            held += *count as usize;
            at
        };
        // A term's beginning moves on with each of its occurrences, until it is its end.
        let mut ends: Vec<usize> = counts[range.clone()].iter().map(begins).collect();
        let mut occurrences = vec![Occurrence::default(); held];
        let mut start = 0;
        for (chunk, end) in (0..).zip(chunks) {
            for entry in &log[start..*end as usize] {
                let rank = ranks[(entry >> TIMES_BITS) as usize] as usize;
                if range.contains(&rank) {
                    let at = &mut ends[rank - range.start];
                    occurrences[*at] = Occurrence { chunk, times: entry % MOST_TIMES + 1 };
                    *at += 1;
                }
            }
            start = *end as usize;
        }
        Self { first: range.start, ends, occurrences }
    }

    fn of(&self, rank: usize) -> &[Occurrence] {
        let at = rank - self.first;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.occurrences[start..self.ends[at]]
    }
}

fn write_term(key: Key, occurrences: &[Occurrence], out: &mut FieldSerializer<'_>) -> io::Result<()> {
    let by_chunk = || occurrences.chunk_by(|one, other| one.chunk == other.chunk);
    let (bytes, length) = key.bytes();
    out.new_term(&bytes[..length], small(by_chunk().count()), true)?;
    for same in by_chunk() {
        out.write_doc(same[0].chunk, same.iter().map(|one| one.times).sum(), &[]);
    }
    out.close_term()
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
