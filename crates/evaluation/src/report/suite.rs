//! How is a suite's result told?

use serde::Serialize;

use super::SCHEMA;
use super::complaints::{badness, why};
use super::table::{number, row, table};
use crate::grounding::{CITATION_PRECISION, CITATION_RECALL, GROUNDEDNESS};
use crate::judge::{JUDGED_CORRECT, JUDGED_GROUNDED, JudgeReport};
use crate::measures::Measure;
use crate::outcome::{
    ABSTENTION, ABSTENTION_PRECISION, ANSWER_CHARS, ANSWER_TOKENS, CITATION_CORRECTNESS, COST, EXACT_MATCH,
    FACT_RECALL, FALSE_ABSTENTION, LEAKS, PASSAGE_TOKENS, REFUSED_BY_RULE, TOKEN_F1,
};
use crate::suite_run::{Latency, SuiteReport, Summary};

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
    let head = match report.latency_ms {
        Some(Latency { p50, p95, .. }) => {
            format!("{head}milliseconds: half below {p50:.1}, 95 % below {p95:.1}\n")
        }
        None => head,
    };
    let judge = report.judge.as_ref().map(judged).unwrap_or_default();
    let parts = [head, table(&overall_rows(&report.overall)), judge, by_tag(report), worst(report)];
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
    let further = [
        EXACT_MATCH,
        TOKEN_F1,
        CITATION_PRECISION,
        CITATION_RECALL,
        GROUNDEDNESS,
        ABSTENTION_PRECISION,
        JUDGED_CORRECT,
        JUDGED_GROUNDED,
        REFUSED_BY_RULE,
        LEAKS,
        ANSWER_TOKENS,
        PASSAGE_TOKENS,
        COST,
    ];
    let names = columns().into_iter().map(|(name, _)| name).chain(further.map(str::to_owned));
    for name in names {
        if let Some(mean) = overall.means.get(&name) {
            rows.push(row([name, number(mean.mean), mean.n.to_string()]));
        }
    }
    rows
}

/// How far a judge strays from itself and from the measures without one.
fn judged(report: &JudgeReport) -> String {
    let mut out = format!(
        "Judge {}: {} answers, {} times each, {} times without a grade\n",
        report.judge, report.answers, report.rounds, report.failures
    );
    if report.answers == 0 {
        // Zeros would read like grades.
        return out + "  it graded nothing: there is nothing to tell\n";
    }
    for (measure, spread) in &report.itself {
        let [low, high] = spread.range;
        out.push_str(&format!(
            "  {measure}: {:.4}; strays by {:.4} on one answer, {:.0} % of answers graded differently, means from {low:.4} to {high:.4}\n",
            spread.mean,
            spread.deviation,
            spread.changed * 100.0
        ));
    }
    let told = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    for of in &report.agreement {
        out.push_str(&format!(
            "  {} with {}: {:.0} % the same, kappa {}, correlation {} (n {})\n",
            of.judged,
            of.with,
            of.same * 100.0,
            told(of.kappa),
            told(of.correlation),
            of.n
        ));
    }
    out
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
    let told = report.questions.iter().filter_map(|q| Some((q, why(q)?.en)));
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
