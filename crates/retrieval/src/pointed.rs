//! The record that a question means by its place in an order: the fourth, the last, the one right behind, or right before,
//! what it names.

use std::sync::Arc;

use siren_domain::ports::{Hit, RetrievalRequest, StoreError, StoreQuery};
use siren_domain::{Chunk, Passage, ScoreParts, Value};
use siren_text::terms::fold;

use crate::linked::Asking;
use crate::retriever::PassageRetriever;
use crate::searching::{Found, add_others, in_order};
use crate::understanding::days::days;
use crate::understanding::order::{Counted, Nth, Order, counted, step};
use crate::understanding::parts::parts;

/// What a question names scores at least this share of the best.
const GOOD: f32 = 0.5;
/// Records that score at least this share of another are no surer than it.
const ALIKE: f32 = 0.8;
/// Passages about the record that come with it.
const ABOUT: usize = 2;
/// Records that are looked through for the one that a passage tells of.
const LOOKED_AT: usize = 10;
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
        let step = step(asking.question);
        // Of several questions in one message, a place is asked for in one of them alone.
        let is_one = !self.settings.split || parts(asking.question).is_empty();
        let counted = counted(asking.question).filter(|_| is_one || step.is_some());
        if counted.is_none() && step.is_none() {
            return Ok(None);
        }
        let start = self.start(asking, &found.passages, counted.as_ref());
        let start = start.map(|(order, passage)| (order, (*passage.chunk).clone()));
        let start = match start {
            None if step.is_some() => self.of_best(asking, found.usable().first()).await?,
            start => start,
        };
        let Some((order, named)) = start else { return Ok(None) };
        let mut record = match &counted {
            Some(counted) => self.counted(asking, order, &named, counted).await?,
            None => None,
        };
        // One place after the other: numbers may be left out.
        for _ in 0..step.map_or(0, i64::abs) {
            let from = record.as_ref().map_or(&named, |record| record.chunk.as_ref()).clone();
            record = self.beside(asking, order, &from, step.map_or(1, i64::signum)).await?;
            if record.is_none() {
                break;
            }
        }
        let Some(mut record) = record else { return Ok(None) };
        record.score = found.passages.first().map_or(0.0, |best| best.score).next_up();
        let id = record.chunk.id.clone();
        let about = self.about(asking, request, &record, top_k).await?;
        let beside = named_in_step(step, &named);
        arrange(found, record, about, top_k, |chunk| {
            Some(&chunk.id) != beside && is_within(order, chunk, &named)
        });
        Ok(Some(id))
    }

    /// The record that a place is counted from, or in whose order: the best of the days that are asked for, if any.
    fn start<'s, 'p>(
        &'s self,
        asking: &Asking<'_>,
        passages: &'p [Passage],
        counted: Option<&Counted>,
    ) -> Option<(&'s Order, &'p Passage)> {
        let best = passages.first().map_or(0.0, |best| best.score);
        let good = passages.iter().take_while(|passage| passage.score >= GOOD * best);
        let ordered: Vec<(&Order, &Passage)> =
            good.filter_map(|passage| Some((self.order_of(&passage.chunk)?, passage))).collect();
        let asked = days(asking.question);
        let tells = |passage: &Passage| days(&passage.chunk.text).iter().any(|day| asked.contains(day));
        let of_day = ordered.iter().find(|(_, passage)| tells(passage));
        let (order, first) = *of_day.or(ordered.first())?;
        if asked.is_empty() && counted.is_some_and(|counted| counted.nth == Nth::Last) {
            return last_of(order, first, &ordered);
        }
        Some((order, first))
    }

    /// The record that is told most like the best passage, of the same event: what a question describes may have no record
    /// among its passages.
    async fn of_best(
        &self,
        asking: &Asking<'_>,
        best: Option<&Passage>,
    ) -> Result<Option<(&Order, Chunk)>, StoreError> {
        let Some(best) = best else { return Ok(None) };
        for order in &self.orders {
            let mut facets = vec![vec![format!("source={}", order.source)]];
            facets.extend(best.chunk.document.event.iter().map(|event| vec![format!("event={event}")]));
            let query = StoreQuery {
                terms: self.analyser.terms(&format!("{} {}", best.chunk.document.title, best.chunk.text)),
                groups: asking.groups.to_vec(),
                facets,
                n_candidates: LOOKED_AT,
                ..StoreQuery::default()
            };
            let hits = asking.store.search(&query).await?.hits;
            let ordered = hits.into_iter().filter(|hit| place(&hit.chunk, &order.column).is_some());
            let by_terms = |one: &Hit, other: &Hit| {
                one.lexical.total_cmp(&other.lexical).then_with(|| other.chunk.id.cmp(&one.chunk.id))
            };
            if let Some(hit) = ordered.max_by(by_terms) {
                return Ok(Some((order, hit.chunk)));
            }
        }
        Ok(None)
    }

    /// The record that has the place that is asked for in the order of this one: by its number, or counted among those that
    /// the question speaks of.
    async fn counted(
        &self,
        asking: &Asking<'_>,
        order: &Order,
        chunk: &Chunk,
        counted: &Counted,
    ) -> Result<Option<Passage>, StoreError> {
        let all = self.in_order_with(asking, order, chunk, None).await?;
        let mut placed: Vec<(i64, Hit)> =
            all.into_iter().filter_map(|hit| Some((place(&hit.chunk, &order.column)?, hit))).collect();
        placed.sort_by(|(a, one), (b, other)| (a, &one.chunk.id).cmp(&(b, &other.chunk.id)));
        let is_told = |noun: &String| {
            Counted::is_anything(noun)
                || placed.iter().any(|(_, hit)| fold(&hit.chunk.text).contains(noun.as_str()))
        };
        let Some(noun) = counted.nouns.iter().find(|noun| is_told(noun)) else { return Ok(None) };
        placed.retain(|(_, hit)| Counted::is_anything(noun) || fold(&hit.chunk.text).contains(noun.as_str()));
        let at = match counted.nth {
            Nth::Last => placed.len().checked_sub(1),
            Nth::Place(wanted) => {
                let counted = usize::try_from(wanted - 1).ok().filter(|at| *at < placed.len());
                placed.iter().position(|(place, _)| *place == wanted).or(counted)
            }
        };
        Ok(at.map(|at| passage(placed.swap_remove(at).1)))
    }

    /// What is told of the record elsewhere.
    async fn about(
        &self,
        asking: &Asking<'_>,
        request: &RetrievalRequest,
        record: &Passage,
        top_k: usize,
    ) -> Result<Vec<Passage>, StoreError> {
        let about = Asking { question: &record.chunk.document.title, ..*asking };
        let about = self.found(&about, request, top_k).await?;
        let is_told = |passage: &&Passage| passage.chunk.document.fields.is_empty();
        Ok(about.usable().iter().filter(is_told).take(ABOUT).cloned().collect())
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
        hits.retain(|hit| is_within(order, &hit.chunk, chunk));
        Ok(hits)
    }
}

