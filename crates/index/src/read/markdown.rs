//! Markdown as people write it: GitHub's, Jekyll's, Gatsby's, Obsidian's.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use siren_domain::{OffsetMap, Part};

use super::html::HtmlReader;
use super::mask::{MASK, mask};
use super::writer::{BlockKind, Writer};
use super::{FrontMatter, Parsed};

/// Reads what lies behind the head, from `body` on.
pub(super) fn read(text: &str, body: usize) -> Parsed {
    let mut parsed = Parsed::default();
    let masked = mask(&text[body..]);
    let mut reader = MarkdownReader::new(&masked, body);
    for (event, range) in Parser::new_ext(&masked, options()).into_offset_iter() {
        reader.event(event, range);
    }
    (parsed.written, parsed.title) = reader.writer.finish(text.len());
    parsed
}

/// Collects the Markdown that a converter made of a document of another format. Nothing in it is template language,
/// and no offset in it leads back to the document.
#[derive(Debug, Default)]
pub(super) struct Converted {
    writer: Writer,
}

impl Converted {
    /// A slide, which stands under no heading of the one before it.
    pub(super) fn slide(&mut self, part: Part, markdown: &str) {
        self.writer.leave_headings();
        self.part(part, markdown);
    }

    /// A page, which goes on where the one before it ended.
    pub(super) fn part(&mut self, part: Part, markdown: &str) {
        self.writer.page(part);
        self.push(markdown);
    }

    pub(super) fn push(&mut self, markdown: &str) {
        let text = siren_text::normalise(markdown).text;
        let mut reader = MarkdownReader::new(&text, 0);
        reader.writer = std::mem::take(&mut self.writer);
        for (event, range) in Parser::new_ext(&text, options() - Options::ENABLE_WIKILINKS).into_offset_iter()
        {
            reader.event(event, range);
        }
        self.writer = reader.writer;
    }

    pub(super) fn finish(self, front: FrontMatter) -> Parsed {
        let (mut written, title) = self.writer.finish(0);
        written.offsets = OffsetMap::default();
        Parsed { written, title, front, ..Parsed::default() }
    }
}

pub(super) fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_GFM
        | Options::ENABLE_WIKILINKS
        | Options::ENABLE_DEFINITION_LIST
}

struct MarkdownReader<'a> {
    source: &'a str,
    /// Where the body starts in the file.
    shift: usize,
    writer: Writer,
    html: HtmlReader,
    /// Inside an image: its description is shown unless it is only a file's name.
    image: Option<usize>,
    code: bool,
    in_cell: bool,
    struck: usize,
    marks: Marks,
}

