//! Which store keeps the index.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use siren_adapters::embedded::EmbeddedStore;
use siren_adapters::openai_chat::Secret;
use siren_adapters::qdrant::{QdrantSettings, QdrantStore};
use siren_domain::ports::Store;

use super::Wiring;
use crate::commands::Failure;
use crate::settings::StoreKind;

/// Letters of what tells the indexes of several state folders in one Qdrant apart.
const LETTERS: usize = 12;

impl Wiring {
    /// The index that people are served from.
    pub(crate) fn store(&self) -> Result<Arc<dyn Store>, Failure> {
        self.store_in(self.state())
    }

    /// A store for a folder of its own, for questions analysed as all others are.
    pub(crate) fn store_in(&self, state: &Path) -> Result<Arc<dyn Store>, Failure> {
        self.store_of(self.settings.settings.store.kind, state, None)
    }

    /// The index that people are served from, searching this generation whichever is served.
    pub(crate) fn store_pinned_to(&self, number: u64) -> Result<Arc<dyn Store>, Failure> {
        self.store_of(self.settings.settings.store.kind, self.state(), Some(number))
    }

    /// A store of this kind, whichever the settings name.
    pub(crate) fn store_of(
        &self,
        kind: StoreKind,
        state: &Path,
        pinned: Option<u64>,
    ) -> Result<Arc<dyn Store>, Failure> {
        let embedding = self.embedder()?.map(|embedder| embedder.identity().to_owned());
        let analyser = self.analyser()?.identity();
        Ok(match kind {
            StoreKind::Embedded => {
                let store = EmbeddedStore::new(state, analyser).with_embedding(embedding);
                Arc::new(match pinned {
                    Some(number) => store.pinned_to(number),
                    None => store,
                })
            }
            StoreKind::Qdrant => {
                let store = QdrantStore::new(self.qdrant(state)?, analyser).map_err(Failure::usage)?;
                let store = store.with_embedding(embedding);
                Arc::new(match pinned {
                    Some(number) => store.pinned_to(number),
                    None => store,
                })
            }
        })
    }

    fn qdrant(&self, state: &Path) -> Result<QdrantSettings, Failure> {
        let store = &self.settings.settings.store;
        if store.nodes().is_empty() {
            return Err(Failure::usage("`store.url` must name Qdrant's gRPC address"));
        }
        let api_key = match store.api_key_file.as_str() {
            "" => store.api_key.clone(),
            named => {
                let path = self.settings.path(named);
                std::fs::read_to_string(&path).map_err(|error| {
                    let place = path.display();
                    Failure::usage(format!(
                        "{place}: the key cannot be read: {error}: check `store.api_key_file`"
                    ))
                })?
            }
        };
        let prefix = match state == self.home() {
            true => store.prefix.clone(),
            // An index that is only tried must not be taken for the one that is served.
            false => {
                let place = std::path::absolute(state)?;
                let hash = blake3::hash(place.as_os_str().as_encoded_bytes()).to_hex();
                format!("{}-{}", store.prefix, &hash[..LETTERS])
            }
        };
        Ok(QdrantSettings {
            nodes: store.nodes(),
            api_key: (!api_key.trim().is_empty()).then(|| Secret::new(&api_key)),
            prefix,
            connect_timeout: Duration::from_secs(store.connect_timeout_s),
            timeout: Duration::from_secs(store.timeout_s),
            patience: Duration::from_secs(store.patience_s),
            settle: Duration::from_secs(store.settle_s),
            shards: store.shards,
            replicas: store.replicas,
            write_consistency: store.write_consistency,
            on_disk: store.on_disk,
            quantised: store.quantised,
            exact: store.exact,
            batch: store.batch,
            in_flight: store.in_flight,
        })
    }
}
