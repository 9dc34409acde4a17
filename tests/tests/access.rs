//! Who may come in: keys from the command line to the browser, and what a server without them refuses.
#![expect(clippy::expect_used, reason = "a test that cannot go on should stop")]

use e2e::http::{chat, get, request, send_as};
use e2e::process::{signal, wait_for};
use e2e::servers::{Database, System};
use e2e::{Place, Server, assert_tells};
use serde_json::{Value, json};

const SOURCE: &str = "[[source]]\nkind = \"folder\"\npath = \"notes\"\n";
const CLOSED: &str = "[auth]\napi_keys = true\n";
const PUBLIC: &str = "# 회의실\n\n회의실 예약은 총무팀이 맡는다.\n";
const SECRET: &str =
    "---\ntitle: 열쇠 대장\naccess: [hr]\n---\n\n# 열쇠 대장\n\n비상 열쇠는 지하 금고에 보관한다.\n";
const QUESTION: &str = "비상 열쇠는 어디에 보관하나요?";

fn place(settings: &str) -> Place {
    let place = Place::with_settings(&format!("{settings}{SOURCE}"));
    place.write("notes/rooms.md", PUBLIC);
    place.write("notes/keys.md", SECRET);
    place.siren(&["reindex"]).exits(0);
    place
}

/// A key as the command shows it once, and its id.
#[track_caller]
fn key(place: &Place, args: &[&str]) -> (String, String) {
    let made = place.json(&[&["keys", "create", "--json"], args].concat());
    let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("no {name}: {made:#}")).to_owned();
    (text("key"), text("id"))
}

fn ask(server: &Server, key: &str, body: &Value) -> e2e::http::Response {
    let head = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    send_as("POST", server.address(), "/v1/chat/completions", &head, body.to_string().as_bytes())
}

fn question() -> Value {
    json!({ "model": "siren", "messages": [{ "role": "user", "content": QUESTION }] })
}

fn log_in(server: &Server, key: &str) -> e2e::http::Response {
    let head = "Content-Type: application/x-www-form-urlencoded\r\n";
    send_as("POST", server.address(), "/login", head, format!("key={key}").as_bytes())
}

#[test]
fn a_public_address_needs_to_know_who_asks() {
    let open = place("");
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let ran = open.siren(&["serve", "--listen", listen]).exits(2);
        assert_tells(
            listen,
            &ran.stderr,
            &[listen, "not started", "api_keys", "siren keys create", "127.0.0.1"],
        );
    }
    let by_environment = open.siren_with(&[("SIREN_LISTEN", "0.0.0.0:0")], &["serve"]).exits(2);
    assert_tells("SIREN_LISTEN", &by_environment.stderr, &["auth.trust_network"]);
    let bare = open.siren_with(&[("SIREN_LISTEN", "0.0.0.0:0")], &["--offline"]).exits(2);
    assert_tells("the bare command", &bare.stderr, &["not started"]);

    let mut trusted = open.command(&["serve", "--listen", "0.0.0.0:0"]);
    trusted.env("SIREN_TRUST_NETWORK", "1");
    let trusted = Server::start(trusted);
    let local = trusted.address().replace("0.0.0.0", "127.0.0.1");
    assert_eq!(get(&local, "/readyz").status, 200);

    let closed = place(CLOSED);
    let closed = Server::start(closed.command(&["serve", "--listen", "0.0.0.0:0"]));
    let local = closed.address().replace("0.0.0.0", "127.0.0.1");
    let nobody = chat(&local, QUESTION, false);
    assert_eq!((nobody.status, nobody.json()["error"]["code"].as_str()), (401, Some("missing_credential")));
    assert_tells("the head", &nobody.head.to_ascii_lowercase(), &["www-authenticate: bearer"]);
}

