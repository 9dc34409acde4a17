//! Tokens of an identity provider, from its keys to the browser: who is let in by the real binary, how far, how long.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use e2e::http::{Response, request, send_as};
use e2e::process::wait_for;
use e2e::{Place, Server, assert_tells};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

const SECRET: &str =
    "---\ntitle: 열쇠 대장\naccess: [hr]\n---\n\n# 열쇠 대장\n\n비상 열쇠는 지하 금고에 보관한다.\n";

/// An identity provider with one key.
struct Issuer {
    address: String,
    key: EcdsaKeyPair,
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

impl Issuer {
    fn start() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random);
        let key = key.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let point = key.public_key().as_ref();
        let (x, y) = (base64(&point[1..33]), base64(&point[33..]));
        let jwk =
            json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "k1", "x": x, "y": y });
        let discovery = json!({ "issuer": address, "jwks_uri": format!("{address}/keys") });
        let keys = json!({ "keys": [jwk] });
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Whoever hangs up early asks again.
                tell(&stream, &discovery, &keys).ok();
            }
        });
        Self { address, key }
    }

    fn claims(&self) -> Value {
        json!({
            "iss": self.address, "aud": "siren", "sub": "minji", "exp": now() + 300,
            "groups": ["hr"], "roles": ["reader"],
        })
    }

    /// A token of the usual claims, but for these.
    fn token(&self, change: &[(&str, Value)]) -> String {
        let mut claims = self.claims();
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": "k1" });
        let message = format!("{}.{}", base64(header.to_string()), base64(claims.to_string()));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", base64(signature))
    }

    fn settings(&self) -> String {
        format!(
            "[auth]\noidc_issuer = \"{}\"\noidc_audience = [\"siren\"]\noidc_clock_skew_s = 0\noidc_readers = [\"reader\"]\n\
             oidc_auditors = [\"auditor\"]\n[[source]]\nkind = \"folder\"\npath = \"notes\"\n",
            self.address
        )
    }
}

fn tell(mut stream: &TcpStream, discovery: &Value, keys: &Value) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let body = if first.contains("/keys") { keys } else { discovery }.to_string();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len())
}

fn ask(server: &Server, head: &str) -> Response {
    let messages = json!([{ "role": "user", "content": "비상 열쇠는 어디에 보관하나요?" }]);
    let body = json!({ "messages": messages }).to_string();
    let head = format!("{head}\r\nContent-Type: application/json\r\n");
    send_as("POST", server.address(), "/v1/chat/completions", &head, body.as_bytes())
}

fn code(response: &Response) -> String {
    response.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
}

fn serve(issuer: &Issuer) -> (Place, Server) {
    let place = Place::with_settings(&issuer.settings());
    place.write("notes/keys.md", SECRET);
    place.write("notes/rooms.md", "# 회의실\n\n회의실 예약은 총무팀이 맡는다.\n");
    place.siren(&["reindex"]).exits(0);
    let server = place.serve();
    (place, server)
}

#[test]
fn a_token_opens_what_its_claims_say_and_for_its_time() {
    let issuer = Issuer::start();
    let (place, server) = serve(&issuer);
    let bearer =
        |change: &[(&str, Value)]| ask(&server, &format!("Authorization: Bearer {}", issuer.token(change)));
    assert_tells("the group that may see it", &bearer(&[]).body, &["지하 금고"]);
    let hidden = bearer(&[("groups", json!(["dev"]))]);
    assert!(
        hidden.status == 200 && !hidden.body.contains("금고") && !hidden.body.contains("keys.md"),
        "{hidden:#?}"
    );
    let refused = [
        ("expired", bearer(&[("exp", json!(now() - 1))])),
        ("for another program", bearer(&[("aud", json!("wiki"))])),
        ("of another issuer", bearer(&[("iss", json!("https://elsewhere.example"))])),
        ("not yet valid", bearer(&[("nbf", json!(now() + 60))])),
        (
            "by another key",
            ask(
                &server,
                &format!(
                    "Authorization: Bearer {}",
                    Issuer { address: issuer.address.clone(), ..Issuer::start() }.token(&[])
                ),
            ),
        ),
    ];
    for (case, response) in refused {
        assert_eq!(
            (response.status, code(&response).as_str()),
            (401, "invalid_api_key"),
            "{case}: {response:#?}"
        );
    }
    let role = bearer(&[("roles", json!(["auditor"]))]);
    assert_eq!((role.status, code(&role).as_str()), (403, "forbidden"), "an auditor does not ask");
    let stored = std::fs::read(place.path(".siren/state.sqlite")).unwrap();
    let token = issuer.token(&[]);
    let signature = token.rsplit('.').next().unwrap();
    assert!(!stored.windows(signature.len()).any(|bytes| bytes == signature.as_bytes()));
}

#[test]
fn who_signs_in_with_a_token_is_signed_out_at_its_end() {
    let issuer = Issuer::start();
    let (_place, server) = serve(&issuer);
    let log_in = |token: &str| {
        let head = "Content-Type: application/x-www-form-urlencoded\r\n";
        send_as("POST", server.address(), "/login", head, format!("key={token}").as_bytes())
    };
    assert_eq!(log_in(&issuer.token(&[("exp", json!(now() - 1))])).status, 401);
    // Longer than a browser would keep: it does not have to.
    let long = issuer.token(&[("exp", json!(now() + 3)), ("picture", json!("x".repeat(6_000)))]);
    let signed_in = log_in(&long);
    assert_eq!(signed_in.status, 303, "{signed_in:#?}");
    let cookie = signed_in.head.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie"));
    let cookie = cookie.unwrap().split_once(": ").unwrap().1.to_owned();
    let time: u64 = cookie.split("Max-Age=").nth(1).unwrap().split(';').next().unwrap().parse().unwrap();
    assert!(time <= 3 && cookie.len() < 200, "{cookie}");
    let cookie = format!("Cookie: {}\r\nSec-Fetch-Site: same-origin", cookie.split(';').next().unwrap());
    assert_tells("by the cookie", &ask(&server, &cookie).body, &["지하 금고"]);
    // Whatever a browser makes of the time: the server ends it.
    let ended = wait_for("its end", || {
        std::thread::sleep(Duration::from_millis(200));
        let asked = ask(&server, &cookie);
        (asked.status == 401).then_some(asked)
    });
    assert_eq!(code(&ended), "session_ended");
    let page = request("GET", server.address(), "/", &format!("{cookie}\r\nAccept: text/html\r\n"));
    assert_eq!(page.status, 303, "to the page where one signs in");
}
