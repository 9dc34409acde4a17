//! Collects text without markup, section by section, and remembers where each byte came from.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use siren_domain::{OffsetMap, Part};
use siren_text::sentences::BULLET;

/// Bytes that a heading may have where it stands for what is under it: every section and every chunk has its own.
pub(crate) const MOST_OF_HEADING: usize = 300;

/// Text without markup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The text.
    pub text: String,
    /// From offsets in it to bytes of the file. Empty where the file is no text.
    pub offsets: OffsetMap,
    /// Its sections, in order.
    pub sections: Vec<Section>,
    /// Tables, lists and code, in order: not cut in the middle when they fit. What lies between them is paragraphs.
    pub blocks: Vec<Block>,
    /// Where its pages, slides or sheets begin, in order.
    pub parts: Vec<(usize, Part)>,
}

/// A stretch that belongs together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Its bytes of the text.
    pub range: Range<usize>,
}

/// What belongs together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockKind {
    /// Rows; the first line is the head.
    Table,
    /// Items.
    List,
    /// Lines of code.
    Code,
}

/// A stretch under one heading, the heading's own line included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Headings from the outermost to this one's own.
    pub heading: Vec<String>,
    /// Its bytes of the text.
    pub range: Range<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Writer {
    out: Written,
    /// Open headings with their levels.
    path: Vec<(u8, String)>,
    heading: Option<(u8, usize)>,
    /// Where the last heading ended.
    heading_end: usize,
    section_start: usize,
    lists: Vec<Option<u64>>,
    cells: usize,
    /// What is open of tables, lists and code, the outermost first, and where it begins.
    held: Vec<BlockKind>,
    held_from: usize,
    /// The page that begins with the next thing written.
    part: Option<Part>,
    /// Whether the page before ended in the middle of a sentence.
    joining: bool,
    /// Headings seen, for the title.
    headings: Vec<(u8, String, bool)>,
}

impl Writer {
    /// Text that is the source's own, byte for byte.
    pub(super) fn copy(&mut self, text: &str, source: usize) {
        self.begin_part(text);
        self.out.offsets.copy(self.out.text.len(), source, text.len());
        self.out.text.push_str(text);
    }

    /// Text that stands for something else in the source.
    pub(super) fn put(&mut self, text: &str, source: usize) {
        self.begin_part(text);
        self.out.offsets.replace(self.out.text.len(), source);
        self.out.text.push_str(text);
    }

    /// Bytes written so far.
    pub(super) fn len(&self) -> usize {
        self.out.text.len()
    }

    /// What follows lies on another page, slide or sheet, or in another row.
    pub(super) fn part(&mut self, part: Part) {
        self.part = Some(part);
    }

    /// The same, in a text without offsets whose sentences run on from page to page.
    pub(super) fn page(&mut self, part: Part) {
        let text = self.out.text.trim_end();
        let in_block = self.out.blocks.last().is_some_and(|block| block.range.end >= text.len());
        let in_heading = self.section_start >= text.len() || self.heading_end >= text.len();
        let ends = text.ends_with(['.', '?', '!', ':', ';', '…', '。', ')', ']', '"', '”', '」', '>']);
        self.joining = !text.is_empty() && !in_block && !in_heading && !ends;
        self.part = Some(part);
    }

    fn begin_part(&mut self, text: &str) {
        if !text.trim().is_empty()
            && let Some(part) = self.part.take()
        {
            self.out.parts.push((self.out.text.len(), part));
        }
    }

    /// What follows is a paragraph of plain words: it may go on where the page before it ended.
    pub(super) fn paragraph(&mut self, source: usize) {
        if std::mem::take(&mut self.joining) {
            let end = self.out.text.trim_end().len();
            self.out.text.truncate(end);
            self.put(" ", source);
        } else {
            self.block(source);
        }
    }

    /// What follows is a paragraph of its own.
    pub(super) fn block(&mut self, source: usize) {
        self.breaks(2, source);
    }

    /// What follows starts on a line of its own.
    pub(super) fn line(&mut self, source: usize) {
        self.breaks(1, source);
    }

    fn breaks(&mut self, wanted: usize, source: usize) {
        self.joining = false;
        let kept = self.out.text.trim_end_matches(' ').len();
        let body = &self.out.text[self.section_start.min(kept)..kept];
        // A bullet just written is the line's beginning, not its content.
        if body.trim().is_empty() || self.out.text.ends_with(BULLET) {
            return;
        }
        let have = body.len() - body.trim_end_matches('\n').len();
        if have < wanted {
            self.put(&"\n\n"[..wanted - have], source);
        }
    }

