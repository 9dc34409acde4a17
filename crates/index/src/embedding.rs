//! What a chunk means, as a vector: its title and headings speak along with its text.

use siren_domain::Chunk;
use siren_domain::ports::{AnalysedChunk, Embedder, StoreError};

/// Texts that an embedder is given at once.
const BATCH: usize = 256;

/// Gives each chunk its vector.
pub(crate) async fn embed(
    embedder: &dyn Embedder,
    mut chunks: Vec<&mut AnalysedChunk>,
) -> Result<(), StoreError> {
    for batch in chunks.chunks_mut(BATCH) {
        let texts: Vec<String> = batch.iter().map(|analysed| told(&analysed.chunk)).collect();
        let vectors = embedder.embed(&texts).await.map_err(|error| failed(&error))?;
        let fits =
            |vector: &Vec<f32>| vector.len() == embedder.dimensions() && vector.iter().all(|x| x.is_finite());
        if vectors.len() != batch.len() || !vectors.iter().all(fits) {
            return Err(failed(&format!(
                "not one vector of {} numbers for each text",
                embedder.dimensions()
            )));
        }
        for (analysed, vector) in batch.iter_mut().zip(vectors) {
            analysed.vector = Some(vector);
        }
    }
    Ok(())
}

fn told(chunk: &Chunk) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let above = std::iter::once(&chunk.document.title).chain(&chunk.heading);
    // What has no title is called by its id, which means nothing.
    let telling = |line: &&str| !line.trim().is_empty() && *line != chunk.document.id.as_str();
    for line in above.map(String::as_str).filter(telling) {
        if !lines.contains(&line) && !chunk.text.starts_with(line) {
            lines.push(line);
        }
    }
    lines.push(&chunk.text);
    lines.join("\n")
}

fn failed(cause: &dyn std::fmt::Display) -> StoreError {
    StoreError::Failed { context: "the documents could not be embedded".into(), cause: cause.to_string() }
}
