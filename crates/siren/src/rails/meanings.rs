//! What texts mean to the rules: vectors by the encoder, and how alike they are to the rules' examples.

use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt, TryStreamExt, stream};
use siren_domain::ports::Embedder;
use siren_guard::{Guard, Subject};

/// Texts that are embedded at a time.
const AT_ONCE: usize = 4;

/// Vectors of the examples that they were made of.
type OfExamples = (Vec<String>, Arc<Vec<Vec<f32>>>);

/// Tells the rules what texts mean, where an encoder is set up.
pub(crate) struct Meanings {
    embedder: Option<Arc<dyn Embedder>>,
    of_examples: Mutex<OfExamples>,
}

/// What is known of one text's meaning; nothing without an encoder.
#[derive(Debug, Default)]
pub(crate) struct Meant {
    vector: Option<Vec<f32>>,
    similarities: Option<Vec<f32>>,
}

impl Meant {
    /// The subject, with its meaning.
    pub(crate) fn add_to<'a>(&'a self, subject: Subject<'a>) -> Subject<'a> {
        Subject { meaning: self.vector.as_deref(), similarities: self.similarities.as_deref(), ..subject }
    }
}

impl Meanings {
    pub(crate) fn new(embedder: Option<Arc<dyn Embedder>>) -> Self {
        Self { embedder, of_examples: Mutex::default() }
    }

    /// Whether an encoder is set up.
    pub(crate) fn are_known(&self) -> bool {
        self.embedder.is_some()
    }

    /// The encoder's name and what it makes of texts, which are questions all of them: those of rules as well as those that
    /// are asked. None where it is not set up.
    pub(crate) async fn vectors(&self, texts: &[String]) -> Option<(String, Vec<Vec<f32>>)> {
        let embedder = self.embedder.as_ref()?;
        let one = |text: String| async move { embedder.embed_question(&text).await };
        let each = stream::iter(texts.to_vec()).map(one).buffered(AT_ONCE);
        match each.try_collect().await {
            Ok(vectors) => Some((embedder.identity().to_owned(), vectors)),
            Err(error) => {
                tracing::warn!("the rules judge without the encoder: {error}");
                None
            }
        }
    }

    /// What the rules need to know of a text. They judge by words where the encoder fails.
    pub(crate) async fn of(&self, guard: &Guard, text: &str) -> Meant {
        let weighed =
            self.embedder.as_ref().is_some_and(|embedder| guard.encoder() == Some(embedder.identity()));
        if !weighed && guard.examples().is_empty() {
            return Meant::default();
        }
        let understood = if weighed { guard.understood(text) } else { text.to_owned() };
        let Some((_, vectors)) = self.vectors(&[understood]).await else { return Meant::default() };
        let Some(vector) = vectors.into_iter().next() else { return Meant::default() };
        let similarities = match guard.examples() {
            [] => None,
            examples => {
                self.of_examples(examples).await.map(|of| of.iter().map(|of| likeness(of, &vector)).collect())
            }
        };
        Meant { vector: weighed.then_some(vector), similarities }
    }

    /// The examples' vectors; made once for each set of rules.
    async fn of_examples(&self, examples: &[String]) -> Option<Arc<Vec<Vec<f32>>>> {
        let known = || self.of_examples.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let known = known();
            if known.0 == examples {
                return Some(Arc::clone(&known.1));
            }
        }
        let (_, vectors) = self.vectors(examples).await?;
        let vectors = Arc::new(vectors);
        *known() = (examples.to_vec(), Arc::clone(&vectors));
        Some(vectors)
    }
}

/// The cosine of two vectors of length 1.
fn likeness(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}
