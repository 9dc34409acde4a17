//! Which chunks a search may find, as bits: what an asker may read changes seldom, so it is looked up once and kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use siren_domain::ports::StoreQuery;
use tantivy::query::{BooleanQuery, EnableScoring, Query};
use tantivy::{DocId, Searcher, SegmentReader};

/// Sets of chunks that are kept: one costs a bit a chunk.
const KEPT: usize = 32;
const BITS: u32 = u64::BITS;

/// The chunks that a search may find.
#[derive(Debug)]
pub(super) struct Allowed {
    segments: Vec<Vec<u64>>,
    pub(super) count: usize,
}

/// Groups, years and facets of a query.
type Asked = (Vec<String>, Vec<u16>, Vec<Vec<String>>);

/// The sets that were asked for last.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<VecDeque<(Asked, Arc<Allowed>)>>);

impl Kept {
    /// The chunks that pass the filters of a query, made by `filters` unless they are known.
    pub(super) fn allowed(
        &self,
        query: &StoreQuery,
        searcher: &Searcher,
        filters: impl FnOnce() -> BooleanQuery,
    ) -> tantivy::Result<Arc<Allowed>> {
        let asked = (query.groups.clone(), query.years.clone(), query.facets.clone());
        let known = self.0.lock().ok().and_then(|mut kept| {
            let at = kept.iter().position(|(other, _)| *other == asked)?;
            let found = kept.remove(at)?;
            let allowed = Arc::clone(&found.1);
            kept.push_back(found);
            Some(allowed)
        });
        if let Some(allowed) = known {
            return Ok(allowed);
        }
        let allowed = Arc::new(Allowed::new(searcher, &filters())?);
        if let Ok(mut kept) = self.0.lock() {
            kept.push_back((asked, Arc::clone(&allowed)));
            if kept.len() > KEPT {
                kept.pop_front();
            }
        }
        Ok(allowed)
    }
}

impl Allowed {
    pub(super) fn new(searcher: &Searcher, query: &dyn Query) -> tantivy::Result<Self> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
        let mut count = 0;
        let mut of = |segment: &SegmentReader| {
            let mut bits = vec![0_u64; segment.max_doc().div_ceil(BITS) as usize];
            weight.for_each_no_score(segment, &mut |chunks| {
                for chunk in chunks.iter().filter(|chunk| !segment.is_deleted(**chunk)) {
                    bits[(chunk / BITS) as usize] |= 1 << (chunk % BITS);
                    count += 1;
                }
            })?;
            Ok(bits)
        };
        let segments: tantivy::Result<Vec<Vec<u64>>> =
            searcher.segment_readers().iter().map(&mut of).collect();
        Ok(Self { segments: segments?, count })
    }

    pub(super) fn has(&self, segment: usize, chunk: DocId) -> bool {
        self.segments[segment][(chunk / BITS) as usize] >> (chunk % BITS) & 1 == 1
    }

    /// The chunks of a segment, in order.
    pub(super) fn of_segment(&self, segment: usize) -> impl Iterator<Item = DocId> {
        (0..).zip(&self.segments[segment]).flat_map(|(at, word): (u32, &u64)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(at * BITS + bit)
            })
        })
    }
}
