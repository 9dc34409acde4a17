//! A slow way to the store, one that is cut, and clocks that differ: what a person sees.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use e2e::environment::server;
use e2e::link::Link;
use e2e::process::{Running, wait_for};
use e2e::qdrant::{Cluster, Node};
use e2e::{Place, assert_tells, http};

const QUESTION: &str = "창고 비밀번호는 무엇인가요?";

fn place() -> Place {
    let place = Place::empty();
    place.write("notes/store.md", "# 창고\n\n창고 비밀번호는 4821번이다.\n");
    place.write("notes/menu.md", "# 구내식당\n\n구내식당은 열한 시 반에 연다.\n");
    place
}

fn settings(urls: &str, timeout: u32) -> String {
    format!(
        "[[source]]\nkind = \"folder\"\npath = \"notes\"\n[store]\nkind = \"qdrant\"\nurl = \"{urls}\"\n\
         shards = 3\nreplicas = 2\nwrite_consistency = 2\ntimeout_s = {timeout}\nconnect_timeout_s = 2\npatience_s = 60\n"
    )
}

/// A node that answers late, but in time: slow answers, and right ones. So it is with writes.
#[test]
fn a_slow_node_is_waited_for() {
    const LATE: Duration = Duration::from_millis(500);
    let Some(cluster) = Cluster::of(3, "a slow node") else { return };
    let slow = Link::to(cluster.nodes[0].grpc_port(), LATE);
    let place = place();
    place.write("siren.toml", settings(&cluster.urls(), 5));
    place.siren(&["reindex"]).exits(0);
    place.write("siren.toml", settings(&slow.url(), 5));
    let server = place.serve();
    for turn in 0..3 {
        // Another question each time: no answer comes from what was kept.
        let question = format!("{QUESTION} {}", "네? ".repeat(turn));
        let began = Instant::now();
        let answer = http::chat(server.address(), &question, false);
        assert_eq!(answer.status, 200, "{answer:#?}");
        assert_tells("late, and right", &answer.body, &["4821"]);
        assert!(began.elapsed() >= LATE, "it went the slow way: {:?}", began.elapsed());
    }
    place.write("notes/store.md", "# 창고\n\n창고 비밀번호는 7153번이다.\n");
    let report = place.json(&["reindex", "--json"]);
    assert_eq!(report["documents"]["changed"], 1, "{report:#}");
    assert_tells("written the slow way", &http::chat(server.address(), QUESTION, false).body, &["7153"]);
    assert!(slow.passed() > 0);
}

/// The network between replica and store is cut: nobody is told, nothing comes through. Then it is mended.
#[test]
fn a_cut_network_is_told_and_mends_itself() {
    let Some(node) = Node::alone("a cut network") else { return };
    let link = Link::to(node.grpc_port(), Duration::ZERO);
    let place = place();
    let one = settings(&link.url(), 1).replace("replicas = 2\nwrite_consistency = 2", "replicas = 1");
    place.write("siren.toml", one);
    place.siren(&["reindex"]).exits(0);
    let server = place.serve();
    let right = |question: &str| {
        let answer = http::chat(server.address(), question, false);
        (answer.status == 200 && answer.body.contains("4821")).then_some(())
    };
    wait_for("an answer", || right(QUESTION));
    link.cut(true);
    let answer = http::chat(server.address(), "창고 비밀번호가 몇 번이죠?", false);
    assert_eq!(answer.status, 503, "{answer:#?}");
    assert_tells("cut", &answer.head.to_ascii_lowercase(), &["retry-after: "]);
    assert!(!answer.body.contains("127.0.0.1"), "addresses are for the log: {}", answer.body);
    assert_eq!(http::get(server.address(), "/healthz").status, 200, "it lives");
    link.cut(false);
    wait_for("an answer", || right("창고 비밀번호가 몇 번이죠?"));
}

/// A command whose machine is a day ahead: its clock of the day alone, for that is what an operator sets wrong.
fn a_day_ahead(place: &Place, library: &str, args: &[&str]) -> Command {
    let mut command = place.command(args);
    command.env("LD_PRELOAD", library).env("FAKETIME", "+1d").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command
}

/// The right to write knows no clock: a run that is a day ahead keeps it against one that is not, and the other way round.
#[test]
fn clocks_that_differ_by_a_day_are_no_matter() {
    let Some(library) = server("SIREN_TEST_FAKETIME", "clocks that differ") else { return };
    let Some(node) = Node::alone("clocks that differ") else { return };
    let slow = Link::to(node.grpc_port(), Duration::from_millis(200));
    let settings =
        |url: &str| settings(url, 20).replace("replicas = 2\nwrite_consistency = 2", "replicas = 1");
    let place = place();
    place.write("siren.toml", settings(&node.url()));
    place.siren(&["reindex"]).exits(0);
    for (turn, first_is_ahead) in [true, false].into_iter().enumerate() {
        // Only its clock can tell the first one's settings from the second's: it goes the slow way to write for long.
        place.write("slow.toml", settings(&slow.url()));
        let ahead = |args: &[&str], is_ahead: bool| match is_ahead {
            true => a_day_ahead(&place, &library, args),
            false => place.command(args),
        };
        let mut first = ahead(&["--config", "slow.toml", "reindex", "--full"], first_is_ahead);
        first.stdout(Stdio::null()).stderr(Stdio::null());
        let mut first = Running::start(first);
        let writes =
            || http::get(&node.http_address(), "/collections").body.contains(&format!("siren-{}-", turn + 2));
        wait_for("the first one writes", || (writes() || first.ended().is_some()).then_some(()));
        let second = ahead(&["reindex", "--full"], !first_is_ahead).output().expect("the second run");
        let told = String::from_utf8_lossy(&second.stderr).into_owned();
        assert_eq!(second.status.code(), Some(1), "two write at once: {told}");
        assert_tells("who writes", &told, &[&format!("process {}", first.id())]);
        assert!(first.wait().success(), "the first one goes on");
    }
    let place_today = place.ask(QUESTION).to_string();
    assert_tells("after", &place_today, &["4821"]);
}
