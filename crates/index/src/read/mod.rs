//! From bytes to text without markup, with the way back to every byte.

mod decode;
mod front_matter;
mod html;
mod markdown;
mod mask;
mod reader;
mod writer;

use std::path::Path;

use serde::{Deserialize, Serialize};
use siren_domain::OffsetMap;
use siren_text::normalise;

pub use front_matter::FrontMatter;
pub use reader::{DirectReader, Reader, Unreadable};
pub use writer::{Block, BlockKind, Section, Written};

/// What reading a file gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parsed {
    /// Text without markup, its sections, and the way back to the file's bytes.
    pub written: Written,
    /// What its head says of it.
    pub front: FrontMatter,
    /// The title that the body itself shows, such as its only first-level heading.
    pub title: Option<String>,
    /// What was wrong although the text could be read.
    pub warning: Option<Warning>,
    /// Whether the head that the warning is about may say who may read the file.
    pub access_unread: bool,
}

/// Something wrong with a file that is indexed all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Line of the file, from 1, where known.
    pub line: Option<u64>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Markdown,
    Html,
    Plain,
}

/// Reads a file of any known format.
pub fn read(path: &str, bytes: &[u8]) -> Result<Parsed, Unreadable> {
    let decoded = decode::decode(bytes)?;
    let normal = normalise(&decoded.text);
    let text = normal.text.as_str();
    let head = front_matter::read(text);
    let mut parsed = match format_of(path, &text[head.body..]) {
        Format::Markdown => markdown::read(text, head.body),
        Format::Html => html::read(text, head.body),
        Format::Plain => plain(text, head.body),
    };
    parsed.front = head.front.or(parsed.front);
    parsed.warning = head.warning;
    parsed.access_unread = head.access_unread;
    let to_bytes = normal.offsets.after(&decoded.offsets);
    parsed.written.offsets = parsed.written.offsets.after(&to_bytes);
    Ok(parsed)
}

fn format_of(path: &str, text: &str) -> Format {
    let extension = Path::new(path).extension().and_then(|e| e.to_str());
    match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("md" | "markdown" | "mdx") => Format::Markdown,
        Some("html" | "htm" | "xhtml") => Format::Html,
        Some("txt" | "text") => Format::Plain,
        _ if text.trim_start().starts_with("<!") || text.trim_start().starts_with("<html") => Format::Html,
        _ => Format::Plain,
    }
}

fn plain(text: &str, body: usize) -> Parsed {
    let text = &text[body..];
    let whole = Section { heading: Vec::new(), range: 0..text.len() };
    let mut offsets = OffsetMap::default();
    offsets.copy(0, body, text.len());
    let written = Written { text: text.to_owned(), offsets, sections: vec![whole], ..Written::default() };
    Parsed { written, ..Parsed::default() }
}

#[cfg(test)]
mod tests;
