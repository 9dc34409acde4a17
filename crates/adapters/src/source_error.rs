//! Why the settings of a source do not do.

/// A setting that is wrong: whose, which, where in it, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    /// The source.
    pub source_name: String,
    /// The setting, as it is written in the settings file.
    pub key: &'static str,
    /// The line within the setting, from 1, where that helps.
    pub line: Option<usize>,
    /// What is wrong with it. Never the value of a setting that may hold a secret.
    pub cause: String,
}

impl SourceError {
    /// A setting that is wrong as a whole.
    pub(crate) fn new(source_name: &str, key: &'static str, cause: impl Into<String>) -> Self {
        Self { source_name: source_name.to_owned(), key, line: None, cause: cause.into() }
    }
}

impl std::fmt::Display for SourceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "source {:?}: `{}`", self.source_name, self.key)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.cause)
    }
}

impl std::error::Error for SourceError {}
