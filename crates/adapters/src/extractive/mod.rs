//! Answers with the documents' own words: needs no model, invents nothing, says when it does not know.

mod cues;
mod evidence;
mod select;

use futures::stream::{self, BoxStream, StreamExt};
use siren_domain::ports::{AnswerModel, AnswerPart, AnswerRequest, ModelError};

pub use select::ExtractiveSettings;

/// What the answerer is called.
pub const NAME: &str = "extractive";

/// Picks the sentences that answer best.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExtractiveAnswerer {
    settings: ExtractiveSettings,
}

impl ExtractiveAnswerer {
    /// An answerer with these settings.
    pub fn new(settings: ExtractiveSettings) -> Self {
        Self { settings }
    }
}

impl AnswerModel for ExtractiveAnswerer {
    fn name(&self) -> &str {
        NAME
    }

    fn answer(&self, request: AnswerRequest) -> BoxStream<'static, Result<AnswerPart, ModelError>> {
        let parts = select::answer(&request, self.settings);
        stream::iter(parts.into_iter().map(Ok)).boxed()
    }
}
