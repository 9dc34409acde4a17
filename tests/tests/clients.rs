//! The official clients, unchanged, against the real server: the scripts are in `tests/clients`.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use e2e::environment::{self, clients};
use e2e::model_server::{ModelServer, Reply, dead_url};
use e2e::{Place, Server, process, repository};
use serde_json::{Value, json};

/// A document of one group.
const SECRET: &str = "takeaways/industry-week-2022-core-modernization.md";

/// A document that wants to be more than text.
const HOSTILE: &str = r#"---
title: '<img src=x onerror="window.pwned=1"> 배포 일정'
url: "javascript:window.pwned=2"
event: '<script>window.pwned=3</script>'
date: 2026-03-01
---
# 큰곰자리 배포

큰곰자리 배포는 3월 9일에 한다 `<img src=x onerror=window.pwned=4>` 라고 적혀 있다.

`<script>window.pwned=5</script>` `<iframe srcdoc="<script>parent.pwned=6</script>"></iframe>`
"#;

/// Servers in the states that clients meet.
struct Servers {
    place: Place,
    whole: Server,
    stalled: Server,
    unready: Server,
    down: Server,
    hostile: Server,
    closed: Server,
    key: String,
    _others: [Place; 3],
    assets: Option<String>,
}

impl Servers {
    fn start() -> Self {
        let place = Place::with_sample();
        let assets = environment::assets_if_any();
        let with_assets = |mut command: Command| {
            if let Some(assets) = &assets {
                command.env("SIREN_ASSETS", assets);
            }
            command
        };
        let assets_variable: Vec<(&str, &str)> =
            assets.iter().map(|assets| ("SIREN_ASSETS", assets.as_str())).collect();
        place.siren_with(&assets_variable, &["reindex", "--quiet"]).exits(0);
        let serve = ["serve", "--listen", "127.0.0.1:0"];
        let whole = Server::start(with_assets(place.command(&serve)));

        let model = ModelServer::start(Reply::Stalls(String::new()));
        place.write(
            "stalled.toml",
            format!("{}\n[serve]\nconcurrent_answers = 1\nqueue_length = 0\n", place.read("siren.toml")),
        );
        let mut command = with_assets(place.command(&["--config", "stalled.toml"]));
        command.args(serve).env("SIREN_LLM_BASE_URL", model.url());
        let stalled = Server::start(command);

        let mut command = with_assets(place.command(&serve));
        command.env("SIREN_LLM_BASE_URL", dead_url());
        let down = Server::start(command);

        let empty = Place::with_notes();
        let unready = empty.serve();
        let notes = Place::with_notes();
        notes.write("notes/hostile.md", HOSTILE);
        notes.siren(&["reindex", "--quiet"]).exits(0);
        let hostile = notes.serve();
        let guarded = Place::with_notes();
        guarded.write("siren.toml", format!("{}\n[auth]\napi_keys = true\n", guarded.read("siren.toml")));
        guarded.write("notes/rooms.md", "# 회의실\n\n회의실 예약은 총무팀이 맡는다.\n");
        guarded.siren(&["reindex", "--quiet"]).exits(0);
        let key = guarded.json(&["keys", "create", "--name", "minji", "--json"])["key"].clone();
        let key = key.as_str().unwrap_or_default().to_owned();
        let closed = guarded.serve();
        let _others = [empty, notes, guarded];
        Self { place, whole, stalled, unready, down, hostile, closed, key, _others, assets }
    }

    /// What a script needs to know.
    fn places(&self) -> Value {
        let address = |server: &Server| format!("http://{}", server.address());
        json!({
            "whole": address(&self.whole),
            "stalled": address(&self.stalled),
            "unready": address(&self.unready),
            "down": address(&self.down),
            "hostile": address(&self.hostile),
            "closed": address(&self.closed),
            "key": self.key,
            "siren": process::siren(),
            "folder": self.place.path(""),
            "secret": SECRET,
            "assets": self.assets,
            "embeddings": self.assets.is_some(),
        })
    }

    /// Runs a script and tells which of its cases held.
    fn held(&self, program: &str, script: &str, node_modules: &str) -> BTreeSet<String> {
        let mut command = Command::new(program);
        command.arg(repository().join("tests/clients").join(script)).arg(self.places().to_string());
        command.env("SIREN_TEST_NODE_MODULES", node_modules).env("PYTHONDONTWRITEBYTECODE", "1");
        // Loopback is never asked by way of a proxy, and LangChain sends its traces nowhere.
        command.env("NO_PROXY", "*").env("no_proxy", "*").env("LANGSMITH_TRACING", "false");
        let ran = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{program}: {error}"));
        let (out, told) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{script}:\n{out}\n{told}");
        out.lines().map(str::to_owned).collect()
    }
}

#[test]
fn the_page_works_in_a_real_browser() {
    let journey = "the page in a browser";
    let Some((_, node_modules)) = clients(journey) else { return };
    if environment::server("SIREN_TEST_CHROMIUM", journey).is_none() {
        return;
    }
    let servers = Servers::start();
    let held = servers.held("node", "page.mjs", &node_modules);
    assert_eq!(held.len(), 199, "{held:#?}");
}

#[test]
fn official_clients_work_unchanged() {
    let Some((python, node_modules)) = clients("the official clients") else { return };
    let servers = Servers::start();
    // How many cases each must have told: a script that ends early must not pass.
    let scripts = [
        (python.as_str(), "openai_sdk.py", 25, 8),
        (python.as_str(), "langchain_chat.py", 12, 1),
        ("node", "openai_node.mjs", 14, 2),
        (python.as_str(), "mcp_client.py", 88, 0),
    ];
    for (program, script, always, with_encoder) in scripts {
        let held = servers.held(program, script, &node_modules);
        let expected = always + if servers.assets.is_some() { with_encoder } else { 0 };
        assert_eq!(held.len(), expected, "{script}: {held:#?}");
    }
    let Servers { whole, stalled, unready, .. } = servers;
    for (server, name) in [(whole, "whole"), (stalled, "stalled"), (unready, "unready")] {
        assert_eq!(server.terminate().code(), Some(0), "{name}");
    }
}

/// A client that says nothing, or nonsense, is told so and no more; standard output stays the protocol's.
#[test]
fn standard_streams_carry_the_protocol_and_nothing_else() {
    let place = Place::with_sample();
    // The first question makes the index, which has much to tell.
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let input = format!("{hello}\n{ready}\n{list}\n");
    let ran = place.siren_reading(input.as_bytes(), &["mcp"]).exits(0);
    let lines: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| line["jsonrpc"] == "2.0"), "{ran:#?}");
    let answered: BTreeSet<u64> = lines.iter().filter_map(|line| line["id"].as_u64()).collect();
    assert_eq!(answered, BTreeSet::from([1, 2]), "{ran:#?}");
    assert!(ran.stderr.contains("indexed"), "what is told goes to standard error: {ran:#?}");
    place.siren(&["mcp"]).exits(0);
}
