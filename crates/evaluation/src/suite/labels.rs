//! What did the documents say when they were labelled?
//!
//! `labels.jsonl` beside the questions: `{"document": "id", "content": "hash"}` a line.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::EvaluationError;
use crate::lines::json_lines;

const FILE: &str = "labels.jsonl";

/// The hash of each labelled document's content, by id.
pub type Labels = BTreeMap<String, String>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelLine {
    document: String,
    content: String,
}

/// Reads the hashes of a suite; none if it has none.
pub fn read_labels(folder: &Path) -> Result<Option<Labels>, EvaluationError> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(None);
    }
    let mut labels = Labels::new();
    let form = "let `siren eval lint SUITE --refresh` write this file";
    json_lines(&path, form, |_, line: LabelLine| {
        labels.insert(line.document, line.content);
        Ok(())
    })?;
    Ok(Some(labels))
}

/// Writes the hashes of a suite.
pub fn write_labels(folder: &Path, labels: &Labels) -> Result<(), EvaluationError> {
    let mut text = String::new();
    for (document, content) in labels {
        let line = LabelLine { document: document.clone(), content: content.clone() };
        let line = serde_json::to_string(&line);
        text.push_str(&line.map_err(|error| EvaluationError::Usage(error.to_string()))?);
        text.push('\n');
    }
    let path = folder.join(FILE);
    std::fs::write(&path, text).map_err(|error| EvaluationError::file(&path, &error))
}
