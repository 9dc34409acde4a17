//! Sentence vectors made in this process: Universal Sentence Encoder multilingual, on the processor.

mod network;
mod sentencepiece;
mod weights;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use rayon::prelude::*;
use siren_domain::ports::{EmbedError, Embedder};

use network::{Network, WIDTH};
use sentencepiece::SentencePiece;
use weights::Arrays;

/// Version of how texts are turned into vectors here, for an index to remember.
const VERSION: &str = "1";
/// Pieces that go through the network at once: their features fit a processor's cache.
const BATCH: usize = 384;
/// Of a longer text only the beginning is read.
const MOST_PIECES: usize = 4096;

/// A network with its pieces.
#[derive(Clone, Debug)]
pub struct SentenceEncoder {
    parts: Arc<Parts>,
    identity: String,
}

#[derive(Debug)]
struct Parts {
    pieces: SentencePiece,
    network: Network,
}

impl SentenceEncoder {
    /// Opens the encoder in `folder`; `identity` is its name and version, for an index to remember.
    pub fn open(folder: &Path, identity: &str) -> Result<Self, String> {
        let told = |error: String| {
            format!("{}: the sentence encoder cannot be used: {error}: run `siren setup`", folder.display())
        };
        let parts = Parts::open(folder).map_err(told)?;
        Ok(Self { parts: Arc::new(parts), identity: format!("{identity} encoder/{VERSION}") })
    }

    /// The numbers of a text's pieces.
    pub fn pieces(&self, text: &str) -> Vec<u32> {
        self.parts.pieces.encode(text)
    }

    /// The vectors of these texts.
    pub fn encode(&self, texts: &[String]) -> Vec<Vec<f32>> {
        self.parts.encode(texts)
    }
}

impl Parts {
    fn open(folder: &Path) -> Result<Self, String> {
        let model = Arrays::open(folder)?.file("sp.model")?;
        let pieces = SentencePiece::read(&model).ok_or("sp.model is damaged")?;
        let network = Network::open(folder)?;
        if pieces.len() > network.pieces() {
            return Err(format!("{} pieces, but vectors for {} only", pieces.len(), network.pieces()));
        }
        Ok(Self { pieces, network })
    }

    fn encode(&self, texts: &[String]) -> Vec<Vec<f32>> {
        let sentences: Vec<Vec<u32>> = texts
            .par_iter()
            .map(|text| {
                let mut ids = self.pieces.encode(text);
                ids.truncate(MOST_PIECES);
                ids
            })
            .collect();
        batches(&sentences).into_par_iter().flat_map(|batch| self.network.encode(batch)).collect()
    }
}

/// Neighbouring sentences, so many together that they have at most [`BATCH`] pieces; a longer one goes alone.
fn batches(sentences: &[Vec<u32>]) -> Vec<&[Vec<u32>]> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut pieces = 0;
    for (at, sentence) in sentences.iter().enumerate() {
        if at > start && pieces + sentence.len() > BATCH {
            out.push(&sentences[start..at]);
            (start, pieces) = (at, 0);
        }
        pieces += sentence.len();
    }
    if start < sentences.len() {
        out.push(&sentences[start..]);
    }
    out
}

#[async_trait]
impl Embedder for SentenceEncoder {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn dimensions(&self) -> usize {
        WIDTH
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let (parts, texts) = (Arc::clone(&self.parts), texts.to_vec());
        let encoded = tokio::task::spawn_blocking(move || parts.encode(&texts)).await;
        // Not the panic's own words: they may hold a text.
        encoded.map_err(|_| EmbedError::Protocol("the sentence encoder broke off".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::{BATCH, batches};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn batches_lose_nothing_and_are_small(lengths in prop::collection::vec(1..600_usize, 0..40)) {
            let sentences: Vec<Vec<u32>> = lengths.iter().map(|length| vec![7; *length]).collect();
            let batches = batches(&sentences);
            prop_assert_eq!(batches.concat(), &sentences[..]);
            for batch in batches {
                let pieces: usize = batch.iter().map(Vec::len).sum();
                prop_assert!(!batch.is_empty() && (pieces <= BATCH || batch.len() == 1));
            }
        }
    }
}
