//! The embedded store: the contract of every store, and what is its own: files, locks, damage.
#![expect(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a test that cannot go on should stop")]

mod contract;

use std::path::Path;
use std::sync::Arc;

use contract::{ANALYSER, Both, doc, documents, identity, query, write};
use siren_adapters::embedded::EmbeddedStore;
use siren_domain::ports::{IndexIdentity, IndexStore, PassageStore, StoreError, StoreQuery};
use tempfile::TempDir;

/// An empty store, and the folder that goes away with the test.
fn fresh() -> (TempDir, Arc<dyn Both>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()));
    (folder, store)
}

fn open(folder: &Path) -> EmbeddedStore {
    EmbeddedStore::new(folder, ANALYSER)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("generations")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn live_and_rollback() {
    contract::live_and_rollback(&*fresh().1).await;
}

#[tokio::test]
async fn carry_over() {
    contract::carry_over(&*fresh().1).await;
}

#[tokio::test]
async fn unfinished() {
    contract::unfinished(&*fresh().1).await;
}

#[tokio::test]
async fn prune() {
    contract::prune(&*fresh().1).await;
}

#[tokio::test]
async fn records_and_conflicts() {
    contract::records_and_conflicts(&*fresh().1).await;
}

#[tokio::test]
async fn chunks_by_document() {
    contract::chunks_by_document(&*fresh().1).await;
}

#[tokio::test]
async fn found_by_meaning() {
    contract::found_by_meaning(&*fresh().1).await;
}

#[tokio::test]
async fn a_view_stays_what_it_is() {
    contract::a_view_stays_what_it_is(&*fresh().1).await;
}

#[tokio::test]
async fn copied() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    contract::copied(&open(folders[0].path()), &open(folders[1].path())).await;
}

#[tokio::test]
async fn years_and_ties() {
    contract::years_and_ties(&*fresh().1).await;
}

#[tokio::test]
async fn facets() {
    contract::facets(&*fresh().1).await;
}

#[tokio::test]
async fn removed() {
    let folder = tempfile::tempdir().unwrap();
    contract::removed(&open(folder.path())).await;
}

#[test]
fn found_as_the_reference_finds() {
    let (_folder, store) = fresh();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    contract::found_as_the_reference_finds(&*store, contract::CASES, &|searching| {
        runtime.block_on(searching)
    });
}

#[test]
fn only_what_one_may_read() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    contract::only_what_one_may_read(fresh, contract::CASES, &runtime);
}

#[tokio::test]
async fn what_a_writer_left_is_cleared_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    write(&store, None, &[doc("a", &["t"])]).await;
    // A killed process leaves its folder, whatever number it was going to have.
    std::fs::create_dir_all(folder.path().join("generations/.next-7/index")).unwrap();
    let mut writer = store.begin(Some(1)).await.unwrap();
    doc("b", &["t"]).put(&mut *writer).await.unwrap();
    assert_eq!(names(folder.path()), [".next-2", "1"]);
    drop(writer);
    let next = store.begin(None).await.unwrap().finish(identity()).await.unwrap();
    assert_eq!((next.number, next.documents), (2, 0));
    assert_eq!(names(folder.path()), ["1", "2"]);
}

#[tokio::test]
async fn one_writes_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, theirs) = (open(folder.path()), open(folder.path()));
    let writer = mine.begin(None).await.unwrap();
    let refused = [theirs.begin(None).await.err(), mine.begin(None).await.err(), theirs.prune(1).await.err()];
    for error in refused {
        let Some(StoreError::Busy(told)) = &error else { panic!("{error:?}") };
        assert!(told.contains(&format!("process {}", std::process::id())), "{told}");
    }
    writer.finish(identity()).await.unwrap();
    let before_promotion = [theirs.begin(None).await.err(), theirs.promote(1).await.err()];
    assert!(before_promotion.iter().all(|error| matches!(error, Some(StoreError::Busy(_)))), "still mine");
    mine.promote(1).await.unwrap();
    assert_eq!(write(&theirs, None, &[]).await.number, 2, "free again");
    theirs.promote(2).await.unwrap();
    drop(mine.begin(None).await.unwrap());
    drop(theirs.begin(None).await.unwrap());
}

