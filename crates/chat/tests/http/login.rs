//! Signing in on the page, and what the browser is given.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use siren_chat::router;

use super::access::{closed, with};
use super::{Fake, call, question, request, state, whole};

fn sign_in(key: &str) -> Request<Body> {
    let form = Request::post("/login").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    form.header(header::HOST, "siren.example.com").body(Body::from(format!("key={key}"))).unwrap()
}

fn visit(path: &str) -> Request<Body> {
    with(request(Method::GET, path), header::ACCEPT, "text/html,application/xhtml+xml")
}

#[tokio::test]
async fn a_key_becomes_a_cookie_that_only_this_server_reads() {
    let app = router(closed(&Fake::of(whole())));
    let sent_away = call(&app, visit("/")).await;
    assert_eq!((sent_away.status, sent_away.header("location")), (StatusCode::SEE_OTHER, "login"));
    let form = call(&app, visit("/login")).await;
    assert_eq!(form.status, StatusCode::OK);
    assert!(
        form.body.contains("name=\"key\" type=\"password\"") && !form.body.contains("<script"),
        "{}",
        form.body
    );
    assert!(!form.body.contains("{{"), "every placeholder is filled");
    let policy = form.header("content-security-policy");
    assert!(policy.contains("form-action 'self'") && !policy.contains("script"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");

    let signed_in = call(&app, sign_in("key-reader")).await;
    assert_eq!((signed_in.status, signed_in.header("location")), (StatusCode::SEE_OTHER, "./"));
    let cookie = signed_in.header("set-cookie");
    for part in [
        "siren_session=key-reader",
        "; HttpOnly",
        "; SameSite=Strict",
        "; Path=/",
        "; Secure",
        "Max-Age=3600",
    ] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    let here = call(&app, with(sign_in("key-reader"), header::HOST, "127.0.0.1:8080")).await;
    assert!(!here.header("set-cookie").contains("Secure"), "a browser's own machine needs no encryption");

    let pair = cookie.split(';').next().unwrap();
    let asked = with(question(false), header::COOKIE, &format!("theme=dark; {pair}"));
    assert_eq!(call(&app, asked).await.status, StatusCode::OK);
    let page = call(&app, with(visit("/"), header::COOKIE, pair)).await;
    assert_eq!(page.status, StatusCode::OK);
    let known = call(&app, with(visit("/login"), header::COOKIE, pair)).await;
    assert!(known.body.contains("<strong>reader</strong>"), "{}", known.body);

    let out = call(&app, with(request(Method::POST, "/logout"), header::COOKIE, pair)).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "login"));
    assert!(out.header("set-cookie").starts_with("siren_session=; Path=/; Max-Age=0"), "{:?}", out.headers);
}

#[tokio::test]
async fn what_does_not_hold_is_no_session() {
    let app = router(closed(&Fake::of(whole())));
    let wrong = [("key-old", 401), ("", 400), ("key-later", 503), ("%", 400), (&"x".repeat(70_000), 400)];
    for (key, status) in wrong {
        let got = call(&app, sign_in(key)).await;
        assert_eq!(got.status.as_u16(), status, "{key:.20}");
        assert_eq!(got.header("set-cookie"), "", "{key:.20}");
        assert!(got.body.contains("type=\"password\""), "the form again: {key:.20}");
        assert!(!got.body.contains("noon") && !got.body.contains("10.0"), "{}", got.body);
    }
    let stolen = with(question(false), header::COOKIE, "siren_session=key-old");
    assert_eq!(call(&app, stolen).await.status, StatusCode::UNAUTHORIZED, "a revoked key ends its sessions");
    let elsewhere = with(sign_in("key-reader"), header::ORIGIN, "https://evil.example");
    assert_eq!(
        call(&app, elsewhere).await.status,
        StatusCode::FORBIDDEN,
        "nobody is signed in by another site"
    );
}

#[tokio::test]
async fn a_name_is_shown_as_a_name() {
    let app = router(closed(&Fake::of(whole())));
    let shown = call(&app, with(visit("/login"), header::COOKIE, "siren_session=key-<b>&\"")).await;
    assert!(shown.body.contains("<strong>&lt;b&gt;&amp;&quot;</strong>"), "{}", shown.body);
}

#[tokio::test]
async fn an_open_server_asks_nobody_to_sign_in() {
    let app = router(state(&Fake::of(whole())));
    assert_eq!(call(&app, visit("/")).await.status, StatusCode::OK);
    let form = call(&app, visit("/login")).await;
    assert!(form.body.contains("asks nobody for a key"), "{}", form.body);
    let got = call(&app, with(sign_in("key-reader"), header::HOST, "localhost")).await;
    assert_eq!((got.status, got.header("set-cookie")), (StatusCode::SEE_OTHER, ""));
}
