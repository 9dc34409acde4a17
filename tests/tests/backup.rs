//! What was saved can be brought back, into folders or into Qdrant, and a backup that was damaged is refused.
#![expect(clippy::expect_used, reason = "a test that cannot go on should stop")]

use e2e::qdrant::Node;
use e2e::{Place, assert_tells, http};
use serde_json::{Value, json};

const QUESTION: &str = "창고 비밀번호는 무엇인가요?";

fn saved() -> Place {
    let place = Place::with_notes();
    place.write("notes/store.md", "# 창고\n\n창고 비밀번호는 4821번이다.\n");
    place.write("notes/menu.md", "# 구내식당\n\n구내식당은 열한 시 반에 연다.\n");
    place.json(&["reindex", "--json"]);
    place
}

#[track_caller]
fn told(place: &Place) -> [Value; 2] {
    let answer = place.ask(QUESTION);
    assert_tells("the fact", answer["answer"].as_str().unwrap_or_default(), &["4821"]);
    ["answer", "citations"].map(|part| answer[part].clone())
}

/// What a new index is held to, and the other names of things: files that the settings name.
const NAMED: &str = "[eval]\ngate = \"suite\"\n[retrieval]\naliases = \"names/aliases.tsv\"\n";
const SUITE: &str = r#"{"_id": "store", "text": "창고 비밀번호는 무엇인가요?", "lang": "ko", "relevant": {"notes/store.md": 1}, "facts": [["4821"]]}
"#;

/// A place with all that can be saved: also a gate, a key, and a conversation of this id.
fn saved_with_state() -> (Place, String) {
    let place = saved();
    place.write("siren.toml", place.read("siren.toml") + NAMED);
    place.write("suite/suite.toml", "schema = 1\nname = \"s\"\ndescription = \"d\"\n");
    place.write("suite/questions.jsonl", SUITE);
    place.write("names/aliases.tsv", "창고\t물품 보관소\n");
    place.siren(&["reindex", "--full"]).exits(0);
    place.siren(&["keys", "create", "--name", "batch"]).exits(0);
    let server = place.serve();
    let asked = json!({ "question": QUESTION, "stream": false });
    let answer = http::json("POST", server.address(), "/api/ask", &asked).json();
    assert_eq!(answer["kept"], true, "{answer:#}");
    server.terminate();
    (place, answer["conversation_id"].as_str().expect("an id").to_owned())
}

fn conversation(place: &Place, id: &str) -> Value {
    let server = place.serve();
    let found = http::get(server.address(), &format!("/api/conversations/{id}"));
    assert_eq!(found.status, 200, "{found:?}");
    server.terminate();
    found.json()
}

fn gate(place: &Place) -> Value {
    let list = place.json(&["index", "list", "--json"]);
    let generations = list["generations"].as_array().expect("a list").clone();
    generations.into_iter().find(|one| one["live"] == true).expect("a live one")["gate"].clone()
}

#[test]
fn a_backup_brings_everything_back() {
    let (place, id) = saved_with_state();
    let before =
        (told(&place), conversation(&place, &id), gate(&place), place.json(&["keys", "list", "--json"]));
    assert_eq!(before.2["outcome"], "passed", "{}", before.2);
    let manifest = place.json(&["backup", "saved", "--json"]);
    for file in [
        "generation.json",
        "documents.jsonl",
        "chunks.jsonl",
        "records.jsonl",
        "conflicts.json",
        "gate.json",
        "state.sqlite",
        "settings.toml",
        "named.json",
        "named/eval.gate/questions.jsonl",
        "named/retrieval.aliases",
    ] {
        assert!(manifest["files"][file]["blake3"].is_string(), "{file}: {manifest:#}");
    }
    place.siren(&["backup", "saved"]).exits(2);
    let refused = place.siren(&["restore", "saved"]).exits(2);
    assert_tells("an index is there", &refused.stderr, &["--force", "generation 2"]);

    // Everything is lost, and what it was made from as well.
    for folder in [".siren", "notes", "suite", "names"] {
        std::fs::remove_dir_all(place.path(folder)).expect("a folder");
    }
    std::fs::remove_file(place.path("siren.toml")).expect("a file");
    let report = place.json(&["restore", "saved", "--json"]);
    assert_eq!(report["generation"]["documents"], 2, "{report:#}");
    assert_eq!(place.names("suite"), ["questions.jsonl", "suite.toml"], "{report:#}");
    let now =
        (told(&place), conversation(&place, &id), gate(&place), place.json(&["keys", "list", "--json"]));
    assert_eq!(now, before);
    let again = place.json(&["restore", "saved", "--force", "--json"]);
    assert_eq!(place.live(), 2, "the one before can be gone back to");
    assert_tells(
        "what was there",
        &again["notes"].to_string(),
        &["state.sqlite.before-", "siren.toml stays"],
    );
}

