//! Who comes in, as whom, and how far.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;
use siren_chat::{Access, ChatState, Rate, router};
use siren_domain::ports::state::{Millis, Session, Sessions, StateError};
use siren_domain::ports::{AuthError, Authenticated, Authenticator};
use siren_domain::{Principal, Role};

use super::login::{pair, sign_in};
use super::{Fake, Got, assert_error, call, post, question, request, state, whole};

/// Knows `reader`, `operator`, `auditor` and `nobody` by `key-NAME`; cannot judge `later`.
pub(crate) struct Doorman;

#[async_trait]
impl Authenticator for Doorman {
    async fn authenticate(&self, credential: &str) -> Result<Authenticated, AuthError> {
        let Some(name) = credential.strip_prefix("key-") else { return Err(AuthError::Foreign) };
        let roles = match name {
            "reader" => [Role::Reader].into(),
            "operator" => [Role::Operator].into(),
            "auditor" => [Role::Auditor].into(),
            "nobody" | "<b>" => [].into(),
            "later" => return Err(AuthError::Unavailable("the issuer at 10.0.0.7 is away".into())),
            _ => return Err(AuthError::Refused("revoked at noon".into())),
        };
        let principal = Principal { name: name.to_owned(), groups: vec!["hr".into(), "dev".into()], roles };
        Ok(Authenticated { principal, by: format!("key:{name}"), until: None })
    }

    async fn again(&self, known: &Authenticated) -> Result<Authenticated, AuthError> {
        let name = known.by.strip_prefix("key:").ok_or(AuthError::Foreign)?;
        self.authenticate(&format!("key-{name}")).await
    }
}

/// Who is signed in, in memory.
#[derive(Default)]
pub(crate) struct Book {
    pub(crate) kept: Mutex<HashMap<String, Session>>,
    /// Whether it cannot be reached.
    pub(crate) is_away: std::sync::atomic::AtomicBool,
}

impl Book {
    fn there(&self) -> Result<std::sync::MutexGuard<'_, HashMap<String, Session>>, StateError> {
        if self.is_away.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(StateError::Unavailable("the database at 10.0.0.8 is away".into()));
        }
        Ok(self.kept.lock().unwrap())
    }
}

#[async_trait]
impl Sessions for Book {
    async fn begin(&self, session: &Session) -> Result<(), StateError> {
        self.there()?.insert(session.hash.clone(), session.clone());
        Ok(())
    }
    async fn get(&self, hash: &str) -> Result<Session, StateError> {
        self.there()?.get(hash).cloned().ok_or(StateError::NotFound)
    }
    async fn end(&self, hash: &str) -> Result<(), StateError> {
        self.there()?.remove(hash);
        Ok(())
    }
    async fn prune(&self, now: Millis) -> Result<u64, StateError> {
        self.there()?.retain(|_, session| session.expires > now);
        Ok(0)
    }
}

pub(crate) fn closed(fake: &Arc<Fake>) -> ChatState {
    closed_with(fake, &Arc::default())
}

/// The same, with these browsers signed in.
pub(crate) fn closed_with(fake: &Arc<Fake>, book: &Arc<Book>) -> ChatState {
    let access = Access {
        authenticators: vec![Arc::new(Doorman)],
        session: std::time::Duration::from_secs(3600),
        sessions: Some(Arc::clone(book) as Arc<dyn Sessions>),
        ..Access::default()
    };
    ChatState { access, ..state(fake) }
}

/// The same request with one more header.
pub(crate) fn with(mut request: Request<Body>, name: header::HeaderName, value: &str) -> Request<Body> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

fn as_(request: Request<Body>, name: &str) -> Request<Body> {
    with(request, header::AUTHORIZATION, &format!("Bearer key-{name}"))
}

