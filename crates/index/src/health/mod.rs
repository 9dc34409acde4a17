//! What should the owners of documents mend?
//!
//! Looks at what a generation holds, chunk by chunk, and keeps no text; at files again only for their links and lines.
//! It judges what is written, never who wrote it, and shows no personal data that it finds.

mod age;
mod alike;
mod examiner;
mod finding;
mod links;
mod stated;
mod told;
mod words;

use siren_domain::PartialDate;

pub use examiner::{Detectors, Examiner, Marked, Sensitive};
pub use finding::{Finding, Kind, Other, Severity, Told};
pub use told::{OfDocument, OfOwner, Report};

/// From when on something is worth telling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HealthSettings {
    /// Files older than this are told to be old, in days.
    pub stale_days: i64,
    /// Two files of which this share is the same are told, between 0 and 1.
    pub alike: f64,
    /// More tokens than this under one heading are too long a section.
    pub section_tokens: u64,
    /// A chunk with fewer letters has next to nothing in it.
    pub chunk_letters: usize,
    /// What day it is.
    pub today: PartialDate,
}

/// What people asked and were not content with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The question.
    pub question: String,
    /// How often.
    pub times: u64,
    /// Documents that the answer rested on; none where there was no answer.
    pub documents: Vec<siren_domain::DocumentId>,
    /// What people said of it.
    pub reason: String,
}
