//! HTML: the text a reader sees, without navigation, scripts and styles.

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};
use siren_text::normalise;

use super::Parsed;
use super::markdown::is_file_name;
use super::mask::MASK;
use super::writer::{BlockKind, Writer};

/// Reads what lies behind the head, from `body` on.
pub(super) fn read(text: &str, body: usize) -> Parsed {
    let mut writer = Writer::default();
    let mut reader = HtmlReader { page: true, ..HtmlReader::default() };
    reader.feed(&text[body..], body, &mut writer);
    let (written, heading) = writer.finish(text.len());
    let mut parsed = Parsed { written, title: heading, ..Parsed::default() };
    parsed.front.title =
        Some(reader.title.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|title| !title.is_empty());
    parsed.front.date = reader.date;
    parsed
}

/// What is said to a reader of the page's source or frame, not to a reader of the page.
const HIDDEN: [&str; 10] =
    ["script", "style", "noscript", "template", "svg", "nav", "iframe", "button", "select", "title"];
/// Shown on every page of a site: left out of whole pages, kept in a fragment.
const FRAME: [&str; 3] = ["header", "footer", "aside"];
const BLOCKS: [&str; 20] = [
    "p",
    "div",
    "section",
    "article",
    "main",
    "figure",
    "figcaption",
    "blockquote",
    "center",
    "dl",
    "dt",
    "dd",
    "address",
    "details",
    "summary",
    "form",
    "fieldset",
    "hr",
    "body",
    "caption",
];

/// Reads HTML in one piece or, inside Markdown, tag by tag.
#[derive(Debug, Default)]
pub(super) struct HtmlReader {
    page: bool,
    /// Hidden elements that are open.
    hidden: Vec<String>,
    /// Headings come as start and end tags.
    title: String,
    date: Option<String>,
    preformatted: usize,
}

#[derive(Debug)]
enum Piece {
    Open(String),
    Attribute(String, String),
    Opened,
    Close(String),
    Text(String),
}

impl HtmlReader {
    /// Whether what comes now is inside something that a reader does not see.
    pub(super) fn hides(&self) -> bool {
        !self.hidden.is_empty()
    }

    /// Reads `raw`, which lies at `shift` in the file.
    pub(super) fn feed(&mut self, raw: &str, shift: usize, writer: &mut Writer) {
        let mut tag = Tag::default();
        for (piece, span) in pieces(raw) {
            let at = shift + span.start;
            match piece {
                Piece::Open(name) => tag = Tag { name, ..Tag::default() },
                Piece::Attribute(name, value) => tag.attributes.push((name, value)),
                Piece::Opened => self.open(std::mem::take(&mut tag), at, writer),
                Piece::Close(name) => self.close(&name, at, writer),
                Piece::Text(value) => {
                    let source = raw.get(span.start..span.end).unwrap_or_default();
                    self.text(&value, source, at, writer);
                }
            }
        }
    }

    fn open(&mut self, tag: Tag, at: usize, writer: &mut Writer) {
        let name = tag.name.as_str();
        if self.conceals(name) {
            self.hidden.push(tag.name);
            return;
        }
        if self.hides() {
            return;
        }
        match name {
            "br" => writer.line(at),
            "meta" => self.meta(&tag),
            "time" => self.date = self.date.take().or_else(|| tag.get("datetime")),
            "img" => {
                if let Some(alt) = tag.get("alt").filter(|alt| !is_file_name(alt)) {
                    writer.line(at);
                    writer.put(&alt.replace(MASK, ""), at);
                    writer.line(at);
                }
            }
            "ul" => writer.list_start(None, at),
            "ol" => writer.list_start(tag.get("start").and_then(|n| n.parse().ok()).or(Some(1)), at),
            "li" => writer.item(at),
            "tr" => writer.row(at),
            "td" | "th" => writer.cell(at),
            "table" => writer.hold(BlockKind::Table, at),
            "pre" => {
                writer.hold(BlockKind::Code, at);
                self.preformatted += 1;
            }
            _ => {
                if let Some(level) = heading_level(name) {
                    writer.heading_start(level, at);
                } else if BLOCKS.contains(&name) {
                    writer.block(at);
                }
            }
        }
    }

