//! What does a person see? One page, built into the binary, that fetches nothing from anywhere else.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::Limits;
use crate::headers::PAGE_POLICY;

/// The page's files, ready to be sent.
pub(crate) struct Assets([Asset; 4]);

struct Asset {
    path: &'static str,
    content_type: &'static str,
    text: String,
    /// The content's hash, quoted.
    etag: String,
}

impl Assets {
    pub(crate) fn new(limits: &Limits) -> Self {
        let index = include_str!("../page/index.html")
            .replace("{{question_chars}}", &limits.question_chars.to_string());
        Self([
            Asset::new("/", "text/html; charset=utf-8", index),
            Asset::new(
                "/app.js",
                "text/javascript; charset=utf-8",
                include_str!("../page/app.js").to_owned(),
            ),
            Asset::new("/style.css", "text/css; charset=utf-8", include_str!("../page/style.css").to_owned()),
            Asset::new("/icon.svg", "image/svg+xml", include_str!("../page/icon.svg").to_owned()),
        ])
    }

    pub(crate) fn routes(self) -> Router {
        self.0.into_iter().fold(Router::new(), |router, asset| {
            let path = asset.path;
            let asset = Arc::new(asset);
            let send = move |headers: HeaderMap| {
                let response = asset.response(&headers);
                async move { response }
            };
            router.route(path, get(send))
        })
    }
}

impl Asset {
    fn new(path: &'static str, content_type: &'static str, text: String) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self { etag: format!("\"{:016x}\"", hasher.finish()), path, content_type, text }
    }

    fn response(&self, headers: &HeaderMap) -> Response {
        let known = headers.get(header::IF_NONE_MATCH);
        let known = known.is_some_and(|known| {
            let known = known.as_bytes();
            known.windows(self.etag.len()).any(|tag| tag == self.etag.as_bytes())
        });
        let mut response =
            if known { StatusCode::NOT_MODIFIED.into_response() } else { self.text.clone().into_response() };
        let headers = response.headers_mut();
        if !known {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(etag) = HeaderValue::from_str(&self.etag) {
            headers.insert(header::ETAG, etag);
        }
        response
    }
}
