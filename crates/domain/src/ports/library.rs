//! The documents as somebody may read them: looked for, and read.

use std::sync::Arc;

use async_trait::async_trait;

use super::{RetrievalRequest, StoreError};
use crate::chunk::{Chunk, Passage};
use crate::document::{DocumentId, Metadata};

/// What was found, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Shelf {
    /// The generation that was searched.
    pub generation: u64,
    /// Passages that the asker may read, without personal data that is not for them.
    pub passages: Vec<Passage>,
}

/// A document's text, put together from its chunks.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadDocument {
    /// What is known of it.
    pub meta: Arc<Metadata>,
    /// Its text, without markup and without personal data that is not for the asker.
    pub text: String,
}

/// Looks for documents and reads them, for somebody and under the rules.
#[async_trait]
pub trait Library: Send + Sync {
    /// Passages about something.
    async fn search(&self, request: &RetrievalRequest) -> Result<Shelf, StoreError>;

    /// A document; none when there is no such document that one of the groups may read.
    async fn read(&self, id: &DocumentId, groups: &[String]) -> Result<Option<ReadDocument>, StoreError>;
}

/// The chunks of one document as one text. What a chunk repeats of the one before it stands once.
pub fn joined(chunks: &[Chunk]) -> String {
    let mut text = String::new();
    for chunk in chunks {
        let next = chunk.text.trim_end();
        let again = repeated(&text, next);
        if !text.is_empty() && again == 0 {
            text.push_str("\n\n");
        }
        text.push_str(&next[again..]);
    }
    text
}

/// Bytes that `next` begins with and `text` ends with; a few that are the same by chance do not count.
fn repeated(text: &str, next: &str) -> usize {
    const CHANCE: usize = 24;
    let most = next.len().min(text.len());
    let ends = next.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= most);
    let mut best = 0;
    for end in ends {
        if end >= CHANCE && text.as_bytes().ends_with(&next.as_bytes()[..end]) {
            best = end;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::repeated;

    #[test]
    fn what_is_repeated_is_found() {
        let cases = [
            ("", "가나다", 0),
            ("앞의 글.", "다음 글.", 0),
            (
                "앞의 글. 겹치는 문장은 두 번 쓰지 않는다.",
                "겹치는 문장은 두 번 쓰지 않는다. 이어지는 글.",
                45,
            ),
            ("끝", "끝", 0),
        ];
        for (text, next, expected) in cases {
            let found = repeated(text, next);
            assert_eq!(found, expected, "{text:?} {next:?}");
            assert!(text.ends_with(&next[..found]));
        }
    }
}
