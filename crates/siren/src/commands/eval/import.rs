//! `siren eval import`.

use std::path::Path;

use serde_json::json;
use siren_domain::ports::state::{FeedbackQuery, Feedbacks, State, Thumb};
use siren_evaluation::suite::{Complaint, complaints, read_complaints};

use crate::commands::Failure;
use crate::output;
use crate::wiring::Wiring;

/// What is told of the state in place of a file's name.
const STATE: &str = "the application's state";

/// No more than so much feedback is read, the newest first.
const MOST: usize = 100_000;

pub(super) async fn run(wiring: &Wiring, feedback: Option<&Path>) -> Result<(), Failure> {
    let complaints: Vec<Complaint> = match feedback {
        Some(file) => read_complaints(file)?,
        None => complaints(&of_state(wiring.application_state().await?.as_ref()).await?, STATE)?,
    };
    let mut lines = String::new();
    for complaint in complaints {
        lines.push_str(&serde_json::to_string(&complaint)?);
        lines.push('\n');
    }
    output::text(&lines)
}

/// What the server was told, in the form of a feedback file.
async fn of_state(state: &dyn State) -> Result<String, Failure> {
    let query = FeedbackQuery { thumb: Some(Thumb::Down), since: 0, limit: MOST };
    let mut lines = String::new();
    for said in Feedbacks::list(state, &query).await.map_err(Failure::failed)? {
        let answer = state.answer(&said.answer).await.map_err(Failure::failed)?;
        let cited = answer.told.citations.iter().map(|citation| citation.document_id.as_str());
        let comment: Vec<String> = said.reason.into_iter().chain(said.corrected).collect();
        let line = json!({
            "question": answer.question,
            "rating": "down",
            "answer": answer.told.text,
            "citations": cited.collect::<Vec<_>>(),
            "comment": (!comment.is_empty()).then(|| comment.join("\n")),
            "groups": answer.basis.map(|basis| basis.groups).unwrap_or_default(),
        });
        lines.push_str(&format!("{line}\n"));
    }
    Ok(lines)
}
