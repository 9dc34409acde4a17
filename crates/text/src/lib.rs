//! What Siren knows of Korean and English text.
//!
//! Pure functions over strings: this crate never does I/O, never reads the environment and knows nothing of
//! documents, stores or models.

pub mod aliases;
pub mod counted;
mod hangul;
pub mod jamo;
pub mod keyboard;
pub mod kinds;
pub mod language;
pub mod lemma;
mod memo;
pub mod morphemes;
pub mod normalise;
pub mod organisations;
pub mod question;
pub mod sentences;
pub mod slips;
pub mod spelled;
pub mod stem;
pub mod terms;
pub mod tokens;
mod told;
pub mod words;

pub use language::language;
pub use morphemes::{Dictionary, Morpheme};
pub use normalise::{Normalised, normalise};
pub use sentences::sentences;
pub use terms::Analyser;
pub use tokens::TokenCounter;
