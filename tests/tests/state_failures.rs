//! PostgreSQL goes away while two replicas are asked, and comes back, or keeps its connections and says nothing, or one of
//! the replicas goes: what a person sees, and what is lost. A file that others read while something is deleted from it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use e2e::http::{chat, get, json, send_as};
use e2e::model_server::{ModelServer, Reply};
use e2e::postgres::Postgres;
use e2e::process::{PATIENCE, wait_for};
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

fn place(postgres: &Postgres) -> Place {
    let source = "[[source]]\nkind = \"folder\"\npath = \"notes\"\n";
    let place = Place::with_settings(&format!("{source}[state]\nurl = \"{}\"\n", postgres.url()));
    place.write("notes/store.md", "# 창고\n\n창고 비밀번호는 4821번이다.\n");
    place.siren(&["reindex"]).exits(0);
    place
}

#[test]
fn postgres_is_restarted_while_it_is_asked() {
    let Some(mut postgres) = Postgres::own("PostgreSQL is restarted") else { return };
    let place = place(&postgres);
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

/// A model's words: a sentence that is told at once, and one that never ends.
const SAID: &str = "창고 비밀번호는 4821번이다 [1]. 창고 비밀번호는 4821번이다 [1]. 그리고 ";

fn serve_with(place: &Place, model: &ModelServer) -> Server {
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("SIREN_LLM_BASE_URL", model.url()).env("SIREN_LLM_MODEL", "small");
    Server::start(command)
}

/// A question whose answer streams; read until it has begun.
fn streaming(address: &str) -> TcpStream {
    let body =
        json!({ "model": "siren", "stream": true, "messages": [{ "role": "user", "content": QUESTION }] });
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\n";
    write!(stream, "{head}Host: {address}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&seen).contains("data: ") {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "it ended: {}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&buffer[..count]);
    }
    stream
}

/// Of two replicas one is killed while it streams. Its answers break off so that every client sees it: there is no end of
/// the stream, and no `[DONE]`. Whatever it had acknowledged is with the other one.
#[test]
fn a_replica_is_killed_in_mid_stream() {
    let Some(postgres) = Postgres::own("a replica is killed in mid-stream") else { return };
    let place = place(&postgres);
    let (stalls, says) = (Reply::Stalls(SAID.to_owned()), Reply::Says(SAID.replace(" 그리고 ", "")));
    let (stalls, says) = (ModelServer::start(stalls), ModelServer::start(says));
    let (one, two) = (serve_with(&place, &stalls), serve_with(&place, &says));
    let asked = json!({ "question": QUESTION, "stream": false });
    let answer = json("POST", two.address(), "/api/ask", &asked).json();
    assert_eq!(answer["kept"], true, "{answer:#}");
    let said = json!({ "answer_id": answer["answer_id"], "thumb": "down", "reason": "짧다" });
    assert_eq!(json("POST", one.address(), "/api/feedback", &said).status, 204);

    let streams: Vec<TcpStream> = (0..4).map(|_| streaming(one.address())).collect();
    wait_for("the model's words", || (stalls.asked().len() >= streams.len()).then_some(()));
    // Dropped is killed, without a warning.
    drop(one);
    for mut stream in streams {
        let mut rest = Vec::new();
        // It may be told as a reset or as an end.
        let _broken = stream.read_to_end(&mut rest);
        let rest = String::from_utf8_lossy(&rest);
        assert!(!rest.contains("[DONE]") && !rest.ends_with("0\r\n\r\n"), "it looks whole: {rest}");
    }
    let answer = chat(two.address(), QUESTION, true);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.contains("4821") && answer.body.contains("[DONE]"), "{}", answer.body);
    let feedback = get(two.address(), "/api/admin/feedback");
    assert!(feedback.body.contains("짧다"), "what the other one had acknowledged: {feedback:?}");
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
