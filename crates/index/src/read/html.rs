//! HTML: the text a reader sees, without navigation, scripts and styles.

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};
use siren_text::normalise;

use super::Parsed;
use super::html_head::{Head, Tag};
use super::markdown::is_file_name;
use super::mask::MASK;
use super::writer::{BlockKind, Writer};

/// Reads what lies behind the head, from `body` on.
pub(super) fn read(text: &str, body: usize) -> Parsed {
    let mut writer = Writer::default();
    let content = content_of(&text[body..]);
    let mut reader = HtmlReader { page: true, content, ..HtmlReader::default() };
    reader.feed(&text[body..], body, &mut writer);
    let (written, heading) = writer.finish(text.len());
    Parsed { written, title: heading, front: reader.head.front(), ..Parsed::default() }
}

/// The element that holds what the page is about, if the page says so and there is enough in it to believe it.
fn content_of(raw: &str) -> Option<&'static str> {
    CONTENT.into_iter().filter(|name| holds_tag(raw, name)).find(|name| {
        let (mut reader, mut writer) =
            (HtmlReader { page: true, ..HtmlReader::default() }, Writer::default());
        reader.feed(raw, 0, &mut writer);
        let all = writer.len();
        let (mut reader, mut writer) =
            (HtmlReader { page: true, content: Some(name), ..HtmlReader::default() }, Writer::default());
        reader.feed(raw, 0, &mut writer);
        writer.len() * 10 > all * 3
    })
}

