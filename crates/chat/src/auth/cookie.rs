//! How does a browser say that it is signed in? By a cookie that no script can read and no other site's page can send.
//! It holds a number and nothing else: no key, no name.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use super::hosts;

const NAME: &str = "siren_session";
/// No number of ours is longer: what is longer is not looked for.
const MOST_BYTES: usize = 64;

/// The number that the browser keeps.
pub(super) fn read(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == NAME)?;
    (!value.is_empty() && value.len() <= MOST_BYTES).then(|| value.to_owned())
}

/// What makes the browser keep it for so long; none if it cannot.
pub(super) fn keep(shown: &str, time: Duration, headers: &HeaderMap) -> Option<HeaderValue> {
    write(shown, time.as_secs(), headers)
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
