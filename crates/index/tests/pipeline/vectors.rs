//! Vectors of chunks: made once, by what the settings name, or the run stops.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use siren_domain::ports::{EmbedError, Embedder, IndexStore, StoreError};
use siren_index::Mode;

use super::fakes::{FakeSource, Memory, SETTINGS, file};

/// Gives vectors of so many numbers, says that it gives two, and remembers what it was asked.
struct FakeEmbedder {
    name: &'static str,
    gives: usize,
    asked: Mutex<Vec<String>>,
}

fn embedder(name: &'static str, gives: usize) -> Arc<FakeEmbedder> {
    Arc::new(FakeEmbedder { name, gives, asked: Mutex::default() })
}

#[async_trait]
impl Embedder for FakeEmbedder {
    fn identity(&self) -> &str {
        self.name
    }

    fn dimensions(&self) -> usize {
        2
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.asked.lock().unwrap().extend(texts.iter().cloned());
        Ok(vec![vec![1.0; self.gives]; texts.len()])
    }
}

fn run(
    store: &Arc<Memory>,
    embedder: &Arc<FakeEmbedder>,
    files: &[(&str, &str)],
    mode: Mode,
) -> Result<(), StoreError> {
    let items = files.iter().map(|(path, text)| Ok(file(path, *text))).collect();
    let source = Arc::new(FakeSource { name: "notes", items });
    let pipeline = super::fakes::pipeline(vec![source], store, SETTINGS);
    let pipeline = pipeline.with_embedder(Some(Arc::clone(embedder) as Arc<dyn Embedder>));
    block_on(pipeline.reindex(mode, &|_| {})).map(|_| ())
}

#[test]
fn only_what_is_new_is_embedded() {
    let store = Arc::new(Memory::default());
    let first = embedder("one", 2);
    let two = [("a.md", "# 제목\n\n본문이다"), ("b.md", "다른 글")];
    run(&store, &first, &two, Mode { dry_run: true, ..Mode::default() }).unwrap();
    assert!(first.asked.lock().unwrap().is_empty(), "a dry run embeds nothing");
    run(&store, &first, &two, Mode::default()).unwrap();
    run(&store, &first, &[two[0], ("b.md", "고친 글")], Mode::default()).unwrap();
    let asked = first.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked[0].contains("제목") && asked[0].contains("본문이다"), "titles speak along: {asked:?}");
    assert!(asked[2].contains("고친 글"), "{asked:?}");
    assert!(store.chunks().iter().all(|chunk| chunk.vector == Some(vec![1.0, 1.0])));

    let other = embedder("two", 2);
    run(&store, &other, &two, Mode::default()).unwrap();
    assert_eq!(other.asked.lock().unwrap().len(), 2, "another embedder makes all vectors anew");
}

#[test]
fn a_vector_of_another_length_stops_the_run() {
    let store = Arc::new(Memory::default());
    let error = run(&store, &embedder("one", 3), &[("a.md", "글")], Mode::default()).unwrap_err();
    assert!(error.to_string().contains("one vector of 2 numbers"), "{error}");
    assert!(block_on(store.live()).unwrap().is_none());
}
