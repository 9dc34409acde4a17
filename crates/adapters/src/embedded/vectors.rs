//! Vectors beside the terms: kept in tantivy's columns, so that filters, deletions, merges and hard links hold for them
//! as for everything else, and mapped from disk.
//!
//! A vector is rounded to bytes: its direction changes by less than a thousandth, and a search reads a quarter of the
//! memory. Beside it stand the signs of its numbers, a bit each, for a first look.

use tantivy::columnar::Column;
use tantivy::{DocId, SegmentReader};

/// The columns' names.
pub(super) const SKETCH: &str = "sketch";
pub(super) const VECTOR: &str = "vector";
/// Bytes that one value of the column holds.
const LANE: usize = 8;
const LARGEST: f32 = 127.0;

/// A vector in bytes: `bytes × scale` is near what it was.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rounded {
    lanes: Vec<[i8; LANE]>,
    scale: f32,
}

impl Rounded {
    #[expect(clippy::cast_possible_truncation, reason = "between -127 and 127 by what it was divided by")]
    pub(super) fn new(vector: &[f32]) -> Self {
        let largest = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        let scale = if largest > 0.0 { largest / LARGEST } else { 1.0 };
        let lane = |part: &[f32]| {
            let mut lane = [0; LANE];
            for (byte, x) in lane.iter_mut().zip(part) {
                *byte = (x / scale).round() as i8;
            }
            lane
        };
        Self { lanes: vector.chunks(LANE).map(lane).collect(), scale }
    }

    /// As the column keeps it: the scale, then the bytes.
    pub(super) fn values(&self) -> impl Iterator<Item = u64> + '_ {
        let lanes = self.lanes.iter().map(|lane| u64::from_le_bytes(lane.map(i8::cast_unsigned)));
        std::iter::once(u64::from(self.scale.to_bits())).chain(lanes)
    }

    /// The signs of its numbers, 64 to a value.
    pub(super) fn sketch(&self) -> Vec<u64> {
        let sign =
            |lane: &[i8; LANE]| (0..).zip(lane).fold(0, |bits: u64, (at, x)| bits | u64::from(*x < 0) << at);
        let eights = |eight: &[[i8; LANE]]| {
            (0..).zip(eight).fold(0, |bits, (at, lane): (usize, _)| bits | sign(lane) << (at * LANE))
        };
        self.lanes.chunks(LANE).map(eights).collect()
    }

    /// The scalar product with what a column keeps; none where it keeps no vector of this length.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a sum of products of bytes; the scale is the lower half of its value"
    )]
    fn dot(&self, kept: &[u64]) -> Option<f32> {
        let (scale, lanes) = kept.split_first()?;
        if lanes.len() != self.lanes.len() {
            return None;
        }
        let product = |(mine, theirs): (&[i8; LANE], &u64)| -> i32 {
            let theirs = theirs.to_le_bytes().map(u8::cast_signed);
            mine.iter().zip(theirs).map(|(a, b)| i32::from(*a) * i32::from(b)).sum()
        };
        let sum: i32 = self.lanes.iter().zip(lanes).map(product).sum();
        Some(sum as f32 * self.scale * f32::from_bits(*scale as u32))
    }
}

/// The vector of a chunk as it is kept, if it has one. Whole lanes are kept: a last one may be filled up with noughts.
#[expect(clippy::cast_possible_truncation, reason = "the scale is the lower half of its value")]
pub(super) fn kept(segment: &SegmentReader, chunk: DocId) -> tantivy::Result<Option<Vec<f32>>> {
    let column = segment.fast_fields().u64(VECTOR)?;
    let mut values = column.values_for_doc(chunk);
    let Some(scale) = values.next() else { return Ok(None) };
    let scale = f32::from_bits(scale as u32);
    let bytes = values.flat_map(u64::to_le_bytes).map(u8::cast_signed);
    Ok(Some(bytes.map(|byte| f32::from(byte) * scale).collect()))
}

/// The vectors of a segment, next to the one that is looked for.
pub(super) struct Beside {
    wanted: Rounded,
    column: Column<u64>,
    kept: Vec<u64>,
}

impl Beside {
    pub(super) fn open(wanted: &Rounded, segment: &SegmentReader) -> tantivy::Result<Self> {
        Ok(Self { wanted: wanted.clone(), column: segment.fast_fields().u64(VECTOR)?, kept: Vec::new() })
    }

    /// The cosine with a chunk's vector, if it has one.
    pub(super) fn cosine(&mut self, chunk: DocId) -> Option<f32> {
        let rows = self.column.index.value_row_ids(chunk);
        self.kept.resize(rows.len(), 0);
        self.column.values.get_range(u64::from(rows.start), &mut self.kept);
        self.wanted.dot(&self.kept)
    }
}

/// A number with an order: none of them is NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ordered(pub(super) f32);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Rounded;
    use proptest::prelude::*;

    fn unit(mut vector: Vec<f32>) -> Vec<f32> {
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-3);
        vector.iter_mut().for_each(|x| *x /= length);
        vector
    }

    proptest! {
        #[test]
        fn rounding_hardly_turns_a_vector(
            a in prop::collection::vec(-1.0_f32..1.0, 64..600),
            b in prop::collection::vec(-1.0_f32..1.0, 600),
        ) {
            let b = unit(b[..a.len()].to_vec());
            let a = unit(a);
            let exact: f32 = a.iter().zip(&b).map(|(x, y)| x * y).sum();
            let kept: Vec<u64> = Rounded::new(&b).values().collect();
            let found = Rounded::new(&a).dot(&kept).expect("of one length");
            prop_assert!((found - exact).abs() < 0.01, "{found} and not {exact}");
            prop_assert_eq!(Rounded::new(&a[..a.len() - 9]).dot(&kept), None);
        }
    }

    #[test]
    fn a_sketch_holds_the_signs() {
        let vector: Vec<f32> = (0..70).map(|at| if at % 3 == 0 { -1.0 } else { 0.5 }).collect();
        let sketch = Rounded::new(&vector).sketch();
        assert_eq!(sketch.len(), 2, "64 signs to a value");
        for at in 0..70 {
            assert_eq!(sketch[at / 64] >> (at % 64) & 1 == 1, at % 3 == 0, "{at}");
        }
    }

    #[test]
    fn a_vector_of_nothing_is_near_nothing() {
        let kept: Vec<u64> = Rounded::new(&[0.0; 9]).values().collect();
        assert_eq!(Rounded::new(&[1.0; 9]).dot(&kept), Some(0.0));
        assert_eq!(Rounded::new(&[1.0; 9]).dot(&[]), None);
    }
}
