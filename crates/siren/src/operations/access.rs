//! Who may come in, by the settings.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use siren_adapters::api_keys::KeyAuthenticator;
use siren_adapters::oidc::{OidcAuthenticator, OidcSettings};
use siren_chat::{Access, Rate};
use siren_domain::ports::Authenticator;
use siren_domain::ports::state::{ApiKeys, Sessions, State};

use crate::commands::Failure;
use crate::settings::{AuthSettings, Settings};

/// The door of the settings. `state` keeps the keys, and who is signed in.
pub(crate) fn access(settings: &Settings, state: &Arc<dyn State>) -> Result<Access, Failure> {
    let auth = &settings.auth;
    let mut authenticators: Vec<Arc<dyn Authenticator>> = Vec::new();
    if auth.api_keys {
        authenticators.push(Arc::new(KeyAuthenticator::new(Arc::clone(state) as Arc<dyn ApiKeys>)));
    }
    if !auth.oidc_issuer.is_empty() {
        let oidc = OidcAuthenticator::new(oidc(auth));
        authenticators
            .push(Arc::new(oidc.map_err(|cause| Failure::usage(format!("`auth.oidc_issuer`: {cause}")))?));
    }
    let rate = NonZeroU32::new(auth.requests_per_minute).zip(NonZeroU32::new(auth.burst));
    Ok(Access {
        authenticators,
        hosts: settings.serve.hosts.clone(),
        rate: rate.map(|(per_minute, burst)| Rate { per_minute, burst }),
        session: Duration::from_secs(auth.session_hours * 3600),
        sessions: Some(Arc::clone(state) as Arc<dyn Sessions>),
    })
}

fn oidc(auth: &AuthSettings) -> OidcSettings {
    OidcSettings {
        issuer: auth.oidc_issuer.clone(),
        audience: auth.oidc_audience.clone(),
        jwks_url: auth.oidc_jwks_url.clone(),
        clock_skew: Duration::from_secs(auth.oidc_clock_skew_s),
        name_claim: auth.oidc_name_claim.clone(),
        groups_claim: auth.oidc_groups_claim.clone(),
        roles_claim: auth.oidc_roles_claim.clone(),
        readers: auth.oidc_readers.clone(),
        operators: auth.oidc_operators.clone(),
        auditors: auth.oidc_auditors.clone(),
    }
}

/// Nobody is let in from outside without a word about who they are.
pub(crate) async fn refuse_if_open(auth: &AuthSettings, listen: &str) -> Result<(), Failure> {
    if auth.is_on() || auth.trust_network {
        return Ok(());
    }
    // What is no address is told by whoever tries to listen on it.
    let Ok(addresses) = tokio::net::lookup_host(listen).await else { return Ok(()) };
    if addresses.into_iter().all(|address| address.ip().to_canonical().is_loopback()) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{listen} can be reached from other machines, and whoever reaches it could ask: not started. Ask for keys \
         (`api_keys = true` in [auth], then `siren keys create --name NAME`) or for tokens (`auth.oidc_issuer`), or \
         listen on 127.0.0.1. Where something else keeps others out, such as a container's port that is published on \
         one machine only, say so with `auth.trust_network = true` or SIREN_TRUST_NETWORK=1"
    )))
}