/// Whether both stand in one order.
fn is_within(order: &Order, chunk: &Chunk, other: &Chunk) -> bool {
    let value = |chunk: &Chunk, column: &String| chunk.document.fields.get(column).cloned();
    chunk.document.source == other.document.source
        && order.within.iter().all(|column| value(chunk, column) == value(other, column))
}

/// What a step was counted from is asked about, too.
fn named_in_step(step: Option<i64>, named: &Chunk) -> Option<&String> {
    step.map(|_| &named.id)
}

/// Of records that are about as good, of one event but of several days, the last one of all stands on the last day.
fn last_of<'s, 'p>(
    order: &'s Order,
    first: &'p Passage,
    ordered: &[(&'s Order, &'p Passage)],
) -> Option<(&'s Order, &'p Passage)> {
    let (day, event) = order.within.split_last()?;
    let alike = ordered.iter().filter(|(other, passage)| {
        let same = |column: &String| {
            passage.chunk.document.fields.get(column) == first.chunk.document.fields.get(column)
        };
        other.source == order.source && passage.score >= ALIKE * first.score && event.iter().all(same)
    });
    let day_of = |passage: &Passage| place(&passage.chunk, day);
    alike.rev().max_by_key(|(_, passage)| day_of(passage)).copied().or(Some((order, first)))
}

/// The record, what is told of it, then the others: those of the same order last.
fn arrange(
    found: &mut Found,
    record: Passage,
    about: Vec<Passage>,
    top_k: usize,
    is_sibling: impl Fn(&Chunk) -> bool,
) {
    let mut rest = std::mem::replace(&mut found.passages, vec![record]);
    let others = rest.split_off(found.usable);
    let (siblings, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(|passage| is_sibling(&passage.chunk));
    add_others(&mut found.passages, about, top_k);
    add_others(&mut found.passages, rest, top_k);
    add_others(&mut found.passages, siblings, top_k);
    found.usable = found.passages.len();
    add_others(&mut found.passages, others, top_k);
    in_order(&mut found.passages);
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
