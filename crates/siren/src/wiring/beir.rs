//! A BEIR corpus as a source like any other: what is scored goes the way that documents go.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use siren_domain::ports::{DocumentSource, Found, Given, ItemBody, Known, SourceItem};
use siren_domain::{DocumentId, Fault, Origin};
use siren_evaluation::beir::BeirFolder;

/// The documents of a corpus.
pub(crate) struct BeirSource {
    items: Vec<SourceItem>,
}

impl BeirSource {
    const NAME: &str = "corpus";

    pub(crate) fn new(folder: &BeirFolder) -> Self {
        let items = folder.corpus.iter().map(|document| SourceItem {
            id: DocumentId::new(Self::NAME, &document.id),
            origin: Origin::File { path: format!("corpus.jsonl#{}", document.id) },
            version: None,
            given: Given::default(),
            body: ItemBody::Record {
                title: document.title.clone(),
                text: document.text.clone(),
                fields: Default::default(),
            },
        });
        Self { items: items.collect() }
    }
}

impl DocumentSource for BeirSource {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn count(&self) -> Option<usize> {
        Some(self.items.len())
    }

    fn items(&self, _: Arc<dyn Known>) -> BoxStream<'_, Result<Found, Fault>> {
        stream::iter(self.items.iter().cloned().map(Found::Item).map(Ok)).boxed()
    }
}
