//! What servers send, and what is made of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::{Value, json};
use siren_adapters::ModelServerError;
use siren_adapters::openai_chat::{OpenAiChat, OpenAiChatSettings, Prompts, Secret};
use siren_domain::ports::{AnswerModel, AnswerPart, AnswerRequest, ModelError};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const KEY: &str = "sk-very-secret-0123456789";

fn settings(base_url: &str) -> OpenAiChatSettings {
    OpenAiChatSettings {
        api_key: Some(Secret::new(&format!("{KEY}\n"))),
        connect_timeout: Duration::from_secs(2),
        first_token_timeout: Duration::from_secs(4),
        idle_timeout: Duration::from_millis(400),
        ..OpenAiChatSettings::new(base_url, "small-model")
    }
}

fn request() -> AnswerRequest {
    AnswerRequest {
        question: "행사는 언제 열렸나요?".into(),
        passages: vec![],
        terms: vec![],
        ..AnswerRequest::default()
    }
}

fn model(settings: OpenAiChatSettings) -> OpenAiChat {
    OpenAiChat::new(settings, Arc::new(Prompts::built_in().unwrap())).unwrap()
}

/// The parts, and the error that may follow them: `one|two|! Protocol: …`.
async fn told(settings: OpenAiChatSettings) -> String {
    let model = model(settings);
    assert!(!format!("{model:?}").contains(KEY), "the key shows in Debug");
    let parts: Vec<_> = model.answer(request()).collect().await;
    let failures = parts.iter().filter(|part| part.is_err()).count();
    assert!(failures == 0 || failures == 1 && parts.last().unwrap().is_err(), "{parts:?}");
    let part = |part: &Result<AnswerPart, ModelError>| match part {
        Ok(AnswerPart::Delta(text)) => text.clone(),
        Ok(AnswerPart::NotFound) => "<not found>".into(),
        Ok(other) => panic!("{other:?}"),
        Err(ModelError::Unavailable(text)) => format!("! Unavailable: {text}"),
        Err(ModelError::TooLong(text)) => format!("! TooLong: {text}"),
        Err(ModelError::Protocol(text)) => format!("! Protocol: {text}"),
    };
    let words = parts.iter().filter(|part| !matches!(part, Ok(AnswerPart::Spent(_))));
    let text = words.map(part).collect::<Vec<_>>().join("|");
    assert!(!text.contains(KEY), "{text}");
    assert!(!text.contains(&request().question), "what was asked is in what a log keeps: {text}");
    text
}

fn delta(text: &str) -> String {
    format!(
        "data: {}\n\n",
        json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
    )
}

fn end(reason: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

const DONE: &str = "data: [DONE]\n\n";

fn replied(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, kind)
}

fn asked() -> wiremock::MockBuilder {
    Mock::given(method("POST")).and(path("/v1/chat/completions"))
}

