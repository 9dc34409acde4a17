//! `siren guard test`: the rules on cases with known outcomes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::{Value, json};
use siren_domain::Action;
use siren_guard::{Guard, Judgement};

use super::cases::{self, Case, Expect, Limits};
use crate::cli::GuardTestArgs;
use crate::commands::Failure;
use crate::output;
use crate::rails::{Meanings, Meant};
use crate::wiring::Wiring;

/// The 97.5th percentile of the normal distribution: intervals of 95 %.
const Z: f64 = 1.959_964;

pub(super) async fn run(wiring: &Wiring, args: &GuardTestArgs) -> Result<(), Failure> {
    let suite = cases::read(&args.cases)?;
    let begun = Instant::now();
    let guard = wiring.guard_with_names().await?;
    let load_ms = begun.elapsed().as_secs_f64() * 1e3;
    let meanings = Meanings::new(wiring.embedder()?);
    let trial = Trial::of(&guard, &meanings, &suite.cases, usize::from(args.repeat)).await;
    let limits = Limits {
        min_attack_block: args.min_attack_block.or(suite.limits.min_attack_block),
        max_false_block: args.max_false_block.or(suite.limits.max_false_block),
        min_line_coverage: args.min_line_coverage.or(suite.limits.min_line_coverage),
    };
    let missed = trial.missed(limits);
    if args.json.json {
        let mut document = trial.document();
        document["load_ms"] = json!(load_ms);
        document["missed_limits"] = json!(missed);
        output::json(&document)?;
    } else {
        output::text(&trial.told(load_ms))?;
    }
    match missed.as_slice() {
        [] => Ok(()),
        missed => Err(Failure { message: missed.join("; "), code: 3 }),
    }
}

/// So many of so many, with Wilson's interval of 95 %.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rate {
    hits: usize,
    of: usize,
}

impl Rate {
    pub(super) fn count(&mut self, hit: bool) {
        self.of += 1;
        self.hits += usize::from(hit);
    }

    fn value(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.hits as f64 / self.of as f64 }
    }

    fn interval(self) -> (f64, f64) {
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (n, p) = (self.of as f64, self.value());
        let centre = p + Z * Z / (2.0 * n);
        let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        (((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0))
    }

    fn json(self) -> Value {
        let (low, high) = self.interval();
        json!({ "value": self.value(), "low": low, "high": high, "hits": self.hits, "of": self.of })
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (low, high) = self.interval();
        write!(f, "{:.3}  [{low:.3}, {high:.3}]  {} of {}", self.value(), self.hits, self.of)
    }
}

/// What should be found and what was.
struct Coverage {
    all: Vec<(String, usize)>,
    hit: BTreeSet<(String, usize)>,
}

impl Coverage {
    fn rate(&self) -> Rate {
        Rate { hits: self.all.iter().filter(|one| self.hit.contains(*one)).count(), of: self.all.len() }
    }

    fn never(&self) -> Vec<&(String, usize)> {
        self.all.iter().filter(|one| !self.hit.contains(*one)).collect()
    }

    fn json(&self) -> Value {
        let never: Vec<Value> =
            self.never().iter().map(|(rule, line)| json!({ "rule": rule, "line": line })).collect();
        json!({ "hit": self.rate().hits, "of": self.all.len(), "never": never })
    }
}

/// A case that did not come out as it should.
struct Wrong<'a> {
    case: &'a Case,
    got: Expect,
    rule: Option<String>,
    evidence: Vec<String>,
}

struct Trial<'a> {
    attacks: Rate,
    stopped: Rate,
    by_expectation: BTreeMap<&'static str, Rate>,
    by_kind: BTreeMap<String, Rate>,
    wrong: Vec<Wrong<'a>>,
    rules: Coverage,
    lines: Coverage,
    steps: Coverage,
    micros: Vec<f64>,
}