#[test]
fn keys_open_what_their_groups_may_read_and_nothing_else() {
    let place = place(CLOSED);
    let (hr, _) = key(&place, &["--name", "hr-bot", "--groups", "hr"]);
    let (other, _) = key(&place, &["--name", "wiki-bot", "--groups", "dev"]);
    let server = place.serve();
    let found = ask(&server, &hr, &question());
    assert_eq!(found.status, 200, "{found:#?}");
    assert_tells("a member", &found.body, &["지하 금고"]);
    // Whatever the client says of itself.
    let mut claimed = question();
    claimed["groups"] = json!(["hr"]);
    claimed["user"] = json!("hr-bot");
    for body in [question(), claimed] {
        let hidden = ask(&server, &other, &body);
        assert_eq!(hidden.status, 200, "{hidden:#?}");
        for trace in ["지하 금고", "열쇠 대장", "keys.md"] {
            assert!(!hidden.body.contains(trace), "{trace}: {}", hidden.body);
        }
    }
}

/// Asks the native API as the holder of a key.
fn native(server: &Server, key: &str, method: &str, path: &str, body: &Value) -> e2e::http::Response {
    let head = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send_as(method, server.address(), path, &head, body.as_bytes())
}

/// Asks, is not content, and gives the answer's path.
#[track_caller]
fn complaint(server: &Server, key: &str, question: &str, tells: &str) -> String {
    let asked = json!({ "question": question, "stream": false });
    let answer = native(server, key, "POST", "/api/ask", &asked).json();
    assert_tells("the answer", &answer["answer"].to_string(), &[tells]);
    let id = answer["answer_id"].as_str().expect("an id");
    let said = native(server, key, "POST", "/api/feedback", &json!({ "answer_id": id, "thumb": "down" }));
    assert_eq!(said.status, 204, "{said:#?}");
    format!("/api/answers/{id}")
}

#[test]
fn an_answer_is_open_to_those_who_may_read_what_it_rests_on() {
    let place = place(&format!("{CLOSED}[guard]\npersonal_data_groups = [\"hr\"]\n"));
    place.write("notes/duty.md", "# 당직\n\n당직실 연락처는 010-1234-5678이다.\n");
    place.siren(&["reindex"]).exits(0);
    let of = |name: &str, groups: &str, roles: &str| {
        let groups = if groups.is_empty() { vec![] } else { vec!["--groups", groups] };
        key(&place, &[&["--name", name, "--roles", roles], groups.as_slice()].concat())
    };
    let (minji, id) = of("minji", "hr", "reader");
    let server = place.serve();
    let path = complaint(&server, &minji, QUESTION, "지하 금고");
    let phone = complaint(&server, &minji, "당직실 연락처가 어떻게 되나요?", "010-1234-5678");
    let read = |key: &str, path: &str| native(&server, key, "GET", path, &Value::Null).json();
    assert_tells("a member", &read(&minji, &path)["made_from"].to_string(), &["지하 금고"]);

    // Out of the group: what was told stays told, what it was made from is closed.
    place.siren(&["keys", "revoke", &id]).exits(0);
    let (minji, _) = of("minji", "dev", "reader");
    let kept = read(&minji, &path);
    assert_tells("what was told", &kept["answer"].to_string(), &["지하 금고"]);
    assert_eq!((&kept["made_from"], &kept["left_out"]), (&Value::Null, &json!(false)), "{kept:#}");
    let again = native(&server, &minji, "POST", &format!("{path}/replay"), &Value::Null);
    assert_eq!((again.status, &again.json()["error"]["code"]), (403, &json!("forbidden")), "{again:#?}");
    // From what everyone may read the same can be made, without what is masked for others now.
    let again = native(&server, &minji, "POST", &format!("{phone}/replay"), &Value::Null).json();
    assert_tells("made again", &again["again"].to_string(), &["[전화번호]"]);

    // Those who run the server see the question, and the answer as far as they could have got it themselves.
    for (name, groups, roles) in [
        ("ops", "", "operator"),
        ("audit", "", "reader,auditor"),
        ("ops-hr", "hr", "operator"),
        ("audit-hr", "hr", "reader,auditor"),
    ] {
        let (overseer, _) = of(name, groups, roles);
        let feedback = read(&overseer, "/api/admin/feedback");
        let all = feedback["feedback"].as_array().expect("a list");
        assert_eq!(all.len(), 2, "{feedback:#}");
        let about =
            |question: &str| all.iter().find(|one| one["question"] == question).expect("its question");
        let secret = about(QUESTION);
        let told = secret.to_string();
        assert_eq!(secret["left_out"], json!(groups.is_empty()), "{name}: {told}");
        for trace in ["지하 금고", "keys.md"] {
            assert_eq!(told.contains(trace), !groups.is_empty(), "{name}: {trace}: {told}");
        }
        let private = about("당직실 연락처가 어떻게 되나요?").to_string();
        assert!(private.contains("[전화번호]") && !private.contains("1234-5678"), "{name}: {private}");
        if roles.contains("auditor") {
            let (secret, private) = (read(&overseer, &path), read(&overseer, &phone));
            assert_eq!(secret["left_out"], json!(groups.is_empty()), "{name}: {secret:#}");
            assert_eq!(secret["made_from"].is_null(), groups.is_empty(), "{name}: {secret:#}");
            for trace in ["지하 금고", "열쇠 대장", "keys.md"] {
                assert_eq!(
                    secret.to_string().contains(trace),
                    !groups.is_empty(),
                    "{name}: {trace}: {secret:#}"
                );
            }
            assert!(!private.to_string().contains("1234-5678"), "{name}: {private:#}");
        }
    }
}

