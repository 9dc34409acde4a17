//! Answers with places to fill: columns of a record, slots of a flow.

use std::collections::BTreeMap;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

/// A filled template is at most so long.
const MOST_BYTES: usize = 20_000;

fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment
}

/// What is wrong with a template, if anything.
pub(crate) fn check(text: &str) -> Result<(), String> {
    environment().template_from_str(text).map(drop).map_err(|error| error.to_string())
}

/// The template with its places filled; none when one of them has no value.
pub(crate) fn filled(text: &str, values: &BTreeMap<String, String>) -> Option<String> {
    let environment = environment();
    let template = environment.template_from_str(text).ok()?;
    let text = template.render(Serde(values)).ok()?;
    (text.len() <= MOST_BYTES && !text.trim().is_empty()).then(|| text.trim().to_owned())
}
