//! What was judged, to be looked up quickly?

use std::collections::HashMap;

use foldhash::fast::FixedState;
use rayon::prelude::*;

use crate::trec::labels;

/// A query with its judged documents.
type Query<'t> = (&'t str, Vec<(&'t str, i32)>);

/// Judgements as stretches of their file's text.
pub(super) struct Judged<'t> {
    places: HashMap<&'t [u8], usize, FixedState>,
    queries: Vec<Query<'t>>,
}

impl<'t> Judged<'t> {
    /// None when something is wrong with the file, or nothing is in it.
    pub(super) fn read(text: &'t str, file: &str) -> Option<Self> {
        let groups = labels(text, file).ok()?;
        let most = groups.iter().map(Vec::len).sum();
        let mut places: HashMap<&[u8], usize, _> =
            HashMap::with_capacity_and_hasher(most, FixedState::default());
        let mut queries: Vec<Query<'t>> = Vec::with_capacity(most);
        for (query, mut judged) in groups.into_iter().flatten() {
            match places.get(query.as_bytes()) {
                Some(at) => queries[*at].1.append(&mut judged),
                None => {
                    places.insert(query.as_bytes(), queries.len());
                    queries.push((query, judged));
                }
            }
        }
        (!queries.is_empty()).then_some(Self { places, queries })
    }

    /// Whether a document of this query was judged twice. Who looks the query's documents up finds that out as well.
    pub(super) fn has_twice(&self, query: usize) -> bool {
        let mut ids: Vec<&str> = self.of(query).iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.windows(2).any(|pair| pair[0] == pair[1])
    }

    pub(super) fn len(&self) -> usize {
        self.queries.len()
    }

    pub(super) fn place(&self, query: &[u8]) -> Option<usize> {
        self.places.get(query).copied()
    }

    pub(super) fn name(&self, query: usize) -> &'t str {
        self.queries[query].0
    }

    pub(super) fn of(&self, query: usize) -> &[(&'t str, i32)] {
        &self.queries[query].1
    }

    /// The queries in the order of their ids.
    pub(super) fn in_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.queries.len()).collect();
        order.par_sort_unstable_by_key(|query| self.queries[*query].0);
        order
    }
}
