//! How is a BEIR folder's result told?

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::SCHEMA;
use super::table::{number, row, table};
use crate::beir::BeirFolder;
use crate::beir_run::AnswerContained;
use crate::measures::Measure;
use crate::score::Scores;

/// The JSON of `siren eval beir`; displayed it is a table.
#[derive(Clone, Debug, Serialize)]
pub struct BeirReport {
    schema: u32,
    dataset: String,
    documents: usize,
    queries: usize,
    missing: usize,
    measures: BTreeMap<Measure, f64>,
    answer_contained: Vec<AnswerContained>,
    timings_ms: BTreeMap<String, f64>,
    #[serde(skip)]
    order: Vec<Measure>,
}

impl BeirReport {
    /// What is known of the folder after a run. The timings are the caller's, by what took the time.
    pub fn new(
        folder: &BeirFolder,
        scores: &Scores,
        answer_contained: Vec<AnswerContained>,
        timings_ms: BTreeMap<String, f64>,
    ) -> Self {
        Self {
            schema: SCHEMA,
            dataset: folder.name.clone(),
            documents: folder.corpus.len(),
            queries: scores.queries,
            missing: scores.missing,
            measures: scores.mean.clone(),
            answer_contained,
            timings_ms,
            order: scores.measures.clone(),
        }
    }

    fn measure_rows(&self) -> Vec<Vec<String>> {
        let found = self.order.iter().filter_map(|m| Some((m, self.measures.get(m)?)));
        found.map(|(m, &value)| row([m.to_string(), number(value)])).collect()
    }

    fn time_rows(&self) -> Vec<Vec<String>> {
        let all: f64 = self.timings_ms.values().sum();
        let share = |ms: f64| if all > 0.0 { format!("{:.0} %", 100.0 * ms / all) } else { "-".to_owned() };
        let rows =
            self.timings_ms.iter().map(|(what, &ms)| row([what.clone(), format!("{ms:.0}"), share(ms)]));
        let all = row(["all".to_owned(), format!("{all:.0}"), String::new()]);
        std::iter::once(row(["step", "milliseconds", "share"])).chain(rows).chain([all]).collect()
    }

    fn answer_rows(&self) -> Vec<Vec<String>> {
        let head = row(["sentences", "contained", "exact", "F1", "chars", "queries", "failed"]);
        let rows = self.answer_contained.iter().map(|answers| {
            row([
                format!("at most {}", answers.max_sentences),
                number(answers.contained),
                number(answers.exact_match),
                number(answers.token_f1),
                number(answers.mean_chars),
                answers.queries.to_string(),
                answers.failed.to_string(),
            ])
        });
        std::iter::once(head).chain(rows).collect()
    }
}

impl fmt::Display for BeirReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dataset, documents, queries, missing, .. } = self;
        writeln!(f, "{dataset}: {documents} documents, {queries} queries, {missing} found nothing\n")?;
        f.write_str(&table(&self.measure_rows()))?;
        if !self.answer_contained.is_empty() {
            write!(f, "\nAnswers that contain an accepted one\n{}", table(&self.answer_rows()))?;
        }
        if !self.timings_ms.is_empty() {
            write!(f, "\n{}", table(&self.time_rows()))?;
        }
        Ok(())
    }
}
