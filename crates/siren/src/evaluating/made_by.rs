//! What decides the answers: settings, index, prompts, rules and the program itself.

use std::collections::BTreeMap;

use serde_json::Value;
use siren_domain::ports::{DocumentRecord, Store};
use siren_evaluation::record::{IndexUsed, MadeBy};
use siren_guard::DEFAULT_RULES;

use super::SEED;
use crate::commands::Failure;
use crate::settings::Effective;
use crate::wiring::Wiring;

/// Letters of a hash.
const LETTERS: usize = 32;
/// Settings that decide nothing about an answer, or are secret, or name a place.
const APART: [&str; 34] = [
    "embedding.base_url",
    "embedding.batch",
    "embedding.timeout_s",
    "embedding.question_timeout_s",
    "embedding.cache",
    "rerank.base_url",
    "rerank.timeout_s",
    "index.keep_generations",
    "index.max_shrink",
    "index.read_seconds",
    "index.read_megabytes",
    "answer.base_url",
    "answer.connect_timeout_s",
    "answer.first_token_timeout_s",
    "answer.idle_timeout_s",
    "answer.total_timeout_s",
    "answer.retries",
    "answer.breaker_failures",
    "answer.breaker_pause_s",
    "answer.count_tokens",
    "answer.prompts",
    "answer.cache_entries",
    "answer.cache_s",
    "budget.tokens_per_day",
    "budget.cost_per_day",
    "telemetry.log",
    "telemetry.metrics",
    "telemetry.otlp_url",
    "telemetry.otlp_headers",
    "telemetry.otlp_timeout_s",
    "telemetry.sample",
    "telemetry.band_width",
    "telemetry.band_days",
    "guard.rules",
];

pub(crate) async fn made_by(wiring: &Wiring, store: &dyn Store) -> Result<MadeBy, Failure> {
    Ok(MadeBy {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        binary: std::env::current_exe().and_then(std::fs::read).map_or_else(|_| String::new(), |b| hash(&b)),
        settings: deciding(&wiring.settings),
        index: index_used(store).await?,
        prompts: wiring.prompts()?.version().to_owned(),
        rules: hash(&rules(wiring)?),
        models: Default::default(),
        seed: SEED,
    })
}

pub(crate) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..LETTERS].to_owned()
}

fn rules(wiring: &Wiring) -> Result<Vec<u8>, Failure> {
    match wiring.settings.settings.guard.rules.as_str() {
        "" => Ok(DEFAULT_RULES.as_bytes().to_vec()),
        named => Ok(std::fs::read(wiring.settings.path(named))?),
    }
}

/// `section.key` of every setting that shapes an index or an answer.
pub(crate) fn deciding(settings: &Effective) -> BTreeMap<String, Value> {
    let all = serde_json::to_value(&settings.settings).unwrap_or_default();
    let mut deciding = BTreeMap::new();
    for section in ["index", "embedding", "retrieval", "rerank", "answer", "guard"] {
        for (key, value) in all[section].as_object().into_iter().flatten() {
            let name = format!("{section}.{key}");
            if !APART.contains(&name.as_str()) {
                deciding.insert(name, value.clone());
            }
        }
    }
    deciding
}

async fn index_used(store: &dyn Store) -> Result<Option<IndexUsed>, Failure> {
    let Ok(generation) = store.searched().await else { return Ok(None) };
    // In no order: where a document lies in the index is no part of what it holds.
    let mut lines = Vec::new();
    let mut add = |document: DocumentRecord| lines.push(format!("{}\0{}\n", document.id, document.hash));
    store.documents(generation.number, &mut add).await?;
    lines.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    lines.iter().for_each(|line| {
        hasher.update(line.as_bytes());
    });
    Ok(Some(IndexUsed {
        generation: generation.number,
        content: hasher.finalize().to_hex()[..LETTERS].to_owned(),
        analyser: generation.identity.analyser,
        chunker: generation.identity.chunker,
        encoder: generation.identity.embedding,
        documents: generation.documents,
        chunks: generation.chunks,
    }))
}
