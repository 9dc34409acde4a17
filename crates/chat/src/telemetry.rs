//! What is seen of requests from outside? Counts, times and traces by route; never what anybody wrote.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use metrics::{counter, gauge, histogram};
use opentelemetry::global;
use opentelemetry::propagation::Extractor;
use tracing::Instrument;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::App;
use crate::error::{ApiError, unknown_path};

/// Tells metrics in Prometheus' form.
pub type Metrics = Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync>;

/// Requests to paths that there are not share this label.
const UNKNOWN: &str = "unknown";

pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let Some(metrics) = &app.metrics else { return Err(unknown_path().await) };
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], metrics().await).into_response())
}

/// A gauge that is up by one for as long as this lives.
pub(crate) struct Counted(&'static str);

impl Counted {
    pub(crate) fn up(name: &'static str) -> Self {
        gauge!(name).increment(1.0);
        Self(name)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!(self.0).decrement(1.0);
    }
}

/// So many answers may be in the making.
pub(crate) fn slots(number: usize) {
    gauge!("siren_answer_slots").set(f64::from(u32::try_from(number).unwrap_or(u32::MAX)));
    gauge!("siren_answer_slots_used").set(0.0);
}

/// A question was sent away.
pub(crate) fn shed() {
    counter!("siren_shed_total").increment(1);
}

/// So many entries of the audit log found no place, or could not be written.
pub(crate) fn audit_lost(entries: usize) {
    counter!("siren_audit_lost_total").increment(entries as u64);
}

/// What has become of a question.
pub(crate) fn ended(outcome: &'static str) {
    counter!("siren_answers_total", "outcome" => outcome).increment(1);
}

struct Headers<'h>(&'h HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}

/// Methods that anybody may make up share a label, too.
fn label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Counts a request and times it to the head of its response, within a span that goes on a client's trace.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or(UNKNOWN, MatchedPath::as_str).to_owned();
    let method = label(request.method());
    let span = tracing::info_span!(
        "http",
        otel.kind = "server",
        http.route = route,
        http.request.method = method,
        status = Empty
    );
    let parent =
        global::get_text_map_propagator(|propagator| propagator.extract(&Headers(request.headers())));
    // Refused only where spans are not traced.
    let _traced = span.set_parent(parent);
    let open = Counted::up("siren_http_open");
    let begun = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    drop(open);
    let status = response.status().as_u16();
    span.record("status", status);
    histogram!("siren_http_seconds", "route" => route.clone(), "method" => method).record(begun.elapsed());
    let labels = [("route", route), ("method", method.to_owned()), ("status", status.to_string())];
    counter!("siren_http_requests_total", &labels).increment(1);
    response
}
