//! Vectors beside the terms: kept in tantivy's columns, so that filters, deletions, merges and hard links hold for them
//! as for everything else, and mapped from disk.
//!
//! A vector is rounded to bytes: its direction changes by less than a thousandth, and a search reads a quarter of the
//! memory. The search is exact: it looks at every chunk that the filters let through.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

/// The column's name.
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

/// Finds the chunks whose vectors are nearest.
pub(super) struct Nearest {
    pub(super) wanted: Rounded,
    pub(super) most: usize,
}

/// The farthest of the nearest is on top, to be thrown out next; of equal ones the later.
type Heap = BinaryHeap<Reverse<(Ordered, Reverse<DocAddress>)>>;

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

pub(super) struct NearestOfSegment {
    beside: Beside,
    ordinal: SegmentOrdinal,
    most: usize,
    heap: Heap,
}

fn push(heap: &mut Heap, most: usize, cosine: f32, at: DocAddress) {
    heap.push(Reverse((Ordered(cosine), Reverse(at))));
    if heap.len() > most {
        heap.pop();
    }
}

impl Collector for Nearest {
    type Fruit = Vec<(f32, DocAddress)>;
    type Child = NearestOfSegment;

    fn for_segment(&self, ordinal: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<Self::Child> {
        let beside = Beside::open(&self.wanted, segment)?;
        Ok(NearestOfSegment { beside, ordinal, most: self.most, heap: Heap::new() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<Self::Fruit>) -> tantivy::Result<Self::Fruit> {
        let mut heap = Heap::new();
        for (cosine, at) in segments.into_iter().flatten() {
            push(&mut heap, self.most, cosine, at);
        }
        Ok(heap.into_iter().map(|Reverse((cosine, Reverse(at)))| (cosine.0, at)).collect())
    }
}

impl SegmentCollector for NearestOfSegment {
    type Fruit = Vec<(f32, DocAddress)>;

    fn collect(&mut self, chunk: DocId, _: Score) {
        if let Some(cosine) = self.beside.cosine(chunk) {
            push(&mut self.heap, self.most, cosine, DocAddress::new(self.ordinal, chunk));
        }
    }

    fn harvest(self) -> Self::Fruit {
        self.heap.into_iter().map(|Reverse((cosine, Reverse(at)))| (cosine.0, at)).collect()
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
    fn a_vector_of_nothing_is_near_nothing() {
        let kept: Vec<u64> = Rounded::new(&[0.0; 9]).values().collect();
        assert_eq!(Rounded::new(&[1.0; 9]).dot(&kept), Some(0.0));
        assert_eq!(Rounded::new(&[1.0; 9]).dot(&[]), None);
    }
}
