//! From text to the piece numbers that a network knows: SentencePiece's unigram model.
//!
//! Written here because the crate that reads such models compiles a protobuf compiler for it, and the network wants
//! exactly the pieces that it was trained with: whatever is not normalised as the model's own table says is another
//! sentence to it.

/// Numbers of the pieces that stand for something unknown, the beginning and the end.
const UNKNOWN: u32 = 0;
const BEGIN: u32 = 1;
const END: u32 = 2;
/// Stands for a space inside pieces.
const SPACE: &str = "\u{2581}";
/// An unknown character costs this much more than the unlikeliest piece.
const UNKNOWN_PENALTY: f64 = 10.0;

/// Fields of the model's messages, by number.
const PIECES: u64 = 1;
const NORMALIZER: u64 = 3;
const PIECE_TEXT: u64 = 1;
const PIECE_SCORE: u64 = 2;
const CHARSMAP: u64 = 2;

/// A unigram model with its normaliser.
#[derive(Debug)]
pub(super) struct SentencePiece {
    /// In the order of their letters, with score and number.
    pieces: Vec<(String, f64, u32)>,
    /// Which of them begin with a byte.
    beginning: Vec<(usize, usize)>,
    charsmap: Charsmap,
    unknown_score: f64,
}

impl SentencePiece {
    /// Reads a `.model` file's bytes.
    pub(super) fn read(model: &[u8]) -> Option<Self> {
        let mut pieces: Vec<(String, f64, u32)> = Vec::new();
        let mut charsmap = None;
        for field in Fields(model) {
            match field? {
                (PIECES, Value::Bytes(piece)) => {
                    let number = u32::try_from(pieces.len()).ok()?;
                    let (text, score) = piece_of(piece)?;
                    pieces.push((text, score, number));
                }
                (NORMALIZER, Value::Bytes(spec)) => {
                    for field in Fields(spec) {
                        if let (CHARSMAP, Value::Bytes(table)) = field? {
                            charsmap = Some(Charsmap::read(table)?);
                        }
                    }
                }
                _ => {}
            }
        }
        let least = pieces.iter().map(|(_, score, _)| *score).reduce(f64::min)?;
        pieces.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let starts = |byte: usize| pieces.partition_point(|(text, ..)| usize::from(first_byte(text)) < byte);
        let beginning = (0..256).map(|byte| (starts(byte), starts(byte + 1))).collect();
        Some(Self { pieces, beginning, charsmap: charsmap?, unknown_score: least - UNKNOWN_PENALTY })
    }

    /// How many pieces there are.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The likeliest pieces of a text, between the numbers for beginning and end.
    pub(super) fn encode(&self, text: &str) -> Vec<u32> {
        let text = self.normalised(text);
        let mut ids = vec![END];
        if text.is_empty() {
            ids.push(UNKNOWN);
        } else {
            self.likeliest(&text, &mut ids);
        }
        ids.push(BEGIN);
        ids.reverse();
        ids
    }

    /// One space between words, one before the first, none at the end; other characters as the model's table says.
    fn normalised(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + SPACE.len());
        let mut after_space = true;
        let mut rest = text;
        while !rest.is_empty() {
            let (replacement, length) = self.charsmap.prefix(rest);
            rest = &rest[length..];
            let kept = if after_space { replacement.trim_start_matches(' ') } else { replacement };
            if kept.is_empty() {
                continue;
            }
            if out.is_empty() {
                out.push_str(SPACE);
            }
            out.push_str(&kept.replace(' ', SPACE));
            after_space = kept.ends_with(' ');
        }
        while let Some(shorter) = out.strip_suffix(SPACE) {
            out.truncate(shorter.len());
        }
        out
    }

    /// Viterbi: for every place the best piece that ends there. Pushes the path, last piece first.
    fn likeliest(&self, text: &str, ids: &mut Vec<u32>) {
        let mut best: Vec<(f64, usize, u32)> = vec![(f64::NEG_INFINITY, 0, UNKNOWN); text.len() + 1];
        best[0].0 = 0.0;
        let mut reach = |from: usize, to: usize, score: f64, id: u32| {
            let score = best[from].0 + score;
            if score > best[to].0 {
                best[to] = (score, from, id);
            }
        };
        for (at, character) in text.char_indices() {
            let mut alone = false;
            self.each_prefix(&text[at..], |length, score, id| {
                reach(at, at + length, score, id);
                alone |= length == character.len_utf8();
            });
            if !alone {
                reach(at, at + character.len_utf8(), self.unknown_score, UNKNOWN);
            }
        }
        let mut at = text.len();
        while at > 0 {
            let (_, from, id) = best[at];
            ids.push(id);
            at = from;
        }
    }

    /// Every piece that `text` begins with, the shortest first.
    fn each_prefix(&self, text: &str, mut each: impl FnMut(usize, f64, u32)) {
        let (mut low, mut high) = self.beginning[usize::from(first_byte(text))];
        for (at, byte) in text.bytes().enumerate() {
            let here = &self.pieces[low..high];
            // Those that end before this byte come first, all others have it: both stay in order.
            let next = |piece: &(String, f64, u32)| piece.0.as_bytes().get(at).copied();
            let start = here.partition_point(|piece| next(piece) < Some(byte));
            let end = start + here[start..].partition_point(|piece| next(piece) == Some(byte));
            (low, high) = (low + start, low + end);
            let Some((text, score, id)) = self.pieces[low..high].first() else { return };
            if text.len() == at + 1 {
                each(at + 1, *score, *id);
            }
        }
    }
}

