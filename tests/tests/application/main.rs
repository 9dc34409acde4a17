//! Conversations, feedback, replays and operations through the real binary, over SQLite and over PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod description;

use e2e::http::{self, Response, get, json, post};
use e2e::model_server::{ModelServer, Reply};
use e2e::process::wait_for;
use e2e::servers::{Database, System};
use e2e::{Place, Server, assert_tells};
use serde_json::{Value, json};

const NOTES: &str = "\n[[source]]\nkind = \"folder\"\npath = \"notes\"\n";
const NOTE: &str = "---\ntitle: 점검 안내\n---\n# 점검 안내\n\n정기 점검은 매주 화요일 오전에 한다.\n\n점검 담당 부서는 인프라팀이다.\n";
const WHEN: &str = "정기 점검은 언제 하나요?";

fn with_note(state: &str) -> Place {
    let place = Place::with_settings(&format!("{state}{NOTES}"));
    place.write("notes/check.md", NOTE);
    place.siren(&["reindex"]).exits(0);
    place
}

/// Runs the journey over each kind of state.
#[track_caller]
fn over_both(journey: &str, run: impl Fn(&Place)) {
    run(&with_note(""));
    let Some(database) = Database::create(System::Postgres, journey) else { return };
    run(&with_note(&format!("[state]\nurl = \"{}\"\n", database.url())));
}

/// A stream's events: each one's name with its data.
fn events(response: &Response) -> Vec<(String, Value)> {
    let mut events = Vec::new();
    let mut name = String::new();
    for line in response.body.lines() {
        if let Some(told) = line.strip_prefix("event: ") {
            name = told.to_owned();
        } else if let Some(data) = line.strip_prefix("data: ") {
            events.push((name.clone(), serde_json::from_str(data).unwrap()));
        }
    }
    events
}

#[track_caller]
fn ask(server: &Server, body: &Value) -> Value {
    let response = json("POST", server.address(), "/api/ask", body);
    assert_eq!(response.status, 200, "{response:#?}");
    response.json()
}

#[track_caller]
fn whole(server: &Server, question: &str, conversation: Option<&str>) -> Value {
    ask(server, &json!({ "question": question, "conversation_id": conversation, "stream": false }))
}

#[track_caller]
fn read(server: &Server, path: &str) -> Value {
    let response = get(server.address(), path);
    assert_eq!(response.status, 200, "{path}: {response:#?}");
    response.json()
}

#[test]
fn an_answer_comes_as_typed_events() {
    let place = with_note("");
    let server = place.serve();
    let response = json("POST", server.address(), "/api/ask", &json!({ "question": WHEN }));
    assert_tells("the head", &response.head, &["200 OK", "text/event-stream"]);
    let events = events(&response);
    let mut names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    assert_eq!(names, ["status", "token", "citation", "verdict", "done"], "{events:#?}");
    let of = |wanted: &str| {
        events.iter().filter(|(name, _)| name == wanted).map(|(_, data)| data).collect::<Vec<_>>()
    };
    let told: String = of("token").iter().filter_map(|token| token["text"].as_str()).collect();
    let done = of("done")[0];
    assert_eq!(done["answer"], told);
    assert_tells("the answer", &told, &["화요일", "[1]"]);
    assert_eq!(done["citations"][0], *of("citation")[0]);
    assert_eq!((&done["grounded"], &done["kept"]), (&json!(true), &json!(true)), "{done:#}");
    for key in ["answer_id", "conversation_id"] {
        assert_eq!(of("status")[0][key], done[key]);
    }
    let read = read(&server, &format!("/api/conversations/{}", done["conversation_id"].as_str().unwrap()));
    assert_eq!(read["turns"][0]["answer"], done["answer"]);
}

