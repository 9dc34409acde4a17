//! What is tried? A TOML file with lists of values; every combination is a cell.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::error::EvaluationError;
use crate::lines::{Place, read_text};
use crate::measures::Measure;

/// So many cells at most: more is a mistake in the grid.
const MOST_CELLS: usize = 10_000;

/// What is tried, on what, and how it is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// The suite's folder, if the file names one.
    pub suite: Option<PathBuf>,
    /// What a cell is chosen by.
    pub measure: String,
    /// Parts that the questions are cut into.
    pub folds: usize,
    /// What decides which question is in which part.
    pub seed: u64,
    /// Settings (`section.key`) with the values to try, in the order of the file.
    pub axes: Vec<(String, Vec<Value>)>,
}

/// Settings by `section.key`, with the value that a cell tries.
pub type Cell = BTreeMap<String, Value>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GridFile {
    schema: u32,
    suite: Option<PathBuf>,
    #[serde(default = "usual_measure")]
    measure: String,
    #[serde(default = "usual_folds")]
    folds: usize,
    #[serde(default = "usual_seed")]
    seed: u64,
    grid: BTreeMap<String, toml::Spanned<toml::Value>>,
}

fn usual_measure() -> String {
    "nDCG@10".to_owned()
}

fn usual_folds() -> usize {
    5
}

fn usual_seed() -> u64 {
    1
}

const REMEDY: &str = "write schema = 1 and, in [grid], lists such as chunk_tokens = [200, 400]";

/// Reads a grid.
pub fn read_grid(path: &Path) -> Result<Grid, EvaluationError> {
    let text = read_text(path)?;
    let file = path.display().to_string();
    let line = |at: usize| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    let read: GridFile = toml::from_str(&text).map_err(|error| {
        let place = Place { file: &file, line: line(error.span().map_or(0, |span| span.start)) };
        place.wrong(error.message(), REMEDY)
    })?;
    let wrong = |problem: String, remedy: &str| EvaluationError::content(&file, problem, remedy);
    if read.schema != 1 {
        return Err(wrong(format!("schema: {} is not known", read.schema), "write schema = 1"));
    }
    if !(2..=20).contains(&read.folds) {
        return Err(wrong(format!("folds: {} parts", read.folds), "write 2 to 20"));
    }
    let measure = read.measure.parse::<Measure>().map_or(read.measure, |measure| measure.to_string());
    let mut spanned: Vec<_> = read.grid.into_iter().collect();
    spanned.sort_by_key(|(_, value)| value.span().start);
    let mut axes = Vec::new();
    for (name, value) in spanned {
        let place = Place { file: &file, line: line(value.span().start) };
        axes.push(axis(place, &name, value.into_inner())?);
    }
    let cells: usize = axes.iter().map(|(_, values)| values.len()).product();
    if axes.is_empty() || cells > MOST_CELLS {
        return Err(wrong(format!("[grid]: {cells} cells of {} settings", axes.len()), "try less at once"));
    }
    let base = path.parent().unwrap_or(Path::new("."));
    let suite = read.suite.map(|suite| if suite.is_absolute() { suite } else { base.join(suite) });
    Ok(Grid { suite, measure, folds: read.folds, seed: read.seed, axes })
}

fn axis(place: Place<'_>, name: &str, value: toml::Value) -> Result<(String, Vec<Value>), EvaluationError> {
    let list = match value {
        toml::Value::Array(list) if !list.is_empty() => list,
        _ => return Err(place.wrong(format!("{name}: no list of values"), REMEDY)),
    };
    let values = list.iter().map(|value| setting(name, value));
    let values: Option<Vec<(String, Value)>> = values.collect();
    let Some(values) = values else {
        let remedy = "chunk_tokens, overlap and k are whole numbers, lexical_weight is between 0 and 1, analyser is \
                      \"plain\" or \"dictionary\", encoder is \"none\" or \"embedded\"";
        return Err(place.wrong(format!("{name}: a value that it cannot have"), remedy));
    };
    let key = values[0].0.clone();
    if !key.contains('.') {
        let remedy = "use chunk_tokens, overlap, analyser, encoder, lexical_weight, k, fusion, reranker, prompt, or any setting that \
                      `siren config` lists, as \"section.key\"";
        return Err(place.wrong(format!("{name}: there is nothing of this name to try"), remedy));
    }
    Ok((key, values.into_iter().map(|(_, value)| value).collect()))
}

