//! The record that a question means by its place: the one right behind, or right before, what it names.

use std::sync::Arc;

use siren_domain::ports::{Hit, RetrievalRequest, StoreError, StoreQuery};
use siren_domain::{Chunk, Passage, ScoreParts, Value};

use crate::linked::Asking;
use crate::retriever::PassageRetriever;
use crate::searching::{Found, add_others, in_order};
use crate::understanding::order::{Order, step};

/// What a question names scores at least this share of the best.
const GOOD: f32 = 0.5;
/// Passages about the record that come with it.
const ABOUT: usize = 2;
/// Records of one order that are looked through for the nearest place.
const LOOKED_THROUGH: usize = 1000;

impl PassageRetriever {
    /// Puts the record that is pointed at before the passages, with what is told of it elsewhere. Its chunk's id.
    pub(crate) async fn pointed(
        &self,
        asking: &Asking<'_>,
        request: &RetrievalRequest,
        found: &mut Found,
        top_k: usize,
    ) -> Result<Option<String>, StoreError> {
        let Some(step) = step(asking.question) else { return Ok(None) };
        let best = found.passages.first().map_or(0.0, |best| best.score);
        let mut candidates = found.passages.iter().filter(|passage| passage.score >= GOOD * best);
        let Some((order, named)) =
            candidates.find_map(|passage| Some((self.order_of(&passage.chunk)?, passage)))
        else {
            return Ok(None);
        };
        let Some(mut record) = self.beside(asking, order, &named.chunk, step).await? else { return Ok(None) };
        record.score = best.next_up();
        let id = record.chunk.id.clone();
        let about = Asking { question: &record.chunk.document.title, ..*asking };
        let about = self.found(&about, request, top_k).await?;
        let is_told = |passage: &&Passage| passage.chunk.document.fields.is_empty();
        let about: Vec<Passage> = about.usable().iter().filter(is_told).take(ABOUT).cloned().collect();
        let mut rest = std::mem::replace(&mut found.passages, vec![record]);
        let others = rest.split_off(found.usable);
        add_others(&mut found.passages, about, top_k);
        add_others(&mut found.passages, rest, top_k);
        found.usable = found.passages.len();
        add_others(&mut found.passages, others, top_k);
        in_order(&mut found.passages);
        Ok(Some(id))
    }

    fn order_of(&self, chunk: &Chunk) -> Option<&Order> {
        let orders = self.orders.iter().filter(|order| order.source == chunk.document.source);
        let mut orders = orders.filter(|order| place(chunk, &order.column).is_some());
        orders.next()
    }

    /// The record so many places further in the same order; where nobody has that place, the one that has the nearest in that
    /// direction.
    async fn beside(
        &self,
        asking: &Asking<'_>,
        order: &Order,
        chunk: &Chunk,
        step: i64,
    ) -> Result<Option<Passage>, StoreError> {
        let Some(from) = place(chunk, &order.column) else { return Ok(None) };
        let Some(wanted) = from.checked_add(step) else { return Ok(None) };
        let exact = format!("field.{}={wanted}", order.column);
        let mut hits = self.in_order_with(asking, order, chunk, Some(exact)).await?;
        if hits.is_empty() {
            hits = self.in_order_with(asking, order, chunk, None).await?;
        }
        let further = |hit: &Hit| place(&hit.chunk, &order.column)?.checked_sub(from)?.checked_mul(step);
        let ahead = hits.into_iter().filter_map(|hit| Some((further(&hit).filter(|far| *far > 0)?, hit)));
        let nearest = ahead.min_by(|(a, one), (b, other)| (a, &one.chunk.id).cmp(&(b, &other.chunk.id)));
        Ok(nearest.map(|(_, hit)| passage(hit)))
    }

    /// The records that stand in one order with this one, of this facet if any is named.
    async fn in_order_with(
        &self,
        asking: &Asking<'_>,
        order: &Order,
        chunk: &Chunk,
        facet: Option<String>,
    ) -> Result<Vec<Hit>, StoreError> {
        let fields = &chunk.document.fields;
        let n_candidates = if facet.is_some() { 1 + order.within.len() } else { LOOKED_THROUGH };
        let mut facets = vec![vec![format!("source={}", order.source)]];
        facets.extend(facet.map(|facet| vec![facet]));
        let within = order.within.iter().filter_map(|column| Some((column, fields.get(column)?)));
        facets.extend(within.map(|(column, value)| vec![format!("field.{column}={value}")]));
        let query = StoreQuery {
            // Records of one source are told alike, so any words of the one are words of the other.
            terms: self.analyser.terms(&chunk.text),
            groups: asking.groups.to_vec(),
            facets,
            n_candidates,
            ..StoreQuery::default()
        };
        let mut hits = asking.store.search(&query).await?.hits;
        let value = |chunk: &Chunk, column: &String| chunk.document.fields.get(column).cloned();
        hits.retain(|hit| {
            order.within.iter().all(|column| value(&hit.chunk, column) == value(chunk, column))
        });
        Ok(hits)
    }
}

fn passage(hit: Hit) -> Passage {
    let parts = ScoreParts { lexical: hit.lexical, dense: hit.dense, ..ScoreParts::default() };
    Passage { chunk: Arc::new(hit.chunk), score: hit.lexical, parts }
}

fn place(chunk: &Chunk, column: &str) -> Option<i64> {
    match chunk.document.fields.get(column)? {
        Value::Integer(place) => Some(*place),
        _ => None,
    }
}
