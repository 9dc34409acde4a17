//! What a folder gives, file by file.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use futures::executor::block_on;
use siren_adapters::files::{FileGiven, FileSettings};
use siren_adapters::folder::{FolderSettings, FolderSource};
use siren_domain::ports::{DocumentSource, Found, ItemBody, Known, NothingKnown, SourceItem};
use siren_domain::{DocumentId, Fault, Origin};

fn settings(root: &Path) -> FolderSettings {
    let files = FileSettings {
        name: "notes".into(),
        shown_as: "data/notes/".into(),
        include: vec!["**/*.md".into()],
        exclude: vec!["drafts/**".into()],
        max_bytes: 10,
        given: FileGiven { access: vec!["all".into()], ..FileGiven::default() },
    };
    FolderSettings { root: root.to_owned(), files }
}

/// Each item as `id path bytes`, each fault as `! document place: problem`.
fn told(settings: FolderSettings) -> Vec<String> {
    let source = FolderSource::new(settings).unwrap();
    let items: Vec<_> = block_on(source.items(Arc::new(NothingKnown)).collect());
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
fn an_event_is_told_by_path_and_title() {
    let cases = [
        (Some("새벽나루 2024"), "새벽나루 2024"),
        (Some("{{ stem|replace('-', ' ') }}"), "summit 2024"),
        (Some("{{ path|split('/')|first }}"), "events"),
        (Some("{{ title|split(':')|first }}"), "새벽나루"),
        (Some("{% if 'nothing' in title %}x{% endif %}"), "-"),
        (None, "-"),
    ];
    for (event, expected) in cases {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "events/summit-2024.md", "글");
        let mut settings = settings(root.path());
        settings.files.given.event = event.map(str::to_owned);
        let source = FolderSource::new(settings).unwrap();
        let items: Vec<_> = block_on(source.items(Arc::new(NothingKnown)).collect());
        let Some(Ok(Found::Item(item))) = items.first() else { panic!("{event:?}: {items:?}") };
        let told = source.event(item, "새벽나루: 둘째 날");
        assert_eq!(told.as_deref().unwrap_or("-"), expected, "{event:?}");
        // Two settings never give the same: the document is made anew when it changes.
        assert_eq!(item.given.event.as_deref(), event);
    }
    let root = tempfile::tempdir().unwrap();
    let mut settings = settings(root.path());
    settings.files.given.event = Some("{{ nosuch(".into());
    assert!(FolderSource::new(settings).is_err_and(|error| error.key == "event"));
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
    let FolderSettings { root, files } = settings(root.path());
    let files = FileSettings { include: vec!["*.md".into()], shown_as: ".".into(), ..files };
    assert_eq!(told(FolderSettings { root, files }), ["notes/a.md a.md a"]);
}

#[test]
fn a_setting_that_does_not_do_is_named() {
    let with = |change: fn(&mut FileSettings)| {
        let mut settings = settings(Path::new("."));
        change(&mut settings.files);
        FolderSource::new(settings).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let cases = [
        (
            with(|s| s.exclude = vec!["a".into(), "[".into()]),
            "source \"notes\": `exclude`: \"[\" is no pattern",
        ),
        (with(|s| s.include = vec!["{a".into()]), "source \"notes\": `include`: \"{a\" is no pattern"),
        (with(|s| s.given.link = Some("x\n{{ path".into())), "source \"notes\": `link`, line 2: "),
        (with(|s| s.given.link = Some("{{ path|nosuch }}".into())), "source \"notes\": `link`, line 1: "),
    ];
    for (told, expected) in cases {
        assert!(told.starts_with(expected), "{expected}: {told:?}");
    }
}

fn one(settings: FolderSettings, known: Arc<dyn Known>) -> Found {
    let source = FolderSource::new(settings).unwrap();
    let mut items: Vec<_> = block_on(source.items(known).collect());
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0).unwrap()
}

