//! The templates of a record source, and what they tell of a row.

use std::collections::BTreeMap;

use minijinja::Value;

use super::{Listed, RecordSettings};
use crate::templates::{TemplateError, Templates};

/// The settings that are templates, compiled.
#[derive(Clone, Debug)]
pub(super) struct Words {
    templates: Templates,
    access: Vec<String>,
    tags: Vec<String>,
}

/// What is told of a row.
pub(super) struct Telling {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) date: Option<String>,
    pub(super) link: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) event: Option<String>,
    pub(super) language: Option<String>,
    pub(super) access: Vec<String>,
    pub(super) tags: Vec<String>,
}

impl Words {
    pub(super) fn new(settings: &RecordSettings) -> Result<Self, TemplateError> {
        let template = |listed: &Listed| match listed {
            Listed::Fixed(_) => None,
            Listed::Template(template) => Some(template.clone()),
        };
        let fixed = |listed: &Listed| match listed {
            Listed::Fixed(words) => words.clone(),
            Listed::Template(_) => Vec::new(),
        };
        let (access, tags) = (template(&settings.access), template(&settings.tags));
        let templates = Templates::new([
            ("title", Some(settings.title.as_str())),
            ("text", Some(settings.text.as_str())),
            ("date", settings.date.as_deref()),
            ("link", settings.link.as_deref()),
            ("owner", settings.owner.as_deref()),
            ("event", settings.event.as_deref()),
            ("language", settings.language.as_deref()),
            ("access", access.as_deref()),
            ("tags", tags.as_deref()),
        ])?;
        Ok(Self { templates, access: fixed(&settings.access), tags: fixed(&settings.tags) })
    }

    /// What the templates say of a row. Columns whose names are no names in a template are found by `row["name"]`.
    pub(super) fn tell(&self, mut columns: BTreeMap<String, Value>) -> Result<Telling, TemplateError> {
        if !columns.contains_key("row") {
            let row = Value::from(columns.clone());
            columns.insert("row".to_owned(), row);
        }
        let values = Value::from(columns);
        let all = |key| self.templates.render(key, values.clone());
        let one = |key| {
            let told = all(key)?.map(|text| text.trim().to_owned());
            Ok(told.filter(|text| !text.is_empty()))
        };
        let list = |key, fixed: &[String]| {
            let told = all(key)?;
            let words = |text: String| {
                let words = text.split(',').map(|word| word.trim().to_owned());
                words.filter(|word| !word.is_empty()).collect()
            };
            Ok(told.map_or_else(|| fixed.to_vec(), words))
        };
        Ok(Telling {
            title: all("title")?.unwrap_or_default(),
            text: all("text")?.unwrap_or_default(),
            date: one("date")?,
            link: one("link")?,
            owner: one("owner")?,
            event: one("event")?,
            language: one("language")?,
            access: list("access", &self.access)?,
            tags: list("tags", &self.tags)?,
        })
    }
}
