//! Who comes in, and how far? Every request passes here before a route sees it.
//!
//! In this order: is it meant for this server (no rebound name), does it come from our own page or from a program (no
//! other site's page), who is it, have they asked too much, and may they do this. What a route reads of it is the
//! [`Authenticated`] in the request's extensions, and never what the client says of itself.

pub(crate) mod audit;
mod cookie;
mod hosts;
mod login;
mod origin;
mod rates;
mod refusals;
mod roles;
mod sessions;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use siren_domain::Principal;
use siren_domain::ports::state::Sessions;
use siren_domain::ports::{AuthError, Authenticated, Authenticator};

pub use self::audit::{Auditing, Masker};
pub(crate) use self::login::routes as login_routes;
pub use self::rates::Rate;
use self::rates::Rates;
use crate::App;
use crate::error::ApiError;

/// Who may come in.
#[derive(Clone, Default)]
pub struct Access {
    /// Asked one after another. None: whoever reaches this server is [`Principal::local`].
    pub authenticators: Vec<Arc<dyn Authenticator>>,
    /// Names that this server is known by. Where there are none, any name is taken if everyone has to say who they
    /// are, else only numbers and `localhost`.
    pub hosts: Vec<String>,
    /// How much one may ask; none: without a limit.
    pub rate: Option<Rate>,
    /// How long a browser stays signed in.
    pub session: Duration,
    /// Where it is kept who is signed in; none: no browser can sign in.
    pub sessions: Option<Arc<dyn Sessions>>,
}

impl Access {
    /// Whether everyone has to say who they are.
    pub(crate) fn is_closed(&self) -> bool {
        !self.authenticators.is_empty()
    }
}

/// What the gate holds while the server runs.
pub(crate) struct Gate {
    pub(crate) access: Access,
    rates: Rates,
}

impl Gate {
    pub(crate) fn new(access: Access) -> Self {
        Self { rates: Rates::new(access.rate), access }
    }

    /// Whoever shows this credential.
    pub(crate) async fn know(&self, credential: &str) -> Result<Authenticated, AuthError> {
        for authenticator in &self.access.authenticators {
            match authenticator.authenticate(credential).await {
                Err(AuthError::Foreign) => {}
                known => return known,
            }
        }
        Err(AuthError::Refused("no credential of a known kind".to_owned()))
    }

    /// What to tell somebody whose credential does not hold; the reason stays in the log.
    pub(crate) fn refused(&self, error: &AuthError, peer: Option<IpAddr>) -> ApiError {
        let reason = error.to_string();
        if let AuthError::Unavailable(_) = error {
            tracing::error!(code = "identity_unavailable", reason, "a credential cannot be judged");
            return ApiError::identity_unavailable();
        }
        tracing::warn!(code = "invalid_credential", reason, "a credential was refused");
        match self.rates.failed(peer) {
            Ok(()) => ApiError::invalid_credential(),
            Err(seconds) => ApiError::too_many_requests(seconds),
        }
    }

    async fn identify(&self, request: &Parts, peer: Option<IpAddr>) -> Result<Authenticated, ApiError> {
        if !self.access.is_closed() {
            return Ok(Authenticated { principal: Principal::local(), by: "local".to_owned(), until: None });
        }
        if let Some(credential) = bearer(&request.headers) {
            return self.know(&credential).await.map_err(|error| self.refused(&error, peer));
        }
        let shown = cookie::read(&request.headers).ok_or_else(ApiError::no_credential)?;
        self.recall(&shown).await.map_err(|error| match error {
            // An old page asks again and again: no guess at a key, and not counted as one.
            AuthError::Refused(_) | AuthError::Foreign => ApiError::session_ended(),
            AuthError::Unavailable(_) => self.refused(&error, peer),
        })
    }
}

/// Lets a request through to its route, or tells why not.
pub(crate) async fn gate(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&app, &parts).await {
        Ok(who) => {
            parts.extensions.insert(who);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(response) => response,
    }
}

async fn admit(app: &App, request: &Parts) -> Result<Authenticated, Response> {
    let (gate, method, path) = (&app.gate, &request.method, request.uri.path());
    let told = |error: ApiError| error.into_response();
    hosts::check(request, &gate.access).map_err(told)?;
    origin::check(method, &request.headers).map_err(told)?;
    let peer = peer(&request.extensions);
    let is_public = roles::is_public(path);
    let who = match gate.identify(request, peer).await {
        Ok(who) => who,
        Err(_) if is_public => return Ok(nobody()),
        Err(error) if error.is_unauthorized() && is_page_visit(request) => {
            return Err(Redirect::to("login").into_response());
        }
        Err(error) => {
            // A state that is away has turned nobody down, and could keep no word of it.
            if error.status != StatusCode::SERVICE_UNAVAILABLE {
                app.audit.denied(None, request, error.code);
            }
            return Err(error.into_response());
        }
    };
    if !is_public {
        gate.rates.asked(&who, peer).map_err(|seconds| told(ApiError::too_many_requests(seconds)))?;
    }
    if !roles::may(&who.principal, method, path) {
        tracing::warn!(code = "forbidden", who = who.principal.name, by = who.by, path, "not theirs to do");
        app.audit.denied(Some(&who), request, "forbidden");
        return Err(ApiError::forbidden().into_response());
    }
    Ok(who)
}

/// Whoever looks at what anybody may see: no role, no group.
fn nobody() -> Authenticated {
    let principal = Principal { name: String::new(), groups: Vec::new(), roles: [].into() };
    Authenticated { principal, by: "nobody".to_owned(), until: None }
}

/// Where the request comes from; none when there is no socket.
fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let info = extensions.get::<ConnectInfo<SocketAddr>>();
    info.map(|ConnectInfo(address)| address.ip().to_canonical())
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credential) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim().to_owned())
}

/// Whether a person has typed the address or followed a link.
fn is_page_visit(request: &Parts) -> bool {
    let accepts = request.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    request.method == Method::GET && accepts.is_some_and(|accepts| accepts.contains("text/html"))
}
