//! Where a document is cut: at headings, then so that no chunk has more tokens than a passage may have.

mod merge;
mod terms;
mod units;

pub use terms::analysed;

use std::ops::Range;
use std::sync::Arc;

use siren_domain::{Chunk, Metadata, Part};
use siren_text::TokenCounter;

use crate::READER_VERSION;
use crate::document::Document;
use crate::read::{Section, Written};
use merge::{Piece, merged};
use units::Units;

/// How documents are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkSettings {
    /// No chunk has more tokens than this.
    pub max_tokens: usize,
    /// So many tokens of a cut chunk are repeated at the next one's beginning.
    pub overlap: usize,
}

impl ChunkSettings {
    /// Names the settings, for an index to remember.
    pub fn identity(self) -> String {
        format!(
            "reader/{READER_VERSION} max_tokens={} overlap={} {}",
            self.max_tokens,
            self.overlap,
            TokenCounter::identity()
        )
    }
}

/// Cuts documents. One serves all threads.
pub(crate) struct Chunker {
    settings: ChunkSettings,
    units: Units,
}

impl Chunker {
    pub(crate) fn new(settings: ChunkSettings) -> Self {
        Self { settings, units: Units::new(settings.max_tokens) }
    }

    /// The document's chunks, in order.
    pub(crate) fn cut(&self, document: Document) -> Vec<Chunk> {
        let meta = Arc::new(document.meta);
        let written = document.written;
        let mut pieces: Vec<Piece> = Vec::new();
        for (at, section) in written.sections.iter().enumerate() {
            if !leads_only(section, written.sections.get(at + 1), &written.text) {
                pieces.extend(self.pieces(&written, section));
            }
        }
        let count = |range: Range<usize>| self.units.count(&written.text[range]);
        let pieces = merged(pieces, self.settings.max_tokens, count);
        pieces.into_iter().enumerate().map(|(at, piece)| chunk(&meta, &written, at, piece)).collect()
    }

    fn pieces<'a>(&self, written: &'a Written, section: &'a Section) -> Vec<Piece<'a>> {
        let whole = trimmed(&written.text, section.range.clone());
        let piece = |range: Range<usize>, tokens: usize| Piece {
            headings: vec![(range.start, &section.heading[..])],
            range,
            tokens,
        };
        let units = self.units.of(written, whole.clone());
        let count = |range: Range<usize>| self.units.count(written.text[range].trim());
        // Tokens add up but for some at the seams.
        let together: usize = units.iter().map(|unit| unit.tokens).sum();
        if together <= self.settings.max_tokens + units.len() {
            let tokens = if units.len() == 1 { together } else { count(whole.clone()) };
            if tokens <= self.settings.max_tokens {
                return vec![piece(whole, tokens)];
            }
        }
        let packed = units::packed(&units, self.settings, count);
        packed.into_iter().map(|range| piece(trimmed(&written.text, range.clone()), count(range))).collect()
    }
}

fn chunk(meta: &Arc<Metadata>, written: &Written, at: usize, piece: Piece<'_>) -> Chunk {
    let text = written.text[piece.range.clone()].to_owned();
    let heading = piece.common_heading();
    let sections = match &piece.headings[..] {
        [_] => Vec::new(),
        several => {
            several.iter().map(|(start, path)| (small(start - piece.range.start), path.to_vec())).collect()
        }
    };
    Chunk {
        id: format!("{}#{at}", meta.id),
        document: Arc::clone(meta),
        heading,
        sections,
        tokens: small(piece.tokens),
        parts: parts_of(&written.parts, &piece.range),
        offsets: written.offsets.slice(piece.range),
        text,
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let slice = &text[range.clone()];
    let start = range.start + (slice.len() - slice.trim_start().len());
    start..start + slice.trim().len()
}

/// Where the parts begin that the stretch touches, measured from its beginning.
fn parts_of(parts: &[(usize, Part)], range: &Range<usize>) -> Vec<(u32, Part)> {
    let first = parts.partition_point(|(at, _)| *at <= range.start).saturating_sub(1);
    let touched = parts[first..].iter().take_while(|(at, _)| *at < range.end);
    touched.map(|(at, part)| (small(at.saturating_sub(range.start)), part.clone())).collect()
}

/// A heading with nothing under it but deeper headings says nothing by itself: they carry it in their paths.
fn leads_only(section: &Section, next: Option<&Section>, text: &str) -> bool {
    let Some(own) = section.heading.last() else { return false };
    let body: String = text[section.range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
    body == *own && next.is_some_and(|next| next.heading.len() > section.heading.len())
}
