//! What is asked in a suite, and what would be right?
//!
//! A suite is a folder with `suite.toml`, `questions.jsonl` and, optionally, `conversations.jsonl`. The cases in
//! `guard.jsonl` are the guard's (`siren guard test SUITE`).

mod conversations;
mod draft;
mod feedback;
mod labels;
mod lint;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

pub use draft::{Draft, draft};
pub use feedback::{Complaint, complaints_of, read_complaints};
pub use labels::{Labels, read_labels, write_labels};
pub use lint::{DocumentText, Finding, lint, named};

use crate::compare::Tags;
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
    /// The questions in the files' order, the turns of conversations behind the others.
    pub questions: Vec<SuiteQuestion>,
}

/// A question of a suite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
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
    /// The groups it is asked as a member of, besides everyone's.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Documents by id that the asker must not see anything of.
    #[serde(default)]
    pub forbidden: Vec<String>,
    /// Whether losing its answer alone keeps a new index from being served.
    #[serde(default)]
    pub must: bool,
    /// Short answers that are accepted, as in SQuAD and KorQuAD.
    #[serde(default)]
    pub answers: Vec<String>,
    /// What people should know of it; nothing is judged by it.
    #[serde(default)]
    pub note: String,
    /// The conversation it is a turn of, behind the turns before it.
    #[serde(skip)]
    pub conversation: Option<String>,
}

/// The tag of a question that must be answered, as `must = true`.
pub const MUST: &str = "must";

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

impl Suite {
    /// The tags of each question.
    pub fn tags(&self) -> Tags {
        self.questions.iter().map(|question| (question.id.clone(), question.tags.clone())).collect()
    }

    /// Of all that decides what its questions are worth: another suite has another one.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for q in &self.questions {
            let decides = (&q.id, &q.text, &q.tags, &q.relevant, &q.facts, &q.groups, &q.forbidden);
            hasher.update(format!("{decides:?} {:?} {}\n", q.answers, q.must).as_bytes());
        }
        hasher.finalize().to_hex()[..HASH_LETTERS].to_owned()
    }
}

impl SuiteQuestion {
    /// Whether losing its answer alone keeps a new index from being served.
    pub fn is_must(&self) -> bool {
        self.must || self.tags.iter().any(|tag| tag == MUST)
    }

    /// Whether some document tells the answer.
    pub fn is_answerable(&self) -> bool {
        self.tags.iter().all(|tag| tag != UNANSWERABLE)
    }

    /// Whether the document is judged relevant.
    pub fn is_relevant(&self, document: &str) -> bool {
        self.relevant.get(document).is_some_and(|&label| label >= 1)
    }
}

const FORM: &str = "write {\"_id\", \"text\", \"lang\", \"tags\", \"relevant\", \"facts\", \"answers\", \"pair\", \
                    \"groups\", \"forbidden\", \"must\", \"note\"}, of which _id, text and lang are needed";

/// Whether the folder is a suite.
pub fn is_suite(folder: &Path) -> bool {
    folder.join("suite.toml").is_file()
}

/// Loads a suite folder.
pub fn load(folder: &Path) -> Result<Suite, EvaluationError> {
    let SuiteFile { name, description, .. } = load_description(&folder.join("suite.toml"))?;
    let mut loading = Loading::default();
    let path = folder.join("questions.jsonl");
    if path.exists() || !folder.join(conversations::FILE).exists() {
        json_lines(&path, FORM, |place, question: SuiteQuestion| loading.take(place, question))?;
    }
    conversations::load(folder, &mut loading)?;
    let Loading { questions, .. } = loading;
    if questions.is_empty() {
        let path = path.display();
        return Err(EvaluationError::content(&path, "no questions", "write one on each line"));
    }
    Ok(Suite { name, description, questions })
}

/// Letters of a hash: enough that no two things that are ever compared share one.
pub(crate) const HASH_LETTERS: usize = 32;

/// Questions as they come in.
#[derive(Default)]
struct Loading {
    questions: Vec<SuiteQuestion>,
    seen: BTreeSet<String>,
}

impl Loading {
    fn take(&mut self, place: Place<'_>, question: SuiteQuestion) -> Result<(), EvaluationError> {
        check(place, &question)?;
        if !self.seen.insert(question.id.clone()) {
            let problem = format!("_id: {:?} is there twice", question.id);
            return Err(place.wrong(problem, "give each question its own _id"));
        }
        self.questions.push(question);
        Ok(())
    }
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
