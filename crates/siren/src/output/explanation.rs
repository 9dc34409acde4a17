//! How an answer came about: `siren ask --explain`.

use serde_json::{Value, json};
use siren_domain::document::EVERYONE;
use siren_domain::ports::Fate;
use siren_domain::{Answer, Confidence, Explanation, Linked, LinkedBy, Mended, Passage, Signals, Understood};

use super::harmless;

/// For programs: null when a rule answered.
pub(crate) fn as_json(answer: &Answer) -> serde_json::Result<Value> {
    let Some(explanation) = &answer.explanation else { return Ok(Value::Null) };
    let Explanation { terms, fates, groups, other_years, other_events, confidence } = explanation;
    let chosen = answer.passages.iter().zip(fates).map(|(passage, fate)| {
        let mut told = serde_json::to_value(fate)?;
        told["chunk_id"] = json!(passage.chunk.id);
        told["tokens"] = json!(passage.chunk.tokens);
        told["parts"] = serde_json::to_value(passage.parts)?;
        told["score"] = json!(passage.score);
        Ok(told)
    });
    let passages: Vec<Value> = chosen.collect::<serde_json::Result<_>>()?;
    let groups = whose(groups);
    Ok(json!({
        "terms": terms,
        "groups": groups,
        "passages": passages,
        "widened": { "years": other_years, "events": other_events },
        "confidence": confidence,
    }))
}

/// For people.
pub(crate) fn for_reading(answer: &Answer) -> String {
    let Some(explanation) = &answer.explanation else {
        return "  a rule answered: nothing was looked for\n".into();
    };
    let mut out = String::new();
    if let Some(Understood { standalone, years, facets, named, mended, parts, absent, .. }) =
        &answer.understood
    {
        out.push_str(&format!("  asked     {}\n", harmless(standalone)));
        if !years.is_empty() {
            let years: Vec<String> = years.iter().map(u16::to_string).collect();
            out.push_str(&format!("  years     {}\n", years.join(" ")));
        }
        if !named.is_empty() {
            out.push_str(&format!("  names     {}\n", harmless(&named.join(", "))));
        }
        for Mended { typed, meant } in mended {
            out.push_str(&format!("  taken for {} -> {}\n", harmless(typed), harmless(meant)));
        }
        if !absent.is_empty() {
            out.push_str(&format!("  of nobody {}\n", harmless(&absent.join(", "))));
        }
        for part in parts {
            out.push_str(&format!("  part      {}\n", harmless(part)));
        }
        for any in facets {
            out.push_str(&format!("  only      {}\n", harmless(&any.join(" or "))));
        }
    }
    out.push_str(&format!("  groups    {}\n", harmless(&whose(&explanation.groups).join(" "))));
    let term = |term: &siren_domain::ports::TermWeight| match term.known {
        true => format!("{} {:.1}", harmless(&term.term), term.idf),
        false => format!("{} not in the index", harmless(&term.term)),
    };
    let terms: Vec<String> = explanation.terms.iter().map(term).collect();
    out.push_str(&format!("  terms     {}\n", terms.join(", ")));
    out.push_str(&found(explanation));
    out.push('\n');
    for (at, (passage, fate)) in answer.passages.iter().zip(&explanation.fates).enumerate() {
        out.push_str(&format!("  {:>2}  {}\n", at + 1, line(passage, *fate)));
        for linked in answer.linked.iter().filter(|linked| linked.passage == at) {
            out.push_str(&format!("       + {}\n", with_it(linked)));
        }
    }
    out
}

/// Whether what was asked for was given up, and how surely what was found answers.
fn found(explanation: &Explanation) -> String {
    let mut out = String::new();
    for (what, given_up) in [("year", explanation.other_years), ("event", explanation.other_events)] {
        if given_up {
            out.push_str(&format!("  widened   nothing is of the {what} asked for: of others, then\n"));
        }
    }
    for Confidence { question, confidence, needed, features } in &explanation.confidence {
        let features: Vec<String> =
            features.iter().map(|(name, value)| format!("{name} {value:.2}")).collect();
        let features = features.join("  ");
        let question = harmless(question);
        out.push_str(&format!("  answered  {confidence:.2} of {needed:.2} needed  {features}  {question}\n"));
    }
    out
}

/// What comes with a passage.
fn with_it(linked: &Linked) -> String {
    let why = match linked.by {
        LinkedBy::Key => "has its key",
        LinkedBy::Name => "is named",
        LinkedBy::Neighbour => "stands beside it",
    };
    let chunk = &linked.counterpart.chunk;
    let fate = match linked.in_context {
        true => "the answer is made from it",
        false => "left out: it is among the passages, or the tokens were spent",
    };
    let (id, evidence) = (harmless(&chunk.id), harmless(&linked.evidence));
    format!("{id}  {why} ({evidence})  {} tokens  {fate}", chunk.tokens)
}

/// Everyone is in one group.
fn whose(groups: &[String]) -> Vec<&str> {
    let mut all = vec![EVERYONE];
    all.extend(groups.iter().map(String::as_str).filter(|group| *group != EVERYONE));
    all
}

/// What the closer look saw.
fn seen(signals: &Signals) -> String {
    format!(
        "  covers {:.2}  together {:.2}  pairs {:.2}  stretch {:.2}  title {:.2}  named {:.2}  lacks {:.2}",
        signals.coverage,
        signals.together,
        signals.pairs,
        signals.stretch,
        signals.title,
        signals.named,
        signals.missing
    )
}

fn line(passage: &Passage, fate: Fate) -> String {
    let parts = &passage.parts;
    let mut score = format!("score {:.3}  terms {:.2}", passage.score, parts.lexical);
    for (name, part) in [("meaning", parts.dense), ("closer", parts.closer), ("reranked", parts.reranked)] {
        score.push_str(&part.map(|part| format!("  {name} {part:.2}")).unwrap_or_default());
    }
    score.push_str(&parts.signals.map(|signals| seen(&signals)).unwrap_or_default());
    let fate = match fate {
        Fate::InContext => "the answer is made from it".to_owned(),
        Fate::Repeats { passage } => format!("left out: it repeats {}", passage + 1),
        Fate::OverBudget => "left out: the tokens were spent (`retrieval.context_tokens`)".to_owned(),
        Fate::OtherYears => "left out: it is about other years".to_owned(),
        Fate::OtherEvents => "left out: it is of another event".to_owned(),
    };
    format!("{}  {score}  {} tokens  {fate}", harmless(&passage.chunk.id), passage.chunk.tokens)
}
