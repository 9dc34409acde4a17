//! What operators do and what it leaves behind, who pays, and how much is done at once.
#![expect(clippy::expect_used, reason = "a test that cannot go on should stop")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use e2e::database::{self, content_of_file};
use e2e::http::{Response, get, post, request, send_as};
use e2e::model_server::{ModelServer, Reply};
use e2e::process::wait_for;
use e2e::{Place, Server, assert_tells};
use serde_json::{Value, json};

const SOURCE: &str = "[[source]]\nkind = \"folder\"\npath = \"notes\"\n";
const CLOSED: &str = "[auth]\napi_keys = true\n";
const NOTE: &str = "# 점검 안내\n\n정기 점검은 매주 화요일 오전에 한다.\n";
const WHEN: &str = "정기 점검은 언제 하나요?";
const TRUE: &str = "정기 점검은 매주 화요일 오전에 한다 [1].";
/// So many that a reindex takes its time.
const MANY: usize = 3_000;

fn place(settings: &str) -> Place {
    let place = Place::with_settings(&format!("{settings}{SOURCE}"));
    place.write("notes/check.md", NOTE);
    place.siren(&["reindex"]).exits(0);
    place
}

fn add_many(place: &Place) {
    for n in 0..MANY {
        place.write(
            format!("notes/many/{n}.md"),
            format!("# 장비 {n}\n\n장비 {n}번은 {}팀이 맡는다.\n", n % 97),
        );
    }
}

/// What a request's head says of whoever has this new key.
fn head(place: &Place, args: &[&str]) -> String {
    let made = place.json(&[&["keys", "create", "--json"], args].concat());
    format!("Authorization: Bearer {}\r\n", made["key"].as_str().expect("a key"))
}

fn send(server: &Server, head: &str, path: &str, body: &Value) -> Response {
    let head =
        format!("{head}Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n");
    send_as("POST", server.address(), path, &head, body.to_string().as_bytes())
}

fn asked(server: &Server, head: &str) -> Value {
    let answer = send(server, head, "/api/ask", &json!({ "question": WHEN, "stream": false }));
    assert_eq!(answer.status, 200, "{answer:#?}");
    answer.json()
}

fn tool(name: &str, arguments: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": name, "arguments": arguments } })
}

#[test]
fn what_operators_do_is_written_down() {
    let place = place(CLOSED);
    add_many(&place);
    let ops = head(&place, &["--name", "ops", "--roles", "reader,operator"]);
    let server = place.serve();
    let answer = asked(&server, &ops)["answer_id"].as_str().expect("an id").to_owned();
    let none = json!({});
    assert_eq!(send(&server, &ops, &format!("/api/answers/{answer}/replay"), &none).status, 200);
    let job = send(&server, &ops, "/api/admin/reindex", &json!({ "full": true }));
    let job = job.json()["job_id"].as_str().expect("a job").to_owned();
    assert_eq!(send(&server, &ops, &format!("/api/admin/jobs/{job}/cancel"), &none).status, 202);
    wait_for("the job's end", || {
        let job = request("GET", server.address(), &format!("/api/admin/jobs/{job}"), &ops).json();
        (job["state"] != "running").then_some(())
    });
    assert_eq!(send(&server, &ops, "/api/admin/generations/1/promote", &none).status, 200);
    assert_eq!(send(&server, &ops, "/api/admin/generations/77/promote", &none).status, 404);
    assert_eq!(send(&server, &ops, "/api/admin/rules/reload", &none).status, 200);
    let by_tool = send(&server, &ops, "/mcp", &tool("ask", &json!({ "question": WHEN })));
    assert_tells("the tool", &by_tool.body, &["화요일"]);

    let done = [
        ("ask", "answered", Some(answer.as_str())),
        ("replay", "done", Some(&answer)),
        ("reindex", "done", Some(&job)),
        ("cancel", "done", Some(&job)),
        ("promote", "done", Some("1")),
        ("promote", "failed: not_found", Some("77")),
        ("reload_rules", "done", None),
        ("ask", "answered", None),
    ];
    let entries = wait_for("the last entry", || {
        let audit = request("GET", server.address(), "/api/admin/audit?principal=ops&limit=100", &ops).json();
        let entries = audit["entries"].as_array().cloned().unwrap_or_default();
        (entries.len() >= done.len()).then_some(entries)
    });
    for (entry, (action, outcome, subject)) in entries.iter().rev().zip(done) {
        assert_eq!((&entry["action"], &entry["outcome"]), (&json!(action), &json!(outcome)), "{entries:#?}");
        assert!(subject.is_none_or(|subject| entry["subject"] == subject), "{action}: {entry:#}");
        assert!(entry["detail"].as_str().is_some_and(|detail| detail.starts_with("by key:")), "{entry:#}");
    }
    assert_eq!(entries[0]["cited"], json!(["notes/check.md"]), "what was told by a tool: {:#}", entries[0]);
}

/// Says these lines to a command, and goes when the call is answered; what it was told.
fn talk(place: &Place, args: &[&str], lines: &[&Value]) -> String {
    let mut command = place.command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = command.spawn().expect("the binary can be started");
    let mut stdin = running.stdin.take().expect("it was piped");
    for line in lines {
        writeln!(stdin, "{line}").expect("it is read");
    }
    let stdout = BufReader::new(running.stdout.take().expect("it was piped"));
    let answer = stdout
        .lines()
        .map_while(Result::ok)
        .find(|line| serde_json::from_str::<Value>(line).is_ok_and(|line| line["id"] == 2));
    drop(stdin);
    assert_eq!(running.wait().expect("a process of ours").code(), Some(0));
    answer.expect("the call is answered")
}

