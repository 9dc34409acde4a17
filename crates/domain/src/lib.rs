//! The words of Siren and the roles its parts play for one another.
//!
//! This crate never does I/O, never spawns, never speaks HTTP and never reads the clock or the
//! environment. Everything else depends on it; it depends on no other crate of the project.

pub mod answer;
pub mod chunk;
pub mod date;
pub mod document;
pub mod fault;
pub mod gate;
pub mod offsets;
pub mod ports;
pub mod principal;
pub mod prints;
pub mod record;
pub mod remembered;
pub mod value;
pub mod verdict;

pub use answer::{
    Answer, AnswerEvent, AskError, Attempt, Basis, Citation, Confidence, Explanation, Mended, Outcome,
    Provenance, Question, Speaker, Tokens, Turn, Understood,
};
pub use chunk::{Chunk, Locator, Part, PartKind, Passage, ScoreParts, Signals};
pub use date::PartialDate;
pub use document::{DocumentId, Metadata, Origin};
pub use fault::Fault;
pub use offsets::OffsetMap;
pub use principal::{Principal, Role};
pub use prints::{Print, Prints};
pub use record::{Authority, Checked, Conflict, Linked, LinkedBy, Record, Records};
pub use value::Value;
pub use verdict::{Action, Verdict};
