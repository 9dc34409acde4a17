//! How is a result told? As a table for a person and as one JSON document for a program.

mod beir;
mod compare;
mod complaints;
mod html;
mod score;
mod suite;
mod svg;
mod sweep;
pub(crate) mod table;

use serde::Serialize;

pub use beir::BeirReport;
pub use compare::{CompareReport, p_value, verdict};
pub use html::{Html, page};
pub use score::{ScoreReport, score_text};
pub use suite::{SuiteDocument, suite_text};
pub use sweep::sweep_page;

/// The version of the JSON shapes.
pub const SCHEMA: u32 = 1;

/// A report as indented JSON.
pub fn to_json(report: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(report)
}
