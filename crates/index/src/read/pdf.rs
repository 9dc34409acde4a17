//! PDF: the text layer, page by page.

use siren_domain::{Part, PartKind};
use unpdf::model::Metadata;
use unpdf::render::RenderOptions;
use unpdf::{Document, Error, ParseOptions};

use super::format::{damaged, encrypted};
use super::markdown::Converted;
use super::{FrontMatter, Parsed, Unreadable};

const MOST_PAGES: u32 = 5_000;

pub(super) fn read(bytes: &[u8]) -> Result<Parsed, Unreadable> {
    let parser = unpdf::PdfParser::from_bytes_with_options(bytes, ParseOptions::new().lenient().sequential());
    let parser = parser.map_err(|error| unreadable(&error))?;
    if parser.page_count() > MOST_PAGES {
        return Err(Unreadable::new(
            format!("it has {} pages; {MOST_PAGES} are read", parser.page_count()),
            "split the document, or exclude it from the source",
        ));
    }
    let document = parser.parse().map_err(|error| unreadable(&error))?;
    let mut converted = Converted::default();
    for page in &document.pages {
        let one = Document { pages: vec![page.clone()], ..Document::default() };
        let markdown = unpdf::render::to_markdown(&one, &options()).map_err(|error| unreadable(&error))?;
        converted.part(Part { kind: PartKind::Page, name: page.number.to_string() }, &markdown);
    }
    let parsed = converted.finish(front(&document.metadata));
    if parsed.written.text.trim().is_empty() && !document.pages.is_empty() {
        return Err(no_text_layer(&document));
    }
    Ok(parsed)
}

fn options() -> RenderOptions {
    RenderOptions::default()
}

fn no_text_layer(document: &Document) -> Unreadable {
    let unreadable: usize = document.pages.iter().map(|page| page.suppressed_text_runs).sum();
    if unreadable > 0 {
        return Unreadable::new(
            "its fonts do not tell which characters they show",
            "save it anew from the original document, or run OCR over it",
        );
    }
    Unreadable::new(
        "it has no text layer: its pages are pictures",
        "run OCR over it (ocrmypdf, or the scanner's own program) and put the result in its place",
    )
}

fn unreadable(error: &Error) -> Unreadable {
    match error {
        Error::Encrypted | Error::InvalidPassword => encrypted(),
        error => damaged("PDF", error),
    }
}

fn front(told: &Metadata) -> FrontMatter {
    FrontMatter {
        title: told.title.clone().filter(|title| !title.trim().is_empty()),
        owner: told.author.clone().filter(|author| !author.trim().is_empty()),
        date: told.created.map(|at| at.format("%Y-%m-%d").to_string()),
        tags: super::tags(told.keywords.iter()),
        ..FrontMatter::default()
    }
}
