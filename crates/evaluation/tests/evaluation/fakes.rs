//! A retriever, a model and an assistant that do what a table says.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use siren_domain::ports::{
    AnswerModel, AnswerPart, AnswerRequest, Assistant, Fate, ModelError, RetrievalRequest, Retrieved,
    Retriever, StoreError,
};
use siren_domain::{
    Action, Answer, AnswerEvent, AskError, Chunk, Citation, DocumentId, Locator, Metadata, OffsetMap, Origin,
    Passage, Provenance, Question, ScoreParts, Verdict,
};

pub(crate) fn passage(document: &str, text: &str, score: f32) -> Passage {
    let metadata = Metadata::new(
        DocumentId::from_text(document),
        "notes",
        Origin::File { path: document.into() },
        document,
    );
    let chunk = Chunk {
        id: format!("{document}#0"),
        document: Arc::new(metadata),
        heading: Vec::new(),
        text: text.into(),
        tokens: 1,
        offsets: OffsetMap::identity(text.len()),
        parts: Vec::new(),
        sections: Vec::new(),
    };
    Passage { chunk: Arc::new(chunk), score, parts: ScoreParts::default() }
}

/// What an asked-for future of `async_trait` looks like.
type Promise<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Passages by question. The first questions take the longest, so that answers come back out of order.
pub(crate) struct FakeRetriever {
    pub(crate) passages: BTreeMap<&'static str, Vec<Passage>>,
    pub(crate) in_context: usize,
}

impl FakeRetriever {
    async fn find(&self, request: &RetrievalRequest) -> Result<Retrieved, StoreError> {
        let at = self.passages.keys().position(|q| *q == request.question).unwrap_or(0);
        let left = self.passages.len() - at;
        tokio::time::sleep(Duration::from_millis(2 * left as u64)).await;
        let Some(passages) = self.passages.get(request.question.as_str()) else {
            return Err(StoreError::NoIndex);
        };
        assert_eq!(request.groups, ["all"]);
        let kept = request.top_k.unwrap_or(usize::MAX).min(passages.len());
        Ok(Retrieved {
            generation: 7,
            passages: passages[..kept].to_vec(),
            fates: (0..kept)
                .map(|at| if at < self.in_context { Fate::InContext } else { Fate::OverBudget })
                .collect(),
            ..Retrieved::default()
        })
    }
}

impl Retriever for FakeRetriever {
    fn retrieve<'s, 'r, 'f>(
        &'s self,
        request: &'r RetrievalRequest,
    ) -> Promise<'f, Result<Retrieved, StoreError>>
    where
        's: 'f,
        'r: 'f,
    {
        Box::pin(self.find(request))
    }
}

/// Says the same parts every time, but fails on questions with "고장".
pub(crate) struct FakeModel(pub(crate) fn(&AnswerRequest) -> Vec<AnswerPart>);

impl AnswerModel for FakeModel {
    fn name(&self) -> &str {
        "fake"
    }

    fn answer(&self, request: AnswerRequest) -> BoxStream<'static, Result<AnswerPart, ModelError>> {
        let mut parts: Vec<_> = (self.0)(&request).into_iter().map(Ok).collect();
        if request.question.contains("고장") {
            parts.push(Err(ModelError::Unavailable("off".into())));
        }
        stream::iter(parts).boxed()
    }
}

/// Answers by question; a question without one fails.
pub(crate) struct FakeAssistant(pub(crate) BTreeMap<&'static str, Answer>);

impl Assistant for FakeAssistant {
    fn ask(&self, question: Question) -> BoxStream<'static, AnswerEvent> {
        let last = match self.0.get(question.text.as_str()) {
            Some(answer) => AnswerEvent::Done(Box::new(answer.clone())),
            None => AnswerEvent::Failed(AskError::Unavailable("the disk is gone".into())),
        };
        stream::iter([AnswerEvent::Text("…".into()), last]).boxed()
    }

    fn ready<'s, 'f>(&'s self) -> Promise<'f, Result<(), AskError>>
    where
        's: 'f,
    {
        Box::pin(async { Ok(()) })
    }
}

/// An answer from passages, each citation a document and a quote.
pub(crate) fn answer(text: &str, passages: &[Passage], citations: &[(&str, &str)]) -> Answer {
    let citations = citations.iter().zip(1..).map(|((document, quote), n)| Citation {
        n,
        document_id: DocumentId::from_text(*document),
        title: (*document).into(),
        quote: (*quote).into(),
        locator: Locator::File {
            path: (*document).into(),
            heading: Vec::new(),
            part: None,
            bytes: Some(0..0),
        },
        url: None,
        date: None,
        event: None,
    });
    Answer {
        linked: Vec::new(),
        understood: None,
        explanation: None,
        conflicts: Vec::new(),
        text: text.into(),
        citations: citations.collect(),
        verdict: Verdict::default(),
        grounded: true,
        passages: passages.to_vec(),
        timings_ms: BTreeMap::new(),
        generation: Some(7),
        model: "extractive".into(),
        notes: Vec::new(),
        provenance: Provenance::default(),
        basis: None,
    }
}

pub(crate) fn not_found(passages: &[Passage]) -> Answer {
    Answer { grounded: false, ..answer("찾지 못했습니다.", passages, &[]) }
}

pub(crate) fn refused() -> Answer {
    let action = Action::Refuse { message: "다루지 않는 주제입니다.".into() };
    let verdict = Verdict { action, rule: Some("off-topic".into()), ..Verdict::default() };
    let answer = answer("다루지 않는 주제입니다.", &[], &[]);
    Answer { verdict, generation: None, model: "rule".into(), grounded: false, ..answer }
}
