//! `siren eval draft`.

use std::collections::BTreeMap;

use siren_domain::Chunk;
use siren_domain::ports::{Among, StoreError};
use siren_evaluation::suite::draft;

use crate::commands::{Failure, serve};
use crate::output;
use crate::wiring::Wiring;

/// Drafts of one document: more are the same question again.
const OF_ONE: usize = 3;

pub(super) async fn run(wiring: &Wiring, sources: &[String], limit: usize) -> Result<(), Failure> {
    serve::index_if_none(wiring).await?;
    let store = wiring.store()?;
    let live = store.live().await?.ok_or(StoreError::NoIndex)?;
    let mut documents: BTreeMap<String, Vec<Chunk>> = BTreeMap::new();
    let wanted = |chunk: &Chunk| sources.is_empty() || sources.contains(&chunk.document.source);
    let mut add = |chunk: Chunk| {
        if wanted(&chunk) {
            documents.entry(chunk.document.id.to_string()).or_default().push(chunk);
        }
    };
    store.chunks(live.number, &Among::All, &mut add).await?;
    if documents.is_empty() && !sources.is_empty() {
        let message =
            format!("the index has nothing from {}: `siren config` lists the sources", sources.join(", "));
        return Err(Failure::usage(message));
    }
    let mut lines = String::new();
    let mut drafted = 0;
    for chunks in documents.values_mut() {
        let ordinal = |chunk: &Chunk| chunk.id.rsplit_once('#').and_then(|(_, n)| n.parse::<usize>().ok());
        chunks.sort_by_key(ordinal);
        for draft in draft(chunks).into_iter().take(OF_ONE).take(limit - drafted) {
            lines.push_str(&serde_json::to_string(&draft)?);
            lines.push('\n');
            drafted += 1;
        }
        if drafted == limit {
            break;
        }
    }
    output::text(&lines)?;
    output::note(
        wiring.quiet,
        &format!(
            "{drafted} drafts: keep those that an employee would ask, reworded, and take the tag `draft` out"
        ),
    );
    Ok(())
}
