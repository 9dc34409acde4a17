//! PDF: the text layer, page by page.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use siren_domain::{Part, PartKind};
use unpdf::model::{Metadata, Page};
use unpdf::parser::backend::RawBackend;
use unpdf::parser::{BlockType, LayoutAnalyzer, TextLine, TextSpan};
use unpdf::render::RenderOptions;
use unpdf::{Document, Error, ParseOptions};

use super::format::{damaged, encrypted};
use super::markdown::Converted;
use super::{FrontMatter, Parsed, Unreadable, Warning};

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
    let count = parser.page_count();
    let document = parser.parse().map_err(|error| unreadable(&error))?;
    let backend = RawBackend::load_bytes(bytes).map_err(|error| unreadable(&error))?;
    let mut converted = Converted::default();
    for page in &document.pages {
        let one = Document { pages: vec![page.clone()], ..Document::default() };
        let markdown = match few_lines(&backend, page.number) {
            Some(lines) => lines,
            None => unpdf::render::to_markdown(&one, &options()).map_err(|error| unreadable(&error))?,
        };
        let markdown = rejoined(&markdown);
        converted.part(Part { kind: PartKind::Page, name: page.number.to_string() }, &markdown);
    }
    let parsed = converted.finish(front(&document.metadata));
    if parsed.written.text.trim().is_empty() && count > 0 {
        return Err(no_text_layer(&document));
    }
    Ok(Parsed { warning: left_out(&document, count), ..parsed })
}

/// Pages that are told of by number.
const NAMED: usize = 20;

/// The parser passes over what it cannot read. A page that is a picture has nothing to be read and is not told of, nor is
/// a mark of a font without letters, such as that before an item of a list.
fn left_out(document: &Document, count: u32) -> Option<Warning> {
    let read: BTreeMap<u32, &Page> = document.pages.iter().map(|page| (page.number, page)).collect();
    let lacks = |page: &Page| page.undecodable_content_streams > 0;
    let lost: Vec<u32> =
        (1..=count).filter(|number| read.get(number).is_none_or(|page| lacks(page))).collect();
    let first: Vec<String> = lost.iter().take(NAMED).map(u32::to_string).collect();
    let more = match lost.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!lost.is_empty()).then(|| Warning {
        line: None,
        problem: format!("the text of the pages {}{more} cannot be read, or not all of it", first.join(", ")),
        remedy: "save it anew from the original document, or run OCR over it".into(),
    })
}

/// A page with fewer lines than this has no columns: that the words of some lines begin at one place is chance.
const FEW_LINES: usize = 14;
/// A gap of so many letters parts the cells of a row.
const CELL_GAP: f32 = 1.5;

/// The page read from top to bottom, if it is so short that its columns cannot be told from gaps.
fn few_lines(backend: &RawBackend, page: u32) -> Option<String> {
    let mut analyzer = LayoutAnalyzer::new(backend);
    let mut spans = analyzer.extract_page_spans(page).ok()?;
    analyzer.filter_spans_for_page(&mut spans, page);
    for span in &spans {
        analyzer.font_stats_mut().add_text(span.font_size, &span.text);
    }
    analyzer.font_stats_mut().analyze();
    let lines = baselines(spans);
    if lines.is_empty() || lines.len() >= FEW_LINES {
        return None;
    }
    let lines = analyzer.detect_headings_pub(lines);
    let mut out = String::new();
    let mut text: Vec<TextLine> = Vec::new();
    for line in lines {
        if is_row(&line) {
            blocks(&analyzer, std::mem::take(&mut text), &mut out);
            out.push_str(&format!("{}\n\n", escaped(&row(&line))));
        } else {
            text.push(line);
        }
    }
    blocks(&analyzer, text, &mut out);
    Some(out)
}

/// The page's words line by line, whatever lies between them.
fn baselines(mut spans: Vec<TextSpan>) -> Vec<TextLine> {
    spans.sort_by(|a, b| b.y.total_cmp(&a.y));
    let mut lines: Vec<Vec<TextSpan>> = Vec::new();
    for span in spans {
        match lines.last_mut() {
            Some(line) if line[0].y - span.y < line[0].font_size.max(span.font_size) * 0.4 => line.push(span),
            _ => lines.push(vec![span]),
        }
    }
    lines.into_iter().map(TextLine::from_spans).collect()
}

fn blocks(analyzer: &LayoutAnalyzer<'_>, lines: Vec<TextLine>, out: &mut String) {
    for block in analyzer.group_lines_into_blocks_pub(lines) {
        let text = escaped(block.text().trim());
        let line = match block.block_type {
            BlockType::Heading => {
                format!("{} {text}", "#".repeat(usize::from(block.heading_level.clamp(1, 6))))
            }
            BlockType::ListItem => format!("- {}", escaped(block.list_item_text().trim())),
            BlockType::Paragraph | BlockType::Unknown => text,
        };
        out.push_str(&format!("{line}\n\n"));
    }
}

/// Where the line's words stand so far apart that they are cells.
fn gaps(line: &TextLine) -> impl Iterator<Item = bool> {
    let pairs = line.spans.iter().zip(line.spans.iter().skip(1));
    pairs.map(|(left, right)| right.x - (left.x + left.width) > CELL_GAP * left.font_size)
}

fn is_row(line: &TextLine) -> bool {
    !line.is_heading && gaps(line).any(|wide| wide)
}

fn row(line: &TextLine) -> String {
    let mut out = String::new();
    let mut wide = gaps(line);
    for span in &line.spans {
        out.push_str(&span.text);
        if wide.next() == Some(true) {
            out.truncate(out.trim_end().len());
            out.push_str(" | ");
        }
    }
    out
}

/// The text with what would be Markdown in it taken for itself.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Where letters of two fonts meet, producers leave a gap that reads like a space: `9 월`, `보냈다 .`
fn rejoined(markdown: &str) -> String {
    static GAPS: LazyLock<[(Regex, &str); 2]> = LazyLock::new(|| {
        [
            (pattern(r"(\p{Hangul}|\)) ([.,])(\s|$)"), "$1$2$3"),
            (pattern(r"(\d) (년|월|일|시|분|명|개|건|원|만|억|조|회|차|호|층)"), "$1$2"),
        ]
    });
    let joined = |text: String, (gap, with): &(Regex, &str)| gap.replace_all(&text, *with).into_owned();
    GAPS.iter().fold(markdown.to_owned(), joined)
}

#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
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

#[cfg(test)]
mod tests {
    use super::rejoined;

    #[test]
    fn gaps_between_fonts_are_no_spaces() {
        let cases = [
            ("9 월에 전주에서 연다 . 끝", "9월에 전주에서 연다. 끝"),
            ("2022 년 11 월 , 그리고", "2022년 11월, 그리고"),
            ("버전 1 .5 는 그대로", "버전 1 .5 는 그대로"),
            ("가 나", "가 나"),
        ];
        for (given, expected) in cases {
            assert_eq!(rejoined(given), expected);
        }
    }
}
