//! Which browser is signed in? One that shows a number that was made for it and is kept here as a hash.
//!
//! The credential itself is shown once, when somebody signs in, and kept nowhere. Whoever vouched for it is asked anew at
//! every request: a key that was revoked, or a way to sign in that was switched off, ends its sessions at once.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use siren_domain::ports::state::{Millis, Session, Sessions, StateError};
use siren_domain::ports::{AuthError, Authenticated};

use super::Gate;

const CONTEXT: &str = "siren 2026-11 browser session";
/// 256 bits: there is nothing to guess, so that a plain hash guards it.
const BYTES: usize = 32;

impl Gate {
    fn sessions(&self) -> Result<&dyn Sessions, StateError> {
        let sessions = self.access.sessions.as_deref();
        sessions.ok_or_else(|| StateError::Unavailable("no browser can be signed in here".to_owned()))
    }

    /// Signs a browser in. Returns what it is to show, and for how long that holds.
    pub(super) async fn sign_in(&self, who: &Authenticated) -> Result<(String, Duration), StateError> {
        let mut chance = [0; BYTES];
        getrandom::fill(&mut chance)
            .map_err(|error| StateError::Unavailable(format!("no random numbers: {error}")))?;
        let shown = URL_SAFE_NO_PAD.encode(chance);
        let now = now();
        // As long as the setting says, and no longer than the credential holds.
        let longest = now.saturating_add(millis(self.access.session));
        let until = who.until.map_or(Millis::MAX, |until| until.saturating_mul(1000));
        let session = Session {
            hash: hash(&shown),
            principal: who.principal.clone(),
            by: who.by.clone(),
            created: now,
            expires: longest.min(until),
        };
        self.sessions()?.begin(&session).await?;
        Ok((shown, Duration::from_millis(session.expires.saturating_sub(now))))
    }

    /// Whoever signed in with the browser that shows this.
    pub(super) async fn recall(&self, shown: &str) -> Result<Authenticated, AuthError> {
        let session = match async { self.sessions()?.get(&hash(shown)).await }.await {
            Ok(session) if session.expires > now() => session,
            Ok(_) => return Err(AuthError::Refused("a session's time is up".to_owned())),
            Err(StateError::NotFound) => {
                return Err(AuthError::Refused("there is no such session".to_owned()));
            }
            Err(error) => return Err(AuthError::Unavailable(error.to_string())),
        };
        let until = Some(session.expires / 1000);
        let known = Authenticated { principal: session.principal, by: session.by, until };
        for authenticator in &self.access.authenticators {
            match authenticator.again(&known).await {
                Err(AuthError::Foreign) => {}
                Ok(now) => return Ok(Authenticated { until: known.until, ..now }),
                refused => return refused,
            }
        }
        Err(AuthError::Refused(format!("nobody vouches for {} any more", known.by)))
    }

    /// Signs a browser out: what it shows is worth nothing from now on.
    pub(super) async fn sign_out(&self, shown: &str) -> Result<(), StateError> {
        self.sessions()?.end(&hash(shown)).await
    }
}

fn hash(shown: &str) -> String {
    blake3::Hash::from_bytes(blake3::derive_key(CONTEXT, shown.as_bytes())).to_hex().to_string()
}

fn now() -> Millis {
    millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn millis(time: Duration) -> Millis {
    Millis::try_from(time.as_millis()).unwrap_or(Millis::MAX >> 1)
}