#[tokio::test]
async fn a_closed_server_asks_everyone_who_they_are() {
    let app = router(closed(&Fake::of(whole())));
    for path in ["/v1/models", "/", "/app.js", "/api/admin/audit", "/metrics", "/nowhere"] {
        let got = call(&app, request(Method::GET, path)).await;
        assert_eq!(got.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_error(path, &got, "authentication_error", "missing_credential", None);
        assert_eq!(got.header("www-authenticate"), "Bearer realm=\"siren\"", "{path}");
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{path}");
    }
    for credential in ["Bearer key-old", "bearer something", "Bearer "] {
        let got = call(&app, with(question(false), header::AUTHORIZATION, credential)).await;
        assert_eq!(got.status, StatusCode::UNAUTHORIZED, "{credential}");
        assert_error(credential, &got, "authentication_error", "invalid_api_key", None);
        assert_eq!(got.header("www-authenticate"), "Bearer realm=\"siren\", error=\"invalid_token\"");
        assert!(!got.body.contains("noon"), "the reason is for the log: {}", got.body);
    }
    let basic = call(&app, with(question(false), header::AUTHORIZATION, "Basic a2V5LXJlYWRlcg==")).await;
    assert_error("basic", &basic, "authentication_error", "missing_credential", None);
    let later = call(&app, as_(question(true), "later")).await;
    assert_eq!(later.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_error("later", &later, "server_error", "identity_unavailable", None);
    assert!(!later.header("retry-after").is_empty() && !later.body.contains("10.0"), "{}", later.body);

    assert_eq!(call(&app, as_(question(false), "reader")).await.status, StatusCode::OK);
    for path in ["/healthz", "/readyz", "/login", "/login.css"] {
        assert_eq!(call(&app, request(Method::GET, path)).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn groups_come_from_who_asks_and_never_from_what_is_sent() {
    let body = json!({
        "messages": [{ "role": "user", "content": "질문", "groups": ["board"] }],
        "groups": ["board"], "user": "ceo", "principal": { "groups": ["board"] }, "metadata": { "groups": "board" },
    });
    let asked = || post(body.to_string());
    let fake = Fake::of(whole());
    assert_eq!(call(&router(closed(&fake)), as_(asked(), "reader")).await.status, StatusCode::OK);
    assert_eq!(fake.asked.lock().unwrap()[0].groups, ["hr", "dev"]);
    assert_eq!(fake.asked.lock().unwrap()[0].asker, "reader");
    let fake = Fake::of(whole());
    let named = with(asked(), header::HeaderName::from_static("x-siren-groups"), "board");
    assert_eq!(call(&router(state(&fake)), named).await.status, StatusCode::OK);
    assert!(fake.asked.lock().unwrap()[0].groups.is_empty(), "an open server knows nobody's groups");
}

#[tokio::test]
async fn a_role_that_is_missing_is_told_in_the_usual_shape() {
    let app = router(closed(&Fake::of(whole())));
    for name in ["operator", "auditor", "nobody"] {
        let got = call(&app, as_(question(false), name)).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{name}");
        assert_error(name, &got, "permission_error", "forbidden", None);
    }
    // There is no such route in this crate: whoever may go there finds nothing.
    let there = [("reader", 403), ("auditor", 404), ("operator", 404)];
    for (name, status) in there {
        let got = call(&app, as_(request(Method::GET, "/api/admin/none"), name)).await;
        assert_eq!(got.status.as_u16(), status, "{name}");
    }
    let got = call(&app, as_(request(Method::POST, "/api/admin/none"), "auditor")).await;
    assert_eq!(got.status, StatusCode::FORBIDDEN, "an auditor changes nothing");
}

#[tokio::test]
async fn another_name_that_points_here_is_not_ours() {
    let open = router(state(&Fake::of(whole())));
    let mut listed = state(&Fake::of(whole()));
    listed.access.hosts = vec!["siren.example.com".into()];
    let listed = router(listed);
    let closed = router(closed(&Fake::of(whole())));
    let cases = [
        ("127.0.0.1:8080", true, true, true),
        ("[::1]:8080", true, true, true),
        ("192.168.0.7", true, true, true),
        ("localhost:8080", true, true, true),
        ("LOCALHOST", true, true, true),
        ("siren.example.com", false, true, true),
        ("SIREN.example.com:443", false, true, true),
        ("evil.example", false, false, true),
        ("127.0.0.1.evil.example:8080", false, false, true),
        ("localhost.evil.example", false, false, true),
        ("", false, false, true),
    ];
    for (host, in_open, in_listed, in_closed) in cases {
        for (app, taken, name) in
            [(&open, in_open, "open"), (&listed, in_listed, "listed"), (&closed, in_closed, "closed")]
        {
            let asked = as_(with(question(false), header::HOST, host), "reader");
            let got = call(app, asked).await;
            assert_eq!(got.status == StatusCode::OK, taken, "{host:?} at {name}: {}", got.status);
            if !taken {
                assert_eq!(got.status, StatusCode::MISDIRECTED_REQUEST);
                assert_error(host, &got, "invalid_request_error", "unknown_host", None);
            }
        }
    }
    let absolute = Request::get("http://evil.example/v1/models").body(Body::empty()).unwrap();
    assert_eq!(call(&open, absolute).await.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn a_page_of_another_site_may_not_ask() {
    const SITE: header::HeaderName = header::HeaderName::from_static("sec-fetch-site");
    let (open, closed) = (router(state(&Fake::of(whole()))), router(closed(&Fake::of(whole()))));
    let signed_in = pair(&call(&closed, sign_in("key-reader")).await);
    let apps = [(open, String::new()), (closed, signed_in)];
    let cases = [
        (None, None, true),
        (Some("same-origin"), Some("http://127.0.0.1:8080"), true),
        (Some("none"), None, true),
        (Some("cross-site"), Some("https://evil.example"), false),
        (Some("same-site"), Some("http://127.0.0.1:9090"), false),
        (None, Some("http://127.0.0.1:8080"), true),
        (None, Some("http://127.0.0.1:9090"), false),
        (None, Some("https://evil.example"), false),
        (None, Some("null"), false),
        (Some("cross-site"), None, false),
    ];
    for (app, cookie) in &apps {
        for (site, origin, taken) in cases {
            let mut asked = with(question(false), header::HOST, "127.0.0.1:8080");
            asked = with(asked, header::COOKIE, cookie);
            if let Some(site) = site {
                asked = with(asked, SITE, site);
            }
            if let Some(origin) = origin {
                asked = with(asked, header::ORIGIN, origin);
            }
            let got = call(app, asked).await;
            assert_eq!(got.status == StatusCode::OK, taken, "{site:?} {origin:?}: {}", got.status);
            if !taken {
                assert_error("cross-site", &got, "permission_error", "cross_site", None);
            }
        }
        let visit = with(request(Method::GET, "/healthz"), SITE, "cross-site");
        assert_eq!(call(app, visit).await.status, StatusCode::OK, "a link from elsewhere may lead here");
    }
}

#[tokio::test]
async fn who_asks_too_much_is_told_when_to_go_on() {
    let two = 2.try_into().unwrap();
    let mut state = closed(&Fake::of(whole()));
    state.access.rate = Some(Rate { per_minute: two, burst: two });
    let app = router(state);
    let ask = |app: Router, name: &'static str| async move { call(&app, as_(question(false), name)).await };
    let statuses = |got: &[Got]| got.iter().map(|got| got.status.as_u16()).collect::<Vec<_>>();
    let got = [
        ask(app.clone(), "reader").await,
        ask(app.clone(), "reader").await,
        ask(app.clone(), "reader").await,
    ];
    assert_eq!(statuses(&got), [200, 200, 429]);
    assert_error("rate", &got[2], "rate_limit_error", "rate_limit_exceeded", None);
    let wait: u32 = got[2].header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(
        ask(app.clone(), "auditor").await.status,
        StatusCode::FORBIDDEN,
        "others are counted for themselves"
    );
    assert_eq!(
        call(&app, request(Method::GET, "/healthz")).await.status,
        StatusCode::OK,
        "probes are not counted"
    );
}