#[tokio::test]
async fn reads_what_servers_stream() {
    let first = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\n";
    let usage = "data: {\"choices\":[],\"usage\":{\"total_tokens\":7}}\n\n";
    let thought = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n";
    let error = |error: Value| format!("data: {}\n\n", json!({ "error": error }));
    let (five, stop) = (delta("5월"), end("stop"));
    let cases = [
        ("plain", format!("{}{}{stop}{DONE}", five, delta("입니다 [1].")), "5월|입니다 [1]."),
        ("llama.cpp: null first, usage last", format!("{first}{five}{stop}{usage}{DONE}"), "5월"),
        ("keep-alive comments", format!(": keep-alive\n\n{five}: keep-alive\n\n{stop}{DONE}"), "5월"),
        ("no [DONE]", format!("{five}{stop}"), "5월"),
        ("carriage returns", format!("{five}{stop}{DONE}").replace('\n', "\r\n"), "5월"),
        (
            "finish_reason in each piece",
            format!("{}{}{DONE}", five.replace("null", "\"stop\""), delta("!").replace("null", "\"stop\"")),
            "5월|!",
        ),
        ("cut at max_tokens", format!("{five}{}{DONE}", end("length")), "5월"),
        ("thoughts apart", format!("{thought}{five}{stop}{DONE}"), "5월"),
        ("thoughts within", format!("{}{}{stop}", delta("<think>5?</th"), delta("ink>\n5월")), "5월"),
        ("nothing found", format!("{}{}{stop}{DONE}", delta("NOT"), delta("_FOUND")), "<not found>"),
        ("nothing found, and more", format!("{}{five}{stop}", delta("NOT_FOUND. ")), "<not found>"),
        ("nothing that looks like it", format!("{}{}{stop}", delta("NOT"), delta(" yet")), "NOT yet"),
        ("held back to the end", format!("{}{stop}{DONE}", delta("NOT")), "NOT"),
        (
            "no finish_reason",
            format!("{five}{DONE}"),
            "5월|! Protocol: the stream ended without a finish_reason",
        ),
        ("held back, no finish_reason", delta("NOT"), "! Protocol: the stream ended without a finish_reason"),
        ("nothing at all", String::new(), "! Protocol: the stream ended without a finish_reason"),
        (
            "no words",
            format!("{first}{stop}{DONE}"),
            "! Protocol: the answer is empty (it ended with \"stop\")",
        ),
        (
            "only thoughts",
            format!("{thought}{}", end("length")),
            "! Protocol: the answer is empty (it ended with \"length\"): raise `max_tokens`",
        ),
        (
            "filtered",
            format!("{five}{}", end("content_filter")),
            "5월|! Protocol: the server stopped the answer: content_filter",
        ),
        (
            "error, number",
            format!("{five}{}", error(json!({"code": 500, "message": "slot lost", "type": "x"}))),
            "5월|! Unavailable: status 500: x",
        ),
        (
            "error, word",
            error(json!({"code": "rate_limit_exceeded", "message": "slow down"})),
            "! Unavailable: rate_limit_exceeded",
        ),
        (
            "error, number in words",
            error(json!({"code": "429", "message": "slow"})),
            "! Unavailable: status 429",
        ),
        (
            "error, too long",
            error(json!({"code": 400, "message": "the request exceeds the available context size",
            "type": "exceed_context_size_error"})),
            "! TooLong: status 400: exceed_context_size_error",
        ),
        ("error, bare", error(json!("boom")), "! Protocol: an error without a name"),
        (
            "error after the end",
            format!("{five}{stop}{}", error(json!({"code": 502, "message": "lost"}))),
            "5월|! Unavailable: status 502",
        ),
        (
            "error, null",
            format!("data: {}\n\n{stop}", json!({"error": null, "choices": [{"delta": {"content": "5월"}}]})),
            "5월",
        ),
        (
            "vLLM error",
            format!("data: {}\n\n", json!({"object": "error", "message": "bad", "code": 400})),
            "! Protocol: status 400",
        ),
        (
            "the key in an error",
            error(json!({"message": format!("bad key {KEY}")})),
            "! Protocol: an error without a name",
        ),
        ("garbage", format!("{five}data: {{\"choi\n\n"), "5월|! Protocol: this is no piece of an answer"),
        (
            "another interface",
            "data: {\"text\":\"hi\"}\n\n".into(),
            "! Protocol: this is no piece of an answer",
        ),
        (
            "a wrong type",
            "data: {\"choices\":[{\"delta\":{\"content\":5}}]}\n\n".into(),
            "! Protocol: this is no piece of an answer",
        ),
    ];
    let server = MockServer::start().await;
    for (name, body, expected) in cases {
        server.reset().await;
        asked().respond_with(replied(200, "text/event-stream; charset=utf-8", body)).mount(&server).await;
        assert_eq!(told(settings(&server.uri())).await, expected, "{name}");
    }
}

#[tokio::test]
async fn reads_what_servers_refuse_with_and_what_is_no_stream() {
    let echo = format!("cannot read the prompt {:?}", request().question);
    let whole = json!({"choices": [{"message": {"role": "assistant", "content": "5월 [1]."}, "finish_reason": "stop"}]});
    let missing = json!({"choices": [{"message": {"content": "NOT_FOUND"}}]});
    let openai = json!({"error": {"message": "This model's maximum context length is 4096 tokens.",
        "code": "context_length_exceeded", "type": "invalid_request_error"}});
    let llama = json!({"error": {"code": 400, "message": "the request exceeds the available context size",
        "type": "exceed_context_size_error"}});
    let tgi = json!({"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096", "error_type": "x"});
    let key = json!({"error": {"message": format!("Incorrect API key: {KEY}.")}});
    let cases = [
        (200, "application/json", whole.to_string(), "5월 [1]."),
        (200, "application/json; charset=utf-8", missing.to_string(), "<not found>"),
        (
            200,
            "application/json",
            json!({"error": {"message": "no", "code": 503}}).to_string(),
            "! Unavailable: status 503",
        ),
        (200, "application/json", "{".into(), "! Protocol: this is no piece of an answer"),
        (200, "application/json", json!({"choices": []}).to_string(), "! Protocol: the answer is empty"),
        (200, "text/html", "<html>".into(), "/v1/chat/completions is a web page (check `base_url`)"),
        (
            400,
            "application/json",
            openai.to_string(),
            "! TooLong: status 400: context_length_exceeded, invalid_request_error",
        ),
        (400, "application/json", llama.to_string(), "! TooLong: status 400: exceed_context_size_error"),
        (422, "application/json", tgi.to_string(), "! TooLong: status 422"),
        (500, "application/json", llama.to_string(), "! TooLong: status 500: exceed_context_size_error"),
        (400, "application/json", json!({"detail": "no such\n field"}).to_string(), "! Protocol: status 400"),
        (401, "application/json", key.to_string(), "! Protocol: status 401 (the API key was not accepted"),
        (403, "text/plain", "no".into(), "! Protocol: status 403 (the API key does not allow this"),
        (404, "text/plain", "no".into(), "! Protocol: status 404 (check `base_url`, http://127.0.0.1:"),
        (404, "text/plain", "no".into(), "the server has the model \"small-model\""),
        (418, "text/plain", echo.clone(), "! Protocol: status 418"),
        (
            400,
            "application/json",
            json!({"error": {"message": echo, "type": echo}}).to_string(),
            "status 400",
        ),
        (200, "application/json", json!({"answer": echo}).to_string(), "this is no piece of an answer"),
        (
            307,
            "text/plain",
            String::new(),
            "! Protocol: status 307: the server sends us elsewhere (check `base_url`)",
        ),
    ];
    let server = MockServer::start().await;
    for (status, kind, body, expected) in cases {
        server.reset().await;
        asked().respond_with(replied(status, kind, body.clone())).mount(&server).await;
        let told = told(settings(&server.uri())).await;
        assert!(told.contains(expected), "{status} {body}: {told}");
        let requests = server.received_requests().await.unwrap().len();
        assert_eq!(requests, 1, "{status} {body}: nothing of this gets better by asking again");
    }
}

