//! What needs which role?

use axum::http::Method;
use siren_domain::{Principal, Role};

/// What anybody may see: whether the server is up, and where to sign in.
const PUBLIC: [&str; 5] = ["/healthz", "/readyz", "/login", "/logout", "/login.css"];

/// Beginnings of paths, with the roles of which one is needed to look and to change. The first that fits counts.
const NEEDED: [(&str, &[Role], &[Role]); 5] = [
    ("/api/admin", &[Role::Operator, Role::Auditor], &[Role::Operator]),
    ("/metrics", &[Role::Operator, Role::Auditor], &[Role::Operator]),
    ("/api", &[Role::Reader], &[Role::Reader]),
    ("/v1", &[Role::Reader], &[Role::Reader]),
    ("/mcp", &[Role::Reader], &[Role::Reader]),
];

pub(super) fn is_public(path: &str) -> bool {
    PUBLIC.contains(&path)
}

/// Whether somebody may do this. What is not named above is the page's own files: whoever is known may have them.
pub(super) fn may(principal: &Principal, method: &Method, path: &str) -> bool {
    let within = |beginning: &str| {
        path.strip_prefix(beginning).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let Some((_, to_look, to_change)) = NEEDED.iter().find(|(beginning, ..)| within(beginning)) else {
        return true;
    };
    let looks = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let needed = if looks { to_look } else { to_change };
    needed.iter().any(|role| principal.is(*role))
}

#[cfg(test)]
mod tests {
    use super::{Method, Principal, Role, may};

    #[test]
    fn each_role_may_do_its_own() {
        let cases = [
            (Method::POST, "/v1/chat/completions", "reader"),
            (Method::GET, "/v1/models", "reader"),
            (Method::POST, "/api/ask", "reader"),
            (Method::POST, "/mcp", "reader"),
            (Method::GET, "/api/administrator", "reader"),
            (Method::GET, "/api/admin/jobs", "operator auditor"),
            (Method::GET, "/api/admin", "operator auditor"),
            (Method::HEAD, "/api/admin/audit", "operator auditor"),
            (Method::POST, "/api/admin/reindex", "operator"),
            (Method::POST, "/api/admin/jobs/1/cancel", "operator"),
            (Method::GET, "/metrics", "operator auditor"),
            (Method::GET, "/", "reader operator auditor nobody"),
            (Method::GET, "/app.js", "reader operator auditor nobody"),
        ];
        let people: [(&str, &[Role]); 4] = [
            ("reader", &[Role::Reader]),
            ("operator", &[Role::Operator]),
            ("auditor", &[Role::Auditor]),
            ("nobody", &[]),
        ];
        for (method, path, expected) in cases {
            for (name, roles) in people {
                let principal = Principal { roles: roles.iter().copied().collect(), ..Principal::local() };
                let expected = expected.split(' ').any(|may| may == name);
                assert_eq!(may(&principal, &method, path), expected, "{name}: {method} {path}");
            }
        }
    }
}
