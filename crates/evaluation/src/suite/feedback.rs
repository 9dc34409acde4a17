//! What people were not content with, as questions of a suite.
//!
//! `feedback.jsonl`, one JSON object a line: `{"question": "..", "rating": "down", "answer": "..", "citations":
//! ["document id"], "expected": ["document id"], "comment": "..", "groups": [".."], "history": [{"role": "user",
//! "content": ".."}], "time": ".."}`. Only `question` and `rating` (`up` or `down`) are needed. A server's list of feedback
//! (`GET /api/admin/feedback`) says `reason` and `corrected_text` in place of `comment`, and some things that are of no use
//! here.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::HASH_LETTERS;
use crate::error::EvaluationError;
use crate::lines::{json_lines_of, read_text};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Rating {
    Up,
    Down,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedbackLine {
    question: String,
    rating: Rating,
    #[serde(default)]
    answer: Option<String>,
    #[serde(default)]
    citations: Vec<String>,
    #[serde(default)]
    expected: Vec<String>,
    #[serde(default)]
    comment: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    history: Vec<Said>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    corrected_text: Option<String>,
    #[serde(default, rename = "time")]
    _time: Option<String>,
    #[serde(default, rename = "answer_id")]
    _answer_id: Option<String>,
    #[serde(default, rename = "at_ms")]
    _at_ms: Option<u64>,
    #[serde(default, rename = "by")]
    _by: Option<String>,
    #[serde(default, rename = "left_out")]
    _left_out: bool,
}

impl FeedbackLine {
    /// What the person said of the answer, on one line.
    fn said(&mut self) -> Option<String> {
        let right = self.corrected_text.take().map(|right| format!("right would be: {right}"));
        let said: Vec<_> = self.comment.take().into_iter().chain(self.reason.take()).chain(right).collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}

#[derive(Deserialize)]
struct Said {
    role: String,
    content: String,
}

/// A question that somebody was not content with, as a line of `questions.jsonl` that a person has to finish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// An id made of the question: the same complaint twice is one line.
    #[serde(rename = "_id")]
    pub id: String,
    /// The question.
    pub text: String,
    /// Its language.
    pub lang: String,
    /// `draft` and `feedback`.
    pub tags: Vec<String>,
    /// What the person said would have told it.
    pub relevant: BTreeMap<String, i32>,
    /// The asker's groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// What was answered, and what the person said of it.
    pub note: String,
    /// How often the same was complained of.
    #[serde(skip)]
    pub times: u64,
    /// What the answer rested on.
    #[serde(skip)]
    pub cited: Vec<String>,
    /// What the person said of it.
    #[serde(skip)]
    pub comment: String,
}

/// The complaints of a feedback file, each question once.
pub fn read_complaints(path: &Path) -> Result<Vec<Complaint>, EvaluationError> {
    complaints_of(&read_text(path)?, &path.display().to_string())
}

/// The complaints of lines that lie in no file; `name` is what an error calls them.
pub fn complaints_of(text: &str, name: &str) -> Result<Vec<Complaint>, EvaluationError> {
    let form = "write {\"question\": \"..\", \"rating\": \"up\" or \"down\"} and, optionally, answer, citations, expected, \
                comment (or reason, corrected_text), groups, history, time";
    let (mut complaints, mut seen) = (Vec::<Complaint>::new(), BTreeMap::new());
    json_lines_of(text, name, form, &mut |place, line: FeedbackLine| {
        if line.question.trim().is_empty() {
            return Err(place.wrong("question: empty", form));
        }
        let Some(complaint) = complaint(line) else { return Ok(()) };
        let at = *seen.entry(complaint.id.clone()).or_insert(complaints.len());
        match complaints.get_mut(at) {
            Some(held) => held.times += 1,
            None => complaints.push(complaint),
        }
        Ok(())
    })?;
    Ok(complaints)
}

fn complaint(mut line: FeedbackLine) -> Option<Complaint> {
    if line.rating == Rating::Up {
        return None;
    }
    let text = line.question.trim().to_owned();
    let is_hangul = |c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c);
    let mut note = Vec::new();
    let comment = line.said();
    note.extend(comment.as_ref().map(|comment| format!("comment: {comment}")));
    // One that was left out is empty.
    note.extend(line.answer.filter(|answer| !answer.is_empty()).map(|answer| format!("answered: {answer}")));
    if !line.citations.is_empty() {
        note.push(format!("cited: {}", line.citations.join(", ")));
    }
    for said in &line.history {
        note.push(format!("before, {}: {}", said.role, said.content));
    }
    let key = format!("{text} {:?}", line.groups);
    Some(Complaint {
        id: format!("f-{}", &blake3::hash(key.as_bytes()).to_hex()[..HASH_LETTERS / 2]),
        lang: if text.contains(is_hangul) { "ko" } else { "en" }.to_owned(),
        text,
        tags: vec!["draft".to_owned(), "feedback".to_owned()],
        relevant: line.expected.into_iter().map(|id| (id, 2)).collect(),
        groups: line.groups,
        note: note.join("\n"),
        times: 1,
        cited: line.citations,
        comment: comment.unwrap_or_default(),
    })
}
