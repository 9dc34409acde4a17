//! Clients that take their time, and more of them than there is room for.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use siren_chat::{ChatState, router};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;

use super::leaving::{read_until, send, start, wire};
use super::{Act, Fake, assert_error, call, done, question, state, text, whole};

/// Far longer than any limit of these tests, and far shorter than the usual ones.
const SOON: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(200);

fn hasty(fake: &Arc<Fake>) -> ChatState {
    let mut state = state(fake);
    state.limits.header_time = SHORT;
    state.limits.body_time = SHORT;
    state.limits.write_time = SHORT;
    state
}

/// What the server says before it closes the connection.
async fn last_words(client: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    let reading = async {
        while let Ok(n @ 1..) = client.read(&mut buffer).await {
            said.extend_from_slice(&buffer[..n]);
        }
    };
    tokio::time::timeout(SOON, reading).await.unwrap();
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let (address, stop, server) = start(hasty(&Fake::of(whole())), SOON).await;
    for beginning in ["", "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: "] {
        let mut client = send(address, beginning).await;
        last_words(&mut client).await;
    }
    // Dripping is no way around it.
    let mut dripping = send(address, "GET /healthz HTTP/1.1\r\n").await;
    let begun = Instant::now();
    while dripping.write_all(b"X-A: b\r\n").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(begun.elapsed() < SOON, "the head is still read");
    }
    for path in ["/v1/chat/completions", "/mcp"] {
        let head = "Host: 127.0.0.1\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json";
        let beginning = format!("POST {path} HTTP/1.1\r\n{head}\r\nContent-Length: 99\r\n\r\n{{");
        let mut slow_body = send(address, &beginning).await;
        let got = read_until(&mut slow_body, "request_timeout").await;
        assert!(got.starts_with("HTTP/1.1 408"), "{path}: {got}");
    }
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_head_too_large_is_refused() {
    let (address, stop, server) = start(state(&Fake::of(whole())), SOON).await;
    let head = format!("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: {}\r\n\r\n", "x".repeat(100_000));
    let mut client = TcpStream::connect(address).await.unwrap();
    // The server may hang up before it has all of it.
    client.write_all(head.as_bytes()).await.ok();
    let said = last_words(&mut client).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_client_that_takes_nothing_ends_its_answer() {
    let flood = "가".repeat(1 << 20);
    let mut acts = vec![text("…")];
    acts.extend(std::iter::repeat_n(text(&flood), 64));
    acts.push(Act::Hang);
    let fake = Fake::of(acts);
    let (address, stop, server) = start(hasty(&fake), SOON).await;
    let client = send(address, &wire(true)).await;
    let begun = Instant::now();
    while !fake.dropped.load(Ordering::SeqCst) {
        assert!(begun.elapsed() < SOON, "the assistant's stream is still held");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(client);
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn one_connection_too_many_waits_for_its_turn() {
    let mut state = state(&Fake::of(whole()));
    state.limits.connections = 1;
    let (address, stop, server) = start(state, SOON).await;
    let ask = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    let mut first = send(address, ask).await;
    read_until(&mut first, "ok").await;
    let mut second = send(address, ask).await;
    let mut buffer = [0; 1];
    let waiting = tokio::time::timeout(SHORT, second.read(&mut buffer)).await;
    assert!(waiting.is_err(), "the second was taken beside the first: {waiting:?}");
    drop(first);
    read_until(&mut second, "ok").await;
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_few_wait_for_a_permit_and_not_for_long() {
    let fake = Fake::of([text("…"), Act::Hang]);
    let mut state = state(&fake);
    (state.limits.concurrent_answers, state.limits.queue_length) = (1, 1);
    state.limits.queue_wait = SHORT;
    let app = router(state.clone());
    let open = app.clone().oneshot(question(true)).await.unwrap();
    let (first, second) = tokio::join!(call(&app, question(true)), call(&app, question(true)));
    let (mut in_vain, mut away) = (first, second);
    if in_vain.status == StatusCode::TOO_MANY_REQUESTS {
        std::mem::swap(&mut in_vain, &mut away);
    }
    assert_eq!(away.status, StatusCode::TOO_MANY_REQUESTS, "no place to wait in");
    assert_error("away", &away, "rate_limit_error", "too_many_answers", None);
    assert_eq!(in_vain.status, StatusCode::SERVICE_UNAVAILABLE, "nobody left in time");
    assert_error("in vain", &in_vain, "server_error", "queue_timeout", None);
    for got in [&in_vain, &away] {
        assert_eq!(got.header("retry-after"), "2");
    }
    drop(open);

    let quick = Fake::of([Act::Sleep(50), done(super::answer())]);
    state.assistant = quick;
    state.limits.queue_wait = SOON;
    let app = router(state);
    let (first, second) = tokio::join!(call(&app, question(false)), call(&app, question(false)));
    assert_eq!((first.status, second.status), (StatusCode::OK, StatusCode::OK), "who waits is served");
}
