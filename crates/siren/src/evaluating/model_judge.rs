//! A model that says what it thinks of answers, by the settings.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use siren_adapters::Secret;
use siren_adapters::judge::{Graded, JudgeSettings, OpenAiJudge};
use siren_evaluation::judge::{Case, Grades, Judge};

use super::hash;
use crate::commands::Failure;
use crate::wiring::Wiring;

/// A model behind a server.
pub(crate) struct ModelJudge(OpenAiJudge);

impl ModelJudge {
    /// The judge of the settings, which have none by themselves.
    pub(crate) fn new(wiring: &Wiring) -> Result<Self, Failure> {
        let judge = &wiring.settings.settings.judge;
        if judge.base_url.is_empty() {
            let message = "there is no judge: `judge.base_url` names an OpenAI-compatible server, such as http://127.0.0.1:8000/v1";
            return Err(Failure::usage(message));
        }
        let made = OpenAiJudge::new(JudgeSettings {
            base_url: judge.base_url.clone(),
            model: judge.model.clone(),
            api_key: (!judge.api_key.is_empty()).then(|| Secret::new(&judge.api_key)),
            connect_timeout: Duration::from_secs(wiring.settings.settings.answer.connect_timeout_s),
            timeout: Duration::from_secs(judge.timeout_s),
            max_tokens: judge.max_tokens,
            temperature: judge.temperature,
            prompts: (!judge.prompts.is_empty()).then(|| wiring.settings.path(&judge.prompts)),
        });
        Ok(Self(made.map_err(Failure::usage)?))
    }
}

impl Judge for ModelJudge {
    fn name(&self) -> String {
        self.0.name().to_owned()
    }

    fn prompts(&self) -> String {
        hash(self.0.prompts().concat().as_bytes())
    }

    fn grades<'a>(&'a self, case: &'a Case<'a>, round: u32) -> BoxFuture<'a, Result<Grades, String>> {
        async move {
            let graded = Graded {
                question: case.question,
                answer: case.answer,
                facts: case.facts,
                passages: &case.passages,
                round,
            };
            let grade = self.0.grade(graded).await.map_err(|error| error.to_string())?;
            Ok(Grades { correct: grade.correct, grounded: grade.grounded })
        }
        .boxed()
    }
}
