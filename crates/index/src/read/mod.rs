//! From bytes to text without markup, with the way back to every byte.

mod archive;
mod decode;
mod delimited;
mod format;
mod front_matter;
mod hangul;
mod html;
mod html_head;
mod json_lines;
mod links;
mod markdown;
mod mask;
mod office;
mod open_text;
mod pdf;
mod reader;
mod rows;
mod workbook;
mod writer;

use serde::{Deserialize, Serialize};
use siren_domain::OffsetMap;
use siren_text::normalise;

pub use format::EXTENSIONS;
use format::Format;
pub use front_matter::FrontMatter;
pub use links::{Link, links};
pub use reader::{DirectReader, Reader, Unreadable};
pub use writer::{Block, BlockKind, Section, Written};
pub(crate) use writer::{MOST_OF_HEADING, shortened};

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

/// Reads a file of any known format.
pub fn read(path: &str, bytes: &[u8]) -> Result<Parsed, Unreadable> {
    match Format::of(path, bytes)? {
        Format::Pdf => pdf::read(bytes),
        Format::Office => office::read(bytes),
        Format::Workbook => workbook::read(bytes),
        Format::OpenText => open_text::read(bytes),
        Format::Hangul => hangul::read(bytes),
        text => read_text(text, bytes),
    }
}

/// Whether the file is read by parsers of others that take no care of bytes made to crash them.
pub fn needs_containment(path: &str, bytes: &[u8]) -> bool {
    bytes.len() > LARGE_TEXT || !Format::of(path, bytes).is_ok_and(Format::is_text)
}

/// A text above this size is worth the trip to another process.
const LARGE_TEXT: usize = 1 << 20;

fn read_text(format: Format, bytes: &[u8]) -> Result<Parsed, Unreadable> {
    let decoded = decode::decode(bytes)?;
    let normal = normalise(&decoded.text);
    let text = normal.text.as_str();
    let mut parsed = match format {
        Format::Delimited(by) => delimited::read(text, by),
        Format::JsonLines => json_lines::read(text)?,
        _ => with_head(format, text),
    };
    let to_bytes = normal.offsets.after(&decoded.offsets);
    parsed.written.offsets = parsed.written.offsets.after(&to_bytes);
    Ok(parsed)
}

fn with_head(format: Format, text: &str) -> Parsed {
    let head = front_matter::read(text);
    let mut parsed = match format {
        Format::Markdown => markdown::read(text, head.body),
        Format::Html => html::read(text, head.body),
        _ => plain(text, head.body),
    };
    parsed.front = head.front.or(parsed.front);
    parsed.warning = head.warning;
    parsed.access_unread = head.access_unread;
    parsed
}

/// Key words as programs keep them: one text with commas, or several.
fn tags<'a>(told: impl Iterator<Item = &'a String>) -> Vec<String> {
    let each = told.flat_map(|words| words.split([',', ';'])).map(str::trim);
    each.filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

/// The day of a moment in ISO 8601.
fn day(moment: Option<&str>) -> Option<String> {
    moment.and_then(|at| at.get(..10)).map(str::to_owned)
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