#[test]
fn a_key_is_shown_once_listed_revoked_and_replaced() {
    let place = place(CLOSED);
    let made = place.siren(&["keys", "create", "--name", "wiki", "--expires", "30d"]).exits(0);
    let shown = made.stdout.trim().to_owned();
    assert!(shown.starts_with("siren_") && shown.lines().count() == 1, "{made:#?}");
    assert_tells("the note", &made.stderr, &["wiki", "once"]);
    let (second, second_id) =
        key(&place, &["--name", "ops", "--roles", "reader,operator", "--expires", "never"]);
    let listed = place.siren(&["keys", "list"]).exits(0).stdout;
    assert_tells("the list", &listed, &["wiki", "ops", "[reader,operator]", "valid", "never"]);
    let secret = |key: &str| key.splitn(3, '_').nth(2).unwrap_or_default().to_owned();
    for key in [&shown, &second] {
        assert!(!listed.contains(&secret(key)), "{listed}");
        let stored = std::fs::read(place.path(".siren/state.sqlite")).expect("the state");
        let secret = secret(key);
        assert!(!stored.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "stored as it is");
    }

    let server = place.serve();
    let status = |key: &str| ask(&server, key, &question()).status;
    assert_eq!((status(&shown), status(&second)), (200, 200));
    let rotated = place.json(&["keys", "rotate", &second_id, "--grace", "0h", "--json"]);
    let third = rotated["key"].as_str().expect("a new key").to_owned();
    assert_eq!((&rotated["name"], &rotated["roles"]), (&json!("ops"), &json!(["reader", "operator"])));
    // Without a restart.
    assert_eq!((status(&second), status(&third)), (401, 200));
    let id = shown.split('_').nth(1).expect("an id").to_owned();
    place.siren(&["keys", "revoke", &id]).exits(0);
    let revoked = ask(&server, &shown, &question());
    assert_eq!((revoked.status, revoked.json()["error"]["code"].as_str()), (401, Some("invalid_api_key")));
    assert!(!server.told().contains(&secret(&shown)), "the log: {}", server.told());

    for (args, needle) in [
        (&["keys", "revoke", "nothing"][..], "siren keys list"),
        (&["keys", "rotate", &id], "revoked already"),
        (&["keys", "create", "--name", " "], "--name"),
        (&["keys", "create", "--name", "a", "--expires", "soon"], "90d"),
        (&["keys", "create", "--name", "oidc:boss"], "somebody else"),
        (&["keys", "create", "--name", "a", "--roles", "king"], "possible values"),
    ] {
        assert_tells(needle, &place.siren(args).exits(2).stderr, &[needle]);
    }
}