impl<'a> Trial<'a> {
    async fn of(guard: &Guard, meanings: &Meanings, cases: &'a [Case], repeat: usize) -> Self {
        let covers = |all: Vec<(String, usize)>| Coverage { all, hit: BTreeSet::new() };
        let owned = |(id, line): (&str, usize)| (id.to_owned(), line);
        let on_input = |rule: &&siren_guard::Rule| rule.rails.contains(&siren_guard::Rail::Input);
        let mut trial = Self {
            attacks: Rate::default(),
            stopped: Rate::default(),
            by_expectation: BTreeMap::new(),
            by_kind: BTreeMap::new(),
            wrong: Vec::new(),
            rules: covers(
                guard.rules().iter().filter(on_input).map(|rule| (rule.id.clone(), rule.line)).collect(),
            ),
            lines: covers(guard.input_lines().into_iter().map(owned).collect()),
            steps: covers(
                guard
                    .steps()
                    .into_iter()
                    .map(|(flow, slot, line)| (format!("{flow}.{slot}"), line))
                    .collect(),
            ),
            micros: Vec::new(),
        };
        for case in cases {
            let meant = meanings.of(guard, &case.text).await;
            trial.judge(guard, case, &meant, repeat);
        }
        trial.micros.sort_by(f64::total_cmp);
        trial
    }

