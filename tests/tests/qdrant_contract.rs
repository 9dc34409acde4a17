//! A real Qdrant keeps the contract of every store, alone and as a cluster.
#![expect(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a test that cannot go on should stop")]

#[path = "../../crates/adapters/tests/contract/mod.rs"]
mod contract;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use contract::{ANALYSER, Both, doc, documents, identity, query, write};
use e2e::http;
use e2e::qdrant::{Cluster, Node};
use serde_json::{Value, json};
use siren_adapters::qdrant::{QdrantSettings, QdrantStore};
use siren_domain::ports::{Among, IndexIdentity, IndexStore, PassageStore, Store, StoreError};
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
        contract::facets(&*fresh()).await;
        contract::removed(&*fresh()).await;
        contract::a_view_stays_what_it_is(&*fresh()).await;
        contract::copied(&*fresh(), &*fresh()).await;
    });
}

#[test]
fn one_node_keeps_the_contract() {
    let Some(node) = Node::alone("the contract of a store, one node") else { return };
    let (runtime, nodes) = (runtime(), [node.url()]);
    keeps_the_contract(&runtime, &|| Arc::new(fresh(&nodes, |_| {})));
    contract::found_as_the_reference_finds(&*fresh_dyn(&nodes), contract::CASES, &|searching| {
        runtime.block_on(searching)
    });
    contract::only_what_one_may_read(|| ((), fresh_dyn(&nodes)), contract::CASES, &runtime);
    runtime.block_on(async {
        one_writes_at_a_time(&nodes).await;
        an_index_of_another_make_is_not_searched(&nodes).await;
        what_a_writer_left_is_cleared(&nodes).await;
        copied_both_ways(&nodes).await;
        many_chunks_of_a_term(&nodes).await;
        indexes_are_made_by_whoever_comes_next(&node, &nodes).await;
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
    let fresh = || Arc::new(fresh(&nodes, spread));
    keeps_the_contract(&runtime, &fresh);
    contract::found_as_the_reference_finds(&*fresh(), FEW_CASES, &|searching| runtime.block_on(searching));
    contract::only_what_one_may_read(|| ((), fresh() as Arc<dyn Both>), FEW_CASES, &runtime);
    let mut settings = settings(nodes.clone(), "as-set");
    spread(&mut settings);
    runtime.block_on(collections_are_as_the_settings_say(&cluster.nodes[0], settings));
}

/// Cases of a law over a cluster, where each takes long.
const FEW_CASES: u32 = 3;

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

/// A machine that stood still while another process wrote and promoted does not put the pointer back when it goes on.
#[test]
fn who_lost_the_right_to_write_does_not_promote() {
    let Some(node) = Node::alone("the right to write is lost") else { return };
    let settings = settings(vec![node.url()], "lost");
    let (mine, theirs) = (also(&settings), also(&settings));
    // A runtime that nobody runs is a process that stands still.
    let stands_still = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    stands_still.block_on(write(&mine, None, &[doc("a", &["t"])]));
    let goes_on = runtime();
    goes_on.block_on(async {
        assert_eq!(write(&theirs, None, &[doc("b", &["t"])]).await.number, 2);
        theirs.promote(2).await.unwrap();
    });
    let Err(StoreError::Busy(told)) = stands_still.block_on(mine.promote(1)) else { panic!("it promotes") };
    assert!(told.contains("taken over"), "{told}");
    let live = goes_on.block_on(theirs.live()).unwrap().unwrap();
    assert_eq!(live.number, 2, "what was promoted meanwhile stays");
}

/// So many that no single answer can name them all.
async fn many_chunks_of_a_term(nodes: &[String]) {
    const CHUNKS: usize = 5_100;
    let store = fresh(nodes, |settings| settings.batch = 500);
    let docs = [doc("a", &["t"; CHUNKS]), doc("b", &["t u"; CHUNKS]), doc("c", &["v"]), doc("d", &["w"])];
    write(&store, None, &docs).await;
    let cases: [(&[&str], &[&str], usize); 4] = [
        (&["t"], &[], 2 * CHUNKS),
        (&["t", "v"], &["a", "d"], 2 * CHUNKS + 2),
        (&["u"], &[], CHUNKS),
        (&["v"], &["d"], 2),
    ];
    for (terms, documents, expected) in cases {
        let among = Among::Those {
            documents: documents.iter().map(|id| siren_domain::DocumentId::from_text(*id)).collect(),
            terms: terms.iter().map(|term| (*term).to_owned()).collect(),
        };
        let mut ids = std::collections::BTreeSet::new();
        let mut shown = 0;
        let mut count = |chunk: siren_domain::Chunk| {
            shown += 1;
            ids.insert(chunk.id);
        };
        store.chunks(1, &among, &mut count).await.unwrap();
        assert_eq!((shown, ids.len()), (expected, expected), "{terms:?} {documents:?}: each once");
    }
}

/// The collections of an index, with what Qdrant tells of each.
fn told_of(node: &Node, prefix: &str) -> BTreeMap<String, Value> {
    let address = node.http_address();
    let all = http::get(&address, "/collections").json()["result"]["collections"].clone();
    let names = all.as_array().unwrap().iter().filter_map(|one| one["name"].as_str());
    let ours = names.filter(|name| name.starts_with(prefix));
    let told = |name: &str| http::get(&address, &format!("/collections/{name}")).json()["result"].clone();
    ours.map(|name| (name.to_owned(), told(name))).collect()
}

/// Who is killed between making a collection and indexing its fields leaves one that whoever comes next must not take for
/// complete: filters would look at every chunk.
async fn indexes_are_made_by_whoever_comes_next(node: &Node, nodes: &[String]) {
    let copy = async |prefix: &str| {
        let store = also(&settings(nodes.to_vec(), prefix));
        let mut writer = store.begin_copy("the first").await.unwrap();
        doc("a", &["t"]).put(&mut *writer).await.unwrap();
        writer.finish(identity()).await.unwrap();
        store.promote(1).await.unwrap();
    };
    let indexed = |told: &Value| -> BTreeMap<String, Value> {
        let fields = told["payload_schema"].as_object().unwrap().iter();
        fields.map(|(field, about)| (field.clone(), about["data_type"].clone())).collect()
    };
    copy("whole").await;
    let whole = told_of(node, "whole-");
    assert_eq!(whole.len(), 2, "{whole:?}");
    for (name, told) in &whole {
        let path = format!("/collections/{}", name.replacen("whole", "left-off", 1));
        let made = http::json("PUT", &node.http_address(), &path, &told["config"]["params"]);
        assert_eq!(made.status, 200, "{made:?}");
    }
    copy("left-off").await;
    let after = told_of(node, "left-off-");
    for (name, told) in &whole {
        let other = &after[&name.replacen("whole", "left-off", 1)];
        assert!(indexed(told).len() >= 2, "{name}: {told:#}");
        assert_eq!(indexed(other), indexed(told), "{name}");
    }
}

/// What is set is what Qdrant is told, and with vectors on disk and as bytes the same is found.
async fn collections_are_as_the_settings_say(node: &Node, mut settings: QdrantSettings) {
    (settings.on_disk, settings.quantised) = (true, true);
    contract::found_by_meaning(&also(&settings)).await;
    let all = told_of(node, "as-set-");
    let chunks = all.iter().filter(|(name, _)| !name.ends_with("-meta"));
    let wanted = [
        ("/shard_number", json!(3)),
        ("/replication_factor", json!(2)),
        ("/write_consistency_factor", json!(2)),
        ("/on_disk_payload", json!(true)),
        ("/vectors/dense/on_disk", json!(true)),
        ("/vectors/dense/hnsw_config/on_disk", json!(true)),
        ("/vectors/dense/quantization_config/scalar/type", json!("int8")),
        ("/vectors/dense/quantization_config/scalar/always_ram", json!(true)),
        ("/sparse_vectors/terms/index/on_disk", json!(true)),
    ];
    let mut seen = 0;
    for (name, told) in chunks {
        seen += 1;
        for (place, value) in &wanted {
            let params = &told["config"]["params"];
            assert_eq!(params.pointer(place), Some(value), "{name}{place}: {params:#}");
        }
    }
    assert!(seen > 0, "{all:?}");
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
    store.discard().await.unwrap();
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
