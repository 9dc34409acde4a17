//! Which settings does each cell have, and which cells share an index?

use std::collections::BTreeSet;

use serde_json::{Value, json};
use siren_evaluation::suite::Suite;
use siren_evaluation::sweep::{Cell, Grid};

use crate::commands::Failure;
use crate::evaluating::{deciding, hash};
use crate::settings::{Effective, Settings};
use crate::wiring::Wiring;

/// What is to be tried. The first cell is the present settings.
pub(super) struct Plan {
    pub(super) cells: Vec<Planned>,
    /// Combinations that cannot be, in words.
    pub(super) skipped: Vec<String>,
    /// Differs whenever anything does that a result rests on.
    pub(super) name: String,
}

/// A cell that can be tried.
pub(super) struct Planned {
    /// The settings that are tried.
    pub(super) tried: Cell,
    pub(super) settings: Effective,
    /// Names its result.
    pub(super) name: String,
    /// Names the index that it needs.
    pub(super) index: String,
}

impl Plan {
    pub(super) fn new(wiring: &Wiring, grid: &Grid, suite: &Suite) -> Result<Self, Failure> {
        let present: Cell = grid
            .axes
            .iter()
            .map(|(key, _)| Ok((key.clone(), value_of(&wiring.settings, key)?)))
            .collect::<Result<_, Failure>>()?;
        let mut plan = Self { cells: Vec::new(), skipped: Vec::new(), name: String::new() };
        let mut names = BTreeSet::new();
        for tried in std::iter::once(present).chain(grid.cells()) {
            let settings = with(&wiring.settings, &tried).and_then(|settings| {
                let prompts = wiring.like(settings.clone(), wiring.state()).prompts();
                prompts.map(|_| settings).map_err(|failure| failure.message)
            });
            match settings {
                Ok(settings) => {
                    let planned = planned(wiring, tried, settings);
                    if names.insert(planned.name.clone()) {
                        plan.cells.push(planned);
                    }
                }
                Err(why) => plan.skipped.push(format!("{}: {why}", json!(tried))),
            }
        }
        if plan.cells.len() < 2 {
            let why =
                plan.skipped.first().cloned().unwrap_or_else(|| "every cell is the present settings".into());
            return Err(Failure::usage(format!("the grid has nothing to try: {why}")));
        }
        let binary =
            std::env::current_exe().and_then(std::fs::read).map(|bytes| hash(&bytes)).unwrap_or_default();
        let sources = hash(format!("{:?}", wiring.settings.settings.sources).as_bytes());
        let all: Vec<&str> = plan.cells.iter().map(|cell| cell.name.as_str()).collect();
        plan.name = hash(format!("{} {binary} {sources} {all:?}", suite.hash()).as_bytes())[..16].to_owned();
        Ok(plan)
    }
}

fn planned(wiring: &Wiring, tried: Cell, mut settings: Effective) -> Planned {
    // Indexes lie in folders of their own, but the assets stay where they are.
    let assets = wiring.assets();
    let assets = std::path::absolute(assets.path()).unwrap_or_else(|_| assets.path().to_path_buf());
    settings.settings.assets.path = assets.display().to_string();
    let all = deciding(&settings);
    let shapes_index = |key: &&String| key.starts_with("index.") || key.starts_with("embedding.");
    let index: Vec<_> = all.iter().filter(|(key, _)| shapes_index(key)).collect();
    let mut decides = json!(all).to_string().into_bytes();
    decides.extend(prompt_files(&settings));
    let (name, index) = (hash(&decides), hash(format!("{index:?}").as_bytes()));
    Planned { tried, settings, name: name[..16].to_owned(), index: index[..16].to_owned() }
}

/// What stands in the folder of prompts, where the settings name one: the same folder with other words is another cell.
fn prompt_files(settings: &Effective) -> Vec<u8> {
    let folder = &settings.settings.answer.prompts;
    if folder.is_empty() {
        return Vec::new();
    }
    let entries = std::fs::read_dir(settings.path(folder)).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
        .iter()
        .flat_map(|path| [path.display().to_string().into_bytes(), std::fs::read(path).unwrap_or_default()])
        .flatten()
        .collect()
}

fn split(key: &str) -> (&str, &str) {
    key.split_once('.').unwrap_or((key, ""))
}

/// The present value of a setting, by `section.key`.
fn value_of(settings: &Effective, key: &str) -> Result<Value, Failure> {
    let (section, name) = split(key);
    let mut all = deciding(settings);
    // Where prompts lie decides nothing, what they say does: a record holds their hash. A grid says where they lie.
    all.insert("answer.prompts".to_owned(), json!(settings.settings.answer.prompts));
    match all.get(key) {
        // Six digits are what a single-precision setting holds.
        Some(Value::Number(number)) if number.is_f64() => {
            Ok(json!((number.as_f64().unwrap_or_default() * 1e6).round() / 1e6))
        }
        Some(value) => Ok(value.clone()),
        None => {
            let close =
                all.keys().filter(|other| split(other).0 == section).cloned().collect::<Vec<_>>().join(", ");
            let close = if close.is_empty() { String::new() } else { format!(": [{section}] has {close}") };
            Err(Failure::usage(format!(
                "the grid tries `{section}.{name}`, which this version does not have{close}"
            )))
        }
    }
}

/// The settings with what a cell tries.
fn with(present: &Effective, tried: &Cell) -> Result<Effective, String> {
    let mut value = serde_json::to_value(&present.settings).map_err(|error| error.to_string())?;
    for (key, tried) in tried {
        let (section, name) = split(key);
        value[section][name] = tried.clone();
    }
    let mut settings: Settings = serde_json::from_value(value).map_err(|error| error.to_string())?;
    // What is never written down is not read back either.
    settings.answer.api_key.clone_from(&present.settings.answer.api_key);
    settings.embedding.api_key.clone_from(&present.settings.embedding.api_key);
    settings.rerank.api_key.clone_from(&present.settings.rerank.api_key);
    settings.sources.clone_from(&present.settings.sources);
    let effective = Effective { settings, ..present.clone() };
    effective.check().map_err(|error| error.0)?;
    Ok(effective)
}