#[test]
fn the_page_works_for_whoever_has_signed_in() {
    let place = place(CLOSED);
    let (hr, id) = key(&place, &["--name", "minji", "--groups", "hr"]);
    let server = place.serve();
    let visit = request("GET", server.address(), "/", "X-A: b\r\nAccept: text/html\r\n");
    assert_eq!(visit.status, 303, "{visit:#?}");
    assert_eq!(log_in(&server, "siren_000000000000_x").status, 401);
    let signed_in = log_in(&server, &hr);
    assert_eq!(signed_in.status, 303, "{signed_in:#?}");
    let cookie = cookie_of(&signed_in);
    let page = request("GET", server.address(), "/", &cookie);
    assert_eq!(page.status, 200);
    let json = format!("{cookie}Content-Type: application/json\r\n");
    let body = question().to_string();
    let ask = |head: &str| send_as("POST", server.address(), "/v1/chat/completions", head, body.as_bytes());
    assert_tells("the answer", &ask(&json).body, &["지하 금고"]);
    let elsewhere = ask(&json.replace("same-origin", "cross-site"));
    assert_eq!((elsewhere.status, elsewhere.json()["error"]["code"].as_str()), (403, Some("cross_site")));
    place.siren(&["keys", "revoke", &id]).exits(0);
    assert_eq!(ask(&json).status, 401, "revoking a key ends its sessions");
}

/// The heads with which the browser asks that was given this answer.
#[track_caller]
fn cookie_of(signed_in: &e2e::http::Response) -> String {
    let cookie = signed_in.head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("set-cookie")
            .then(|| value.split(';').next().unwrap_or_default().to_owned())
    });
    format!("Cookie: {}\r\nSec-Fetch-Site: same-origin\r\n", cookie.expect("a cookie"))
}

/// A session lies in the shared state: whichever replica is asked knows it, also after a restart, and none once it ended.
#[test]
fn who_has_signed_in_at_one_replica_has_at_all() {
    let over = |state: &str| {
        let place = place(&format!("{state}{CLOSED}"));
        let (minji, _) = key(&place, &["--name", "minji", "--groups", "hr"]);
        // `siren_<id>_<secret>`, and a secret may have such a line in it.
        let secret = minji.splitn(3, '_').nth(2).unwrap_or_default().to_owned();
        let (first, second) = (place.serve(), place.serve());
        let cookie = cookie_of(&log_in(&first, &minji));
        assert!(!cookie.contains(&secret), "{cookie}");
        let status =
            |server: &Server, head: &str| request("GET", server.address(), "/v1/models", head).status;
        assert_eq!((status(&first, &cookie), status(&second, &cookie)), (200, 200));
        assert!(first.terminate().success());
        let first = place.serve();
        assert_eq!(status(&first, &cookie), 200, "a restart signs nobody out");
        let out = request("POST", second.address(), "/logout", &cookie);
        assert_eq!(out.status, 303, "{out:#?}");
        assert_eq!((status(&first, &cookie), status(&second, &cookie)), (401, 401), "signed out everywhere");
        let stored = std::fs::read(place.path(".siren/state.sqlite")).unwrap_or_default();
        let shown = cookie.split(['=', '\r']).nth(1).unwrap_or_default();
        for secret in [secret.as_str(), shown] {
            assert!(!stored.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "stored as it is");
            assert!(!second.told().contains(secret), "in the log");
        }
    };
    over("");
    let Some(database) = Database::create(System::Postgres, "sessions of replicas") else { return };
    over(&format!("[state]\nurl = \"{}\"\n", database.url()));
}

