//! Every command does with an index in Qdrant what it does with one in folders, and an index can move between them.

use e2e::process::{Running, wait_for};
use e2e::qdrant::Node;
use e2e::{Place, assert_tells, http};
use serde_json::{Value, json};

const NOTES: [(&str, &str); 3] = [
    ("store.md", "# 창고\n\n창고 비밀번호는 4821번이다.\n"),
    ("menu.md", "# 구내식당\n\n구내식당은 열한 시 반에 연다.\n"),
    ("secret.md", "---\naccess: [hr]\n---\n# 비상 금고\n\n비상 금고는 지하 3층 창고 옆에 있다.\n"),
];

/// Settings of a store in Qdrant.
fn settings(node: &Node, kind: &str) -> String {
    let source = "[[source]]\nkind = \"folder\"\npath = \"notes\"\n";
    format!("{source}[store]\nkind = \"{kind}\"\nurl = \"{}\"\npatience_s = 20\n", node.url())
}

fn place(node: &Node, kind: &str) -> Place {
    let place = Place::with_settings(&settings(node, kind));
    for (name, text) in NOTES {
        place.write(format!("notes/{name}"), text);
    }
    place
}

fn did(report: &Value) -> [&Value; 4] {
    ["added", "changed", "deleted", "unchanged"].map(|what| &report["documents"][what])
}

#[track_caller]
fn assert_answers(place: &Place, fact: &str) -> Value {
    let answer = place.ask("창고 비밀번호는 무엇인가요?");
    assert_tells("창고", answer["answer"].as_str().unwrap_or_default(), &[fact]);
    answer
}

#[test]
fn commands_work_on_qdrant() {
    let Some(node) = Node::alone("commands on Qdrant") else { return };
    let place = place(&node, "qdrant");
    place.siren(&["index", "show"]).exits(1);
    assert_eq!(did(&place.json(&["reindex", "--json"])), [&json!(3), &json!(0), &json!(0), &json!(0)]);
    let answer = assert_answers(&place, "4821");
    assert_eq!(answer["generation"], 1, "{answer:#}");
    assert_eq!(answer["citations"][0]["document_id"], "notes/store.md", "{answer:#}");
    assert!(!place.path(".siren/generations").exists(), "nothing of the index lies here");

    let secret = ["ask", "비상 금고는 어디에 있나요?", "--json"];
    let hidden = place.json(&secret).to_string();
    assert!(!hidden.contains("secret.md"), "{hidden}");
    let told = place.json(&[&secret[..], &["--groups", "hr"]].concat()).to_string();
    assert!(told.contains("지하 3층"), "{told}");

    assert_eq!(did(&place.json(&["reindex", "--json"])), [&json!(0), &json!(0), &json!(0), &json!(3)]);
    place.write("notes/store.md", "# 창고\n\n창고 비밀번호는 7153번이다.\n");
    std::fs::remove_file(place.path("notes/menu.md")).expect("a file");
    assert_eq!(did(&place.json(&["reindex", "--json"])), [&json!(0), &json!(1), &json!(1), &json!(1)]);
    assert_eq!(assert_answers(&place, "7153")["generation"], 2);

    let list = place.json(&["index", "list", "--json"]);
    let shown: Vec<_> = list["generations"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|g| (&g["number"], &g["live"], &g["documents"]))
        .collect();
    assert_eq!(shown, [(&json!(1), &json!(false), &json!(3)), (&json!(2), &json!(true), &json!(2))]);
    place.siren(&["index", "rollback"]).exits(0);
    assert_answers(&place, "4821");
    place.siren(&["index", "rollback", "2"]).exits(0);
    place.siren(&["index", "prune", "--keep", "1"]).exits(0);
    assert_eq!(place.json(&["index", "list", "--json"])["generations"].as_array().map(Vec::len), Some(1));
    assert_eq!(place.json(&["index", "show", "--json"])["documents"].as_array().map(Vec::len), Some(2));

    let server = place.serve();
    let answer = http::chat(server.address(), "창고 비밀번호는 무엇인가요?", false);
    assert_eq!(answer.status, 200, "{answer:#?}");
    assert_tells("served", &answer.body, &["7153"]);
    assert_eq!(http::get(server.address(), "/readyz").status, 200);
}

