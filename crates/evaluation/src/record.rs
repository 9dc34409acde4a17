//! What was run, and what came of it?
//!
//! A record holds everything that decides a result and the result itself, and nothing else: no time, no duration, no
//! path. Two runs of the same thing give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::compare::{Tags, Values};
use crate::error::EvaluationError;
use crate::lines::read_text;
use crate::outcome::QuestionOutcome;
use crate::ranking::Run;
use crate::suite::{HASH_LETTERS, Suite};
use crate::suite_run::{SuiteReport, Summary, values_of};

/// What the file says it is.
pub const KIND: &str = "siren-run";
const SCHEMA: u32 = 1;

/// A run of a suite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The version of this form.
    pub schema: u32,
    /// Always [`KIND`].
    pub kind: String,
    /// Of everything below, as it is written with an empty hash.
    pub hash: String,
    /// The suite's name.
    pub suite: String,
    /// Of what the suite asks and expects.
    pub suite_hash: String,
    /// What answered.
    pub made_by: MadeBy,
    /// Over all questions.
    pub overall: Summary,
    /// Over the questions with each tag.
    pub tags: BTreeMap<String, Summary>,
    /// Each question, in the suite's order.
    pub questions: Vec<QuestionOutcome>,
}

/// Everything that decides what is answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MadeBy {
    /// This program's version.
    pub version: String,
    /// The hash of the program file.
    pub binary: String,
    /// The settings that shape answers, by name. No secret.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// The index that was searched.
    pub index: Option<IndexUsed>,
    /// The hash of the prompts.
    pub prompts: String,
    /// The hash of the rules.
    pub rules: String,
    /// Who wrote the answers.
    pub models: BTreeSet<String>,
    /// What random numbers began with.
    pub seed: u64,
}

/// The index that was searched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexUsed {
    /// The generation's number.
    pub generation: u64,
    /// The hash of what its documents hold.
    pub content: String,
    /// The text analyser and its version.
    pub analyser: String,
    /// How documents were read and cut.
    pub chunker: String,
    /// What made the vectors.
    pub encoder: Option<String>,
    /// Documents in it.
    pub documents: u64,
    /// Chunks in it.
    pub chunks: u64,
}

impl RunRecord {
    /// The record of a run.
    pub fn new(suite: &Suite, report: &SuiteReport, made_by: MadeBy) -> Self {
        let made_by = MadeBy { models: report.models.clone(), ..made_by };
        let mut record = Self {
            schema: SCHEMA,
            kind: KIND.to_owned(),
            hash: String::new(),
            suite: suite.name.clone(),
            suite_hash: suite.hash(),
            made_by,
            overall: report.overall.clone(),
            tags: report.tags.clone(),
            questions: report.questions.clone(),
        };
        for question in &mut record.questions {
            question.latency_ms = None;
        }
        record.hash = hash_of(&record.to_json());
        record
    }

    /// The same without the passages that were shown: what other runs are held to lies in the repository for long, and
    /// needs no more than what each question was worth.
    pub fn without_passages(&self) -> Self {
        let mut record = Self { hash: String::new(), ..self.clone() };
        record.questions.iter_mut().for_each(|question| question.passages.clear());
        record.hash = hash_of(&record.to_json());
        record
    }

    /// The record as it is written.
    pub fn to_json(&self) -> String {
        // Nothing in it can fail to be written: its maps have texts for keys.
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        text + "\n"
    }

    /// Writes it.
    pub fn write(&self, path: &Path) -> Result<(), EvaluationError> {
        let fail = |error: std::io::Error| EvaluationError::file(path, &error);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(fail)?;
        }
        std::fs::write(path, self.to_json()).map_err(fail)
    }

    /// Reads one, and sees that nobody has changed it.
    pub fn read(path: &Path) -> Result<Self, EvaluationError> {
        let text = read_text(path)?;
        Self::of(&text, &path.display().to_string())
    }

    pub(crate) fn of(text: &str, file: &str) -> Result<Self, EvaluationError> {
        let remedy = "make it anew with `siren eval run SUITE --record FILE`";
        let wrong = |problem: String| EvaluationError::content(&file, problem, remedy);
        let record: Self = serde_json::from_str(text).map_err(|error| {
            EvaluationError::content(&format!("{file}:{}", error.line()), error.to_string(), remedy)
        })?;
        if record.kind != KIND || record.schema != SCHEMA {
            return Err(wrong(format!(
                "this is no record of a run ({:?}, schema {})",
                record.kind, record.schema
            )));
        }
        let bare = text.replacen(&format!("\"hash\": \"{}\"", record.hash), "\"hash\": \"\"", 1);
        if hash_of(&bare) != record.hash {
            return Err(wrong("it was changed after it was written: its hash does not fit".to_owned()));
        }
        Ok(record)
    }

    /// What each question is worth, by measure.
    pub fn values(&self) -> Values {
        values_of(&self.questions)
    }

    /// The tags of each question.
    pub fn tags_of_questions(&self) -> Tags {
        self.questions.iter().map(|question| (question.id.clone(), question.tags.clone())).collect()
    }

    /// Its rankings.
    pub fn run(&self) -> Run {
        let mut run = Run::default();
        for question in self.questions.iter().filter(|question| question.answerable) {
            for document in &question.ranking {
                run.insert(&question.id, &document.id, document.score);
            }
        }
        run
    }

    /// What was set otherwise in another run: name, here, there.
    pub fn differing(&self, other: &Self) -> Vec<(String, String, String)> {
        let told = |record: &Self| {
            let made = &record.made_by;
            let index = made.index.clone().unwrap_or_default();
            let mut told: BTreeMap<String, String> =
                made.settings.iter().map(|(key, value)| (key.clone(), value.to_string())).collect();
            let parts = [
                ("version", made.version.clone()),
                ("binary", made.binary.clone()),
                ("prompts", made.prompts.clone()),
                ("rules", made.rules.clone()),
                ("suite", record.suite_hash.clone()),
                ("index content", index.content),
                ("analyser", index.analyser),
                ("chunker", index.chunker),
                ("encoder", index.encoder.unwrap_or_else(|| "none".into())),
            ];
            told.extend(parts.map(|(name, value)| (name.to_owned(), value)));
            told
        };
        let (here, there) = (told(self), told(other));
        let names: BTreeSet<&String> = here.keys().chain(there.keys()).collect();
        let value = |of: &BTreeMap<String, String>, name: &String| of.get(name).cloned().unwrap_or_default();
        let both = names.into_iter().map(|name| (name.clone(), value(&here, name), value(&there, name)));
        both.filter(|(_, here, there)| here != there).collect()
    }
}

fn hash_of(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..HASH_LETTERS].to_owned()
}
