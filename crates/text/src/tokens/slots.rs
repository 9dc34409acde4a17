//! Where a token lies in the table of all. The program that writes the table and the one that reads it share this.

/// Places of the table: more than twice as many as tokens.
pub(super) const PLACES: usize = 1 << 19;
/// A place that holds nothing.
pub(super) const FREE: u64 = u64::MAX;

pub(super) const RANK_BITS: u32 = 18;
pub(super) const OFFSET_BITS: u32 = 21;

/// The part of a token's hash that its place holds, above where its bytes begin among all, above its rank.
pub(super) fn print(hash: u64) -> u64 {
    hash >> (RANK_BITS + OFFSET_BITS)
}

/// The same, of the token that a place holds.
pub(super) fn print_in(slot: u64) -> u64 {
    slot >> (RANK_BITS + OFFSET_BITS)
}

/// Where its bytes begin, behind one that tells how many.
pub(super) fn offset(slot: u64) -> u64 {
    slot >> RANK_BITS & ((1 << OFFSET_BITS) - 1)
}

/// Its rank.
pub(super) fn rank(slot: u64) -> u64 {
    slot & ((1 << RANK_BITS) - 1)
}

/// The same on every machine.
pub(super) fn hash(token: &[u8]) -> u64 {
    let mut hash = 0x9e37_79b9_7f4a_7c15 ^ token.len() as u64;
    for part in token.chunks(8) {
        let mut word = [0; 8];
        word[..part.len()].copy_from_slice(part);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        hash ^= hash >> 32;
    }
    hash
}

/// The place where a token of this hash is looked for first.
pub(super) fn first_place(hash: u64) -> usize {
    usize::try_from(hash % PLACES as u64).unwrap_or_default()
}
