//! Files and folders that the settings name: saved with a backup, and put back where the settings look for them.
//!
//! ```text
//! named.json            which setting named what
//! named/guard.rules     each, a file or a folder, under the name of its setting
//! ```
//! Those that hold secrets are not among them, nor are the documents: sources have owners of their own.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Component, Path};

use super::Failure;
use crate::settings::Effective;

const LIST: &str = "named.json";
const FOLDER: &str = "named";

/// Settings that name what somebody wrote for this Siren.
fn named(effective: &Effective) -> [(&'static str, &str); 6] {
    let settings = &effective.settings;
    [
        ("guard.rules", &settings.guard.rules),
        ("guard.topics", &settings.guard.topics),
        ("retrieval.aliases", &settings.retrieval.aliases),
        ("answer.prompts", &settings.answer.prompts),
        ("judge.prompts", &settings.judge.prompts),
        ("eval.gate", &settings.eval.gate),
    ]
}

/// Copies into a backup's folder what the settings name; tells what is not there.
pub(super) fn save(effective: &Effective, backup: &Path) -> Result<Vec<String>, Failure> {
    let (mut list, mut notes) = (BTreeMap::new(), Vec::new());
    for (setting, path) in named(effective).into_iter().filter(|(_, path)| !path.is_empty()) {
        let from = effective.path(path);
        if !from.exists() {
            notes.push(format!("`{setting}` names {path}, which is not there: it is not saved"));
            continue;
        }
        copy(&from, &backup.join(FOLDER).join(setting))?;
        list.insert(setting, path);
    }
    if !list.is_empty() {
        write(&backup.join(LIST), &serde_json::to_vec_pretty(&list)?)?;
    }
    Ok(notes)
}

/// Puts back what is missing; what is there stays as it is.
pub(super) fn restore(effective: &Effective, backup: &Path) -> Result<Vec<String>, Failure> {
    let list = backup.join(LIST);
    if !list.exists() {
        return Ok(Vec::new());
    }
    let list: BTreeMap<String, String> = serde_json::from_slice(&std::fs::read(list)?)?;
    let mut notes = Vec::new();
    let known = named(effective).map(|(setting, _)| setting);
    for (setting, path) in list.into_iter().filter(|(setting, _)| known.contains(&setting.as_str())) {
        let saved = backup.join(FOLDER).join(&setting);
        let to = effective.path(&path);
        notes.push(if to.exists() {
            format!("{path} (`{setting}`) stays as it is; the saved one is in {}", saved.display())
        } else if is_below(Path::new(&path)) {
            copy(&saved, &to)?;
            format!("{path} (`{setting}`) is restored")
        } else {
            format!("{path} (`{setting}`) lies elsewhere: put {} there", saved.display())
        });
    }
    Ok(notes)
}

/// Whether a path leads nowhere but down.
pub(super) fn is_below(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// Copies a file, or a folder with all that is in it, and waits until it is on disk.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let told = |path: &Path, error: std::io::Error| Failure::failed(format!("{}: {error}", path.display()));
    if from.is_dir() {
        std::fs::create_dir_all(to).map_err(|error| told(to, error))?;
        for entry in std::fs::read_dir(from).map_err(|error| told(from, error))? {
            let name = entry.map_err(|error| told(from, error))?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(|error| told(folder, error))?;
    }
    std::fs::copy(from, to).map_err(|error| told(from, error))?;
    on_disk(to)
}

/// Writes a file, and waits until it is on disk.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, content)?;
    on_disk(path)
}

/// Waits until a file is on disk.
pub(super) fn on_disk(path: &Path) -> Result<(), Failure> {
    Ok(File::open(path)?.sync_all()?)
}
