//! Laws of cutting, over Markdown as it comes from any keyboard.

use proptest::prelude::*;
use siren_domain::ports::AnalysedChunk;
use siren_domain::{Chunk, Locator};
use siren_index::ChunkSettings;
use siren_index::read::read;
use siren_text::{TokenCounter, normalise};

use super::fakes::{file, indexed};

#[derive(Clone, Debug)]
enum Block {
    Heading(usize, String),
    Paragraph(String),
    List(Vec<String>),
    Table(Vec<String>),
    Code(Vec<String>),
}

fn words() -> impl Strategy<Value = String> {
    let word = "([가-힣]{1,6}|[a-z]{1,8}|[0-9]{1,4}|\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}|👍🏻|café|\\*\\*굵게\\*\\*)[.,]?";
    prop::collection::vec(word, 1..25).prop_map(|words| words.join(" "))
}

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let block = prop_oneof![
        (1..5_usize, "[가-힣]{1,5}( [a-z]{1,5})?").prop_map(|(level, title)| Block::Heading(level, title)),
        words().prop_map(Block::Paragraph),
        prop::collection::vec(words(), 1..5).prop_map(Block::List),
        prop::collection::vec("[가-힣a-z]{1,8}", 1..6).prop_map(Block::Table),
        prop::collection::vec("[a-z]{1,8}\\([a-z]{0,4}\\);", 1..8).prop_map(Block::Code),
    ];
    prop::collection::vec(block, 1..8)
}

/// The blocks as Markdown. Each but a heading begins with a word that stands nowhere else.
fn markdown(blocks: &[Block], windows: bool, mark: bool) -> String {
    let block = |(at, block): (usize, &Block)| match block {
        Block::Heading(level, title) => format!("{} {title}", "#".repeat(*level)),
        Block::Paragraph(text) => format!("mark{at}x {text}"),
        Block::Table(cells) => {
            let rows: String = cells.iter().map(|cell| format!("| {cell} | 값 |\n")).collect();
            format!("| mark{at}x | 열 |\n| --- | --- |\n{rows}")
        }
        Block::Code(lines) => format!("```\nmark{at}x\n{}\n```", lines.join("\n")),
        Block::List(items) => format!("- mark{at}x {}", items.join("\n- ")),
    };
    let text = blocks.iter().enumerate().map(block).collect::<Vec<_>>().join("\n\n");
    let text = if windows { text.replace('\n', "\r\n") } else { text };
    if mark { format!("\u{feff}{text}") } else { text }
}

/// The headings that each block's own word stands under.
fn paths(blocks: &[Block]) -> Vec<(String, Vec<String>)> {
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut out = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        if let Block::Heading(level, title) = block {
            open.retain(|(above, _)| above < level);
            open.push((*level, title.clone()));
        } else {
            out.push((format!("mark{at}x"), open.iter().map(|(_, title)| title.clone()).collect()));
        }
    }
    out
}

