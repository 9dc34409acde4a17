//! HWP and HWPX: what Korean offices write.

use unhwp::model::{Block, Document, HeadKind, Metadata};
use unhwp::render::{RenderOptions, render_markdown};
use unhwp::{Error, ParseOptions};

use super::format::{damaged, encrypted};
use super::markdown::Converted;
use super::{FrontMatter, Parsed, Unreadable};

pub(super) fn read(bytes: &[u8]) -> Result<Parsed, Unreadable> {
    let options = ParseOptions { extract_resources: false, parallel: false, ..ParseOptions::default() };
    let document = unhwp::parse_reader_with_options(std::io::Cursor::new(bytes), &options);
    let mut document = document.map_err(|error| unreadable(&error))?;
    say_headings(&mut document);
    // Headings are what their styles say: guessed ones cost more real ones than they find.
    let shown = RenderOptions { heading_config: None, max_heading_level: 6, ..RenderOptions::default() };
    let markdown = render_markdown(&document, &shown).map_err(|error| unreadable(&error))?;
    let mut converted = Converted::default();
    converted.push(&markdown);
    Ok(converted.finish(front(&document.metadata)))
}

/// The outermost outline level is a heading like the others: the parser counts it from 0 and takes it for none.
fn say_headings(document: &mut Document) {
    for block in document.sections.iter_mut().flat_map(|section| &mut section.content) {
        if let Block::Paragraph(paragraph) = block
            && let Some(head) = paragraph.style.head.filter(|head| head.kind == HeadKind::Outline)
        {
            paragraph.style.heading_level = (head.level + 1).min(6);
        }
    }
}

fn unreadable(error: &Error) -> Unreadable {
    match error {
        Error::Encrypted => encrypted(),
        Error::DistributionRestricted => Unreadable::new(
            "it is a distribution copy (배포용 문서), which its program shows and nobody else may read",
            "put the original document in its place, or exclude it from the source",
        ),
        error => damaged("HWP", error),
    }
}

fn front(told: &Metadata) -> FrontMatter {
    FrontMatter {
        title: told.title.clone().filter(|title| !title.trim().is_empty()),
        owner: told.author.clone().filter(|author| !author.trim().is_empty()),
        date: super::day(told.created.as_deref().or(told.modified.as_deref())),
        tags: super::tags(told.keywords.iter()),
        ..FrontMatter::default()
    }
}
