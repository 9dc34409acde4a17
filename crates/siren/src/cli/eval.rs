//! The command line of `siren eval`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::JsonArg;

#[derive(Debug, Subcommand)]
pub(crate) enum EvalCommand {
    /// Ask a suite's questions and score retrieval and answers
    Run(RunArgs),
    /// Index, search and score a BEIR folder
    Beir {
        /// The folder with corpus.jsonl, queries.jsonl and qrels/
        folder: PathBuf,
        #[command(flatten)]
        json: JsonArg,
        /// Write the rankings as a TREC run
        #[arg(long, value_name = "FILE")]
        run_file: Option<PathBuf>,
        /// Make the index here, and keep it, instead of in a temporary folder
        #[arg(long, value_name = "PATH")]
        keep_index: Option<PathBuf>,
    },
    /// Score a TREC run
    Score {
        /// Relevance labels: TREC or BEIR form, a BEIR folder, or a suite
        qrels: PathBuf,
        /// The run, or the record of one
        run: PathBuf,
        /// What to compute, by the names of ir_measures or trec_eval
        #[arg(long, default_value = USUAL)]
        measures: String,
        /// Each query's values as well
        #[arg(long)]
        per_query: bool,
        #[command(flatten)]
        json: JsonArg,
    },
    /// Tell whether one run is better than another, or whether that is noise
    Compare(CompareArgs),
    /// Hold the present settings, rules and model to an accepted run; exit code 3 says no
    Gate(GateArgs),
    /// Show how a run differs from the accepted one, and accept it
    Accept {
        /// The record of a run, from `eval run --record`
        run: PathBuf,
        /// Where accepted runs lie
        #[arg(long, value_name = "DIR", default_value = "eval/baselines")]
        baselines: PathBuf,
        /// Accept it although it is worse
        #[arg(long)]
        although_worse: bool,
    },
    /// Try settings against each other
    Sweep(SweepArgs),
    /// Look for labels that no longer fit the documents
    Lint {
        /// A suite's folder
        suite: PathBuf,
        /// Remember the documents as they are now: their labels were looked through
        #[arg(long)]
        refresh: bool,
        #[command(flatten)]
        json: JsonArg,
    },
    /// Draft questions from the indexed documents, for a person to choose from
    Draft {
        /// Only from these sources
        #[arg(long, value_name = "NAME")]
        source: Vec<String>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// Make questions of answers that people were not content with
    Import {
        /// Feedback, JSON Lines: question, rating and, optionally, answer, citations, comment, groups, history
        /// [default: what the application remembers]
        feedback: Option<PathBuf>,
    },
}

const USUAL: &str = "nDCG@10,R@5,R@10,RR@10";

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// A suite's folder
    pub(crate) suite: PathBuf,
    #[command(flatten)]
    pub(crate) json: JsonArg,
    /// Write the rankings as a TREC run
    #[arg(long, value_name = "FILE")]
    pub(crate) run_file: Option<PathBuf>,
    /// Write all that was run and all that came of it, the same bytes for the same thing
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Write a report to look at: one file, Korean and English
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Also ask the judge of the settings (`judge.base_url`) what it thinks of each answer
    #[arg(long)]
    pub(crate) judge: bool,
    /// The accepted run that the report compares with [default: eval/baselines/SUITE.json if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Relevance labels: TREC or BEIR form, a BEIR folder, or a suite
    pub(crate) qrels: PathBuf,
    /// The first run, or the record of one
    pub(crate) run_a: PathBuf,
    /// The second run, or the record of one
    pub(crate) run_b: PathBuf,
    /// What to compare by
    #[arg(long, default_value = USUAL)]
    pub(crate) measures: String,
    #[command(flatten)]
    pub(crate) chance: ChanceArgs,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ChanceArgs {
    /// What random numbers begin with
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Permutations and resamples
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(10_000..=1_000_000))]
    pub(crate) permutations: u32,
}

#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// A suite's folder
    pub(crate) suite: PathBuf,
    /// The accepted run [default: eval/baselines/SUITE.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}

#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    /// What to try, TOML
    pub(crate) grid: PathBuf,
    /// A suite's folder, in place of the grid's
    #[arg(long, value_name = "SUITE")]
    pub(crate) suite: Option<PathBuf>,
    /// Write the winner into the settings file, if it beats the settings there
    #[arg(long)]
    pub(crate) promote: bool,
    /// Where results and what is needed to go on after a break lie [default: sweeps/ below --state]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Cells at work at once
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) jobs: u16,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}