/// Corpora are scored in a store of the same kind, which leaves nothing behind.
#[test]
fn corpora_are_scored_on_qdrant() {
    let Some(node) = Node::alone("corpora on Qdrant") else { return };
    let place = place(&node, "qdrant");
    place.write("beir/corpus.jsonl", "{\"_id\":\"a\",\"title\":\"창고\",\"text\":\"창고 비밀번호는 4821번이다.\"}\n{\"_id\":\"b\",\"title\":\"식당\",\"text\":\"식당은 연다.\"}\n");
    place.write("beir/queries.jsonl", "{\"_id\":\"q\",\"text\":\"창고 비밀번호\"}\n");
    place.write("beir/qrels/test.tsv", "query-id\tcorpus-id\tscore\nq\ta\t1\n");
    let report = place.json(&["eval", "beir", "beir", "--json"]);
    assert!(report.to_string().contains("1.0"), "{report:#}");
    let left = http::get(&node.http_address(), "/collections").json();
    assert_eq!(left["result"]["collections"], json!([]), "{left:#}");
}

/// Points in the collection of the first generation.
fn chunks(address: &str) -> Option<u64> {
    let all = http::get(address, "/collections").json()["result"]["collections"].clone();
    let mut names = all.as_array()?.iter().filter_map(|one| one["name"].as_str());
    let name = names.find(|name| name.starts_with("siren-1-"))?;
    http::get(address, &format!("/collections/{name}")).json()["result"]["points_count"].as_u64()
}

#[test]
fn an_index_moves_there_and_back() {
    let Some(node) = Node::alone("an index moves") else { return };
    let place = place(&node, "embedded");
    for at in 0..400 {
        place.write(
            format!("notes/more/{at}.md"),
            format!("# 회의 {at}\n\n회의실 {at}호에서 모인다. 안건은 {} 이다.\n", at * 7),
        );
    }
    place.json(&["reindex", "--json"]);
    let before = assert_answers(&place, "4821");

    // Killed on the way: nothing is there that anybody could see, and the next try goes on with what has arrived.
    place.write("siren.toml", settings(&node, "embedded") + "batch = 4\nin_flight = 1\n");
    let copy = ["index", "copy", "--from", "embedded", "--to", "qdrant", "--json"];
    let mut running = Running::start(place.command(&copy));
    let address = node.http_address();
    wait_for("chunks that have arrived", || {
        assert!(running.ended().is_none(), "the copy was quicker than this test");
        (chunks(&address)? > 0).then_some(())
    });
    running.kill();
    let over = place.siren(&copy).exits(0).json();
    assert_eq!((&over["verified"], &over["to"]["documents"]), (&json!(true), &json!(403)), "{over:#}");
    let (before_it, all) = (over["already_there"].as_u64(), over["to"]["chunks"].as_u64());
    assert!(before_it > Some(0) && before_it < all, "it goes on with what has arrived: {over:#}");

    place.write("siren.toml", settings(&node, "qdrant"));
    let after = assert_answers(&place, "4821");
    for part in ["answer", "citations", "grounded"] {
        assert_eq!(before[part], after[part], "{part}");
    }
    let scores = |answer: &Value| -> Vec<(String, f64)> {
        let passages = answer["passages"].as_array().expect("passages").iter();
        let score = |one: &Value| (one["chunk_id"].to_string(), one["score"].as_f64().expect("a score"));
        passages.map(score).collect()
    };
    let (ours, theirs) = (scores(&before), scores(&after));
    // Sums of 32-bit floats, added in another order.
    let alike =
        |(a, b): (&(String, f64), &(String, f64))| a.0 == b.0 && (a.1 - b.1).abs() <= 1e-5 * a.1.abs();
    assert!(
        ours.len() == theirs.len() && ours.iter().zip(&theirs).all(alike),
        "both stores rank alike: {ours:?} {theirs:?}"
    );
    assert_eq!(
        did(&place.json(&["reindex", "--json"])),
        [&json!(0), &json!(0), &json!(0), &json!(403)],
        "known there too"
    );

    std::fs::remove_dir_all(place.path(".siren/generations")).expect("a folder");
    std::fs::remove_file(place.path(".siren/CURRENT")).expect("a file");
    place.siren(&["index", "copy", "--from", "qdrant", "--to", "embedded"]).exits(0);
    place.write("siren.toml", settings(&node, "embedded"));
    assert_eq!(scores(&assert_answers(&place, "4821")), scores(&before), "and back");
    place.siren(&["index", "copy", "--from", "embedded", "--to", "embedded"]).exits(2);
}

