//! Stage 3: how good are retrieval and answers?
//!
//! Scores runs and answers; never retrieves, never serves. It asks the same assembled pipeline that chat serves,
//! through the domain's ports, so what is scored is what people get. It never drops a question: one that is missing
//! or fails scores worst and stays in the mean.
//!
//! `ranking` holds judgements and runs, `trec`, `beir` and `suite` read them, `measures` and `facts` judge,
//! `score`, `beir_run` and `suite_run` put these together, `report` tells the result.

pub mod beir;
pub mod beir_run;
mod error;
pub mod facts;
mod lines;
mod marks;
pub mod measures;
pub mod outcome;
mod progress;
pub mod ranking;
pub mod report;
pub mod score;
pub mod suite;
pub mod suite_run;
pub mod trec;

pub use error::EvaluationError;
pub use progress::Progress;
