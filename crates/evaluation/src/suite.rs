//! What is asked in a suite, and what would be right?
//!
//! A suite is a folder with `suite.toml` and `questions.jsonl`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::error::EvaluationError;
use crate::facts;
use crate::lines::{Place, json_lines, read_text};
use crate::ranking::Qrels;

/// The tag of a question whose answer no document tells.
pub const UNANSWERABLE: &str = "unanswerable";

/// Questions with what a right answer rests on and says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The questions, in the file's order.
    pub questions: Vec<SuiteQuestion>,
}

/// A question of a suite.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuiteQuestion {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: String,
    /// The question as an employee would type it.
    pub text: String,
    /// The language it is asked in: `ko`, `en`.
    pub lang: String,
    /// What kinds of question it is one of; reports are cut by these.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Documents by id with their labels; 1 or more is relevant.
    #[serde(default)]
    pub relevant: BTreeMap<String, i32>,
    /// Facts a right answer says, each in all its accepted writings.
    #[serde(default)]
    pub facts: Vec<Vec<String>>,
    /// What joins it with its counterpart, such as the same question in another language.
    #[serde(default)]
    pub pair: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuiteFile {
    schema: u32,
    name: String,
    description: String,
}

impl Suite {
    /// The judgements of the answerable questions.
    pub fn qrels(&self) -> Qrels {
        let mut qrels = Qrels::default();
        for question in self.questions.iter().filter(|q| q.is_answerable()) {
            for (document, &label) in &question.relevant {
                qrels.insert(&question.id, document, label);
            }
        }
        qrels
    }
}

impl SuiteQuestion {
    /// Whether some document tells the answer.
    pub fn is_answerable(&self) -> bool {
        self.tags.iter().all(|tag| tag != UNANSWERABLE)
    }

    /// Whether the document is judged relevant.
    pub fn is_relevant(&self, document: &str) -> bool {
        self.relevant.get(document).is_some_and(|&label| label >= 1)
    }
}

/// Loads a suite folder.
pub fn load(folder: &Path) -> Result<Suite, EvaluationError> {
    let SuiteFile { name, description, .. } = load_description(&folder.join("suite.toml"))?;
    let path = folder.join("questions.jsonl");
    let form = "write {\"_id\", \"text\", \"lang\", \"tags\", \"relevant\", \"facts\", \"pair\"}, \
                of which _id, text and lang are needed";
    let (mut questions, mut seen) = (Vec::new(), BTreeSet::new());
    json_lines(&path, form, |place, question: SuiteQuestion| {
        check(place, &question)?;
        if !seen.insert(question.id.clone()) {
            let problem = format!("_id: {:?} is there twice", question.id);
            return Err(place.wrong(problem, "give each question its own _id"));
        }
        questions.push(question);
        Ok(())
    })?;
    if questions.is_empty() {
        let path = path.display();
        return Err(EvaluationError::content(&path, "no questions", "write one on each line"));
    }
    Ok(Suite { name, description, questions })
}

fn load_description(path: &Path) -> Result<SuiteFile, EvaluationError> {
    let text = read_text(path)?;
    let file = path.display().to_string();
    let read: SuiteFile = toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let place = Place { file: &file, line };
        place.wrong(error.message(), "write schema = 1, name and description, nothing else")
    })?;
    if read.schema != 1 {
        let problem = format!("schema: {} is not known", read.schema);
        return Err(EvaluationError::content(&file, problem, "write schema = 1"));
    }
    Ok(read)
}

fn check(place: Place<'_>, question: &SuiteQuestion) -> Result<(), EvaluationError> {
    let filled = [("_id", &question.id), ("text", &question.text), ("lang", &question.lang)];
    if let Some((field, _)) = filled.iter().find(|(_, value)| value.trim().is_empty()) {
        return Err(place.wrong(format!("{field}: empty"), "write it"));
    }
    check_facts(place, question)?;
    let relevant = question.relevant.keys().any(|document| question.is_relevant(document));
    match (question.is_answerable(), relevant) {
        (true, false) => Err(place.wrong(
            "relevant: no document is relevant to an answerable question",
            "name one with a label of 1 or more, or tag the question `unanswerable`",
        )),
        (false, true) => Err(place.wrong(
            "relevant: an `unanswerable` question has relevant documents",
            "take them out, or the tag",
        )),
        _ => Ok(()),
    }
}

fn check_facts(place: Place<'_>, question: &SuiteQuestion) -> Result<(), EvaluationError> {
    if !question.is_answerable() && !question.facts.is_empty() {
        return Err(place.wrong("facts: an `unanswerable` question has facts", "take them out, or the tag"));
    }
    let blank = |fact: &Vec<String>| fact.is_empty() || fact.iter().any(|v| facts::is_blank(v));
    match question.facts.iter().position(blank) {
        None => Ok(()),
        Some(at) => Err(place.wrong(
            format!("facts: number {} has nothing to look for", at + 1),
            "write each fact as a list of its accepted writings",
        )),
    }
}