#[tokio::test]
async fn an_index_of_another_make_is_not_searched() {
    let cases = [
        ("another analyser", IndexIdentity { analyser: "test/0".into(), ..identity() }, "test/0"),
        ("other vectors", IndexIdentity { embedding: Some("encoder/9".into()), ..identity() }, "encoder/9"),
        ("another form", IndexIdentity { format: 999, ..identity() }, "999"),
    ];
    for (case, made_by, needle) in cases {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let generation = store.begin(None).await.unwrap().finish(made_by).await.unwrap();
        store.promote(generation.number).await.unwrap();
        for error in [store.search(&query("t")).await.err(), store.searched().await.err()] {
            let Some(StoreError::Mismatch(told)) = &error else { panic!("{case}: {error:?}") };
            assert!(told.contains(needle) && told.contains("generation 1"), "{case}: {told}");
        }
        assert_eq!(
            store.live().await.unwrap(),
            Some(generation),
            "{case}: it can still be told and built upon"
        );
    }
}

#[tokio::test]
async fn damage_is_told_with_its_file() {
    let cases = [
        ("CURRENT", "seven", "CURRENT is damaged", "siren index rollback"),
        ("CURRENT", "", "CURRENT is damaged", "siren index rollback"),
        ("CURRENT", "9\n", "CURRENT names generation 9, which is gone", "siren reindex"),
        ("generations/1/generation.json", "{\"number\": 1", "generation.json is damaged", "EOF"),
        ("generations/1/generation.json", "{}", "generation.json is damaged", "number"),
        ("generations/1/index/meta.json", "{", "generations/1/index cannot be opened", ""),
    ];
    for (file, content, what, cause) in cases {
        let folder = tempfile::tempdir().unwrap();
        write(&open(folder.path()), None, &[doc("a", &["t"])]).await;
        open(folder.path()).promote(1).await.unwrap();
        std::fs::write(folder.path().join(file), content).unwrap();
        let told = open(folder.path()).search(&query("t")).await.unwrap_err().to_string();
        assert!(told.contains(what) && told.contains(cause), "{file} {content:?}: {told}");
    }
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    write(&store, None, &[doc("a", &["t"])]).await;
    std::fs::write(folder.path().join("generations/1/documents.jsonl"), "{\n").unwrap();
    let told = documents(&store, 1).await.unwrap_err().to_string();
    assert!(told.contains("documents.jsonl is damaged"), "{told}");
}

/// Who reserves the right to write has it until a generation is promoted or the store is gone, written or not.
#[tokio::test]
async fn a_second_run_is_refused_before_it_reads_anything() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, theirs) = (open(folder.path()), open(folder.path()));
    mine.reserve().await.unwrap();
    mine.reserve().await.unwrap();
    let Err(StoreError::Busy(told)) = theirs.reserve().await else { panic!("both may write") };
    assert!(told.contains(&format!("process {}", std::process::id())), "{told}");
    assert_eq!(write(&mine, None, &[doc("a", &["t"])]).await.number, 1);
    assert!(matches!(theirs.reserve().await, Err(StoreError::Busy(_))), "not promoted yet");
    mine.promote(1).await.unwrap();
    theirs.reserve().await.unwrap();
    assert!(matches!(mine.reserve().await, Err(StoreError::Busy(_))));
    theirs.release().await;
    mine.reserve().await.unwrap();
    drop(mine);
    theirs.reserve().await.unwrap();
}

/// A prune that was killed half-way leaves a folder that is no generation, whatever of it was removed first.
#[tokio::test]
async fn half_a_generation_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for _ in 0..3 {
        write(&store, None, &[doc("a", &["t"])]).await;
    }
    store.promote(3).await.unwrap();
    std::fs::remove_file(folder.path().join("generations/1/generation.json")).unwrap();
    let whole = folder.path().join("generations/.next-gone-0");
    std::fs::create_dir_all(&whole).unwrap();
    std::fs::copy(folder.path().join("generations/2/generation.json"), whole.join("generation.json"))
        .unwrap();
    let numbers: Vec<u64> = store.generations().await.unwrap().iter().map(|one| one.number).collect();
    assert_eq!(numbers, [2, 3]);
    assert!(matches!(store.promote(1).await, Err(StoreError::NoGeneration(1))));
    store.prune(2).await.unwrap();
    assert_eq!(names(folder.path()), ["2", "3"]);
}