/// What is wrong is told with the setting that mends it; a key never shows.
#[test]
fn settings_of_qdrant_are_checked() {
    let cases = [
        ("kind = \"qdrant\"\nurl = \"\"", "store.url"),
        ("kind = \"qdrant\"\nurl = \"127.0.0.1:6334\"", "http://"),
        (
            "kind = \"qdrant\"\nurl = \"http://127.0.0.1:1\"\nreplicas = 1\nwrite_consistency = 2",
            "store.write_consistency",
        ),
        ("kind = \"qdrant\"\nurl = \"http://127.0.0.1:1\"\nprefix = \"a/b\"", "store.prefix"),
        (
            "kind = \"qdrant\"\nurl = \"http://127.0.0.1:1\"\napi_key = \"x\"\napi_key_file = \"y\"",
            "store.api_key_file",
        ),
        ("kind = \"postgres\"", "qdrant"),
    ];
    for (store, needle) in cases {
        let place = Place::with_settings(&format!("[store]\n{store}\n"));
        let ran = place.siren(&["index", "list"]).exits(2);
        assert_tells(store, &ran.stderr, &[needle, "siren.toml"]);
    }
    let place = Place::with_settings(
        "[store]\nkind = \"qdrant\"\nurl = \"http://127.0.0.1:1\"\napi_key = \"hush-hush\"\nconnect_timeout_s = 1\npatience_s = 1\n",
    );
    let shown =
        format!("{:?}{:?}", place.siren(&["config"]).exits(0), place.siren(&["index", "list"]).exits(1));
    assert!(!shown.contains("hush-hush"), "{shown}");
    assert_tells("nobody there", &shown, &["Qdrant"]);
}

/// A Qdrant that talks by TLS and asks for a key: what is wrong is told, and the key is nowhere to be read.
#[test]
fn a_qdrant_with_a_certificate_and_a_key() {
    const KEY: &str = "guarded-key-7421";
    let Some(node) = Node::guarded(KEY, "Qdrant by TLS") else { return };
    let certificate = node.certificate().display().to_string();
    let trusted = [("SSL_CERT_FILE", certificate.as_str())];
    let place = place(&node, "qdrant");
    let usual = place.read("siren.toml").replace("patience_s = 20", "patience_s = 2\ntimeout_s = 2");
    let with = |key: &str| place.write("siren.toml", format!("{usual}api_key = {key:?}\n"));

    with(KEY);
    place.siren_with(&trusted, &["reindex"]).exits(0);
    let told = place.siren_with(&trusted, &["ask", "창고 비밀번호는 무엇인가요?"]).exits(0);
    assert_tells("by TLS, with the key", &told.stdout, &["4821"]);

    let wrong = [
        ("another key", "another-key-1", certificate.as_str(), "store.api_key"),
        ("no key", "", certificate.as_str(), "store.api_key"),
        ("an unknown certificate", KEY, "", "Qdrant"),
    ];
    for (case, key, file, needle) in wrong {
        with(key);
        let ran =
            place.siren_with(&[("SSL_CERT_FILE", file)], &["ask", "창고 비밀번호는 무엇인가요?"]).exits(1);
        assert_tells(case, &ran.stderr, &[needle]);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!said.contains(KEY) && !said.contains("another-key-1"), "{case}: {said}");
    }
}
