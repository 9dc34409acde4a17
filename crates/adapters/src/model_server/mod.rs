//! What all clients of model servers have in common: where to ask, what to show, when to ask again.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use reqwest::header::{AUTHORIZATION, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use serde::Serialize;
use siren_domain::ports::ModelError;
use tokio::time::{Instant, timeout_at};

use self::failure::{Again, Failure, chain};
pub(crate) use self::failure::{Teller, strange};
use crate::secret::Secret;
use crate::trace_context;

mod failure;

/// The least wait before the second attempt; each wait after it is so many times longer.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const WAIT_FACTOR: f32 = 4.0;
const LONGEST_OWN_WAIT: Duration = Duration::from_secs(8);
/// How often a server of no language model is asked again.
pub(crate) const RETRIES: usize = 2;
/// So much is read of a body that is no stream.
const BODY_BYTES: usize = 16 << 20;

/// Which server to ask, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access<'a> {
    pub(crate) base_url: &'a str,
    pub(crate) route: Route,
    pub(crate) model: &'a str,
    pub(crate) api_key: Option<&'a Secret>,
    pub(crate) connect_timeout: Duration,
    /// How long to wait from one piece of an answer to the next.
    pub(crate) idle_timeout: Duration,
    /// How often to ask again before anything came.
    pub(crate) retries: usize,
}

