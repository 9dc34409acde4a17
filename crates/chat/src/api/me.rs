//! Who asks, as this server knows them?

use axum::Json;
use axum::extract::Request;
use schemars::JsonSchema;
use serde::Serialize;
use siren_domain::Role;
use siren_domain::ports::Authenticated;

use super::Api;
use super::describe::{Operation, Routes};
use super::input::asker;

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

async fn me(request: Request) -> Json<Me> {
    let who = asker(request.extensions());
    let known = request.extensions().get::<Authenticated>();
    let roles = who.roles.iter().map(|role| match role {
        Role::Reader => "reader",
        Role::Operator => "operator",
        Role::Auditor => "auditor",
    });
    Json(Me {
        roles: roles.collect(),
        signed_in: known.is_some_and(|known| known.by != "local"),
        name: who.name,
        groups: who.groups,
    })
}
