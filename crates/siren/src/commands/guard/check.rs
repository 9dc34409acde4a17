//! `siren guard check` and `siren guard lint`.

use std::ops::Range;

use serde_json::{Value, json};
use siren_domain::{Action, Verdict};
use siren_guard::{Judgement, Likely, Subject};

use crate::commands::Failure;
use crate::output::{self, Style};
use crate::rails::Meanings;
use crate::wiring::Wiring;

pub(super) async fn run(
    wiring: &Wiring,
    text: &str,
    groups: &[String],
    as_json: bool,
) -> Result<(), Failure> {
    let guard = wiring.guard_with_names().await?;
    let subject = Subject { text, groups, today: Some(crate::clock::today()), ..Subject::default() };
    let meant = Meanings::new(wiring.embedder()?).of(&guard, text).await;
    let judgement = guard.judge(&meant.add_to(subject));
    if as_json {
        return output::json(&document(text, &judgement)?);
    }
    let about = judgement.verdict.rule.as_deref().and_then(|rule| guard.about(rule));
    output::text(&told(text, &judgement, about, Style::of_stdout()))
}

fn document(text: &str, judgement: &Judgement<'_>) -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(&judgement.verdict)?;
    document["schema"] = json!(1);
    document["text"] = json!(text);
    let ids: Vec<&str> = judgement.applied.iter().map(|found| found.rule.id.as_str()).collect();
    document["matched_rules"] = json!(ids);
    let rules = judgement.applied.iter().map(|found| {
        json!({
            "rule": found.rule.id,
            "for": found.rule.purpose,
            "owner": found.rule.owner,
            "action": found.rule.action(),
            "line": found.rule.line,
            "lines": found.lines,
            "evidence": found.verdict.evidence,
            "places": found.places.iter().map(|place| json!([place.start, place.end])).collect::<Vec<_>>(),
        })
    });
    document["rules"] = Value::Array(rules.collect());
    document["likely"] = judgement.likely.as_ref().map_or(Value::Null, |likely| {
        let words =
            likely.words.iter().map(|(word, adds)| json!({ "word": &text[word.clone()], "adds": adds }));
        json!({ "topic": likely.topic, "odds": likely.odds, "words": words.collect::<Vec<_>>() })
    });
    document["question"] = json!(judgement.question);
    Ok(document)
}

/// Purpose, owner and line of what decided.
type About<'a> = Option<(&'a str, Option<&'a str>, usize)>;

fn told(text: &str, judgement: &Judgement<'_>, about: About<'_>, style: Style) -> String {
    let verdict = &judgement.verdict;
    let rule = verdict.rule.as_deref().unwrap_or("-");
    let mut out = format!("verdict   {}\nrule      {rule}\n", action_of(verdict));
    let decided = judgement.applied.iter().find(|found| Some(&found.rule.id) == verdict.rule.as_ref());
    if let Some((purpose, owner, line)) = about {
        let owner = owner.map_or_else(String::new, |owner| format!("; {owner} answers for it"));
        out.push_str(&format!("for       {purpose} (line {line}{owner})\n"));
    }
    if let Some(found) = decided {
        out.push_str(&format!("text      {}\n", highlighted(text, &found.places, style)));
        let lines: Vec<String> = found.lines.iter().map(ToString::to_string).collect();
        out.push_str(&format!("lines     {}\n", lines.join(", ")));
    }
    if !verdict.evidence.is_empty() {
        out.push_str(&format!("evidence  “{}”\n", output::harmless(&verdict.evidence.join("”, “"))));
    }
    if let Some(likely) = &judgement.likely {
        out.push_str(&format!("topic     {}\n", weighed(text, likely)));
    }
    match &verdict.action {
        Action::Narrow { years, events } => {
            out.push_str(&format!("years     {years:?}\n"));
            if !events.is_empty() {
                out.push_str(&format!("events    {}\n", events.join(", ")));
            }
        }
        action => {
            if let Some(said) = action.said() {
                out.push_str(&format!("message   {said}\n"));
            }
        }
    }
    if verdict.require_citations {
        out.push_str("also      citations are required\n");
    }
    if !verdict.personal.is_empty() {
        out.push_str(&format!("personal  {}\n", verdict.personal.join(", ")));
    }
    let others = judgement.applied.iter().map(|found| found.rule.id.as_str());
    let others: Vec<&str> = others.filter(|id| Some(*id) != verdict.rule.as_deref()).collect();
    if !others.is_empty() {
        out.push_str(&format!("also      {}\n", others.join(", ")));
    }
    out
}

/// The likeliest topic, and what speaks for it.
fn weighed(text: &str, likely: &Likely<'_>) -> String {
    let words = likely.words.iter().map(|(word, adds)| {
        format!("{} {adds:+.1}", output::harmless(text.get(word.clone()).unwrap_or_default()))
    });
    let words: Vec<String> = words.collect();
    format!("{} if any; log odds of any {:+.1}: {}", likely.topic, likely.odds, words.join(", "))
}

pub(super) fn action_of(verdict: &Verdict) -> &'static str {
    match &verdict.action {
        Action::Allow => "allow",
        Action::Refuse { .. } => "refuse",
        Action::Answer { .. } => "answer",
        Action::HandOver { .. } => "hand_over",
        Action::AskBack { .. } => "ask_back",
        Action::Narrow { .. } => "narrow",
    }
}

/// The text with the evidence marked: in colour on a terminal, between brackets elsewhere.
fn highlighted(text: &str, places: &[Range<usize>], style: Style) -> String {
    let (open, close) = if style.colour { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("[", "]") };
    let mut out = String::new();
    let mut from = 0;
    for place in places {
        let before = text.get(from..place.start).unwrap_or_default();
        let words = text.get(place.clone()).unwrap_or_default();
        out.push_str(&output::harmless(before));
        out.push_str(&format!("{open}{}{close}", output::harmless(words)));
        from = place.end;
    }
    out.push_str(&output::harmless(text.get(from..).unwrap_or_default()));
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn lint(wiring: &Wiring, as_json: bool) -> Result<(), Failure> {
    let guard = wiring.guard()?;
    let findings = guard.lint(Some(crate::clock::today()));
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    if as_json {
        let rows = findings.iter().map(|finding| {
            json!({
                "file": finding.file, "line": finding.line, "rule": finding.rule, "kind": finding.kind.name(),
                "error": finding.is_error(), "problem": finding.problem, "remedy": finding.remedy,
            })
        });
        let rows: Vec<Value> = rows.collect();
        output::json(
            &json!({ "schema": 1, "errors": errors, "warnings": rows.len() - errors, "findings": rows }),
        )?;
    } else {
        let lines: Vec<String> = findings.iter().map(|finding| format!("{finding}\n")).collect();
        output::text(&lines.concat())?;
        let rules = guard.rules().len();
        output::text(&format!("{rules} rules, {errors} errors, {} warnings\n", findings.len() - errors))?;
    }
    if errors > 0 {
        return Err(Failure::failed(format!("{errors} rules cannot do what they are for")));
    }
    Ok(())
}
