//! `[store]`: where the index lies.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section};

/// Where the index lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StoreKind {
    #[default]
    Embedded,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoreSettings {
    pub(crate) kind: StoreKind,
}

impl Section for StoreSettings {
    fn purposes(&self) -> Purposes {
        &[("store.kind", "where the index lies: embedded (folders below --state)")]
    }
}