#[tokio::test]
async fn asks_again_when_that_may_help() {
    let fine = || replied(200, "text/event-stream", format!("{}{}{DONE}", delta("5월"), end("stop")));
    let busy = |status, retry_after: Option<&str>| {
        let reply = replied(status, "text/plain", "busy");
        retry_after.into_iter().fold(reply, |reply, wait| reply.insert_header("retry-after", wait))
    };
    let cases = [
        ("loading", busy(503, None), 1, "5월", 2, 250),
        ("twice", busy(502, None), 2, "5월", 3, 1250),
        ("for good", busy(500, None), 9, "! Unavailable: status 500", 3, 1250),
        ("a short wait", busy(429, Some("1")), 1, "5월", 2, 1000),
        ("a long wait", busy(429, Some("60")), 1, "! Unavailable: status 429", 1, 0),
        ("a wait beyond patience", busy(429, Some("5")), 1, "! Unavailable: status 429", 1, 0),
        (
            "a far date",
            busy(429, Some("Thu, 31 Dec 2099 23:59:59 GMT")),
            1,
            "! Unavailable: status 429",
            1,
            0,
        ),
        ("a date that is past", busy(429, Some("Fri, 31 Dec 1999 23:59:59 GMT")), 1, "5월", 2, 250),
        ("no wait at all", busy(429, Some("later")), 1, "5월", 2, 250),
        ("the server waited in vain", busy(408, None), 1, "5월", 2, 250),
    ];
    for (name, reply, times, expected, requests, waited) in cases {
        let server = MockServer::start().await;
        asked().respond_with(reply).up_to_n_times(times).with_priority(1).mount(&server).await;
        asked().respond_with(fine()).with_priority(2).mount(&server).await;
        let start = Instant::now();
        assert_eq!(told(settings(&format!("{}/v1/", server.uri()))).await, expected, "{name}");
        assert_eq!(server.received_requests().await.unwrap().len(), requests, "{name}");
        let took = start.elapsed().as_millis();
        assert!(took >= waited, "{name}: {took} ms");
    }
}

#[tokio::test]
async fn sends_the_question_the_settings_and_the_key() {
    let server = MockServer::start().await;
    asked()
        .respond_with(replied(200, "text/event-stream", format!("{}{}", delta("a"), end("stop"))))
        .mount(&server)
        .await;
    told(settings(&server.uri())).await;
    told(OpenAiChatSettings { api_key: None, ..settings(&server.uri()) }).await;
    told(OpenAiChatSettings { api_key: Some(Secret::new("")), ..settings(&server.uri()) }).await;
    let requests = server.received_requests().await.unwrap();
    let body: Value = requests[0].body_json().unwrap();
    assert_eq!(body["model"], "small-model");
    assert_eq!(
        (&body["stream"], &body["max_tokens"], &body["temperature"]),
        (&json!(true), &json!(512), &json!(0.0))
    );
    assert_eq!(
        (&body["messages"][0]["role"], &body["messages"][1]["role"]),
        (&json!("system"), &json!("user"))
    );
    assert!(body["messages"][1]["content"].as_str().unwrap().contains("행사는 언제 열렸나요?"));
    let keys = requests.iter().map(|request| request.headers.get("authorization").cloned());
    let keys: Vec<_> = keys.map(|key| key.map(|key| key.to_str().unwrap().to_owned())).collect();
    assert_eq!(keys, [Some(format!("Bearer {KEY}")), None, None]);
}