fn read(settings: FolderSettings, known: Arc<dyn Known>) -> SourceItem {
    match one(settings, known) {
        Found::Item(item) => item,
        Found::Same(id) => panic!("{id} was not read"),
    }
}

/// An index that has one version of every document.
struct Has(Option<String>);

impl Known for Has {
    fn has(&self, _: &DocumentId, version: &str) -> bool {
        self.0.as_deref() == Some(version)
    }
}

#[test]
fn the_settings_tell_of_a_file_what_it_does_not_tell_itself() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "해외/가 나.v2.md", "a");
    let FolderSettings { root, mut files } = settings(root.path());
    files.given = FileGiven {
        access: vec!["hr".into()],
        event: Some("밋업".into()),
        owner: Some("데이터팀".into()),
        language: Some("ko".into()),
        tags: vec!["사내".into()],
        link: Some("https://wiki/{{ source }}/{{ path|urlencode }}?{{ name }}#{{ stem }}\n".into()),
    };
    let given = read(FolderSettings { root, files }, Arc::new(NothingKnown)).given;
    assert_eq!(
        given.url.as_deref(),
        Some("https://wiki/notes/%ED%95%B4%EC%99%B8/%EA%B0%80%20%EB%82%98.v2.md?가 나.v2.md#가 나.v2")
    );
    let told = (given.access, given.event, given.owner, given.language, given.tags, given.date);
    let text = |text: &str| Some(text.to_owned());
    let expected =
        (vec!["hr".to_owned()], text("밋업"), text("데이터팀"), text("ko"), vec!["사내".to_owned()], None);
    assert_eq!(told, expected);
}

/// Puts a file's time of change some seconds into the past or, with a negative number, into the future. The time of
/// its last touch is the system's and stays.
fn age(path: &Path, seconds: i64) {
    let now = std::time::SystemTime::now();
    let distance = std::time::Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 { now + distance } else { now - distance };
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn a_file_that_changed_just_now_has_no_version() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "a.md", "one");
    for seconds in [0, 100, -100] {
        age(&root.path().join("a.md"), seconds);
        let item = read(settings(root.path()), Arc::new(NothingKnown));
        assert_eq!(item.version, None, "{seconds} s old, touched just now");
    }
}

/// A file of this machine that nobody has touched for long.
fn old_file() -> FolderSettings {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let FolderSettings { root, files } = settings(root);
    let files = FileSettings { include: vec!["Cargo.toml".into()], max_bytes: 1 << 20, ..files };
    FolderSettings { root, files }
}

#[test]
fn a_file_with_the_version_that_is_known_is_not_opened() {
    let version = read(old_file(), Arc::new(NothingKnown)).version;
    assert!(version.is_some(), "a file that is older than seconds has one");
    let same = Found::Same(DocumentId::new("notes", "Cargo.toml"));
    assert_eq!(one(old_file(), Arc::new(Has(version.clone()))), same);
    let mut too_small = old_file();
    too_small.files.max_bytes = 1;
    assert_eq!(one(too_small, Arc::new(Has(version.clone()))), same, "not opened, so never found too large");
    assert_eq!(read(old_file(), Arc::new(Has(Some("another".into())))).version, version);
}

#[test]
fn a_version_changes_with_what_the_settings_give() {
    let version = read(old_file(), Arc::new(NothingKnown)).version;
    let changes: [fn(&mut FileSettings); 7] = [
        |s| s.given.access = vec!["hr".into()],
        |s| s.given.event = Some("e".into()),
        |s| s.given.owner = Some("o".into()),
        |s| s.given.language = Some("ko".into()),
        |s| s.given.tags = vec!["t".into()],
        |s| s.given.link = Some("{{ path }}".into()),
        |s| s.shown_as = "elsewhere".into(),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut settings = old_file();
        change(&mut settings.files);
        assert_ne!(read(settings, Arc::new(Has(version.clone()))).version, version, "change {at}");
    }
}