/// The setting that a name of the talk stands for, and its value.
fn setting(name: &str, value: &toml::Value) -> Option<(String, Value)> {
    let json = serde_json::to_value(value).ok()?;
    let named = |key: &str, value: Value| Some((key.to_owned(), value));
    match name {
        "chunk_tokens" => named("index.max_tokens", json.as_u64().map(Value::from)?),
        "overlap" => named("index.overlap", json.as_u64().map(Value::from)?),
        "k" => named("retrieval.top_k", json.as_u64().map(Value::from)?),
        "fusion" => named("retrieval.fusion", json),
        "reranker" => named("rerank.kind", json),
        "prompt" => named("answer.prompts", json),
        "encoder" => named("embedding.kind", json),
        "analyser" => match json.as_str()? {
            "plain" => named("index.dictionary", false.into()),
            "dictionary" => named("index.dictionary", true.into()),
            _ => None,
        },
        "lexical_weight" => {
            let weight = json.as_f64().filter(|weight| (0.0..=1.0).contains(weight))?;
            // The setting weighs meaning; six digits are what a single-precision setting holds.
            named("retrieval.dense_weight", (((1.0 - weight) * 1e6).round() / 1e6).into())
        }
        _ => named(name, json),
    }
}

impl Grid {
    /// Every combination, the last setting changing quickest.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells = vec![Cell::new()];
        for (key, values) in &self.axes {
            let with = |cell: &Cell, value: &Value| {
                let mut cell = cell.clone();
                cell.insert(key.clone(), value.clone());
                cell
            };
            cells = cells.iter().flat_map(|cell| values.iter().map(|value| with(cell, value))).collect();
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::read_grid;

    fn read(text: &str) -> Result<super::Grid, String> {
        let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_grid(file.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_combination_is_a_cell() {
        let grid = read(
            "schema = 1\nmeasure = \"ndcg_cut_5\"\n[grid]\nlexical_weight = [0.7, 1.0]\nchunk_tokens = [200, 400, 800]\n\
             analyser = [\"plain\"]\n\"answer.max_sentences\" = [2]\n",
        )
        .unwrap();
        assert_eq!((grid.cells().len(), grid.measure.as_str(), grid.folds), (6, "nDCG@5", 5));
        let first = serde_json::to_string(&grid.cells()[0]).unwrap();
        assert_eq!(
            first,
            r#"{"answer.max_sentences":2,"index.dictionary":false,"index.max_tokens":200,"retrieval.dense_weight":0.3}"#
        );
    }

    #[test]
    fn a_wrong_grid_is_told_with_its_line() {
        let cases = [
            ("schema = 2\n[grid]\nk = [1]\n", "schema: 2"),
            ("schema = 1\n[grid]\n", "0 settings"),
            ("schema = 1\n[grid]\nk = 3\n", ":3: k: no list"),
            ("schema = 1\n[grid]\nk = [5]\nanalyser = [\"kiwi\"]\n", ":4: analyser: a value"),
            ("schema = 1\n[grid]\nlexical_weight = [1.5]\n", ":3: lexical_weight"),
            ("schema = 1\n[grid]\nsize = [1]\n", ":3: size: there is nothing"),
            ("schema = 1\nfold = 2\n[grid]\nk = [1]\n", ":2: unknown field"),
            ("schema = 1\nfolds = 1\n[grid]\nk = [1]\n", "folds: 1"),
        ];
        for (text, needle) in cases {
            let said = read(text).unwrap_err();
            assert!(said.contains(needle), "{text:?}: {said}");
        }
    }
}
