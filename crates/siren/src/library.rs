//! The documents as an asker may read them: found by the same retrieval as answers, under the same rules.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use siren_domain::DocumentId;
use siren_domain::document::EVERYONE;
use siren_domain::ports::{
    Library, PassageStore, ReadDocument, RetrievalRequest, Retriever, Shelf, StoreError, joined,
};
use siren_guard::personal::masked;

use crate::rails::{LiveGuard, Privacy, defused, reword, reworded};

/// The index behind the rules.
pub(crate) struct RuledLibrary {
    pub(crate) retriever: Arc<dyn Retriever>,
    pub(crate) store: Arc<dyn PassageStore>,
    pub(crate) guard: Arc<LiveGuard>,
    pub(crate) privacy: Privacy,
}

impl RuledLibrary {
    /// What is said to a member of the groups in place of a text; none where it may stay.
    fn anew(&self, text: &str, groups: &[String]) -> Option<String> {
        if self.privacy.opens_to(groups) {
            return None;
        }
        match masked(text, &self.privacy.allowed) {
            Cow::Borrowed(_) => None,
            Cow::Owned(masked) => Some(masked),
        }
    }
}

#[async_trait]
impl Library for RuledLibrary {
    async fn search(&self, request: &RetrievalRequest) -> Result<Shelf, StoreError> {
        let mut found = self.retriever.retrieve(request).await?;
        defused(&self.guard.now(), &mut found);
        let mut passages = found.passages;
        for passage in &mut passages {
            reword(passage, &|text| self.anew(text, &request.groups));
        }
        Ok(Shelf { generation: found.generation, passages })
    }

    async fn read(&self, id: &DocumentId, groups: &[String]) -> Result<Option<ReadDocument>, StoreError> {
        let mut all = groups.to_vec();
        all.push(EVERYONE.to_owned());
        let chunks = self.store.passages(std::slice::from_ref(id), &all).await?;
        let Some(first) = chunks.first() else { return Ok(None) };
        let guard = self.guard.now();
        let harmless = |text: &str| guard.defused(text);
        let shown = |text: &str| self.anew(text, groups);
        let mut meta = Arc::clone(&first.document);
        for anew in [&harmless as &dyn Fn(&str) -> Option<String>, &shown] {
            meta = reworded(&meta, anew).map_or(meta, Arc::new);
        }
        let text = joined(&chunks);
        let text = harmless(&text).unwrap_or(text);
        let text = shown(&text).unwrap_or(text);
        Ok(Some(ReadDocument { meta, text }))
    }
}
