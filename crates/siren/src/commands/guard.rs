//! `siren guard check`.

use serde_json::json;
use siren_domain::{Action, Verdict};

use super::Failure;
use crate::cli::GuardCommand;
use crate::output;
use crate::wiring::Wiring;

pub(super) fn run(wiring: &Wiring, command: GuardCommand) -> Result<(), Failure> {
    let GuardCommand::Check { text, json } = command;
    let guard = wiring.guard()?;
    let verdict = guard.check(&text);
    let matched = guard.explain(&text);
    let matched: Vec<&str> = matched.iter().map(|found| found.rule.id.as_str()).collect();
    if json.json {
        let mut document = serde_json::to_value(&verdict)?;
        document["schema"] = json!(1);
        document["text"] = json!(text);
        document["matched_rules"] = json!(matched);
        return output::json(&document);
    }
    output::text(&told(&verdict, &matched))
}

fn told(verdict: &Verdict, matched: &[&str]) -> String {
    let rule = verdict.rule.as_deref().unwrap_or("-");
    let evidence = verdict.evidence.join("”, “");
    let why = if evidence.is_empty() { String::new() } else { format!("\nevidence  “{evidence}”") };
    let others: Vec<&str> =
        matched.iter().copied().filter(|id| Some(*id) != verdict.rule.as_deref()).collect();
    let also = if others.is_empty() { String::new() } else { format!("\nalso      {}", others.join(", ")) };
    let (action, said) = match &verdict.action {
        Action::Allow => ("allow", String::new()),
        Action::Refuse { message } => ("refuse", format!("\nmessage   {message}")),
        Action::Answer { message } => ("answer", format!("\nmessage   {message}")),
        Action::Narrow { years } => ("narrow", format!("\nyears     {years:?}")),
    };
    format!("verdict   {action}\nrule      {rule}{why}{said}{also}\n")
}