fn first_byte(text: &str) -> u8 {
    text.bytes().next().unwrap_or_default()
}

fn piece_of(message: &[u8]) -> Option<(String, f64)> {
    let (mut text, mut score) = (String::new(), 0.0);
    for field in Fields(message) {
        match field? {
            (PIECE_TEXT, Value::Bytes(bytes)) => text = std::str::from_utf8(bytes).ok()?.to_owned(),
            (PIECE_SCORE, Value::Word(word)) => score = f64::from(f32::from_le_bytes(word)),
            _ => {}
        }
    }
    Some((text, score))
}

/// What stretches of text become: a trie in a double array, and the replacements that it points at.
#[derive(Debug)]
struct Charsmap {
    units: Vec<u32>,
    replacements: String,
}

impl Charsmap {
    fn read(table: &[u8]) -> Option<Self> {
        let (length, rest) = table.split_first_chunk::<4>()?;
        let (trie, replacements) =
            rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        let units = trie.chunks_exact(4).map(|unit| u32::from_le_bytes([unit[0], unit[1], unit[2], unit[3]]));
        let replacements = std::str::from_utf8(replacements).ok()?.to_owned();
        Some(Self { units: units.collect(), replacements })
    }

    /// What the longest known stretch that `text` begins with becomes, and its length; else the first character.
    fn prefix<'t>(&'t self, text: &'t str) -> (&'t str, usize) {
        let mut found = None;
        let mut at = self.units.first().map_or(0, |root| offset(*root));
        for (i, byte) in text.bytes().enumerate() {
            at ^= usize::from(byte);
            let Some(unit) = self.units.get(at) else { break };
            if unit & 0x8000_00ff != u32::from(byte) {
                break;
            }
            at ^= offset(*unit);
            if unit & 0x100 != 0
                && let Some(value) = self.units.get(at)
            {
                found = Some(((value & 0x7fff_ffff) as usize, i + 1));
            }
        }
        let replaced = found.and_then(|(start, length)| {
            let replacement = self.replacements.get(start..)?;
            Some((replacement.split('\0').next()?, length))
        });
        replaced.unwrap_or_else(|| {
            let length = text.chars().next().map_or(0, char::len_utf8);
            (&text[..length], length)
        })
    }
}

fn offset(unit: u32) -> usize {
    ((unit >> 10) << ((unit & 0x200) >> 6)) as usize
}

/// The fields of a protobuf message: as much of that format as these models use.
struct Fields<'m>(&'m [u8]);

enum Value<'m> {
    Number,
    Word([u8; 4]),
    Bytes(&'m [u8]),
}

impl<'m> Fields<'m> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'m [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn field(&mut self) -> Option<(u64, Value<'m>)> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => self.varint().map(|_| Value::Number)?,
            1 => self.take(8).map(|_| Value::Number)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Word(self.take(4)?.try_into().ok()?),
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

impl<'m> Iterator for Fields<'m> {
    type Item = Option<(u64, Value<'m>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::SentencePiece;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let length = u8::try_from(bytes.len()).expect("a short field");
        [&[number << 3 | 2, length][..], bytes].concat()
    }

    fn model(pieces: &[(&str, f32)]) -> Vec<u8> {
        let mut out = Vec::new();
        for (text, score) in pieces {
            let piece = [field(1, text.as_bytes()), vec![2 << 3 | 5], score.to_le_bytes().to_vec()].concat();
            out.extend(field(1, &piece));
        }
        // A table that replaces nothing: a root without children.
        out.extend(field(3, &field(2, &[4, 0, 0, 0, 0, 0, 0, 0])));
        out
    }

    #[test]
    fn the_likeliest_pieces() {
        let pieces = [
            ("<unk>", 0.0),
            ("<s>", 0.0),
            ("</s>", 0.0),
            ("▁", -2.0),
            ("▁가", -3.0),
            ("나", -3.0),
            ("가나", -2.5),
            ("다", -4.0),
            ("▁가나다", -20.0),
        ];
        let read = SentencePiece::read(&model(&pieces)).expect("a model");
        let cases: [(&str, &[u32]); 7] = [
            ("가나", &[1, 3, 6, 2]),
            ("가나다", &[1, 3, 6, 7, 2]),
            ("가", &[1, 4, 2]),
            ("  가   나  ", &[1, 4, 3, 5, 2]),
            ("나x나", &[1, 3, 5, 0, 5, 2]),
            ("", &[1, 0, 2]),
            ("   ", &[1, 0, 2]),
        ];
        for (text, expected) in cases {
            assert_eq!(read.encode(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_model_is_none() {
        let whole = model(&[("가", 0.0)]);
        for cut in 1..whole.len() {
            assert!(SentencePiece::read(&whole[..cut]).is_none(), "cut at {cut}");
        }
        assert!(SentencePiece::read(b"").is_none());
        assert!(SentencePiece::read(&[0xff; 30]).is_none());
    }
}