fn holds_tag(raw: &str, name: &str) -> bool {
    raw.match_indices('<').any(|(at, _)| {
        raw.get(at + 1..at + 1 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
    })
}

/// What holds a page's own content, the surest first.
const CONTENT: [&str; 2] = ["main", "article"];
/// Elements that have no end tag, or often lack it: hiding one could hide the rest of the page.
const NEVER_HIDDEN: [&str; 17] = [
    "area", "base", "br", "hr", "img", "input", "link", "meta", "wbr", "li", "dt", "dd", "td", "th", "tr",
    "body", "html",
];
/// Roles of what is shown on every page of a site.
const FRAME_ROLES: [&str; 6] = ["navigation", "banner", "contentinfo", "search", "complementary", "dialog"];
/// Words in the names of what asks to be clicked away.
const BANNERS: [&str; 4] = ["cookie", "consent", "gdpr", "skip-link"];

/// What is said to a reader of the page's source or frame, not to a reader of the page.
const HIDDEN: [&str; 10] =
    ["script", "style", "noscript", "template", "svg", "nav", "iframe", "button", "select", "title"];
/// What no longer holds: an answer must not say it.
const STRUCK: [&str; 3] = ["del", "s", "strike"];
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
    /// Only what lies in elements of this name is read.
    content: Option<&'static str>,
    /// Open `main` and `article` elements.
    inside: usize,
    /// The hidden element that is open, and how many of its name lie in each other.
    hidden: Option<(String, usize)>,
    head: Head,
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
        self.hidden.is_some()
    }

    /// A block of Markdown begins: what was hidden within the one before it has ended.
    pub(super) fn block_starts(&mut self) {
        self.hidden = self.hidden.take().filter(|(hidden, _)| !within_block(hidden));
    }

    /// Whether what comes now is read.
    fn reads(&self) -> bool {
        self.hidden.is_none() && (self.content.is_none() || self.inside > 0)
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
        if let Some((hidden, depth)) = &mut self.hidden {
            if !within_block(hidden) || !starts_block(&tag.name) {
                *depth += usize::from(*hidden == tag.name);
                return;
            }
            self.hidden = None;
        }
        if self.conceals(&tag) {
            self.hidden = Some((tag.name, 1));
            return;
        }
        self.head.tag(&tag);
        let name = tag.name.as_str();
        self.inside += usize::from(self.holds_content(name));
        if !self.reads() {
            return;
        }
        match name {
            "br" => writer.line(at),
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
        if let Some((hidden, depth)) = &mut self.hidden {
            *depth -= usize::from(hidden == name);
            if *depth == 0 {
                self.hidden = None;
            }
            return;
        }
        let reads = self.reads();
        if self.holds_content(name) {
            self.inside = self.inside.saturating_sub(1);
        }
        match name {
            _ if !reads => {}
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

    fn holds_content(&self, name: &str) -> bool {
        self.content.map_or_else(|| CONTENT.contains(&name), |content| content == name)
    }

    fn conceals(&self, tag: &Tag) -> bool {
        let name = tag.name.as_str();
        if HIDDEN.contains(&name) || STRUCK.contains(&name) {
            return true;
        }
        if NEVER_HIDDEN.contains(&name) {
            return false;
        }
        let style = tag.get("style").unwrap_or_default().replace(' ', "");
        let unseen = tag.has("hidden") || tag.is("aria-hidden", "true") || style.contains("display:none");
        // An article's own header has its title.
        let frame = FRAME.contains(&name) && !(name == "header" && self.inside > 0);
        let role = tag.get("role").is_some_and(|role| FRAME_ROLES.contains(&role));
        let named = ["id", "class"].iter().filter_map(|key| tag.get(key)).any(|names| {
            let names = names.to_lowercase();
            BANNERS.iter().any(|banner| names.contains(banner))
        });
        unseen || (self.page && (frame || role || named))
    }

    fn text(&mut self, value: &str, source: &str, at: usize, writer: &mut Writer) {
        if self.hidden.as_ref().is_some_and(|(hidden, _)| hidden == "title") {
            self.head.title.push_str(value);
        }
        if !self.reads() {
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

/// A tag without a name stands for nothing.
const NAMELESS: &str = "</>";

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
        let (reference, decoded) = match &source[s..] {
            "" => (0, value.len()),
            rest => reference(rest),
        };
        let decoded = value.ceil_char_boundary(v + decoded);
        out.push((&value[v..decoded], s, false));
        v = decoded;
        s = source.ceil_char_boundary(s + reference);
    }
    out
}

/// How many bytes of `source` the character reference at its beginning has, and how many of text it stands for. Some
/// references need no semicolon, so that `&ampt;` is `&t;`: only the tokenizer knows which.
fn reference(source: &str) -> (usize, usize) {
    const COMMON: [&str; 5] = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
    if let Some(plain) = COMMON.into_iter().find(|plain| source.starts_with(plain)) {
        return (plain.len(), 1);
    }
    if source.starts_with(NAMELESS) {
        return (NAMELESS.len(), 0);
    }
    let first = source.chars().next().map_or(1, char::len_utf8);
    let name = source[first..]
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '#')
        .unwrap_or(source.len() - first);
    let semicolon = usize::from(source[first + name..].starts_with(';'));
    let token = &source[..first + name + semicolon];
    let texts = pieces(token).into_iter().filter_map(|(piece, _)| match piece {
        Piece::Text(text) => Some(text),
        _ => None,
    });
    let decoded: String = texts.collect();
    if decoded == token || decoded.is_empty() {
        return (first, first);
    }
    // What stands behind the reference stands behind its character, too.
    let least = decoded.chars().next().map_or(1, char::len_utf8);
    let same = decoded[least..].bytes().rev().zip(token.bytes().rev()).take_while(|(a, b)| a == b).count();
    (token.len() - same, decoded.len() - same)
}

fn common_prefix(value: &str, source: &str) -> usize {
    let pairs = value.chars().zip(source.char_indices());
    let is_own = |(a, (at, b)): &(char, (usize, char))| {
        a == b && *b != '&' && !(*b == '<' && source[*at..].starts_with(NAMELESS))
    };
    pairs.take_while(is_own).map(|(a, _)| a.len_utf8()).sum()
}

/// What ends with its block, also when its end tag is missing.
fn within_block(name: &str) -> bool {
    name == "p" || STRUCK.contains(&name)
}

fn starts_block(name: &str) -> bool {
    BLOCKS.contains(&name) || ["ul", "ol", "table", "pre"].contains(&name) || heading_level(name).is_some()
}

fn heading_level(name: &str) -> Option<u8> {
    let level = name.strip_prefix('h')?.parse().ok()?;
    (1..=6).contains(&level).then_some(level)
}

/// What `href` and `src` of the elements that a reader follows or sees point at, each with the place of its element.
pub(super) fn targets(raw: &str) -> Vec<(String, usize)> {
    let (mut found, mut element) = (Vec::new(), None);
    for (piece, span) in pieces(raw) {
        match piece {
            Piece::Open(name) => {
                let key = match name.as_str() {
                    "a" => Some("href"),
                    "img" => Some("src"),
                    _ => None,
                };
                element = key.map(|key| (key, span.start));
            }
            Piece::Attribute(name, value) => {
                if let Some((_, at)) = element.filter(|(key, _)| *key == name) {
                    found.push((value, at));
                }
            }
            _ => {}
        }
    }
    found
}

fn pieces(raw: &str) -> Vec<(Piece, Span<usize>)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut out: Vec<(Piece, Span<usize>)> = Vec::new();
    let emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: Span<usize>| {
        let piece = match event {
            CallbackEvent::OpenStartTag { name } => Piece::Open(text(name)),
            CallbackEvent::AttributeName { name } => Piece::Attribute(text(name), String::new()),
            CallbackEvent::AttributeValue { value } => {
                // An attribute may have no value, so the name stands there already.
                if let Some((Piece::Attribute(_, told), _)) = out.last_mut() {
                    *told = text(value);
                }
                return None;
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
