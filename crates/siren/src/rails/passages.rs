//! What goes to models: documents without instructions hidden in them, texts without personal data.

use std::sync::Arc;

use siren_domain::ports::{AnswerRequest, Retrieved};
use siren_domain::{Fault, Metadata, Origin};
use siren_guard::Guard;
use siren_guard::personal::{Allowed, masked};

/// Takes instructions out of what was retrieved. Returns the documents that had some, each once.
pub(crate) fn defused(guard: &Guard, found: &mut Retrieved) -> Vec<String> {
    let mut documents: Vec<String> = Vec::new();
    for passage in &mut found.passages {
        if let Some(clean) = guard.defused(&passage.chunk.text) {
            let id = passage.chunk.document.id.to_string();
            tracing::warn!(
                document = id,
                owner = passage.chunk.document.owner,
                "instructions in a document were taken out"
            );
            passage.say(clean);
            if !documents.contains(&id) {
                documents.push(id);
            }
        }
    }
    documents
}

/// The request as a model outside may read it.
pub(crate) fn masked_request(mut request: AnswerRequest, allowed: &Allowed) -> AnswerRequest {
    request.question = masked(&request.question, allowed).into_owned();
    for part in &mut request.parts {
        part.question = masked(&part.question, allowed).into_owned();
    }
    for passage in &mut request.passages {
        let clean = masked(&passage.chunk.text, allowed);
        if let std::borrow::Cow::Owned(clean) = clean {
            passage.say(clean);
        }
    }
    request
}

const REMEDY: &str = "take them out of the document; until then they are taken out before a model reads it";

/// Whether a fault tells of instructions that are hidden in a document, and of nothing else.
pub(crate) fn tells_of_instructions(fault: &Fault) -> bool {
    fault.remedy == REMEDY
}

/// What a document's owner is told of instructions that are hidden in it.
pub(crate) fn hidden_instructions(guard: &Arc<Guard>, meta: &Metadata, text: &str) -> Option<Fault> {
    let found = guard.injections(text);
    let first = found.first()?;
    let before = text.get(..first.range.start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let place = match &meta.origin {
        Origin::File { path } => path.clone(),
        Origin::Row { database, table, key } => format!("{database} › {table} › {key}"),
    };
    let owner = meta.owner.as_deref().unwrap_or("nobody");
    Some(Fault {
        source: meta.source.clone(),
        document: Some(meta.id.clone()),
        place,
        problem: format!(
            "{} sentence(s) tell a model what to do, the first in line {line} of its text (rule \"{}\"; owner: {owner})",
            found.len(),
            first.rule
        ),
        remedy: REMEDY.into(),
        kept: true,
    })
}
