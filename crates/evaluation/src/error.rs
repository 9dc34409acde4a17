//! Why something could not be scored, cut by what the caller does next.

use std::path::Path;

use siren_domain::ports::StoreError;

/// Why there are no scores.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// A file cannot be read or written: look at the disk or the path.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        cause: String,
    },
    /// A file holds something wrong: correct it at that place.
    #[error("{place}: {problem}: {remedy}")]
    Content {
        /// `file:line`, or the file.
        place: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The caller asked for something that cannot be: ask otherwise.
    #[error("{0}")]
    Usage(String),
    /// The store could not be searched.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EvaluationError {
    pub(crate) fn file(path: &Path, cause: &std::io::Error) -> Self {
        Self::File { path: path.display().to_string(), cause: cause.to_string() }
    }

    pub(crate) fn content(
        place: &impl ToString,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::Content { place: place.to_string(), problem: problem.into(), remedy: remedy.into() }
    }
}
