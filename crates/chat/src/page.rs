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
pub(crate) struct Assets(Vec<Asset>);

struct Asset {
    path: &'static str,
    content_type: &'static str,
    text: String,
    /// The content's hash, quoted.
    etag: String,
}

/// What the page asks for beside itself, by its name.
const FILES: [(&str, &str); 18] = [
    ("/admin", include_str!("../page/admin.html")),
    ("/admin.css", include_str!("../page/admin.css")),
    ("/admin.js", include_str!("../page/admin.js")),
    ("/admin-words.js", include_str!("../page/admin-words.js")),
    ("/metrics.js", include_str!("../page/metrics.js")),
    ("/style.css", include_str!("../page/style.css")),
    ("/thread.css", include_str!("../page/thread.css")),
    ("/panels.css", include_str!("../page/panels.css")),
    ("/app.js", include_str!("../page/app.js")),
    ("/answer.js", include_str!("../page/answer.js")),
    ("/asking.js", include_str!("../page/asking.js")),
    ("/dom.js", include_str!("../page/dom.js")),
    ("/feedback.js", include_str!("../page/feedback.js")),
    ("/reader.js", include_str!("../page/reader.js")),
    ("/talks.js", include_str!("../page/talks.js")),
    ("/wire.js", include_str!("../page/wire.js")),
    ("/words.js", include_str!("../page/words.js")),
    ("/icon.svg", include_str!("../page/icon.svg")),
];

impl Assets {
    pub(crate) fn new(limits: &Limits) -> Self {
        let index = include_str!("../page/index.html")
            .replace("{{question_chars}}", &limits.question_chars.to_string());
        let files = FILES.iter().map(|(path, text)| Asset::new(path, (*text).to_owned()));
        Self(std::iter::once(Asset::new("/", index)).chain(files).collect())
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
    fn new(path: &'static str, text: String) -> Self {
        let content_type = match path.rsplit_once('.') {
            Some((_, "js")) => "text/javascript; charset=utf-8",
            Some((_, "css")) => "text/css; charset=utf-8",
            Some((_, "svg")) => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
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
