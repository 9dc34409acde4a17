//! What is not cut: paragraphs, lists, tables and code that fit a chunk; else their sentences or lines; else words.

use std::ops::Range;

use siren_text::{TokenCounter, sentences};
use text_splitter::{ChunkConfig, ChunkSizer, TextSplitter};

use super::ChunkSettings;
use crate::read::{Block, BlockKind, Written};

/// A stretch that is not cut, up to where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) range: Range<usize>,
    pub(super) tokens: usize,
}

/// Finds units of at most so many tokens.
pub(super) struct Units {
    counter: TokenCounter,
    max_tokens: usize,
    splitter: TextSplitter<Tokens>,
}

#[derive(Clone, Copy)]
struct Tokens(TokenCounter);

impl ChunkSizer for Tokens {
    fn size(&self, chunk: &str) -> usize {
        self.0.count(chunk)
    }
}

impl Units {
    pub(super) fn new(max_tokens: usize) -> Self {
        let counter = TokenCounter::new();
        let splitter = TextSplitter::new(ChunkConfig::new(max_tokens).with_sizer(Tokens(counter)));
        Self { counter, max_tokens, splitter }
    }

    pub(super) fn count(&self, text: &str) -> usize {
        self.counter.count(text)
    }

    /// The units of a stretch: they follow one another without a gap.
    pub(super) fn of(&self, written: &Written, whole: Range<usize>) -> Vec<Unit> {
        let text = written.text.as_str();
        let mut out = Vec::new();
        // The shortest texts, and most are short, need not be taken apart to be counted.
        if whole.len() <= self.max_tokens {
            self.push(text, whole, &mut out);
            return out;
        }
        let mut at = whole.start;
        // Blocks come in order and apart: a large file has too many to ask each of each section.
        let first = written.blocks.partition_point(|block| block.range.end <= whole.start);
        for block in written.blocks[first..].iter().take_while(|block| block.range.start < whole.end) {
            let range = block.range.start.max(at)..block.range.end.min(whole.end);
            if range.start >= range.end {
                continue;
            }
            self.paragraphs(text, at..range.start, &mut out);
            self.block(text, block, range.clone(), &mut out);
            at = range.end;
        }
        self.paragraphs(text, at..whole.end, &mut out);
        out
    }

    fn paragraphs(&self, text: &str, range: Range<usize>, out: &mut Vec<Unit>) {
        for paragraph in split_behind(text, range, "\n\n") {
            let start = out.len();
            self.push(text, paragraph.clone(), out);
            if self.too_large(text, &out[start..]) {
                out.truncate(start);
                let ends = sentences(&text[paragraph.clone()]).into_iter().map(|s| paragraph.start + s.end);
                self.each(text, paragraph.clone(), ends, out);
            }
        }
    }

    fn block(&self, text: &str, block: &Block, range: Range<usize>, out: &mut Vec<Unit>) {
        let start = out.len();
        self.push(text, range.clone(), out);
        if self.too_large(text, &out[start..]) {
            out.truncate(start);
            let lines = split_behind(text, range.clone(), "\n");
            match block.kind {
                BlockKind::Table | BlockKind::Code | BlockKind::List => {
                    self.each(text, range, lines.into_iter().map(|line| line.end), out);
                }
            }
        }
    }

    /// A unit up to each end, and what is still too large in pieces.
    fn each(&self, text: &str, range: Range<usize>, ends: impl Iterator<Item = usize>, out: &mut Vec<Unit>) {
        let mut at = range.start;
        let mut ends: Vec<usize> = ends.collect();
        if let Some(last) = ends.last_mut() {
            *last = range.end;
        }
        for end in ends {
            let start = out.len();
            self.push(text, at..end, out);
            if self.too_large(text, &out[start..]) {
                out.truncate(start);
                self.words(text, at..end, out);
            }
            at = end;
        }
    }

    /// A sentence or line that is larger than a chunk.
    fn words(&self, text: &str, range: Range<usize>, out: &mut Vec<Unit>) {
        let mut at = range.start;
        for window in windows(&text[range.clone()]) {
            let origin = range.start + window.start;
            for (offset, piece) in self.splitter.chunk_indices(&text[origin..range.start + window.end]) {
                let end = origin + offset + piece.len();
                // The splitter leaves white space out, which may be what makes it too large.
                let tokens = self.counter.count(piece).min(room(self.max_tokens));
                out.push(Unit { range: at..end, tokens });
                at = end;
            }
        }
        match out.last_mut() {
            // White space at the end.
            Some(last) if at < range.end => last.range.end = range.end,
            _ => {}
        }
    }

    fn push(&self, text: &str, range: Range<usize>, out: &mut Vec<Unit>) {
        if text[range.clone()].trim().is_empty() {
            // White space between two units belongs to the first.
            if let Some(last) = out.last_mut() {
                last.range.end = range.end;
            }
        } else {
            let tokens = self.counter.count(&text[range.clone()]);
            out.push(Unit { range, tokens });
        }
    }

