//! What a packed document may unpack to.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::Unreadable;

/// Bytes that all of a document may unpack to.
const MOST_BYTES: u64 = 200 << 20;
/// So many times its packed size is what a bomb unpacks to, not a document.
const MOST_TIMES: u64 = 100;
/// Up to this size it does not matter how well something was packed.
const HARMLESS: u64 = 8 << 20;
const MOST_ENTRIES: usize = 20_000;

/// A packed document whose sizes were looked at before anything was unpacked.
pub(super) struct Archive<'a>(ZipArchive<Cursor<&'a [u8]>>);

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| {
            Unreadable::new(
                format!("its archive is damaged: {error}"),
                "copy the file anew or save it again in its own program, or exclude it from the source",
            )
        })?;
        if archive.len() > MOST_ENTRIES {
            return Err(bomb(&format!("it holds {} files", archive.len())));
        }
        let unpacked = archive.decompressed_size().unwrap_or_default();
        check(unpacked, bytes.len() as u64)?;
        Ok(Self(archive))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.0.file_names().flatten().map(std::borrow::Cow::into_owned)
    }

    /// The text of a file in it, if it is there.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Unreadable> {
        let Ok(file) = self.0.by_name(name) else { return Ok(None) };
        let mut bytes = Vec::new();
        // The directory's sizes are only what the archive says of itself.
        file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(|error| {
            let remedy = "save it again in its own program, or exclude it from the source";
            Unreadable::new(format!("{name} in it cannot be unpacked: {error}"), remedy)
        })?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

fn check(unpacked: u128, packed: u64) -> Result<(), Unreadable> {
    if unpacked > u128::from(MOST_BYTES) {
        return Err(bomb(&format!(
            "unpacked it has {} MB; {} MB are read",
            unpacked >> 20,
            MOST_BYTES >> 20
        )));
    }
    if unpacked > u128::from(HARMLESS) && unpacked > u128::from(packed) * u128::from(MOST_TIMES) {
        return Err(bomb(&format!("unpacked it has more than {MOST_TIMES} times its size")));
    }
    Ok(())
}

fn bomb(what: &str) -> Unreadable {
    Unreadable::new(
        format!("{what}: it may be a decompression bomb, so it was not unpacked"),
        "split the document, or exclude it from the source",
    )
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn sizes() {
        let cases = [
            (1 << 20, 100, true),
            (8 << 20, 100, true),
            ((8 << 20) + 1, 100, false),
            (9 << 20, 1 << 20, true),
            (200 << 20, 100 << 20, true),
            ((200 << 20) + 1, 100 << 20, false),
        ];
        for (unpacked, packed, fine) in cases {
            assert_eq!(check(unpacked, packed).is_ok(), fine, "{unpacked} {packed}");
        }
    }
}
