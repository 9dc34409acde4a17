//! Which place of the sparse vectors a term has, and how many chunks hold it.
//!
//! A place is 32 bits, and ten million terms would share some ten thousand places by chance. So a term whose place is
//! taken goes to another one, as in a hash table with open addressing: the table knows 64 bits of each term, and no two
//! terms of an index share those. A place is never given up as long as generations are built upon one another: a term
//! that nothing holds any more stays with a count of 0. `siren reindex --full` begins anew.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes of a term in a bucket: place, the other half of its print, chunks that hold it.
const ENTRY: usize = 12;
/// Terms that a bucket holds, about.
const BUCKET: usize = 512;
/// Places that a term may try.
const PROBES: u32 = 64;

/// 64 bits that stand for a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Print {
    low: u32,
    high: u32,
}

impl Print {
    pub(super) fn of(term: &str) -> Self {
        let hash = blake3::hash(term.as_bytes());
        let half = |at: usize| {
            let mut bytes = [0; 4];
            bytes.copy_from_slice(&hash.as_bytes()[at..at + 4]);
            u32::from_le_bytes(bytes)
        };
        Self { low: half(0), high: half(4) }
    }

    /// The places that it may have, the likeliest first.
    pub(super) fn places(self) -> impl Iterator<Item = u32> {
        (0..PROBES).map(move |probe| self.low.wrapping_add(probe.wrapping_mul(self.high | 1)))
    }
}

/// A term at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    high: u32,
    /// Chunks that hold it.
    pub(super) held: u32,
}

/// All terms of a generation that is being written.
#[derive(Clone, Debug, Default)]
pub(super) struct TermTable {
    places: HashMap<u32, Place>,
}

impl TermTable {
    /// The place of a term, which it has from now on.
    pub(super) fn place(&mut self, term: &str) -> Option<u32> {
        let print = Print::of(term);
        print.places().find(|place| {
            let there = self.places.entry(*place).or_insert(Place { high: print.high, held: 0 });
            there.high == print.high
        })
    }

    /// One more chunk holds what is at this place.
    pub(super) fn count(&mut self, place: u32) {
        if let Some(there) = self.places.get_mut(&place) {
            there.held = there.held.saturating_add(1);
        }
    }

    /// Takes the places of an earlier generation; nothing holds them yet.
    pub(super) fn take_places(&mut self, bucket: &Bucket) {
        let places = bucket.entries().map(|(place, Place { high, .. })| (place, Place { high, held: 0 }));
        self.places.extend(places);
    }

    /// Bits of a place that tell its bucket.
    pub(super) fn bits(&self) -> u8 {
        let buckets = self.places.len().div_ceil(BUCKET).max(1).next_power_of_two();
        u8::try_from(buckets.trailing_zeros()).unwrap_or(24).min(24)
    }

    /// The whole table, in buckets of `bits` bits; empty ones are left out.
    pub(super) fn buckets(&self, bits: u8) -> impl Iterator<Item = (u32, Bucket)> {
        let mut sorted: Vec<(u32, Place)> =
            self.places.iter().map(|(place, there)| (*place, *there)).collect();
        sorted.sort_unstable_by_key(|(place, _)| *place);
        let mut rest = sorted.into_iter().peekable();
        std::iter::from_fn(move || {
            let number = bucket_of(rest.peek()?.0, bits);
            let mut bytes = Vec::new();
            while let Some((place, there)) = rest.next_if(|(place, _)| bucket_of(*place, bits) == number) {
                bytes.extend(place.to_le_bytes());
                bytes.extend(there.high.to_le_bytes());
                bytes.extend(there.held.to_le_bytes());
            }
            Some((number, Bucket(bytes)))
        })
    }
}

/// The bucket of a place.
pub(super) fn bucket_of(place: u32, bits: u8) -> u32 {
    u32::try_from(u64::from(place) >> (32 - u32::from(bits.min(32)))).unwrap_or_default()
}

/// Neighbouring places, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bucket(Vec<u8>);

impl Bucket {
    pub(super) fn from_text(text: &str) -> Result<Self, String> {
        let bytes = STANDARD.decode(text).map_err(|error| error.to_string())?;
        if bytes.len() % ENTRY == 0 { Ok(Self(bytes)) } else { Err("its length is wrong".into()) }
    }

    pub(super) fn to_text(&self) -> String {
        STANDARD.encode(&self.0)
    }

    fn entries(&self) -> impl Iterator<Item = (u32, Place)> {
        self.0.chunks_exact(ENTRY).map(entry)
    }

    /// What stands at a place.
    pub(super) fn at(&self, place: u32) -> Option<Place> {
        let (entries, _) = self.0.as_chunks::<ENTRY>();
        let found = entries.binary_search_by_key(&place, |bytes| entry(bytes).0).ok()?;
        Some(entry(&entries[found]).1)
    }
}

impl Place {
    /// Whether it is this term that stands there.
    pub(super) fn is(self, print: Print) -> bool {
        self.high == print.high
    }
}

fn entry(bytes: &[u8]) -> (u32, Place) {
    let number = |at: usize| {
        let mut part = [0; 4];
        part.copy_from_slice(&bytes[at..at + 4]);
        u32::from_le_bytes(part)
    };
    (number(0), Place { high: number(4), held: number(8) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Bucket, Place, Print, TermTable, bucket_of};

    /// Looks a term up as a reader does, who has only buckets.
    fn held(buckets: &BTreeMap<u32, Bucket>, bits: u8, term: &str) -> Option<u32> {
        let print = Print::of(term);
        for place in print.places() {
            let there = buckets.get(&bucket_of(place, bits)).and_then(|bucket| bucket.at(place))?;
            if there.is(print) {
                return Some(there.held);
            }
        }
        None
    }

    #[test]
    fn terms_keep_their_places_and_counts() {
        let mut table = TermTable::default();
        // Somebody else's term stands where ours wants to be, twice.
        let crowded = Print::of("term 7");
        for place in crowded.places().take(2) {
            table.places.insert(place, Place { high: crowded.high ^ 1, held: 5 });
        }
        let terms: Vec<String> = (0..5_000).map(|n| format!("term {n}")).collect();
        let places: Vec<u32> = terms.iter().map(|term| table.place(term).unwrap()).collect();
        assert_eq!(places[7], crowded.places().nth(2).unwrap());
        for (n, place) in places.iter().enumerate() {
            (0..n % 3).for_each(|_| table.count(*place));
        }
        let bits = table.bits();
        let buckets: BTreeMap<u32, Bucket> = table.buckets(bits).collect();
        assert!(buckets.len() > 4, "{}", buckets.len());
        for (n, term) in terms.iter().enumerate() {
            assert_eq!(held(&buckets, bits, term), Some(u32::try_from(n % 3).unwrap()), "{term}");
        }
        assert_eq!(held(&buckets, bits, "no term"), None);

        let mut next = TermTable::default();
        for bucket in buckets.values() {
            next.take_places(&Bucket::from_text(&bucket.to_text()).unwrap());
        }
        for (term, place) in terms.iter().zip(&places) {
            assert_eq!(next.place(term), Some(*place), "{term}");
        }
        assert!(next.places.values().all(|place| place.held == 0));
    }

    #[test]
    fn a_small_table_is_one_bucket() {
        let mut table = TermTable::default();
        assert_eq!(table.buckets(table.bits()).count(), 0);
        table.place("one").unwrap();
        table.place("two").unwrap();
        assert_eq!((table.bits(), table.buckets(0).count()), (0, 1));
        assert!(Bucket::from_text("AAAA").is_err() && Bucket::from_text("?").is_err());
    }
}
