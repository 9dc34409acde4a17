//! What can be asked here, and what may be shown of what was typed.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use siren_domain::document::EVERYONE;
use siren_domain::ports::{Among, Hints, Store, StoreError};
use siren_domain::{DocumentId, Metadata, Origin};
use siren_guard::personal::{Allowed, masked};

use crate::messages;

/// So many documents of a generation are looked at for suggestions.
const LOOKED_AT: usize = 200;

/// What is known of the documents of a generation.
type Known = (u64, Arc<Vec<Arc<Metadata>>>);

/// Hints from the index.
pub(crate) struct HintsOfIndex {
    store: Arc<dyn Store>,
    allowed: Allowed,
    known: Mutex<Option<Known>>,
}

impl HintsOfIndex {
    pub(crate) fn new(store: Arc<dyn Store>, allowed: Allowed) -> Self {
        Self { store, allowed, known: Mutex::new(None) }
    }

    /// Documents of the live generation, spread over all of them.
    async fn documents(&self) -> Result<Arc<Vec<Arc<Metadata>>>, StoreError> {
        let Some(live) = self.store.live().await? else { return Ok(Arc::default()) };
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, documents)) = known.filter(|(number, _)| *number == live.number) {
            return Ok(documents);
        }
        let step = (usize::try_from(live.documents).unwrap_or(usize::MAX) / LOOKED_AT).max(1);
        let (mut at, mut documents) = (0_usize, Vec::new());
        let mut pick = |record: siren_domain::ports::DocumentRecord| {
            if at.is_multiple_of(step) && documents.len() < LOOKED_AT {
                documents.push(record.id);
            }
            at += 1;
        };
        self.store.documents(live.number, &mut pick).await?;
        let documents = Arc::new(self.metadata(live.number, documents).await?);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((live.number, Arc::clone(&documents)));
        Ok(documents)
    }

    async fn metadata(
        &self,
        number: u64,
        documents: Vec<DocumentId>,
    ) -> Result<Vec<Arc<Metadata>>, StoreError> {
        let mut found = std::collections::BTreeMap::new();
        let among = Among::Those { documents, terms: Vec::new() };
        let mut each = |chunk: siren_domain::Chunk| {
            found.entry(chunk.document.id.clone()).or_insert(chunk.document);
        };
        self.store.chunks(number, &among, &mut each).await?;
        Ok(found.into_values().collect())
    }
}

#[async_trait]
impl Hints for HintsOfIndex {
    fn masked(&self, text: &str) -> String {
        masked(text, &self.allowed).into_owned()
    }

    async fn suggestions(&self, groups: &[String], most: usize) -> Result<Vec<String>, StoreError> {
        let documents = self.documents().await?;
        let may_read = |document: &&Arc<Metadata>| {
            document.access.iter().any(|group| group == EVERYONE || groups.contains(group))
        };
        let readable: Vec<&Metadata> = documents.iter().filter(may_read).map(Arc::as_ref).collect();
        let picked = picked(&readable, most).into_iter();
        Ok(picked.map(messages::suggestion).map(|text| self.masked(&text)).collect())
    }
}

/// So many documents, spread over all of them. A record's title is made from columns and reads like it: records are asked
/// for only where there is nothing else.
fn picked<'d>(documents: &[&'d Metadata], most: usize) -> Vec<&'d Metadata> {
    let (files, records): (Vec<&Metadata>, Vec<&Metadata>) =
        documents.iter().partition(|document| matches!(document.origin, Origin::File { .. }));
    let spread = |of: Vec<&'d Metadata>, count: usize| {
        let step = (of.len() / count.max(1)).max(1);
        of.into_iter().step_by(step).take(count)
    };
    let mut picked: Vec<&Metadata> = spread(files, most).collect();
    picked.extend(spread(records, most - picked.len()));
    picked
}

#[cfg(test)]
mod tests {
    use siren_domain::{DocumentId, Metadata, Origin};

    use super::picked;
    use crate::messages::suggestion;

    #[test]
    fn records_are_asked_for_where_there_are_no_files() {
        let row = || Origin::Row { database: "d".into(), table: "t".into(), key: "1".into() };
        let file = || Origin::File { path: "k".into() };
        let made =
            |name: String, origin: Origin| Metadata::new(DocumentId::new("s", &name), "s", origin, &name);
        let files: Vec<Metadata> = (0..9).map(|at| made(format!("f{at}"), file())).collect();
        let rows: Vec<Metadata> = (0..4).map(|at| made(format!("r{at}"), row())).collect();
        let cases: [(usize, usize, usize, &[&str]); 4] = [
            (9, 4, 3, &["f0", "f3", "f6"]),
            (2, 4, 4, &["f0", "f1", "r0", "r2"]),
            (0, 4, 9, &["r0", "r1", "r2", "r3"]),
            (9, 4, 0, &[]),
        ];
        for (of_files, of_rows, most, expected) in cases {
            let (files, rows) = (&files[..of_files], &rows[..of_rows]);
            let all: Vec<&Metadata> = rows.iter().chain(files).collect();
            let found: Vec<&str> =
                picked(&all, most).into_iter().map(|document| document.title.as_str()).collect();
            assert_eq!(found, expected, "{most} of {of_files} and {of_rows}");
        }
    }

    #[test]
    fn a_suggestion_is_in_the_documents_language() {
        let meta = |title: &str, language: Option<&str>| Metadata {
            language: language.map(str::to_owned),
            ..Metadata::new(DocumentId::new("s", "k"), "s", Origin::File { path: "k".into() }, title)
        };
        let cases = [
            (meta("케이뱅크 전환기", Some("ko")), "‘케이뱅크 전환기’의 핵심 내용은 무엇인가요?"),
            (
                meta("Cell-based architecture", Some("en")),
                "What are the main points of “Cell-based architecture”?",
            ),
            (meta("FinOps 이야기", None), "‘FinOps 이야기’의 핵심 내용은 무엇인가요?"),
        ];
        for (document, expected) in cases {
            assert_eq!(suggestion(&document), expected);
        }
    }
}
