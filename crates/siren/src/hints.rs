//! What can be asked here, and what may be shown of what was typed.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use siren_domain::document::EVERYONE;
use siren_domain::ports::{Among, Hints, Store, StoreError};
use siren_domain::{DocumentId, Metadata};
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
        let readable: Vec<&Arc<Metadata>> = documents.iter().filter(may_read).collect();
        let step = (readable.len() / most.max(1)).max(1);
        let picked = readable.iter().step_by(step).take(most);
        Ok(picked.map(|document| messages::suggestion(document)).map(|text| self.masked(&text)).collect())
    }
}

#[cfg(test)]
mod tests {
    use siren_domain::{DocumentId, Metadata, Origin};

    use crate::messages::suggestion;

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
