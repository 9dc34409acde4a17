//! How is a route described? Together with its handler: what is not described is not served.

use std::collections::BTreeMap;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{delete, get, patch, post};
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::documented::ErrorDoc;

/// Makes the schema of a type.
type Shape = fn(&mut SchemaGenerator) -> Schema;

/// A status, what it means, and what comes with it: its media type and its shape.
type Told = (u16, &'static str, Option<(&'static str, Shape)>);

/// What a route does, what it takes, and what it gives.
pub(crate) struct Operation {
    summary: &'static str,
    tag: &'static str,
    parameters: Vec<Value>,
    body: Option<(Shape, bool)>,
    responses: Vec<Told>,
    errors: Vec<u16>,
}

impl Operation {
    /// An operation that may fail in the ways that all may.
    pub(crate) fn new(tag: &'static str, summary: &'static str) -> Self {
        let errors = vec![400, 401, 403, 408, 413, 415, 429, 500, 503, 504];
        Self { summary, tag, parameters: Vec::new(), body: None, responses: Vec::new(), errors }
    }

    /// A part of the path.
    pub(crate) fn path(self, name: &str, what: &str) -> Self {
        let schema = json!({ "type": "string", "minLength": 1 });
        self.parameter("path", name, what, true, &schema).error(404)
    }

    /// A part of the path that is a number.
    pub(crate) fn path_number(self, name: &str, what: &str) -> Self {
        let schema = json!({ "type": "integer", "minimum": 0 });
        self.parameter("path", name, what, true, &schema).error(404)
    }

    /// Something behind `?` that may be left out.
    pub(crate) fn query(self, name: &str, what: &str, schema: &Value) -> Self {
        self.parameter("query", name, what, false, schema)
    }

    /// Something behind `?` that must be there.
    pub(crate) fn required_query(self, name: &str, what: &str, schema: &Value) -> Self {
        self.parameter("query", name, what, true, schema)
    }

    fn parameter(mut self, place: &str, name: &str, what: &str, required: bool, schema: &Value) -> Self {
        self.parameters.push(json!({
            "in": place, "name": name, "description": what, "required": required, "schema": schema,
        }));
        self
    }

    /// What is sent, as JSON.
    pub(crate) fn takes<T: JsonSchema>(mut self) -> Self {
        let shape: Shape = |generator| generator.subschema_for::<T>();
        self.body = Some((shape, true));
        self
    }

    /// What may be sent, as JSON.
    pub(crate) fn may_take<T: JsonSchema>(mut self) -> Self {
        let shape: Shape = |generator| generator.subschema_for::<T>();
        self.body = Some((shape, false));
        self
    }

    /// What comes back, as JSON.
    pub(crate) fn gives<T: JsonSchema>(self, status: u16, what: &'static str) -> Self {
        self.gives_as::<T>(status, what, "application/json")
    }

    /// What comes back, in another form.
    pub(crate) fn gives_as<T: JsonSchema>(
        mut self,
        status: u16,
        what: &'static str,
        content_type: &'static str,
    ) -> Self {
        let shape: Shape = |generator| generator.subschema_for::<T>();
        self.responses.push((status, what, Some((content_type, shape))));
        self
    }

    /// Nothing comes back.
    pub(crate) fn gives_nothing(mut self, what: &'static str) -> Self {
        self.responses.push((204, what, None));
        self
    }

    /// It may also fail so.
    pub(crate) fn error(mut self, status: u16) -> Self {
        if !self.errors.contains(&status) {
            self.errors.push(status);
        }
        self
    }

    fn told(&self, id: &str, generator: &mut SchemaGenerator) -> Value {
        let mut responses: Map<String, Value> = Map::new();
        for (status, what, content) in &self.responses {
            let response = responses.entry(status.to_string()).or_insert(json!({ "description": what }));
            if let Some((content_type, shape)) = content {
                response["content"][*content_type] = json!({ "schema": shape(generator) });
            }
        }
        for status in &self.errors {
            let schema = generator.subschema_for::<ErrorDoc>();
            let content = json!({ "application/json": { "schema": schema } });
            let failed =
                json!({ "description": "There is no answer; the body tells why.", "content": content });
            responses.entry(status.to_string()).or_insert(failed);
        }
        let mut told = json!({
            "operationId": id,
            "summary": self.summary,
            "tags": [self.tag],
            "parameters": self.parameters,
            "responses": responses,
        });
        if let Some((shape, required)) = self.body {
            let content = json!({ "application/json": { "schema": shape(generator) } });
            told["requestBody"] = json!({ "required": required, "content": content });
        }
        told
    }
}

/// Routes with their descriptions.
pub(crate) struct Routes<S> {
    router: Router<S>,
    described: Described,
}

/// Descriptions of routes.
#[derive(Default)]
pub(crate) struct Described(BTreeMap<(&'static str, &'static str), Operation>);

impl Described {
    /// Describes a route that is served elsewhere.
    pub(crate) fn also(mut self, method: &'static str, path: &'static str, operation: Operation) -> Self {
        self.0.insert((path, method), operation);
        self
    }

    /// The OpenAPI document of all.
    pub(crate) fn document(&self) -> Value {
        let settings = SchemaSettings::draft2020_12();
        let settings = settings.with(|settings| settings.definitions_path = "/components/schemas".into());
        let mut generator = settings.into_generator();
        let mut paths: Map<String, Value> = Map::new();
        for ((path, method), operation) in &self.0 {
            let id = format!("{method} {path}").replace(['/', '{', '}', '.'], " ");
            let id = id.split_whitespace().collect::<Vec<_>>().join("_");
            let entry = paths.entry((*path).to_owned()).or_insert_with(|| json!({}));
            entry[*method] = operation.told(&id, &mut generator);
        }
        let schemas = generator.take_definitions(true);
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Siren",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "In-house knowledge, asked in Korean or English, answered with the exact source.",
                "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            },
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            },
            "security": [{}, { "bearer": [] }],
        })
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), described: Described::default() }
    }

    fn add(
        mut self,
        method: &'static str,
        path: &'static str,
        operation: Operation,
        handler: axum::routing::MethodRouter<S>,
    ) -> Self {
        self.router = self.router.route(path, handler);
        self.described = self.described.also(method, path, operation);
        self
    }

    pub(crate) fn get<T: 'static>(
        self,
        path: &'static str,
        handler: impl Handler<T, S>,
        operation: Operation,
    ) -> Self {
        self.add("get", path, operation, get(handler))
    }

    pub(crate) fn post<T: 'static>(
        self,
        path: &'static str,
        handler: impl Handler<T, S>,
        operation: Operation,
    ) -> Self {
        self.add("post", path, operation, post(handler))
    }

    pub(crate) fn patch<T: 'static>(
        self,
        path: &'static str,
        handler: impl Handler<T, S>,
        operation: Operation,
    ) -> Self {
        self.add("patch", path, operation, patch(handler))
    }

    pub(crate) fn delete<T: 'static>(
        self,
        path: &'static str,
        handler: impl Handler<T, S>,
        operation: Operation,
    ) -> Self {
        self.add("delete", path, operation, delete(handler))
    }

    pub(crate) fn into_parts(self) -> (Router<S>, Described) {
        (self.router, self.described)
    }
}
