//! The first minute: one bare command, a page, an answer, an orderly end.

use e2e::citations::assert_true_to_source;
use e2e::http::{chat, get};
use e2e::{Place, Server, assert_tells};

const QUESTION: &str = "케이뱅크는 언제 클라우드 전환을 마쳤나요?";

#[test]
fn the_bare_command_indexes_serves_answers_and_stops() {
    let place = Place::with_sample();
    let mut command = place.command(&["--offline"]);
    command.env("SIREN_LISTEN", "127.0.0.1:0");
    let server = Server::start(command);

    let first = chat(server.address(), QUESTION, false);
    assert_eq!(first.status, 200, "{first:#?}");
    let answer = first.json();
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap_or_default();
    assert_tells("the first answer", text, &["2023년 5월"]);
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert_eq!(answer["siren"]["grounded"], true, "{answer:#}");
    assert_true_to_source(&place, text, &answer["citations"]);

    let ready = get(server.address(), "/readyz");
    assert_eq!((ready.status, ready.json()["status"].as_str()), (200, Some("ready")), "{ready:#?}");
    assert_eq!(get(server.address(), "/healthz").status, 200);
    let models = get(server.address(), "/v1/models").json();
    assert_eq!(models["data"][0]["id"], "siren", "{models:#}");

    let page = get(server.address(), "/");
    assert_eq!(page.status, 200);
    assert_tells("the page's head", &page.head.to_ascii_lowercase(), &["content-type: text/html"]);
    assert_tells("the page", &page.body, &["<form", "<textarea", "name=\"viewport\"", "lang=\"ko\""]);

    assert_tells("stderr", &server.told(), &["indexed ", "documents"]);
    assert_eq!(server.terminate().code(), Some(0), "SIGTERM is an orderly end");
    assert_eq!(place.live(), 1, "the index stays for the next start");
}

/// What the page invites a newcomer to ask, the sample must be able to answer.
#[test]
fn the_questions_on_the_page_are_answered() {
    let place = Place::with_sample();
    place.json(&["reindex", "--json"]);
    let server = place.serve();
    let page = get(server.address(), "/").body;
    let (_, behind) = page.split_once("id=\"examples\"").unwrap_or_else(|| panic!("no examples: {page}"));
    let (list, _) = behind.split_once("</ul>").unwrap_or_default();
    let questions: Vec<&str> = list
        .split("<button type=\"button\">")
        .skip(1)
        .filter_map(|rest| rest.split_once("</button>").map(|(question, _)| question))
        .collect();
    assert!(questions.len() >= 3, "{list}");
    for question in questions {
        let answer = chat(server.address(), question, false).json();
        assert_eq!(answer["siren"]["grounded"], true, "{question}: {answer:#}");
    }
}

#[test]
fn a_stream_says_what_the_whole_says() {
    let place = Place::with_sample();
    place.json(&["reindex", "--json"]);
    let server = place.serve();
    let whole = chat(server.address(), QUESTION, false).json();
    let streamed = chat(server.address(), QUESTION, true);
    assert_tells("the head", &streamed.head.to_ascii_lowercase(), &["content-type: text/event-stream"]);

    let events = streamed.events();
    let (last, chunks) = events.split_last().unwrap_or_else(|| panic!("no events: {streamed:#?}"));
    assert_eq!(*last, "[DONE]");
    assert!(!streamed.body.contains("event:"), "named events break clients");
    let chunks: Vec<serde_json::Value> = chunks.iter().filter_map(|c| serde_json::from_str(c).ok()).collect();
    assert_eq!(chunks.len(), events.len() - 1, "each event is JSON: {events:#?}");
    let text: String = chunks.iter().filter_map(|c| c["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text, whole["choices"][0]["message"]["content"], "{events:#?}");
    let end = chunks.last().unwrap_or_else(|| panic!("no chunks"));
    assert_eq!(end["choices"][0]["finish_reason"], "stop", "{end:#}");
    assert_eq!(end["citations"], whole["citations"]);
    assert_eq!(server.terminate().code(), Some(0));
}

#[test]
fn without_settings_the_folder_data_is_what_there_is_to_know() {
    let place = Place::empty();
    place.write("data/offsite.md", "# 워크숍\n\n가을 워크숍은 10월 24일 강릉에서 열린다.\n");
    let answer = place.ask("가을 워크숍은 어디에서 열리나요?");
    assert_tells("the answer", answer["answer"].as_str().unwrap_or_default(), &["강릉"]);

    let nothing = Place::empty();
    for args in
        [&["reindex"][..], &["ask", "가을 워크숍은 언제인가요?"], &["serve", "--listen", "127.0.0.1:0"]]
    {
        // `serve` without an index waits for one; every other command says what is missing.
        if args[0] == "serve" {
            let server = nothing.serve();
            let ready = get(server.address(), "/readyz");
            assert_eq!(ready.status, 503, "{ready:#?}");
            assert_tells("not ready", &ready.body, &["siren reindex"]);
            let answer = chat(server.address(), "가을 워크숍은 언제인가요?", false);
            assert_eq!((answer.status, answer.json()["error"]["code"].as_str()), (503, Some("not_ready")));
        } else {
            let ran = nothing.siren(args).exits(1);
            assert_tells(args[0], &ran.stderr, &["siren: "]);
        }
    }
}
