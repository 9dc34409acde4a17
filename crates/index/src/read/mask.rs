//! Template language and editor marks that Markdown itself does not know: Liquid, Obsidian, kramdown.
//!
//! They are covered byte for byte with a mark that no reader writes, so that every offset stays what it was; the
//! Markdown reader then leaves the mark out.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Stands for a byte that is not text. Normalised text holds no control characters, so it is free.
pub(super) const MASK: char = '\u{1}';

/// Covers what is not text. Words that a tag shows the reader (a caption, a link's alias) stay.
pub(super) fn mask(text: &str) -> String {
    // Most texts hold none of it, and are not worth a search for each.
    let possible: Vec<&Mark> =
        marks().iter().filter(|mark| mark.holds.iter().any(|part| text.contains(part))).collect();
    if possible.is_empty() {
        return text.to_owned();
    }
    let mut bytes = text.as_bytes().to_vec();
    let code = code(text);
    for Mark { pattern, shown, .. } in possible {
        for found in pattern.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            let before = code.partition_point(|range| range.start <= whole.start());
            if before > 0 && code[before - 1].contains(&whole.start()) {
                continue;
            }
            cover(&mut bytes, whole.range(), shown(&found).as_ref());
        }
    }
    // Only whole matches of UTF-8 patterns were covered, so this cannot fail; the text itself is the honest way out.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn cover(bytes: &mut [u8], whole: Range<usize>, shown: Option<&Range<usize>>) {
    for at in whole {
        let keep = shown.is_some_and(|range| range.contains(&at)) || bytes[at] == b'\n';
        if !keep {
            bytes[at] = MASK as u8;
        }
    }
}

type Shown = fn(&Captures<'_>) -> Option<Range<usize>>;

/// What is covered.
struct Mark {
    /// No text without one of these matches.
    holds: &'static [&'static str],
    pattern: Regex,
    shown: Shown,
}

#[expect(clippy::expect_used, reason = "the patterns are literals that every test compiles")]
fn marks() -> &'static [Mark] {
    static MARKS: LazyLock<Vec<Mark>> = LazyLock::new(|| {
        let nothing: Shown = |_| None;
        let named: Shown = |found| found.name("shown").map(|m| m.range());
        let marks: [(&'static [&'static str], &str, Shown); 11] = [
            (&["{%"], r"(?s)\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", nothing),
            (&["{%"], r"\{%-?(?<tag>(?:[^%]|%[^}])*)%\}", caption),
            // Hugo's words between quotes may hold anything, Liquid's braces nothing of their kind.
            (&["{{"], r"\{\{[<%](?<tag>[^\n]*?)[>%]\}\}", caption),
            (&["{{"], r"\{\{(?:[^{}<%][^{}]*)?\}\}", nothing),
            (&["![["], r"!\[\[[^\]\n]*\]\]", nothing),
            (&["%%"], r"%%[^%]*%%", nothing),
            (&["[!"], r"(?m)^(?<shown>[ \t]*(?:>[ \t]*)+)\[![^\]\n]+\][+-]?", named),
            (&["{:"], r"\{:[^}\n]*\}", nothing),
            (&["^"], r"(?m)[ \t]\^[A-Za-z0-9-]+[ \t]*$", nothing),
            (&[":::"], r"(?m)^[ \t]*:{3,}[ \t]*[a-z-]*", nothing),
            (
                &["import", "export"],
                r#"(?m)^(?:import\s+(?:[^\n]*\sfrom\s+)?['"][^'"\n]+['"]|export\s+(?:const|let|var|default|function)\b[^\n]*);?[ \t]*$"#,
                nothing,
            ),
        ];
        let compile = |(holds, pattern, shown)| Mark {
            holds,
            pattern: Regex::new(pattern).expect("a valid pattern"),
            shown,
        };
        marks.into_iter().map(compile).collect()
    });
    &MARKS
}

/// The words that a Jekyll `include` or a Hugo `figure` of an image shows under it.
#[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
fn caption(found: &Captures<'_>) -> Option<Range<usize>> {
    static CAPTION: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"^\s*(?:include|figure)\b.*?\bcaption\s*=\s*"([^"]*)""#).expect("a valid pattern")
    });
    let tag = found.name("tag")?;
    let shown = CAPTION.captures(tag.as_str())?.get(1)?;
    Some(tag.start() + shown.start()..tag.start() + shown.end())
}

/// Blocks between ``` or ~~~ fences, and spans between backticks, where nothing is markup.
fn code(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_start();
        let fence = ["```", "~~~"].into_iter().find(|fence| body.starts_with(fence));
        match (open, fence) {
            (None, Some(fence)) => open = Some((at, fence)),
            (Some((start, opened)), Some(fence)) if opened == fence => {
                out.push(start..at + line.len());
                open = None;
            }
            (None, None) => spans(line, at, &mut out),
            _ => {}
        }
        at += line.len();
    }
    out
}

/// Stretches of a line between runs of as many backticks.
fn spans(line: &str, shift: usize, out: &mut Vec<Range<usize>>) {
    let mut open: Option<Range<usize>> = None;
    let mut at = 0;
    while let Some(offset) = line[at..].find('`') {
        let start = at + offset;
        at = start + line[start..].len() - line[start..].trim_start_matches('`').len();
        match &open {
            Some(run) if run.len() == at - start => {
                out.push(shift + run.start..shift + at);
                open = None;
            }
            Some(_) => {}
            None => open = Some(start..at),
        }
    }
}
