//! Whether a body is what an OpenAPI document says of it.

use serde_json::Value;

/// What a body has that its description lacks, and what it lacks of it, each with its place.
pub fn complaints(document: &Value, schema: &Value, body: &Value) -> Vec<String> {
    let mut told = Vec::new();
    look(document, schema, body, "$", &mut told);
    told
}

/// The schema of a successful JSON answer.
#[track_caller]
pub fn answer_of<'d>(document: &'d Value, method: &str, path: &str) -> &'d Value {
    let schema =
        &document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"];
    assert!(!schema.is_null(), "{method} {path} is not described");
    schema
}

fn look(document: &Value, schema: &Value, body: &Value, place: &str, told: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let named = document.pointer(name.trim_start_matches('#'));
        return match named {
            Some(schema) => look(document, schema, body, place, told),
            None => told.push(format!("{place}: {name} is not described")),
        };
    }
    if let Some(choices) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
        let fits = |choice: &Value| complaints(document, choice, body).is_empty();
        if !choices.iter().any(fits) {
            told.push(format!("{place}: it is none of its forms: {body}"));
        }
        return;
    }
    if !has_type(&schema["type"], body) {
        told.push(format!("{place}: it is no {}: {body}", schema["type"]));
    }
    match body {
        Value::Object(fields) => {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !fields.contains_key(name) {
                    told.push(format!("{place}.{name}: it is missing"));
                }
            }
            for (name, value) in fields {
                let place = format!("{place}.{name}");
                match (schema["properties"].get(name), &schema["additionalProperties"]) {
                    (Some(schema), _) => look(document, schema, value, &place, told),
                    (None, schema @ Value::Object(_)) => look(document, schema, value, &place, told),
                    // A schema that tells of no fields takes any.
                    (None, _) if schema["properties"].is_null() => {}
                    (None, _) => told.push(format!("{place}: it is not described")),
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                look(document, &schema["items"], item, &format!("{place}[{at}]"), told);
            }
        }
        _ => {}
    }
}

fn has_type(wanted: &Value, body: &Value) -> bool {
    let is = |name: &Value| match name.as_str() {
        Some("object") => body.is_object(),
        Some("array") => body.is_array(),
        Some("string") => body.is_string(),
        Some("integer") => body.is_i64() || body.is_u64(),
        Some("number") => body.is_number(),
        Some("boolean") => body.is_boolean(),
        Some("null") => body.is_null(),
        _ => true,
    };
    match wanted {
        Value::Array(names) => names.iter().any(is),
        name => is(name),
    }
}
