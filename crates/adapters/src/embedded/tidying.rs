//! When tantivy rewrites segments: so seldom that a run costs as much as what changed, so often that search stays quick.

use tantivy::SegmentMeta;
use tantivy::indexer::{MergeCandidate, MergePolicy};

/// A segment with fewer chunks is small: an incremental run makes one.
const SMALL: u32 = 1_000;
/// So many small segments become one.
const TOO_MANY: usize = 8;
/// A segment is written anew once one chunk in so many is deleted: statistics count them until then.
const DELETED: u32 = 10;

/// Merges small segments with each other and takes deleted chunks out; large segments are left as they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tidying;

impl MergePolicy for Tidying {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let (small, large): (Vec<_>, Vec<_>) =
            segments.iter().partition(|segment| segment.num_docs() < SMALL);
        let holey = |segment: &&&SegmentMeta| segment.num_deleted_docs() * DELETED > segment.max_doc();
        let alone = |segments: &[&SegmentMeta]| -> Vec<MergeCandidate> {
            segments.iter().filter(holey).map(|segment| MergeCandidate(vec![segment.id()])).collect()
        };
        let mut out = alone(&large);
        if small.len() >= TOO_MANY {
            out.push(MergeCandidate(small.iter().map(|segment| segment.id()).collect()));
        } else {
            out.extend(alone(&small));
        }
        out
    }
}
