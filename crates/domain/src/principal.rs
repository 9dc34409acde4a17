//! Who asks, as far as it was made sure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What somebody may do beside asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Asks, and sees what is theirs.
    Reader,
    /// Runs the index, the rules and the server.
    Operator,
    /// Reads who asked what, and changes nothing.
    Auditor,
}

/// Somebody who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// A name that stays the same over requests; what is kept of somebody is kept under it.
    pub name: String,
    /// The groups whose documents they may read; everyone is also in [`crate::document::EVERYONE`].
    pub groups: Vec<String>,
    /// What they may do.
    pub roles: BTreeSet<Role>,
}

impl Principal {
    /// Whoever sits at this machine, where nobody has to say who they are: may do everything, and reads what everyone
    /// may read.
    pub fn local() -> Self {
        Self {
            name: "local".to_owned(),
            groups: Vec::new(),
            roles: [Role::Reader, Role::Operator, Role::Auditor].into(),
        }
    }

    /// Whether they have the role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}
