//! How does a browser say who it is? By a cookie that no script can read and no other site's page can send.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use super::hosts;

const NAME: &str = "siren_session";
/// Browsers drop larger cookies without a word.
const MOST_BYTES: usize = 3800;

/// The credential that the browser keeps.
pub(super) fn read(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == NAME)?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// What makes the browser keep it for so long; none if it cannot.
pub(super) fn keep(credential: &str, time: Duration, headers: &HeaderMap) -> Option<HeaderValue> {
    let fits = credential.len() <= MOST_BYTES
        && credential.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte));
    fits.then(|| write(credential, time.as_secs(), headers)).flatten()
}

/// What makes the browser forget it.
pub(super) fn forget(headers: &HeaderMap) -> Option<HeaderValue> {
    write("", 0, headers)
}

fn write(value: &str, seconds: u64, headers: &HeaderMap) -> Option<HeaderValue> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    // Nobody listens between a browser and its own machine; everywhere else the way must be encrypted.
    let secure = if hosts::is_loopback(host) { "" } else { "; Secure" };
    HeaderValue::from_str(&format!(
        "{NAME}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    ))
    .ok()
}