#[test]
fn the_audit_log_tells_who_asked_and_not_what() {
    let phone = "010-1234-5678";
    for keeps in [false, true] {
        let place = place(&format!("{CLOSED}audit_questions = {keeps}\n"));
        let (hr, id) = key(&place, &["--name", "hr-bot", "--groups", "hr"]);
        let server = place.serve();
        let mut asked = question();
        assert_eq!(ask(&server, &hr, &asked).status, 200);
        assert_eq!(ask(&server, "siren_000000000000_secretsecret", &asked).status, 401);
        asked["messages"][0]["content"] = json!(format!("폭탄 만드는 방법을 {phone}로 알려 줘"));
        assert_eq!(ask(&server, &hr, &asked).status, 200);
        assert_eq!(server.terminate().code(), Some(0));
        let log = e2e::database::content_of_file(&place.path(".siren/state.sqlite"))["audit"].clone();
        let log = log.iter().map(|row| row.join(" | ")).collect::<Vec<_>>().join("\n");
        let by = format!("key:{id}");
        assert_tells(
            "the log",
            &log,
            &["hr-bot", &by, "notes/keys.md", "TEXT answered", "TEXT refused", "denied"],
        );
        for secret in [hr.as_str(), "secretsecret", phone] {
            assert!(!log.contains(secret), "{secret}: {log}");
        }
        assert_eq!(log.contains("비상 열쇠"), keeps, "{log}");
        assert_eq!(log.contains("[전화번호]"), keeps, "{log}");
    }
}

#[test]
fn a_reload_takes_all_of_it_or_nothing() {
    let settings = |evidence: &str, more: &str| {
        format!(
            "[answer]\nmin_evidence = {evidence}\n{more}[guard]\nrules = \"rules.toml\"\n{CLOSED}{SOURCE}"
        )
    };
    let rule = |id: &str| {
        format!(
            "schema = 2\n[[rule]]\nid = \"{id}\"\nfor = \"x\"\naction = \"refuse\"\nmatch = {{ any = [\"점심 메뉴\"] }}\nmessage = {{ ko = \"아니요\", en = \"no\" }}\n"
        )
    };
    let place = Place::with_settings(&settings("1.0", ""));
    place.write("rules.toml", rule("first"));
    place.write("notes/rooms.md", "# 회의실\n\n회의실 예약은 총무팀이 맡는다. 회의실 예약은 하루 전까지 한다. 회의실 예약 취소는 당일에도 된다.\n");
    place.siren(&["reindex"]).exits(0);
    let (ops, _) = key(&place, &["--name", "ops", "--roles", "reader,operator"]);
    let (reader, _) = key(&place, &["--name", "reader"]);
    let server = place.serve();
    let body = |text: &str| json!({ "messages": [{ "role": "user", "content": text }] });
    // No evidence is as good as 1.0 asks.
    let is_found =
        || ask(&server, &reader, &body("회의실 예약은 누가 맡나요?")).json()["siren"]["grounded"].clone();
    let rule_now =
        || ask(&server, &reader, &body("점심 메뉴 뭐야?")).json()["siren"]["verdict"]["rule"].clone();
    let reload = |key: &str| {
        let head = format!("Authorization: Bearer {key}\r\n");
        send_as("POST", server.address(), "/api/admin/reload", &head, b"")
    };
    assert_eq!((is_found(), rule_now()), (json!(false), json!("first")));
    assert_eq!(reload(&reader).status, 403);

    // A good settings file beside bad rules: nothing changes.
    place.write("siren.toml", settings("0.2", ""));
    place.write("rules.toml", "schema = 2\n[[rule]]\nid = ");
    let refused = reload(&ops);
    assert_eq!((refused.status, refused.json()["error"]["code"].as_str()), (400, Some("reload_refused")));
    assert_tells("why", &refused.body, &["rules.toml:3"]);
    assert_eq!((is_found(), rule_now()), (json!(false), json!("first")));
    // Good rules beside a bad settings file: neither. (The rule file is followed by itself too, so it is put back.)
    place.write("rules.toml", rule("first"));
    place.write("siren.toml", settings("0.2", "max_sentence = 3\n"));
    signal(server.process(), "HUP");
    wait_for("the reason in the log", || server.told().contains("max_sentence").then_some(()));
    assert_eq!((is_found(), rule_now()), (json!(false), json!("first")));
    assert_tells("the log", &server.told(), &["siren.toml:3", "stay in force"]);

    place
        .write("siren.toml", settings("0.2", "").replace(SOURCE, &format!("[serve]\ndrain_s = 7\n{SOURCE}")));
    place.write("rules.toml", rule("second"));
    let done = reload(&ops);
    assert_eq!(done.status, 200, "{done:#?}");
    assert_eq!(
        done.json(),
        json!({ "in_force": ["answer.min_evidence"], "needs_restart": ["serve.drain_s"] })
    );
    assert_eq!((is_found(), rule_now()), (json!(true), json!("second")));
}

