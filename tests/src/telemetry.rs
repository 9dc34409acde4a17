//! A stand-in for a collector of traces, and what Prometheus reads.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

/// A span, as it was sent.
#[derive(Clone, Debug)]
pub struct Span {
    /// The trace it belongs to.
    pub trace: String,
    /// Its own id.
    pub id: String,
    /// The id of the span above; empty for none.
    pub parent: String,
    /// What it is of.
    pub name: String,
    /// What is told of it, and of the program that sent it.
    pub told: String,
}

/// Takes traces in protobuf over HTTP; it lives as long as the test program.
#[derive(Debug)]
pub struct Collector {
    address: String,
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Collector {
    /// Starts it on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let spans = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&spans);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let taken = Arc::clone(&taken);
                std::thread::spawn(move || while take(&stream, &taken).is_some() {});
            }
        });
        Self { address, spans }
    }

    /// What to set `OTEL_EXPORTER_OTLP_ENDPOINT` to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was sent so far.
    pub fn spans(&self) -> Vec<Span> {
        self.spans.lock().expect("nobody panics with it").clone()
    }
}

/// Takes one request; none when there is no other.
fn take(stream: &TcpStream, taken: &Mutex<Vec<Span>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let is_ours =
        lower.starts_with("post /v1/traces ") && lower.contains("content-type: application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body.as_slice()).ok().filter(|_| is_ours);
    let status = if request.is_some() { "200 OK" } else { "400 Bad Request" };
    for resource in request.into_iter().flat_map(|request| request.resource_spans) {
        let who = format!("{:?}", resource.resource);
        for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            let told = format!("{who} {:?} {:?} {:?}", span.attributes, span.events, span.status);
            let span = Span {
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                name: span.name,
                told,
            };
            taken.lock().expect("nobody panics with it").push(span);
        }
    }
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status}\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n")
        .ok()
}

/// The names of all rows that a page of metrics has.
pub fn metric_names(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    rows.filter_map(|row| row.split(['{', ' ']).next()).map(str::to_owned).collect()
}

/// Every metric of ours that a text names.
pub fn used_metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("siren_")).map(str::to_owned).collect()
}
