//! `[assets]`: optional language assets.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section};

/// Optional language assets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AssetSettings {
    pub(crate) path: String,
}

impl Section for AssetSettings {
    fn purposes(&self) -> Purposes {
        &[(
            "assets.path",
            "where `siren setup` keeps the language assets, also for several installations; empty: `assets` below --state",
        )]
    }
}
