//! The rules of the house: which crate may know which, how long a file is, where the environment is read, what the
//! sample data promises.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};
use e2e::{Place, database, repository};
use serde_json::Value;

const MOST_LINES: usize = 500;

/// Files below a folder of the repository whose names end so.
fn files(folder: &str, ends: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![repository().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ends) {
                all.push(path);
            }
        }
    }
    all.sort();
    all
}

fn told(path: &Path) -> String {
    path.strip_prefix(repository()).unwrap_or(path).display().to_string()
}

/// Fails with all that was found, a line each.
#[track_caller]
fn assert_none(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

#[test]
fn crates_know_only_what_the_design_allows() {
    let stages = ["index", "retrieval", "evaluation", "chat", "guard", "adapters"];
    let mut allowed: BTreeSet<(String, String)> = [("text", "domain")].map(edge).into();
    allowed.extend(stages.iter().flat_map(|stage| [(*stage, "domain"), (*stage, "text")]).map(edge));
    let shared = ["domain", "text", "merging"];
    allowed.extend([("merging", "domain"), ("merging", "text")].map(edge));
    allowed.extend([("index", "merging"), ("retrieval", "merging")].map(edge));
    allowed.extend(stages.iter().chain(&shared).map(|other| edge(("siren", other))));

    let metadata =
        MetadataCommand::new().manifest_path(repository().join("Cargo.toml")).no_deps().exec().unwrap();
    let names: BTreeSet<_> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let expected = stages.iter().chain(&shared).map(|name| format!("siren-{name}"));
    let expected: BTreeSet<_> = expected.chain(["siren".to_owned(), "e2e".to_owned()]).collect();
    assert_eq!(names, expected, "the rooms of the house");

    let mut forbidden = Vec::new();
    for package in metadata.packages.iter().filter(|package| package.name.as_str() != "e2e") {
        for dependency in package.dependencies.iter().filter(|dependency| names.contains(&dependency.name)) {
            let found = edge((short(&package.name), short(&dependency.name)));
            let own =
                dependency.kind == DependencyKind::Development && dependency.name == package.name.as_str();
            if !own && !allowed.contains(&found) {
                forbidden.push(format!("{} -> {} ({:?})", found.0, found.1, dependency.kind));
            }
        }
    }
    assert_none("an edge that design.md §1 does not have", &forbidden);
    let siren = metadata.packages.iter().find(|package| package.name.as_str() == "siren").unwrap();
    let known = siren.dependencies.iter().filter(|dependency| names.contains(&dependency.name)).count();
    assert_eq!(known, stages.len() + shared.len(), "siren -> all");
}

fn edge((from, to): (&str, &str)) -> (String, String) {
    (from.to_owned(), to.to_owned())
}

fn short(name: &str) -> &str {
    name.strip_prefix("siren-").unwrap_or(name)
}

#[test]
fn no_file_is_too_long_to_be_read_in_one_go() {
    let all = [files("crates", ".rs"), files("tests", ".rs")].concat();
    assert!(all.len() > 50, "only {} files were looked at", all.len());
    let length = |path: &PathBuf| std::fs::read_to_string(path).unwrap().lines().count();
    let long = all.iter().map(|path| (length(path), path)).filter(|(lines, _)| *lines > MOST_LINES);
    let long: Vec<_> = long.map(|(lines, path)| format!("{}: {lines} lines", told(path))).collect();
    assert_none(&format!("more than {MOST_LINES} lines"), &long);
}

/// Lines of the crates' files that break a rule.
fn lines_that(ends: &str, breaks: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for path in files("crates", ends) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let lines = text.lines().enumerate().filter(|(_, line)| breaks(line));
        found.extend(lines.map(|(at, line)| format!("{}:{}: {}", told(&path), at + 1, line.trim())));
    }
    found
}

