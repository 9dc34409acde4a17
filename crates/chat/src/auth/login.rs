//! How does a person sign in? On a page of its own, without a script: a key is pasted once and kept nowhere.

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use siren_domain::ports::Authenticated;
use siren_domain::ports::state::StateError;

use super::{cookie, peer};
use crate::App;
use crate::headers::LOGIN_POLICY;

const PAGE: &str = include_str!("../../page/login.html");
const STYLE: &str = include_str!("../../page/login.css");
/// More than any credential takes, percent signs included.
const MOST_BYTES: usize = 64 * 1024;

const REFUSED: &str =
    "이 키로는 들어갈 수 없습니다. 다시 확인해 주세요. · This key does not hold: check it and try again.";
const AWAY: &str =
    "지금은 확인할 수 없습니다. 잠시 뒤 다시 시도하세요. · It cannot be checked just now: try again shortly.";
const OPEN: &str = "이 서버에는 로그인이 필요 없습니다. · This server asks nobody for a key.";

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/login", get(show).post(sign_in))
        .route("/logout", post(sign_out))
        .route("/login.css", get(style))
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

async fn show(State(app): State<Arc<App>>, who: Option<Extension<Authenticated>>) -> Response {
    let name = who.map(|Extension(who)| who.principal.name).unwrap_or_default();
    match app.gate.access.is_closed() {
        true => page(StatusCode::OK, &name, ""),
        false => page(StatusCode::OK, &name, OPEN),
    }
}

async fn sign_in(State(app): State<Arc<App>>, request: Request) -> Response {
    let (peer, headers) = (peer(request.extensions()), request.headers().clone());
    let body = tokio::time::timeout(app.limits.body_time, to_bytes(request.into_body(), MOST_BYTES)).await;
    let Some(key) = body.ok().and_then(Result::ok).and_then(|body| field(&body, "key")) else {
        return page(StatusCode::BAD_REQUEST, "", REFUSED);
    };
    if !app.gate.access.is_closed() {
        return Redirect::to("./").into_response();
    }
    match app.gate.know(&key).await {
        Ok(who) => {
            // What it showed until now is worth nothing any more, whoever it was.
            let _told_in_the_log = end(&app, &headers).await;
            let response = begin(&app, &who, &headers).await;
            let outcome = if response.status().is_redirection() { "done" } else { "failed" };
            app.audit.did(&who, "sign_in", outcome, "");
            response
        }
        Err(error) => {
            let told = app.gate.refused(&error, peer);
            let words = if told.is_unauthorized() { REFUSED } else { AWAY };
            let mut response = page(told.status, "", words);
            if let Some(seconds) = told.retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
    }
}

async fn begin(app: &App, who: &Authenticated, headers: &HeaderMap) -> Response {
    let begun = app.gate.sign_in(who).await;
    let begun = begun.inspect_err(|error| tracing::error!(%error, "nobody can be signed in"));
    let cookie = begun.ok().and_then(|(shown, time)| cookie::keep(&shown, time, headers));
    match cookie {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to("./")).into_response(),
        None => page(StatusCode::SERVICE_UNAVAILABLE, "", AWAY),
    }
}

/// Ends the session of the browser that asks, if it has one.
async fn end(app: &App, headers: &HeaderMap) -> Result<(), StateError> {
    let Some(shown) = cookie::read(headers).filter(|_| app.gate.access.is_closed()) else { return Ok(()) };
    let ended = app.gate.sign_out(&shown).await;
    ended.inspect_err(|error| tracing::error!(%error, "a session could not be ended: it ends with its time"))
}

async fn sign_out(
    State(app): State<Arc<App>>,
    who: Option<Extension<Authenticated>>,
    headers: HeaderMap,
) -> Response {
    let ended = end(&app, &headers).await.is_ok();
    if let Some(Extension(who)) = who.filter(|Extension(who)| !who.principal.name.is_empty()) {
        app.audit.did(&who, "sign_out", if ended { "done" } else { "failed" }, "");
    }
    // The browser forgets it in any case.
    let cookie = cookie::forget(&headers).into_iter().map(|cookie| (header::SET_COOKIE, cookie));
    let mut response = match ended {
        true => Redirect::to("login").into_response(),
        false => page(StatusCode::SERVICE_UNAVAILABLE, "", AWAY),
    };
    response.headers_mut().extend(cookie);
    response
}

fn page(status: StatusCode, name: &str, words: &str) -> Response {
    let (signed_in, form) = if name.is_empty() { ("hidden", "") } else { ("", "hidden") };
    let html = PAGE
        .replace("{{words}}", words)
        .replace("{{signed-in}}", signed_in)
        .replace("{{form}}", form)
        .replace("{{name}}", &escaped(name));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, LOGIN_POLICY),
    ];
    (status, headers, html).into_response()
}

fn escaped(text: &str) -> String {
    let letter = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(letter).collect()
}

/// A field of a form as browsers send it.
fn field(body: &[u8], name: &str) -> Option<String> {
    let body = std::str::from_utf8(body).ok()?;
    let value = body.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))?.1;
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    let value = String::from_utf8(bytes).ok()?.trim().to_owned();
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let cases = [
            ("key=siren_ab_cd", Some("siren_ab_cd")),
            ("other=1&key=+a%2Bb%3D%ED%82%A4+", Some("a+b=\u{d0a4}")),
            ("key=", None),
            ("key=%", None),
            ("key=%zz", None),
            ("keys=x", None),
            ("", None),
        ];
        for (body, expected) in cases {
            assert_eq!(field(body.as_bytes(), "key").as_deref(), expected, "{body:?}");
        }
    }
}
