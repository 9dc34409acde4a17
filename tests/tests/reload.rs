//! Settings read anew while a server runs: every way in follows them, and what was counted stays counted.
#![expect(clippy::expect_used, reason = "a test that cannot go on should stop")]

use e2e::http::{Response, chat, get, post, request, send_as};
use e2e::model_server::{ModelServer, Reply, dead_url};
use e2e::process::wait_for;
use e2e::{Place, Server, assert_tells};
use serde_json::{Value, json};

const SOURCE: &str = "[[source]]\nkind = \"folder\"\npath = \"notes\"\n";
const PHONE: &str = "010-1234-5678";
const WHEN: &str = "정기 점검은 언제 하나요?";

fn place(settings: &str) -> Place {
    let place = Place::with_settings(&format!("{settings}{SOURCE}"));
    place.write(
        "notes/check.md",
        format!("# 점검 안내\n\n정기 점검은 매주 화요일 오전에 한다. 점검 담당자 연락처는 {PHONE}이다.\n"),
    );
    place.siren(&["reindex"]).exits(0);
    place
}

fn key(place: &Place, args: &[&str]) -> String {
    let made = place.json(&[&["keys", "create", "--json"], args].concat());
    made["key"].as_str().expect("a key").to_owned()
}

/// Writes other settings and has them read; returns what is told of it.
#[track_caller]
fn reload(place: &Place, server: &Server, head: &str, settings: &str) -> Value {
    place.write("siren.toml", format!("{settings}{SOURCE}"));
    let reloaded = send_as("POST", server.address(), "/api/admin/reload", head, b"");
    assert_eq!(reloaded.status, 200, "{reloaded:#?}");
    reloaded.json()
}

/// A tool's result, by MCP over HTTP.
fn tool(server: &Server, head: &str, name: &str, arguments: &Value) -> Response {
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": name, "arguments": arguments } });
    let head =
        format!("{head}Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n");
    send_as("POST", server.address(), "/mcp", &head, call.to_string().as_bytes())
}

#[test]
fn every_way_in_follows_a_reload() {
    let settings =
        |groups: &str| format!("[auth]\napi_keys = true\n[guard]\npersonal_data_groups = [{groups}]\n");
    let place = place(&settings("\"hr\""));
    let hr = key(&place, &["--name", "hr", "--groups", "hr", "--roles", "reader,operator"]);
    let head = format!("Authorization: Bearer {hr}\r\n");
    let server = place.serve();
    let ask = json!({ "messages": [{ "role": "user", "content": "점검 담당자 연락처가 어떻게 되나요?" }] });
    let by_json = format!("{head}Content-Type: application/json\r\n");
    let ways = || {
        let address = server.address();
        [
            (
                "an answer",
                send_as("POST", address, "/v1/chat/completions", &by_json, ask.to_string().as_bytes()),
            ),
            ("search", request("GET", address, "/api/search?q=%EC%A0%90%EA%B2%80", &head)),
            ("a document", request("GET", address, "/api/documents/notes%2Fcheck.md", &head)),
            ("MCP's ask", tool(&server, &head, "ask", &json!({ "question": "점검 담당자 연락처는?" }))),
            ("MCP's search", tool(&server, &head, "search", &json!({ "query": "점검 담당자" }))),
            ("MCP's document", tool(&server, &head, "read_document", &json!({ "id": "notes/check.md" }))),
        ]
    };
    let check = |is_shown: bool| {
        for (way, got) in ways() {
            assert_eq!(got.status, 200, "{way}: {got:#?}");
            assert_eq!(got.body.contains(PHONE), is_shown, "{way}: {}", got.body);
            assert_eq!(got.body.contains("[전화번호]"), !is_shown, "{way}: {}", got.body);
        }
    };
    check(true);
    let told = reload(&place, &server, &head, &settings(""));
    assert_eq!(told["in_force"], json!(["guard.personal_data_groups"]), "{told}");
    check(false);
    reload(&place, &server, &head, &settings("\"hr\""));
    check(true);
}

#[test]
fn what_was_counted_stays_counted() {
    let model = ModelServer::start(Reply::Computes(|_| {
        let message = json!({ "content": "정기 점검은 매주 화요일 오전에 한다 [1]." });
        let usage = json!({ "prompt_tokens": 900, "completion_tokens": 100 });
        json!({ "choices": [{ "message": message, "finish_reason": "stop" }], "usage": usage })
    }));
    let settings = |tokens: u64, telemetry: &str| {
        format!(
            "[answer]\nbase_url = \"{}\"\nmodel = \"m\"\ncache_s = 0\n[budget]\ntokens_per_day = {tokens}\n[telemetry]\n{telemetry}\n",
            model.url()
        )
    };
    let place = place(&settings(500_000, ""));
    let server = place.serve();
    let by = || chat(server.address(), WHEN, false).json()["siren"]["model"].clone();
    assert_eq!(by(), "m");
    let told = reload(&place, &server, "", &settings(1_000, "band_width = 5.0\nlog = \"json\""));
    let expected = json!({
        "in_force": ["budget.tokens_per_day", "telemetry.band_width"], "needs_restart": ["telemetry.log"],
    });
    assert_eq!(told, expected);
    assert_eq!(by(), "extractive", "the thousand tokens of this day are spent");
    reload(&place, &server, "", &settings(500_000, ""));
    assert_eq!(by(), "m");
    let used = wait_for("both answers in the books", || {
        let used = get(server.address(), "/api/admin/usage").json()["usage"].clone();
        (used[0]["answers"] == 2).then_some(used)
    });
    assert_eq!(used[0]["prompt_tokens"], 1_800, "{used}");
    assert_eq!(model.asked().len(), 2);
}

#[test]
fn readiness_looks_at_the_models_of_the_moment() {
    let there = place("");
    let there = there.serve();
    let place = place("");
    let server = place.serve();
    let part = || {
        let told = get(server.address(), "/readyz");
        assert_eq!(told.status, 200, "a model is not needed: {told:#?}");
        let parts = told.json()["parts"].as_array().cloned().unwrap_or_default();
        parts.into_iter().find(|part| part["part"] == "model")
    };
    assert_eq!(part(), None, "no model, no part");
    let model = |name: &str, url: &str| format!("[[model]]\nname = \"{name}\"\nbase_url = \"{url}\"\n");
    // Another server of ours speaks as a model server does.
    let alive = format!("http://{}/v1", there.address());
    let cases = [
        (model("away", &dead_url()), Some(&["model server does not answer", "extractive"][..])),
        (model("one", &alive) + &model("two", &alive), None),
        (model("one", &alive) + &model("two", &dead_url()), Some(&["`two`", "in their place"])),
        (model("one", &dead_url()) + &model("two", &dead_url()), Some(&["`one`, `two`", "extractive"])),
    ];
    for (settings, missing) in cases {
        let told = reload(&place, &server, "", &settings);
        assert_eq!(told["in_force"], json!(["model"]), "{told}");
        let part = part().expect("there is a model");
        assert_eq!(part["ok"], missing.is_none(), "{settings}: {part}");
        assert_tells(&settings, &part["reason"].to_string(), missing.unwrap_or_default());
    }
    reload(&place, &server, "", "");
    assert_eq!(part(), None);
    assert_eq!(post(server.address(), "/api/admin/reload", b"").status, 200);
}