    fn judge(&mut self, guard: &Guard, case: &'a Case, meant: &Meant, repeat: usize) {
        let history = case.turns();
        let subject = meant.add_to(case.subject(&history));
        let mut judgement = Judgement::default();
        for _ in 0..repeat {
            let begun = Instant::now();
            judgement = guard.judge(&subject);
            self.micros.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        self.cover(guard, &judgement);
        let got = outcome(&judgement);
        let rule_is_right = case.rule.is_none() || case.rule == judgement.verdict.rule;
        let right = is_right(case.expect, got) && rule_is_right;
        if case.expect == Expect::Block {
            self.attacks.count(got == Expect::Block);
        } else {
            let meant = case.expect == got;
            self.stopped.count(!meant && matches!(got, Expect::Block | Expect::Answer | Expect::AskBack));
        }
        self.by_expectation.entry(case.expect.name()).or_default().count(right);
        self.by_kind.entry(format!("{} {}", case.expect.name(), case.kind)).or_default().count(right);
        if !right {
            let verdict = &judgement.verdict;
            self.wrong.push(Wrong {
                case,
                got,
                rule: verdict.rule.clone(),
                evidence: verdict.evidence.clone(),
            });
        }
    }

    fn cover(&mut self, guard: &Guard, judgement: &Judgement<'_>) {
        for applied in &judgement.applied {
            self.rules.hit.insert((applied.rule.id.clone(), applied.rule.line));
        }
        let found = self.lines.all.iter().filter(|(_, line)| judgement.lines.contains(line));
        self.lines.hit.extend(found.cloned());
        if let Action::AskBack { message } = &judgement.verdict.action {
            let asked = guard.step_asking(judgement.verdict.rule.as_deref().unwrap_or_default(), message);
            self.steps.hit.extend(asked.map(|(flow, slot, line)| (format!("{flow}.{slot}"), line)));
        }
    }

    /// The limits that were not reached, in words.
    fn missed(&self, limits: Limits) -> Vec<String> {
        let mut missed = Vec::new();
        if let Some(least) = limits.min_attack_block.filter(|least| self.attacks.value() < *least) {
            missed.push(format!(
                "only {:.3} of the attacks were blocked, at least {least} should be",
                self.attacks.value()
            ));
        }
        if let Some(most) = limits.max_false_block.filter(|most| self.stopped.value() > *most) {
            missed.push(format!(
                "{:.3} of the rest were stopped, at most {most} should be",
                self.stopped.value()
            ));
        }
        let covered = self.lines.rate().value();
        if let Some(least) = limits.min_line_coverage.filter(|least| covered < *least) {
            missed
                .push(format!("only {covered:.3} of the lines were ever found, at least {least} should be"));
        }
        missed
    }

    fn percentile(&self, share: f64) -> f64 {
        let at = (self.micros.len() as f64 * share).ceil() as usize;
        self.micros.get(at.saturating_sub(1)).copied().unwrap_or_default()
    }

    fn document(&self) -> Value {
        let rates = |rates: &mut dyn Iterator<Item = (String, Rate)>| -> serde_json::Map<String, Value> {
            rates.map(|(name, rate)| (name, rate.json())).collect()
        };
        let wrong = self.wrong.iter().map(|wrong| {
            json!({
                "_id": wrong.case.id, "text": wrong.case.text, "kind": wrong.case.kind, "expect": wrong.case.expect.name(),
                "got": wrong.got.name(), "rule": wrong.rule, "evidence": wrong.evidence,
            })
        });
        json!({
            "schema": 1,
            "cases": self.attacks.of + self.stopped.of,
            "attack_block": self.attacks.json(),
            "false_block": self.stopped.json(),
            "right_by_expectation": rates(&mut self.by_expectation.iter().map(|(name, rate)| ((*name).to_owned(), *rate))),
            "right_by_kind": rates(&mut self.by_kind.iter().map(|(name, rate)| (name.clone(), *rate))),
            "wrong": wrong.collect::<Vec<_>>(),
            "coverage": { "rules": self.rules.json(), "lines": self.lines.json(), "steps": self.steps.json() },
            "latency_us": { "p50": self.percentile(0.5), "p99": self.percentile(0.99), "max": self.percentile(1.0) },
        })
    }

    fn told(&self, load_ms: f64) -> String {
        let mut out = String::new();
        for wrong in &self.wrong {
            let rule = wrong.rule.as_deref().unwrap_or("-");
            let (expect, got) = (wrong.case.expect.name(), wrong.got.name());
            let evidence = wrong.evidence.join("”, “");
            let text = output::harmless(&wrong.case.text);
            out.push_str(&format!(
                "{} {}: {expect} expected, {got} by {rule} on “{evidence}”: {text}\n",
                wrong.case.id, wrong.case.kind
            ));
        }
        for (what, coverage) in [("rule", &self.rules), ("line", &self.lines), ("step", &self.steps)] {
            let never: Vec<String> =
                coverage.never().iter().map(|(rule, line)| format!("{rule}:{line}")).collect();
            if !never.is_empty() {
                out.push_str(&format!("never found, {what}  {}\n", never.join(" ")));
            }
        }
        out.push_str(&format!("attacks blocked   {}\n", self.attacks));
        out.push_str(&format!("others stopped    {}\n", self.stopped));
        for (name, rate) in &self.by_expectation {
            out.push_str(&format!("right, {name:<9}  {rate}\n"));
        }
        for (what, coverage) in [("rules", &self.rules), ("lines", &self.lines), ("steps", &self.steps)] {
            let rate = coverage.rate();
            out.push_str(&format!("{what} found       {} of {}\n", rate.hits, rate.of));
        }
        out.push_str(&format!(
            "latency           p50 {:.0} us, p99 {:.0} us, max {:.0} us; loaded in {load_ms:.0} ms\n",
            self.percentile(0.5),
            self.percentile(0.99),
            self.percentile(1.0)
        ));
        out
    }
}

/// What became of a text.
fn outcome(judgement: &Judgement<'_>) -> Expect {
    match &judgement.verdict.action {
        Action::Refuse { .. } | Action::HandOver { .. } => Expect::Block,
        Action::Answer { .. } => Expect::Answer,
        Action::AskBack { .. } => Expect::AskBack,
        Action::Allow | Action::Narrow { .. } if !judgement.verdict.personal.is_empty() => Expect::Mask,
        Action::Narrow { .. } => Expect::Narrow,
        Action::Allow => Expect::Allow,
    }
}

/// Whether a text is refused or handed over.
pub(super) fn blocks(judgement: &Judgement<'_>) -> bool {
    outcome(judgement) == Expect::Block
}

/// A question that is only narrowed is allowed all the same.
fn is_right(expect: Expect, got: Expect) -> bool {
    expect == got || (expect == Expect::Allow && got == Expect::Narrow)
}

#[cfg(test)]
mod tests {
    use super::Rate;

    #[test]
    fn intervals_are_wilsons() {
        // Computed with statsmodels' proportion_confint(method="wilson").
        let cases = [
            (Rate { hits: 95, of: 100 }, 0.8882, 0.9785),
            (Rate { hits: 0, of: 10 }, 0.0, 0.2775),
            (Rate { hits: 10, of: 10 }, 0.7225, 1.0),
            (Rate { hits: 0, of: 0 }, 0.0, 1.0),
        ];
        for (rate, low, high) in cases {
            let (found_low, found_high) = rate.interval();
            assert!((found_low - low).abs() < 1e-3 && (found_high - high).abs() < 1e-3, "{rate}");
        }
    }
}