impl<'a> MarkdownReader<'a> {
    fn new(source: &'a str, shift: usize) -> Self {
        Self {
            source,
            shift,
            writer: Writer::default(),
            html: HtmlReader::default(),
            image: None,
            code: false,
            in_cell: false,
            struck: 0,
            marks: Marks::default(),
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        let at = self.shift + range.start;
        match event {
            Event::Start(Tag::HtmlBlock) => {
                self.writer.block(at);
                self.html.feed(&self.source[range], at, &mut self.writer);
            }
            Event::Start(tag) => self.start(&tag, at),
            Event::End(tag) => self.end(tag, self.shift + range.end),
            Event::Text(text) => self.text(&text, &range),
            Event::Code(code) => self.code_span(&code, &range),
            // A block of HTML is read whole when it starts: tags may span its lines.
            Event::Html(_) => {}
            // A cell is one line, whatever its writer broke it into.
            Event::InlineHtml(tag) if self.in_cell && tag.starts_with("<br") => self.writer.space(at),
            Event::InlineHtml(_) => self.html.feed(&self.source[range], at, &mut self.writer),
            Event::SoftBreak | Event::HardBreak if self.writer.in_heading() => self.writer.put(" ", at),
            Event::SoftBreak | Event::HardBreak => self.writer.line(at),
            Event::Rule => self.writer.block(at),
            Event::InlineMath(math) | Event::DisplayMath(math) => self.writer.put(&math, at),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, at: usize) {
        if !matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Link { .. } | Tag::Strikethrough) {
            self.html.block_starts();
        }
        match tag {
            // What is struck out no longer holds: an answer must not say it.
            Tag::Strikethrough => self.struck += 1,
            Tag::Heading { level, .. } => self.writer.heading_start(depth(*level), at),
            Tag::Paragraph if self.writer.in_list() => self.writer.line(at),
            Tag::Paragraph => self.writer.paragraph(at),
            Tag::BlockQuote(_) | Tag::DefinitionListTitle => self.writer.block(at),
            Tag::Table(_) => self.writer.hold(BlockKind::Table, at),
            Tag::DefinitionListDefinition => self.writer.line(at),
            Tag::CodeBlock(_) => {
                self.writer.hold(BlockKind::Code, at);
                self.code = true;
            }
            Tag::List(first) => self.writer.list_start(*first, at),
            Tag::Item | Tag::FootnoteDefinition(_) => self.writer.item(at),
            Tag::TableHead | Tag::TableRow => self.writer.row(at),
            Tag::TableCell => {
                self.in_cell = true;
                self.writer.cell(at);
            }
            Tag::Image { .. } => self.image = Some(at),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, at: usize) {
        match tag {
            TagEnd::Heading(_) => self.writer.heading_end(at),
            TagEnd::Paragraph if self.writer.in_list() => self.writer.line(at),
            TagEnd::Paragraph | TagEnd::BlockQuote(_) | TagEnd::HtmlBlock => self.writer.block(at),
            TagEnd::Table => self.writer.release(BlockKind::Table, at),
            TagEnd::CodeBlock => {
                self.code = false;
                self.writer.release(BlockKind::Code, at);
            }
            TagEnd::List(_) => self.writer.list_end(at),
            TagEnd::Strikethrough => self.struck = self.struck.saturating_sub(1),
            TagEnd::Image => self.image = None,
            TagEnd::TableCell => self.in_cell = false,
            _ => {}
        }
    }

    fn code_span(&mut self, code: &str, range: &Range<usize>) {
        if self.html.hides() || self.struck > 0 {
            return;
        }
        let inside = self.source[range.clone()].find(code).filter(|_| !code.is_empty());
        match inside {
            Some(offset) => self.writer.copy(code, self.shift + range.start + offset),
            None => self.writer.put(code, self.shift + range.start),
        }
    }

    fn text(&mut self, text: &str, range: &Range<usize>) {
        if self.html.hides() || self.struck > 0 || (self.image.is_some() && is_file_name(text)) {
            return;
        }
        let start = self.shift + range.start;
        if self.source[range.clone()] != *text {
            self.writer.put(&text.replace(MASK, ""), start);
            return;
        }
        let marks = (!self.code).then_some(&mut self.marks);
        for piece in plain_pieces(self.source, range.clone(), marks) {
            self.writer.copy(&self.source[piece.clone()], self.shift + piece.start);
        }
    }
}

/// The stretches of `range` without masks and, outside of code, without the emphasis marks that CommonMark leaves
/// standing where a Korean particle follows a bracket, as in `**규율(Discipline)**을`.
fn plain_pieces(source: &str, range: Range<usize>, mut marks: Option<&mut Marks>) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = range.start;
    for (offset, c) in source[range.clone()].char_indices() {
        let at = range.start + offset;
        if c == MASK || marks.as_mut().is_some_and(|marks| marks.is_stray(source, at, c)) {
            out.push(start..at);
            start = at + c.len_utf8();
        }
    }
    out.push(start..range.end);
    out.retain(|piece| !piece.is_empty());
    out
}

/// The run of marks that was looked at last: the parser gives each mark of a run by itself, and a run may be as long as
/// the file.
#[derive(Debug, Default)]
struct Marks {
    run: Range<usize>,
    stray: bool,
}

impl Marks {
    /// Whether the character at `at` belongs to a `**`, `~~` or `==` that marks no code and no operator.
    fn is_stray(&mut self, source: &str, at: usize, c: char) -> bool {
        if !matches!(c, '*' | '~' | '=') {
            return false;
        }
        if !self.run.contains(&at) {
            (self.run, self.stray) = run_of(source, at, c);
        }
        self.stray
    }
}

/// The run of the mark at `at`, and whether it is left over from emphasis.
fn run_of(source: &str, at: usize, c: char) -> (Range<usize>, bool) {
    let before = source[..at].trim_end_matches(c);
    let behind = source[at..].trim_start_matches(c);
    let run = before.len()..source.len() - behind.len();
    let (before, behind) = (before.chars().next_back(), behind.chars().next());
    // `2**10` and `a == b` are no emphasis.
    let plain = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let spaced = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let operator = (plain(before) && plain(behind)) || (c == '=' && spaced(before) && spaced(behind));
    let stray = run.len() == 2 && !operator;
    (run, stray)
}

fn depth(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

/// `title.png` tells a reader nothing; a description does.
pub(super) fn is_file_name(text: &str) -> bool {
    const IMAGES: [&str; 8] = [".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".bmp", ".avif"];
    let lower = text.trim().to_lowercase();
    lower.is_empty() || IMAGES.iter().any(|ending| lower.ends_with(ending))
}
