//! A reply on its way in: its words as they come, until it is whole, late, too long or wrong.

use std::sync::Arc;

use eventsource_stream::{Event, EventStreamError, Eventsource};
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use siren_domain::Tokens;
use siren_domain::ports::ModelError;
use tokio::time::{Duration, Instant, timeout_at};

use super::Call;
use super::reply::Piece;
use crate::model_server::strange;

/// How long to listen on after the answer's end, for what may still follow.
const AFTER_END: Duration = Duration::from_secs(5);
/// No answer takes so many bytes, however it is wrapped.
const STREAM_BYTES: usize = 8 << 20;
/// Nor does a piece of one: a line without an end would fill the memory.
const LINE_BYTES: usize = 256 << 10;

/// A reply on its way in.
pub(super) struct Reading {
    call: Arc<Call>,
    body: Incoming,
    /// Until when the first word must come.
    first: Instant,
    /// Until when the last one must.
    last: Instant,
    alive: bool,
    pub(super) finish: Option<String>,
    usage: Option<Tokens>,
    /// What came, to estimate by where the server does not count.
    came: String,
}

/// Why there is no more of a stream.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("{0}")]
    Transport(reqwest::Error),
    #[error("the reply is longer than {STREAM_BYTES} bytes")]
    TooLong,
    #[error("a line of the reply is longer than {LINE_BYTES} bytes")]
    LineTooLong,
}

type Fault = EventStreamError<Broken>;
type Events = BoxStream<'static, Result<Event, Fault>>;

enum Incoming {
    Stream(Events),
    Whole(Response),
    Ended,
}

/// The bytes of a stream, up to the limit.
fn events(response: Response) -> Events {
    let (mut seen, mut line) = (0, 0);
    let bytes = response.bytes_stream().map(move |bytes| {
        let bytes = bytes.map_err(Broken::Transport)?;
        seen += bytes.len();
        line = match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => bytes.len() - at - 1,
            None => line + bytes.len(),
        };
        if seen > STREAM_BYTES {
            return Err(Broken::TooLong);
        }
        if line > LINE_BYTES { Err(Broken::LineTooLong) } else { Ok(bytes) }
    });
    bytes.eventsource().boxed()
}

impl Reading {
    pub(super) fn new(
        call: Arc<Call>,
        response: Response,
        (first, last): (Instant, Instant),
    ) -> Result<Self, ModelError> {
        let kind =
            response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let body = match kind.as_str() {
            "text/html" => {
                let what = format!("{} is a web page (check `base_url`)", call.server.teller.address);
                return Err(strange(what));
            }
            "application/json" => Incoming::Whole(response),
            _ => Incoming::Stream(events(response)),
        };
        let came = String::new();
        Ok(Self { call, body, first, last, alive: false, finish: None, usage: None, came })
    }

    /// The next words, which may be none; `None` when the answer is whole.
    pub(super) async fn next(&mut self) -> Result<Option<String>, ModelError> {
        let text = match std::mem::replace(&mut self.body, Incoming::Ended) {
            Incoming::Ended => return Ok(None),
            Incoming::Whole(response) => {
                let json = self.call.body(response, self.first).await?;
                let piece = Piece::read(&json, &self.call.server.teller)?;
                self.usage = piece.usage;
                self.finish = piece.finish.or(Some("stop".into()));
                Call::accept_end(self.finish.as_deref())?;
                piece.text
            }
            Incoming::Stream(mut events) => {
                let Some(data) = self.event(&mut events).await? else {
                    Call::accept_end(self.finish.as_deref())?;
                    return Ok(None);
                };
                self.body = Incoming::Stream(events);
                let piece = Piece::read(&data, &self.call.server.teller)?;
                self.alive |= piece.alive;
                self.usage = piece.usage.or(self.usage);
                self.finish = piece.finish.or(self.finish.take());
                piece.text
            }
        };
        self.came.push_str(&text);
        Ok(Some(text))
    }

    /// What was read and written so far, as the server counts it or else as our own counter does. Only then it is asked
    /// what was sent: a prompt is long, and nobody should hold it while a model writes.
    pub(super) fn spent(&self, sent: impl FnOnce() -> String) -> Tokens {
        let count = |text: &str| siren_text::tokens::TokenCounter::new().count(text) as u64;
        self.usage.unwrap_or_else(|| Tokens::estimated(count(&sent()), count(&self.came)))
    }

    /// The data of the next event; none at the end of the stream.
    async fn event(&mut self, events: &mut Events) -> Result<Option<String>, ModelError> {
        let idle = self.call.settings.idle_timeout;
        let ended = self.finish.is_some();
        let patience = match self.alive {
            _ if ended => Instant::now() + idle.min(AFTER_END),
            true => Instant::now() + idle,
            false => self.first,
        };
        match timeout_at(patience.min(self.last), events.next()).await {
            Ok(Some(Ok(event))) => Ok((event.data.trim() != "[DONE]").then_some(event.data)),
            Ok(None) => Ok(None),
            // The answer is whole: what does not follow it is not missed.
            Ok(Some(Err(_))) | Err(_) if ended => Ok(None),
            Ok(Some(Err(error))) => Err(self.broke_off(error)),
            Err(_) if self.last <= patience => Err(self.call.took_too_long()),
            Err(_) if self.alive => Err(self.call.server.fell_silent()),
            Err(_) => Err(self.call.too_late()),
        }
    }

    fn broke_off(&self, error: Fault) -> ModelError {
        match error {
            EventStreamError::Transport(Broken::Transport(error)) => {
                self.call.server.teller.broken(error).error
            }
            EventStreamError::Transport(error) => strange(error.to_string()),
            // Its own words hold what could not be read.
            _ => strange("this is no event stream"),
        }
    }
}
