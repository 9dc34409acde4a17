//! Which settings are best, judged on questions that they were not chosen on?

mod choose;
mod grid;
mod results;

pub use choose::{Choice, Decision, choose};
pub use grid::{Cell, Grid, read_grid};
pub(crate) use results::value;
pub use results::{CellResult, SweepReport};
