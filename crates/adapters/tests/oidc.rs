//! Tokens of an identity provider: which are believed, by the keys of a server that is really asked.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use siren_adapters::oidc::{OidcAuthenticator, OidcSettings};
use siren_domain::Role;
use siren_domain::ports::{AuthError, Authenticator};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

struct Signer {
    id: &'static str,
    pair: EcdsaKeyPair,
}

impl Signer {
    fn new(id: &'static str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random);
        Self { id, pair: pair.unwrap() }
    }

    fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (base64(&point[1..33]), base64(&point[33..]));
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": x, "y": y })
    }

    fn token(&self, claims: &Value) -> String {
        self.sign(&json!({ "alg": "ES256", "typ": "JWT", "kid": self.id }), claims)
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", base64(signature.as_ref()))
    }
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// An identity provider that tells these keys.
async fn issuer(keys: &[Value]) -> MockServer {
    let server = MockServer::start().await;
    tell_keys(&server, keys).await;
    let discovery = json!({ "issuer": server.uri(), "jwks_uri": format!("{}/keys", server.uri()) });
    Mock::given(method("GET"))
        .and(path("/.well-known/openid-configuration"))
        .respond_with(ResponseTemplate::new(200).set_body_json(discovery))
        .mount(&server)
        .await;
    server
}

async fn tell_keys(server: &MockServer, keys: &[Value]) {
    Mock::given(method("GET"))
        .and(path("/keys"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "keys": keys })))
        .mount(server)
        .await;
}

fn settings(server: &MockServer) -> OidcSettings {
    OidcSettings {
        issuer: server.uri(),
        audience: vec!["siren".into()],
        jwks_url: String::new(),
        clock_skew: Duration::from_secs(60),
        name_claim: "sub".into(),
        groups_claim: "groups".into(),
        roles_claim: "realm_access.roles".into(),
        readers: Vec::new(),
        operators: vec!["siren-operators".into()],
        auditors: vec!["siren-auditors".into()],
    }
}

fn claims(server: &MockServer) -> Value {
    json!({
        "iss": server.uri(), "aud": "siren", "sub": "minji", "exp": now() + 300, "nbf": now() - 5,
        "groups": ["hr", "dev"], "realm_access": { "roles": ["siren-operators", "offline_access"] },
    })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name);
    claims
}

