//! The record that a question means by its place: the one right behind, or right before, what it names.

use std::sync::Arc;

use siren_domain::Passage;
use siren_domain::ports::{RetrievalRequest, StoreError, StoreQuery};
use siren_domain::{Chunk, Value};

use crate::linked::Asking;
use crate::retriever::PassageRetriever;
use crate::searching::{add_others, in_order};
use crate::understanding::order::{Order, step};

/// What a question names scores at least this share of the best.
const GOOD: f32 = 0.5;
/// Passages about the record that come with it.
const ABOUT: usize = 2;

impl PassageRetriever {
    /// Puts the record that is pointed at before the passages, with what is told of it elsewhere. Its chunk's id.
    pub(crate) async fn pointed(
        &self,
        asking: &Asking<'_>,
        request: &RetrievalRequest,
        passages: &mut Vec<Passage>,
        top_k: usize,
    ) -> Result<Option<String>, StoreError> {
        let Some(step) = step(asking.question) else { return Ok(None) };
        let good = passages.first().map_or(0.0, |best| GOOD * best.score);
        let mut candidates = passages.iter().filter(|passage| passage.score >= good);
        let Some((order, named)) =
            candidates.find_map(|passage| Some((self.order_of(&passage.chunk)?, passage)))
        else {
            return Ok(None);
        };
        let Some(mut record) = self.beside(asking, order, &named.chunk, step).await? else { return Ok(None) };
        record.score = passages.first().map_or(0.0, |best| best.score.next_up());
        let id = record.chunk.id.clone();
        let about = Asking { question: &record.chunk.document.title, ..*asking };
        let mut about = self.found(&about, request, top_k).await?.passages;
        about.retain(|passage| passage.chunk.document.fields.is_empty());
        about.truncate(ABOUT);
        let rest = std::mem::replace(passages, vec![record]);
        add_others(passages, about, top_k);
        add_others(passages, rest, top_k);
        in_order(passages);
        Ok(Some(id))
    }

    fn order_of(&self, chunk: &Chunk) -> Option<&Order> {
        let orders = self.orders.iter().filter(|order| order.source == chunk.document.source);
        let mut orders = orders.filter(|order| place(chunk, &order.column).is_some());
        orders.next()
    }

    /// The record so many places further in the same order.
    async fn beside(
        &self,
        asking: &Asking<'_>,
        order: &Order,
        chunk: &Chunk,
        step: i64,
    ) -> Result<Option<Passage>, StoreError> {
        let Some(wanted) = place(chunk, &order.column).map(|place| place + step) else { return Ok(None) };
        let fields = &chunk.document.fields;
        let mut facets = vec![vec![format!("source={}", order.source)]];
        facets.push(vec![format!("field.{}={wanted}", order.column)]);
        let within = order.within.iter().filter_map(|column| Some((column, fields.get(column)?)));
        facets.extend(within.map(|(column, value)| vec![format!("field.{column}={value}")]));
        let query = StoreQuery {
            // Records of one source are told alike, so any words of the one are words of the other.
            terms: self.analyser.terms(&chunk.text),
            groups: asking.groups.to_vec(),
            facets,
            n_candidates: 1 + order.within.len(),
            ..StoreQuery::default()
        };
        let hits = asking.store.search(&query).await?.hits.into_iter();
        let same = |other: &Chunk| {
            order.within.iter().all(|column| fields.get(column) == other.document.fields.get(column))
        };
        let found = hits.filter(|hit| same(&hit.chunk)).map(|hit| {
            let parts =
                siren_domain::ScoreParts { lexical: hit.lexical, dense: hit.dense, ..Default::default() };
            Passage { chunk: Arc::new(hit.chunk), score: hit.lexical, parts }
        });
        Ok({ found }.next())
    }
}

fn place(chunk: &Chunk, column: &str) -> Option<i64> {
    match chunk.document.fields.get(column)? {
        Value::Integer(place) => Some(*place),
        _ => None,
    }
}