/// A client that has read words already must learn that they are not the whole answer.
#[test]
fn a_failure_midway_is_an_event() {
    let model =
        ModelServer::start(Reply::Stalls("정기 점검은 매주 화요일 오전에 한다 [1]. 점검 담당".into()));
    let place = with_note("[serve]\nanswer_timeout_s = 2\n");
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("SIREN_LLM_BASE_URL", model.url()).env("SIREN_LLM_MODEL", "small");
    let server = Server::start(command);
    let response = json("POST", server.address(), "/api/ask", &json!({ "question": WHEN }));
    assert_eq!(response.status, 200, "{response:#?}");
    let events = events(&response);
    let mut names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    assert_eq!(names, ["status", "token", "error"], "{events:#?}");
    let of =
        |wanted: &str| events.iter().rev().find(|(name, _)| name == wanted).map(|(_, data)| data).unwrap();
    assert_tells("what was told", &of("token").to_string(), &["화요일"]);
    let error = &of("error")["error"];
    assert_eq!((&error["code"], &error["type"]), (&json!("timeout"), &json!("server_error")), "{error:#}");
    assert_tells("the message", &error["message"].to_string(), &["took too long"]);
    let conversation = of("status")["conversation_id"].as_str().unwrap();
    let read = get(server.address(), &format!("/api/conversations/{conversation}"));
    assert_eq!(read.status, 404, "what is no answer is not kept: {read:#?}");
}

