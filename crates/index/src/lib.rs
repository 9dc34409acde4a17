//! Stage 1: from sources to a new index generation.
//!
//! This crate reads formats, cuts documents and decides what is new. It never opens a file, a database or a socket
//! itself: sources and stores are ports. It never answers a question.

mod chunks;
mod date_text;
mod document;
mod embedding;
mod faults;
mod gate;
pub mod health;
mod merge;
pub mod read;
mod reindex;
mod report;

pub use chunks::{ChunkSettings, analysed};
pub use faults::{Cause, Faults, Witness};
pub use gate::{Gate, Judged};
pub use reindex::{IndexSettings, Inspector, Mode, Pipeline, Progress};
pub use report::{Counts, Move, Report, Vectors};

/// Version of how documents are read and cut. Raise it when either changes: every document is then made anew.
const READER_VERSION: u32 = 5;
