//! The command line.

mod eval;
mod keys;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::settings::StoreKind;

pub(crate) use eval::{CompareArgs, EvalCommand, GateArgs, RunArgs, SweepArgs};
pub(crate) use keys::{CreateKeyArgs, KeysCommand, RotateKeyArgs};

/// In-house knowledge, asked in Korean or English, answered with the exact source.
#[derive(Debug, Parser)]
#[command(
    name = "siren",
    version,
    about,
    after_help = "Without a command: indexes the configured sources if there is no index yet, and serves.\nExit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 a gate said no."
)]
pub(crate) struct Cli {
    /// Settings file [default: siren.toml if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the index and other state lie
    #[arg(long, global = true, value_name = "DIR", default_value = ".siren")]
    pub(crate) state: PathBuf,
    /// Say nothing but results and errors
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    /// Do not fetch the optional language assets; only the command without a name would
    #[arg(long)]
    pub(crate) offline: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Ask a question
    Ask(AskArgs),
    /// Serve the page and the OpenAI-compatible API
    Serve(ServeArgs),
    /// Give other programs' models tools to search, ask and read, over standard streams (Model Context Protocol)
    Mcp(McpArgs),
    /// Bring the index up to date with its sources
    Reindex(ReindexArgs),
    /// Look at generations of the index, or go back to one
    #[command(subcommand)]
    Index(IndexCommand),
    /// Score retrieval and answers
    #[command(subcommand)]
    Eval(EvalCommand),
    /// See what the rules say
    #[command(subcommand)]
    Guard(GuardCommand),
    /// Keys that programs and people show to a server
    #[command(subcommand)]
    Keys(KeysCommand),
    /// What the owners of documents should mend
    Health(HealthArgs),
    /// Put the index, the state and the settings into a folder, each file with its checksum
    Backup {
        /// An empty folder, or one that is not there yet
        folder: PathBuf,
        #[command(flatten)]
        json: JsonArg,
    },
    /// Bring back what `siren backup` has put into a folder, into whichever store is configured
    Restore {
        /// The folder
        folder: PathBuf,
        /// Also where there is an index already: the restored one takes its place, `siren index rollback` goes back
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        json: JsonArg,
    },
    /// Fetch the optional language assets: a Korean dictionary and a sentence encoder
    Setup,
    /// Show every setting in force and where it came from
    Config(JsonArg),
    /// Reads documents for another process of this program
    #[command(hide = true)]
    ReadDocuments { seconds: u64, megabytes: u64 },
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct JsonArg {
    /// One JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AskArgs {
    /// The question; `-` reads it from standard input
    pub(crate) question: String,
    #[command(flatten)]
    pub(crate) json: JsonArg,
    /// Passages to keep
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) top_k: Option<u16>,
    /// Also tell what was looked for, how each passage came by its place and what became of it
    #[arg(long)]
    pub(crate) explain: bool,
    /// Who asks: limits of a day are counted by this name
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) asker: Option<String>,
    /// Only from documents with this facet: source, event, owner, language, tag, date (YYYY-MM) or field.COLUMN; all of
    /// several
    #[arg(long, value_name = "NAME=VALUE", value_parser = facet)]
    pub(crate) filter: Vec<String>,
    /// The asker's groups, with commas; everyone is in `all`
    #[arg(long, value_name = "GROUPS", value_delimiter = ',')]
    pub(crate) groups: Vec<String>,
}