#[test]
fn conversations_are_kept_until_they_are_deleted() {
    over_both("conversations", |place| {
        let server = place.serve();
        let first = whole(&server, WHEN, None);
        let id = first["conversation_id"].as_str().unwrap();
        let second = whole(&server, "그 담당 부서는 어디인가요?", Some(id));
        assert_eq!(second["conversation_id"], id);
        assert_tells("the follow-up", &second.to_string(), &["인프라팀"]);
        whole(&server, "점검은 무슨 요일에 하나요?", None);

        let path = format!("/api/conversations/{id}");
        let list = read(&server, "/api/conversations?limit=10");
        assert_eq!(list["conversations"].as_array().unwrap().len(), 2, "{list:#}");
        assert_eq!(list["conversations"][1]["title"], WHEN);
        assert_eq!(list["conversations"][1]["answers"], 2);
        let renamed = json("PATCH", server.address(), &path, &json!({ "title": " 점검 <일정> " }));
        assert_eq!((renamed.status, &renamed.json()["title"]), (200, &json!("점검 <일정>")));
        let private = json("PATCH", server.address(), &path, &json!({ "title": "010-1234-5678 문의" }));
        assert_eq!(private.json()["title"], "[전화번호] 문의", "what is typed is kept without personal data");
        json("PATCH", server.address(), &path, &json!({ "title": "점검 <일정>" }));
        let markdown = get(server.address(), &format!("{path}/export?format=markdown"));
        assert_tells("the head", &markdown.head, &["text/markdown", "attachment"]);
        assert_tells(
            "the file",
            &markdown.body,
            &["# 점검 \\<일정\\>", &format!("## {WHEN}"), "화요일", "notes/check.md"],
        );

        // A restart forgets nothing.
        let before = read(&server, &path);
        assert!(server.terminate().success());
        let server = place.serve();
        let whole = read(&server, &path);
        assert_eq!(whole, before);
        let exported = read(&server, &format!("{path}/export"));
        assert_eq!(exported["conversation"], whole);
        let turns = whole["turns"].as_array().unwrap();
        assert_eq!(
            turns.iter().map(|turn| &turn["answer"]).collect::<Vec<_>>(),
            [&first["answer"], &second["answer"]]
        );

        let gone = http::request("DELETE", server.address(), &path, "");
        assert_eq!(gone.status, 204, "{gone:#?}");
        for (method, path) in
            [("GET", path.as_str()), ("DELETE", path.as_str()), ("GET", format!("{path}/export").as_str())]
        {
            let missing = http::request(method, server.address(), path, "");
            assert_eq!(
                (missing.status, &missing.json()["error"]["code"]),
                (404, &json!("not_found")),
                "{method} {path}"
            );
        }
        let asked =
            json("POST", server.address(), "/api/ask", &json!({ "question": WHEN, "conversation_id": id }));
        assert_eq!(asked.status, 404);
        let left = read(&server, "/api/conversations");
        assert_eq!(left["conversations"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn an_answer_is_made_again_from_what_it_was_made_from() {
    over_both("replay", |place| {
        let server = place.serve();
        let id = whole(&server, WHEN, None)["answer_id"].as_str().unwrap().to_owned();
        let path = format!("/api/answers/{id}");
        let kept = read(&server, &path);
        let made_from = &kept["made_from"];
        assert_tells("the passages", &made_from["passages"].to_string(), &["화요일 오전", "notes/check.md"]);
        assert!(made_from["generation"] == 1 && made_from["rules"].is_string(), "{kept:#}");

        // What the index holds by now does not matter.
        place.write("notes/check.md", NOTE.replace("화요일", "금요일"));
        place.siren(&["reindex"]).exits(0);
        assert_tells("a new answer", &whole(&server, WHEN, None).to_string(), &["금요일"]);
        let replay = json("POST", server.address(), &format!("{path}/replay"), &json!({})).json();
        assert_eq!(replay["same"], true, "{replay:#}");
        assert_eq!((&replay["again"], &replay["answer"]), (&kept["answer"], &kept["answer"]));
        assert_eq!((&replay["rules_changed"], &replay["prompt_changed"]), (&json!(false), &json!(false)));
        assert_eq!(json("POST", server.address(), "/api/answers/none/replay", &json!({})).status, 404);
    });
}

#[test]
fn feedback_is_kept_with_what_it_is_about() {
    over_both("feedback", |place| {
        let server = place.serve();
        let in_conversation = whole(&server, WHEN, None)["answer_id"].as_str().unwrap().to_owned();
        let by_client = http::chat(server.address(), "점검 담당 부서는 어디인가요?", false).json();
        let by_client = by_client["id"].as_str().unwrap();
        // Kept behind the request.
        wait_for("the answer to be kept", || {
            (get(server.address(), &format!("/api/answers/{by_client}")).status == 200).then_some(())
        });
        let said = [
            (in_conversation.as_str(), json!({ "thumb": "up" })),
            (by_client, json!({ "thumb": "up" })),
            (
                by_client,
                json!({ "thumb": "down", "reason": "010-1234-5678로 물어보니 아니다", "corrected_text": "보안팀" }),
            ),
        ];
        for (id, mut body) in said {
            body["answer_id"] = json!(id);
            let put = json("POST", server.address(), "/api/feedback", &body);
            assert_eq!(put.status, 204, "{put:#?}");
        }
        let none = json!({ "answer_id": "none", "thumb": "up" });
        assert_eq!(json("POST", server.address(), "/api/feedback", &none).status, 404);
        let down = read(&server, "/api/admin/feedback?thumb=down");
        assert_eq!(down["feedback"].as_array().unwrap().len(), 1, "the last word counts: {down:#}");
        let told = down["feedback"][0].to_string();
        assert_tells("the complaint", &told, &["점검 담당 부서는", "[전화번호]", "보안팀", "notes/check.md"]);
        assert!(!told.contains("1234"), "{told}");
        let complaint = &down["feedback"][0];
        let told = ["answer_id", "by", "reason", "corrected_text", "left_out"].map(|name| &complaint[name]);
        let expected = [by_client, "local", "[전화번호]로 물어보니 아니다", "보안팀"].map(|text| json!(text));
        assert_eq!(told[..4], expected.iter().collect::<Vec<_>>(), "{complaint:#}");
        assert_eq!((told[4], complaint["at_ms"].is_u64()), (&json!(false), true), "{complaint:#}");
        // A line of it is a line of a feedback file.
        place.write("feedback.jsonl", complaint.to_string());
        let imported = place.siren(&["eval", "import", "feedback.jsonl"]).exits(0).stdout;
        assert_tells("the complaint from a file", &imported, &["right would be: 보안팀", "[전화번호]로"]);

        let suggestions = read(&server, "/api/suggestions?limit=4").to_string();
        assert_tells("the suggestions", &suggestions, &[WHEN, "‘점검 안내’"]);
        let imported = place.siren(&["eval", "import"]).exits(0).stdout;
        assert_tells("the imported complaint", &imported, &["점검 담당 부서는", "보안팀"]);
        assert!(!imported.contains(WHEN), "praise is no complaint: {imported}");
    });
}

/// So many that a reindex takes its time.
const MANY: usize = 3_000;

fn with_many(state: &str) -> Place {
    let place = with_note(state);
    for n in 0..MANY {
        place.write(
            format!("notes/many/{n}.md"),
            format!("# 장비 {n}\n\n장비 {n}번의 담당 부서는 {}팀이다.\n", n % 97),
        );
    }
    place
}

fn jobs(server: &Server) -> Value {
    read(server, "/api/admin/jobs")["jobs"].clone()
}

#[test]
fn a_reindex_is_watched_and_stopped() {
    let place = with_many("");
    let server = place.serve();
    let begun = post(server.address(), "/api/admin/reindex", b"{\"full\": true}");
    assert_eq!(begun.status, 202, "{begun:#?}");
    let id = begun.json()["job_id"].as_str().unwrap().to_owned();
    let again = post(server.address(), "/api/admin/reindex", b"");
    assert_eq!((again.status, &again.json()["error"]["code"]), (409, &json!("conflict")));
    let stopped = post(server.address(), &format!("/api/admin/jobs/{id}/cancel"), b"");
    assert_eq!((stopped.status, &stopped.json()["cancel_asked"]), (202, &json!(true)));
    let watched = get(server.address(), &format!("/api/admin/jobs/{id}/events"));
    let told = events(&watched);
    let (name, last) = told.last().unwrap();
    assert_eq!((name.as_str(), &last["state"]), ("done", &json!("cancelled")), "{told:#?}");
    assert_eq!(place.live(), 1, "the index that was served is");
    assert_tells("an answer", &whole(&server, WHEN, None).to_string(), &["화요일"]);

    // The next one goes through, and back again.
    let begun = post(server.address(), "/api/admin/reindex", b"").json();
    let watched =
        get(server.address(), &format!("/api/admin/jobs/{}/events", begun["job_id"].as_str().unwrap()));
    let told = events(&watched);
    let done = &told.last().unwrap().1;
    assert_eq!((&done["state"], &done["outcome"]["generation"]), (&json!("done"), &json!(place.live())));
    assert_ne!(place.live(), 1);
    // However fast it is: it is watched from its beginning, and gets on until it has seen all.
    assert_eq!(told[0].0, "progress", "{told:#?}");
    let seen: Vec<_> = told.iter().map(|(_, job)| job["done"].as_u64().unwrap()).collect();
    assert!(seen.is_sorted() && seen.last() == Some(&(MANY as u64 + 1)), "{seen:?}");
    for (_, job) in &told {
        assert!(job["expected"].is_null() || job["expected"].as_u64() >= job["done"].as_u64(), "{job:#}");
    }
    let promoted = post(server.address(), "/api/admin/generations/1/promote", b"");
    assert_eq!((promoted.status, place.live()), (200, 1), "{promoted:#?}");
    assert_eq!(post(server.address(), "/api/admin/generations/77/promote", b"").status, 404);
    let states: Vec<_> = jobs(&server).as_array().unwrap().iter().map(|job| job["state"].clone()).collect();
    assert_eq!(states, [json!("done"), json!("cancelled")]);
}

#[test]
fn one_of_two_replicas_reindexes() {
    let Some(database) = Database::create(System::Postgres, "replicas") else { return };
    let place = with_many(&format!("[state]\nurl = \"{}\"\n", database.url()));
    let (one, other) = (place.serve(), place.serve());
    let begun = post(one.address(), "/api/admin/reindex", b"{\"full\": true}");
    assert_eq!(begun.status, 202, "{begun:#?}");
    assert_eq!(post(other.address(), "/api/admin/reindex", b"").status, 409, "one at a time");
    let id = begun.json()["job_id"].as_str().unwrap().to_owned();
    // Seen and stopped from the other one.
    let stopped = post(other.address(), &format!("/api/admin/jobs/{id}/cancel"), b"");
    assert_eq!(stopped.status, 202, "{stopped:#?}");
    let watched = events(&get(other.address(), &format!("/api/admin/jobs/{id}/events")));
    assert_eq!(watched.last().unwrap().1["state"], "cancelled", "{watched:#?}");
    // Conversations are everywhere.
    let said = whole(&one, WHEN, None);
    let path = format!("/api/conversations/{}", said["conversation_id"].as_str().unwrap());
    assert_eq!(read(&other, &path)["turns"][0]["answer"], said["answer"]);

    // A replica that is gone loses its lease; what it was doing is told as failed, and another one can go on.
    let begun = post(one.address(), "/api/admin/reindex", b"{\"full\": true}");
    assert_eq!(begun.status, 202, "{begun:#?}");
    e2e::process::signal(one.process(), "KILL");
    database.run("update leases set until = 0");
    let begun = wait_for("the other replica's turn", || {
        let begun = post(other.address(), "/api/admin/reindex", b"");
        (begun.status == 202).then_some(begun)
    });
    let path = format!("/api/admin/jobs/{}/events", begun.json()["job_id"].as_str().unwrap());
    let watched = events(&get(other.address(), &path));
    assert_eq!(watched.last().unwrap().1["state"], "done", "{watched:#?}");
    let told = jobs(&other);
    assert_tells("the job of the replica that is gone", &told[1].to_string(), &["failed", "gone"]);
}

#[test]
fn an_operator_sees_rules_settings_cost_and_who_did_what() {
    let model = ModelServer::start(Reply::Computes(|_| {
        let message = json!({ "content": "정기 점검은 매주 화요일 오전에 한다 [1]." });
        let usage = json!({ "prompt_tokens": 4_000, "completion_tokens": 21 });
        json!({ "choices": [{ "message": message, "finish_reason": "stop" }], "usage": usage })
    }));
    let url = model.url();
    let place = Place::with_settings(&format!(
        "[answer]\nbase_url = \"{url}\"\nmodel = \"m\"\napi_key_file = \"key.txt\"\ninput_price = 2.0\n{NOTES}"
    ));
    place.write("notes/check.md", NOTE);
    place.write("key.txt", "sk-of-the-model\n");
    place.siren(&["reindex"]).exits(0);
    let server = place.serve();
    assert_eq!(whole(&server, WHEN, None)["model"], "m");
    assert_tells("the model saw its key", &model.asked()[0].head, &["Bearer sk-of-the-model"]);

    let settings = read(&server, "/api/admin/settings");
    let told = settings.to_string();
    assert!(!told.contains("sk-of-the-model"), "{told}");
    let price =
        settings["settings"].as_array().unwrap().iter().find(|one| one["key"] == "answer.input_price");
    assert_eq!(price.map(|one| &one["value"]), Some(&json!(2.0)), "{told}");
    let rules = read(&server, "/api/admin/rules");
    assert!(rules["rules"].as_array().is_some_and(|rules| rules.iter().any(|rule| rule["id"].is_string())));
    let used = wait_for("the books", || {
        let used = read(&server, "/api/admin/usage")["usage"].clone();
        (used.as_array().is_some_and(|rows| !rows.is_empty())).then_some(used)
    });
    let row = ["principal", "model", "answers", "prompt_tokens", "completion_tokens", "cost_micros"];
    let row = row.map(|name| used[0][name].clone());
    assert_eq!(
        row,
        [json!("local"), json!("m"), json!(1), json!(4_000), json!(21), json!(8_000)],
        "{used:#}"
    );
    let search = read(&server, "/api/search?q=%EC%A0%95%EA%B8%B0%20%EC%A0%90%EA%B2%80&limit=3");
    assert_tells("what is found", &search.to_string(), &["notes/check.md", "화요일 오전"]);

    whole(&server, "화성 이주 우주선의 발사 예정일이 언제인가요?", None);
    let unanswered = read(&server, "/api/admin/unanswered").to_string();
    assert!(unanswered.contains("화성 이주") && !unanswered.contains(WHEN), "{unanswered}");
    let audit = wait_for("the audit log", || {
        let audit = read(&server, "/api/admin/audit?limit=10")["entries"].clone();
        (audit.as_array().is_some_and(|entries| entries.len() > 1)).then_some(audit)
    });
    assert_eq!((&audit[1]["outcome"], &audit[1]["cited"]), (&json!("answered"), &json!(["notes/check.md"])));
    assert_eq!(audit[0]["outcome"], "not_found", "{audit:#}");
}

#[test]
fn what_is_past_its_days_goes() {
    let place = with_note("[state]\nconversation_days = 1\n");
    let server = place.serve();
    let id = whole(&server, WHEN, None)["conversation_id"].as_str().unwrap().to_owned();
    assert!(server.terminate().success());
    let file = place.path(".siren/state.sqlite");
    e2e::database::run_on_file(&file, "update conversations set updated = 1; update answers set at = 1");
    let server = place.serve();
    wait_for("the old conversation to go", || {
        (get(server.address(), &format!("/api/conversations/{id}")).status == 404).then_some(())
    });
}
