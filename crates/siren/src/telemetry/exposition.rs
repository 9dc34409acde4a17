//! What `GET /metrics` tells: what was counted, and what is looked up at that moment.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use siren_domain::ports::PassageStore;

use super::ScoreBand;
use crate::commands::Failure;

/// From the quickest stage to the longest answer.
const SECONDS: [f64; 17] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];
/// What was measured goes into its buckets so often, asked or not.
const UPKEEP: Duration = Duration::from_secs(5);

const COUNTERS: [(&str, &str); 14] = [
    ("siren_http_requests_total", "Requests, by route, method and status"),
    (
        "siren_answers_total",
        "Questions, by what became of them: answered, not_found, rule, left, failed, timed_out and others",
    ),
    ("siren_stage_failures_total", "Stages of answers that went wrong, by stage"),
    ("siren_audit_lost_total", "Entries of the audit log that could not be written"),
    ("siren_shed_total", "Questions that were sent away because as many as allowed were being answered"),
    ("siren_rule_answers_total", "Questions that a rule answered or refused, by rule and action"),
    ("siren_refusals_total", "Questions that a rule refused, by rule"),
    ("siren_sentences_withheld_total", "Sentences that were kept out of answers, by rule"),
    ("siren_answer_cache_total", "Looks into the kept answers, by result: hit or miss"),
    ("siren_fallbacks_total", "Answers for which more than one model was asked, by the one that answered"),
    (
        "siren_model_requests_total",
        "Questions to models, by model, role (answer, rewrite, check) and outcome",
    ),
    ("siren_model_tokens_total", "Tokens, by model and direction: input or output"),
    ("siren_model_cost_millionths_total", "What models cost, in millionths of the settings' currency"),
    ("siren_trace_exports_failed_total", "Batches of traces that the collector did not take"),
];
const HISTOGRAMS: [(&str, &str); 5] = [
    ("siren_http_seconds", "Time to the head of a response, by route and method"),
    ("siren_stage_seconds", "Time that each stage of an answer takes"),
    ("siren_first_word_seconds", "Time from a question to the first word that is shown"),
    ("siren_model_first_token_seconds", "Time to a model's first token"),
    ("siren_model_seconds", "Time to a model's last token, by model and role"),
];
const GAUGES: [(&str, &str); 17] = [
    ("siren_answers_open", "Answers in the making"),
    ("siren_answer_slots", "Answers that may be in the making at once"),
    ("siren_answer_slots_used", "Slots that are taken"),
    ("siren_open_streams", "Streams that clients are reading"),
    ("siren_http_open", "Requests whose head is not answered yet"),
    ("siren_model_breaker_open", "1 while a model is left alone because it failed too often"),
    ("siren_index_generation", "Number of the generation that is served"),
    ("siren_index_age_seconds", "Age of the generation that is served"),
    ("siren_index_documents", "Documents in it"),
    ("siren_index_chunks", "Chunks in it"),
    ("siren_retrieval_score", "Median of the best scores of this hour's questions"),
    ("siren_retrieval_score_usual", "What it usually is at this hour"),
    ("siren_retrieval_score_lower", "Below this it is unusual"),
    ("siren_retrieval_score_upper", "Above this it is unusual"),
    ("siren_retrieval_score_out_of_band", "1 while the score is unusual for the hour"),
    ("siren_process_resident_bytes", "Memory that the process holds"),
    ("siren_process_open_files", "Files and sockets that it holds open"),
];

/// The metrics of this process.
#[derive(Clone)]
pub(crate) struct Metrics {
    handle: PrometheusHandle,
}

/// What is looked up when metrics are told.
pub(crate) struct Exposed {
    pub(crate) store: Arc<dyn PassageStore>,
    pub(crate) band: Arc<ScoreBand>,
}

impl Metrics {
    /// Begins to count. Once a process.
    pub(crate) fn begin() -> Result<Self, Failure> {
        let built = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(PrometheusBuilder::install_recorder);
        let handle = built.map_err(|error| Failure::failed(format!("metrics cannot be kept: {error}")))?;
        for (name, what) in COUNTERS {
            describe_counter!(name, what);
        }
        for (name, what) in HISTOGRAMS {
            describe_histogram!(name, Unit::Seconds, what);
        }
        for (name, what) in GAUGES {
            describe_gauge!(name, what);
        }
        // What never happened is 0, and not absent: a rate over it is then 0, too.
        counter!("siren_shed_total").absolute(0);
        counter!("siren_trace_exports_failed_total").absolute(0);
        counter!("siren_audit_lost_total").absolute(0);
        for stage in ["turn", "guard", "rewrite", "retrieve", "check"] {
            counter!("siren_stage_failures_total", "stage" => stage).absolute(0);
        }
        for result in ["hit", "miss"] {
            counter!("siren_answer_cache_total", "result" => result).absolute(0);
        }
        for outcome in
            ["answered", "not_found", "rule", "left", "failed", "timed_out", "panicked", "not_ready"]
        {
            counter!("siren_answers_total", "outcome" => outcome).absolute(0);
        }
        for name in ["siren_answers_open", "siren_open_streams"] {
            gauge!(name).set(0.0);
        }
        Ok(Self { handle })
    }

    /// Sorts what was measured now and then; for as long as the runtime lives.
    pub(crate) async fn keep_up(self) {
        let mut every = tokio::time::interval(UPKEEP);
        loop {
            every.tick().await;
            self.handle.run_upkeep();
        }
    }

    /// All of them, in Prometheus' form.
    pub(crate) async fn told(&self, exposed: &Exposed) -> String {
        if let Ok(generation) = exposed.store.searched().await {
            gauge!("siren_index_generation").set(number(generation.number));
            gauge!("siren_index_documents").set(number(generation.documents));
            gauge!("siren_index_chunks").set(number(generation.chunks));
            if let Some(age) = age(&generation.created_at) {
                gauge!("siren_index_age_seconds").set(age);
            }
        }
        let reading = exposed.band.reading();
        gauge!("siren_retrieval_score").set(reading.score.unwrap_or(f64::NAN));
        let limit = |of: fn(&super::band::Band) -> f64| reading.band.as_ref().map_or(f64::NAN, of);
        gauge!("siren_retrieval_score_lower").set(limit(|band| band.lower));
        gauge!("siren_retrieval_score_usual").set(limit(|band| band.usual));
        gauge!("siren_retrieval_score_upper").set(limit(|band| band.upper));
        gauge!("siren_retrieval_score_out_of_band").set(f64::from(u8::from(reading.is_outside())));
        if let Some(bytes) = resident_bytes() {
            gauge!("siren_process_resident_bytes").set(number(bytes));
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            gauge!("siren_process_open_files").set(number(files.count() as u64));
        }
        self.handle.render()
    }
}

#[expect(clippy::cast_precision_loss, reason = "metrics are floats; nothing here has 2^52 of anything")]
fn number(count: u64) -> f64 {
    count as f64
}

/// Seconds since a time in RFC 3339.
fn age(created: &str) -> Option<f64> {
    let created: jiff::Timestamp = created.parse().ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
    Some((now - created.as_duration().as_secs_f64()).max(0.0))
}

/// Where the system tells it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}
