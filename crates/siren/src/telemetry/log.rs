//! Where the log goes, and in which form; and where traces go.

use std::io::IsTerminal;
use std::time::Duration;

use siren_adapters::otlp::{TraceCollector, TraceCollectorSettings};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt, FilterFn, LevelFilter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::commands::Failure;
use crate::output;
use crate::settings::{LogForm, TelemetrySettings, log_filter};

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

/// The log and the traces while the program runs. At its end, what is still to be sent is sent.
pub(crate) struct Log {
    collector: Option<TraceCollector>,
}

impl Drop for Log {
    fn drop(&mut self) {
        if let Some(collector) = &self.collector {
            collector.finish();
        }
    }
}

/// The log goes to stderr; results go to stdout. A panic is told without its payload, which may hold a question.
/// Must be called within the runtime that sends traces.
pub(crate) fn start_log(quiet: bool, settings: &TelemetrySettings) -> Result<Log, Failure> {
    let usual = if quiet { "error" } else { "warn,siren=info,siren_chat=info" };
    let filter = EnvFilter::try_new(log_filter().unwrap_or_else(|| usual.to_owned())).unwrap_or_default();
    // Spans are for traces; the log's lines stand for themselves.
    let filter =
        filter.and(FilterFn::new(|metadata| !metadata.is_span()).with_max_level_hint(LevelFilter::TRACE));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(output::MaskedStderr::default)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    let lines: Boxed = match settings.log {
        LogForm::Text => lines.with_filter(filter).boxed(),
        LogForm::Json => {
            let lines = lines.json().flatten_event(true).with_current_span(false).with_span_list(false);
            lines.with_filter(filter).boxed()
        }
    };
    let collector = collector(settings)?;
    let ours = |metadata: &Metadata<'_>| {
        metadata.is_span() && metadata.target().starts_with("siren") && *metadata.level() <= Level::INFO
    };
    let traces = collector.as_ref().map(|collector| {
        let layer = tracing_opentelemetry::layer().with_tracer(collector.tracer());
        let layer = layer.with_location(false).with_threads(false);
        layer.with_filter(FilterFn::new(ours).with_max_level_hint(LevelFilter::INFO)).boxed()
    });
    let layers: Vec<Boxed> = [lines].into_iter().chain(traces).collect();
    tracing_subscriber::registry().with(layers).init();
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        tracing::error!("internal error at {place}");
    }));
    Ok(Log { collector })
}

fn collector(settings: &TelemetrySettings) -> Result<Option<TraceCollector>, Failure> {
    if settings.otlp_url.is_empty() {
        return Ok(None);
    }
    let collector = TraceCollector::new(&TraceCollectorSettings {
        url: settings.otlp_url.clone(),
        headers: settings.otlp_headers.clone(),
        timeout: Duration::from_secs(settings.otlp_timeout_s),
        sample: settings.sample,
        service: "siren".to_owned(),
    });
    collector.map(Some).map_err(Failure::usage)
}
