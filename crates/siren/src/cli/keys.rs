//! `siren keys`.

use clap::{Args, Subcommand, ValueEnum};
use siren_domain::Role;

use super::JsonArg;

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key; it is shown once
    Create(CreateKeyArgs),
    /// All keys, without their secrets
    List(JsonArg),
    /// A key is not valid from now on
    Revoke {
        /// Its id, as `siren keys list` shows it
        id: String,
        #[command(flatten)]
        json: JsonArg,
    },
    /// Make a key in place of another one, which holds a little longer
    Rotate(RotateKeyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CreateKeyArgs {
    /// Who shows it: conversations, limits and the audit log go by this name
    #[arg(long)]
    pub(crate) name: String,
    /// Groups whose documents it may read, with commas; everyone is in `all`
    #[arg(long, value_name = "GROUPS", value_delimiter = ',')]
    pub(crate) groups: Vec<String>,
    /// What it may do, with commas
    #[arg(long, value_name = "ROLES", value_delimiter = ',', value_enum, default_value = "reader")]
    pub(crate) roles: Vec<RoleArg>,
    /// How long it is valid: 90d, 12h, a date such as 2027-01-31 (the end of that day in UTC), or never
    #[arg(long, value_name = "WHEN", default_value = "90d")]
    pub(crate) expires: String,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}

#[derive(Debug, Args)]
pub(crate) struct RotateKeyArgs {
    /// The id of the key to be replaced
    pub(crate) id: String,
    /// How long the old key still holds, such as 24h or 0h
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub(crate) grace: String,
    /// How long the new key is valid [default: as long as the old one was made for]
    #[arg(long, value_name = "WHEN")]
    pub(crate) expires: Option<String>,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}

/// A role on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleArg {
    /// Asks
    Reader,
    /// Runs index, rules and server
    Operator,
    /// Reads who asked what
    Auditor,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Reader => Self::Reader,
            RoleArg::Operator => Self::Operator,
            RoleArg::Auditor => Self::Auditor,
        }
    }
}
