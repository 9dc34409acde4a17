//! Korean morphemes from a compiled MeCab dictionary, mapped from disk.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use awabi::tokenizer::Tokenizer;
use siren_text::{Dictionary, Morpheme};

/// Files that a dictionary consists of.
const LEXICONS: [&str; 2] = ["sys.dic", "unk.dic"];
const COSTS: &str = "matrix.bin";
const CHARACTERS: &str = "char.bin";

/// What MeCab hides the length of a lexicon with in its first word.
const LENGTH_MASK: u32 = 0xef71_8f77;
const LEXICON_HEAD: u64 = 72;
/// Code points that `char.bin` knows: all below this one.
const CODE_POINTS: u64 = 0xffff;
const FIRST_UNKNOWN_CHAR: char = '\u{ffff}';

/// A dictionary that was opened.
pub struct MecabDictionary {
    tokenizer: Tokenizer,
    identity: String,
}

impl std::fmt::Debug for MecabDictionary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MecabDictionary").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl MecabDictionary {
    /// Opens the dictionary in `folder`; `identity` is its name and version, for an index to remember.
    pub fn open(folder: &Path, identity: impl Into<String>) -> Result<Self, String> {
        let told = |error: String| {
            format!("{}: the Korean dictionary cannot be used: {error}: run `siren setup`", folder.display())
        };
        is_whole(folder).map_err(told)?;
        let tokenizer = tokenizer(folder).map_err(|error| told(error.to_string()))?;
        Ok(Self { tokenizer, identity: identity.into() })
    }
}

/// The library names a dictionary by a line of a settings file, in which a path ends at a space: it gets a link.
fn tokenizer(folder: &Path) -> std::io::Result<Tokenizer> {
    let place = tempfile::tempdir()?;
    let link = place.path().join("dictionary");
    std::os::unix::fs::symlink(std::fs::canonicalize(folder)?, &link)?;
    let settings = place.path().join("mecabrc");
    std::fs::write(&settings, format!("dicdir = {}\n", link.display()))?;
    Tokenizer::new(settings.to_str())
}

/// The library takes every length in these files on trust, so a torn download is told here.
fn is_whole(folder: &Path) -> Result<(), String> {
    for name in LEXICONS {
        let (head, length) = head(folder, name)?;
        let word =
            |at: usize| u64::from(u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
        let parts = LEXICON_HEAD + word(24) + word(28) + word(32);
        let hidden = word(0) ^ u64::from(LENGTH_MASK);
        same_length(name, length, hidden)?;
        same_length(name, length, parts)?;
        if !head[40..].starts_with(b"UTF-8") && !head[40..].starts_with(b"utf-8") {
            return Err(format!("{name} is not in UTF-8"));
        }
    }
    let (costs, length) = head(folder, COSTS)?;
    let half = |at: usize| u64::from(u16::from_le_bytes([costs[at], costs[at + 1]]));
    same_length(COSTS, length, 4 + 2 * half(0) * half(2))?;
    let (characters, length) = head(folder, CHARACTERS)?;
    same_length(CHARACTERS, length, 4 + 32 * u64::from(characters[0]) + 4 * CODE_POINTS)
}

fn same_length(name: &str, length: u64, wanted: u64) -> Result<(), String> {
    if length == wanted {
        return Ok(());
    }
    Err(format!("{name} has {length} bytes, and should have {wanted}"))
}

fn head(folder: &Path, name: &str) -> Result<([u8; LEXICON_HEAD as usize], u64), String> {
    let mut head = [0; LEXICON_HEAD as usize];
    let mut read = || -> std::io::Result<u64> {
        let mut file = File::open(folder.join(name))?;
        file.read_exact(&mut head)?;
        Ok(file.metadata()?.len())
    };
    let length = read().map_err(|error| format!("{name}: {error}"))?;
    Ok((head, length))
}

impl Dictionary for MecabDictionary {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn morphemes(&self, text: &str) -> Vec<Morpheme> {
        // Emoji and the like are in no dictionary, and the library reads beyond its table for them.
        let known =
            text.split(|c| c >= FIRST_UNKNOWN_CHAR || c == '\0').filter(|known| !known.trim().is_empty());
        let tokens = known.flat_map(|known| self.tokenizer.tokenize(known));
        tokens.map(|(surface, feature)| Morpheme { surface, feature }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::MecabDictionary;

    #[test]
    fn what_is_no_dictionary_is_told() {
        let whole = |name: &str| -> Vec<u8> {
            let mut bytes = vec![0; 72];
            match name {
                "matrix.bin" => bytes[..4].copy_from_slice(&[17, 0, 2, 0]),
                "char.bin" => bytes.resize(4 + 4 * 0xffff, 0),
                _ => {
                    bytes[..4].copy_from_slice(&(72_u32 ^ 0xef71_8f77).to_le_bytes());
                    bytes[40..45].copy_from_slice(b"UTF-8");
                }
            }
            bytes
        };
        type Damage = fn(&mut Vec<u8>);
        let cases: [(&str, Damage, &str); 5] = [
            ("sys.dic", |bytes| bytes.truncate(10), "sys.dic"),
            ("sys.dic", |bytes| bytes.push(0), "sys.dic has 73 bytes, and should have 72"),
            ("unk.dic", |bytes| bytes[40] = b'E', "unk.dic is not in UTF-8"),
            ("matrix.bin", |bytes| bytes.push(0), "matrix.bin has 73 bytes, and should have 72"),
            ("char.bin", |bytes| bytes.truncate(1000), "char.bin has 1000 bytes"),
        ];
        for (name, damage, expected) in cases {
            let folder = tempfile::tempdir().expect("a temporary folder");
            for other in ["sys.dic", "unk.dic", "matrix.bin", "char.bin"] {
                let mut bytes = whole(other);
                if other == name {
                    damage(&mut bytes);
                }
                std::fs::write(folder.path().join(other), bytes).expect("a new file");
            }
            let error = MecabDictionary::open(folder.path(), "test").expect_err(name);
            assert!(error.contains(expected) && error.contains("siren setup"), "{name}: {error}");
        }
        let error = MecabDictionary::open("nowhere".as_ref(), "test").expect_err("no folder");
        assert!(error.contains("nowhere") && error.contains("sys.dic"), "{error}");
    }
}
