//! What is asked of the native API? Bodies, queries and names in paths, each with its own words when it is wrong.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, Uri};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
use siren_domain::ports::Authenticated;
use siren_domain::{Principal, Role};

use crate::Limits;
use crate::error::ApiError;
use crate::request::read_json;

/// Who asks. Where nobody had to say, the gate has taken them for whoever sits at this machine.
pub(crate) struct Asker(pub(crate) Principal);

/// The same, with how it was made sure.
pub(crate) struct Known(pub(crate) Authenticated);

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(known(&parts.extensions)?.principal.clone()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Known {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        known(&parts.extensions).cloned().map(Self)
    }
}

/// Who asks, as the gate has noted it. What comes past the gate gets nothing, and no rights of anybody.
pub(crate) fn known(extensions: &Extensions) -> Result<&Authenticated, ApiError> {
    extensions.get::<Authenticated>().ok_or_else(|| {
        tracing::error!(code = "internal_error", "a request came past the gate");
        ApiError::internal()
    })
}

impl Asker {
    /// Somebody with one of these roles, or nobody.
    pub(crate) fn with_role(self, roles: &[Role]) -> Result<Principal, ApiError> {
        match roles.iter().any(|role| self.0.is(*role)) {
            true => Ok(self.0),
            false => Err(ApiError::lacks_role()),
        }
    }

    /// Whoever runs the server.
    pub(crate) fn operator(self) -> Result<Principal, ApiError> {
        self.with_role(&[Role::Operator])
    }

    /// Whoever may look at how the server runs.
    pub(crate) fn overseer(self) -> Result<Principal, ApiError> {
        self.with_role(&[Role::Operator, Role::Auditor])
    }
}

/// A name in the path. One that cannot be read names nothing.
pub(crate) fn named(path: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    path.map(|Path(name)| name).map_err(|_| ApiError::no_such_thing())
}

/// A number in the path.
pub(crate) fn numbered(path: Result<Path<String>, PathRejection>) -> Result<u64, ApiError> {
    named(path)?.parse().map_err(|_| ApiError::no_such_thing())
}

/// The body as this type.
pub(crate) async fn body<T: DeserializeOwned>(request: Request, limits: &Limits) -> Result<T, ApiError> {
    shaped(&read_json(request, limits).await?)
}

/// The body as this type, or what stands for none.
pub(crate) async fn optional_body<T: DeserializeOwned + Default>(
    request: Request,
    limits: &Limits,
) -> Result<T, ApiError> {
    let is_empty = http_body_is_empty(&request);
    if is_empty {
        return Ok(T::default());
    }
    body(request, limits).await
}

fn http_body_is_empty(request: &Request) -> bool {
    use axum::body::HttpBody;
    request.body().is_end_stream()
}

fn shaped<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        // The parser's own words may repeat the body; its position does not.
        let (line, column) = (error.line(), error.column());
        match error.is_data() {
            true => ApiError::invalid(
                "invalid_type",
                format!(
                    "The body does not have this request's form at line {line} column {column}: GET \
                     /api/openapi.json tells it."
                ),
            ),
            false => ApiError::invalid(
                "invalid_json",
                format!("The body is not valid JSON at line {line} column {column}: send one JSON object in UTF-8."),
            ),
        }
    })
}

/// A whole number in a body. `9.0` is one too: JSON, and so the description, makes no difference.
pub(crate) fn whole<'body, D: Deserializer<'body>>(from: D) -> Result<Option<u64>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(from)? else { return Ok(None) };
    let written_as_fraction = || {
        let number = number.as_f64().filter(|number| number.fract() == 0.0)?;
        format!("{number:.0}").parse().ok()
    };
    let whole = number.as_u64().or_else(written_as_fraction);
    whole.map(Some).ok_or_else(|| D::Error::custom("no whole number"))
}

/// What stands behind `?`.
pub(crate) struct Query(BTreeMap<String, String>);

impl Query {
    /// Reads it; a name that is not known is wrong, so that a slip is seen.
    pub(crate) fn read(uri: &Uri, known: &[&str]) -> Result<Self, ApiError> {
        let mut found = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            if !known.contains(&name.as_ref()) {
                let known = known.join("`, `");
                let message =
                    format!("There is an unknown parameter behind `?`: those known here are `{known}`.");
                return Err(ApiError::invalid("unknown_parameter", message));
            }
            found.insert(name.into_owned(), value.into_owned());
        }
        Ok(Self(found))
    }

    /// A whole number in a range.
    pub(crate) fn number(&self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.0.get(name) else { return Ok(None) };
        let number = text.parse::<u64>().ok().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            let message = format!("`{name}` must be a whole number from {least} to {most}.");
            ApiError::field(name, "invalid_parameter", message)
        })
    }

    /// How many of a list, `usual` unless said.
    pub(crate) fn limit(&self, usual: usize, most: u64) -> Result<usize, ApiError> {
        let limit = self.number("limit", 1..=most)?;
        Ok(limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usual))
    }

    /// A text of at least one letter or digit and at most so many characters.
    pub(crate) fn text(&self, name: &str, most: usize) -> Result<Option<String>, ApiError> {
        let Some(text) = self.0.get(name) else { return Ok(None) };
        match !text.is_empty() && text.chars().count() <= most {
            true => Ok(Some(text.clone())),
            false => {
                let message = format!("`{name}` must have between 1 and {most} characters.");
                Err(ApiError::field(name, "invalid_parameter", message))
            }
        }
    }

    /// One of these words.
    pub(crate) fn word<'w>(&self, name: &str, words: &[&'w str]) -> Result<Option<&'w str>, ApiError> {
        let Some(text) = self.0.get(name) else { return Ok(None) };
        let known = words.iter().find(|word| *word == text).copied();
        known.map(Some).ok_or_else(|| {
            let words = words.join("`, `");
            ApiError::field(name, "invalid_parameter", format!("`{name}` must be one of `{words}`."))
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{Extensions, StatusCode};

    use super::{known, whole};

    #[test]
    fn what_comes_past_the_gate_is_nobody() {
        assert_eq!(
            known(&Extensions::new()).map_err(|error| error.status),
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        );
    }

    #[test]
    fn whole_numbers_may_be_written_as_fractions() {
        let cases = [
            ("9", Ok(Some(9))),
            ("9.0", Ok(Some(9))),
            ("1e3", Ok(Some(1_000))),
            ("null", Ok(None)),
            ("9.5", Err(())),
            ("-1", Err(())),
            ("-1.0", Err(())),
            ("1e300", Err(())),
            ("\"9\"", Err(())),
        ];
        for (text, expected) in cases {
            let read = whole(&mut serde_json::Deserializer::from_str(text));
            assert_eq!(read.map_err(|_| ()), expected, "{text}");
        }
    }
}