    fn close(&mut self, name: &str, at: usize, writer: &mut Writer) {
        if let Some(open) = self.hidden.iter().rposition(|hidden| hidden == name) {
            self.hidden.truncate(open);
            return;
        }
        match name {
            _ if self.hides() => {}
            "ul" | "ol" => writer.list_end(at),
            "li" => writer.line(at),
            _ if heading_level(name).is_some() => writer.heading_end(at),
            "table" => writer.release(BlockKind::Table, at),
            "pre" => {
                writer.release(BlockKind::Code, at);
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            _ if BLOCKS.contains(&name) => writer.block(at),
            _ => {}
        }
    }

    fn conceals(&self, name: &str) -> bool {
        HIDDEN.contains(&name) || (self.page && FRAME.contains(&name))
    }

    fn meta(&mut self, tag: &Tag) {
        const DATES: [&str; 4] = ["article:published_time", "date", "dc.date", "og:article:published_time"];
        let name = tag.get("property").or_else(|| tag.get("name")).unwrap_or_default().to_lowercase();
        if DATES.contains(&name.as_str()) {
            self.date = tag.get("content").or_else(|| self.date.take());
        }
    }

    fn text(&mut self, value: &str, source: &str, at: usize, writer: &mut Writer) {
        if self.hidden.last().is_some_and(|tag| tag == "title") && self.hidden.len() == 1 {
            self.title.push_str(value);
        }
        if self.hides() {
            return;
        }
        for (piece, offset, own) in aligned(value, source) {
            if self.preformatted > 0 && own {
                writer.copy(piece, at + offset);
                continue;
            }
            spaced(piece, at + offset, own, writer);
        }
    }
}

/// White space in HTML is one space, and none at a line's beginning.
fn spaced(text: &str, at: usize, own: bool, writer: &mut Writer) {
    let mut from = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let body = word.trim_end();
        let body: &str = if own { body } else { &normalise(body).text.replace('\u{a0}', " ") };
        if !body.is_empty() {
            if own { writer.copy(body, at + from) } else { writer.put(body, at) }
        }
        from += word.len();
        if word.len() > body.len() && word.ends_with(char::is_whitespace) {
            writer.space(at + from);
        }
    }
}

/// Cuts decoded text into stretches that are the source's own and stretches that stand for a character reference.
fn aligned<'v>(value: &'v str, source: &str) -> Vec<(&'v str, usize, bool)> {
    if value == source {
        return vec![(value, 0, true)];
    }
    let mut out = Vec::new();
    let (mut v, mut s) = (0, 0);
    while v < value.len() {
        let same = common_prefix(&value[v..], &source[s..]);
        if same > 0 && !(same == 1 && source[s..].starts_with('&')) {
            out.push((&value[v..v + same], s, true));
            v += same;
            s += same;
            continue;
        }
        let reference = source[s..].find(';').map_or(source.len() - s, |end| end + 1);
        let decoded = value[v..].chars().next().map_or(1, char::len_utf8);
        out.push((&value[v..v + decoded], s, false));
        v += decoded;
        s += reference;
    }
    out
}

fn common_prefix(value: &str, source: &str) -> usize {
    let pairs = value.chars().zip(source.chars());
    pairs.take_while(|(a, b)| a == b && *b != '&').map(|(a, _)| a.len_utf8()).sum()
}

fn heading_level(name: &str) -> Option<u8> {
    let level = name.strip_prefix('h')?.parse().ok()?;
    (1..=6).contains(&level).then_some(level)
}

#[derive(Debug, Default)]
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
    }
}

fn pieces(raw: &str) -> Vec<(Piece, Span<usize>)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut out = Vec::new();
    let mut name = String::new();
    let emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: Span<usize>| {
        let piece = match event {
            CallbackEvent::OpenStartTag { name } => Piece::Open(text(name)),
            CallbackEvent::AttributeName { name: attribute } => {
                name = text(attribute);
                return None;
            }
            CallbackEvent::AttributeValue { value } => {
                Piece::Attribute(std::mem::take(&mut name), text(value))
            }
            CallbackEvent::CloseStartTag { .. } => Piece::Opened,
            CallbackEvent::EndTag { name } => Piece::Close(text(name)),
            CallbackEvent::String { value } => Piece::Text(text(value)),
            _ => return None,
        };
        out.push((piece, span));
        None::<std::convert::Infallible>
    });
    let Ok(()) = Tokenizer::new_with_emitter(raw, emitter).finish();
    out
}