#[test]
fn a_tool_on_standard_streams_is_written_down_and_paid_for_too() {
    let model = ModelServer::start(Reply::Says(TRUE.to_owned()));
    let url = model.url();
    let place =
        place(&format!("[answer]\nbase_url = \"{url}\"\nmodel = \"m\"\n[budget]\ntokens_per_day = 1\n"));
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let call = tool("ask", &json!({ "question": WHEN }));
    // A process each: the second one knows what the first has spent.
    for asked in [1, 1] {
        let told = talk(&place, &["mcp", "--as", "minji"], &[&hello, &ready, &call]);
        assert_tells("the answer", &told, &["화요일"]);
        assert_eq!(model.asked().len(), asked);
    }
    let kept = content_of_file(&place.path(".siren/state.sqlite"));
    let audit: Vec<String> = kept["audit"].iter().map(|row| row.join(" | ")).collect();
    assert_eq!(audit.len(), 2, "{audit:#?}");
    for entry in &audit {
        assert_tells("the entry", entry, &["minji", "TEXT ask", "answered", "notes/check.md", "by local"]);
    }
    let usage = kept["usage"].iter().map(|row| row.join(" | ")).collect::<Vec<_>>().join("\n");
    assert_tells("the books", &usage, &["minji", "TEXT m"]);
}

/// Whoever has spent their day's allowance cannot have answers made again at somebody else's cost.
#[test]
fn an_answer_that_is_made_again_is_paid_by_who_asks_for_it() {
    let model = ModelServer::start(Reply::Says(TRUE.to_owned()));
    let url = model.url();
    let place = place(&format!(
        "[answer]\nbase_url = \"{url}\"\nmodel = \"m\"\ncache_s = 0\n[budget]\ntokens_per_day = 1\n{CLOSED}"
    ));
    let minji = head(&place, &["--name", "minji"]);
    let auditor = head(&place, &["--name", "auditor", "--roles", "reader,auditor"]);
    let server = place.serve();
    let answer = asked(&server, &minji);
    assert_eq!(answer["model"], "m", "{answer:#}");
    let path = format!("/api/answers/{}/replay", answer["answer_id"].as_str().expect("an id"));
    for (who, by, times) in [(&minji, "extractive", 1), (&auditor, "m", 2), (&auditor, "extractive", 2)] {
        let again = send(&server, who, &path, &json!({}));
        assert_eq!(again.json()["model_again"], by, "{again:#?}");
        assert_eq!(model.asked().len(), times);
    }
}

#[test]
fn looking_things_up_takes_a_place_as_an_answer_does() {
    let model = ModelServer::start(Reply::Stalls("정기 ".to_owned()));
    let url = model.url();
    let limits = "[serve]\nconcurrent_answers = 1\nqueue_length = 0\n";
    let place = place(&format!("[answer]\nbase_url = \"{url}\"\nmodel = \"m\"\n{limits}"));
    let server = place.serve();
    let paths = ["/api/search?q=check", "/api/documents/notes%2Fcheck.md", "/api/suggestions"];
    for path in paths {
        assert_eq!(get(server.address(), path).status, 200, "{path}");
    }
    let body = json!({ "messages": [{ "role": "user", "content": WHEN }], "stream": true }).to_string();
    let mut held = TcpStream::connect(server.address()).expect("a connection");
    let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    write!(held, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).expect("it is read");
    wait_for("the only place to be taken", || (!model.asked().is_empty()).then_some(()));
    for path in paths {
        let away = get(server.address(), path);
        assert_eq!((away.status, &away.json()["error"]["code"]), (429, &json!("too_many_answers")), "{path}");
        assert_tells(path, &away.head.to_ascii_lowercase(), &["retry-after: 2"]);
    }
    drop(held);
    for path in paths {
        wait_for("the place to be given back", || (get(server.address(), path).status == 200).then_some(()));
    }
}

/// Rows that never end: a job over them is not done before it is stopped, however quick the machine is.
const ENDLESS: &str = r#"
[[source]]
kind = "sql"
name = "numbers"
url = "sqlite:numbers.sqlite"
query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
key = "i"
title = "장비 {{ i }}"
text = "장비 {{ i }}번은 창고에 있다."
"#;

#[test]
fn a_server_that_is_stopped_stops_its_job() {
    let place = place("");
    let settings = std::fs::read_to_string(place.path("siren.toml")).expect("settings");
    place.write("siren.toml", format!("{settings}{ENDLESS}"));
    database::create(&place.path("numbers.sqlite"), "CREATE TABLE t (id)");
    let server = place.serve();
    let begun = post(server.address(), "/api/admin/reindex", b"{\"full\": true}");
    assert_eq!(begun.status, 202, "{begun:#?}");
    let path = format!("/api/admin/jobs/{}", begun.json()["job_id"].as_str().expect("an id"));
    wait_for("the job to get on", || {
        (get(server.address(), &path).json()["done"].as_u64() > Some(0)).then_some(())
    });
    let watching = get_events(&server, &format!("{path}/events"));
    assert_tells("the head", &watching, &["x-accel-buffering: no"]);
    assert_eq!(server.terminate().code(), Some(0));
    let jobs = content_of_file(&place.path(".siren/state.sqlite"))["jobs"].clone();
    let told = jobs[0].join(" | ");
    assert_tells("how it ended", &told, &["TEXT cancelled", "was stopped"]);
    assert_eq!(place.live(), 1, "the index that was served is");
    // Its lease is given back: the next server can begin at once.
    let server = place.serve();
    assert_eq!(post(server.address(), "/api/admin/reindex", b"").status, 202);
}

/// The head of a stream that goes on, in small letters.
fn get_events(server: &Server, path: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).expect("a connection");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it is read");
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a head");
        head.extend(byte);
    }
    String::from_utf8_lossy(&head).to_ascii_lowercase()
}