/// A server would go on writing to a file that nobody reads any more.
#[test]
fn nothing_is_restored_under_a_server_that_runs() {
    let (place, id) = saved_with_state();
    place.siren(&["backup", "saved"]).exits(0);
    let server = place.serve();
    let read = || http::get(server.address(), &format!("/api/conversations/{id}")).status;
    assert_eq!(read(), 200);
    let refused = place.siren(&["restore", "saved", "--force"]).exits(1);
    assert_tells("it runs", &refused.stderr, &["state.sqlite", "in use"]);
    assert_eq!((place.live(), read()), (2, 200), "nothing was changed");
    server.terminate();
    place.siren(&["restore", "saved", "--force"]).exits(0);
    assert_eq!(place.live(), 3);
}

/// What is in PostgreSQL is saved by PostgreSQL's own means; a file that lies here from before is not it.
#[test]
fn a_state_in_postgres_is_told_and_not_saved() {
    let (place, _) = saved_with_state();
    place.siren(&["backup", "file"]).exits(0);
    let elsewhere = "[state]\nurl = \"postgres://nobody@127.0.0.1:1/none\"\n";
    place.write("siren.toml", place.read("siren.toml") + elsewhere);
    let manifest = place.json(&["backup", "server", "--json"]);
    assert_eq!(manifest["files"]["state.sqlite"], Value::Null, "{manifest:#}");
    assert_tells("the notes", &manifest["notes"].to_string(), &["PostgreSQL", "pg_dump"]);
    std::fs::remove_file(place.path(".siren/state.sqlite")).expect("a file");
    let report = place.json(&["restore", "file", "--force", "--json"]);
    assert_tells("the notes", &report["notes"].to_string(), &["PostgreSQL", "not restored"]);
    assert!(!place.path(".siren/state.sqlite").exists());
}

/// What comes out otherwise than it was saved is not served, nor left where somebody may go back to it.
#[test]
fn what_differs_after_a_restore_is_taken_out_again() {
    let place = saved();
    let about = place.read(".siren/generations/1/generation.json");
    let more = about.replacen("\"chunks\": 2", "\"chunks\": 3", 1);
    assert_ne!(about, more);
    place.write(".siren/generations/1/generation.json", more);
    place.siren(&["backup", "saved"]).exits(0);
    place.write(".siren/generations/1/generation.json", about);
    let refused = place.siren(&["restore", "saved", "--force"]).exits(1);
    assert_tells(
        "it differs",
        &refused.stderr,
        &["differs", "how many documents or chunks", "removed again"],
    );
    assert_eq!((place.live(), place.names(".siren/generations")), (1, vec!["1".to_owned()]));
}