fn facet(text: &str) -> Result<String, String> {
    const NAMES: [&str; 6] = ["source", "event", "owner", "language", "tag", "date"];
    match text.split_once('=') {
        Some((name, value)) if !value.is_empty() && (NAMES.contains(&name) || name.starts_with("field.")) => {
            Ok(text.to_owned())
        }
        _ => Err(format!("write NAME=VALUE, where NAME is field.COLUMN or one of {}", NAMES.join(", "))),
    }
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address and port [default: serve.listen]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct McpArgs {
    /// Who asks
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) asker: Option<String>,
    /// The asker's groups, with commas; everyone is in `all`
    #[arg(long, value_name = "GROUPS", value_delimiter = ',')]
    pub(crate) groups: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReindexArgs {
    /// Make every document anew
    #[arg(long)]
    pub(crate) full: bool,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Delete what is gone, however large a share of its source that is
    #[arg(long)]
    pub(crate) allow_shrink: bool,
    /// Serve the new index without asking the gate; the index remembers it
    #[arg(long)]
    pub(crate) no_gate: bool,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}

#[derive(Debug, Args)]
pub(crate) struct HealthArgs {
    #[command(flatten)]
    pub(crate) json: JsonArg,
    /// Write a page to send around: one file, Korean and English
    #[arg(long, value_name = "OUT")]
    pub(crate) html: Option<PathBuf>,
    /// Tell the documents that no question of this suite finds [default: health.suite, else eval.gate]
    #[arg(long, value_name = "SUITE")]
    pub(crate) suite: Option<PathBuf>,
    /// Feedback of people, JSON Lines, as `siren eval import` reads it
    #[arg(long, value_name = "FILE")]
    pub(crate) feedback: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum IndexCommand {
    /// All generations
    List(JsonArg),
    /// The documents of the live generation
    Show(JsonArg),
    /// Serve an earlier generation again
    Rollback {
        /// Its number [default: the one before the live one]
        number: Option<u64>,
    },
    /// Remove all but the newest generations; the live one stays
    Prune {
        /// How many stay [default: index.keep_generations]
        #[arg(long)]
        keep: Option<usize>,
    },
    /// Copy the live generation into another store, without reading or embedding anything anew
    Copy {
        /// Where it is
        #[arg(long, value_name = "STORE")]
        from: StoreKind,
        /// Where it goes; it becomes the live generation there
        #[arg(long, value_name = "STORE")]
        to: StoreKind,
        #[command(flatten)]
        json: JsonArg,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum GuardCommand {
    /// What the rules say of a text, and why
    Check {
        /// The text
        text: String,
        #[command(flatten)]
        json: JsonArg,
        /// The asker's groups, with commas
        #[arg(long, value_name = "GROUPS", value_delimiter = ',')]
        groups: Vec<String>,
    },
    /// Rules that cannot apply, hide or contradict one another, or say too much
    Lint {
        #[command(flatten)]
        json: JsonArg,
    },
    /// Try the rules on cases with known outcomes
    Test(GuardTestArgs),
    /// Learn what words weigh for the topics of rules from cases with known outcomes
    Learn(GuardLearnArgs),
}

#[derive(Debug, Args)]
pub(crate) struct GuardLearnArgs {
    /// Cases, JSON Lines, or folders with suite.toml
    #[arg(required = true)]
    pub(crate) cases: Vec<PathBuf>,
    /// Write the weights here; `guard.topics` names the file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Tell how the rules do on cases that the weights were not learnt from, in so many parts
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=50))]
    pub(crate) folds: Option<u8>,
}

#[derive(Debug, Args)]
pub(crate) struct GuardTestArgs {
    /// Cases, JSON Lines, or a folder with suite.toml
    #[arg(default_value = "eval/guard")]
    pub(crate) cases: PathBuf,
    #[command(flatten)]
    pub(crate) json: JsonArg,
    /// Exit with 3 when a smaller share of attacks is blocked
    #[arg(long, value_name = "SHARE")]
    pub(crate) min_attack_block: Option<f64>,
    /// Exit with 3 when a larger share of the rest is stopped
    #[arg(long, value_name = "SHARE")]
    pub(crate) max_false_block: Option<f64>,
    /// Exit with 3 when a smaller share of the rules' lines was ever found
    #[arg(long, value_name = "SHARE")]
    pub(crate) min_line_coverage: Option<f64>,
    /// Judge every case so many times, for the latency
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) repeat: u16,
}
