//! The winner into the settings file, every comment and every other line as it was.

use std::path::PathBuf;

use serde_json::Value;
use siren_evaluation::sweep::Cell;
use toml_edit::{DocumentMut, Item, Table};

use crate::commands::Failure;
use crate::wiring::Wiring;

pub(super) fn promote(wiring: &Wiring, settings: &Cell) -> Result<PathBuf, Failure> {
    let path = wiring.settings.file();
    let text = if path.exists() { std::fs::read_to_string(&path)? } else { String::new() };
    let wrong = |problem: String| Failure::failed(format!("{}: {problem}", path.display()));
    let written = with(&text, settings).map_err(wrong)?;
    let unfinished = path.with_extension("toml.new");
    std::fs::write(&unfinished, written)?;
    std::fs::rename(&unfinished, &path)?;
    Ok(path)
}

fn with(text: &str, settings: &Cell) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    for (key, setting) in settings {
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let table = document.entry(section).or_insert_with(|| Item::Table(Table::new()));
        let table = table.as_table_like_mut().ok_or_else(|| format!("`{section}` is no section"))?;
        let mut new = written(setting).ok_or_else(|| format!("`{key}` cannot be {setting}"))?;
        match table.get_mut(name).and_then(Item::as_value_mut) {
            Some(old) => {
                // What stands around a value is its comment.
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
            None => {
                table.insert(name, Item::Value(new));
            }
        }
    }
    Ok(document.to_string())
}

fn written(value: &Value) -> Option<toml_edit::Value> {
    match value {
        Value::Bool(yes) => Some((*yes).into()),
        Value::String(text) => Some(text.into()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(whole.into()),
            None => Some(number.as_f64()?.into()),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::with;

    #[test]
    fn every_other_line_stays() {
        let cell = |value: serde_json::Value| serde_json::from_value(value).unwrap();
        let cases = [
            ("", json!({"index.max_tokens": 200}), "[index]\nmax_tokens = 200\n"),
            (
                "# ours\n[index]  # cut\nmax_tokens = 400 # tried in May\noverlap = 10\n\n[[source]]\nkind = \"folder\"\n",
                json!({"index.max_tokens": 200, "retrieval.dense_weight": 0.25, "index.dictionary": false}),
                "# ours\n[index]  # cut\nmax_tokens = 200 # tried in May\noverlap = 10\ndictionary = false\n\n[[source]]\nkind = \"folder\"\n\n[retrieval]\ndense_weight = 0.25\n",
            ),
            (
                "embedding = { kind = \"none\" } # small\n",
                json!({"embedding.kind": "embedded"}),
                "embedding = { kind = \"embedded\" } # small\n",
            ),
        ];
        for (before, settings, after) in cases {
            assert_eq!(with(before, &cell(settings)).unwrap(), after, "{before:?}");
        }
        assert!(with("index = 3\n", &cell(json!({"index.overlap": 1}))).is_err());
        assert!(with("[index\n", &cell(json!({"index.overlap": 1}))).is_err());
    }
}