    /// Whether a unit is larger than a chunk even without the white space behind it.
    fn too_large(&self, text: &str, units: &[Unit]) -> bool {
        let large = |unit: &Unit| {
            unit.tokens > room(self.max_tokens)
                && self.count(text[unit.range.clone()].trim()) > self.max_tokens
        };
        units.iter().any(large)
    }
}

/// What units may have together. A token that ends a unit may become two when the white space behind it goes.
fn room(max_tokens: usize) -> usize {
    max_tokens.saturating_sub(1).max(1)
}

/// Stretches that end behind each run of `mark`.
fn split_behind(text: &str, range: Range<usize>, mark: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut at = range.start;
    while let Some(found) = text[at..range.end].find(mark) {
        let behind = &text[at + found + mark.len()..range.end];
        let end = range.end - behind.trim_start_matches('\n').len();
        out.push(at..end);
        at = end;
    }
    if at < range.end {
        out.push(at..range.end);
    }
    out
}

/// Bytes that the splitter sees at once: it weighs all of what is left for every chunk.
const WINDOW: usize = 16 << 10;

/// Stretches of at most [`WINDOW`] bytes, cut at a line's end, else at a space, else anywhere.
fn windows(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    while text.len() - start > WINDOW {
        let most = text.floor_char_boundary(start + WINDOW);
        let head = &text[start..most];
        let cut = head.rfind('\n').or_else(|| head.rfind(' ')).filter(|at| *at > WINDOW / 2);
        let end = cut.map_or(most, |at| start + at);
        out.push(start..end);
        start = end;
    }
    out.push(start..text.len());
    out
}

/// As many units in a row as a chunk may hold; the next chunk begins with the units that make up the overlap. `count`
/// tells the tokens of a stretch without the white space around it.
pub(super) fn packed(
    units: &[Unit],
    settings: ChunkSettings,
    count: impl Fn(Range<usize>) -> usize,
) -> Vec<Range<usize>> {
    let most = room(settings.max_tokens);
    let mut out = Vec::new();
    let mut first = 0;
    while first < units.len() {
        let mut tokens = units[first].tokens;
        let mut end = first + 1;
        while end < units.len() && tokens + units[end].tokens <= most {
            tokens += units[end].tokens;
            end += 1;
        }
        let stretch = |end: usize| units[first].range.start..units[end - 1].range.end;
        // Tokens add up but for some at the seams; that only matters near the limit.
        while tokens + SEAMS > most && end > first + 1 && count(stretch(end)) > settings.max_tokens {
            end -= 1;
            tokens -= units[end].tokens;
        }
        out.push(stretch(end));
        if end == units.len() {
            break;
        }
        let spare = settings.overlap.min(most.saturating_sub(units[end].tokens));
        first = repeated_from(&units[first + 1..end], spare).map_or(end, |back| end - back);
    }
    out
}

/// Tokens that the seams of a chunk may add.
const SEAMS: usize = 8;

/// How many of the last units have at most `room` tokens together.
fn repeated_from(units: &[Unit], room: usize) -> Option<usize> {
    let mut tokens = 0;
    let fit = units.iter().rev().take_while(|unit| {
        tokens += unit.tokens;
        tokens <= room
    });
    Some(fit.count()).filter(|count| *count > 0)
}

#[cfg(test)]
mod tests {
    use super::{ChunkSettings, Unit, packed};

    #[test]
    fn units_are_packed() {
        // Tokens of the units; units of each chunk.
        type Case<'a> = (&'a [usize], usize, usize, &'a [(usize, usize)]);
        let cases: [Case<'_>; 6] = [
            (&[], 10, 0, &[]),
            (&[4, 4, 4], 10, 0, &[(0, 2), (2, 3)]),
            (&[9, 1, 8, 5], 10, 0, &[(0, 1), (1, 3), (3, 4)]),
            (&[4, 4, 4, 4], 10, 4, &[(0, 2), (1, 3), (2, 4)]),
            (&[4, 4, 9, 4], 10, 4, &[(0, 2), (2, 3), (3, 4)]),
            (&[4, 4, 4], 10, 3, &[(0, 2), (2, 3)]),
        ];
        for (tokens, max_tokens, overlap, expected) in cases {
            let unit = |(at, tokens): (usize, &usize)| Unit { range: at..at + 1, tokens: *tokens };
            let units: Vec<Unit> = tokens.iter().enumerate().map(unit).collect();
            let count = |range: std::ops::Range<usize>| tokens[range].iter().sum();
            let packed = packed(&units, ChunkSettings { max_tokens, overlap }, count);
            let ranges: Vec<(usize, usize)> = packed.iter().map(|range| (range.start, range.end)).collect();
            assert_eq!(ranges, expected, "{tokens:?} {max_tokens} {overlap}");
        }
    }
}
