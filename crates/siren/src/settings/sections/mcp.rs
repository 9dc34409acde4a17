//! `[mcp]`: who may call the tools at `/mcp`.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Wrong, ensure};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct McpSettings {
    pub(crate) hosts: Vec<String>,
    pub(crate) origins: Vec<String>,
}

impl Section for McpSettings {
    fn purposes(&self) -> Purposes {
        &[
            ("mcp.hosts", "names that clients call this server by, beside this machine's own"),
            ("mcp.origins", "web pages that may call the tools, such as `https://app.example.com:443`"),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        let is_origin = |origin: &String| origin.starts_with("https://") || origin.starts_with("http://");
        ensure(self.origins.iter().all(is_origin), "mcp.origins", "must begin with https:// or http://")?;
        let is_host = |host: &String| !host.is_empty() && !host.contains('/');
        ensure(self.hosts.iter().all(is_host), "mcp.hosts", "must be names such as siren.example.com")
    }
}
