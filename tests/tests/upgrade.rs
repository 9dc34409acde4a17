//! What the release before has left is opened by this one, or refused with the remedy: an index, and a state.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::path::Path;

use e2e::servers::{Database, System};
use e2e::{Place, assert_tells, http, repository};
use serde_json::{Value, json};

const QUESTION: &str = "창고 비밀번호는 무엇인가요?";
/// Tables as they were at first. What was released is never changed.
const FIRST: &str = include_str!("../../crates/adapters/src/state/migrations/0001_first.sql");
/// However old the fixtures are by now.
const KEPT: &str = "[state]\nconversation_days = 36500\naudit_days = 36500\n";
const ROWS: &str = include_str!("../fixtures/previous/state.sql");

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The notes and the index that the release before has left, with more settings.
fn left(more: &str) -> Place {
    let place = Place::with_settings(&format!("[[source]]\nkind = \"folder\"\npath = \"notes\"\n{more}"));
    let previous = repository().join("tests/fixtures/previous");
    copy(&previous.join("notes"), &place.path("notes"));
    copy(&previous.join("index"), &place.path(".siren"));
    place
}

#[test]
fn an_index_of_the_release_before_is_searched_or_refused_with_the_remedy() {
    let place = left("");
    let asked = place.siren(&["ask", QUESTION, "--json"]);
    if asked.code == Some(0) {
        assert_eq!(asked.json()["generation"], 1, "as it is: {asked:#?}");
        // A release that reads documents in another way reads them anew; none is lost to it.
        let counts = &place.json(&["reindex", "--json"])["documents"];
        assert!(counts["unchanged"] == 3 || counts["added"] == 3, "{counts:#}");
    } else {
        assert_tells("the remedy", &asked.exits(1).stderr, &["siren reindex"]);
        place.siren(&["reindex"]).exits(0);
    }
    assert_tells("the answer", place.ask(QUESTION)["answer"].as_str().unwrap(), &["4821"]);
    let hidden = place.ask("비상 금고는 어디에 있나요?").to_string();
    assert!(!hidden.contains("지하 3층"), "who may read what is as it was: {hidden}");
}

/// Everything that was remembered is there, whoever asks for it.
fn remembers(place: &Place, journey: &str) {
    // An index that another analyser made is refused until then.
    place.siren(&["reindex"]).exits(0);
    let keys = place.json(&["keys", "list", "--json"]).to_string();
    assert_tells(journey, &keys, &["batch", "hr", "auditor"]);
    let server = place.serve();
    let read = |path: &str| -> Value {
        let read = http::get(server.address(), path);
        assert_eq!(read.status, 200, "{journey}: {path}: {read:?}");
        read.json()
    };
    let all = read("/api/conversations").to_string();
    let id = all.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let conversation = read(&format!("/api/conversations/{id}")).to_string();
    assert_tells(journey, &conversation, &[QUESTION, "4821", "notes/store.md"]);
    for (path, needle) in
        [("/api/admin/feedback", "짧다"), ("/api/admin/jobs", "reindex"), ("/api/admin/audit", "ask")]
    {
        assert_tells(&format!("{journey}: {path}"), &read(path).to_string(), &[needle]);
    }
    // And it goes on from there.
    let asked = json!({ "question": QUESTION, "conversation_id": id, "stream": false });
    let answer = http::json("POST", server.address(), "/api/ask", &asked).json();
    assert_eq!((&answer["kept"], &answer["conversation_id"]), (&json!(true), &json!(id)), "{answer:#}");
}

fn script(numbered: &str) -> String {
    let versions =
        "create table schema_version (version bigint primary key);\ninsert into schema_version values (1);\n";
    format!("{versions}{}\n{ROWS}", FIRST.replace("{NUMBERED}", numbered))
}

#[test]
fn a_state_of_the_first_form_is_opened_from_its_file() {
    let place = left(KEPT);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let file = format!("sqlite:{}?mode=rwc", place.path(".siren/state.sqlite").display());
    runtime.block_on(async {
        use sqlx::{AssertSqlSafe, Connection, raw_sql, sqlite::SqliteConnection};
        let mut connection = SqliteConnection::connect(&file).await.unwrap();
        let script = AssertSqlSafe(script("integer primary key autoincrement"));
        raw_sql(script).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
    remembers(&place, "SQLite");
}

#[test]
fn a_state_of_the_first_form_is_opened_from_postgres() {
    let Some(database) = Database::create(System::Postgres, "a state of the first form") else { return };
    database.run(&script("bigint generated always as identity primary key"));
    remembers(&left(&format!("{KEPT}url = \"{}\"\n", database.url())), "PostgreSQL");
}
