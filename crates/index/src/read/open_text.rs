//! ODT: what LibreOffice writes, from `content.xml` and `meta.xml`.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use siren_domain::OffsetMap;

use super::archive::Archive;
use super::format::{damaged, encrypted};
use super::writer::{BlockKind, Writer};
use super::{FrontMatter, Parsed, Unreadable};

pub(super) fn read(bytes: &[u8]) -> Result<Parsed, Unreadable> {
    let mut archive = Archive::open(bytes)?;
    let manifest = archive.text("META-INF/manifest.xml")?.unwrap_or_default();
    if manifest.contains("encryption-data") {
        return Err(encrypted());
    }
    let content = archive.text("content.xml")?.ok_or_else(|| damaged("ODT", "it has no content.xml"))?;
    let mut reader = TextReader::default();
    reader.read(&content)?;
    let (mut written, title) = reader.writer.finish(0);
    written.offsets = OffsetMap::default();
    let front = front(&archive.text("meta.xml")?.unwrap_or_default())?;
    Ok(Parsed { written, title, front, ..Parsed::default() })
}

/// Said to those who edit the document, or numbers that are shown elsewhere.
const SKIPPED: [&str; 5] = [
    "office:annotation",
    "text:tracked-changes",
    "text:note-citation",
    "office:forms",
    "text:table-of-content",
];

#[derive(Default)]
struct TextReader {
    writer: Writer,
    /// Levels below an element that is skipped.
    skipped: usize,
    notes: usize,
    cells: usize,
}

impl TextReader {
    fn read(&mut self, xml: &str) -> Result<(), Unreadable> {
        let mut reader = Reader::from_str(xml);
        let mut in_body = false;
        loop {
            match reader.read_event().map_err(|error| damaged("ODT", error))? {
                Event::Eof => return Ok(()),
                Event::Start(tag) if tag.name().as_ref() == "office:body" => in_body = true,
                _ if !in_body => {}
                Event::Start(tag) => self.start(&tag),
                Event::Empty(tag) => {
                    self.start(&tag);
                    self.end(tag.name().as_ref());
                }
                Event::End(tag) => self.end(tag.name().as_ref()),
                Event::Text(text) if self.skipped == 0 => self.text(&text),
                Event::GeneralRef(name) if self.skipped == 0 => self.text(&referred(&name)),
                _ => {}
            }
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) {
        let name = tag.name();
        let name = name.as_ref();
        if self.skipped > 0 || SKIPPED.contains(&name) {
            self.skipped += 1;
            return;
        }
        match name {
            "text:h" => {
                let level = number(tag, "text:outline-level").unwrap_or(1).clamp(1, 6);
                self.writer.heading_start(u8::try_from(level).unwrap_or(6), 0);
            }
            "text:p" if self.notes > 0 || self.cells > 0 || self.writer.in_heading() => self.writer.space(0),
            "text:p" if self.writer.in_list() => self.writer.line(0),
            "text:p" => self.writer.block(0),
            "text:list" if self.cells == 0 => self.writer.list_start(None, 0),
            "text:list-item" if self.cells == 0 => self.writer.item(0),
            "table:table" if self.cells == 0 => self.writer.hold(BlockKind::Table, 0),
            "table:table-row" if self.cells == 0 => self.writer.row(0),
            "table:table-cell" => {
                if self.cells == 0 {
                    self.writer.cell(0);
                }
                self.cells += 1;
            }
            "text:note" => {
                self.notes += 1;
                self.writer.put(" (", 0);
            }
            "text:s" => self.text(&" ".repeat(number(tag, "text:c").unwrap_or(1).clamp(1, 100))),
            "text:tab" => self.writer.space(0),
            "text:line-break" if self.cells > 0 || self.writer.in_heading() => self.writer.space(0),
            "text:line-break" => self.writer.line(0),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        match name {
            "text:h" => self.writer.heading_end(0),
            "text:list" if self.cells == 0 => self.writer.list_end(0),
            "table:table-cell" => self.cells = self.cells.saturating_sub(1),
            "table:table" if self.cells == 0 => self.writer.release(BlockKind::Table, 0),
            "text:note" => {
                self.notes = self.notes.saturating_sub(1);
                self.writer.put(")", 0);
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let text = siren_text::normalise(text).text;
        // White space between elements is layout; within a text it is one space.
        for word in text.split_inclusive(char::is_whitespace) {
            let body = word.trim_end();
            if !body.is_empty() {
                self.writer.put(body, 0);
            }
            if word.len() > body.len() {
                self.writer.space(0);
            }
        }
    }
}

fn referred(name: &BytesRef<'_>) -> String {
    match name.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        _ => resolve_predefined_entity(name).unwrap_or_default().to_owned(),
    }
}

fn number(tag: &BytesStart<'_>, name: &str) -> Option<usize> {
    let value = tag.try_get_attribute(name).ok()??;
    value.value.parse().ok()
}

fn front(xml: &str) -> Result<FrontMatter, Unreadable> {
    let mut reader = Reader::from_str(xml);
    let mut front = FrontMatter::default();
    let mut open = String::new();
    loop {
        match reader.read_event().map_err(|error| damaged("ODT", error))? {
            Event::Eof => return Ok(front),
            Event::Start(tag) => open = tag.name().as_ref().to_owned(),
            Event::End(_) => open.clear(),
            Event::Text(text) => told(&open, &text, &mut front),
            Event::GeneralRef(name) => told(&open, &referred(&name), &mut front),
            _ => {}
        }
    }
}

fn told(element: &str, text: &str, front: &mut FrontMatter) {
    let add = |field: &mut Option<String>| field.get_or_insert_default().push_str(text);
    match element {
        "dc:title" => add(&mut front.title),
        "meta:initial-creator" => add(&mut front.owner),
        "meta:creation-date" => front.date = super::day(Some(text)),
        "meta:keyword" => front.tags.push(text.to_owned()),
        _ => {}
    }
}
