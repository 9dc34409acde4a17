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

use crate::rails::{LiveGuard, Privacy, defused};

/// The index behind the rules.
pub(crate) struct RuledLibrary {
    pub(crate) retriever: Arc<dyn Retriever>,
    pub(crate) store: Arc<dyn PassageStore>,
    pub(crate) guard: Arc<LiveGuard>,
    pub(crate) privacy: Privacy,
}

impl RuledLibrary {
    /// The text as a member of the groups may see it.
    fn shown(&self, text: String, groups: &[String]) -> String {
        if self.privacy.opens_to(groups) {
            return text;
        }
        match masked(&text, &self.privacy.allowed) {
            Cow::Borrowed(_) => text,
            Cow::Owned(masked) => masked,
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
            let shown = self.shown(passage.chunk.text.clone(), &request.groups);
            passage.say(shown);
        }
        Ok(Shelf { generation: found.generation, passages })
    }

    async fn read(&self, id: &DocumentId, groups: &[String]) -> Result<Option<ReadDocument>, StoreError> {
        let mut all = groups.to_vec();
        all.push(EVERYONE.to_owned());
        let chunks = self.store.passages(std::slice::from_ref(id), &all).await?;
        let Some(first) = chunks.first() else { return Ok(None) };
        let meta = Arc::clone(&first.document);
        let text = joined(&chunks);
        let text = self.guard.now().defused(&text).unwrap_or(text);
        Ok(Some(ReadDocument { meta, text: self.shown(text, groups) }))
    }
}
