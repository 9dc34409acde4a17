//! How does an answer look to an OpenAI client? Extra fields are `citations` and `siren`; clients ignore them safely.

use serde::Serialize;
use siren_domain::remembered::LinkedRecord;
use siren_domain::{Answer, Citation, Tokens, Verdict};

use crate::api::ConflictShape;
use crate::request::Asked;
use crate::tokens;

/// What all messages about one answer share.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Head {
    pub(crate) id: String,
    pub(crate) object: &'static str,
    pub(crate) created: u64,
    pub(crate) model: String,
}

/// An answer in one piece.
#[derive(Serialize)]
pub(crate) struct Completion<'a> {
    #[serde(flatten)]
    head: &'a Head,
    choices: [Choice<'a>; 1],
    usage: Usage,
    #[serde(flatten)]
    extras: Extras<'a>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    message: Message<'a>,
    logprobs: Option<()>,
    finish_reason: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
    refusal: Option<()>,
}

/// One line of a stream.
#[derive(Serialize)]
pub(crate) struct Chunk<'a> {
    #[serde(flatten)]
    head: &'a Head,
    choices: Vec<ChunkChoice<'a>>,
    /// Absent unless asked for; then null on every chunk but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Usage>>,
    #[serde(flatten)]
    extras: Option<Extras<'a>>,
}

#[derive(Serialize)]
struct ChunkChoice<'a> {
    index: u32,
    delta: Delta<'a>,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
}

/// What OpenAI has no field for.
#[derive(Serialize)]
struct Extras<'a> {
    citations: &'a [Citation],
    siren: Provenance<'a>,
}

#[derive(Serialize)]
struct Provenance<'a> {
    grounded: bool,
    verdict: &'a Verdict,
    generation: Option<u64>,
    /// Who wrote it; the outer `model` is the name that clients ask for.
    model: &'a str,
    notes: &'a [String],
    /// The records that belong to the passages.
    linked: Vec<LinkedRecord>,
    /// Where a document and a record that the answer rests on differ.
    conflicts: Vec<ConflictShape>,
    /// Whether `usage` is as we count and not as the model's server does.
    usage_estimated: bool,
}

/// Token counts.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

impl Usage {
    /// What models read and wrote for the answer; where none did, what was said and answered.
    pub(crate) fn of(asked: &Asked, answer: &Answer) -> Self {
        let spent = answer.provenance.tokens;
        let Tokens { input, output, .. } = if spent.is_none() { said(asked, answer) } else { spent };
        Self { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
    }
}

fn said(asked: &Asked, answer: &Answer) -> Tokens {
    let before = asked.history.iter().map(|turn| tokens::count(&turn.text)).sum::<u64>();
    Tokens::estimated(before + tokens::count(&asked.question), tokens::count(&answer.text))
}

impl<'a> Completion<'a> {
    pub(crate) fn of(head: &'a Head, asked: &Asked, answer: &'a Answer) -> Self {
        let message = Message { role: "assistant", content: &answer.text, refusal: None };
        Self {
            head,
            choices: [Choice { index: 0, message, logprobs: None, finish_reason: "stop" }],
            usage: Usage::of(asked, answer),
            extras: Extras::of(answer),
        }
    }
}

impl<'a> Chunk<'a> {
    fn delta(head: &'a Head, delta: Delta<'a>, finish_reason: Option<&'static str>) -> Self {
        Self {
            head,
            choices: vec![ChunkChoice { index: 0, delta, logprobs: None, finish_reason }],
            usage: None,
            extras: None,
        }
    }

    /// The first: whose words follow.
    pub(crate) fn opening(head: &'a Head) -> Self {
        let delta = Delta { role: Some("assistant"), content: Some("") };
        Self::delta(head, delta, None)
    }

    /// The next piece of text.
    pub(crate) fn text(head: &'a Head, text: &'a str) -> Self {
        let delta = Delta { role: None, content: Some(text) };
        Self::delta(head, delta, None)
    }

    /// The answer is whole, and rests on this.
    pub(crate) fn finish(head: &'a Head, answer: &'a Answer) -> Self {
        Self { extras: Some(Extras::of(answer)), ..Self::delta(head, Delta::default(), Some("stop")) }
    }

    /// The last, if asked for.
    pub(crate) fn usage(head: &'a Head, usage: Usage) -> Self {
        Self { choices: Vec::new(), usage: Some(Some(usage)), ..Self::delta(head, Delta::default(), None) }
    }

    /// Marks the chunk as one of a stream that ends with usage.
    pub(crate) fn before_usage(mut self, include_usage: bool) -> Self {
        if include_usage {
            self.usage = Some(None);
        }
        self
    }
}

impl<'a> Extras<'a> {
    fn of(answer: &'a Answer) -> Self {
        Self {
            citations: &answer.citations,
            siren: Provenance {
                grounded: answer.grounded,
                verdict: &answer.verdict,
                generation: answer.generation,
                model: &answer.model,
                notes: &answer.notes,
                linked: LinkedRecord::of(answer),
                conflicts: answer.conflicts.iter().map(ConflictShape::of).collect(),
                usage_estimated: answer.provenance.tokens.is_none() || answer.provenance.tokens.estimated,
            },
        }
    }
}
