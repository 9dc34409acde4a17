//! A real Qdrant keeps the contract of every store, alone and as a cluster.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a test that cannot go on should stop"
)]

#[path = "../../crates/adapters/tests/contract/mod.rs"]
mod contract;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use contract::{ANALYSER, Both, doc, documents, identity, query, write};
use e2e::qdrant::{Cluster, Node};
use siren_adapters::qdrant::{QdrantSettings, QdrantStore};
use siren_domain::ports::{IndexIdentity, IndexStore, PassageStore, StoreError};
use tokio::runtime::Runtime;

fn settings(nodes: Vec<String>, prefix: &str) -> QdrantSettings {
    QdrantSettings {
        nodes,
        api_key: None,
        prefix: prefix.into(),
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(30),
        patience: Duration::from_secs(90),
        settle: Duration::from_secs(60),
        shards: 1,
        replicas: 1,
        write_consistency: 1,
        on_disk: false,
        quantised: false,
        exact: false,
        batch: 64,
        in_flight: 2,
    }
}

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// An index that no other test has, in a Qdrant that all of a run share.
fn fresh(nodes: &[String], change: impl Fn(&mut QdrantSettings)) -> QdrantStore {
    let prefix = format!("test-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let mut settings = settings(nodes.to_vec(), &prefix);
    change(&mut settings);
    QdrantStore::new(settings, ANALYSER).unwrap()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Every clause of the contract, each with an index of its own.
fn keeps_the_contract(runtime: &Runtime, fresh: &dyn Fn() -> Arc<QdrantStore>) {
    runtime.block_on(async {
        contract::live_and_rollback(&*fresh()).await;
        contract::carry_over(&*fresh()).await;
        contract::unfinished(&*fresh()).await;
        contract::prune(&*fresh()).await;
        contract::records_and_conflicts(&*fresh()).await;
        contract::chunks_by_document(&*fresh()).await;
        contract::found_by_meaning(&*fresh()).await;
        contract::years_and_ties(&*fresh()).await;
        contract::a_view_stays_what_it_is(&*fresh()).await;
        contract::copied(&*fresh(), &*fresh()).await;
    });
}

#[test]
fn one_node_keeps_the_contract() {
    let Some(node) = Node::alone("the contract of a store, one node") else { return };
    let (runtime, nodes) = (runtime(), [node.url()]);
    keeps_the_contract(&runtime, &|| Arc::new(fresh(&nodes, |_| {})));
    contract::found_as_the_reference_finds(&*fresh_dyn(&nodes), &|searching| runtime.block_on(searching));
    contract::only_what_one_may_read(|| ((), fresh_dyn(&nodes)), &runtime);
    runtime.block_on(async {
        one_writes_at_a_time(&nodes).await;
        an_index_of_another_make_is_not_searched(&nodes).await;
        what_a_writer_left_is_cleared(&nodes).await;
        copied_both_ways(&nodes).await;
    });
}

fn fresh_dyn(nodes: &[String]) -> Arc<dyn Both> {
    Arc::new(fresh(nodes, |_| {}))
}

/// Scores of chunks on different shards can be compared, whichever node is asked.
#[test]
fn a_cluster_keeps_the_contract() {
    let Some(cluster) = Cluster::of(3, "the contract of a store, three nodes") else { return };
    let nodes: Vec<String> = cluster.nodes.iter().map(Node::url).collect();
    let spread = |settings: &mut QdrantSettings| {
        (settings.shards, settings.replicas, settings.write_consistency) = (3, 2, 2);
    };
    let runtime = runtime();
    keeps_the_contract(&runtime, &|| Arc::new(fresh(&nodes, spread)));
}

/// The other stores of a test: the same index, as another process would open it.
fn also(store: &QdrantSettings) -> QdrantStore {
    QdrantStore::new(store.clone(), ANALYSER).unwrap()
}

async fn one_writes_at_a_time(nodes: &[String]) {
    let settings = settings(nodes.to_vec(), "one-writes");
    let (mine, theirs) = (also(&settings), also(&settings));
    let writer = mine.begin(None).await.unwrap();
    let Err(StoreError::Busy(told)) = theirs.begin(None).await else { panic!("two writers") };
    assert!(told.contains(&format!("process {}", std::process::id())), "{told}");
    writer.finish(identity()).await.unwrap();
    assert!(matches!(theirs.promote(1).await, Err(StoreError::Busy(_))), "still mine until it is promoted");
    mine.promote(1).await.unwrap();
    assert_eq!(write(&theirs, None, &[]).await.number, 2, "free again");
    theirs.promote(2).await.unwrap();
    drop(mine.begin(None).await.unwrap());
    drop(theirs.begin(None).await.unwrap());
}

async fn an_index_of_another_make_is_not_searched(nodes: &[String]) {
    let cases = [
        ("another analyser", IndexIdentity { analyser: "test/0".into(), ..identity() }, "test/0"),
        ("other vectors", IndexIdentity { embedding: Some("encoder/9".into()), ..identity() }, "encoder/9"),
        ("another form", IndexIdentity { format: 999, ..identity() }, "999"),
    ];
    for (case, made_by, needle) in cases {
        let store = fresh(nodes, |_| {});
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

/// What a killed writer leaves is cleared away, and nobody else's.
async fn what_a_writer_left_is_cleared(nodes: &[String]) {
    let (settings, other) = (settings(nodes.to_vec(), "left"), settings(nodes.to_vec(), "left-1"));
    let (store, other) = (also(&settings), also(&other));
    write(&other, None, &[doc("o", &["t"])]).await;
    write(&store, None, &[doc("a", &["t"])]).await;
    let client = qdrant_client::Qdrant::from_url(&nodes[0]).skip_compatibility_check().build().unwrap();
    let left = qdrant_client::qdrant::CreateCollectionBuilder::new("left-2-0123abcd");
    client.create_collection(left).await.unwrap();
    store.promote(1).await.unwrap();
    store.prune(9).await.unwrap();
    let mut names: Vec<String> =
        client.list_collections().await.unwrap().collections.into_iter().map(|one| one.name).collect();
    names.retain(|name| name.starts_with("left-"));
    assert!(names.len() == 4 && !names.contains(&"left-2-0123abcd".to_owned()), "{names:?}");
    assert_eq!(documents(&store, 1).await.unwrap(), [doc("a", &["t"]).record()]);
    assert_eq!(documents(&other, 1).await.unwrap().len(), 1, "another index in the same Qdrant");
    siren_domain::ports::Store::discard(&store).await.unwrap();
    assert!(matches!(store.search(&query("t")).await, Err(StoreError::NoIndex)));
    assert_eq!(documents(&other, 1).await.unwrap().len(), 1);
}

/// From the embedded store to Qdrant and back.
async fn copied_both_ways(nodes: &[String]) {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let embedded = |at: usize| siren_adapters::embedded::EmbeddedStore::new(folders[at].path(), ANALYSER);
    contract::copied(&embedded(0), &fresh(nodes, |_| {})).await;
    contract::copied(&fresh(nodes, |_| {}), &embedded(1)).await;
}

/// Questions that one after another are asked while generations come, are served and are pruned.
const QUESTIONS: usize = 600;
/// Two hundred a second.
const BETWEEN: Duration = Duration::from_millis(5);

/// What a question sees: every document that it looks at, in whatever way, tells the number of one generation.
async fn asked(store: &QdrantStore) -> Result<u64, StoreError> {
    let view = store.view().await?.unwrap();
    let hits = view.search(&query("t")).await?;
    let ids: Vec<_> = ["a", "b"].map(siren_domain::DocumentId::from_text).to_vec();
    let chunks = view.passages(&ids, &["all".to_owned()]).await?;
    assert_eq!((hits.hits.len(), chunks.len()), (2, 2), "nothing is missing");
    assert_eq!(view.records().await?.generation, hits.generation);
    let told = hits.hits.iter().map(|hit| &hit.chunk).chain(&chunks);
    for chunk in told {
        assert!(
            chunk.text.ends_with(&format!(" g{}", hits.generation)),
            "{} of {}",
            chunk.text,
            hits.generation
        );
    }
    Ok(hits.generation)
}

#[test]
fn an_answer_is_of_one_generation_whatever_is_promoted() {
    let Some(cluster) = Cluster::of(3, "the pointer is moved under load") else { return };
    let nodes: Vec<String> = cluster.nodes.iter().map(Node::url).collect();
    let mut settings = settings(nodes, "moving");
    (settings.shards, settings.replicas) = (1, 2);
    let runtime = runtime();
    let seen = runtime.block_on(async {
        let (writer, reader) = (also(&settings), Arc::new(also(&settings)));
        let next = async |number: u64| {
            let texts = ["a", "b"].map(|id| doc(id, &[&format!("t g{number}")]));
            assert_eq!(write(&writer, None, &texts).await.number, number);
            writer.promote(number).await.unwrap();
        };
        next(1).await;
        let asking = async {
            let mut under_way = tokio::task::JoinSet::new();
            let mut clock = tokio::time::interval(BETWEEN);
            for _ in 0..QUESTIONS {
                clock.tick().await;
                let reader = Arc::clone(&reader);
                under_way.spawn(async move {
                    match asked(&reader).await {
                        // Pruned between two looks: as the retriever does, it begins anew.
                        Err(StoreError::NoGeneration(_)) => asked(&reader).await,
                        seen => seen,
                    }
                });
            }
            under_way.join_all().await
        };
        let over = std::sync::atomic::AtomicBool::new(false);
        let moving = async {
            let mut number = 1;
            while !over.load(Ordering::Relaxed) {
                number += 1;
                next(number).await;
                writer.promote(number - 1).await.unwrap();
                writer.promote(number).await.unwrap();
                writer.prune(2).await.unwrap();
            }
        };
        let asking = async {
            let seen = asking.await;
            over.store(true, Ordering::Relaxed);
            seen
        };
        tokio::join!(asking, moving).0
    });
    let seen: Vec<u64> = seen.into_iter().map(|seen| seen.expect("no question fails")).collect();
    assert_eq!(seen.len(), QUESTIONS);
    assert!(seen.iter().any(|number| *number != seen[0]), "it was moved meanwhile: {seen:?}");
}

#[test]
fn an_address_where_nobody_is_is_told() {
    let runtime = runtime();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let store = fresh(&[format!("http://{closed}")], |settings| settings.patience = Duration::from_secs(1));
    let told = runtime.block_on(store.search(&query("t"))).unwrap_err().to_string();
    assert!(told.contains("Qdrant") && told.contains(&closed.to_string()), "{told}");
    let wrong = QdrantStore::new(settings(vec!["no address".into()], "x"), ANALYSER).unwrap_err().to_string();
    assert!(wrong.contains("store.url") && wrong.contains("no address"), "{wrong}");
}
