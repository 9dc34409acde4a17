//! What lies in a BEIR folder?
//!
//! `corpus.jsonl`, `queries.jsonl`, judgements in `qrels/`, and optionally `answers.jsonl`.
//! <https://github.com/beir-cellar/beir/wiki/Load-your-custom-dataset>

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::EvaluationError;
use crate::lines::{Place, json_lines};
use crate::ranking::Qrels;
use crate::trec::read_qrels;

/// A data set.
#[derive(Clone, Debug)]
pub struct BeirFolder {
    /// The folder's name.
    pub name: String,
    /// The documents, in the file's order.
    pub corpus: Vec<BeirDocument>,
    /// The judged queries, in the file's order.
    pub queries: Vec<BeirQuery>,
    /// The judgements.
    pub qrels: Qrels,
}

/// A document of the corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeirDocument {
    /// Its id.
    pub id: String,
    /// Its title; often empty.
    pub title: String,
    /// Its text.
    pub text: String,
}

/// A judged query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeirQuery {
    /// Its id.
    pub id: String,
    /// Its text.
    pub text: String,
    /// What an answer is accepted by; empty when that is not told.
    pub answers: Vec<String>,
}

#[derive(Deserialize)]
struct DocumentLine {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: Option<String>,
    text: String,
}

#[derive(Deserialize)]
struct QueryLine {
    #[serde(rename = "_id")]
    id: String,
    text: String,
}

#[derive(Deserialize)]
struct AnswersLine {
    #[serde(rename = "_id")]
    id: String,
    answers: Vec<String>,
}

/// Loads a data set.
pub fn load(folder: &Path) -> Result<BeirFolder, EvaluationError> {
    let judgements = qrels_file(folder)?;
    let qrels = read_qrels(&judgements)?;
    let mut answers = load_answers(&folder.join("answers.jsonl"))?;
    let mut queries = load_queries(&folder.join("queries.jsonl"), &qrels)?;
    for query in &mut queries {
        query.answers = answers.remove(&query.id).unwrap_or_default();
    }
    all_have_text(&judgements, &qrels, &queries)?;
    let corpus = load_corpus(&folder.join("corpus.jsonl"))?;
    let name = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = name.file_name().unwrap_or(name.as_os_str());
    let name = name.to_string_lossy().into_owned();
    Ok(BeirFolder { name, corpus, queries, qrels })
}

/// `qrels/test.tsv`, else `qrels.tsv`, else the only table in `qrels/`.
pub(crate) fn qrels_file(folder: &Path) -> Result<PathBuf, EvaluationError> {
    let usual = [folder.join("qrels/test.tsv"), folder.join("qrels.tsv")];
    if let Some(found) = usual.into_iter().find(|path| path.is_file()) {
        return Ok(found);
    }
    let entries = std::fs::read_dir(folder.join("qrels")).into_iter().flatten();
    let paths = entries.flatten().map(|entry| entry.path());
    let tables: Vec<_> = paths.filter(|p| p.extension().is_some_and(|e| e == "tsv")).collect();
    match <[PathBuf; 1]>::try_from(tables) {
        Ok([only]) => Ok(only),
        Err(tables) => Err(EvaluationError::content(
            &folder.display(),
            format!("{} files in qrels/ could be the judgements", tables.len()),
            "name the judgements qrels/test.tsv",
        )),
    }
}

fn load_corpus(path: &Path) -> Result<Vec<BeirDocument>, EvaluationError> {
    let (mut corpus, mut seen) = (Vec::new(), BTreeSet::new());
    let form = "write {\"_id\": \"..\", \"title\": \"..\", \"text\": \"..\"}";
    json_lines(path, form, |place, DocumentLine { id, title, text }| {
        first_time(place, &mut seen, &id)?;
        let title = title.unwrap_or_default();
        corpus.push(BeirDocument { id, title, text });
        Ok(())
    })?;
    Ok(corpus)
}

fn load_queries(path: &Path, qrels: &Qrels) -> Result<Vec<BeirQuery>, EvaluationError> {
    let (mut queries, mut seen) = (Vec::new(), BTreeSet::new());
    let form = "write {\"_id\": \"..\", \"text\": \"..\"}";
    json_lines(path, form, |place, QueryLine { id, text }| {
        first_time(place, &mut seen, &id)?;
        if qrels.query(&id).is_some() {
            queries.push(BeirQuery { id, text, answers: Vec::new() });
        }
        Ok(())
    })?;
    Ok(queries)
}

fn load_answers(path: &Path) -> Result<BTreeMap<String, Vec<String>>, EvaluationError> {
    let (mut answers, mut seen) = (BTreeMap::new(), BTreeSet::new());
    if !path.exists() {
        return Ok(answers);
    }
    let form = "write {\"_id\": \"..\", \"answers\": [\"..\"]}";
    json_lines(path, form, |place, line: AnswersLine| {
        first_time(place, &mut seen, &line.id)?;
        if line.answers.iter().all(|answer| answer.trim().is_empty()) {
            return Err(place.wrong("no answer is accepted", form));
        }
        answers.insert(line.id, line.answers);
        Ok(())
    })?;
    Ok(answers)
}

fn first_time(place: Place<'_>, seen: &mut BTreeSet<String>, id: &str) -> Result<(), EvaluationError> {
    if seen.insert(id.to_owned()) {
        return Ok(());
    }
    Err(place.wrong(format!("the _id {id:?} is there twice"), "keep one of the lines"))
}

/// A judged query that cannot be asked would be scored 0 for a fault of the data set.
fn all_have_text(judgements: &Path, qrels: &Qrels, queries: &[BeirQuery]) -> Result<(), EvaluationError> {
    let told: BTreeSet<_> = queries.iter().map(|query| query.id.as_str()).collect();
    match qrels.queries().find(|id| !told.contains(id)) {
        None => Ok(()),
        Some(id) => Err(EvaluationError::content(
            &judgements.display(),
            format!("the query {id:?} is judged but not in queries.jsonl"),
            "add its text to queries.jsonl, or take its judgements out",
        )),
    }
}
