//! A cluster that loses nodes while it is asked and written: what a person sees, and when it is well again.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::Scope;

use e2e::process::{Running, wait_for};
use e2e::qdrant::{Cluster, Node};
use e2e::small_disk::SmallDisk;
use e2e::{Place, Server, assert_tells, http};
use serde_json::json;

const QUESTION: &str = "창고 비밀번호는 무엇인가요?";

fn place(urls: &str, replicas: u32, patience: u32) -> Place {
    let place = Place::with_settings(&format!(
        "[[source]]\nkind = \"folder\"\npath = \"notes\"\n[store]\nkind = \"qdrant\"\nurl = \"{urls}\"\n\
         shards = 3\nreplicas = {replicas}\ntimeout_s = 3\npatience_s = {patience}\nbatch = 16\n"
    ));
    place.write("notes/store.md", "# 창고\n\n창고 비밀번호는 4821번이다.\n");
    for at in 0..120 {
        place.write(format!("notes/more/{at}.md"), format!("# 회의 {at}\n\n회의실 {at}호에서 모인다.\n"));
    }
    place
}

/// Askers who never rest, and what they were told.
#[derive(Default)]
struct Asked {
    over: AtomicBool,
    answered: AtomicUsize,
    failed: AtomicUsize,
}

impl Asked {
    /// They ask until what is returned goes, also where a test stops in the middle.
    #[must_use]
    fn begin<'s>(&'s self, scope: &'s Scope<'s, '_>, servers: &'s [&Server]) -> Asking<'s> {
        for server in servers {
            scope.spawn(move || {
                while !self.over.load(Ordering::Relaxed) {
                    let answer = http::chat(server.address(), QUESTION, false);
                    let right = answer.status == 200 && answer.body.contains("4821");
                    if !right {
                        eprintln_harmless(&answer.body);
                    }
                    let count = if right { &self.answered } else { &self.failed };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Asking(&self.over)
    }

    /// Waits for so many more answers.
    fn more(&self, count: usize) {
        let from = self.answered.load(Ordering::Relaxed) + self.failed.load(Ordering::Relaxed);
        wait_for("answers", || {
            let now = self.answered.load(Ordering::Relaxed) + self.failed.load(Ordering::Relaxed);
            (now >= from + count).then_some(())
        });
    }
}

/// As long as it is there, askers ask.
struct Asking<'s>(&'s AtomicBool);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Into the test's own log.
#[expect(clippy::print_stderr, reason = "a failure is easier to understand with the answer that was wrong")]
fn eprintln_harmless(text: &str) {
    eprintln!("not an answer: {text}");
}

/// One node after another is lost and comes back, also the one that is asked: nobody notices but by the time it takes.
#[test]
fn a_node_is_lost_while_it_is_asked_and_written() {
    let Some(mut cluster) = Cluster::of(3, "a node is lost") else { return };
    let place = place(&cluster.urls(), 3, 60);
    // As compose and Kubernetes have it: two of three copies must have a write.
    place.write("siren.toml", place.read("siren.toml") + "write_consistency = 2\n");
    place.siren(&["reindex"]).exits(0);
    let (one, two) = (place.serve(), place.serve());
    let (asked, servers) = (Asked::default(), [&one, &two]);
    std::thread::scope(|scope| {
        let _asking = asked.begin(scope, &servers);
        asked.more(10);
        for at in 0..3 {
            cluster.nodes[at].kill();
            asked.more(10);
            cluster.nodes[at].start();
            wait_until_whole(&cluster);
        }
        cluster.nodes[1].stand_still(true);
        asked.more(6);
        cluster.nodes[1].stand_still(false);
        asked.more(6);
    });
    assert_eq!(asked.failed.load(Ordering::Relaxed), 0, "of {}", asked.answered.load(Ordering::Relaxed));

    // The node that orders the writes is lost while a generation is written: the others go on, and nothing is missing.
    wait_until_whole(&cluster);
    let leader = leader(&cluster, "siren-meta");
    let mut command = place.command(&["reindex", "--full"]);
    // Its complaints are this test's own.
    command.stdout(Stdio::null());
    let mut run = Running::start(command);
    let address = cluster.nodes[0].http_address();
    wait_for("chunks on the way", || {
        let there = http::get(&address, "/collections").json()["result"]["collections"].to_string();
        (there.contains("siren-2-") || run.ended().is_some()).then_some(())
    });
    cluster.nodes[leader].kill();
    assert!(run.wait().success(), "{}", cluster.nodes[(leader + 1) % 3].log());
    cluster.nodes[leader].start();
    let shown = place.json(&["index", "show", "--json"]);
    assert_eq!((&shown["generation"]["number"], &shown["generation"]["documents"]), (&json!(2), &json!(121)));
    let answer = http::chat(one.address(), QUESTION, false);
    assert_tells("after the reindex", &answer.body, &["4821"]);
}

/// Which node a strong write order would wait for: of those that have a copy, the one with the highest id.
fn leader(cluster: &Cluster, collection: &str) -> usize {
    let copy = |at: &usize| {
        let path = format!("/collections/{collection}/cluster");
        let about = http::get(&cluster.nodes[*at].http_address(), &path).json()["result"].clone();
        let copies = about["local_shards"].as_array().map_or(0, Vec::len);
        if copies > 0 { about["peer_id"].as_u64() } else { None }
    };
    (0..cluster.nodes.len()).max_by_key(copy).unwrap_or_default()
}

/// All shards have all their copies again.
fn wait_until_whole(cluster: &Cluster) {
    for node in &cluster.nodes {
        let address = node.http_address();
        wait_for("whole shards", || {
            let collections = http::get(&address, "/collections").json()["result"]["collections"].clone();
            let whole = |name: &str| {
                let about = http::get(&address, &format!("/collections/{name}/cluster")).body;
                !["Dead", "Partial", "Recovery", "Initializing", "Listener"]
                    .iter()
                    .any(|bad| about.contains(bad))
            };
            let names = collections.as_array()?.iter().filter_map(|one| one["name"].as_str());
            names.into_iter().all(whole).then_some(())
        });
    }
}

/// With two of three nodes gone there is no honest answer: a clear 503 that says when to try again, and it mends itself.
#[test]
fn most_nodes_are_lost() {
    let Some(mut cluster) = Cluster::of(3, "most nodes are lost") else { return };
    let place = place(&cluster.urls(), 2, 60);
    place.siren(&["reindex"]).exits(0);
    let server = place.serve();
    assert_tells("before", &http::chat(server.address(), QUESTION, false).body, &["4821"]);
    cluster.nodes[0].kill();
    cluster.nodes[1].kill();
    let answer = http::chat(server.address(), QUESTION, false);
    assert_eq!(answer.status, 503, "{answer:#?}");
    assert_tells("two of three are gone", &answer.head.to_ascii_lowercase(), &["retry-after: "]);
    assert!(!answer.body.contains("127.0.0.1"), "addresses are for the log: {}", answer.body);
    assert_eq!(http::get(server.address(), "/healthz").status, 200, "it lives");
    cluster.nodes[0].start();
    cluster.nodes[1].start();
    wait_for("an answer", || {
        let answer = http::chat(server.address(), QUESTION, false);
        (answer.status == 200 && answer.body.contains("4821")).then_some(())
    });
}

/// A node's disk is full while a generation is written: people are answered all the while, the run says how it ended, and
/// once there is room again the next one succeeds.
#[test]
fn a_disk_is_full_while_a_generation_is_written() {
    let Some(disk) = SmallDisk::of(64, "a full disk") else { return };
    let small = tempfile::tempdir_in(disk.path()).expect("a folder on the small disk");
    let folder = || tempfile::tempdir().expect("a temporary folder");
    let Some(mut cluster) = Cluster::in_folders(vec![folder(), folder(), small], "a full disk") else {
        return;
    };
    let place = place(&cluster.urls(), 2, 10);
    place.siren(&["reindex"]).exits(0);
    let (one, two) = (place.serve(), place.serve());
    let (asked, servers) = (Asked::default(), [&one, &two]);
    std::thread::scope(|scope| {
        let _asking = asked.begin(scope, &servers);
        asked.more(5);
        disk.fill();
        let ran = place.siren(&["reindex", "--full"]);
        assert!(matches!(ran.code, Some(0 | 1)), "{ran:#?}");
        if ran.code == Some(1) {
            assert_tells("why not", &ran.stderr, &["Qdrant"]);
        }
        assert!(
            !ran.stderr.contains("still builds"),
            "nobody waits for the node that heard nothing: {ran:#?}"
        );
        asked.more(5);
        disk.free();
        cluster.nodes[2].kill();
        cluster.nodes[2].start();
        place.siren(&["reindex", "--full"]).exits(0);
        asked.more(5);
    });
    assert_eq!(asked.failed.load(Ordering::Relaxed), 0, "of {}", asked.answered.load(Ordering::Relaxed));
}

/// The only node is lost while a generation is written: what is served stays, and the next run succeeds.
#[test]
fn a_reindex_that_breaks_off_leaves_the_old_index() {
    let Some(mut node) = Node::alone("a node is lost for good") else { return };
    let place = place(&node.url(), 1, 3);
    place.siren(&["reindex"]).exits(0);
    let mut command = place.command(&["reindex", "--full"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut run = Running::start(command);
    let address = node.http_address();
    wait_for("chunks on the way", || {
        let there = http::get(&address, "/collections").json()["result"]["collections"].to_string();
        (there.contains("siren-2-") || run.ended().is_some()).then_some(())
    });
    node.kill();
    let ended = run.wait();
    node.start();
    if !ended.success() {
        assert_eq!(place.ask(QUESTION)["generation"], 1, "what was served is served");
    }
    let report = place.siren(&["reindex", "--full", "--json"]).exits(0).json();
    assert_eq!(report["documents"]["failed"], 0, "{report:#}");
    assert_tells("after", &place.ask(QUESTION).to_string(), &["4821"]);
}
