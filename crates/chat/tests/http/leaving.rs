//! Too many at once, clients that hang up, and an orderly end.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::json;
use siren_chat::{ChatState, router, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use super::{Act, Fake, assert_error, call, post, question, request, state, text, whole};

#[tokio::test]
async fn one_answer_too_many_is_sent_away_until_a_permit_is_free() {
    let fake = Fake::of([text("…"), Act::Hang]);
    let mut state = state(&fake);
    state.limits.concurrent_answers = 1;
    state.limits.queue_length = 0;
    let app = router(state);
    let open = app.clone().oneshot(question(true)).await.unwrap();
    assert_eq!(open.status(), StatusCode::OK);
    for stream in [false, true] {
        let got = call(&app, question(stream)).await;
        assert_eq!(got.status, StatusCode::TOO_MANY_REQUESTS);
        assert_error("saturated", &got, "rate_limit_error", "too_many_answers", None);
        assert_eq!(got.header("retry-after"), "2");
    }
    let got = call(&app, post("{")).await;
    assert_eq!(got.status, StatusCode::BAD_REQUEST, "a wrong request needs no permit");
    assert_eq!(call(&app, request(Method::GET, "/healthz")).await.status, StatusCode::OK);
    assert!(!fake.dropped.load(Ordering::SeqCst));
    drop(open);
    assert!(fake.dropped.load(Ordering::SeqCst), "the client left: the assistant may stop");
    let open = app.clone().oneshot(question(true)).await.unwrap();
    assert_eq!(open.status(), StatusCode::OK, "the permit is back");
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_its_answer() {
    let fake = Fake::of([text("…"), Act::Hang]);
    let (address, stop, server) = start(state(&fake), Duration::from_secs(5)).await;
    let mut client = send(address, &wire(true)).await;
    read_until(&mut client, "…").await;
    drop(client);
    for _ in 0..100 {
        if fake.dropped.load(Ordering::SeqCst) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(fake.dropped.load(Ordering::SeqCst), "the assistant's stream is still held");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_shutdown_finishes_the_streams_it_has() {
    let mut acts = vec![text("케이뱅크는 2022년에 "), Act::Sleep(400)];
    acts.extend(whole());
    let (address, stop, server) = start(state(&Fake::of(acts)), Duration::from_secs(10)).await;
    let mut client = send(address, &wire(true)).await;
    read_until(&mut client, "2022").await;
    stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(TcpStream::connect(address).await.is_err(), "no new connections");
    let rest = read_until(&mut client, "[DONE]").await;
    assert!(rest.contains("\"finish_reason\":\"stop\""), "{rest}");
    let ended = tokio::time::timeout(Duration::from_secs(5), server).await;
    ended.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_shutdown_past_its_deadline_tells_the_streams() {
    let fake = Fake::of([text("…"), Act::Hang]);
    let (address, stop, server) = start(state(&fake), Duration::from_millis(100)).await;
    let mut client = send(address, &wire(true)).await;
    read_until(&mut client, "…").await;
    stop.send(()).unwrap();
    let rest = read_until(&mut client, "shutting_down").await;
    assert!(rest.contains("data: {\"error\":"), "{rest}");
    let ended = tokio::time::timeout(Duration::from_secs(3), server).await;
    ended.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_body_too_large_is_answered_over_a_socket_too() {
    let (address, stop, server) = start(state(&Fake::of(whole())), Duration::from_secs(5)).await;
    let mut raw = head(1_000_000);
    raw.push_str(&"x".repeat(1_000_000));
    let mut client = send(address, &raw).await;
    let got = read_until(&mut client, "request_too_large").await;
    assert!(got.starts_with("HTTP/1.1 413"), "{got}");
    drop(client);
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

pub(crate) type Server = tokio::task::JoinHandle<std::io::Result<()>>;

pub(crate) async fn start(
    state: ChatState,
    drain: Duration,
) -> (std::net::SocketAddr, tokio::sync::oneshot::Sender<()>, Server) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let shutdown = async { stopped.await.unwrap_or_default() };
    (address, stop, tokio::spawn(serve(listener, state, shutdown, drain)))
}

fn head(length: usize) -> String {
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
}

pub(crate) fn wire(stream: bool) -> String {
    let body = json!({"messages": [{"role": "user", "content": "질문"}], "stream": stream}).to_string();
    format!("{}{body}", head(body.len()))
}

pub(crate) async fn send(address: std::net::SocketAddr, raw: &str) -> TcpStream {
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(raw.as_bytes()).await.unwrap();
    client
}

pub(crate) async fn read_until(client: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    let reading = async {
        while !String::from_utf8_lossy(&read).contains(end) {
            let n = client.read(&mut buffer).await.unwrap();
            assert!(n > 0, "closed before {end:?}: {}", String::from_utf8_lossy(&read));
            read.extend_from_slice(&buffer[..n]);
        }
    };
    tokio::time::timeout(Duration::from_secs(5), reading).await.unwrap();
    String::from_utf8(read).unwrap()
}
