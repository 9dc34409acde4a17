//! What every store owes, whichever it is: call each of these with a store that is empty.
//!
//! Scores are compared with a small BM25 of our own, within [`TOLERANCE`].

mod access;
mod bm25;
mod generations;
mod ranking;
mod records;
mod sample;
mod vectors;
mod views;

use siren_domain::ports::{IndexStore, PassageStore};

pub(crate) use access::only_what_one_may_read;
pub(crate) use generations::{carry_over, live_and_rollback, prune, removed, unfinished};
pub(crate) use ranking::{facets, found_as_the_reference_finds, years_and_ties};
pub(crate) use records::{chunks_by_document, records_and_conflicts};
pub(crate) use sample::{ANALYSER, doc, documents, identity, query, write};
pub(crate) use vectors::found_by_meaning;
pub(crate) use views::{a_view_stays_what_it_is, copied};

/// Both sides of a store.
pub(crate) trait Both: IndexStore + PassageStore {}

impl<T: IndexStore + PassageStore> Both for T {}

/// Cases of a law; fewer will do where each takes long.
pub(crate) const CASES: u32 = 24;

/// How far a score may be from the reference's, relatively.
pub(crate) const TOLERANCE: f64 = 1e-4;
