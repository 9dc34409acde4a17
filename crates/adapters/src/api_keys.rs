//! Keys that programs show: made, shown once, kept as a hash, and known again.
//!
//! A key is `siren_ID_SECRET`. The secret has 256 bits of chance, so that a plain hash guards it as well as a slow one
//! would: there is nothing to guess.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use siren_domain::ports::state::{ApiKey, ApiKeys, Millis, StateError};
use siren_domain::ports::{AuthError, Authenticated, Authenticator};
use siren_domain::{Principal, Role};

const PREFIX: &str = "siren_";
/// How it is told that a key was shown: this and its id.
const BY: &str = "key:";
const CONTEXT: &str = "siren 2026-11 api key secret";
/// What is noted of the last use is that old at most: not every request writes.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// Who a new key is for.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The principal's name.
    pub name: String,
    /// The groups it reads as.
    pub groups: Vec<String>,
    /// What it may do.
    pub roles: BTreeSet<Role>,
    /// From when on it is not valid.
    pub expires: Option<Millis>,
}

impl NewKey {
    /// What is kept of it, and the key itself, which is never seen again.
    pub fn make(self, now: Millis) -> Result<(ApiKey, String), StateError> {
        let mut chance = [0; 38];
        getrandom::fill(&mut chance)
            .map_err(|error| StateError::Unavailable(format!("no random numbers: {error}")))?;
        let (id, secret) = chance.split_at(6);
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let secret = URL_SAFE_NO_PAD.encode(secret);
        let shown = format!("{PREFIX}{id}_{secret}");
        let kept = ApiKey {
            hash: hash(&secret).to_hex().to_string(),
            id,
            name: self.name,
            groups: self.groups,
            roles: self.roles,
            created: now,
            expires: self.expires,
            revoked: None,
            last_used: None,
        };
        Ok((kept, shown))
    }
}

fn hash(secret: &str) -> blake3::Hash {
    blake3::Hash::from_bytes(blake3::derive_key(CONTEXT, secret.as_bytes()))
}

/// Milliseconds since 1970.
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

/// Believes the keys in the state.
pub struct KeyAuthenticator {
    keys: Arc<dyn ApiKeys>,
}

impl KeyAuthenticator {
    /// Believes these keys.
    pub fn new(keys: Arc<dyn ApiKeys>) -> Self {
        Self { keys }
    }

    async fn kept(&self, id: &str) -> Result<ApiKey, AuthError> {
        match self.keys.get(id).await {
            Ok(key) => Ok(key),
            Err(StateError::NotFound) => Err(AuthError::Refused("there is no such key".to_owned())),
            Err(error) => Err(AuthError::Unavailable(error.to_string())),
        }
    }

    /// Whose key it is, if it holds now.
    async fn owner(&self, key: ApiKey) -> Result<Authenticated, AuthError> {
        let now = now();
        if key.revoked.is_some_and(|at| at <= now) {
            return Err(AuthError::Refused(format!("key {} was revoked", key.id)));
        }
        if key.expires.is_some_and(|at| at <= now) {
            return Err(AuthError::Refused(format!("key {} has expired", key.id)));
        }
        self.note_use(&key, now).await;
        let ends = [key.revoked, key.expires].into_iter().flatten().min();
        Ok(Authenticated {
            by: format!("{BY}{}", key.id),
            until: ends.map(|end| end / 1000),
            principal: Principal { name: key.name, groups: key.groups, roles: key.roles },
        })
    }

    async fn note_use(&self, key: &ApiKey, now: Millis) {
        let every = Millis::try_from(NOTED_EVERY.as_millis()).unwrap_or(Millis::MAX);
        if key.last_used.is_some_and(|at| now.saturating_sub(at) < every) {
            return;
        }
        if let Err(error) = self.keys.used(&key.id, now).await {
            // The key holds all the same.
            tracing::warn!(%error, "the use of a key was not noted");
        }
    }
}

#[async_trait]
impl Authenticator for KeyAuthenticator {
    async fn authenticate(&self, credential: &str) -> Result<Authenticated, AuthError> {
        let parts = credential.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
        let (id, secret) = parts.ok_or(AuthError::Foreign)?;
        let key = self.kept(id).await?;
        // Compares in constant time.
        let holds = blake3::Hash::from_hex(&key.hash).is_ok_and(|kept| kept == hash(secret));
        if !holds {
            return Err(AuthError::Refused(format!("the secret of key {id} is another one")));
        }
        self.owner(key).await
    }

    async fn again(&self, known: &Authenticated) -> Result<Authenticated, AuthError> {
        let id = known.by.strip_prefix(BY).ok_or(AuthError::Foreign)?;
        self.owner(self.kept(id).await?).await
    }
}