#[test]
fn a_damaged_backup_is_refused() {
    let place = saved();
    place.siren(&["backup", "saved"]).exits(0);
    let whole = place.read("saved/chunks.jsonl");
    let manifest = place.read("saved/manifest.json");
    let cases = [
        ("a changed byte", "chunks.jsonl", whole.replacen("4821", "4822", 1), "chunks.jsonl"),
        ("a missing end", "chunks.jsonl", whole[..whole.len() / 2].to_owned(), "chunks.jsonl"),
        (
            "another format",
            "manifest.json",
            manifest.replacen("\"format\": 1", "\"format\": 9", 1),
            "format 9",
        ),
        ("no manifest", "manifest.json", "{".into(), "manifest.json"),
        (
            "a name that leads out",
            "manifest.json",
            manifest.replacen("\"chunks.jsonl\"", "\"../siren.toml\"", 1),
            "siren.toml",
        ),
    ];
    for (case, file, content, needle) in cases {
        place.write(format!("saved/{file}"), content);
        let ran = place.siren(&["restore", "saved", "--force"]).exits(1);
        assert_tells(case, &ran.stderr, &[needle]);
        assert_eq!(place.live(), 1, "{case}: nothing was changed");
        place.write("saved/chunks.jsonl", &whole);
        place.write("saved/manifest.json", &manifest);
    }
    place.siren(&["restore", "nowhere"]).exits(2);
}

#[test]
fn a_backup_of_folders_can_be_restored_into_qdrant() {
    let Some(node) = Node::alone("a backup into Qdrant") else { return };
    let place = saved();
    let before = told(&place);
    place.siren(&["backup", "saved"]).exits(0);
    let settings = place.read("siren.toml");
    place.write("siren.toml", format!("{settings}[store]\nkind = \"qdrant\"\nurl = \"{}\"\n", node.url()));
    place.siren(&["restore", "saved"]).exits(0);
    assert_eq!(told(&place), before);
    assert_eq!(place.json(&["index", "list", "--json"])["generations"][0]["live"], json!(true));
    place.siren(&["backup", "again"]).exits(0);
    assert_eq!(place.read("again/documents.jsonl"), place.read("saved/documents.jsonl"));
}

/// The point of a generation in Qdrant's meta collection, as one of another form would be.
fn age_in_qdrant(node: &Node) {
    let address = node.http_address();
    let body = json!({ "filter": { "must": [{ "key": "kind", "match": { "value": "generation" } }] }, "with_payload": true });
    let found =
        http::post(&address, "/collections/siren-meta/points/scroll", body.to_string().as_bytes()).json();
    let point = &found["result"]["points"][0];
    let about = point["payload"]["json"]
        .as_str()
        .expect("what is known of it")
        .replace("\"format\":6", "\"format\":5");
    let body = json!({ "payload": { "json": about }, "points": [point["id"]] });
    let done =
        http::post(&address, "/collections/siren-meta/points/payload?wait=true", body.to_string().as_bytes());
    assert_eq!(done.status, 200, "{done:#?}");
}

/// An index that an older version has made is refused with the remedy, and the remedy works.
#[test]
fn an_index_of_an_older_form_is_made_anew() {
    let node = Node::alone("an index of an older form in Qdrant");
    for kind in ["embedded", "qdrant"] {
        let place = saved();
        if kind == "qdrant" {
            let Some(node) = &node else { continue };
            let settings = place.read("siren.toml");
            place.write(
                "siren.toml",
                format!("{settings}[store]\nkind = \"qdrant\"\nurl = \"{}\"\n", node.url()),
            );
            place.siren(&["reindex"]).exits(0);
            age_in_qdrant(node);
        } else {
            let about = place.read(".siren/generations/1/generation.json");
            assert!(about.contains("\"format\": 6"), "{about}");
            place.write(
                ".siren/generations/1/generation.json",
                about.replace("\"format\": 6", "\"format\": 5"),
            );
        }
        let refused = place.siren(&["ask", QUESTION]).exits(1);
        assert_tells(kind, &refused.stderr, &["format 5", "siren reindex"]);
        let report = place.json(&["reindex", "--json"]);
        assert_eq!(report["documents"]["unchanged"], 0, "{kind}: {report:#}");
        told(&place);
        place.siren(&["index", "rollback", "1"]).exits(0);
        assert_tells(kind, &place.siren(&["ask", QUESTION]).exits(1).stderr, &["siren reindex"]);
    }
}
