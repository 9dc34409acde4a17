//! `[auth]`: who may come in.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Wrong, ensure, wrongly};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AuthSettings {
    pub(crate) api_keys: bool,
    pub(crate) oidc_issuer: String,
    pub(crate) oidc_audience: Vec<String>,
    pub(crate) oidc_jwks_url: String,
    pub(crate) oidc_clock_skew_s: u64,
    pub(crate) oidc_name_claim: String,
    pub(crate) oidc_groups_claim: String,
    pub(crate) oidc_roles_claim: String,
    pub(crate) oidc_readers: Vec<String>,
    pub(crate) oidc_operators: Vec<String>,
    pub(crate) oidc_auditors: Vec<String>,
    pub(crate) session_hours: u64,
    pub(crate) requests_per_minute: u32,
    pub(crate) burst: u32,
    pub(crate) audit_questions: bool,
    pub(crate) trust_network: bool,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            api_keys: false,
            oidc_issuer: String::new(),
            oidc_audience: Vec::new(),
            oidc_jwks_url: String::new(),
            oidc_clock_skew_s: 60,
            oidc_name_claim: "sub".to_owned(),
            oidc_groups_claim: "groups".to_owned(),
            oidc_roles_claim: "roles".to_owned(),
            oidc_readers: Vec::new(),
            oidc_operators: Vec::new(),
            oidc_auditors: Vec::new(),
            session_hours: 12,
            requests_per_minute: 300,
            burst: 60,
            audit_questions: false,
            trust_network: false,
        }
    }
}

impl AuthSettings {
    /// Whether everyone has to say who they are.
    pub(crate) fn is_on(&self) -> bool {
        self.api_keys || !self.oidc_issuer.is_empty()
    }
}

impl Section for AuthSettings {
    fn purposes(&self) -> Purposes {
        &[
            ("auth.api_keys", "whether keys of `siren keys create` are asked for and believed"),
            (
                "auth.oidc_issuer",
                "an OpenID Connect provider whose tokens are believed, as it names itself; empty: none",
            ),
            ("auth.oidc_audience", "tokens must be meant for one of these"),
            ("auth.oidc_jwks_url", "where its keys are; empty: the provider is asked by discovery"),
            ("auth.oidc_clock_skew_s", "seconds that its clock may be off"),
            ("auth.oidc_name_claim", "the claim with a name that stays the same"),
            (
                "auth.oidc_groups_claim",
                "the claim with the groups whose documents one may read; a.b is b within a",
            ),
            ("auth.oidc_roles_claim", "the claim with the roles"),
            ("auth.oidc_readers", "its values that may ask; empty: whoever has a valid token"),
            ("auth.oidc_operators", "its values that may run index, rules and server"),
            ("auth.oidc_auditors", "its values that may read who asked what"),
            ("auth.session_hours", "hours that a browser stays signed in"),
            (
                "auth.requests_per_minute",
                "requests a minute of one principal, or of one address where nobody is known; 0: without a limit",
            ),
            ("auth.burst", "so many of them may come at once"),
            ("auth.audit_questions", "whether the audit log keeps questions, with personal data masked"),
            (
                "auth.trust_network",
                "serve on a public address although nobody has to say who they are: only where something else keeps others out",
            ),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        if !self.oidc_issuer.is_empty() {
            ensure(
                !self.oidc_audience.is_empty()
                    && self.oidc_audience.iter().all(|name| !name.trim().is_empty()),
                "auth.oidc_audience",
                "must name what tokens are meant for: without it, a token for any other program would do",
            )?;
            ensure(
                !self.oidc_name_claim.is_empty(),
                "auth.oidc_name_claim",
                "must name a claim, such as \"sub\"",
            )?;
        }
        for (key, address) in
            [("auth.oidc_issuer", &self.oidc_issuer), ("auth.oidc_jwks_url", &self.oidc_jwks_url)]
        {
            ensure(
                address.is_empty() || is_safe(address),
                key,
                "must begin with https:// (http:// only for this machine): whoever can change the keys on the way is everyone",
            )?;
        }
        ensure(self.oidc_clock_skew_s <= 600, "auth.oidc_clock_skew_s", "must be between 0 and 600 seconds")?;
        ensure((1..=720).contains(&self.session_hours), "auth.session_hours", "must be between 1 and 720")?;
        match self.requests_per_minute {
            0 => Ok(()),
            1..=1_000_000 if (1..=1_000_000).contains(&self.burst) => Ok(()),
            1..=1_000_000 => Err(wrongly("auth.burst", "must be between 1 and 1000000")),
            _ => Err(wrongly("auth.requests_per_minute", "must be between 0 and 1000000")),
        }
    }
}

fn is_safe(address: &str) -> bool {
    let host = |rest: &str| rest.split(['/', ':', '?']).next().unwrap_or_default().to_owned();
    address.strip_prefix("https://").is_some_and(|rest| !host(rest).is_empty())
        || address.strip_prefix("http://").is_some_and(|rest| {
            matches!(host(rest).as_str(), "127.0.0.1" | "localhost") || rest.starts_with("[::1]")
        })
}
