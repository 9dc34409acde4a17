//! The page and the policy around it.

use std::collections::BTreeSet;

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

/// Codes that only a program can be answered with: the page does not send what they complain of, or an operator needs the
/// server's own words.
const FOR_PROGRAMS: [&str; 22] = [
    "empty_array",
    "empty_body",
    "empty_question",
    "empty_text",
    "incomplete_body",
    "invalid_facet",
    "invalid_json",
    "invalid_parameter",
    "invalid_type",
    "method_not_allowed",
    "missing_required_parameter",
    "missing_user_message",
    "model_not_found",
    "refused",
    "reload_refused",
    "too_many_embeddings",
    "too_many_texts",
    "unknown_parameter",
    "unsupported_content_part",
    "unsupported_dimensions",
    "unsupported_media_type",
    "unsupported_tokens",
];

/// The arguments of a call whose text begins behind its bracket, as they are written.
fn arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut from, mut arguments) = (0, false, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '"' if !text[..at].ends_with('\\') => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => {
                arguments.push(text[from..at].trim());
                return arguments;
            }
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                arguments.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    arguments
}

/// Every code that an error is made with, by the constructors that take one.
fn codes_of_the_server() -> BTreeSet<String> {
    let makers = [("::new(", 2), ("::invalid(", 0), ("::field(", 1), ("::not_found(", 0)];
    let mut codes = BTreeSet::new();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for (maker, place) in makers {
                for (at, _) in text.match_indices(maker) {
                    let maker_of = text[..at].rsplit(|c: char| !c.is_alphanumeric()).next().unwrap();
                    if !["Self", "ApiError"].contains(&maker_of) {
                        continue;
                    }
                    let all = arguments(&text[at + maker.len()..]);
                    let code = all.get(place).map(|argument| argument.trim_matches('"')).unwrap_or_default();
                    let is_code = |code: &str| code.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                    // A constructor that hands a code on has a name there.
                    if !code.is_empty() && is_code(code) && all[place].starts_with('"') {
                        codes.insert(code.to_owned());
                    }
                }
            }
        }
    }
    codes
}

/// The codes that a language of the page has words for.
fn codes_with_words(words: &str, language: &str) -> BTreeSet<String> {
    let of = words.split(&format!("const {language} = {{")).nth(1).unwrap();
    let codes = of.split("  codes: {").nth(1).unwrap().split("\n  },").next().unwrap();
    codes.lines().filter_map(|line| Some(line.trim().split_once(": \"")?.0.to_owned())).collect()
}

#[tokio::test]
async fn every_failure_has_words_in_both_languages() {
    let words = call(&app([]), request(Method::GET, "/words.js")).await.body;
    let server = codes_of_the_server();
    assert!(
        server.len() > 40 && server.contains("not_found") && server.contains("bad_question"),
        "{server:?}"
    );
    for language in ["KOREAN", "ENGLISH"] {
        let told = codes_with_words(&words, language);
        let missing: Vec<_> = server
            .iter()
            .filter(|code| !told.contains(*code) && !FOR_PROGRAMS.contains(&code.as_str()))
            .collect();
        let unknown: Vec<_> = told.iter().filter(|code| !server.contains(*code)).collect();
        assert!(
            missing.is_empty() && unknown.is_empty(),
            "{language}: no words for {missing:?}; no such code {unknown:?}"
        );
    }
    let gone: Vec<_> = FOR_PROGRAMS.iter().filter(|code| !server.contains(**code)).collect();
    assert!(gone.is_empty(), "the server has no code {gone:?}");
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
