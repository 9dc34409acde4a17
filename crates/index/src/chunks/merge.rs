//! Small neighbours become one chunk: a line alone is found by chance and tells little.

use std::ops::Range;

/// A section with less than this part of what a chunk may have is small.
const SMALL: usize = 8;

/// A stretch that becomes a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) range: Range<usize>,
    /// What it costs in a prompt.
    pub(super) tokens: usize,
    /// Where the sections begin that it is made of, with their headings from the outermost.
    pub(super) headings: Vec<(usize, &'a [String])>,
}

impl Piece<'_> {
    /// The headings that all its sections stand under.
    pub(super) fn common_heading(&self) -> Vec<String> {
        let mut paths = self.headings.iter().map(|(_, path)| *path);
        let first = paths.next().unwrap_or_default();
        let common = paths.fold(first.len(), |common, path| {
            first[..common].iter().zip(path).take_while(|(a, b)| a == b).count()
        });
        first[..common].to_vec()
    }
}

/// Pieces in order, small ones joined with the sibling or the child behind them where both fit into one chunk. `count`
/// tells the tokens of a stretch.
pub(super) fn merged<'a>(
    pieces: Vec<Piece<'a>>,
    max_tokens: usize,
    count: impl Fn(Range<usize>) -> usize,
) -> Vec<Piece<'a>> {
    let mut out: Vec<Piece<'_>> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let joined = out.last_mut().filter(|last| join(last, &piece, max_tokens)).and_then(|last| {
            let tokens = count(last.range.start..piece.range.end);
            (tokens <= max_tokens).then_some((last, tokens))
        });
        match joined {
            Some((last, tokens)) => {
                last.range.end = piece.range.end;
                last.tokens = tokens;
                last.headings.extend(piece.headings);
            }
            None => out.push(piece),
        }
    }
    out
}

fn join(last: &Piece<'_>, next: &Piece<'_>, max_tokens: usize) -> bool {
    let small = last.tokens.min(next.tokens) < max_tokens / SMALL;
    small && last.tokens + next.tokens < max_tokens && akin(last, next)
}

/// Whether the next section is a sibling or a child of all that the last piece is made of.
fn akin(last: &Piece<'_>, next: &Piece<'_>) -> bool {
    let Some((_, path)) = next.headings.first() else { return false };
    let above = &path[..path.len().saturating_sub(1)];
    let beside =
        |own: &[String]| own == above || own.split_last().is_some_and(|(_, above_own)| above_own == above);
    // A cut section's pieces have one path: they were as large as they may be.
    last.headings.iter().all(|(_, own)| own != path && beside(own))
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::{Piece, merged};

    /// Each piece as `path:tokens`; what comes out is joined with `+` and has its common path behind.
    fn check(pieces: &str, expected: &str) {
        let parsed: Vec<(Vec<String>, usize)> = pieces
            .split_whitespace()
            .filter_map(|piece| {
                let (path, tokens) = piece.split_once(':')?;
                Some((
                    path.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect(),
                    tokens.parse().ok()?,
                ))
            })
            .collect();
        let pieces = parsed.iter().enumerate().map(|(at, (path, tokens))| Piece {
            range: at * 10..at * 10 + 9,
            tokens: *tokens,
            headings: vec![(at * 10, &path[..])],
        });
        let tokens = |range: Range<usize>| {
            let within = parsed.iter().enumerate().filter(|(at, _)| range.contains(&(at * 10)));
            within.map(|(_, (_, tokens))| tokens + 1).sum()
        };
        let told: Vec<String> = merged(pieces.collect(), 80, tokens)
            .iter()
            .map(|piece| {
                let starts = piece.headings.iter().map(|(start, _)| (start / 10).to_string());
                format!("{}={}", starts.collect::<Vec<_>>().join("+"), piece.common_heading().join("/"))
            })
            .collect();
        assert_eq!(told.join(" "), expected, "{parsed:?}");
    }

    #[test]
    fn small_neighbours_are_joined() {
        let cases = [
            ("", ""),
            ("a/b:5 a/c:5", "0+1=a"),
            ("a/b:50 a/c:5", "0+1=a"),
            ("a/b:5 a/c:50 a/d:5", "0+1+2=a"),
            ("a/b:40 a/c:40", "0=a/b 1=a/c"),
            ("a/b:76 a/c:5", "0=a/b 1=a/c"),
            ("a:5 a/b:40", "0+1=a"),
            ("a:5 a/b:5 a/c:5", "0+1+2=a"),
            ("a/b:5 c:5", "0=a/b 1=c"),
            ("a/b/c:5 a/d:5", "0=a/b/c 1=a/d"),
            ("a:5 b:5", "0+1="),
            (":5 a:5", "0+1="),
            ("a:60 a:5", "0=a 1=a"),
        ];
        for (pieces, expected) in cases {
            check(pieces, expected);
        }
    }
}