#[tokio::test]
async fn readers_of_other_processes_follow_and_are_not_disturbed() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, reader) = (open(folder.path()), open(folder.path()));
    write(&writer, None, &[doc("a", &["t"])]).await;
    writer.promote(1).await.unwrap();
    let before = reader.search(&query("t")).await.unwrap();
    // What it has open it can read to the end, even when the files lose their names.
    let (one, aside) = (folder.path().join("generations/1"), folder.path().join("aside"));
    std::fs::rename(&one, &aside).unwrap();
    assert_eq!(reader.search(&query("t")).await.unwrap(), before);
    std::fs::rename(&aside, &one).unwrap();

    write(&writer, Some(1), &[doc("b", &["t"])]).await;
    assert_eq!(reader.search(&query("t")).await.unwrap(), before, "the next one is being made");
    writer.promote(2).await.unwrap();
    assert_eq!(writer.prune(1).await.unwrap(), [1]);
    let after = reader.search(&query("t")).await.unwrap();
    assert_eq!((after.generation, after.hits.len()), (2, 2), "it follows without being told");
    assert_eq!(reader.searched().await.unwrap().number, 2);
}

/// Many documents come into several segments, by two threads: which of those that score alike are among the first few is
/// the same every time.
#[tokio::test]
async fn the_order_of_ties_is_the_same_on_every_run() {
    let docs = (0..MANY).map(|number| many(number, 1)).map(|(id, text)| doc(&id, &[&text, "t"]));
    let docs: Vec<_> = docs.collect();
    let mut found = Vec::new();
    for _ in 0..2 {
        let (_folder, store) = fresh();
        write(&*store, None, &docs).await;
        store.promote(1).await.unwrap();
        let few = StoreQuery { n_candidates: 20, ..query("n3") };
        let hits = store.search(&few).await.unwrap().hits;
        found.push(hits.into_iter().map(|hit| hit.chunk.id).collect::<Vec<_>>());
    }
    assert_eq!(found[0].len(), 20);
    assert_eq!(found[0], found[1], "of ties the same are left out");
}

const MANY: usize = 1_300;

/// Of a document its id and its first chunk.
fn many(number: usize, version: usize) -> (String, String) {
    (format!("d{number:04}"), format!("t v{version} n{}", number % 7))
}

/// More documents come again in one run than may wait for it.
#[tokio::test]
async fn of_many_documents_that_come_again_the_last_of_each_is_found() {
    let (_folder, store) = fresh();
    let docs = (0..MANY).map(|number| many(number, 1)).map(|(id, text)| doc(&id, &[&text, "t"]));
    let docs: Vec<_> = docs.collect();
    write(&*store, None, &docs).await;
    let mut writer = store.begin(Some(1)).await.unwrap();
    for step in [2, 3] {
        for number in (0..MANY).step_by(step) {
            let (id, text) = many(number, step);
            doc(&id, &[&text, "t"]).put(&mut *writer).await.unwrap();
        }
    }
    let made = writer.finish(identity()).await.unwrap();
    assert_eq!((made.documents, made.chunks), (MANY as u64, 2 * MANY as u64));
    store.promote(made.number).await.unwrap();
    let thirds = MANY.div_ceil(3);
    let seconds = (0..MANY).filter(|number| number % 2 == 0 && number % 3 != 0).count();
    let cases = [("v3", thirds), ("v2", seconds), ("v1", MANY - thirds - seconds), ("t", 2 * MANY)];
    for (term, expected) in cases {
        let everything = StoreQuery { n_candidates: 10 * MANY, ..query(term) };
        assert_eq!(store.search(&everything).await.unwrap().hits.len(), expected, "{term}");
    }
}
