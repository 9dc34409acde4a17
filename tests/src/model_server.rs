//! A stand-in for a server with a language model: it streams what the test tells it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// How the server replies to every request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// The text, a few characters a piece, and an orderly end.
    Says(String),
    /// The text, and then the connection breaks.
    BreaksOff(String),
    /// The text, and then nothing until the client has gone.
    Stalls(String),
    /// An error in OpenAI's shape.
    Fails(u16),
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
}

impl ModelServer {
    /// Starts it on a free port.
    pub fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if let Some(request) = read(&stream) {
                    heard.lock().expect("nobody panics with it").push(request);
                    // A client that hangs up early is its own affair.
                    answer(stream, &reply).ok();
                }
            }
        });
        Self { address, asked }
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

fn answer(mut stream: TcpStream, reply: &Reply) -> std::io::Result<()> {
    let text = match reply {
        Reply::Says(text) | Reply::BreaksOff(text) | Reply::Stalls(text) => text,
        Reply::Fails(status) => {
            let body =
                json!({ "error": { "message": "out of order", "type": "server_error", "code": status } });
            let body = body.to_string();
            return write!(
                stream,
                "HTTP/1.1 {status} Failed\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n{body}",
                body.len()
            );
        }
    };
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")?;
    // As llama.cpp does: the role first, with a null content.
    event(&mut stream, &json!({ "role": "assistant", "content": null }), None)?;
    let characters: Vec<char> = text.chars().collect();
    for piece in characters.chunks(3) {
        event(&mut stream, &json!({ "content": piece.iter().collect::<String>() }), None)?;
    }
    match reply {
        Reply::Says(_) => {
            event(&mut stream, &json!({}), Some("stop"))?;
            stream.write_all(b"data: [DONE]\n\n")
        }
        // A read ends when the other side hangs up.
        Reply::Stalls(_) => stream.read(&mut [0; 64]).map(|_| ()),
        _ => Ok(()),
    }
}

fn event(stream: &mut TcpStream, delta: &Value, finish: Option<&str>) -> std::io::Result<()> {
    let chunk = json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] });
    write!(stream, "data: {chunk}\n\n")
}
