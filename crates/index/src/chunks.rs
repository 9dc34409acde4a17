//! Where a document is cut: at headings, then so that no chunk has more tokens than a passage may have.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use siren_domain::Chunk;
use siren_domain::ports::AnalysedChunk;
use siren_text::{Analyser, TokenCounter};
use text_splitter::{ChunkConfig, ChunkSizer, TextSplitter};

use crate::READER_VERSION;
use crate::date_text::years;
use crate::document::Document;
use crate::read::Section;

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
    splitter: TextSplitter<Tokens>,
    max_tokens: usize,
    counter: TokenCounter,
    analyser: Analyser,
}

#[derive(Clone, Copy)]
struct Tokens(TokenCounter);

impl ChunkSizer for Tokens {
    fn size(&self, chunk: &str) -> usize {
        self.0.count(chunk)
    }
}

impl Chunker {
    pub(crate) fn new(settings: ChunkSettings, analyser: Analyser) -> Result<Self, String> {
        let counter = TokenCounter::new();
        let config = ChunkConfig::new(settings.max_tokens).with_sizer(Tokens(counter));
        let config = config.with_overlap(settings.overlap).map_err(|error| error.to_string())?;
        let splitter = TextSplitter::new(config);
        Ok(Self { splitter, max_tokens: settings.max_tokens, counter, analyser })
    }

    /// The document's chunks, in order.
    pub(crate) fn cut(&self, document: Document) -> Vec<AnalysedChunk> {
        let meta = Arc::new(document.meta);
        let written = document.written;
        let mut out: Vec<AnalysedChunk> = Vec::new();
        for (at, section) in written.sections.iter().enumerate() {
            if leads_only(section, written.sections.get(at + 1), &written.text) {
                continue;
            }
            for range in self.ranges(&written.text, section) {
                let text = written.text[range.clone()].to_owned();
                let chunk = Chunk {
                    id: format!("{}#{}", meta.id, out.len()),
                    document: Arc::clone(&meta),
                    heading: section.heading.clone(),
                    tokens: u32::try_from(self.counter.count(&text)).unwrap_or(u32::MAX),
                    offsets: written.offsets.slice(range),
                    text,
                };
                out.push(self.analysed(chunk));
            }
        }
        out
    }

    fn ranges(&self, text: &str, section: &Section) -> Vec<Range<usize>> {
        let slice = &text[section.range.clone()];
        let start = section.range.start + (slice.len() - slice.trim_start().len());
        let body = slice.trim();
        if self.counter.fits(body, self.max_tokens) {
            return std::iter::once(start..start + body.len()).collect();
        }
        let mut out = Vec::new();
        for window in windows(body) {
            let pieces = self.splitter.chunk_indices(&body[window.clone()]);
            let origin = start + window.start;
            out.extend(pieces.map(|(at, piece)| origin + at..origin + at + piece.len()));
        }
        out
    }

    fn analysed(&self, chunk: Chunk) -> AnalysedChunk {
        let meta = &chunk.document;
        let body = self.analyser.terms(&chunk.text);
        let mut terms = self.analyser.terms(&meta.title);
        if !meta.fields.is_empty() {
            // A row's title is mostly made of the words of its text; counted twice, rows would crowd out documents.
            terms.retain(|term| !body.contains(term));
        }
        // The innermost heading stands in the text of its section's first chunk already.
        let shown = chunk.heading.last().is_some_and(|last| chunk.text.starts_with(last.as_str()));
        let above = &chunk.heading[..chunk.heading.len() - usize::from(shown)];
        let context = above.iter().chain(&meta.event).chain(&meta.tags);
        for words in context.filter(|words| **words != meta.title) {
            terms.extend(self.analyser.terms(words));
        }
        terms.extend(body);
        let mut about: BTreeSet<u16> = meta.years.iter().copied().collect();
        about.extend(years(&chunk.text));
        AnalysedChunk { terms, years: about.into_iter().collect(), vector: None, chunk }
    }
}

/// Bytes that the splitter sees at once: it weighs all of what is left for every chunk.
const WINDOW: usize = 64 << 10;

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

/// A heading with nothing under it but deeper headings says nothing by itself: they carry it in their paths.
fn leads_only(section: &Section, next: Option<&Section>, text: &str) -> bool {
    let Some(own) = section.heading.last() else { return false };
    let body: String = text[section.range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
    body == *own && next.is_some_and(|next| next.heading.len() > section.heading.len())
}
