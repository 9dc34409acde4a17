//! How is a comparison told?

use std::fmt;

use serde::Serialize;

use super::SCHEMA;
use super::table::{number, row, table};
use crate::compare::{Change, Comparison, Difference, Side};
use crate::significance::Chance;

/// So many queries are listed on each side.
const LISTED: usize = 10;

/// The JSON of `siren eval compare`; displayed it is a text.
#[derive(Clone, Debug, Serialize)]
pub struct CompareReport {
    schema: u32,
    a: String,
    b: String,
    seed: u64,
    permutations: usize,
    alpha: f64,
    test: &'static str,
    interval: &'static str,
    correction: &'static str,
    #[serde(flatten)]
    comparison: Comparison,
    /// One sentence a measure.
    verdicts: Vec<String>,
}

impl CompareReport {
    /// A comparison of two runs, by their names.
    pub fn new(a: String, b: String, comparison: Comparison, chance: Chance) -> Self {
        let told =
            |measure: &String| format!("{measure}: {}", verdict(&comparison.measures[measure], &a, &b));
        let verdicts = comparison.order.iter().map(told).collect();
        Self {
            schema: SCHEMA,
            seed: chance.seed,
            permutations: chance.rounds,
            alpha: chance.alpha,
            test: "paired randomisation, two-sided",
            interval: "paired bootstrap, BCa, 95 %",
            correction: "Holm, over the measures and, apart from them, over the tags",
            a,
            b,
            comparison,
            verdicts,
        }
    }
}

/// A p as papers write it: `.031`; what random signs cannot tell apart is a bound.
pub fn p_value(p: f64) -> String {
    match p {
        p if p < 0.001 => "< .001".to_owned(),
        p if p > 0.999 => "= 1.000".to_owned(),
        p => format!("= {p:.3}").replacen("= 0", "= ", 1),
    }
}

/// Who wins, or that nobody does.
pub fn verdict(difference: &Difference, a: &str, b: &str) -> String {
    let Difference { n, difference: by, interval: [low, high], p_corrected, winner, .. } = difference;
    let p = format!("p {}", p_value(*p_corrected));
    let told = format!("B - A {by:+.4}, 95 % {low:+.4} to {high:+.4}, {n} queries");
    match winner {
        Some(Side::A) => format!("{a} is better: {p} ({told})"),
        Some(Side::B) => format!("{b} is better: {p} ({told})"),
        None => format!("no winner: {p} ({told})"),
    }
}

impl fmt::Display for CompareReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { a, b, comparison, .. } = self;
        writeln!(f, "A  {a}\nB  {b}\n")?;
        f.write_str(&table(&rows(comparison)))?;
        writeln!(f)?;
        for told in &self.verdicts {
            writeln!(f, "{told}")?;
        }
        if !comparison.tags.is_empty() {
            write!(f, "\n{}", table(&tag_rows(comparison)))?;
        }
        for measure in &comparison.order {
            let difference = &comparison.measures[measure];
            write!(f, "{}", listed(measure, "B wins", &difference.wins))?;
            write!(f, "{}", listed(measure, "A wins", &difference.losses))?;
        }
        let (rounds, seed) = (self.permutations, self.seed);
        writeln!(
            f,
            "\n{} ({rounds} permutations, seed {seed}); interval: {}; p corrected by {}",
            self.test, self.interval, self.correction
        )
    }
}

fn cells(difference: &Difference) -> Vec<String> {
    let Difference { n, mean_a, mean_b, difference: by, p, p_corrected, wins, losses, ties, .. } = difference;
    let winner = match difference.winner {
        Some(Side::A) => "A",
        Some(Side::B) => "B",
        None => "-",
    };
    row([
        number(*mean_a),
        number(*mean_b),
        format!("{by:+.4}"),
        format!("{p:.4}"),
        format!("{p_corrected:.4}"),
        wins.len().to_string(),
        losses.len().to_string(),
        ties.to_string(),
        n.to_string(),
        winner.to_owned(),
    ])
}

const HEAD: [&str; 10] = ["A", "B", "B - A", "p", "p corr.", "B wins", "A wins", "ties", "n", "winner"];

fn rows(comparison: &Comparison) -> Vec<Vec<String>> {
    let mut rows = vec![[row(["measure"]), row(HEAD)].concat()];
    for measure in &comparison.order {
        rows.push([row([measure]), cells(&comparison.measures[measure])].concat());
    }
    rows
}

fn tag_rows(comparison: &Comparison) -> Vec<Vec<String>> {
    let mut rows = vec![[row(["tag, measure"]), row(HEAD)].concat()];
    for (tag, measures) in &comparison.tags {
        for measure in comparison.order.iter().filter(|measure| measures.contains_key(*measure)) {
            rows.push([row([format!("{tag}, {measure}")]), cells(&measures[measure])].concat());
        }
    }
    rows
}

fn listed(measure: &str, title: &str, changes: &[Change]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let more = changes.len().saturating_sub(LISTED);
    let lines = changes.iter().take(LISTED);
    let lines = lines.map(|c| format!("  {}  {} -> {}\n", c.query, number(c.a), number(c.b)));
    let more = if more > 0 { format!("  and {more} more (--json lists them)\n") } else { String::new() };
    format!("\n{measure}, {title}\n{}{more}", lines.collect::<String>())
}