#[test]
fn one_place_reads_the_environment() {
    let reads = |line: &str| line.contains("env::var") || line.contains("env::{var");
    // Where a build script writes to, cargo tells it so and in no other way.
    let of_program = |line: &String| !line.contains("/build.rs:");
    let found: Vec<String> = lines_that(".rs", reads).into_iter().filter(of_program).collect();
    let (there, elsewhere): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|line| line.starts_with("crates/siren/src/settings/environment.rs:"));
    assert!(!there.is_empty(), "the one place has moved: correct this test");
    assert_none("the environment is read outside settings", &elsewhere);
}

#[test]
fn no_file_names_a_folder_of_somebodys_machine() {
    // Put together here, so that this file does not break its own rule.
    let machine = ["work", "root", "home", "Users"].map(|folder| format!("/{folder}/"));
    let found = lines_that("", |line| machine.iter().any(|path| line.contains(path.as_str())));
    assert_none("a path that only one machine has", &found);
}

#[test]
fn the_code_is_told_in_english() {
    let is_hangul = |c: char| matches!(c, '\u{ac00}'..='\u{d7a3}' | '\u{3131}'..='\u{318e}');
    let breaks = |line: &str| {
        let line = line.trim_start();
        let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        // Every second piece stands between backticks, where examples may be in any language.
        doc.is_some_and(|doc| doc.split('`').step_by(2).any(|piece| piece.contains(is_hangul)))
    };
    let found = lines_that(".rs", breaks).into_iter().filter(|line| !line.contains("/tests/"));
    assert_none("Korean outside backticks in a doc comment", &found.collect::<Vec<_>>());
}

#[test]
fn the_sample_database_is_what_its_sql_says() {
    let data = repository().join("data");
    let sql = std::fs::read_to_string(data.join("conferences.sql")).unwrap();
    let (file, text) =
        (database::content_of_file(&data.join("conferences.sqlite")), database::content_of_sql(&sql));
    assert!(file.len() > 5, "tables and views: {:?}", file.keys());
    assert!(file.keys().eq(text.keys()), "{:?} {:?}", file.keys(), text.keys());
    for (table, rows) in &text {
        assert_eq!(&file[table], rows, "{table} differs between conferences.sqlite and conferences.sql");
        assert!(!rows.is_empty(), "{table} is empty");
    }
}

#[test]
fn every_takeaway_tells_what_it_is() {
    let all = files("data/takeaways", ".md");
    assert!(all.len() >= 20, "{} takeaways", all.len());
    let mut missing = Vec::new();
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        let head =
            text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map(|(head, _)| head);
        let head = head.unwrap_or_default();
        for key in ["title", "event", "date", "tags", "owner", "access"] {
            let value =
                head.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).unwrap_or_default();
            if value.trim_matches([' ', '"', '[', ']']).is_empty() {
                missing.push(format!("{}: no {key}", told(&path)));
            }
        }
    }
    assert_none("front matter", &missing);
}

#[test]
fn every_relevant_document_of_the_suite_exists() {
    let place = Place::with_sample();
    let report = place.json(&["reindex", "--json"]);
    assert_eq!(report["faults"], serde_json::json!([]), "the sample has no fault");
    let shown = place.json(&["index", "show", "--json"]);
    let ids =
        shown["documents"].as_array().into_iter().flatten().filter_map(|document| document["id"].as_str());
    let ids: BTreeSet<_> = ids.collect();
    let questions = std::fs::read_to_string(repository().join("eval/conference/questions.jsonl")).unwrap();
    let mut unknown = Vec::new();
    for line in questions.lines() {
        let question: Value = serde_json::from_str(line).unwrap();
        let relevant = question["relevant"].as_object().into_iter().flatten();
        let missing = relevant.filter(|(id, _)| !ids.contains(id.as_str()));
        unknown.extend(missing.map(|(id, _)| format!("{}: {id}", question["_id"])));
    }
    assert_none("a relevant document that the index does not have", &unknown);
}
