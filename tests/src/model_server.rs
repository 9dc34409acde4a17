//! A stand-in for a server with a language model: it streams what the test tells it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// How the server replies to every request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// The text, a few characters a piece, and an orderly end.
    Says(String),
    /// The same with the text that is computed of each request.
    Tells(fn(&Asked) -> String),
    /// The text, and then the connection breaks.
    BreaksOff(String),
    /// These texts in turn, each as one JSON document: what a client that wants no stream gets.
    Whole(Vec<String>),
    /// The JSON document that is computed of each request.
    Computes(fn(&Asked) -> Value),
    /// An error in OpenAI's shape.
    Fails(u16),
    /// The text, and then nothing until the caller hangs up.
    Stalls(String),
    /// No reply at all until the caller hangs up.
    Silent,
    /// These bytes in the place of a response, and an end.
    Raw(Vec<u8>),
    /// The text, and then a line that has no end.
    Floods(String),
    /// The text, and an error where the next piece should be.
    ErrsWithin(String),
}

/// A request that the server got.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Request line and headers.
    pub head: String,
    /// The body.
    pub body: Value,
}

/// The server; it lives as long as the test program.
#[derive(Debug)]
pub struct ModelServer {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    left: Arc<AtomicUsize>,
}

impl ModelServer {
    /// Starts it on a free port.
    pub fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let left = Arc::new(AtomicUsize::new(0));
        let (heard, hung_up) = (Arc::clone(&asked), Arc::clone(&left));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (heard, hung_up, reply) = (Arc::clone(&heard), Arc::clone(&hung_up), reply.clone());
                std::thread::spawn(move || {
                    if let Some(request) = read(&stream) {
                        let mut heard = heard.lock().expect("nobody panics with it");
                        let before = heard.len();
                        heard.push(request.clone());
                        drop(heard);
                        // A client that hangs up early is its own affair.
                        if answer(stream, &reply, before, &request).is_ok_and(|left| left) {
                            hung_up.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        Self { address, asked, left }
    }

    /// How many callers hung up on a reply that did not end.
    pub fn left(&self) -> usize {
        self.left.load(Ordering::SeqCst)
    }

    /// What to set `SIREN_LLM_BASE_URL` to.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("nobody panics with it").clone()
    }
}

/// An address that nobody listens on.
pub fn dead_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}/v1", listener.local_addr().expect("its address"))
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    })?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { head, body: serde_json::from_slice(&body).ok()? })
}

const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

/// Replies. True when it waited for the caller to hang up, and the caller did.
fn answer(mut stream: TcpStream, reply: &Reply, before: usize, request: &Asked) -> std::io::Result<bool> {
    let told;
    let text = match reply {
        Reply::Tells(tell) => {
            told = tell(request);
            &told
        }
        Reply::Says(text)
        | Reply::BreaksOff(text)
        | Reply::Stalls(text)
        | Reply::Floods(text)
        | Reply::ErrsWithin(text) => text,
        Reply::Whole(texts) => {
            let text = &texts[before % texts.len()];
            let message = json!({ "role": "assistant", "content": text });
            let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
            return document(stream, &json!({ "choices": [choice] })).map(|()| false);
        }
        Reply::Computes(compute) => return document(stream, &compute(request)).map(|()| false),
        Reply::Silent => return hung_up(stream),
        Reply::Raw(bytes) => return stream.write_all(bytes).map(|()| false),
        Reply::Fails(status) => return fail(stream, *status).map(|()| false),
    };
    stream.write_all(STREAM.as_bytes())?;
    // As llama.cpp does: the role first, with a null content.
    event(&mut stream, &json!({ "role": "assistant", "content": null }), None)?;
    let characters: Vec<char> = text.chars().collect();
    for piece in characters.chunks(3) {
        event(&mut stream, &json!({ "content": piece.iter().collect::<String>() }), None)?;
    }
    match reply {
        Reply::Says(_) | Reply::Tells(_) => {
            event(&mut stream, &json!({}), Some("stop"))?;
            stream.write_all(b"data: [DONE]\n\n")?;
        }
        Reply::Stalls(_) => return hung_up(stream),
        Reply::Floods(_) => {
            stream.write_all(b"data: ")?;
            loop {
                stream.write_all(&[b'x'; 65_536])?;
            }
        }
        Reply::ErrsWithin(_) => {
            let error = json!({ "error": { "message": "slot lost", "type": "server_error", "code": 500 } });
            write!(stream, "data: {error}\n\n")?;
        }
        _ => {}
    }
    Ok(false)
}

/// Waits until the caller hangs up.
fn hung_up(mut stream: TcpStream) -> std::io::Result<bool> {
    let mut buffer = [0; 256];
    loop {
        if matches!(stream.read(&mut buffer), Ok(0) | Err(_)) {
            return Ok(true);
        }
    }
}

fn fail(mut stream: TcpStream, status: u16) -> std::io::Result<()> {
    let body = json!({ "error": { "message": "out of order", "type": "server_error", "code": status } });
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} Failed\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

fn document(mut stream: TcpStream, document: &Value) -> std::io::Result<()> {
    let body = document.to_string();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn event(stream: &mut TcpStream, delta: &Value, finish: Option<&str>) -> std::io::Result<()> {
    let chunk = json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] });
    write!(stream, "data: {chunk}\n\n")
}
