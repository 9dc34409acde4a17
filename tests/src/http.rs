//! The least that an HTTP client must do, so that no client's kindness hides what the server sends.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::process::PATIENCE;

/// A response.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header lines.
    pub head: String,
    /// The whole body.
    pub body: String,
}

impl Response {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:#?}"))
    }

    /// The `data:` lines of a stream of events.
    pub fn events(&self) -> Vec<&str> {
        self.body.lines().filter_map(|line| line.strip_prefix("data: ")).collect()
    }
}

/// GET.
#[track_caller]
pub fn get(address: &str, path: &str) -> Response {
    send(address, &format!("GET {path} HTTP/1.1\r\n"), b"")
}

/// POST of JSON, or of what should be JSON.
#[track_caller]
pub fn post(address: &str, path: &str, body: &[u8]) -> Response {
    let head = format!(
        "POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    send(address, &head, body)
}

/// JSON by any method.
#[track_caller]
pub fn json(method: &str, address: &str, path: &str, body: &Value) -> Response {
    let body = body.to_string();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    send(address, &head, body.as_bytes())
}

/// PUT of a text, with more lines for the head.
#[track_caller]
pub fn put(address: &str, path: &str, head: &str, body: &[u8]) -> Response {
    send(address, &format!("PUT {path} HTTP/1.1\r\n{head}Content-Length: {}\r\n", body.len()), body)
}

/// A request without a body, with more lines for the head.
#[track_caller]
pub fn request(method: &str, address: &str, path: &str, head: &str) -> Response {
    send(address, &format!("{method} {path} HTTP/1.1\r\n{head}Content-Length: 0\r\n"), b"")
}

/// A request with a body and more lines for the head.
#[track_caller]
pub fn send_as(method: &str, address: &str, path: &str, head: &str, body: &[u8]) -> Response {
    send(address, &format!("{method} {path} HTTP/1.1\r\n{head}Content-Length: {}\r\n", body.len()), body)
}

/// A question, asked as an OpenAI client asks it.
#[track_caller]
pub fn chat(address: &str, question: &str, stream: bool) -> Response {
    let body = json!({
        "model": "siren", "stream": stream, "messages": [{ "role": "user", "content": question }],
    });
    post(address, "/v1/chat/completions", body.to_string().as_bytes())
}

/// The same with more lines for the head, and with what was said before: the asker first, then in turn.
#[track_caller]
pub fn chat_with(address: &str, said: &[&str], stream: bool, head: &str) -> Response {
    let role = |at: usize| if at.is_multiple_of(2) { "user" } else { "assistant" };
    let messages = said.iter().enumerate().map(|(at, text)| json!({ "role": role(at), "content": text }));
    let messages: Vec<Value> = messages.collect();
    let body = json!({ "model": "siren", "stream": stream, "messages": messages }).to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    send(address, &head, body.as_bytes())
}

#[track_caller]
fn send(address: &str, head: &str, body: &[u8]) -> Response {
    let mut stream = TcpStream::connect(address).expect("the server takes connections");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket's setting");
    let accept = if head.contains("Accept: ") { "" } else { "Accept: */*\r\n" };
    let head = format!("{head}Host: {address}\r\n{accept}Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("the server reads the head");
    // A server may answer and hang up before it has read all of a body that is too large.
    stream.write_all(body).ok();
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes);
    let split = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let at =
        split.unwrap_or_else(|| panic!("no response ({ended:?}): {:?}", String::from_utf8_lossy(&bytes)));
    let head = String::from_utf8(bytes[..at].to_vec()).expect("a head is ASCII");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status line");
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { joined(&bytes[at + 4..]) } else { bytes[at + 4..].to_vec() };
    Response { status, head, body: String::from_utf8(body).expect("a body in UTF-8") }
}

/// The body of chunks; the last one is empty.
fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").expect("a chunk's size");
        let size = std::str::from_utf8(&rest[..end]).expect("digits");
        let size =
            usize::from_str_radix(size.split(';').next().unwrap_or_default(), 16).expect("a chunk's size");
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
}
