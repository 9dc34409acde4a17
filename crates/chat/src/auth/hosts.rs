//! Is the request meant for this server? A foreign site's name that was made to point here (DNS rebinding) is not ours.

use std::net::IpAddr;

use axum::http::header;
use axum::http::request::Parts;

use super::Access;
use crate::error::ApiError;

pub(super) fn check(request: &Parts, access: &Access) -> Result<(), ApiError> {
    let told = request.headers.get(header::HOST).map(|value| value.to_str().unwrap_or_default());
    let named = request.uri.authority().map(axum::http::uri::Authority::as_str);
    // Every browser names the host; only programs leave it out.
    if told.into_iter().chain(named).all(|host| is_ours(host, access)) {
        Ok(())
    } else {
        tracing::warn!(code = "unknown_host", "a request named another host: serve.hosts lists the names");
        Err(ApiError::unknown_host())
    }
}

fn is_ours(host: &str, access: &Access) -> bool {
    let name = name(host);
    // A number cannot be made to point elsewhere.
    let is_number = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let is_this_machine = name.eq_ignore_ascii_case("localhost");
    let is_listed = access.hosts.iter().any(|ours| ours.eq_ignore_ascii_case(name));
    // Without a list, a foreign name brings no cookie of ours along: only an open server has to mind it.
    is_number || is_this_machine || is_listed || (access.hosts.is_empty() && access.is_closed())
}

/// The host without its port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether the request was sent to this machine itself.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = name(host);
    let number = name.trim_matches(['[', ']']).parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || number.is_ok_and(|number| number.is_loopback())
}
