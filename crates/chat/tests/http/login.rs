//! Signing in on the page, and what the browser is given.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use siren_chat::router;
use siren_domain::ports::state::Session;

use super::access::{Book, closed, closed_with, with};
use super::{Fake, Got, assert_error, call, question, request, state, whole};

pub(crate) fn sign_in(key: &str) -> Request<Body> {
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
    let time = cookie.split("Max-Age=").nth(1).and_then(|rest| rest.split(';').next()?.parse::<u64>().ok());
    assert!(time.is_some_and(|seconds| (3590..=3600).contains(&seconds)), "{cookie}");
    for part in ["siren_session=", "; HttpOnly", "; SameSite=Strict", "; Path=/", "; Secure"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    let here = call(&app, with(sign_in("key-reader"), header::HOST, "127.0.0.1:8080")).await;
    assert!(!here.header("set-cookie").contains("Secure"), "a browser's own machine needs no encryption");

    let pair = pair(&signed_in);
    let asked = with(question(false), header::COOKIE, &format!("theme=dark; {pair}"));
    assert_eq!(call(&app, asked).await.status, StatusCode::OK);
    let page = call(&app, with(visit("/"), header::COOKIE, &pair)).await;
    assert_eq!(page.status, StatusCode::OK);
    let known = call(&app, with(visit("/login"), header::COOKIE, &pair)).await;
    assert!(known.body.contains("<strong>reader</strong>"), "{}", known.body);

    let out = call(&app, with(request(Method::POST, "/logout"), header::COOKIE, &pair)).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "login"));
    assert!(out.header("set-cookie").starts_with("siren_session=; Path=/; Max-Age=0"), "{:?}", out.headers);
    let kept = call(&app, with(question(false), header::COOKIE, &pair)).await;
    assert_error("a cookie that somebody kept", &kept, "authentication_error", "session_ended", None);
}

/// What the browser keeps.
pub(crate) fn pair(signed_in: &Got) -> String {
    signed_in.header("set-cookie").split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_cookie_holds_no_key_and_what_is_kept_no_cookie() {
    let book = Arc::new(Book::default());
    let app = router(closed_with(&Fake::of(whole()), &book));
    let mut numbers = Vec::new();
    for _ in 0..3 {
        let signed_in = call(&app, sign_in("key-reader")).await;
        assert!(!signed_in.header("set-cookie").contains("key-reader"), "{:?}", signed_in.headers);
        let number = pair(&signed_in).split_once('=').unwrap().1.to_owned();
        // 256 bits in letters that a cookie may hold.
        assert_eq!(number.len(), 43, "{number}");
        numbers.push(number);
    }
    numbers.dedup();
    assert_eq!(numbers.len(), 3, "each its own: {numbers:?}");
    let kept: Vec<_> = book.kept.lock().unwrap().values().cloned().collect();
    assert_eq!(kept.len(), 3);
    for session in &kept {
        assert_eq!((session.principal.name.as_str(), session.by.as_str()), ("reader", "key:reader"));
        assert!(numbers.iter().all(|number| !format!("{session:?}").contains(number)), "{session:?}");
        // Whoever reads the database has nothing to show.
        let stolen = with(question(false), header::COOKIE, &format!("siren_session={}", session.hash));
        assert_eq!(call(&app, stolen).await.status, StatusCode::UNAUTHORIZED);
    }
    // A number is no credential of a program, and a key is no number.
    for (name, value) in [
        (header::AUTHORIZATION, format!("Bearer {}", numbers[0])),
        (header::COOKIE, "siren_session=key-reader".to_owned()),
        (header::COOKIE, format!("siren_session={}", "x".repeat(5_000))),
    ] {
        assert_eq!(
            call(&app, with(question(false), name, &value)).await.status,
            StatusCode::UNAUTHORIZED,
            "{value:.40}"
        );
    }
    // Who signs in anew leaves no session behind.
    let again = with(sign_in("key-operator"), header::COOKIE, &format!("siren_session={}", numbers[0]));
    assert_eq!(call(&app, again).await.status, StatusCode::SEE_OTHER);
    let left = with(question(false), header::COOKIE, &format!("siren_session={}", numbers[0]));
    assert_eq!(call(&app, left).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(book.kept.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_session_ends_with_its_time_its_key_and_its_kind_of_key() {
    let book = Arc::new(Book::default());
    let app = router(closed_with(&Fake::of(whole()), &book));
    let cookie = pair(&call(&app, sign_in("key-reader")).await);
    let status = async || call(&app, with(question(false), header::COOKIE, &cookie)).await.status.as_u16();
    assert_eq!(status().await, 200);
    let change = |to: &dyn Fn(&mut Session)| book.kept.lock().unwrap().values_mut().for_each(to);
    let before = book.kept.lock().unwrap().values().next().unwrap().clone();
    change(&|session| session.expires = session.created);
    assert_eq!(status().await, 401, "its time is up");
    for (by, expected) in [("key:old", 401), ("key:later", 503), ("oidc", 401), ("key:operator", 403)] {
        // Revoked; not to be judged now; nobody vouches for tokens here; by now another role.
        change(&|session| *session = Session { by: by.to_owned(), ..before.clone() });
        assert_eq!(status().await, expected, "{by}");
    }
    change(&|session| *session = before.clone());
    assert_eq!(status().await, 200);
    // More requests than wrong keys are forgiven: an old page is not taken for somebody who guesses.
    change(&|session| session.expires = session.created);
    for _ in 0..40 {
        assert_eq!(status().await, 401);
    }
    let page = call(&app, with(visit("/"), header::COOKIE, &cookie)).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "login"));
}

#[tokio::test]
async fn where_sessions_cannot_be_kept_that_is_told() {
    let book = Arc::new(Book::default());
    let app = router(closed_with(&Fake::of(whole()), &book));
    let cookie = pair(&call(&app, sign_in("key-reader")).await);
    book.is_away.store(true, Ordering::SeqCst);
    let sign_in = call(&app, sign_in("key-reader")).await;
    assert_eq!((sign_in.status, sign_in.header("set-cookie")), (StatusCode::SERVICE_UNAVAILABLE, ""));
    let asked = call(&app, with(question(false), header::COOKIE, &cookie)).await;
    assert_error("asked", &asked, "server_error", "identity_unavailable", None);
    let out = call(&app, with(request(Method::POST, "/logout"), header::COOKIE, &cookie)).await;
    assert_eq!(out.status, StatusCode::SERVICE_UNAVAILABLE, "not ended, and not said to be");
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{:?}", out.headers);
    for got in [&sign_in, &asked, &out] {
        assert!(!got.body.contains("10.0.0.8"), "{}", got.body);
    }
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
    let cookie = pair(&call(&app, sign_in("key-<b>")).await);
    let shown = call(&app, with(visit("/login"), header::COOKIE, &cookie)).await;
    assert!(shown.body.contains("<strong>&lt;b&gt;</strong>"), "{}", shown.body);
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
