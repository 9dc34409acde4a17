//! `siren eval import`.

use std::path::Path;

use serde_json::json;
use siren_domain::ports::state::{FeedbackQuery, Feedbacks, State, Thumb};
use siren_evaluation::suite::{complaints_of, read_complaints};

use crate::commands::Failure;
use crate::output;
use crate::wiring::Wiring;

/// The newest thumbs-down that are looked at.
const REMEMBERED: usize = 2_000;

pub(super) async fn run(wiring: &Wiring, feedback: Option<&Path>) -> Result<(), Failure> {
    let complaints = match feedback {
        Some(path) => read_complaints(path)?,
        None if wiring.has_application_state() => {
            let remembered = remembered(wiring.application_state().await?.as_ref()).await?;
            complaints_of(&remembered, "the application's state")?
        }
        None => {
            return Err(Failure::usage("nobody has said anything of an answer yet: name a file of feedback"));
        }
    };
    let mut lines = String::new();
    for complaint in complaints {
        lines.push_str(&serde_json::to_string(&complaint)?);
        lines.push('\n');
    }
    output::text(&lines)
}

/// What people were not content with, in the form of a feedback file.
async fn remembered(state: &dyn State) -> Result<String, Failure> {
    let query = FeedbackQuery { thumb: Some(Thumb::Down), since: 0, limit: REMEMBERED };
    let mut lines = String::new();
    for feedback in Feedbacks::list(state, &query).await.map_err(Failure::failed)? {
        // An answer that is deleted took what was said of it along.
        let Ok(answer) = state.answer(&feedback.answer).await else { continue };
        let cited: Vec<_> = answer.told.citations.iter().map(|citation| &citation.document_id).collect();
        let said = [feedback.reason, feedback.corrected.map(|right| format!("right would be: {right}"))];
        let comment = said.into_iter().flatten().collect::<Vec<_>>().join("; ");
        let line = json!({
            "question": answer.question,
            "rating": "down",
            "answer": answer.told.text,
            "citations": cited,
            "comment": comment,
            "groups": answer.basis.map(|basis| basis.groups).unwrap_or_default(),
        });
        lines.push_str(&format!("{line}\n"));
    }
    Ok(lines)
}
