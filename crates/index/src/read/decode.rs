//! Which characters the bytes are: UTF-8, UTF-16, or what Korean Windows writes (EUC-KR, CP949).

use encoding_rs::{DecoderResult, EUC_KR, Encoding, UTF_8};
use siren_domain::OffsetMap;

use super::Unreadable;

/// A file's text, and where in the file each character stands.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) offsets: OffsetMap,
}

pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Unreadable> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes)
        && encoding != UTF_8
    {
        return decode_as(encoding, bytes, mark);
    }
    let bad = match std::str::from_utf8(bytes) {
        Ok(text) if !looks_binary(text) => {
            return Ok(Decoded { text: text.to_owned(), offsets: OffsetMap::identity(text.len()) });
        }
        Ok(_) => return Err(binary()),
        Err(error) => error.valid_up_to(),
    };
    if bytes.contains(&0) {
        return Err(binary());
    }
    // A guesser is of no use in an office that writes Korean: what is not UTF-8 is EUC-KR or it is damaged.
    decode_as(EUC_KR, bytes, 0).ok().filter(|d| mostly_korean(&d.text)).ok_or_else(|| {
        let problem = format!("it is neither UTF-8 (byte {bad} is invalid) nor EUC-KR/CP949");
        Unreadable::new(problem, "save it as UTF-8, or exclude it from the source")
    })
}

fn binary() -> Unreadable {
    Unreadable::new(
        "it is a binary file, not text",
        "exclude it from the source, or save it in a format that is read: text, HTML, PDF, office, HWP",
    )
}

/// Text files hold tabs and line ends; a NUL, or many other control characters, is the mark of something else.
fn looks_binary(text: &str) -> bool {
    let odd = |c: &char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{1b}');
    text.contains('\0') || text.chars().filter(odd).count() * 20 > text.chars().count()
}

/// Legacy bytes that are Korean give Hangul; anything else decoded as Korean gives rare Han and symbols.
fn mostly_korean(text: &str) -> bool {
    let beyond = text.chars().filter(|c| !c.is_ascii()).count();
    let korean = text.chars().filter(|&c| siren_text::terms::is_syllable(c)).count();
    !looks_binary(text) && korean * 2 > beyond
}

/// Decodes character by character, because the way back needs each one's bytes.
fn decode_as(encoding: &'static Encoding, bytes: &[u8], mark: usize) -> Result<Decoded, Unreadable> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut out = Decoded { text: String::new(), offsets: OffsetMap::default() };
    let mut buffer = [0_u8; 16];
    let mut start = mark;
    let mut at = mark;
    while at < bytes.len() {
        let last = at + 1 == bytes.len();
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(&bytes[at..=at], &mut buffer, last);
        if matches!(result, DecoderResult::Malformed(..)) {
            let problem = format!("byte {at} is invalid in {}", encoding.name());
            return Err(Unreadable::new(problem, "save it as UTF-8, or exclude it from the source"));
        }
        at += read.max(1);
        if written > 0 {
            push(&mut out, &buffer[..written], start, &bytes[start..at]);
            start = at;
        }
    }
    out.offsets.replace(out.text.len(), bytes.len());
    Ok(out)
}

fn push(out: &mut Decoded, utf8: &[u8], start: usize, source: &[u8]) {
    if utf8 == source {
        out.offsets.copy(out.text.len(), start, utf8.len());
    } else {
        out.offsets.replace(out.text.len(), start);
    }
    out.text.push_str(&String::from_utf8_lossy(utf8));
}
