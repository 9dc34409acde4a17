//! `[telemetry]`: what is seen of the server from outside.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Slots, Wrong, ensure, seconds};

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogForm {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line, for programs.
    Json,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TelemetrySettings {
    pub(crate) log: LogForm,
    pub(crate) metrics: bool,
    pub(crate) otlp_url: String,
    #[serde(skip_serializing)]
    pub(crate) otlp_headers: String,
    pub(crate) otlp_timeout_s: u64,
    pub(crate) sample: f64,
    pub(crate) band_width: f64,
    pub(crate) band_days: usize,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            log: LogForm::Text,
            metrics: true,
            otlp_url: String::new(),
            otlp_headers: String::new(),
            otlp_timeout_s: 5,
            sample: 1.0,
            band_width: 4.0,
            band_days: 14,
        }
    }
}

impl Section for TelemetrySettings {
    fn purposes(&self) -> Purposes {
        &[
            ("telemetry.log", "how the log on stderr is written: text, or json (an object a line)"),
            ("telemetry.metrics", "whether GET /metrics tells metrics in Prometheus' form"),
            (
                "telemetry.otlp_url",
                "a collector that takes OpenTelemetry traces over HTTP, such as http://127.0.0.1:4318; empty: no traces",
            ),
            (
                "telemetry.otlp_headers",
                "headers for it, as \"name=value,name=value\", best with \"${NAME}\" for the secret",
            ),
            ("telemetry.otlp_timeout_s", "seconds that it has to take traces"),
            ("telemetry.sample", "share of questions (0 to 1) that are traced when the client does not say"),
            (
                "telemetry.band_width",
                "how far retrieval scores may be from their usual value of the hour, in robust standard deviations",
            ),
            ("telemetry.band_days", "days from which the usual value of an hour is learnt"),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        seconds(&[("telemetry.otlp_timeout_s", self.otlp_timeout_s)])?;
        super::shares(&[("telemetry.sample", self.sample)])?;
        let width = self.band_width;
        ensure(width.is_finite() && width >= 1.0, "telemetry.band_width", "must be 1 or more")?;
        ensure((3..=90).contains(&self.band_days), "telemetry.band_days", "must be between 3 and 90")
    }

    fn secrets(&mut self) -> Slots<'_> {
        vec![("telemetry.otlp_headers", &mut self.otlp_headers)]
    }

    fn addresses(&mut self) -> Slots<'_> {
        vec![("telemetry.otlp_url", &mut self.otlp_url)]
    }
}
