//! PostgreSQL goes away while two replicas are asked, and comes back, or keeps its connections and says nothing: what a
//! person sees, and what is lost. A file that others read while something is deleted from it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use e2e::http::{get, json, send_as};
use e2e::postgres::Postgres;
use e2e::process::wait_for;
use e2e::servers::{Database, System};
use e2e::{Place, Server};
use serde_json::{Value, json};

const QUESTION: &str = "창고 비밀번호는 무엇인가요?";

/// Askers who never rest, and what they were told.
#[derive(Default)]
struct Told {
    over: AtomicBool,
    answers: Mutex<Vec<Value>>,
    /// What was no right answer.
    wrong: Mutex<Vec<String>>,
}

impl Told {
    fn ask(&self, server: &Server) {
        while !self.over.load(Ordering::Relaxed) {
            let asked = json!({ "question": QUESTION, "stream": false });
            let answer = json("POST", server.address(), "/api/ask", &asked);
            if answer.status == 200 && answer.body.contains("4821") {
                self.answers.lock().unwrap().push(answer.json());
            } else {
                self.wrong.lock().unwrap().push(format!("{answer:?}"));
            }
        }
    }

    fn count(&self, kept: bool) -> usize {
        self.answers.lock().unwrap().iter().filter(|answer| answer["kept"] == kept).count()
    }

    /// Waits for so many more answers that are kept, or are not.
    fn more(&self, count: usize, kept: bool) {
        let from = self.count(kept);
        wait_for("answers", || (self.count(kept) >= from + count).then_some(()));
    }
}

#[test]
fn postgres_is_restarted_while_it_is_asked() {
    let Some(mut postgres) = Postgres::own("PostgreSQL is restarted") else { return };
    let source = "[[source]]\nkind = \"folder\"\npath = \"notes\"\n";
    let place = Place::with_settings(&format!("{source}[state]\nurl = \"{}\"\n", postgres.url()));
    place.write("notes/store.md", "# 창고\n\n창고 비밀번호는 4821번이다.\n");
    place.siren(&["reindex"]).exits(0);
    let (one, two) = (place.serve(), place.serve());
    let told = Told::default();
    std::thread::scope(|scope| {
        for server in [&one, &two] {
            scope.spawn(|| told.ask(server));
        }
        told.more(20, true);
        postgres.stop_at_once();
        // Nobody waits for a database to be told what is in the index.
        told.more(2, false);
        let hidden = get(one.address(), "/api/conversations");
        assert_eq!((hidden.status, &hidden.json()["error"]["code"]), (503, &json!("state_unavailable")));
        assert!(!hidden.body.contains("127.0.0.1"), "{}", hidden.body);
        postgres.start();
        told.more(20, true);
        told.over.store(true, Ordering::Relaxed);
    });
    assert_eq!(*told.wrong.lock().unwrap(), [""; 0]);

    // What was said to be kept is there, for either replica.
    let answers = told.answers.into_inner().unwrap();
    for answer in answers.iter().filter(|answer| answer["kept"] == true) {
        let id = answer["conversation_id"].as_str().unwrap();
        for server in [&one, &two] {
            let conversation = get(server.address(), &format!("/api/conversations/{id}"));
            assert_eq!(conversation.status, 200, "{conversation:?}");
            assert_eq!(conversation.json()["turns"][0]["answer"], answer["answer"]);
        }
    }
}

/// Longer than a silent database is waited for, and much shorter than for ever.
const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_database_that_says_nothing_is_told_as_away() {
    let Some(database) = Database::create(System::Postgres, "a silent database") else { return };
    let source = "[[source]]\nkind = \"folder\"\npath = \"notes\"\n[auth]\napi_keys = true\n";
    let place = Place::with_settings(&format!("{source}[state]\nurl = \"{}\"\n", database.url()));
    place.write("notes/store.md", "# 창고\n\n창고 비밀번호는 4821번이다.\n");
    place.siren(&["reindex"]).exits(0);
    let key = place.json(&["keys", "create", "--json", "--name", "kim", "--roles", "reader,operator"]);
    let head = format!("Authorization: Bearer {}\r\n", key["key"].as_str().unwrap());
    let server = place.serve();
    let get = |path: &str| {
        let begun = Instant::now();
        let got = send_as("GET", server.address(), path, &head, b"");
        assert!(begun.elapsed() < SOON, "{path} took {:?}", begun.elapsed());
        (got.status, got.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let there = (200, String::new());
    assert_eq!(get("/api/conversations"), there);
    let locked = database.lock("conversations, jobs");
    for path in ["/api/conversations", "/api/admin/jobs"] {
        assert_eq!(get(path), (503, "state_unavailable".to_owned()), "{path}");
    }
    drop(locked);
    assert_eq!(get("/api/conversations"), there, "it speaks again");
    let locked = database.lock("api_keys");
    // More than the connections that there are.
    std::thread::scope(|scope| {
        let asked: Vec<_> = (0..12).map(|_| scope.spawn(|| get("/v1/models"))).collect();
        for asked in asked {
            assert_eq!(asked.join().unwrap(), (503, "identity_unavailable".to_owned()));
        }
    });
    drop(locked);
    wait_for("the keys", || (get("/v1/models") == there).then_some(()));
}