fn signs(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Whether all letters of `part` stand in `whole`, in this order.
fn letters_within(part: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    part.chars().filter(|c| c.is_alphanumeric()).all(|c| rest.any(|other| other == c))
}

/// The chunk's text by section.
fn sections(chunk: &Chunk) -> Vec<(&[String], &str)> {
    let mut starts: Vec<(usize, &[String])> =
        chunk.sections.iter().map(|(start, path)| (*start as usize, &path[..])).collect();
    if starts.is_empty() {
        starts.push((0, &chunk.heading));
    }
    let end = |at: usize| starts.get(at + 1).map_or(chunk.text.len(), |(start, _)| *start);
    starts.iter().enumerate().map(|(at, (start, path))| (*path, &chunk.text[*start..end(at)])).collect()
}

/// The sections' text is the chunks' text, piece by piece; a heading that was left out leads the next one's path.
fn nothing_is_lost(source: &str, chunks: &[AnalysedChunk]) -> Result<(), TestCaseError> {
    let written = read("a.md", source.as_bytes()).unwrap().written;
    let mut rest = chunks.iter().flat_map(|piece| sections(&piece.chunk)).peekable();
    for section in &written.sections {
        let whole = signs(&written.text[section.range.clone()]);
        let mut told = String::new();
        while told.len() < whole.len()
            && let Some((_, text)) = rest.next_if(|(path, _)| *path == section.heading)
        {
            told.push_str(&signs(text));
        }
        if told.is_empty() {
            prop_assert_eq!(
                &whole,
                &signs(section.heading.last().unwrap()),
                "only a heading may be left out"
            );
            let carried = rest.peek().is_some_and(|(path, _)| path.starts_with(&section.heading));
            prop_assert!(carried, "{:?} is lost", section.heading);
        } else {
            prop_assert_eq!(told, whole);
        }
    }
    prop_assert!(rest.next().is_none(), "more chunks than sections have text");
    Ok(())
}

/// The blocks that fit a chunk stand whole in one.
fn no_block_is_cut(source: &str, chunks: &[AnalysedChunk], max_tokens: usize) -> Result<(), TestCaseError> {
    let written = read("a.md", source.as_bytes()).unwrap().written;
    for block in &written.blocks {
        let whole = written.text[block.range.clone()].trim();
        let fits = TokenCounter::new().count(&written.text[block.range.clone()]) <= max_tokens;
        let stands = chunks.iter().any(|piece| piece.chunk.text.contains(whole));
        prop_assert!(!fits || stands, "{:?} is cut: {:?}", block.kind, whole);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn cutting_keeps_order_places_and_every_letter(
        blocks in blocks(),
        (windows, mark) in any::<(bool, bool)>(),
        max_tokens in 12..80_usize,
    ) {
        let source = markdown(&blocks, windows, mark);
        let (chunks, faults) = indexed(file("a.md", source.as_str()), ChunkSettings { max_tokens, overlap: 0 });
        prop_assert_eq!(faults, []);
        let mut last = 0;
        for (at, analysed) in chunks.iter().enumerate() {
            let chunk = &analysed.chunk;
            prop_assert_eq!(&chunk.id, &format!("notes/a.md#{at}"));
            let tokens = TokenCounter::new().count(&chunk.text);
            prop_assert!(tokens <= max_tokens, "{} of {} tokens: {:?}", tokens, max_tokens, chunk.text);
            prop_assert_eq!(tokens, chunk.tokens as usize);
            let Locator::File { bytes: Some(bytes), .. } = chunk.locator(0..chunk.text.len()) else { unreachable!() };
            prop_assert!(bytes.start >= last && bytes.end <= source.len(), "{:?}", bytes);
            last = bytes.start;
            let place = source.get(bytes).expect("whole characters");
            prop_assert!(letters_within(&chunk.text, &normalise(place).text), "{:?} in {:?}", chunk.text, place);
        }
        nothing_is_lost(&source, &chunks)?;
        no_block_is_cut(&source, &chunks, max_tokens)?;
        for (word, path) in paths(&blocks) {
            let place = |analysed: &AnalysedChunk| {
                let at = analysed.chunk.text.find(&word)?;
                match analysed.chunk.locator(at..at + word.len()) {
                    Locator::File { heading, .. } => Some(heading),
                    Locator::Row { .. } => None,
                }
            };
            prop_assert_eq!(chunks.iter().find_map(place), Some(path), "{}", word);
        }
    }

    /// With overlap, pieces repeat words; they lose none and stay within their size.
    #[test]
    fn overlap_repeats_and_loses_nothing(text in words(), max_tokens in 12..30_usize, overlap in 1..10_usize) {
        let (chunks, _) = indexed(file("a.md", text.as_str()), ChunkSettings { max_tokens, overlap });
        prop_assert!(chunks.iter().all(|c| c.chunk.tokens as usize <= max_tokens));
        let written = read("a.md", text.as_bytes()).unwrap().written.text;
        let words = written.split(|c: char| !c.is_alphanumeric());
        // A word that is larger than a chunk has to be cut.
        for word in words.filter(|word| TokenCounter::new().fits(word, max_tokens)) {
            prop_assert!(chunks.iter().any(|c| c.chunk.text.contains(word)), "{:?} of {:?}", word, written);
        }
    }
}
