//! Tokens of an identity provider that speaks OpenID Connect.
//!
//! A token is believed when the issuer's own key signed it, when it is meant for this audience, and now. Who may do what
//! is told by its claims.

mod keys;
mod signatures;

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use jsonwebtoken::jwk::KeyAlgorithm;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::Url;
use serde_json::{Map, Value};
use siren_domain::ports::{AuthError, Authenticated, Authenticator};
use siren_domain::{Principal, Role};

use keys::IssuerKeys;
use signatures::ALGORITHMS;

/// No token is longer than this; what is longer is not looked into.
const MOST_CHARS: usize = 16 * 1024;

/// How it is told that a token was shown.
const BY: &str = "oidc";

/// Whose tokens are believed, and what their claims mean.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The issuer, as its tokens name it.
    pub issuer: String,
    /// Tokens must be meant for one of these.
    pub audience: Vec<String>,
    /// Where its keys are; empty: it is asked by discovery.
    pub jwks_url: String,
    /// How far its clock may be off.
    pub clock_skew: Duration,
    /// The claim with a name that stays the same.
    pub name_claim: String,
    /// The claim with the groups; `a.b` is `b` within `a`.
    pub groups_claim: String,
    /// The claim with the roles.
    pub roles_claim: String,
    /// Values of the roles' claim that make a reader; empty: every valid token does.
    pub readers: Vec<String>,
    /// Values that make an operator.
    pub operators: Vec<String>,
    /// Values that make an auditor.
    pub auditors: Vec<String>,
}

/// Believes the tokens of one issuer.
pub struct OidcAuthenticator {
    settings: OidcSettings,
    keys: IssuerKeys,
}

impl OidcAuthenticator {
    /// Reads the settings; nothing is fetched before the first token comes.
    pub fn new(settings: OidcSettings) -> Result<Self, String> {
        Self::with_pause(settings, keys::PAUSE)
    }

    /// The same, with another least time between two looks at the issuer's keys.
    pub fn with_pause(settings: OidcSettings, pause: Duration) -> Result<Self, String> {
        signatures::install();
        let place = (!settings.jwks_url.is_empty()).then(|| Url::parse(&settings.jwks_url)).transpose();
        let place = place.map_err(|error| format!("{:?} is no address: {error}", settings.jwks_url))?;
        Ok(Self { keys: IssuerKeys::new(&settings.issuer, place, pause)?, settings })
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = self.settings.clock_skew.as_secs();
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&self.settings.audience);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation
    }

    fn principal(&self, claims: &Map<String, Value>) -> Result<Principal, AuthError> {
        let settings = &self.settings;
        let name = claim(claims, &settings.name_claim).and_then(Value::as_str).unwrap_or_default().trim();
        if name.is_empty() {
            return Err(AuthError::Refused(format!("the token has no claim {:?}", settings.name_claim)));
        }
        let named = texts(claim(claims, &settings.roles_claim));
        let is = |values: &[String]| values.iter().any(|value| named.contains(value));
        let roles = [
            (Role::Reader, settings.readers.is_empty() || is(&settings.readers)),
            (Role::Operator, is(&settings.operators)),
            (Role::Auditor, is(&settings.auditors)),
        ];
        Ok(Principal {
            // An API key of the same name is somebody else.
            name: format!("oidc:{name}"),
            groups: texts(claim(claims, &settings.groups_claim)).into_iter().collect(),
            roles: roles.into_iter().filter_map(|(role, has)| has.then_some(role)).collect(),
        })
    }
}

#[async_trait]
impl Authenticator for OidcAuthenticator {
    async fn authenticate(&self, credential: &str) -> Result<Authenticated, AuthError> {
        if credential.len() > MOST_CHARS || credential.split('.').count() != 3 {
            return Err(AuthError::Foreign);
        }
        // Fails for `none` and for whatever else is not a signature.
        let header = decode_header(credential).map_err(|error| refused(&error))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(AuthError::Refused(format!("a token signed by {:?} is not accepted", header.alg)));
        }
        let key = self.keys.key(header.kid.as_deref()).await.map_err(AuthError::Unavailable)?;
        let key = key.ok_or_else(|| AuthError::Refused("the issuer has no such key".to_owned()))?;
        if key.common.key_algorithm.is_some_and(|of_key| !fits(of_key, header.alg)) {
            return Err(AuthError::Refused("the issuer's key is for another algorithm".to_owned()));
        }
        let key = DecodingKey::from_jwk(&key).map_err(|error| refused(&error))?;
        let token = decode::<Map<String, Value>>(credential, &key, &self.validation(header.alg));
        let claims = token.map_err(|error| refused(&error))?.claims;
        let until = claims.get("exp").and_then(Value::as_f64);
        Ok(Authenticated {
            principal: self.principal(&claims)?,
            by: BY.to_owned(),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "seconds that were just compared with the clock"
            )]
            until: until.map(|until| until as u64),
        })
    }

    /// A token says all that there is to know, and until when: nobody can take it back before.
    async fn again(&self, known: &Authenticated) -> Result<Authenticated, AuthError> {
        if known.by == BY { Ok(known.clone()) } else { Err(AuthError::Foreign) }
    }
}

fn refused(error: &jsonwebtoken::errors::Error) -> AuthError {
    AuthError::Refused(format!("the token does not hold: {error}"))
}

fn fits(of_key: KeyAlgorithm, algorithm: Algorithm) -> bool {
    of_key.to_string() == format!("{algorithm:?}")
}

/// A claim by its name, or by its way through objects: `realm_access.roles`.
fn claim<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    claim(claims.get(first)?.as_object()?, rest)
}

/// A list of texts, or one text with spaces or commas between its parts.
fn texts(value: Option<&Value>) -> BTreeSet<String> {
    match value {
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(text)) => {
            text.split([' ', ',']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        }
        _ => BTreeSet::new(),
    }
}
