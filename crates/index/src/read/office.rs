//! Word and PowerPoint, as they write now and as they wrote before 2007.

use std::collections::HashMap;

use siren_domain::{Part, PartKind};
use undoc::model::Metadata;
use undoc::render::RenderOptions;
use undoc::{Error, FormatType};

use super::format::{damaged, encrypted};
use super::markdown::Converted;
use super::{FrontMatter, Parsed, Unreadable};

pub(super) fn read(bytes: &[u8]) -> Result<Parsed, Unreadable> {
    let document = undoc::parse_bytes(bytes).map_err(|error| unreadable(&error))?;
    let mut converted = Converted::default();
    if matches!(document.format, FormatType::Pptx | FormatType::Ppt) {
        for section in &document.sections {
            let name = (section.index + 1).to_string();
            let slide = undoc::render::render_section_to_string(
                section,
                section.index,
                document.format,
                &options(),
                &HashMap::new(),
            );
            converted.part(Part { kind: PartKind::Slide, name }, &slide);
        }
    } else {
        let markdown = undoc::render::to_markdown(&document, &options());
        converted.push(&markdown.map_err(|error| unreadable(&error))?);
    }
    Ok(converted.finish(front(&document.metadata)))
}

fn options() -> RenderOptions {
    RenderOptions { include_images: false, escape_special_chars: true, ..RenderOptions::default() }
}

fn unreadable(error: &Error) -> Unreadable {
    match error {
        Error::Encrypted => encrypted(),
        error => damaged("an office document", error),
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
