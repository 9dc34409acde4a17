//! Offsets are sacred: cleaning a text changes what is matched, never where it came from.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Maps byte offsets in a derived text to byte offsets in the original.
///
/// A list of anchors `(derived, original, copied)`: from `derived` on, `copied` bytes are the original's own bytes
/// from `original` on; what follows up to the next anchor was put in or changed, and points at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OffsetMap(Vec<(u32, u32, u32)>);

impl OffsetMap {
    /// The map of a text that is its own original.
    pub fn identity(len: usize) -> Self {
        let mut map = Self::default();
        map.copy(0, 0, len);
        map
    }

    /// Whether nothing is known of where the text came from.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says that `len` bytes at `derived` are the original's bytes at `original`. Calls come in order of `derived`.
    pub fn copy(&mut self, derived: usize, original: usize, len: usize) {
        let (derived, original, len) = (small(derived), small(original), small(len));
        if let Some((d, o, n)) = self.0.last_mut()
            && *d + *n == derived
            && *o + *n == original
            && *n > 0
        {
            *n += len;
            return;
        }
        self.0.push((derived, original, len));
    }

    /// Says that what stands at `derived` was put in, or stands for something else, at `original`.
    pub fn replace(&mut self, derived: usize, original: usize) {
        self.copy(derived, original, 0);
    }

    /// Where the byte at `derived` came from.
    pub fn original(&self, derived: usize) -> usize {
        let at = self.0.partition_point(|&(d, _, _)| d as usize <= derived);
        let Some(&(d, o, n)) = at.checked_sub(1).and_then(|i| self.0.get(i)) else {
            return self.0.first().map_or(0, |&(_, o, _)| o as usize);
        };
        o as usize + (derived - d as usize).min(n as usize)
    }

    /// The stretch of the original that `derived` came from.
    pub fn original_range(&self, derived: Range<usize>) -> Range<usize> {
        let start = self.original(derived.start);
        if derived.is_empty() {
            return start..start;
        }
        // The end is measured from the last byte: what follows it may come from far away.
        let end = self.end_of(derived.end - 1, derived.end);
        start..end.max(start)
    }

    fn end_of(&self, last: usize, end: usize) -> usize {
        let at = self.0.partition_point(|&(d, _, _)| d as usize <= last);
        let Some(&(d, o, n)) = at.checked_sub(1).and_then(|i| self.0.get(i)) else {
            return 0;
        };
        if last < (d + n) as usize {
            return o as usize + (end - d as usize);
        }
        // A replaced stretch is one whole: it ends where the next anchor's original begins.
        match self.0.get(at) {
            Some(&(_, next, _)) if next >= o + n => next as usize,
            _ => (o + n) as usize,
        }
    }

    /// The map of a slice of the derived text, with offsets counted from the slice's start.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let mut out = Self::default();
        let mut copied = range.start;
        let first = self.0.partition_point(|&(d, _, _)| d as usize <= range.start);
        for &(d, o, n) in self.0.iter().skip(first.saturating_sub(1)) {
            let (d, o, n) = (d as usize, o as usize, n as usize);
            if d >= range.end {
                // Where a replaced stretch at the slice's end stops, only the anchor behind it tells.
                if copied < range.end {
                    out.replace(range.end - range.start, o);
                }
                break;
            }
            let skip = range.start.saturating_sub(d);
            let start = d.max(range.start);
            let len = n.saturating_sub(skip).min(range.end - start);
            out.copy(start - range.start, o + skip.min(n), len);
            copied = start + len;
        }
        out
    }

    /// The map from this map's derived text to the original of `earlier`, whose derived text is this map's original.
    pub fn after(&self, earlier: &Self) -> Self {
        let mut out = Self::default();
        for &(d, o, n) in &self.0 {
            let (d, o, n) = (d as usize, o as usize, n as usize);
            if n == 0 {
                out.replace(d, earlier.original(o));
                continue;
            }
            let inner = earlier.slice(o..o + n);
            for &(inner_d, inner_o, inner_n) in &inner.0 {
                if inner_d as usize <= n {
                    out.copy(d + inner_d as usize, inner_o as usize, inner_n as usize);
                }
            }
        }
        out
    }
}

fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::OffsetMap;

    /// `**굵은** 글` with the marks taken out, behind a byte order mark.
    fn bold() -> OffsetMap {
        let mut map = OffsetMap::default();
        map.copy(0, 2, 6); // 굵은
        map.copy(6, 10, 4); // " 글"
        map
    }

    #[test]
    fn finds_the_original_of_each_byte() {
        let map = bold();
        assert_eq!(map.original_range(0..6), 2..8);
        assert_eq!(map.original_range(6..10), 10..14);
        assert_eq!(map.original_range(3..9), 5..13);
        assert_eq!(map.original_range(4..4), 6..6);
    }

    #[test]
    fn a_replaced_stretch_spans_what_it_stands_for() {
        // "a&amp;b" read as "a&b"
        let mut map = OffsetMap::default();
        map.copy(0, 0, 1);
        map.replace(1, 1);
        map.copy(2, 6, 1);
        assert_eq!(map.original_range(1..2), 1..6);
        assert_eq!(map.original_range(0..3), 0..7);
    }

    #[test]
    fn slices_and_compositions_agree_with_the_whole() {
        let map = bold();
        let slice = map.slice(3..10);
        for at in 3..10 {
            assert_eq!(slice.original(at - 3), map.original(at), "byte {at}");
        }
        let mut shift = OffsetMap::default();
        shift.copy(0, 3, 14); // three bytes of mark before the text
        let both = map.after(&shift);
        for at in 0..10 {
            assert_eq!(both.original(at), map.original(at) + 3, "byte {at}");
        }
    }
}
