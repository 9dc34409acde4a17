//! A text in which one name has one spelling: lower case, narrow forms, no spaces; and where each letter came from.

use std::ops::Range;

use siren_text::{Normalised, normalise};

/// A folded text.
#[derive(Debug)]
pub(crate) struct Folded {
    normal: Normalised,
    /// The folded letters.
    pub(crate) text: String,
    /// For each byte of `text`, the letter of the normal text that it comes from.
    letters: Vec<(u32, u32)>,
}

impl Folded {
    pub(crate) fn new(text: &str) -> Self {
        let normal = normalise(text);
        let mut out = Self { text: String::with_capacity(text.len()), letters: Vec::new(), normal };
        let mut buffer = [0; 4];
        for (at, c) in out.normal.text.char_indices() {
            if is_gap(c) {
                continue;
            }
            let place = (small(at), small(at + c.len_utf8()));
            for folded in narrow(c).to_lowercase() {
                let folded = folded.encode_utf8(&mut buffer);
                out.text.push_str(folded);
                out.letters.extend(std::iter::repeat_n(place, folded.len()));
            }
        }
        out
    }

    /// The folded text of a name, and where in it something may stand between two letters.
    pub(crate) fn name(text: &str) -> (String, Vec<usize>) {
        let folded = Self::new(text.trim());
        let gaps = folded.letters.windows(2).enumerate().filter(|(_, pair)| pair[0].1 < pair[1].0);
        let gaps = gaps.map(|(at, _)| at + 1).collect();
        (folded.text, gaps)
    }

    /// The letters of the normal text that `range` of the folded text comes from.
    fn normal_range(&self, range: Range<usize>) -> Option<Range<usize>> {
        let first = self.letters.get(range.start)?;
        let last = self.letters.get(range.end.checked_sub(1)?)?;
        Some(first.0 as usize..last.1 as usize)
    }

    /// The bytes of what was given.
    pub(crate) fn original_range(&self, range: Range<usize>) -> Option<Range<usize>> {
        self.normal_range(range).map(|range| self.normal.offsets.original_range(range))
    }

    /// What stands before, between the letters of, and behind a stretch of the folded text. `between` gives the place in
    /// the folded text and what stands there.
    pub(crate) fn around(&self, range: Range<usize>) -> Option<Around<'_>> {
        let own = self.normal_range(range.clone())?;
        let text = &self.normal.text;
        let pairs = range.clone().zip(range.start + 1..range.end);
        let between = pairs.filter_map(|(left, right)| {
            let (left, at) = (self.letters.get(left)?.1 as usize, self.letters.get(right)?.0 as usize);
            (left < at).then(|| (right, &text[left..at]))
        });
        Some(Around { before: &text[..own.start], between: between.collect(), behind: &text[own.end..] })
    }

    /// Every place of `needle`, which is folded already, as bytes of what was given.
    pub(crate) fn places_of(&self, needle: &str) -> Vec<Range<usize>> {
        if needle.is_empty() {
            return Vec::new();
        }
        let found = self.text.match_indices(needle);
        found.filter_map(|(at, found)| self.original_range(at..at + found.len())).collect()
    }
}

/// The surroundings of a stretch.
pub(crate) struct Around<'t> {
    pub(crate) before: &'t str,
    pub(crate) between: Vec<(usize, &'t str)>,
    pub(crate) behind: &'t str,
}

/// What may stand inside a name without being part of it.
pub(crate) fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{2013}' | '·' | '・' | 'ㆍ')
}

fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        c => c,
    }
}

fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
