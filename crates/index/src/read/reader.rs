//! Who reads a file, and what it says when it cannot.

use serde::{Deserialize, Serialize};

use super::{Parsed, read};

/// Turns a file's bytes into text. A port, because what is done with bytes of strangers may have to be done elsewhere:
/// in another process that may crash.
pub trait Reader: Send + Sync {
    /// Reads one file. The path only tells the format; nothing is opened.
    fn read(&self, path: &str, bytes: &[u8]) -> Result<Parsed, Unreadable>;
}

/// Why a file gives no text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{problem}")]
pub struct Unreadable {
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl Unreadable {
    /// A problem and its remedy.
    pub fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { problem: problem.into(), remedy: remedy.into() }
    }

    /// What a parser that panicked leaves to say.
    pub fn crashed() -> Self {
        Self::new(
            "it made its reader crash: it is damaged, or it has a form that the reader does not know",
            "open it in its own program and save it anew, or exclude it from the source",
        )
    }
}

/// Reads in this process. A panic costs the document; an abort, or more memory than there is, costs the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct DirectReader;

impl Reader for DirectReader {
    fn read(&self, path: &str, bytes: &[u8]) -> Result<Parsed, Unreadable> {
        std::panic::catch_unwind(|| read(path, bytes)).unwrap_or_else(|_| Err(Unreadable::crashed()))
    }
}
