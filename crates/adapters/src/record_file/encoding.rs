//! How a file's letters are written, and the file as UTF-8.

use std::io::{self, Read, Seek};

use encoding_rs::{Decoder, DecoderResult, EUC_KR, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::files::Trouble;

const CHUNK: usize = 64 * 1024;

/// The encoding of a whole file, which is then at its start again; a trouble when it is none that is read here.
pub(super) fn of<F: Read + Seek>(file: &mut F) -> io::Result<Result<&'static Encoding, Trouble>> {
    let mut head = Vec::new();
    file.by_ref().take(4096).read_to_end(&mut head)?;
    file.rewind()?;
    if let Some((encoding, _)) = Encoding::for_bom(&head) {
        return Ok(Ok(encoding));
    }
    if head.contains(&0) {
        return Ok(
            wide(&head).ok_or_else(|| Trouble::new("the file is no text", "point `path` at a text file"))
        );
    }
    let mut line = 0;
    for encoding in [UTF_8, EUC_KR] {
        let bad = bad_line(file, encoding)?;
        file.rewind()?;
        match bad {
            None => return Ok(Ok(encoding)),
            Some(bad) => line = line.max(bad),
        }
    }
    Ok(Err(Trouble::new(format!("the file is neither UTF-8 nor CP949 (line {line})"), "save it as UTF-8")))
}

/// UTF-16 without a mark: the zeros of its ASCII letters stand at every second place.
fn wide(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    match (zeros(0), zeros(1)) {
        (0, _) => Some(UTF_16LE),
        (_, 0) => Some(UTF_16BE),
        _ => None,
    }
}

/// The first line that is not in this encoding.
fn bad_line(file: &mut impl Read, encoding: &'static Encoding) -> io::Result<Option<u64>> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut line = 1;
    let mut bytes = vec![0; CHUNK];
    let mut text = vec![0; CHUNK * 3];
    loop {
        let read = file.read(&mut bytes)?;
        let last = read == 0;
        let (result, _, written) =
            decoder.decode_to_utf8_without_replacement(&bytes[..read], &mut text, last);
        line += count_lines(&text[..written]);
        match result {
            DecoderResult::Malformed(..) => return Ok(Some(line)),
            _ if last => return Ok(None),
            _ => {}
        }
    }
}

fn count_lines(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// A file as UTF-8, without its mark.
pub(super) struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    bytes: Vec<u8>,
    text: Vec<u8>,
    /// What of `text` is not given yet.
    rest: std::ops::Range<usize>,
    line: u64,
    ended: bool,
}

impl<R> Decoded<R> {
    pub(super) fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
            bytes: vec![0; CHUNK],
            text: vec![0; CHUNK * 3],
            rest: 0..0,
            line: 1,
            ended: false,
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() && !self.ended {
            let read = self.inner.read(&mut self.bytes)?;
            self.ended = read == 0;
            let decoded = self.decoder.decode_to_utf8_without_replacement(
                &self.bytes[..read],
                &mut self.text,
                self.ended,
            );
            self.rest = 0..decoded.2;
            self.line += count_lines(&self.text[self.rest.clone()]);
            if let DecoderResult::Malformed(..) = decoded.0 {
                let problem = format!("line {} is not written as the file's beginning is", self.line);
                return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
            }
        }
        let given = self.rest.len().min(buffer.len());
        buffer[..given].copy_from_slice(&self.text[self.rest.start..self.rest.start + given]);
        self.rest.start += given;
        Ok(given)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use encoding_rs::EUC_KR;

    use super::{CHUNK, Decoded, of};

    fn read(bytes: &[u8]) -> Result<String, String> {
        let mut file = Cursor::new(bytes.to_vec());
        let encoding =
            of(&mut file).map_err(|error| error.to_string())?.map_err(|trouble| trouble.problem)?;
        let mut text = String::new();
        Decoded::new(file, encoding).read_to_string(&mut text).map_err(|error| error.to_string())?;
        Ok(text)
    }

    #[test]
    fn what_korean_offices_write_is_read() {
        let text = "이름,값\r\n똠방각하,1\r\n";
        let utf16 = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
        let cases = [
            ("UTF-8", text.as_bytes().to_vec()),
            ("UTF-8 with a mark", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
            ("CP949", EUC_KR.encode(text).0.to_vec()),
            ("UTF-16, little end first, with a mark", [vec![0xff, 0xfe], utf16(u16::to_le_bytes)].concat()),
            ("UTF-16, big end first, with a mark", [vec![0xfe, 0xff], utf16(u16::to_be_bytes)].concat()),
            ("UTF-16, little end first", utf16(u16::to_le_bytes)),
            ("UTF-16, big end first", utf16(u16::to_be_bytes)),
        ];
        for (name, bytes) in cases {
            assert_eq!(read(&bytes).as_deref(), Ok(text), "{name}");
        }
        assert_eq!(read(b"").as_deref(), Ok(""));
    }

    #[test]
    fn korean_far_from_the_beginning_counts_too() {
        let text = "a,b\n".repeat(CHUNK) + "끝,1\n";
        assert_eq!(read(&EUC_KR.encode(&text).0), Ok(text.clone()));
        assert_eq!(read(text.as_bytes()), Ok(text));
    }

    #[test]
    fn what_is_no_text_is_said_to_be_none() {
        let cases: [(&[u8], &str); 3] = [
            (b"a,b\n1,\xff\xff\n", "line 2"),
            (b"\x00\x01\x02\x00\x00", "no text"),
            (b"\xff\xfea\x00\x00\xdcb\x00", "line 1"),
        ];
        for (bytes, expected) in cases {
            let told = read(bytes).err().unwrap_or_default();
            assert!(told.contains(expected), "{bytes:?}: {told:?}");
        }
    }
}
