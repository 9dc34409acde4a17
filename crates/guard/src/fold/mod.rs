//! What a text looks like once spelling tricks are undone, and where each piece of it came from.
//!
//! Folding lowers case, narrows full-width forms, joins decomposed Hangul, straightens quotation marks and drops
//! what cannot be seen (zero-width characters, combining marks). It never touches the original: every folded
//! character knows the bytes it stands for, so evidence is always the asker's own words.

mod look_alikes;
mod readings;

use std::ops::Range;

pub(crate) use readings::readings;
use siren_text::terms::is_alphanumeric;

use crate::inflection::is_short;

/// A folded text, in the two forms that rules look at.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    /// Folded characters; a run of white space is one space.
    pub(crate) text: String,
    /// Letters and digits only, with nothing between them.
    pub(crate) dense: String,
    units: Vec<Unit>,
    /// For each unit, where it begins in `text`.
    text_starts: Vec<u32>,
    /// For each letter, where it begins in `dense`.
    dense_starts: Vec<u32>,
    /// For each letter of `dense`, its unit.
    letters: Vec<u32>,
    /// For each letter of `dense`, how many sentences ended before it.
    sentence: Vec<u32>,
}

/// A folded character, the one it was written as, and its bytes in the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unit {
    ch: char,
    raw: char,
    start: usize,
    end: usize,
}

/// What a letter is next to: two letters of one kind that touch are in the same word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hangul,
    Other,
}

fn kind(ch: char) -> Kind {
    if is_hangul(ch) { Kind::Hangul } else { Kind::Other }
}

/// Whether a character is a Hangul syllable or letter.
pub(crate) fn is_hangul(ch: char) -> bool {
    matches!(ch, '가'..='힣' | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}')
}

/// Characters that are not seen, or only decorate the one before: they hide words and mean nothing.
fn is_invisible(ch: char) -> bool {
    matches!(ch,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
        | '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}')
}

/// One character in its plain form.
fn plain(ch: char) -> char {
    match ch {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(ch as u32 - 0xfee0).unwrap_or(ch),
        '‘' | '’' | '‛' | '′' | '`' | '´' => '\'',
        '“' | '”' | '‟' | '″' => '"',
        '〜' | '∼' => '~',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
        _ => look_alikes::plain(ch),
    }
}

/// The syllable made of what stands there and the conjoining letter that follows, if they make one.
fn joined(before: char, ch: char) -> Option<char> {
    let (b, c) = (before as u32, ch as u32);
    match (before, ch) {
        ('\u{1100}'..='\u{1112}', '\u{1161}'..='\u{1175}') => {
            char::from_u32(0xac00 + ((b - 0x1100) * 21 + (c - 0x1161)) * 28)
        }
        ('가'..='힣', '\u{11a8}'..='\u{11c2}') if (b - 0xac00).is_multiple_of(28) => {
            char::from_u32(b + (c - 0x11a7))
        }
        _ => None,
    }
}

/// The characters of a text, folded one by one.
fn units(original: &str) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::with_capacity(original.len() / 2);
    for (start, raw) in original.char_indices() {
        let end = start + raw.len_utf8();
        if is_invisible(raw) || (raw.is_control() && !raw.is_whitespace()) {
            continue;
        }
        if let Some(last) = units.last_mut() {
            if last.ch == ' ' && raw.is_whitespace() {
                last.end = end;
                continue;
            }
            if let Some(ch) = joined(last.ch, raw) {
                *last = Unit { ch, raw: ch, start: last.start, end };
                continue;
            }
        }
        if raw.is_whitespace() {
            units.push(Unit { ch: ' ', raw: ' ', start, end });
            continue;
        }
        // Most of a text is one or the other, and neither needs a table.
        if ('가'..='힣').contains(&raw) {
            units.push(Unit { ch: raw, raw, start, end });
            continue;
        }
        if raw.is_ascii() && raw != '`' {
            units.push(Unit { ch: raw.to_ascii_lowercase(), raw, start, end });
            continue;
        }
        let narrow = plain(raw);
        let lower = narrow.to_lowercase().filter(|&c| !is_invisible(c));
        units.extend(lower.map(|ch| Unit { ch, raw: narrow, start, end }));
    }
    units
}

/// How many begin before an offset.
fn before(starts: &[u32], offset: usize) -> usize {
    starts.partition_point(|&start| (start as usize) < offset)
}

impl Folded {
    /// Folds a text.
    pub(crate) fn new(original: &str) -> Self {
        Self::of(units(original))
    }

    fn of(units: Vec<Unit>) -> Self {
        let n = units.len();
        let mut folded = Self {
            text: String::with_capacity(2 * n),
            dense: String::with_capacity(2 * n),
            text_starts: Vec::with_capacity(n),
            dense_starts: Vec::with_capacity(n),
            letters: Vec::with_capacity(n),
            sentence: Vec::with_capacity(n),
            ..Self::default()
        };
        let small = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let mut sentences = 0;
        let mut ended = false;
        for (at, unit) in (0u32..).zip(&units) {
            folded.text_starts.push(small(folded.text.len()));
            folded.text.push(unit.ch);
            sentences += u32::from(ended && unit.ch == ' ');
            ended = matches!(unit.ch, '.' | '!' | '?' | '。');
            if is_alphanumeric(unit.ch) {
                folded.letters.push(at);
                folded.sentence.push(sentences);
                folded.dense_starts.push(small(folded.dense.len()));
                folded.dense.push(unit.ch);
            }
        }
        folded.units = units;
        folded
    }

