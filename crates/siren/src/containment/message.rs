//! What passes between the processes: lengths, then bytes.

use std::io::{self, Read, Write};

use siren_index::read::{Parsed, Unreadable};

/// What the child found.
pub(super) type Answer = Result<Parsed, Unreadable>;

/// No text of a document is longer than this; a length above it was not written by us.
const MOST_BYTES: u64 = 4 << 30;

/// Writes a document to be read.
pub(super) fn ask(to: &mut impl Write, path: &str, bytes: &[u8]) -> io::Result<()> {
    write(to, path.as_bytes())?;
    write(to, bytes)?;
    to.flush()
}

/// The next document to be read; none when nobody asks any more.
pub(super) fn asked(from: &mut impl Read) -> io::Result<Option<(String, Vec<u8>)>> {
    let Some(path) = read(from)? else { return Ok(None) };
    let bytes = read(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(Some((String::from_utf8_lossy(&path).into_owned(), bytes)))
}

/// Writes what was found.
pub(super) fn answer(to: &mut impl Write, answer: &Answer) -> io::Result<()> {
    write(to, &serde_json::to_vec(answer)?)?;
    to.flush()
}

/// What was found.
pub(super) fn answered(from: &mut impl Read) -> io::Result<Answer> {
    let bytes = read(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(serde_json::from_slice(&bytes)?)
}

fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&(bytes.len() as u64).to_le_bytes())?;
    to.write_all(bytes)
}

fn read(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 8];
    let first = from.read(&mut length)?;
    if first == 0 {
        return Ok(None);
    }
    from.read_exact(&mut length[first..])?;
    let length = u64::from_le_bytes(length);
    if length > MOST_BYTES {
        return Err(io::Error::other("a message of impossible length"));
    }
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(Some(bytes)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::{Answer, answer, answered, ask, asked};
    use siren_index::read::{DirectReader, Reader, Unreadable};

    #[test]
    fn what_is_written_is_read() {
        let mut pipe = Vec::new();
        ask(&mut pipe, "자료/a.md", b"\0\xff").expect("written");
        ask(&mut pipe, "", b"").expect("written");
        let mut from = pipe.as_slice();
        assert_eq!(asked(&mut from).expect("read"), Some(("자료/a.md".to_owned(), b"\0\xff".to_vec())));
        assert_eq!(asked(&mut from).expect("read"), Some((String::new(), Vec::new())));
        assert_eq!(asked(&mut from).expect("the end"), None);
        assert!(asked(&mut &pipe[..20]).is_err(), "cut off");

        let text = "---\ntitle: 제목\n---\n# 하나\n\n| 가 | 나 |\n|---|---|\n| 1 | 2 |\n";
        let answers: [Answer; 2] =
            [DirectReader.read("a.md", text.as_bytes()), Err(Unreadable::new("why", "what to do"))];
        for told in answers {
            let mut pipe = Vec::new();
            answer(&mut pipe, &told).expect("written");
            assert_eq!(answered(&mut pipe.as_slice()).expect("read"), told);
        }
    }
}
