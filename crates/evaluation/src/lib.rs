//! Stage 3: how good are retrieval and answers?
//!
//! Scores runs and answers; never retrieves, never serves. It asks the same assembled pipeline that chat serves,
//! through the domain's ports, so what is scored is what people get. It never drops a question: one that is missing
//! or fails scores worst and stays in the mean.
//!
//! `ranking` holds judgements and runs, `trec`, `beir`, `suite` and `runs` read them; `measures`, `facts`, `answers` and
//! `grounding` judge, `judge` asks a model what it thinks; `score`, `stream`, `beir_run` and `suite_run` put these together; `record` keeps what a run was,
//! `compare` and `significance` say what differs, `report` tells the result.

pub mod answers;
pub mod beir;
pub mod beir_run;
pub mod compare;
mod error;
pub mod facts;
pub mod gate;
pub mod grounding;
pub mod judge;
pub mod judging;
mod lines;
mod marks;
pub mod measures;
pub mod outcome;
mod progress;
pub mod ranking;
pub mod record;
pub mod report;
pub mod runs;
pub mod score;
pub mod significance;
mod stream;
pub mod suite;
pub mod suite_run;
pub mod sweep;
pub mod trec;

pub use error::EvaluationError;
pub use progress::Progress;