#[tokio::test]
async fn a_token_that_holds_tells_who_asks_with_groups_and_roles() {
    let signer = Signer::new("one");
    // A key that nobody here can read stands beside it.
    let server = issuer(&[json!({ "kty": "new", "alg": "X9", "kid": "zero" }), signer.jwk()]).await;
    let oidc = OidcAuthenticator::new(settings(&server)).unwrap();
    let who = oidc.authenticate(&signer.token(&claims(&server))).await.unwrap();
    assert_eq!((who.principal.name.as_str(), who.by.as_str()), ("oidc:minji", "oidc"));
    assert_eq!(who.principal.groups, ["dev", "hr"]);
    assert_eq!(who.principal.roles, [Role::Reader, Role::Operator].into());
    assert!(who.until.is_some_and(|until| until > now()));

    let several = with(claims(&server), "aud", json!(["other", "siren"]));
    assert!(oidc.authenticate(&signer.token(&several)).await.is_ok());
    let plain = without(without(claims(&server), "groups"), "realm_access");
    let who = oidc.authenticate(&signer.token(&plain)).await.unwrap().principal;
    assert_eq!((who.groups.len(), who.roles), (0, [Role::Reader].into()));

    let strict = OidcSettings { readers: vec!["staff".into()], ..settings(&server) };
    let strict = OidcAuthenticator::new(strict).unwrap();
    let who = strict.authenticate(&signer.token(&plain)).await.unwrap().principal;
    assert!(who.roles.is_empty(), "a valid token is not a role where roles are asked for");
    let asked = server.received_requests().await.unwrap();
    assert_eq!(asked.len(), 4, "discovery and keys once for each of the two: {asked:?}");
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_refused() {
    let (signer, stranger) = (Signer::new("one"), Signer::new("one"));
    let server = issuer(&[signer.jwk()]).await;
    let oidc = OidcAuthenticator::new(settings(&server)).unwrap();
    let good = claims(&server);
    let header =
        |name: &str, value: Value| with(json!({ "alg": "ES256", "typ": "JWT", "kid": "one" }), name, value);
    let none = format!("{}.", message(&header("alg", json!("none")), &good));
    let forged = {
        // The public key, taken for a shared secret.
        let message = message(&header("alg", json!("HS256")), &good);
        let key = hmac::Key::new(hmac::HMAC_SHA256, signer.pair.public_key().as_ref());
        format!("{message}.{}", base64(hmac::sign(&key, message.as_bytes()).as_ref()))
    };
    let cut = {
        let whole = signer.token(&good);
        whole[..whole.rfind('.').unwrap() + 1].to_owned()
    };
    let exchanged = {
        let (mine, other) = (signer.token(&good), signer.token(&with(good.clone(), "sub", json!("boss"))));
        let (_, signature) = mine.rsplit_once('.').unwrap();
        let (message, _) = other.rsplit_once('.').unwrap();
        format!("{message}.{signature}")
    };
    let signed = |claims: Value| signer.token(&claims);
    let cases = [
        ("expired", signed(with(good.clone(), "exp", json!(now() - 61)))),
        ("no expiry", signed(without(good.clone(), "exp"))),
        ("expiry as text", signed(with(good.clone(), "exp", json!("9999999999")))),
        ("not yet", signed(with(good.clone(), "nbf", json!(now() + 120)))),
        ("not yet as text", signed(with(good.clone(), "nbf", json!("0")))),
        ("wrong audience", signed(with(good.clone(), "aud", json!("payroll")))),
        ("no audience", signed(without(good.clone(), "aud"))),
        ("wrong issuer", signed(with(good.clone(), "iss", json!("https://example.com")))),
        ("no issuer", signed(without(good.clone(), "iss"))),
        ("no name", signed(without(good.clone(), "sub"))),
        ("empty name", signed(with(good.clone(), "sub", json!(" ")))),
        ("none", none),
        ("HS256", forged),
        ("RS256 by this key", signer.sign(&header("alg", json!("RS256")), &good)),
        ("unknown key", signer.sign(&header("kid", json!("two")), &good)),
        ("another's signature", stranger.token(&good)),
        ("no signature", cut),
        ("another token's signature", exchanged),
        ("its own key", stranger.sign(&header("jwk", stranger.jwk()), &good)),
    ];
    for (case, token) in cases {
        let refused = oidc.authenticate(&token).await;
        assert!(matches!(refused, Err(AuthError::Refused(_))), "{case}: {refused:?}");
    }
    let skewed = [("exp", json!(now() - 30)), ("nbf", json!(now() + 30))];
    for (claim, value) in skewed {
        let within = oidc.authenticate(&signed(with(good.clone(), claim, value))).await;
        assert!(within.is_ok(), "{claim} within the clock's skew: {within:?}");
    }
    for foreign in ["siren_key", "a.b", "", &"x".repeat(20_000)] {
        assert_eq!(oidc.authenticate(foreign).await, Err(AuthError::Foreign));
    }
}

#[tokio::test]
async fn a_changed_key_is_fetched_and_made_up_names_do_not_flood_the_issuer() {
    let (old, new) = (Signer::new("old"), Signer::new("new"));
    let server = issuer(&[old.jwk()]).await;
    let direct = OidcSettings { jwks_url: format!("{}/keys", server.uri()), ..settings(&server) };
    let quick = OidcAuthenticator::with_pause(direct.clone(), Duration::ZERO).unwrap();
    let patient = OidcAuthenticator::new(direct).unwrap();
    let good = claims(&server);
    for oidc in [&quick, &patient] {
        assert!(oidc.authenticate(&old.token(&good)).await.is_ok());
    }
    let before = server.received_requests().await.unwrap().len();
    for _ in 0..5 {
        assert!(patient.authenticate(&new.token(&good)).await.is_err());
    }
    assert_eq!(server.received_requests().await.unwrap().len(), before, "asked a moment ago");

    server.reset().await;
    tell_keys(&server, &[new.jwk()]).await;
    assert!(quick.authenticate(&new.token(&good)).await.is_ok(), "the new key was fetched");
    let gone = quick.authenticate(&old.token(&good)).await;
    assert!(matches!(gone, Err(AuthError::Refused(_))), "the issuer took the old key back: {gone:?}");

    server.reset().await;
    assert!(quick.authenticate(&new.token(&good)).await.is_ok(), "known keys hold while the issuer is away");
}

#[tokio::test]
async fn an_issuer_that_cannot_be_asked_is_not_a_refusal() {
    let signer = Signer::new("one");
    let server = MockServer::start().await;
    let token = signer.token(&claims(&server));
    let big = "x".repeat(2 << 20);
    let replies = [
        ResponseTemplate::new(500),
        ResponseTemplate::new(200).set_body_string("<html>"),
        ResponseTemplate::new(200).set_body_string(big),
        ResponseTemplate::new(200)
            .set_body_json(json!({ "issuer": "https://other", "jwks_uri": server.uri() })),
        ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/"),
    ];
    for reply in replies {
        server.reset().await;
        Mock::given(method("GET")).respond_with(reply).mount(&server).await;
        let oidc = OidcAuthenticator::new(settings(&server)).unwrap();
        let found = oidc.authenticate(&token).await;
        assert!(matches!(found, Err(AuthError::Unavailable(_))), "{found:?}");
    }
}
