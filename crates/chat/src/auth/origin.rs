//! Does a page of another site ask in its visitor's name? Then nothing is changed and nothing is asked.

use axum::http::{HeaderMap, Method, header};

use crate::error::ApiError;

pub(super) fn check(method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) || is_own(headers) {
        return Ok(());
    }
    tracing::warn!(code = "cross_site", "a page of another site was turned away");
    Err(ApiError::cross_site())
}

/// Programs send neither header; a browser sends at least one with whatever can change something.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return true };
    let host = text(header::HOST.as_str()).unwrap_or_default();
    origin.split_once("://").is_some_and(|(_, of_origin)| of_origin.eq_ignore_ascii_case(host))
}
