//! `siren eval lint`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;
use siren_domain::DocumentId;
use siren_domain::ports::{Among, DocumentRecord, StoreError};
use siren_evaluation::suite::{self, DocumentText, Finding, Labels};

use crate::commands::{Failure, serve};
use crate::output;
use crate::wiring::Wiring;

pub(super) async fn run(wiring: &Wiring, folder: &Path, refresh: bool, json: bool) -> Result<(), Failure> {
    let suite = suite::load(folder)?;
    serve::index_if_none(wiring).await?;
    let named: Vec<String> = suite::named(&suite).into_iter().map(str::to_owned).collect();
    let documents = texts(wiring, &named).await?;
    if refresh {
        let labels: Labels = documents
            .iter()
            .filter(|(id, _)| named.contains(id))
            .map(|(id, text)| (id.clone(), text.content.clone()))
            .collect();
        suite::write_labels(folder, &labels)?;
    }
    let labels = suite::read_labels(folder)?;
    let findings = suite::lint(&suite, labels.as_ref(), &documents);
    match json {
        true => output::json(&json!({ "schema": 1, "suite": suite.name, "findings": findings }))?,
        false => output::text(&told(&suite.name, suite.questions.len(), &findings))?,
    }
    match findings.len() {
        0 => Ok(()),
        n => Err(Failure::failed(format!("{n} things do not fit any more"))),
    }
}

fn told(suite: &str, questions: usize, findings: &[Finding]) -> String {
    if findings.is_empty() {
        return format!("{suite}: {questions} questions, all labels fit the documents\n");
    }
    let line = |finding: &Finding| {
        let question = finding.question.as_deref().unwrap_or("suite");
        output::harmless(&format!(
            "{question}: {}: {}\n  -> {}\n",
            finding.kind, finding.problem, finding.remedy
        ))
    };
    findings.iter().map(line).collect()
}

/// Every document of the live index; the texts of those that are named.
async fn texts(wiring: &Wiring, named: &[String]) -> Result<BTreeMap<String, DocumentText>, Failure> {
    let store = wiring.store()?;
    let live = store.live().await?.ok_or(StoreError::NoIndex)?;
    let mut texts: BTreeMap<String, DocumentText> = BTreeMap::new();
    let mut know = |document: DocumentRecord| {
        let text = DocumentText { content: document.content, text: document.title };
        texts.insert(document.id.to_string(), text);
    };
    store.documents(live.number, &mut know).await?;
    let documents = named.iter().map(|id| DocumentId::from_text(id.as_str())).collect();
    let among = Among::Those { documents, terms: Vec::new() };
    let mut add = |chunk: siren_domain::Chunk| {
        if let Some(held) = texts.get_mut(chunk.document.id.as_str()) {
            held.text.push('\n');
            held.text.push_str(&chunk.heading.join("\n"));
            held.text.push('\n');
            held.text.push_str(&chunk.text);
        }
    };
    store.chunks(live.number, &among, &mut add).await?;
    Ok(texts)
}
