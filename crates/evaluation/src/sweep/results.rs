//! How is a sweep told? As a table, as CSV and as one JSON document.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::choose::{Choice, Decision};
use super::grid::Cell;
use crate::compare::Values;
use crate::error::EvaluationError;
use crate::report::SCHEMA;
use crate::report::table::{number, row, table};
use crate::suite_run::{SuiteReport, Summary};

/// What a cell is worth. Nothing in it depends on how quick the machine was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellResult {
    /// What it tries.
    pub settings: Cell,
    /// Chunks of its index.
    pub chunks: u64,
    /// Questions that ended in an error.
    pub errors: usize,
    /// Tokens of the passages of a question, on average: what a model reads.
    pub passage_tokens: f64,
    /// Means over the questions that each measure applies to.
    pub means: BTreeMap<String, f64>,
    /// Means by tag.
    pub tags: BTreeMap<String, BTreeMap<String, f64>>,
    /// What each question is worth, by measure.
    pub values: Values,
}

impl CellResult {
    /// What came of a cell.
    pub fn new(settings: Cell, chunks: u64, report: &SuiteReport) -> Self {
        let means = |summary: &Summary| -> BTreeMap<String, f64> {
            summary.means.iter().map(|(measure, mean)| (measure.clone(), mean.mean)).collect()
        };
        let overall = means(&report.overall);
        Self {
            settings,
            chunks,
            errors: report.overall.errors,
            passage_tokens: overall.get(crate::outcome::PASSAGE_TOKENS).copied().unwrap_or(0.0),
            means: overall,
            tags: report.tags.iter().map(|(tag, summary)| (tag.clone(), means(summary))).collect(),
            values: report.values(),
        }
    }
}

/// The JSON of `siren eval sweep`; displayed it is a table.
#[derive(Clone, Debug, Serialize)]
pub struct SweepReport {
    schema: u32,
    suite: String,
    measure: String,
    folds: usize,
    seed: u64,
    /// The first is the present settings.
    pub cells: Vec<CellResult>,
    /// What comes of it.
    pub choice: Choice,
    #[serde(skip)]
    axes: Vec<String>,
}

/// Measures of the table, besides the one that is chosen by.
const FURTHER: [&str; 5] = ["nDCG@10", "R@5", "fact_recall", "abstention", "false_abstention"];

impl SweepReport {
    /// What a sweep found.
    pub fn new(suite: &str, grid: &super::grid::Grid, cells: Vec<CellResult>, choice: Choice) -> Self {
        Self {
            schema: SCHEMA,
            suite: suite.to_owned(),
            measure: grid.measure.clone(),
            folds: grid.folds,
            seed: grid.seed,
            cells,
            choice,
            axes: grid.axes.iter().map(|(key, _)| key.clone()).collect(),
        }
    }

    /// The settings that were tried.
    pub fn axes(&self) -> &[String] {
        &self.axes
    }

    /// What cells were chosen by.
    pub fn measure(&self) -> &str {
        &self.measure
    }

    /// The suite's name.
    pub fn suite(&self) -> &str {
        &self.suite
    }

    /// The table, its head first.
    pub(crate) fn table(&self) -> Vec<Vec<String>> {
        self.rows(&number)
    }

    /// A line for each cell.
    pub fn csv(&self) -> Result<String, EvaluationError> {
        let fail = |error: String| EvaluationError::Usage(format!("the table cannot be written: {error}"));
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in self.rows(&|value| value.to_string()) {
            writer.write_record(&row).map_err(|error| fail(error.to_string()))?;
        }
        let bytes = writer.into_inner().map_err(|error| fail(error.to_string()))?;
        String::from_utf8(bytes).map_err(|error| fail(error.to_string()))
    }

    fn rows(&self, told: &dyn Fn(f64) -> String) -> Vec<Vec<String>> {
        let measures: Vec<&str> = std::iter::once(self.measure.as_str())
            .chain(FURTHER.into_iter().filter(|further| *further != self.measure))
            .collect();
        let head =
            ["cell"].into_iter().chain(self.axes.iter().map(String::as_str)).chain(measures.iter().copied());
        let mut rows = vec![row(head.chain(["passage_tokens", "chunks", "errors"]))];
        for (at, cell) in self.cells.iter().enumerate() {
            let name = if at == 0 { "present".to_owned() } else { at.to_string() };
            let settings = self.axes.iter().map(|axis| value(cell, axis));
            let means =
                measures.iter().map(|m| cell.means.get(*m).map_or_else(String::new, |mean| told(*mean)));
            let rest = [told(cell.passage_tokens), cell.chunks.to_string(), cell.errors.to_string()];
            rows.push([name].into_iter().chain(settings).chain(means).chain(rest).collect());
        }
        rows
    }
}

/// A cell's setting, as a person writes it.
pub(crate) fn value(cell: &CellResult, axis: &str) -> String {
    match cell.settings.get(axis) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

impl fmt::Display for SweepReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Choice { winner, optimistic, nested, present, interval: [low, high], decision, why, .. } =
            &self.choice;
        writeln!(f, "{}: {} cells, chosen by {}\n", self.suite, self.cells.len(), self.measure)?;
        f.write_str(&table(&self.rows(&number)))?;
        let name = if *winner == 0 { "the present settings".to_owned() } else { format!("cell {winner}") };
        writeln!(f, "\nbest        {name}: {optimistic:.4} on the questions it was chosen on")?;
        writeln!(
            f,
            "nested      {nested:.4} on questions that were not chosen on ({} parts, seed {})",
            self.folds, self.seed
        )?;
        writeln!(f, "present     {present:.4}; nested less present: 95 % {low:+.4} to {high:+.4}")?;
        let told = match decision {
            Decision::Better | Decision::Cheaper => "promote",
            Decision::Stay => "stay",
        };
        writeln!(f, "{told:<11} {why}")
    }
}