/// A server that says each piece in turn, with a pause before it, to one caller, and then hangs up.
fn speaking(pieces: Vec<(u64, Vec<u8>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut caller, _) = listener.accept().unwrap();
        hear(&mut caller);
        for (pause, piece) in pieces {
            thread::sleep(Duration::from_millis(pause));
            // The caller may have hung up.
            caller.write_all(&piece).ok();
        }
    });
    format!("http://{address}")
}

/// Reads a request to the end of its body, which is JSON.
fn hear(caller: &mut TcpStream) {
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    while !heard.ends_with(b"}") {
        let n = caller.read(&mut buffer).unwrap();
        heard.extend_from_slice(&buffer[..n]);
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_or_stalls_is_no_answer() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let chunked = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let (five, stop) = (delta("5월"), end("stop"));
    let (front, back) = five.as_bytes().split_at(five.find('월').unwrap() + 1);
    let quick = |text: String| vec![(0, text.into_bytes())];
    let cases = [
        (
            "a letter in two pieces",
            vec![(0, head.into()), (0, front.to_vec()), (50, back.to_vec()), (0, stop.clone().into())],
            "5월",
        ),
        (
            "hung up",
            quick(format!("{head}{five}")),
            "5월|! Protocol: the stream ended without a finish_reason",
        ),
        (
            "hung up within a line",
            quick(format!("{head}{five}data: {{\"ch")),
            "5월|! Protocol: the stream ended without",
        ),
        (
            "hung up within a chunk",
            quick(format!("{chunked}{}20\r\ndata", chunk(&five))),
            "5월|! Unavailable: http://127.0.0.1:",
        ),
        ("hung up after the end", quick(format!("{chunked}{}", chunk(&format!("{five}{stop}")))), "5월"),
        ("hung up at once", vec![], "! Unavailable: http://127.0.0.1:"),
        ("no HTTP", quick("hello\r\n\r\n".into()), "! Unavailable: http://127.0.0.1:"),
        (
            "no UTF-8",
            vec![(0, head.into()), (0, b"data: \xff\xff\n\n".to_vec())],
            "! Protocol: this is no event stream",
        ),
        (
            "silent within",
            vec![(0, format!("{head}{five}").into()), (900, stop.clone().into())],
            "it fell silent for 400ms within an answer",
        ),
        (
            "alive by comments only",
            [vec![(0, format!("{head}{five}").into())], vec![(250, b": x\n\n".to_vec()); 40]].concat(),
            "it fell silent for 400ms",
        ),
        ("silent after the end", vec![(0, format!("{head}{five}{stop}").into()), (900, vec![])], "5월"),
        ("slow to begin", vec![(0, head.into()), (900, format!("{five}{stop}").into())], "5월"),
        ("no word in time", vec![(0, head.into()), (5000, vec![])], "no word came within 4s"),
        ("no head in time", vec![(5000, vec![])], "no word came within 4s"),
    ];
    let told = cases.map(|(name, pieces, expected)| async move {
        let told = told(settings(&speaking(pieces))).await;
        assert!(told.contains(expected) && (expected != "5월" || told == expected), "{name}: {told}");
    });
    futures::future::join_all(told).await;
}

#[tokio::test]
async fn nobody_there_is_asked_again_and_then_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let start = Instant::now();
    let told = told(settings(&address)).await;
    assert!(told.starts_with(&format!("! Unavailable: {address}/v1/chat/completions: ")), "{told}");
    assert!(start.elapsed() >= Duration::from_millis(1250), "{:?}", start.elapsed());
}

#[test]
fn settings_that_do_not_do_are_named() {
    let key = |text: &str| OpenAiChatSettings {
        api_key: Some(Secret::new(text)),
        ..settings("http://127.0.0.1:1")
    };
    let cases = [
        (settings("127.0.0.1:8000"), "base_url"),
        (settings(&format!("http://x:{KEY}@host")), "base_url"),
        (key(&format!("{KEY}\nx")), "api_key"),
    ];
    for (settings, named) in cases {
        let error = OpenAiChat::new(settings, Arc::new(Prompts::built_in().unwrap())).err();
        assert!(
            matches!(&error, Some(ModelServerError::BadSetting { key, .. }) if *key == named),
            "{error:?}"
        );
        assert!(!format!("{error:?} {}", error.as_ref().unwrap()).contains(KEY));
    }
    assert!(!format!("{:?}", key(KEY)).contains(KEY));
    let names = [("", "m", "m"), ("mine", "m", "mine"), ("", "", "unnamed model")];
    for (name, given, shown) in names {
        let settings =
            OpenAiChatSettings { name: name.into(), ..OpenAiChatSettings::new("http://127.0.0.1:1", given) };
        assert_eq!(AnswerModel::name(&model(settings)), shown);
    }
}