/// What is asked of a server, by the end of its address.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route {
    /// Below `/v1`, unless the address has a path of its own.
    OpenAi(&'static str),
    /// Below the address as it is.
    Plain(&'static str),
}

/// Why a model server cannot be asked with these settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelServerError {
    /// A setting is wrong.
    #[error("the model server's `{key}`: {cause}")]
    BadSetting {
        /// The setting: `base_url` or `api_key`.
        key: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// The HTTP client cannot be made, as where a machine has no certificates to trust.
    #[error("no connection to the model server can be made: {0}")]
    NoClient(String),
}

/// A server with a model behind it.
#[derive(Debug)]
pub(crate) struct ModelServer {
    client: Client,
    url: Url,
    authorization: Option<HeaderValue>,
    idle_timeout: Duration,
    retries: usize,
    pub(crate) teller: Teller,
}

/// What went wrong; none when the deadline passed before anything came.
type Failed = Option<ModelError>;

impl ModelServer {
    /// A server by its address. It is not asked anything yet.
    pub(crate) fn new(access: Access<'_>) -> Result<Self, ModelServerError> {
        let url = address(access.base_url, access.route)?;
        let client = client(&url, access.connect_timeout)?;
        let key = access.api_key.map(Secret::expose).filter(|key| !key.is_empty());
        let authorization = key.map(authorization).transpose()?;
        let mut shown = url.clone();
        shown.set_query(None);
        let teller = Teller {
            address: shown.to_string(),
            model: access.model.to_owned(),
            key: access.api_key.cloned(),
        };
        Ok(Self {
            client,
            url,
            authorization,
            idle_timeout: access.idle_timeout,
            retries: access.retries,
            teller,
        })
    }

    /// Sends a request, more than once if need be, and gives the reply as soon as it begins.
    pub(crate) async fn send(&self, body: &impl Serialize, deadline: Instant) -> Result<Response, Failed> {
        let attempt = || async {
            match timeout_at(deadline, self.attempt(body)).await {
                Ok(reply) => reply.map_err(Some),
                Err(_) => Err(None),
            }
        };
        // Waits grow, and are spread so that those who failed together do not come back together.
        let waits = ExponentialBuilder::new()
            .with_min_delay(FIRST_WAIT)
            .with_factor(WAIT_FACTOR)
            .with_max_delay(LONGEST_OWN_WAIT)
            .with_max_times(self.retries)
            .with_jitter();
        let reply = attempt
            .retry(waits)
            .when(|failure| failure.as_ref().is_some_and(|failure| !matches!(failure.again, Again::Never)))
            .adjust(|failure, wait| {
                let wait = match failure.as_ref().map(|failure| &failure.again) {
                    Some(Again::After(asked)) => wait?.max(*asked),
                    _ => wait?,
                };
                (Instant::now() + wait < deadline).then_some(wait)
            })
            .notify(|failure, wait| {
                if let Some(failure) = failure {
                    tracing::info!(cause = %failure.error, ?wait, "asking the model server again");
                }
            })
            .await;
        reply.map_err(|failure| failure.map(|failure| failure.error))
    }

    async fn attempt(&self, body: &impl Serialize) -> Result<Response, Failure> {
        let teller = &self.teller;
        let request = self.client.post(self.url.clone()).json(body);
        let mut request = request.headers(trace_context::headers());
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request.send().await.map_err(|error| teller.broken(error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let header =
            |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if status.is_redirection() {
            let place = teller.excerpt(&header(LOCATION).unwrap_or_default());
            let place = if place.is_empty() { place } else { format!(": {place}") };
            let what = format!(
                "status {}: the server sends us elsewhere (check `base_url`){place}",
                status.as_u16()
            );
            return Err(Failure::last(strange(what)));
        }
        let retry_after = header(RETRY_AFTER);
        let body = self.body(response, Instant::now() + self.idle_timeout).await.unwrap_or_default();
        Err(teller.refused(status, retry_after.as_deref(), &body))
    }

    /// The whole body. Its first byte may come as late as `deadline`.
    pub(crate) async fn body(&self, mut response: Response, deadline: Instant) -> Result<String, Failed> {
        let mut bytes = Vec::new();
        let mut patience = deadline;
        loop {
            match timeout_at(patience, response.chunk()).await {
                Ok(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
                Ok(Ok(None)) => break,
                Ok(Err(error)) => return Err(Some(self.teller.broken(error).error)),
                Err(_) if bytes.is_empty() => return Err(None),
                Err(_) => return Err(Some(self.fell_silent())),
            }
            if bytes.len() > BODY_BYTES {
                return Err(Some(strange(format!("the reply is longer than {BODY_BYTES} bytes"))));
            }
            patience = deadline.max(Instant::now() + self.idle_timeout);
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The answer to a request, as JSON.
    pub(crate) async fn ask(
        &self,
        body: &impl Serialize,
        timeout: Duration,
    ) -> Result<serde_json::Value, ModelError> {
        let deadline = Instant::now() + timeout;
        let late = |failed: Failed| {
            let no_answer = || format!("{}: no answer came within {timeout:?}", self.teller.address);
            failed.unwrap_or_else(|| ModelError::Unavailable(no_answer()))
        };
        let response = self.send(body, deadline).await.map_err(late)?;
        let told = self.body(response, deadline).await.map_err(late)?;
        let answer = serde_json::from_str(&told).map_err(|_| strange("this is no JSON"))?;
        self.teller.error_in(&answer).map_or(Ok(answer), Err)
    }

    pub(crate) fn fell_silent(&self) -> ModelError {
        ModelError::Unavailable(format!(
            "{}: it fell silent for {:?} within an answer",
            self.teller.address, self.idle_timeout
        ))
    }
}

fn address(base_url: &str, route: Route) -> Result<Url, ModelServerError> {
    let bad = |cause: String| ModelServerError::BadSetting { key: "base_url", cause };
    let mut url = Url::parse(base_url.trim())
        .map_err(|error| bad(format!("{error}: write it like http://127.0.0.1:8000/v1")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("it must begin with http:// or https://".into()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it must not hold a name or password: give the key as the API key".into()));
    }
    let (end, default) = match route {
        Route::OpenAi(end) => (end, "/v1"),
        Route::Plain(end) => (end, ""),
    };
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix(end).map_or(path, |path| path.trim_end_matches('/'));
    let path = format!("{}/{end}", if path.is_empty() { default } else { path });
    url.set_path(&path);
    url.set_fragment(None);
    Ok(url)
}

fn authorization(key: &str) -> Result<HeaderValue, ModelServerError> {
    let bad = |_| ModelServerError::BadSetting {
        key: "api_key",
        cause: "it holds characters that cannot be sent in a header".into(),
    };
    let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(bad)?;
    value.set_sensitive(true);
    Ok(value)
}

fn client(url: &Url, connect_timeout: Duration) -> Result<Client, ModelServerError> {
    let builder =
        crate::http_client::builder(Some(url)).connect_timeout(connect_timeout).redirect(Policy::none());
    builder.build().map_err(|error| ModelServerError::NoClient(chain(&error)))
}

#[cfg(test)]
mod tests {
    use super::{Route, address};

    #[test]
    fn finds_the_address_to_ask() {
        let cases = [
            ("http://127.0.0.1:8000", Some("http://127.0.0.1:8000/v1/chat/completions")),
            ("http://127.0.0.1:8000/", Some("http://127.0.0.1:8000/v1/chat/completions")),
            ("https://api.openai.com/v1", Some("https://api.openai.com/v1/chat/completions")),
            ("https://api.openai.com/v1/", Some("https://api.openai.com/v1/chat/completions")),
            (" http://host/v1/chat/completions ", Some("http://host/v1/chat/completions")),
            ("https://host/v1beta/openai/", Some("https://host/v1beta/openai/chat/completions")),
            ("https://host/v1?version=1", Some("https://host/v1/chat/completions?version=1")),
            ("127.0.0.1:8000", None),
            ("localhost:8000", None),
            ("ftp://host", None),
            ("https://name:word@host/v1", None),
            ("", None),
        ];
        for (base, expected) in cases {
            let told = address(base, Route::OpenAi("chat/completions"));
            assert_eq!(told.ok().map(String::from).as_deref(), expected, "{base:?}");
        }
        let plain = [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/embed"),
            ("http://host/models/one/", "http://host/models/one/embed"),
            ("http://host/embed", "http://host/embed"),
        ];
        for (base, expected) in plain {
            assert_eq!(
                address(base, Route::Plain("embed")).map(String::from).as_deref(),
                Ok(expected),
                "{base}"
            );
        }
    }
}
