//! A network's numbers, as numpy wrote them: small arrays in memory, the big table mapped from disk.

use std::path::Path;

use ndarray::{Array1, Array2};
use tantivy::directory::{Directory, MmapDirectory, OwnedBytes};

/// What every `.npy` file begins with.
const MAGIC: &[u8] = b"\x93NUMPY";

/// Opens the arrays of a folder by name.
pub(super) struct Arrays(MmapDirectory);

/// An array of bytes in rows, mapped.
#[derive(Debug)]
pub(super) struct MappedRows {
    bytes: OwnedBytes,
    columns: usize,
}

impl MappedRows {
    pub(super) fn len(&self) -> usize {
        self.bytes.len() / self.columns
    }

    pub(super) fn row(&self, at: usize) -> &[u8] {
        &self.bytes[at * self.columns..(at + 1) * self.columns]
    }
}

impl Arrays {
    pub(super) fn open(folder: &Path) -> Result<Self, String> {
        MmapDirectory::open(folder).map(Self).map_err(|error| error.to_string())
    }

    /// A whole file, mapped.
    pub(super) fn file(&self, name: &str) -> Result<OwnedBytes, String> {
        let handle = self.0.get_file_handle(Path::new(name)).map_err(|error| format!("{name}: {error}"))?;
        handle.read_bytes(0..handle.len()).map_err(|error| format!("{name}: {error}"))
    }

    pub(super) fn rows(&self, name: &str, columns: usize) -> Result<MappedRows, String> {
        let (bytes, shape) = self.array(name, "|u1")?;
        if shape.len() != 2 || shape[1] != columns {
            return Err(format!("{name}: has the shape {shape:?}"));
        }
        Ok(MappedRows { bytes, columns })
    }

    pub(super) fn matrix(&self, name: &str, shape: (usize, usize)) -> Result<Array2<f32>, String> {
        let (bytes, found) = self.array(name, "<f4")?;
        let wrong = || format!("{name}: has the shape {found:?}, and should have {shape:?}");
        if found != [shape.0, shape.1] {
            return Err(wrong());
        }
        Array2::from_shape_vec(shape, floats(&bytes)).map_err(|_| wrong())
    }

    pub(super) fn vector(&self, name: &str, length: usize) -> Result<Array1<f32>, String> {
        let (bytes, found) = self.array(name, "<f4")?;
        if found != [length] {
            return Err(format!("{name}: has the shape {found:?}, and should have {length}"));
        }
        Ok(floats(&bytes).into())
    }

    /// The one number in an array.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a small constant, written with more digits than it has"
    )]
    pub(super) fn number(&self, name: &str) -> Result<f32, String> {
        let (bytes, _) = self.array(name, "<f8")?;
        let number = bytes.as_slice().try_into().map_err(|_| format!("{name}: is not one number"))?;
        Ok(f64::from_le_bytes(number) as f32)
    }

    /// An array's content and shape.
    fn array(&self, name: &str, kind: &str) -> Result<(OwnedBytes, Vec<usize>), String> {
        let name = format!("{name}.npy");
        let file = self.file(&name)?;
        let (start, shape) = head(&file, kind).ok_or_else(|| format!("{name}: is not an array of {kind}"))?;
        let item = usize::from(kind.as_bytes()[2] - b'0');
        if shape.iter().try_fold(item, |all, one| all.checked_mul(*one)) != Some(file.len() - start) {
            return Err(format!("{name}: is not as long as its shape {shape:?} says"));
        }
        Ok((file.slice(start..file.len()), shape))
    }
}

/// Where the content of a `.npy` file begins, and its shape, if it is of this kind and in the order of C.
fn head(file: &[u8], kind: &str) -> Option<(usize, Vec<usize>)> {
    let rest = file.strip_prefix(MAGIC)?.get(2..)?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_le_bytes(*length));
    let text = std::str::from_utf8(rest.get(..length)?).ok()?;
    let is_kind = text.contains(&format!("'descr': '{kind}'")) && text.contains("'fortran_order': False");
    let (_, shape) = text.split_once("'shape': (")?;
    let (shape, _) = shape.split_once(')')?;
    let numbers = shape.split(',').map(str::trim).filter(|number| !number.is_empty());
    let shape: Option<Vec<usize>> = numbers.map(|number| number.parse().ok()).collect();
    is_kind.then_some((MAGIC.len() + 4 + length, shape?))
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

#[cfg(test)]
mod tests {
    use super::Arrays;

    fn npy(head: &str, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(head.len()).expect("a short head");
        [b"\x93NUMPY\x01\x00", &length.to_le_bytes()[..], head.as_bytes(), content].concat()
    }

    #[test]
    fn arrays_are_read_or_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let floats: Vec<u8> =
            [1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0].into_iter().flat_map(f32::to_le_bytes).collect();
        let shape = |kind: &str, order: &str, shape: &str| {
            format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}\n")
        };
        let files = [
            ("good", npy(&shape("<f4", "False", "(2, 3)"), &floats)),
            ("fortran", npy(&shape("<f4", "True", "(2, 3)"), &floats)),
            ("doubles", npy(&shape("<f8", "False", "(3,)"), &floats)),
            ("short", npy(&shape("<f4", "False", "(2, 4)"), &floats)),
            ("text", b"no array".to_vec()),
        ];
        for (name, content) in files {
            std::fs::write(folder.path().join(format!("{name}.npy")), content).expect("a new file");
        }
        let arrays = Arrays::open(folder.path()).expect("a folder");
        let good = arrays.matrix("good", (2, 3)).expect("an array");
        assert_eq!((good[[0, 0]], good[[1, 2]]), (1.0, 6.0));
        let cases = [
            ("good", (3, 2), "shape"),
            ("fortran", (2, 3), "not an array of <f4"),
            ("doubles", (2, 3), "not an array of <f4"),
            ("short", (2, 4), "not as long"),
            ("text", (2, 3), "not an array"),
            ("missing", (2, 3), "missing.npy"),
        ];
        for (name, shape, needle) in cases {
            let error = arrays.matrix(name, shape).expect_err(name);
            assert!(error.contains(needle) && error.contains(name), "{name}: {error}");
        }
    }
}
