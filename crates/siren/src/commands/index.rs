//! `siren index`: generations.

use serde_json::json;
use siren_domain::gate::GateOutcome;
use siren_domain::ports::{Generation, Store, StoreError};

use super::Failure;
use crate::cli::IndexCommand;
use crate::evaluating::prune_records;
use crate::output;
use crate::wiring::Wiring;

pub(super) async fn run(wiring: &Wiring, command: IndexCommand) -> Result<(), Failure> {
    if let IndexCommand::Copy { from, to, json } = command {
        return super::copy::run(wiring, (from, to), json.json).await;
    }
    let store = wiring.store()?;
    match command {
        IndexCommand::Copy { .. } => Ok(()),
        IndexCommand::List(args) => list(store.as_ref(), args.json).await,
        IndexCommand::Show(args) => show(store.as_ref(), args.json).await,
        IndexCommand::Rollback { number } => rollback(store.as_ref(), number).await,
        IndexCommand::Prune { keep } => {
            let keep = keep.unwrap_or(wiring.settings.settings.index.keep_generations);
            let removed = store.prune(keep).await?;
            let there: Vec<u64> = store.generations().await?.iter().map(|g| g.number).collect();
            prune_records(wiring.state(), &there)?;
            output::text(&format!("removed {} generations {removed:?}\n", removed.len()))
        }
    }
}

async fn as_json(
    store: &dyn Store,
    generation: &Generation,
    live: bool,
) -> Result<serde_json::Value, Failure> {
    let mut value = serde_json::to_value(generation)?;
    value["live"] = json!(live);
    if let Some(note) = store.gate_of(generation.number).await? {
        value["gate"] = serde_json::to_value(note)?;
    }
    Ok(value)
}

/// What the gate said, in the line of a generation.
async fn gated(store: &dyn Store, number: u64) -> Result<&'static str, Failure> {
    Ok(match store.gate_of(number).await?.map(|note| note.outcome) {
        None => "",
        Some(GateOutcome::Passed) => "  gate passed",
        Some(GateOutcome::Refused) => "  gate refused",
        Some(GateOutcome::Skipped) => "  gate not asked",
    })
}

async fn list(store: &dyn Store, json: bool) -> Result<(), Failure> {
    let live = store.live().await?.map(|live| live.number);
    let generations = store.generations().await?;
    if json {
        let mut rows = Vec::new();
        for generation in &generations {
            rows.push(as_json(store, generation, Some(generation.number) == live).await?);
        }
        return output::json(&json!({ "schema": 1, "generations": rows }));
    }
    if generations.is_empty() {
        return output::text("there is no index yet: run `siren reindex`\n");
    }
    let mut out =
        format!("{:>10}  {:<20}  {:>9}  {:>8}  made by\n", "generation", "created", "documents", "chunks");
    for g in &generations {
        let mark = if Some(g.number) == live { "* " } else { "" };
        let created = g.created_at.split('.').next().unwrap_or_default();
        out.push_str(&format!(
            "{:>10}  {created:<20}  {:>9}  {:>8}  {}, {}{}\n",
            format!("{mark}{}", g.number),
            g.documents,
            g.chunks,
            g.identity.analyser,
            g.identity.chunker,
            gated(store, g.number).await?
        ));
    }
    output::text(&out)
}

async fn show(store: &dyn Store, json: bool) -> Result<(), Failure> {
    let live = store.live().await?.ok_or(StoreError::NoIndex)?;
    let mut documents = Vec::new();
    store.documents(live.number, &mut |document| documents.push(document)).await?;
    documents.sort_by(|a, b| a.id.cmp(&b.id));
    if json {
        let generation = as_json(store, &live, true).await?;
        return output::json(&json!({ "schema": 1, "generation": generation, "documents": documents }));
    }
    let mut out =
        format!("generation {}: {} documents, {} chunks\n", live.number, live.documents, live.chunks);
    for document in documents {
        let line = format!("{:>4} chunks  {}  {}", document.chunks, document.id, document.title);
        out.push_str(&format!("{}\n", output::harmless(&line).replace('\n', " ")));
    }
    output::text(&out)
}

async fn rollback(store: &dyn Store, number: Option<u64>) -> Result<(), Failure> {
    let number = match number {
        // Not asked which one is live: this is also how a damaged pointer is made good.
        Some(number) => number,
        None => {
            let live = store.live().await?.map(|live| live.number);
            let generations = store.generations().await?;
            let mut earlier = None;
            for generation in generations.iter().filter(|g| Some(g.number) < live) {
                let refused = store
                    .gate_of(generation.number)
                    .await?
                    .is_some_and(|n| n.outcome == GateOutcome::Refused);
                earlier = if refused { earlier } else { Some(generation) };
            }
            earlier
                .map(|g| g.number)
                .ok_or_else(|| Failure::usage("there is no earlier generation to go back to"))?
        }
    };
    store.promote(number).await?;
    output::text(&format!("generation {number} is live\n"))
}