#[test]
fn the_index_is_brought_up_to_date_at_its_time_by_one_of_two_servers() {
    let place =
        Place::with_settings(&format!("[schedule]\nreindex = \"* * * * *\"\ntime_zone = \"UTC\"\n{SOURCE}"));
    place.write("notes/rooms.md", PUBLIC);
    place.siren(&["reindex"]).exits(0);
    place.write("notes/new.md", "# 새 소식\n\n사내 카페는 11층으로 옮겼다.\n");
    let servers = [place.serve(), place.serve()];
    let told = || servers.iter().map(Server::told).collect::<String>();
    wait_for("the scheduled reindex", || told().contains("the reindex has ended").then_some(()));
    for server in &servers {
        let answer = chat(server.address(), "사내 카페는 몇 층인가요?", false);
        assert_tells("both servers", &answer.body, &["11층"]);
    }
    let jobs = e2e::database::content_of_file(&place.path(".siren/state.sqlite"))["jobs"].clone();
    let done: Vec<_> = jobs.iter().filter(|row| row.iter().any(|cell| cell == "TEXT done")).collect();
    let mut ids: Vec<_> = done.iter().map(|row| row[0].clone()).collect();
    ids.dedup();
    assert!(!done.is_empty() && ids.len() == done.len(), "once at each time: {jobs:#?}");
    for (schedule, needle) in
        [("reindex = \"every night\"", "five fields"), ("time_zone = \"Seoul\"", "Asia/Seoul")]
    {
        place.write("siren.toml", format!("[schedule]\n{schedule}\n{SOURCE}"));
        assert_tells(needle, &place.siren(&["config"]).exits(2).stderr, &["siren.toml:2", needle]);
    }
}

#[test]
fn readiness_tells_which_part_is_missing() {
    let place = Place::with_settings(SOURCE);
    place.write("notes/rooms.md", PUBLIC);
    let server = place.serve();
    let ready = || get(server.address(), "/readyz");
    let (missing, told) = (ready().status, ready().json());
    assert_eq!((missing, &told["status"]), (503, &json!("not_ready")), "{told:#}");
    let part = |name: &str, told: &Value| {
        let parts = told["parts"].as_array().cloned().unwrap_or_default();
        parts.into_iter().find(|part| part["part"] == name).unwrap_or_else(|| panic!("no {name}: {told:#}"))
    };
    assert_eq!(
        (&part("index", &told)["ok"], &part("index", &told)["code"]),
        (&json!(false), &json!("no_index"))
    );
    assert_eq!(part("state", &told)["ok"], true, "{told:#}");
    place.siren(&["reindex"]).exits(0);
    assert_eq!((ready().status, &ready().json()["status"]), (200, &json!("ready")));
}

#[test]
fn secrets_may_lie_in_files() {
    let place = Place::with_settings("[answer]\napi_key_file = \"key.txt\"\n");
    place.write("key.txt", "sk-from-a-file\n");
    let shown = place.siren(&["config"]).exits(0).stdout;
    assert!(shown.contains("api_key = \"***\"") && !shown.contains("sk-from"), "{shown}");
    let both = [("SIREN_LLM_API_KEY", "sk-other")];
    assert_tells(
        "both",
        &place.siren_with(&both, &["config"]).exits(2).stderr,
        &["answer.api_key_file", "keep one"],
    );
    std::fs::remove_file(place.path("key.txt")).expect("it was there");
    assert_tells("gone", &place.siren(&["config"]).exits(2).stderr, &["siren.toml:2", "cannot be read"]);
}
