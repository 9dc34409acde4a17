//! What a folder gives, file by file.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use futures::StreamExt;
use futures::executor::block_on;
use siren_adapters::folder::{FolderError, FolderSettings, FolderSource};
use siren_domain::ports::{DocumentSource, Found, ItemBody, NothingKnown};
use siren_domain::{Fault, Origin};

fn settings(root: &Path) -> FolderSettings {
    FolderSettings {
        name: "notes".into(),
        root: root.to_owned(),
        shown_as: "data/notes/".into(),
        include: vec!["**/*.md".into()],
        exclude: vec!["drafts/**".into()],
        access: vec!["all".into()],
        max_bytes: 10,
    }
}

/// Each item as `id path bytes`, each fault as `! document place: problem`.
fn told(settings: FolderSettings) -> Vec<String> {
    let source = FolderSource::new(settings).unwrap();
    let items: Vec<_> = block_on(source.items(&NothingKnown).collect());
    let fault = |fault: &Fault| {
        assert!(!fault.remedy.is_empty() && !fault.kept);
        let document = fault.document.as_ref().map_or("-", |id| id.as_str());
        format!("! {document} {}: {}", fault.place, fault.problem)
    };
    let line = items.iter().map(|item| match item {
        Err(error) => fault(error),
        Ok(Found::Same(id)) => format!("= {id}"),
        Ok(Found::Item(item)) => match (&item.origin, &item.body) {
            (Origin::File { path }, ItemBody::File(bytes)) => {
                format!("{} {path} {}", item.id, String::from_utf8_lossy(bytes))
            }
            other => panic!("{other:?}"),
        },
    });
    line.collect()
}

fn write(root: &Path, file: impl AsRef<Path>, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn gives_the_files_in_order_and_goes_on_past_faults() {
    let (outside, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = root.path();
    write(outside.path(), "secret.md", "secret");
    write(root, "b.md", "b");
    write(root, "a/z.md", "z");
    write(root, "a/큰.md", "12345678901");
    write(root, "가.md", "ten bytes!");
    write(root, "c.txt", "not included");
    write(root, ".hidden.md", "hidden");
    write(root, ".git/x.md", "hidden");
    write(root, "drafts/x.md", "excluded");
    write(root, OsStr::from_bytes(b"bad\xff.md"), "name");
    symlink(root.join("b.md"), root.join("inner.md")).unwrap();
    symlink(outside.path().join("secret.md"), root.join("outer.md")).unwrap();
    symlink(outside.path(), root.join("outer_folder")).unwrap();
    symlink(root.join("a"), root.join("same_folder")).unwrap();
    symlink(root.join("nowhere"), root.join("broken.md")).unwrap();

    let expected = [
        "notes/a/z.md data/notes/a/z.md z",
        "! notes/a/큰.md data/notes/a/큰.md: the file is larger than 10 bytes",
        "notes/b.md data/notes/b.md b",
        "! notes/bad\u{fffd}.md data/notes/bad\u{fffd}.md: the file's name is not UTF-8",
        "! notes/broken.md data/notes/broken.md: the file cannot be read: No such file or directory (os error 2)",
        "notes/inner.md data/notes/inner.md b",
        "! notes/outer.md data/notes/outer.md: this link leads out of the folder",
        "! notes/outer_folder data/notes/outer_folder: this link leads out of the folder",
        "notes/가.md data/notes/가.md ten bytes!",
    ];
    assert_eq!(told(settings(root)), expected);
    assert_eq!(told(settings(root)), expected, "a second pass gives the same");
}

#[test]
fn says_of_the_folder_as_a_whole_what_would_otherwise_look_like_nothing() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "a.txt", "a");
    let cases = [
        (root.path().join("none"), "! - data/notes: there is no such folder"),
        (root.path().to_owned(), "! - data/notes: no file here matches `include` (**/*.md)"),
        (root.path().join("a.txt"), "! - data/notes: this is not a folder"),
    ];
    for (root, expected) in cases {
        assert_eq!(told(settings(&root)), [expected], "{}", root.display());
    }
}

#[test]
fn is_read_where_the_link_to_it_leads() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "real/a.md", "a");
    symlink(root.path().join("real"), root.path().join("link")).unwrap();
    assert_eq!(told(settings(&root.path().join("link"))), ["notes/a.md data/notes/a.md a"]);
}

#[test]
fn a_star_stays_within_one_folder() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "a.md", "a");
    write(root.path(), "deep/b.md", "b");
    let settings =
        FolderSettings { include: vec!["*.md".into()], shown_as: ".".into(), ..settings(root.path()) };
    assert_eq!(told(settings), ["notes/a.md a.md a"]);
}

#[test]
fn a_bad_pattern_names_its_setting() {
    let settings = FolderSettings { exclude: vec!["a".into(), "[".into()], ..settings(Path::new(".")) };
    let error = FolderSource::new(settings).err();
    let Some(FolderError::BadGlob { key, pattern, .. }) = &error else { panic!("{error:?}") };
    assert_eq!((*key, pattern.as_str()), ("exclude", "["));
}