    /// A space between two words, unless the line has just begun.
    pub(super) fn space(&mut self, source: usize) {
        let text = &self.out.text[self.section_start..];
        if !text.is_empty() && !text.ends_with([' ', '\n']) {
            self.put(" ", source);
        }
    }

    /// What follows, up to its `release`, belongs together.
    pub(super) fn hold(&mut self, kind: BlockKind, source: usize) {
        self.block(source);
        if self.held.is_empty() {
            self.held_from = self.out.text.len();
        }
        self.held.push(kind);
    }

    /// Ends the innermost open stretch of this kind and all that was left open in it.
    pub(super) fn release(&mut self, kind: BlockKind, source: usize) {
        if let Some(open) = self.held.iter().rposition(|held| *held == kind) {
            self.held.truncate(open);
            if open == 0 {
                self.close_block(kind);
            }
        }
        self.block(source);
    }

    /// Only the outermost stretch is told: what lies in it is kept together with it.
    fn close_block(&mut self, kind: BlockKind) {
        let text = &self.out.text[self.held_from..];
        let (start, body) = (text.len() - text.trim_start().len(), text.trim());
        if !body.is_empty() {
            let start = self.held_from + start;
            self.out.blocks.push(Block { kind, range: start..start + body.len() });
        }
    }

    pub(super) fn list_start(&mut self, first: Option<u64>, source: usize) {
        if self.lists.is_empty() {
            self.hold(BlockKind::List, source);
        }
        self.lists.push(first);
    }

    pub(super) fn list_end(&mut self, source: usize) {
        self.lists.pop();
        if self.lists.is_empty() {
            self.release(BlockKind::List, source);
        }
    }

    pub(super) fn item(&mut self, source: usize) {
        self.line(source);
        match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}. ");
                *number += 1;
                self.put(&mark, source);
            }
            _ => self.put(BULLET, source),
        }
    }

    pub(super) fn in_list(&self) -> bool {
        !self.lists.is_empty()
    }

    pub(super) fn row(&mut self, source: usize) {
        self.line(source);
        self.cells = 0;
    }

    pub(super) fn cell(&mut self, source: usize) {
        if self.cells > 0 {
            self.put(" | ", source);
        }
        self.cells += 1;
    }

    pub(super) fn heading_start(&mut self, level: u8, source: usize) {
        self.block(source);
        self.close_open_block();
        self.close_section();
        self.heading = Some((level, self.out.text.len()));
    }

    pub(super) fn heading_end(&mut self, source: usize) {
        let Some((level, start)) = self.heading.take() else { return };
        let title = self.out.text[start..].split_whitespace().collect::<Vec<_>>().join(" ");
        let title = shortened(title, MOST_OF_HEADING);
        let leads = self.out.text[..start].trim().is_empty() && self.headings.is_empty();
        if !title.is_empty() {
            self.path.retain(|(open, _)| *open < level);
            self.path.push((level, title.clone()));
            self.headings.push((level, title, leads));
        }
        self.block(source);
        self.heading_end = self.out.text.trim_end().len();
    }

    /// What follows stands under no heading.
    pub(super) fn leave_headings(&mut self) {
        self.block(0);
        self.close_section();
        self.path.clear();
    }

    pub(super) fn in_heading(&self) -> bool {
        self.heading.is_some()
    }

    /// A heading inside a table or a list, as pages laid out in tables have, ends it: a block lies in one section.
    fn close_open_block(&mut self) {
        if let Some(kind) = self.held.first().copied() {
            self.close_block(kind);
            self.held.clear();
        }
    }

    fn close_section(&mut self) {
        let range = self.section_start..self.out.text.len();
        if !self.out.text[range.clone()].trim().is_empty() {
            let heading = self.path.iter().map(|(_, title)| title.clone()).collect();
            self.out.sections.push(Section { heading, range });
        }
        self.section_start = self.out.text.len();
    }

    /// The text, and the heading that is its title: the only one of the first level, before any other.
    pub(super) fn finish(mut self, source: usize) -> (Written, Option<String>) {
        self.out.offsets.replace(self.out.text.len(), source);
        self.close_open_block();
        self.close_section();
        let first_level = self.headings.iter().filter(|(level, ..)| *level == 1).count();
        let title =
            self.headings.first().filter(|(level, _, leads)| *level == 1 && *leads && first_level == 1);
        let title = title.map(|(_, title, _)| title.clone());
        (self.out, title)
    }
}

/// A text of at most so many bytes: where it has more, its beginning, which says so.
pub(crate) fn shortened(mut text: String, most: usize) -> String {
    const REST: &str = "…";
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most.saturating_sub(REST.len())));
        text.truncate(text.trim_end().len());
        text.push_str(REST);
    }
    text
}
