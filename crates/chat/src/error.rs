//! What does a client read when there is no answer? OpenAI's error shape, always.

use std::any::Any;

use axum::Json;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

const INVALID_REQUEST: &str = "invalid_request_error";
const SERVER: &str = "server_error";
const RATE_LIMIT: &str = "rate_limit_error";
const AUTHENTICATION: &str = "authentication_error";
const PERMISSION: &str = "permission_error";

/// A failure as the client is told of it: a bland sentence and a code. The cause stays in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) kind: &'static str,
    pub(crate) code: &'static str,
    pub(crate) param: Option<String>,
    pub(crate) message: String,
    /// Seconds.
    pub(crate) retry_after: Option<u32>,
}

impl ApiError {
    fn new(status: StatusCode, kind: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, code, param: None, message: message.into(), retry_after: None }
    }

    fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// 400: the request is wrong as it is.
    pub(crate) fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, INVALID_REQUEST, code, message)
    }

    /// 400: one field of the request is wrong.
    pub(crate) fn field(param: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..Self::invalid(code, message) }
    }

    pub(crate) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, INVALID_REQUEST, code, message)
    }

    /// 404: there is no such model.
    pub(crate) fn no_model(message: impl Into<String>) -> Self {
        Self { param: Some("model".to_owned()), ..Self::not_found("model_not_found", message) }
    }

    pub(crate) fn body_timeout() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            INVALID_REQUEST,
            "request_timeout",
            "The request body did not arrive in time: send it without pauses.",
        )
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            INVALID_REQUEST,
            "request_too_large",
            format!(
                "The request body is larger than {limit} bytes: shorten the question or send fewer messages."
            ),
        )
    }

    pub(crate) fn wrong_content_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            INVALID_REQUEST,
            "unsupported_media_type",
            "The body must be JSON: send the header `Content-Type: application/json`.",
        )
    }

    pub(crate) fn saturated() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            RATE_LIMIT,
            "too_many_answers",
            "As many questions as this server takes on are being answered: try again shortly.",
        )
        .retry_after(2)
    }

    pub(crate) fn saturated_embeddings() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            RATE_LIMIT,
            "too_many_embeddings",
            "As many requests for vectors as this server takes on are being worked on: try again shortly.",
        )
        .retry_after(1)
    }

    pub(crate) fn waited_in_vain() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            SERVER,
            "queue_timeout",
            "Too many questions were waiting for this one to be begun: try again shortly.",
        )
        .retry_after(2)
    }

    pub(crate) fn too_many_requests(seconds: u32) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            RATE_LIMIT,
            "rate_limit_exceeded",
            "You have asked more than one may in a minute: the Retry-After header tells when to go on.",
        )
        .retry_after(seconds)
    }

    pub(crate) fn no_credential() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            AUTHENTICATION,
            "missing_credential",
            "Say who you are: send an API key or a token as `Authorization: Bearer …`, or sign in at /login.",
        )
    }

    pub(crate) fn invalid_credential() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            AUTHENTICATION,
            "invalid_api_key",
            "This key or token does not hold: it may have expired or been revoked. Ask for another one.",
        )
    }

    pub(crate) fn session_ended() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            AUTHENTICATION,
            "session_ended",
            "This browser is not signed in any more: sign in again at /login.",
        )
    }

    pub(crate) fn identity_unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            SERVER,
            "identity_unavailable",
            "It could not be checked just now who you are: try again later.",
        )
        .retry_after(5)
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            PERMISSION,
            "forbidden",
            "You lack the role that this needs: ask whoever runs this server.",
        )
    }

    pub(crate) fn cross_site() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            PERMISSION,
            "cross_site",
            "A page of another site may not ask here: open this server's own page.",
        )
    }

    pub(crate) fn unknown_host() -> Self {
        Self::new(
            StatusCode::MISDIRECTED_REQUEST,
            INVALID_REQUEST,
            "unknown_host",
            "This server does not go by that name: its operator can add it to `serve.hosts`.",
        )
    }

    pub(crate) fn is_unauthorized(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }

    pub(crate) fn not_ready() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            SERVER,
            "not_ready",
            "There is nothing to answer from yet: try again later, or ask whoever runs this server.",
        )
        .retry_after(15)
    }

    pub(crate) fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            SERVER,
            "unavailable",
            "The answer could not be made just now: try again later.",
        )
        .retry_after(5)
    }

    pub(crate) fn closing() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            SERVER,
            "shutting_down",
            "The server is shutting down and could not finish the answer: try again.",
        )
        .retry_after(2)
    }

    pub(crate) fn answer_timeout() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            SERVER,
            "timeout",
            "The answer took too long and was given up: try again, or ask something narrower.",
        )
    }

    /// 404, also for what is somebody else's: who asks must not learn that it is there.
    pub(crate) fn no_such_thing() -> Self {
        Self::not_found(
            "not_found",
            "There is no such thing, or it is not yours: look at the list of what there is.",
        )
    }

    pub(crate) fn lacks_role() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "permission_error",
            "forbidden",
            "You lack the role that this needs: ask whoever runs this server.",
        )
    }

    /// 403: the asker may not, or may no longer, read all that an answer was made from.
    pub(crate) fn lacks_group() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            PERMISSION,
            "forbidden",
            "Your groups may not read all that this answer was made from: ask the question again.",
        )
    }

    pub(crate) fn conflict(message: String) -> Self {
        Self::new(StatusCode::CONFLICT, INVALID_REQUEST, "conflict", message)
    }

    /// 409: nothing was retrieved for it, so nothing can be made again.
    pub(crate) fn by_rule() -> Self {
        Self::conflict(
            "A rule gave this answer: ask the question again to see what the rules say now.".to_owned(),
        )
    }

    pub(crate) fn state_unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            SERVER,
            "state_unavailable",
            "What is remembered cannot be reached just now: try again later.",
        )
        .retry_after(5)
    }

    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            SERVER,
            "internal_error",
            "Something went wrong in the server: its log tells what.",
        )
    }

    /// The same failure as the one line of a stream.
    pub(crate) fn body(&self) -> ErrorBody<'_> {
        ErrorBody {
            error: ErrorShape {
                message: &self.message,
                kind: self.kind,
                param: self.param.as_deref(),
                code: self.code,
            },
        }
    }
}

#[derive(Serialize)]
pub(crate) struct ErrorBody<'a> {
    error: ErrorShape<'a>,
}

#[derive(Serialize)]
struct ErrorShape<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    param: Option<&'a str>,
    code: &'static str,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        if let Some(seconds) = self.retry_after {
            let seconds = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = match self.code {
                "missing_credential" => "Bearer realm=\"siren\"",
                _ => "Bearer realm=\"siren\", error=\"invalid_token\"",
            };
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

pub(crate) async fn unknown_path() -> ApiError {
    ApiError::not_found(
        "unknown_url",
        "There is nothing at this path: questions go to POST /v1/chat/completions, the page is at /.",
    )
}

pub(crate) async fn method_not_allowed(method: Method) -> ApiError {
    let method = match method {
        Method::GET | Method::HEAD => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "this method",
    };
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        INVALID_REQUEST,
        "method_not_allowed",
        format!("This path does not take {method}: the Allow header names the methods it takes."),
    )
}

/// A panic's own words may hold the question, so they are not logged here.
pub(crate) fn after_panic(_panic: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!(code = "internal_error", "a request handler panicked");
    ApiError::internal().into_response()
}
