//! Which keys does the issuer sign with? Fetched, kept for a while, and fetched anew when it has changed them.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures::StreamExt;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde::Deserialize;
use tokio::sync::Mutex;

/// Keys are fetched anew when they are older than this.
const KEPT: Duration = Duration::from_secs(600);
/// Not more often than this, whatever tokens name: whoever sends made-up ones must not make us ask for each.
pub(super) const PAUSE: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(5);
/// More than any issuer's keys take.
const MOST_BYTES: usize = 1 << 20;

/// The keys of one issuer.
pub(super) struct IssuerKeys {
    issuer: String,
    client: Client,
    /// Where they are; found by discovery unless it was told.
    place: Option<Url>,
    kept: RwLock<Kept>,
    /// Held while they are fetched: others wait and look again.
    fetching: Mutex<Option<Instant>>,
    pause: Duration,
}

#[derive(Clone, Default)]
struct Kept {
    keys: Arc<Vec<Jwk>>,
    fetched: Option<Instant>,
}

/// What an issuer tells of itself.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

impl IssuerKeys {
    pub(super) fn new(issuer: &str, place: Option<Url>, pause: Duration) -> Result<Self, String> {
        let address = Url::parse(issuer).map_err(|error| format!("{issuer:?} is no address: {error}"))?;
        let client = crate::http_client::builder(Some(place.as_ref().unwrap_or(&address)))
            .connect_timeout(PATIENCE)
            .timeout(PATIENCE)
            .redirect(Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        let (issuer, kept) = (issuer.to_owned(), RwLock::default());
        Ok(Self { issuer, client, place, kept, fetching: Mutex::new(None), pause })
    }

    /// The key of this name, or the only one when none is named. An unknown name means that the issuer has changed
    /// its keys, or that the token is made up.
    pub(super) async fn key(&self, id: Option<&str>) -> Result<Option<Jwk>, String> {
        let kept = self.now();
        let is_fresh = kept.fetched.is_some_and(|at| at.elapsed() < KEPT);
        let found = find(&kept.keys, id);
        if found.is_some() && is_fresh {
            return Ok(found);
        }
        match self.fetch(kept.fetched).await {
            Ok(()) => Ok(find(&self.now().keys, id)),
            // Keys that held until now hold on while the issuer is away.
            Err(cause) if found.is_some() => {
                tracing::warn!(cause, "the issuer's keys could not be fetched anew: the old ones stay");
                Ok(found)
            }
            Err(cause) => Err(cause),
        }
    }

    fn now(&self) -> Kept {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches them, unless somebody has since `seen`, or it was tried a moment ago.
    async fn fetch(&self, seen: Option<Instant>) -> Result<(), String> {
        let mut tried = self.fetching.lock().await;
        if self.now().fetched != seen {
            return Ok(());
        }
        if tried.is_some_and(|at| at.elapsed() < self.pause) {
            return match seen {
                Some(_) => Ok(()),
                None => Err("the issuer's keys could not be fetched a moment ago".to_owned()),
            };
        }
        *tried = Some(Instant::now());
        let place = match &self.place {
            Some(place) => place.clone(),
            None => self.discover().await?,
        };
        let set: KeySet = self.get(place).await?;
        // One key of a kind that nobody here reads must not take the others with it.
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let keys: Vec<Jwk> = keys.filter(signs).collect();
        tracing::info!(keys = keys.len(), "the issuer's keys were fetched");
        let kept = Kept { keys: Arc::new(keys), fetched: Some(Instant::now()) };
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = kept;
        Ok(())
    }

    async fn discover(&self) -> Result<Url, String> {
        let place = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let place = Url::parse(&place).map_err(|error| format!("{place}: {error}"))?;
        let told: Discovery = self.get(place.clone()).await?;
        if told.issuer != self.issuer {
            return Err(format!("{place} tells of another issuer, {:?}", told.issuer));
        }
        let keys = Url::parse(&told.jwks_uri).map_err(|error| format!("{place}: jwks_uri: {error}"))?;
        if keys.scheme() != "https" && place.scheme() == "https" {
            return Err(format!("{place}: jwks_uri is not https"));
        }
        Ok(keys)
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, place: Url) -> Result<T, String> {
        let told = |error: reqwest::Error| format!("{place}: {}", error.without_url());
        let response = self.client.get(place.clone()).send().await.map_err(told)?;
        let response = response.error_for_status().map_err(told)?;
        let mut body = Vec::new();
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.next().await {
            body.extend_from_slice(&piece.map_err(told)?);
            if body.len() > MOST_BYTES {
                return Err(format!("{place}: more than {MOST_BYTES} bytes"));
            }
        }
        serde_json::from_slice(&body).map_err(|error| format!("{place}: {error}"))
    }
}

fn signs(key: &Jwk) -> bool {
    matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature))
}

fn find(keys: &[Jwk], id: Option<&str>) -> Option<Jwk> {
    match (id, keys) {
        (Some(id), _) => keys.iter().find(|key| key.common.key_id.as_deref() == Some(id)).cloned(),
        (None, [only]) => Some(only.clone()),
        (None, _) => None,
    }
}
