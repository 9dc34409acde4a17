//! What the environment sets. Clippy forbids reading it anywhere else.
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]

use super::{Effective, Origin, Settings};

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The environment has the last word.
pub(super) fn apply(effective: &mut Effective) {
    let answer = &mut effective.settings.answer;
    let settings: [(&str, &'static str, &mut String); 6] = [
        ("answer.base_url", "SIREN_LLM_BASE_URL", &mut answer.base_url),
        ("answer.model", "SIREN_LLM_MODEL", &mut answer.model),
        ("answer.api_key", "SIREN_LLM_API_KEY", &mut answer.api_key),
        ("answer.api_key_file", "SIREN_LLM_API_KEY_FILE", &mut answer.api_key_file),
        ("serve.listen", "SIREN_LISTEN", &mut effective.settings.serve.listen),
        ("assets.path", "SIREN_ASSETS", &mut effective.settings.assets.path),
        ("telemetry.otlp_url", "OTEL_EXPORTER_OTLP_ENDPOINT", &mut effective.settings.telemetry.otlp_url),
    ];
    for (key, name, slot) in settings {
        if let Some(value) = variable(name) {
            *slot = value;
            effective.origins.insert(key.to_owned(), Origin::Environment(name));
        }
    }
    trusts_network(effective);
}

/// Whether the network is said to be trusted: for containers, whose published port is another machine's affair.
fn trusts_network(effective: &mut Effective) {
    const NAME: &str = "SIREN_TRUST_NETWORK";
    if let Some(value) = variable(NAME) {
        effective.settings.auth.trust_network = matches!(value.trim(), "1" | "true" | "yes");
        effective.origins.insert("auth.trust_network".to_owned(), Origin::Environment(NAME));
    }
}

/// Puts `${NAME}` in place, in the settings that may hold secrets.
pub(super) fn fill_in(settings: &mut Settings) -> Result<(), String> {
    for section in settings.sections_mut() {
        for (key, slot) in section.secrets() {
            fill(key, slot)?;
        }
        for (key, slot) in section.addresses() {
            fill(key, slot)?;
        }
    }
    for (at, model) in settings.models.iter_mut().enumerate() {
        for (key, slot) in model.fillable() {
            fill(&format!("model {} {key}", at + 1), slot)?;
        }
    }
    for (at, source) in settings.sources.iter_mut().enumerate() {
        for (key, slot) in source.fillable() {
            fill(&format!("source {} {key}", at + 1), slot)?;
        }
    }
    Ok(())
}

fn fill(key: &str, slot: &mut String) -> Result<(), String> {
    *slot = filled(slot).map_err(|name| {
        format!("`{key}` names the environment variable {name}, which is not set: set it, or write the value")
    })?;
    Ok(())
}

fn filled(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((name, after)) = behind.split_once('}') else { break };
        out.push_str(before);
        let value = variable(name).ok_or_else(|| name.to_owned())?;
        match is_within_address(&out, after) {
            true => out.push_str(&escaped(&value)),
            false => out.push_str(&value),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Whether a value stands where an address holds user, password or parameters, so that it must not end them.
fn is_within_address(before: &str, after: &str) -> bool {
    before.contains("://") && (after.contains('@') || before.contains('?'))
}

fn escaped(value: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    value.bytes().map(escape).collect()
}

/// What is logged: `SIREN_LOG`, such as `info` or `siren_chat=debug`.
pub(crate) fn log_filter() -> Option<String> {
    variable("SIREN_LOG")
}
