//! Laws of cutting, over Markdown as it comes from any keyboard.

use proptest::prelude::*;
use siren_domain::Locator;
use siren_domain::ports::AnalysedChunk;
use siren_index::ChunkSettings;
use siren_index::read::read;
use siren_text::{TokenCounter, normalise};

use super::fakes::{file, indexed};

#[derive(Clone, Debug)]
enum Block {
    Heading(usize, String),
    Paragraph(String),
    List(Vec<String>),
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
    ];
    prop::collection::vec(block, 1..8)
}

/// The blocks as Markdown. Each but a heading begins with a word that stands nowhere else.
fn markdown(blocks: &[Block], windows: bool, mark: bool) -> String {
    let block = |(at, block): (usize, &Block)| match block {
        Block::Heading(level, title) => format!("{} {title}", "#".repeat(*level)),
        Block::Paragraph(text) => format!("mark{at}x {text}"),
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

/// The sections' text is the chunks' text, piece by piece; a heading that was left out leads the next one's path.
fn nothing_is_lost(source: &str, chunks: &[AnalysedChunk]) -> Result<(), TestCaseError> {
    let written = read("a.md", source.as_bytes()).unwrap().written;
    let mut rest = chunks.iter().peekable();
    for section in &written.sections {
        let whole = signs(&written.text[section.range.clone()]);
        let mut told = String::new();
        while told.len() < whole.len()
            && let Some(piece) = rest.next_if(|piece| piece.chunk.heading == section.heading)
        {
            told.push_str(&signs(&piece.chunk.text));
        }
        if told.is_empty() {
            prop_assert_eq!(
                &whole,
                &signs(section.heading.last().unwrap()),
                "only a heading may be left out"
            );
            let carried = rest.peek().is_some_and(|next| next.chunk.heading.starts_with(&section.heading));
            prop_assert!(carried, "{:?} is lost", section.heading);
        } else {
            prop_assert_eq!(told, whole);
        }
    }
    prop_assert!(rest.next().is_none(), "more chunks than sections have text");
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
            prop_assert_eq!(chunk.tokens as usize, tokens);
            let Locator::File { bytes: Some(bytes), .. } = chunk.locator(0..chunk.text.len()) else { unreachable!() };
            prop_assert!(bytes.start >= last && bytes.end <= source.len(), "{:?}", bytes);
            last = bytes.start;
            let place = source.get(bytes).expect("whole characters");
            prop_assert!(letters_within(&chunk.text, &normalise(place).text), "{:?} in {:?}", chunk.text, place);
        }
        nothing_is_lost(&source, &chunks)?;
        for (word, path) in paths(&blocks) {
            let under = chunks.iter().find(|analysed| analysed.chunk.text.contains(&word));
            prop_assert_eq!(under.map(|analysed| &analysed.chunk.heading), Some(&path), "{}", word);
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