    /// The letters that a stretch of `dense` is made of.
    pub(crate) fn letters_of(&self, dense: Range<usize>) -> Range<usize> {
        before(&self.dense_starts, dense.start + 1) - 1..before(&self.dense_starts, dense.end)
    }

    /// How many letters there are.
    pub(crate) fn n_letters(&self) -> usize {
        self.letters.len()
    }

    /// A letter.
    pub(crate) fn letter(&self, at: usize) -> char {
        self.units[self.letters[at] as usize].ch
    }

    /// Whether a word begins with this letter: nothing stands before it, or something other than a letter, or a
    /// letter of another script (`AI정치`).
    pub(crate) fn begins_word(&self, at: usize) -> bool {
        let unit = self.letters[at] as usize;
        let Some(before) = unit.checked_sub(1).map(|i| self.units[i].ch) else {
            return true;
        };
        !is_alphanumeric(before) || kind(before) != kind(self.units[unit].ch)
    }

    /// Whether the letter `at` directly follows the letter before it.
    pub(crate) fn touches_previous(&self, at: usize) -> bool {
        at > 0 && self.letters[at] == self.letters[at - 1] + 1
    }

    /// Whether two letters stand in one sentence.
    pub(crate) fn same_sentence(&self, one: usize, other: usize) -> bool {
        self.sentence.get(one) == self.sentence.get(other)
    }

    /// The letters `from..to` as text.
    pub(crate) fn letters(&self, letters: Range<usize>) -> impl DoubleEndedIterator<Item = char> {
        letters.filter_map(|at| self.letters.get(at).map(|&unit| self.units[unit as usize].ch))
    }

    /// Where the word ends that the letter before `at` belongs to: `at` itself when a word ends there. Of a rest that is
    /// not short, which nothing is made of, somewhere in it: a word may be as long as the text.
    pub(crate) fn word_end(&self, at: usize) -> usize {
        let mut end = at;
        while end < self.n_letters()
            && is_short(end - at)
            && self.touches_previous(end)
            && !self.begins_word(end)
        {
            end += 1;
        }
        end
    }

    /// The letter whose bytes in `text` begin at or after an offset.
    pub(crate) fn letter_at_text(&self, offset: usize) -> usize {
        if offset >= self.text.len() {
            return self.n_letters();
        }
        let unit = before(&self.text_starts, offset + 1) - 1;
        self.letters.partition_point(|&letter| (letter as usize) < unit)
    }

    /// The letters that stand within a stretch of the original, if there are any.
    pub(crate) fn letters_of_original(&self, place: Range<usize>) -> Option<Range<usize>> {
        let start_of = |letter: &u32| self.units[*letter as usize].start;
        let from = self.letters.partition_point(|letter| start_of(letter) < place.start);
        let to = self.letters.partition_point(|letter| start_of(letter) < place.end);
        (from < to).then_some(from..to)
    }

    /// Where letters stand in the original.
    pub(crate) fn original_of_letters(&self, letters: Range<usize>) -> Range<usize> {
        let first = self.units[self.letters[letters.start] as usize];
        let last = self.units[self.letters[letters.end - 1] as usize];
        first.start..last.end
    }

    /// Where a non-empty stretch of `text` stands in the original.
    pub(crate) fn original_of_text(&self, text: Range<usize>) -> Range<usize> {
        let first = self.units[before(&self.text_starts, text.start + 1) - 1];
        let last = self.units[before(&self.text_starts, text.end) - 1];
        first.start..last.end
    }
}

#[cfg(test)]
mod tests {
    use super::Folded;

    #[test]
    fn undoes_spelling_tricks() {
        let cases = [
            ("ＡＷＳ　Ｓｕｍｍｉｔ", "aws summit"),
            ("정\u{200b}치", "정치"),
            ("정\u{336}치\u{336}", "정치"),
            ("\u{110c}\u{1165}\u{11bc}\u{110e}\u{1175}", "정치"),
            ("a \t\n b", "a b"),
            ("’24년 – “말”", "'24년 - \"말\""),
            ("İ", "i"),
        ];
        for (original, folded) in cases {
            assert_eq!(Folded::new(original).text, folded, "{original:?}");
        }
    }

    #[test]
    fn knows_where_everything_came_from() {
        let original = "그 정\u{200b}치 -Ｘ";
        let folded = Folded::new(original);
        assert_eq!(folded.dense, "그정치x");
        let letters = folded.letters_of(3..9);
        assert_eq!(letters, 1..3);
        assert_eq!(&original[folded.original_of_letters(letters)], "정\u{200b}치");
        assert_eq!(&original[folded.original_of_text(12..13)], "Ｘ");
        let begins: Vec<bool> = (0..4).map(|i| folded.begins_word(i)).collect();
        assert_eq!(begins, [true, true, false, true]);
    }
}
