//! What a model is asked for beside answers, what it costs, and when it is left alone.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use siren_adapters::openai_chat::{BreakerSettings, OpenAiChat, OpenAiChatSettings, Prompts};
use siren_domain::ports::{AnswerModel, AnswerPart, AnswerRequest, Checker, ModelError, Rewriter};
use siren_domain::{Speaker, Tokens, Turn};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn settings(base_url: &str) -> OpenAiChatSettings {
    OpenAiChatSettings {
        connect_timeout: Duration::from_secs(2),
        first_token_timeout: Duration::from_secs(4),
        idle_timeout: Duration::from_secs(4),
        retries: 0,
        ..OpenAiChatSettings::new(base_url, "small")
    }
}

fn model(settings: OpenAiChatSettings) -> OpenAiChat {
    OpenAiChat::new(settings, Arc::new(Prompts::built_in().unwrap())).unwrap()
}

fn request() -> AnswerRequest {
    AnswerRequest {
        question: "행사는 언제 열렸나요?".into(),
        passages: vec![],
        terms: vec![],
        ..AnswerRequest::default()
    }
}

fn event(value: &Value) -> String {
    format!("data: {value}\n\n")
}

fn delta(text: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]}))
}

fn said(text: &str) -> String {
    let end = event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}));
    format!("{}{end}data: [DONE]\n\n", delta(text))
}

async fn saying(body: &str) -> MockServer {
    let server = MockServer::start().await;
    let reply = ResponseTemplate::new(200).set_body_raw(body.to_owned(), "text/event-stream");
    let asked = Mock::given(method("POST")).and(path("/v1/chat/completions"));
    asked.respond_with(reply).mount(&server).await;
    server
}

async fn bodies(server: &MockServer) -> Vec<Value> {
    server.received_requests().await.unwrap().iter().map(|request| request.body_json().unwrap()).collect()
}

#[tokio::test]
async fn follow_ups_are_said_anew_on_one_line() {
    let cases = [
        ("서밋은 며칠에 열렸나요?", Ok("서밋은 며칠에 열렸나요?")),
        ("<think>그 서밋</think>\n\n\"서밋은 며칠에 열렸나요?\"\n설명: 행사", Ok("서밋은 며칠에 열렸나요?")),
        ("\n---\n서밋은 며칠에?", Ok("서밋은 며칠에?")),
        ("...", Err("this is no question")),
        ("NOT_FOUND", Err("this is no question")),
    ];
    for (text, expected) in cases {
        let server = saying(&said(text)).await;
        let history = [Turn { speaker: Speaker::User, text: "서밋은 어디서 열렸나요?".into() }];
        let told = model(settings(&server.uri())).rewrite("며칠에요?", &history).await;
        match expected {
            Ok(expected) => assert_eq!(told.unwrap().said, expected, "{text:?}"),
            Err(expected) => assert!(told.unwrap_err().to_string().contains(expected), "{text:?}"),
        }
        let asked = bodies(&server).await[0]["messages"].to_string();
        assert!(asked.contains("서밋은 어디서 열렸나요?") && asked.contains("며칠에요?"), "{asked}");
    }
}

#[tokio::test]
async fn a_judgement_is_yes_or_no_and_nothing_else() {
    let cases = [
        ("YES", Some(true)),
        ("**No.** It says May.", Some(false)),
        ("<think>no... yes</think>yes", Some(true)),
        ("Perhaps", None),
        ("yesterday", None),
    ];
    for (text, expected) in cases {
        let server = saying(&said(text)).await;
        let told = model(settings(&server.uri())).supports("5월에 열렸다.", "행사는 5월에 열렸다.").await;
        assert_eq!(told.map(|told| told.said).ok(), expected, "{text:?}");
    }
}

#[tokio::test]
async fn tokens_are_counted_by_the_server_or_by_us() {
    let usage = event(&json!({"choices": [], "usage": {"prompt_tokens": 321, "completion_tokens": 7}}));
    let counted = Tokens::told(321, 7);
    let whole = said("5월").replace("data: [DONE]", &format!("{usage}data: [DONE]"));
    let spent = |parts: &[Result<AnswerPart, ModelError>]| {
        let spent = parts.iter().filter_map(|part| match part {
            Ok(AnswerPart::Spent(tokens)) => Some(*tokens),
            _ => None,
        });
        let spent: Vec<Tokens> = spent.collect();
        assert_eq!(spent.len(), 1, "{parts:?}");
        spent[0]
    };
    let server = saying(&whole).await;
    let parts: Vec<_> = model(settings(&server.uri())).answer(request()).collect().await;
    assert_eq!(spent(&parts), counted);
    assert_eq!(bodies(&server).await[0]["stream_options"], json!({"include_usage": true}));
    // One that breaks off has been paid for, too.
    for body in [said("5월 16일"), delta("5월 16일"), said("NOT_FOUND")] {
        let server = saying(&body).await;
        let quiet = OpenAiChatSettings { count_tokens: false, ..settings(&server.uri()) };
        let parts: Vec<_> = model(quiet).answer(request()).collect().await;
        let spent = spent(&parts);
        assert!(spent.input > 100 && (1..10).contains(&spent.output), "{spent:?}");
        assert_eq!(bodies(&server).await[0].get("stream_options"), None);
    }
}

