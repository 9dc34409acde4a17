//! Who asks, as this server knows them?

use axum::Json;
use schemars::JsonSchema;
use serde::Serialize;
use siren_domain::Role;

use super::Api;
use super::describe::{Operation, Routes};
use super::input::Known;

/// Who asks.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Me {
    /// The name that what is kept of them is kept under.
    name: String,
    /// The groups whose documents they may read, beside what everyone may.
    groups: Vec<String>,
    /// What they may do: `reader`, `operator`, `auditor`.
    roles: Vec<&'static str>,
    /// Whether they had to say who they are.
    signed_in: bool,
}

pub(crate) fn routes(routes: Routes<Api>) -> Routes<Api> {
    let operation = Operation::new("me", "Tells who asks").gives::<Me>(200, "Who asks.");
    routes.get("/api/me", me, operation)
}

async fn me(Known(who): Known) -> Json<Me> {
    let roles = who.principal.roles.iter().map(|role| match role {
        Role::Reader => "reader",
        Role::Operator => "operator",
        Role::Auditor => "auditor",
    });
    Json(Me {
        roles: roles.collect(),
        signed_in: who.by != "local",
        name: who.principal.name,
        groups: who.principal.groups,
    })
}
