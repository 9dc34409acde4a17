//! What a second run works on, given what the first one left.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::executor::block_on;
use siren_domain::ports::{DocumentSource, Given, IndexStore, ItemBody, SourceItem};
use siren_domain::{DocumentId, Fault, Origin, Value};
use siren_index::{ChunkSettings, Counts, Mode};

use super::fakes::{FakeSource, Memory, SETTINGS, fault, file, indexed, pipeline, reindex};

const USUAL: Mode = Mode { full: false, dry_run: false, allow_shrink: false };
const FULL: Mode = Mode { full: true, ..USUAL };
const DRY: Mode = Mode { dry_run: true, ..USUAL };
const SHRINKING: Mode = Mode { allow_shrink: true, ..USUAL };
const OTHER: ChunkSettings = ChunkSettings { max_tokens: 100, overlap: 0 };

#[derive(Clone, Copy)]
enum Met {
    File(&'static str, &'static str),
    /// A file that cannot be read now.
    Unread(&'static str),
    /// Something is wrong with a file that comes all the same.
    Noted(&'static str),
    /// The source broke off.
    Broken,
}
use Met::{Broken, File, Noted, Unread};

fn items(given: &[Met]) -> Vec<Result<SourceItem, Fault>> {
    let item = |given: &Met| match *given {
        File(path, text) => Ok(file(path, text)),
        Unread(path) => Err(fault(Some(path), false)),
        Noted(path) => Err(fault(Some(path), true)),
        Broken => Err(fault(None, false)),
    };
    given.iter().map(item).collect()
}

/// What a second run is expected to do.
struct Expected {
    counts: Counts,
    /// The base that a generation was begun from, if one was begun.
    begun: Option<Option<u64>>,
    faults: usize,
    /// What the index holds afterwards: `path: text`.
    holds: &'static str,
}

#[track_caller]
fn check(case: &str, first: &[Met], second: (Mode, ChunkSettings, &[Met]), expected: &Expected) {
    let store = Arc::new(Memory::default());
    reindex(&store, SETTINGS, USUAL, items(first));
    let before = store.begun().len();
    let (mode, settings, given) = second;
    let report = reindex(&store, settings, mode, items(given));
    assert_eq!(report.documents, expected.counts, "{case}");
    assert_eq!(store.begun()[before..].first().copied(), expected.begun, "{case}: begun");
    assert_eq!(report.generation.is_some(), expected.begun.is_some(), "{case}: {report:?}");
    assert_eq!(report.faults.count(), expected.faults, "{case}: {:?}", report.faults);
    let touched = report.documents.reprocessed() + report.documents.deleted + 2 * report.documents.moved;
    assert_eq!(report.moves.len(), report.documents.moved, "{case}");
    assert_eq!(report.touched.len(), touched, "{case}: {:?}", report.touched);
    let chunks = store.chunks();
    let path = |id: &DocumentId| id.as_str().trim_start_matches("notes/").to_owned();
    let holds = chunks.iter().map(|c| format!("{}: {}", path(&c.chunk.document.id), c.chunk.text));
    assert_eq!(holds.collect::<Vec<_>>().join(", "), expected.holds, "{case}");
    if !mode.dry_run {
        assert_eq!(report.total_chunks, chunks.len() as u64, "{case}");
    }
}

#[test]
fn only_what_is_new_is_worked_on() {
    let first = [File("a.md", "하나"), File("b.md", "둘"), File("c.md", "셋")];
    let none = Counts::default();
    let same = Counts { unchanged: 3, ..none };
    let all = "a.md: 하나, b.md: 둘, c.md: 셋";
    let edited = [File("b.md", "둘!"), File("c.md", "셋"), File("d.md", "넷")];
    let edits = Counts { added: 1, changed: 1, unchanged: 1, deleted: 1, ..none };
    let on = Some(Some(1));
    type Case<'a> =
        (&'a str, Mode, ChunkSettings, &'a [Met], Counts, Option<Option<u64>>, usize, &'static str);
    // Closed to all but one group, if only its head could be read.
    let closed = File("b.md", "---\ntitle: a: b: c\naccess: [hr]\n---\n둘");
    let blank = |path| File(path, " \n");
    let closed_and_blank = |path| File(path, "---\naccess: [hr]\n---\n");
    let cases: [Case<'_>; 30] = [
        (
            "a file that may have been closed",
            USUAL,
            SETTINGS,
            &[first[0], closed, first[2]],
            Counts { unchanged: 2, failed: 1, deleted: 1, ..none },
            on,
            1,
            "a.md: 하나, c.md: 셋",
        ),
        (
            "a file that was emptied",
            USUAL,
            SETTINGS,
            &[first[0], blank("b.md"), first[2]],
            Counts { unchanged: 2, failed: 1, deleted: 1, ..none },
            on,
            1,
            "a.md: 하나, c.md: 셋",
        ),
        (
            "most files emptied, as a full disk does",
            USUAL,
            SETTINGS,
            &[blank("a.md"), blank("b.md"), first[2]],
            Counts { unchanged: 1, failed: 2, kept: 2, ..none },
            None,
            3,
            all,
        ),
        (
            "most files emptied and closed",
            USUAL,
            SETTINGS,
            &[closed_and_blank("a.md"), closed_and_blank("b.md"), first[2]],
            Counts { unchanged: 1, failed: 2, deleted: 2, ..none },
            on,
            2,
            "c.md: 셋",
        ),
        ("nothing new", USUAL, SETTINGS, &first, same, None, 0, all),
        ("another order", USUAL, SETTINGS, &[first[2], first[0], first[1]], same, None, 0, all),
        ("edited", USUAL, SETTINGS, &edited, edits, on, 0, "b.md: 둘!, c.md: 셋, d.md: 넷"),
        ("edited, dry", DRY, SETTINGS, &edited, edits, None, 0, all),
        ("emptied", USUAL, SETTINGS, &[], Counts { kept: 3, ..none }, None, 1, all),
        ("emptied on purpose", SHRINKING, SETTINGS, &[], Counts { deleted: 3, ..none }, on, 0, ""),
        (
            "shrunk too far",
            USUAL,
            SETTINGS,
            &[File("a.md", "하나!")],
            Counts { changed: 1, kept: 2, ..none },
            on,
            1,
            "a.md: 하나!, b.md: 둘, c.md: 셋",
        ),
        (
            "shrunk a little",
            USUAL,
            SETTINGS,
            &first[..2],
            Counts { unchanged: 2, deleted: 1, ..none },
            on,
            0,
            "a.md: 하나, b.md: 둘",
        ),
        (
            "moved, one and all",
            USUAL,
            SETTINGS,
            &[File("x.md", "하나"), File("y.md", "둘"), File("z.md", "셋")],
            Counts { moved: 3, ..none },
            on,
            0,
            "x.md: 하나, y.md: 둘, z.md: 셋",
        ),
        (
            "moved and copied",
            USUAL,
            SETTINGS,
            &[first[0], File("x.md", "둘"), File("y.md", "둘"), first[2]],
            Counts { added: 1, moved: 1, unchanged: 2, ..none },
            on,
            0,
            "a.md: 하나, c.md: 셋, x.md: 둘, y.md: 둘",
        ),
        (
            "moved and edited",
            USUAL,
            SETTINGS,
            &[first[0], File("x.md", "둘!"), first[2]],
            Counts { added: 1, deleted: 1, unchanged: 2, ..none },
            on,
            0,
            "a.md: 하나, c.md: 셋, x.md: 둘!",
        ),
        (
            "an unread item",
            USUAL,
            SETTINGS,
            &[first[0], Unread("b.md"), first[2]],
            Counts { unchanged: 2, failed: 1, ..none },
            None,
            1,
            all,
        ),
        (
            "an item that became garbage",
            USUAL,
            SETTINGS,
            &[first[0], File("b.md", "\0\0"), first[2]],
            Counts { unchanged: 2, failed: 1, ..none },
            None,
            1,
            all,
        ),
        (
            "an unread new item",
            USUAL,
            SETTINGS,
            &[first[0], first[1], first[2], Unread("d.md")],
            Counts { failed: 1, ..same },
            None,
            1,
            all,
        ),
        (
            "a noted item",
            USUAL,
            SETTINGS,
            &[first[0], Noted("b.md"), File("b.md", "둘!"), first[2]],
            Counts { changed: 1, unchanged: 2, ..none },
            on,
            1,
            "a.md: 하나, b.md: 둘!, c.md: 셋",
        ),
        (
            "a source that broke off",
            USUAL,
            SETTINGS,
            &[File("a.md", "하나!"), Broken],
            Counts { changed: 1, kept: 2, ..none },
            on,
            1,
            "a.md: 하나!, b.md: 둘, c.md: 셋",
        ),
        ("a source that broke at once", USUAL, SETTINGS, &[Broken], Counts { kept: 3, ..none }, None, 1, all),
        ("in full", FULL, SETTINGS, &first, Counts { added: 3, ..none }, Some(None), 0, all),
        (
            "in full, dry",
            Mode { dry_run: true, ..FULL },
            SETTINGS,
            &first,
            Counts { added: 3, ..none },
            None,
            0,
            all,
        ),
        (
            "in full, an unread item",
            FULL,
            SETTINGS,
            &[first[0], Unread("b.md"), first[2]],
            Counts { added: 2, failed: 1, lost: 1, ..none },
            Some(None),
            1,
            "a.md: 하나, c.md: 셋",
        ),
        (
            "in full, an unread new item",
            FULL,
            SETTINGS,
            &[first[0], first[1], first[2], Unread("d.md")],
            Counts { added: 3, failed: 1, ..none },
            Some(None),
            1,
            all,
        ),
        (
            "in full, most unread, on purpose",
            Mode { full: true, ..SHRINKING },
            SETTINGS,
            &[first[0], Unread("b.md"), Unread("c.md")],
            Counts { added: 1, failed: 2, lost: 2, ..none },
            Some(None),
            2,
            "a.md: 하나",
        ),
        (
            "other settings, an item that became garbage",
            USUAL,
            OTHER,
            &[first[0], File("b.md", "\0\0"), first[2]],
            Counts { added: 2, failed: 1, lost: 1, ..none },
            Some(None),
            1,
            "a.md: 하나, c.md: 셋",
        ),
        (
            "other settings, a file that may have been closed",
            USUAL,
            OTHER,
            &[first[0], closed, first[2]],
            Counts { added: 2, failed: 1, ..none },
            Some(None),
            1,
            "a.md: 하나, c.md: 셋",
        ),
        ("other settings", USUAL, OTHER, &first, Counts { added: 3, ..none }, Some(None), 0, all),
        (
            "other settings, edited",
            USUAL,
            OTHER,
            &edited,
            Counts { added: 3, ..none },
            Some(None),
            0,
            "b.md: 둘!, c.md: 셋, d.md: 넷",
        ),
    ];
    for (case, mode, settings, given, counts, begun, faults, holds) in cases {
        check(case, &first, (mode, settings, given), &Expected { counts, begun, faults, holds });
    }
}

/// Where nothing can be carried over, what cannot be read would be lost: the old index stays as a whole.
#[test]
fn no_source_is_lost_to_a_new_beginning() {
    let first = [File("a.md", "하나"), File("b.md", "둘"), File("c.md", "셋")];
    let unread = "2 of its 3 documents cannot be read just now";
    let both = "of its 3 documents 1 are gone and 1 cannot be read just now";
    let given: [(&[Met], &str); 5] = [
        (&[Broken], "a problem"),
        (&[first[0], Unread("b.md"), Unread("c.md")], unread),
        (&[File("a.md", "\0\0"), Unread("b.md"), first[2], Unread("d.md")], unread),
        (&[first[0], Unread("b.md")], both),
        (&[first[0]], "2 of its 3 documents are gone"),
    ];
    for (given, cause) in given {
        for (case, mode, settings) in [("in full", FULL, SETTINGS), ("other settings", USUAL, OTHER)] {
            let store = Arc::new(Memory::default());
            reindex(&store, SETTINGS, USUAL, items(&first));
            let source = Arc::new(FakeSource { name: "notes", items: items(given) });
            let pipeline = pipeline(vec![source], &store, settings);
            let refused = block_on(pipeline.reindex(mode, &|_| {})).unwrap_err().to_string();
            let stays = "\"notes\" could not be read as a whole, so the old index stays";
            assert!(refused.contains(stays) && refused.contains(cause), "{case}: {refused}");
            let live = block_on(store.live()).unwrap().map(|live| live.number);
            assert_eq!((live, store.chunks().len()), (Some(1), 3), "{case}");
        }
    }
}

#[test]
fn one_sources_trouble_is_not_anothers() {
    let run = |store: &Arc<Memory>, notes: &[Met], logs: Vec<Result<SourceItem, Fault>>| {
        let sources: Vec<Arc<dyn DocumentSource>> = vec![
            Arc::new(FakeSource { name: "notes", items: items(notes) }),
            Arc::new(FakeSource { name: "logs", items: logs }),
        ];
        let pipeline = pipeline(sources, store, SETTINGS);
        block_on(pipeline.reindex(SHRINKING, &|_| {})).unwrap()
    };
    let log = SourceItem { id: DocumentId::new("logs", "x.md"), ..file("x.md", "기록") };
    let store = Arc::new(Memory::default());
    run(&store, &[File("a.md", "하나")], vec![Ok(log)]);
    let report = run(&store, &[Broken], Vec::new());
    assert_eq!(report.documents, Counts { kept: 1, deleted: 1, ..Counts::default() });
    assert_eq!(report.touched, ["logs/x.md"]);
}

#[test]
fn all_that_shapes_a_document_makes_it_changed() {
    let fields = |value: &str| BTreeMap::from([("team".to_owned(), Value::text(value))]);
    let row = SourceItem {
        id: DocumentId::new("notes", "1"),
        origin: Origin::Row { database: "d".into(), table: "t".into(), key: "1".into() },
        version: None,
        given: Given::default(),
        body: ItemBody::Record { title: "제목".into(), text: "글".into(), fields: fields("하나") },
    };
    let record = |title: &str, text: &str, value: &str| SourceItem {
        body: ItemBody::Record { title: title.into(), text: text.into(), fields: fields(value) },
        ..row.clone()
    };
    let given = |given: Given| SourceItem { given, ..row.clone() };
    let access = |groups: &[&str]| {
        let access = groups.iter().map(|group| (*group).to_owned()).collect();
        given(Given { access, ..Given::default() })
    };
    let cases = [
        ("nothing", row.clone(), 0),
        ("groups", access(&["hr"]), 1),
        ("one more group", access(&["all", "hr"]), 1),
        ("an owner", given(Given { owner: Some("총무팀".into()), ..Given::default() }), 1),
        ("place", SourceItem { origin: Origin::File { path: "1".into() }, ..row.clone() }, 1),
        ("title", record("다른 제목", "글", "하나"), 1),
        ("text", record("제목", "다른 글", "하나"), 1),
        ("a column", record("제목", "글", "둘"), 1),
        ("a word moved from title to text", record("제", "목글", "하나"), 1),
    ];
    for (case, item, changed) in cases {
        let store = Arc::new(Memory::default());
        reindex(&store, SETTINGS, USUAL, vec![Ok(row.clone())]);
        let report = reindex(&store, SETTINGS, USUAL, vec![Ok(item)]);
        assert_eq!(report.documents.changed, changed, "{case}");
    }
}

#[test]
fn many_items_are_all_seen_and_progress_says_so() {
    let many = (0..600).map(|n| Ok(file(&format!("{n}.md"), format!("글 {n}")))).collect();
    let sources: Vec<Arc<dyn DocumentSource>> = vec![Arc::new(FakeSource { name: "notes", items: many })];
    let pipeline = pipeline(sources, &Arc::new(Memory::default()), SETTINGS);
    let told = Mutex::new(Vec::new());
    let report = block_on(pipeline.reindex(USUAL, &|p| told.lock().unwrap().push((p.seen, p.reprocessed))));
    let report = report.unwrap();
    assert_eq!((report.documents.added, report.total_documents), (600, 600));
    let told = told.into_inner().unwrap();
    assert!(told.is_sorted() && told.len() > 1, "{told:?}");
    assert_eq!(told.last(), Some(&(600, 600)));
}

#[test]
fn an_index_remembers_what_cut_it() {
    let settings = [SETTINGS, OTHER, ChunkSettings { overlap: 5, ..SETTINGS }];
    let identities =
        settings.map(|settings| pipeline(vec![], &Arc::new(Memory::default()), settings).identity());
    assert!(
        identities.iter().enumerate().all(|(at, one)| !identities[at + 1..].contains(one)),
        "{identities:?}"
    );
    let (chunks, _) = indexed(file("a.md", "하나"), SETTINGS);
    assert_eq!(chunks[0].chunk.id, "notes/a.md#0");
}
