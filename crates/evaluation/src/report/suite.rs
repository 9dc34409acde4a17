//! How is a suite's result told?

use serde::Serialize;

use super::SCHEMA;
use super::table::{number, row, table};
use crate::measures::Measure;
use crate::outcome::{
    ABSTENTION, ANSWER_CHARS, CITATION_CORRECTNESS, FACT_RECALL, FALSE_ABSTENTION, QuestionOutcome,
};
use crate::suite_run::{SuiteReport, Summary};

/// So many of the worst questions are listed: what a person looks through in one go.
const LISTED: usize = 15;

/// The JSON of `siren eval run`.
#[derive(Clone, Debug, Serialize)]
pub struct SuiteDocument<'a> {
    schema: u32,
    #[serde(flatten)]
    report: &'a SuiteReport,
}

impl<'a> SuiteDocument<'a> {
    /// The report with its version.
    pub fn new(report: &'a SuiteReport) -> Self {
        Self { schema: SCHEMA, report }
    }
}

/// Means over all, means by tag, and the worst questions.
pub fn suite_text(report: &SuiteReport) -> String {
    let generations = report.generations.iter().map(ToString::to_string).collect::<Vec<_>>();
    let models = report.models.iter().cloned().collect::<Vec<_>>();
    let head = format!(
        "{}: {} questions, {} without an answer because of an error\ngeneration {}, answers by {}\n",
        report.suite,
        report.overall.n,
        report.overall.errors,
        or_none(&generations),
        or_none(&models),
    );
    let parts = [head, table(&overall_rows(&report.overall)), by_tag(report), worst(report)];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n")
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// Measures in the order of a report, each with a short name for the head of a column.
fn columns() -> Vec<(String, String)> {
    let ranking = Measure::USUAL.map(|measure| (measure.to_string(), measure.to_string()));
    let answers = [
        (FACT_RECALL, "facts"),
        (CITATION_CORRECTNESS, "citations"),
        (ABSTENTION, "abstained"),
        (FALSE_ABSTENTION, "wrongly"),
        (ANSWER_CHARS, "chars"),
    ];
    let answers = answers.map(|(name, short)| (name.to_owned(), short.to_owned()));
    ranking.into_iter().chain(answers).collect()
}

fn overall_rows(overall: &Summary) -> Vec<Vec<String>> {
    let mut rows = vec![row(["measure", "mean", "n"])];
    for (name, _) in columns() {
        if let Some(mean) = overall.means.get(&name) {
            rows.push(row([name, number(mean.mean), mean.n.to_string()]));
        }
    }
    rows
}

fn by_tag(report: &SuiteReport) -> String {
    if report.tags.is_empty() {
        return String::new();
    }
    let columns = columns();
    let mut head = row(["tag (mean/n)"]);
    head.extend(columns.iter().map(|(_, short)| short.clone()));
    let mut rows = vec![head];
    for (tag, summary) in &report.tags {
        let cells = columns.iter().map(|(name, _)| match summary.means.get(name) {
            Some(mean) => format!("{}/{}", number(mean.mean), mean.n),
            None => "-".to_owned(),
        });
        rows.push(row([tag.clone()].into_iter().chain(cells)));
    }
    table(&rows)
}

fn worst(report: &SuiteReport) -> String {
    let told = report.questions.iter().filter_map(|q| Some((q, complaint(q)?)));
    let mut told: Vec<_> = told.collect();
    told.sort_by(|(a, _), (b, _)| badness(a).total_cmp(&badness(b)));
    if told.is_empty() {
        return String::new();
    }
    let more = told.len().saturating_sub(LISTED);
    let lines = told.iter().take(LISTED).map(|(question, complaint)| {
        let text = question.text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}  {text}\n    {complaint}\n", question.id)
    });
    let mut out = format!("Worst questions\n{}", lines.collect::<String>());
    if more > 0 {
        out.push_str(&format!("and {more} more\n"));
    }
    out
}

/// What is wrong with a question's answer, if anything.
fn complaint(question: &QuestionOutcome) -> Option<String> {
    let withheld = question.abstained || question.refused_by.is_some();
    match question {
        QuestionOutcome { error: Some(error), .. } => Some(format!("error: {error}")),
        QuestionOutcome { answerable: false, .. } if !withheld => {
            Some("answered, though no document tells".to_owned())
        }
        QuestionOutcome { answerable: false, .. } => None,
        QuestionOutcome { refused_by: Some(rule), .. } => Some(format!("stopped by the rule {rule}")),
        _ if withheld => Some("not answered, though a document tells".to_owned()),
        _ if question.missed_facts.is_empty() => None,
        _ => Some(format!("not said: {}", question.missed_facts.join("; "))),
    }
}

/// Errors first, then answers where none belonged and none where one belonged, then the fewest facts.
fn badness(question: &QuestionOutcome) -> f64 {
    let withheld = question.abstained || question.refused_by.is_some();
    if question.error.is_some() {
        -2.0
    } else if withheld == question.answerable {
        -1.0
    } else {
        question.values.get(FACT_RECALL).copied().unwrap_or(1.0)
    }
}
