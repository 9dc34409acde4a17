//! What of the passages goes before a model, and what goes with it: records that belong to them, and what stands right
//! before and behind them.

use siren_domain::ports::{Fate, QuestionPart, Retrieved, StoreError};
use siren_domain::{Conflict, Linked, Passage};

use crate::context::{Wanted, fates, newest_first};
use crate::linked::Asking;
use crate::retriever::PassageRetriever;
use crate::searching::Found;
use crate::understanding::days::days;

/// Of so many passages, from the first on, records have a share of the tokens of their own.
const FIRST: usize = 3;
/// Which share: one part of so many.
const RESERVED: usize = 10;

/// What goes before a model.
struct Chosen {
    fates: Vec<Fate>,
    /// Which passages, best first.
    context: Vec<usize>,
    linked: Vec<Linked>,
    conflicts: Vec<Conflict>,
}

impl Chosen {
    fn is_there(&self, passages: &[Passage], linked: &Linked) -> bool {
        let id = &linked.counterpart.chunk.id;
        linked.in_context || self.context.iter().any(|at| passages[*at].chunk.id == *id)
    }

    /// How many records of the first passages found no room.
    fn crowded_out(&self, passages: &[Passage]) -> usize {
        let first = &self.context[..self.context.len().min(FIRST)];
        let missing = |linked: &&Linked| first.contains(&linked.passage) && !self.is_there(passages, linked);
        self.linked.iter().filter(missing).count()
    }
}

impl PassageRetriever {
    /// What of the passages goes before a model, and what goes with it.
    pub(crate) async fn in_context(
        &self,
        asking: &mut Asking<'_>,
        mut found: Found,
        parts: &[QuestionPart],
    ) -> Result<Retrieved, StoreError> {
        let wanted = Wanted { years: asking.years, parts };
        let usable = found.usable;
        newest_first(&mut found.passages[..usable], wanted);
        let whole = self.settings.context_tokens;
        let mut chosen = choose(asking, &found, wanted, (whole, whole)).await?;
        let crowded_out = chosen.crowded_out(&found.passages);
        if crowded_out > 0 {
            let passages = whole - whole / RESERVED;
            let with_room = choose(asking, &found, wanted, (passages, whole)).await?;
            if with_room.crowded_out(&found.passages) < crowded_out {
                chosen = with_room;
            }
        }
        asking.budget = left(whole, &found.passages, &chosen);
        let mut neighbours = asking.neighbours(&found.passages, &chosen.context, &chosen.linked).await?;
        chosen.linked.append(&mut neighbours);
        let others = found.passages[found.usable..].iter();
        chosen.fates.extend(others.map(|passage| left_out(passage, asking)));
        let records = asking.named().into_iter().map(|record| record.title.clone());
        let days = days(asking.question).into_iter().map(|day| format!("day {day}"));
        Ok(Retrieved {
            generation: found.generation,
            terms: found.terms,
            passages: found.passages,
            fates: chosen.fates,
            linked: chosen.linked,
            conflicts: chosen.conflicts,
            widened: found.other_years,
            other_events: found.other_events,
            named: records.chain(days).collect(),
            ..Retrieved::default()
        })
    }
}

/// The passages that fit into so many tokens, and the records that fit, with them, into so many.
async fn choose(
    asking: &mut Asking<'_>,
    found: &Found,
    wanted: Wanted<'_>,
    (tokens, with_records): (usize, usize),
) -> Result<Chosen, StoreError> {
    let fates = fates(found.usable(), wanted, tokens);
    let context: Vec<usize> = (0..fates.len()).filter(|at| fates[*at] == Fate::InContext).collect();
    let spent: usize = context.iter().map(|at| found.passages[*at].chunk.tokens as usize).sum();
    asking.budget = with_records.saturating_sub(spent);
    let (linked, conflicts) = asking.travelling(&found.passages, &context).await?;
    Ok(Chosen { fates, context, linked, conflicts })
}

/// The tokens that nothing has been found for yet.
fn left(tokens: usize, passages: &[Passage], chosen: &Chosen) -> usize {
    let of_passages = chosen.context.iter().map(|at| passages[*at].chunk.tokens);
    let linked = chosen.linked.iter().filter(|linked| linked.in_context);
    let spent = of_passages.chain(linked.map(|linked| linked.counterpart.chunk.tokens));
    tokens.saturating_sub(spent.map(|tokens| tokens as usize).sum())
}

/// Why a passage is left out that was found beyond what was asked for.
fn left_out(passage: &Passage, asking: &Asking<'_>) -> Fate {
    let event = passage.chunk.document.event.as_ref();
    let of_them = event.is_some_and(|event| asking.events.contains(event));
    if asking.events.is_empty() || of_them { Fate::OtherYears } else { Fate::OtherEvents }
}