/// A server that lets every caller be handled by `reply`, and counts them.
fn serving(reply: impl Fn(TcpStream) + Send + Sync + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (calls, reply) = (Arc::new(AtomicUsize::new(0)), Arc::new(reply));
    let counted = Arc::clone(&calls);
    thread::spawn(move || {
        for mut caller in listener.incoming().map_while(Result::ok) {
            let (reply, counted) = (Arc::clone(&reply), Arc::clone(&counted));
            thread::spawn(move || {
                if hear(&mut caller) {
                    counted.fetch_add(1, Ordering::SeqCst);
                    reply(caller);
                }
            });
        }
    });
    (address, calls)
}

fn hear(caller: &mut TcpStream) -> bool {
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    while !heard.ends_with(b"}") {
        match caller.read(&mut buffer) {
            Ok(n) if n > 0 => heard.extend_from_slice(&buffer[..n]),
            _ => return false,
        }
    }
    true
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn who_leaves_takes_the_request_along() {
    // Before the head of the reply, within the answer.
    for head in ["", HEAD] {
        let hung_up = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&hung_up);
        let (address, calls) = serving(move |mut caller| {
            let first = if head.is_empty() { String::new() } else { format!("{head}{}", delta("5월")) };
            caller.write_all(first.as_bytes()).ok();
            // A read that ends is the other side hanging up.
            let mut buffer = [0; 64];
            let end = caller.read(&mut buffer);
            seen.store(matches!(end, Ok(0) | Err(_)), Ordering::SeqCst);
        });
        let mut answer = model(settings(&address)).answer(request());
        if head.is_empty() {
            let waited = tokio::time::timeout(Duration::from_millis(300), answer.next()).await;
            assert!(waited.is_err(), "{waited:?}");
        } else {
            assert_eq!(answer.next().await, Some(Ok(AnswerPart::Delta("5월".into()))));
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        assert!(!hung_up.load(Ordering::SeqCst));
        drop(answer);
        for _ in 0..200 {
            if hung_up.load(Ordering::SeqCst) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(hung_up.load(Ordering::SeqCst), "the server still writes for nobody");
    }
}

#[tokio::test]
async fn an_answer_has_its_time_and_its_size() {
    // A word now and then, for ever.
    let (drip, _) = serving(|mut caller| {
        caller.write_all(HEAD.as_bytes()).ok();
        while caller.write_all(delta("가").as_bytes()).is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    });
    // One line without an end.
    let (flood, _) = serving(|mut caller| {
        caller.write_all(HEAD.as_bytes()).ok();
        caller.write_all(b"data: ").ok();
        while caller.write_all(&[b'x'; 65_536]).is_ok() {}
    });
    let (drop_by_drop, _) = serving(|mut caller| {
        caller.write_all(HEAD.as_bytes()).ok();
        for byte in std::iter::repeat(b':') {
            if caller.write_all(&[byte]).is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
    });
    let cases = [
        (drip, "the answer was not whole within 1s"),
        (flood, "a line of the reply is longer than 262144 bytes"),
        (drop_by_drop, "the answer was not whole within 1s"),
    ];
    for (address, expected) in cases {
        let patient = OpenAiChatSettings { answer_timeout: Duration::from_secs(1), ..settings(&address) };
        let parts: Vec<_> = model(patient).answer(request()).collect().await;
        let error = parts.last().unwrap().as_ref().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn one_that_fails_again_and_again_is_left_alone() {
    let well = Arc::new(AtomicBool::new(false));
    let is_well = Arc::clone(&well);
    let (address, calls) = serving(move |mut caller| {
        let text = match is_well.load(Ordering::SeqCst) {
            true => format!("{HEAD}{}", said("5월")),
            false => "HTTP/1.1 500 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
        };
        caller.write_all(text.as_bytes()).ok();
    });
    let breaker = BreakerSettings { failures: 3, pause: Duration::from_secs(2) };
    let model = model(OpenAiChatSettings { breaker, ..settings(&address) });
    let ask = || async {
        let parts: Vec<_> = model.answer(request()).collect().await;
        parts.into_iter().find_map(Result::err).map(|error| error.to_string())
    };
    for _ in 0..3 {
        assert!(ask().await.is_some_and(|error| error.contains("status 500")));
    }
    for _ in 0..5 {
        assert!(ask().await.is_some_and(|error| error.contains("left alone")));
    }
    assert!(model.rewrite("q", &[]).await.is_err(), "for all of its roles");
    assert_eq!(calls.load(Ordering::SeqCst), 3, "nobody waits for one that is down");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert!(ask().await.is_some_and(|error| error.contains("status 500")), "one question tries");
    assert!(ask().await.is_some_and(|error| error.contains("left alone")));
    well.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    for _ in 0..3 {
        assert_eq!(ask().await, None, "it is well again");
    }
}

/// A machine that hears of a connection and never says so: its queue of those that wait is full.
#[tokio::test]
async fn a_connection_that_does_not_come_about_is_given_up() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let connect =
        || tokio::time::timeout(Duration::from_millis(300), tokio::net::TcpStream::connect(address));
    let mut waiting = Vec::new();
    while let Ok(connected) = connect().await {
        waiting.push(connected.unwrap());
    }
    let hour = Duration::from_secs(3_600);
    let settings = OpenAiChatSettings {
        connect_timeout: Duration::from_millis(500),
        first_token_timeout: hour,
        answer_timeout: hour,
        ..settings(&format!("http://{address}"))
    };
    let answer = model(settings).answer(request());
    let parts: Vec<_> = tokio::time::timeout(Duration::from_secs(30), answer.collect()).await.unwrap();
    assert!(matches!(parts.last(), Some(Err(ModelError::Unavailable(_)))), "{parts:?}");
}
