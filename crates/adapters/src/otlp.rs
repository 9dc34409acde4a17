//! A collector of OpenTelemetry traces, reached over HTTP with protobuf bodies.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use reqwest::{Client, Url};
use tokio::runtime::Handle;

use crate::http_client;

/// Where traces are taken.
const PATH: &str = "v1/traces";

/// Which collector, and what it is sent.
#[derive(Clone)]
pub struct TraceCollectorSettings {
    /// Its address, with or without `/v1/traces`.
    pub url: String,
    /// What it wants to see, as `name=value,name=value`.
    pub headers: String,
    /// How long it has to take a batch.
    pub timeout: Duration,
    /// The share of traces that are kept where nobody has decided before.
    pub sample: f64,
    /// What this program calls itself.
    pub service: String,
}

/// Why traces cannot be sent there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the trace collector's `{key}`: {cause}")]
pub struct TraceCollectorError {
    key: &'static str,
    cause: String,
}

/// Takes the traces of this process, and sends them in batches.
#[derive(Debug)]
pub struct TraceCollector {
    provider: SdkTracerProvider,
}

/// Sends batches by our own client, on the runtime: the exporter's thread has none.
struct Sender {
    client: Client,
    runtime: Handle,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let reply = client.execute(request.try_into()?).await?;
            let status = reply.status();
            let body = reply.bytes().await?;
            Ok::<_, reqwest::Error>((status, body))
        });
        let (status, body) = match sent.await {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => return Err(failed(Box::new(error.without_url()))),
            Err(error) => return Err(failed(Box::new(error))),
        };
        if !status.is_success() {
            return Err(failed(format!("status {}", status.as_u16()).into()));
        }
        Ok(Response::builder().status(status).body(body)?)
    }
}

fn failed(error: HttpError) -> HttpError {
    metrics::counter!("siren_trace_exports_failed_total").increment(1);
    tracing::debug!("traces were not taken: {error}");
    error
}

impl TraceCollector {
    /// A collector by its settings, with the runtime that is entered; nothing is sent yet.
    pub fn new(settings: &TraceCollectorSettings) -> Result<Self, TraceCollectorError> {
        let wrong = |key| move |cause: String| TraceCollectorError { key, cause };
        let url = address(&settings.url).map_err(wrong("otlp_url"))?;
        let headers = headers(&settings.headers).map_err(wrong("otlp_headers"))?;
        let client = http_client::builder(Some(&url)).timeout(settings.timeout).build();
        let client = client.map_err(|error| wrong("otlp_url")(error.to_string()))?;
        let runtime = Handle::try_current().map_err(|error| wrong("otlp_url")(error.to_string()))?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender { client, runtime })
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(url.as_str())
            .with_timeout(settings.timeout)
            .with_headers(headers)
            .build()
            .map_err(|error| wrong("otlp_url")(error.to_string()))?;
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.sample)));
        let resource = Resource::builder().with_service_name(settings.service.clone()).build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        global::set_text_map_propagator(TraceContextPropagator::new());
        Ok(Self { provider })
    }

    /// What spans are given to.
    pub fn tracer(&self) -> SdkTracer {
        self.provider.tracer("siren")
    }

    /// Sends what is left. To be called from outside the runtime, which must still run.
    pub fn finish(&self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::debug!("the last traces were not taken: {error}");
        }
    }
}

fn address(given: &str) -> Result<Url, String> {
    let mut url =
        Url::parse(given.trim()).map_err(|error| format!("{error}: write it like http://127.0.0.1:4318"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("it must begin with http:// or https://".to_owned());
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix(PATH).unwrap_or(path).trim_end_matches('/');
    let path = format!("{path}/{PATH}");
    url.set_path(&path);
    Ok(url)
}

fn headers(given: &str) -> Result<HashMap<String, String>, String> {
    let pairs = given.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        (!name.trim().is_empty()).then(|| (name.trim().to_owned(), value.trim().to_owned()))
    };
    let named = |at: usize| format!("header {} is not written as name=value", at + 1);
    pairs.enumerate().map(|(at, text)| pair(text).ok_or_else(|| named(at))).collect()
}

#[cfg(test)]
mod tests {
    use super::{address, headers};

    #[test]
    fn finds_the_address_to_send_to() {
        let cases = [
            ("http://127.0.0.1:4318", Some("http://127.0.0.1:4318/v1/traces")),
            ("http://host:4318/", Some("http://host:4318/v1/traces")),
            ("https://host/otlp/v1/traces", Some("https://host/otlp/v1/traces")),
            ("host:4318", None),
            ("", None),
        ];
        for (given, expected) in cases {
            assert_eq!(address(given).ok().map(String::from).as_deref(), expected, "{given:?}");
        }
    }

    #[test]
    fn reads_headers_and_does_not_repeat_a_wrong_one() {
        let read = headers("authorization=Bearer a=b, x-team = siren,").unwrap();
        assert_eq!(read["authorization"], "Bearer a=b");
        assert_eq!((read.len(), read["x-team"].as_str()), (2, "siren"));
        let wrong = headers("a=b,secret").unwrap_err();
        assert!(wrong.contains("header 2") && !wrong.contains("secret"), "{wrong}");
    }
}
