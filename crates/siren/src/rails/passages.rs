//! What goes to models: documents without instructions hidden in them, texts without personal data.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use siren_domain::ports::{AnswerRequest, Retrieved};
use siren_domain::{Fault, Metadata, Origin, Passage};
use siren_guard::Guard;
use siren_guard::personal::{Allowed, masked};

/// Says a text anew; none where it may stay as it is.
type Anew<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Says anew all of a passage that is somebody's words: its text, and what stands on a line of its own beside it. Returns
/// whether anything was. Ids, paths and addresses stay: they are what the source is found by.
pub(crate) fn reword(passage: &mut Passage, anew: Anew<'_>) -> bool {
    let chunk = &passage.chunk;
    let text = anew(&chunk.text);
    let document = reworded(&chunk.document, anew);
    let heading = lines(&chunk.heading, anew);
    let sections: Vec<_> = chunk.sections.iter().map(|(_, path)| lines(path, anew)).collect();
    let in_sections = sections.iter().any(Option::is_some);
    if text.is_none() && document.is_none() && heading.is_none() && !in_sections {
        return false;
    }
    // Whoever else holds the chunk keeps what it said.
    let chunk = Arc::make_mut(&mut passage.chunk);
    chunk.text = text.unwrap_or_else(|| std::mem::take(&mut chunk.text));
    chunk.heading = heading.unwrap_or_else(|| std::mem::take(&mut chunk.heading));
    if let Some(document) = document {
        chunk.document = Arc::new(document);
    }
    for ((_, path), said) in chunk.sections.iter_mut().zip(sections) {
        *path = said.unwrap_or_else(|| std::mem::take(path));
    }
    true
}

/// A document's title and event said anew; none where both may stay.
pub(crate) fn reworded(meta: &Metadata, anew: Anew<'_>) -> Option<Metadata> {
    let title = line(&meta.title, anew);
    let event = meta.event.as_deref().and_then(|event| line(event, anew));
    if title.is_none() && event.is_none() {
        return None;
    }
    let mut meta = meta.clone();
    meta.title = title.unwrap_or(meta.title);
    meta.event = event.or(meta.event);
    Some(meta)
}

fn lines(path: &[String], anew: Anew<'_>) -> Option<Vec<String>> {
    let said: Vec<_> = path.iter().map(|text| line(text, anew)).collect();
    let any = said.iter().any(Option::is_some);
    any.then(|| path.iter().zip(said).map(|(was, said)| said.unwrap_or_else(|| was.clone())).collect())
}

/// What is blotted out leaves spaces, which a text needs to keep its places and a line does not.
fn line(text: &str, anew: Anew<'_>) -> Option<String> {
    let said = anew(text)?;
    let words: Vec<&str> = said.split_whitespace().collect();
    // A title is never empty.
    Some(if words.is_empty() { BLANK.to_owned() } else { words.join(" ") })
}

const BLANK: &str = "[…]";

/// Takes instructions out of what was retrieved. Returns the documents that had some, each once.
pub(crate) fn defused(guard: &Guard, found: &mut Retrieved) -> Vec<String> {
    // A document's passages share their title, and often their headings.
    let known: RefCell<BTreeMap<String, Option<String>>> = RefCell::default();
    let anew = |text: &str| {
        if text.len() > LINE {
            return guard.defused(text);
        }
        let said = known.borrow().get(text).cloned();
        said.unwrap_or_else(|| {
            let said = guard.defused(text);
            known.borrow_mut().insert(text.to_owned(), said.clone());
            said
        })
    };
    let linked = found.linked.iter_mut().map(|linked| &mut linked.counterpart);
    let mut documents: Vec<String> = Vec::new();
    for passage in found.passages.iter_mut().chain(linked) {
        if !reword(passage, &anew) {
            continue;
        }
        let document = &passage.chunk.document;
        let id = document.id.to_string();
        tracing::warn!(document = id, owner = document.owner, "instructions in a document were taken out");
        if !documents.contains(&id) {
            documents.push(id);
        }
    }
    documents
}

/// Longer texts are not remembered: no other passage has the same.
const LINE: usize = 400;

/// The request as a model outside may read it.
pub(crate) fn masked_request(mut request: AnswerRequest, allowed: &Allowed) -> AnswerRequest {
    request.question = masked(&request.question, allowed).into_owned();
    for part in &mut request.parts {
        part.question = masked(&part.question, allowed).into_owned();
    }
    let anew = |text: &str| match masked(text, allowed) {
        Cow::Borrowed(_) => None,
        Cow::Owned(clean) => Some(clean),
    };
    for passage in &mut request.passages {
        reword(passage, &anew);
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
    let beside = [Some(meta.title.as_str()), meta.event.as_deref()].into_iter().flatten();
    // A title is often the text's first line as well.
    let beside = beside.filter(|line| !text.contains(line)).flat_map(|line| guard.injections(line));
    let beside = beside.collect::<Vec<_>>();
    let (first, at) = match (found.first(), beside.first()) {
        (Some(first), _) => {
            let before = text.get(..first.range.start).unwrap_or_default();
            (first, format!("line {} of its text", before.matches('\n').count() + 1))
        }
        (None, first) => (first?, "its title or event".to_owned()),
    };
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
            "{} sentence(s) tell a model what to do, the first in {at} (rule \"{}\"; owner: {owner})",
            found.len() + beside.len(),
            first.rule
        ),
        remedy: REMEDY.into(),
        kept: true,
    })
}
