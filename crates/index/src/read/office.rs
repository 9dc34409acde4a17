//! Word and PowerPoint, as they write now and as they wrote before 2007.

use std::collections::HashMap;

use siren_domain::{Part, PartKind};
use undoc::model::{Metadata, Section};
use undoc::render::RenderOptions;
use undoc::{Error, FormatType};

use super::format::{damaged, encrypted};
use super::markdown::Converted;
use super::{FrontMatter, Parsed, Unreadable};

pub(super) fn read(bytes: &[u8]) -> Result<Parsed, Unreadable> {
    let document = undoc::parse_bytes(bytes).map_err(|error| unreadable(&error))?;
    let mut converted = Converted::default();
    if matches!(document.format, FormatType::Pptx | FormatType::Ppt) {
        for section in document.sections {
            // Its number stands in the part already.
            let section = Section { name: section.name.filter(|name| !numbered(name)), ..section };
            let name = (section.index + 1).to_string();
            let slide = undoc::render::render_section_to_string(
                &section,
                section.index,
                document.format,
                &options(),
                &HashMap::new(),
            );
            converted.slide(Part { kind: PartKind::Slide, name }, &titled(&slide));
        }
    } else {
        let markdown = undoc::render::to_markdown(&document, &options());
        converted.push(&markdown.map_err(|error| unreadable(&error))?);
    }
    Ok(converted.finish(front(&document.metadata)))
}

/// A slide with its first line as its heading, where it has no other: many programs place a title as a mere text box.
fn titled(slide: &str) -> String {
    const LONGEST: usize = 60;
    // Whatever language the slide is in, its notes are announced in English.
    let slide = slide.replacen("> **Notes:**\n", "", 1);
    let slide = slide.trim();
    match slide.split_once('\n') {
        Some((first, rest))
            if !rest.trim().is_empty() && first.chars().count() <= LONGEST && is_plain(first) =>
        {
            format!("# {first}\n{rest}")
        }
        _ => slide.to_owned(),
    }
}

fn is_plain(line: &str) -> bool {
    !line.starts_with(['#', '-', '*', '|', '>', '!', '<']) && !line.starts_with(|c: char| c.is_ascii_digit())
}

/// What a slide without a title is called.
fn numbered(name: &str) -> bool {
    name.strip_prefix("Slide ").is_some_and(|rest| rest.parse::<usize>().is_ok())
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
