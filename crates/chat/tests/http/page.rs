//! The page and the policy around it.

use axum::http::{Method, StatusCode, header};
use siren_chat::router;

use super::{Fake, app, call, question, request, state, whole};

const SCRIPTS: [&str; 11] = [
    "/app.js",
    "/admin.js",
    "/admin-words.js",
    "/answer.js",
    "/asking.js",
    "/dom.js",
    "/feedback.js",
    "/metrics.js",
    "/reader.js",
    "/talks.js",
    "/wire.js",
];

#[tokio::test]
async fn the_page_and_its_headers() {
    let app = app([]);
    let (html, css, js) =
        ("text/html; charset=utf-8", "text/css; charset=utf-8", "text/javascript; charset=utf-8");
    let mut cases = vec![("/", html), ("/admin", html), ("/icon.svg", "image/svg+xml")];
    cases.extend(["/style.css", "/thread.css", "/panels.css", "/admin.css"].map(|path| (path, css)));
    cases.extend(SCRIPTS.map(|path| (path, js)));
    for (path, kind) in cases {
        let got = call(&app, request(Method::GET, path)).await;
        assert_eq!(got.status, StatusCode::OK, "{path}");
        assert_eq!(got.header("content-type"), kind, "{path}");
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(got.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(got.header("x-frame-options"), "DENY", "{path}");
        let policy = got.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        let mut again = request(Method::GET, path);
        again.headers_mut().insert(header::IF_NONE_MATCH, got.header("etag").parse().unwrap());
        let again = call(&app, again).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
    }
    let page = call(&app, request(Method::GET, "/")).await.body;
    assert!(page.contains(r#"maxlength="2000""#), "the limit is the server's");
    assert!(!page.contains("{{"), "every placeholder is filled");
}

#[tokio::test]
async fn the_page_runs_nothing_that_a_document_says() {
    let app = app([]);
    let mut scripts = String::new();
    for path in SCRIPTS {
        scripts.push_str(&call(&app, request(Method::GET, path)).await.body);
    }
    let makers = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "createContextualFragment",
        "DOMParser",
        "srcdoc",
        "eval(",
        "new Function",
        "setTimeout(\"",
        "javascript:",
    ];
    for maker in makers {
        assert!(!scripts.contains(maker), "{maker} makes markup or code of text");
    }
    assert!(scripts.contains("textContent"));
    for path in ["/", "/admin"] {
        let page = call(&app, request(Method::GET, path)).await.body;
        for inline in ["style=", "onclick", "onload", "<style", "<script>"] {
            assert!(!page.contains(inline), "{path}: {inline}: the policy forbids what is inline");
        }
        assert!(
            !page.contains("http://") && !page.contains("https://"),
            "{path}: nothing comes from elsewhere"
        );
    }
    assert!(!scripts.contains("http://") && !scripts.contains("https://"), "nothing comes from elsewhere");
    let got = call(&router(state(&Fake::of(whole()))), question(false)).await;
    assert_eq!(got.header("content-type"), "application/json", "markup in a document is a string in JSON");
    assert!(got.json()["citations"][0]["title"].as_str().unwrap().contains("<script>"), "as it was written");
}
