//! `[store]`: where the index lies.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Slots, Wrong, counts, ensure, seconds};

/// Where the index lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StoreKind {
    /// Folders below --state
    #[default]
    Embedded,
    /// A Qdrant cluster
    Qdrant,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoreSettings {
    pub(crate) kind: StoreKind,
    pub(crate) url: String,
    #[serde(skip_serializing)]
    pub(crate) api_key: String,
    pub(crate) api_key_file: String,
    pub(crate) prefix: String,
    pub(crate) connect_timeout_s: u64,
    pub(crate) timeout_s: u64,
    pub(crate) patience_s: u64,
    pub(crate) settle_s: u64,
    pub(crate) shards: u32,
    pub(crate) replicas: u32,
    pub(crate) write_consistency: u32,
    pub(crate) on_disk: bool,
    pub(crate) quantised: bool,
    pub(crate) exact: bool,
    pub(crate) batch: usize,
    pub(crate) in_flight: usize,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            kind: StoreKind::default(),
            url: String::new(),
            api_key: String::new(),
            api_key_file: String::new(),
            prefix: "siren".into(),
            connect_timeout_s: 3,
            timeout_s: 5,
            patience_s: 60,
            settle_s: 600,
            shards: 1,
            replicas: 1,
            write_consistency: 1,
            on_disk: false,
            quantised: false,
            exact: false,
            batch: 128,
            in_flight: 4,
        }
    }
}

impl StoreSettings {
    /// The addresses in `url`.
    pub(crate) fn nodes(&self) -> Vec<String> {
        self.url.split(',').map(str::trim).filter(|node| !node.is_empty()).map(str::to_owned).collect()
    }

    fn check_cluster(&self) -> Result<(), Wrong> {
        let is_url = |node: &String| node.starts_with("http://") || node.starts_with("https://");
        let nodes = self.nodes();
        ensure(
            !nodes.is_empty(),
            "store.url",
            "must name Qdrant's gRPC address, such as http://127.0.0.1:6334",
        )?;
        ensure(
            nodes.iter().all(is_url),
            "store.url",
            "must be http:// or https:// addresses, with commas between",
        )?;
        ensure(
            self.api_key.is_empty() || self.api_key_file.is_empty(),
            "store.api_key_file",
            "and `store.api_key` cannot both be set",
        )
    }
}

impl Section for StoreSettings {
    fn purposes(&self) -> Purposes {
        &[
            ("store.kind", "where the index lies: embedded (folders below --state) or qdrant (a cluster)"),
            (
                "store.url",
                "Qdrant's gRPC address, such as http://127.0.0.1:6334; of a cluster, those of its nodes, with commas between",
            ),
            ("store.api_key", "its key, best as \"${NAME}\""),
            ("store.api_key_file", "or the file that holds the key"),
            (
                "store.prefix",
                "what the names of our collections there begin with: several indexes may share a Qdrant",
            ),
            ("store.connect_timeout_s", "seconds that a connection may take"),
            ("store.timeout_s", "seconds that a node may take to answer before another one is asked"),
            ("store.patience_s", "seconds for which a write that failed is tried again"),
            (
                "store.settle_s",
                "seconds that Qdrant may take to build its indexes before a new generation is used",
            ),
            ("store.shards", "parts of a generation: as many as there are nodes, or a multiple of that"),
            ("store.replicas", "copies of each part: with 2, a node may be lost"),
            ("store.write_consistency", "copies that must have a write before it counts"),
            ("store.on_disk", "whether vectors and their indexes stay on disk: less memory, slower"),
            ("store.quantised", "whether vectors are searched as bytes: a quarter of the memory"),
            ("store.exact", "whether every vector is looked at, instead of those that a graph leads to"),
            ("store.batch", "chunks that are sent at once"),
            ("store.in_flight", "batches that are under way at a time"),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        if self.kind == StoreKind::Qdrant {
            self.check_cluster()?;
        }
        seconds(&[
            ("store.connect_timeout_s", self.connect_timeout_s),
            ("store.timeout_s", self.timeout_s),
            ("store.patience_s", self.patience_s),
            ("store.settle_s", self.settle_s),
        ])?;
        counts(&[
            ("store.shards", self.shards as usize, 1_000),
            ("store.replicas", self.replicas as usize, 100),
            ("store.write_consistency", self.write_consistency as usize, 100),
            ("store.batch", self.batch, 10_000),
            ("store.in_flight", self.in_flight, 100),
        ])?;
        ensure(
            self.write_consistency <= self.replicas,
            "store.write_consistency",
            "must be at most `store.replicas`: more copies than there are can never have a write",
        )?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let named = !self.prefix.is_empty() && self.prefix.len() <= 100 && self.prefix.bytes().all(plain);
        ensure(named, "store.prefix", "must be letters, digits, - and _, at most 100")
    }

    fn secrets(&mut self) -> Slots<'_> {
        vec![("store.api_key", &mut self.api_key)]
    }

    fn addresses(&mut self) -> Slots<'_> {
        vec![("store.url", &mut self.url)]
    }
}
