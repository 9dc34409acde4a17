//! When tantivy rewrites segments: so seldom that a run costs as much as what changed, so often that search stays quick.

use tantivy::index::SegmentId;
use tantivy::indexer::{MergeCandidate, MergePolicy};
use tantivy::{IndexWriter, SegmentMeta};

/// A segment with fewer chunks is small: an incremental run makes one.
const SMALL: u32 = 1_000;
/// So many small segments become one.
const TOO_MANY: usize = 8;
/// A segment is written anew once one chunk in so many is deleted: statistics count them until then.
const DELETED: u32 = 10;
/// A search looks into every segment: with more large ones than so many, some are joined when a generation is complete.
const CROWD: usize = 32;
/// So many are joined at a time, the smallest.
const JOINED: usize = 8;

/// Joins segments until a search has few enough to look into.
///
/// Not while the run goes on: which segments there are would depend on how the threads happen to run, and with that the
/// order of ties.
pub(super) fn join(index: &mut IndexWriter) -> tantivy::Result<()> {
    while let Some(crowd) = crowd(index.index().searchable_segment_metas()?) {
        index.merge(&crowd).wait()?;
    }
    Ok(())
}

/// Small ones do not count, or the first change after a large run would write eight of its segments anew: they join each
/// other by themselves.
fn crowd(mut segments: Vec<SegmentMeta>) -> Option<Vec<SegmentId>> {
    segments.retain(|segment| segment.num_docs() >= SMALL);
    if segments.len() <= CROWD {
        return None;
    }
    segments.sort_by_key(SegmentMeta::num_docs);
    Some(segments[..JOINED].iter().map(SegmentMeta::id).collect())
}

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

#[cfg(test)]
mod tests {
    use tantivy::indexer::NoMergePolicy;
    use tantivy::schema::{STORED, STRING, Schema};
    use tantivy::{Index, doc};

    use super::{CROWD, SMALL, join};

    #[test]
    fn a_search_never_has_a_crowd_to_look_into() {
        for (large, small) in [(1, 0), (CROWD, 3), (CROWD + 1, 0), (2 * CROWD, 2)] {
            let mut schema = Schema::builder();
            let field = schema.add_text_field("id", STRING | STORED);
            let index = Index::create_in_ram(schema.build());
            let mut writer = index.writer_with_num_threads(1, 15 << 20).unwrap();
            writer.set_merge_policy(Box::new(NoMergePolicy));
            for number in 0..large + small {
                for _ in 0..if number < large { SMALL } else { 1 } {
                    writer.add_document(doc!(field => number.to_string())).unwrap();
                }
                writer.commit().unwrap();
            }
            join(&mut writer).unwrap();
            let searcher = index.reader().unwrap().searcher();
            assert_eq!(searcher.num_docs(), (large * SMALL as usize + small) as u64);
            let left =
                searcher.segment_readers().iter().filter(|segment| segment.num_docs() >= SMALL).count();
            assert!(left <= CROWD, "{left} of {large}");
            assert_eq!(large <= CROWD, left == large, "none is rewritten for nothing");
            assert_eq!(searcher.segment_readers().len() - left, small, "small ones are left to each other");
        }
    }
}
