//! What the settings tell of a file.

use std::path::Path;

use minijinja::Value;
use siren_domain::ports::Given;

use super::FileSettings;
use crate::source_error::SourceError;
use crate::templates::{TemplateError, Templates};

/// What is known of each file of a source, unless the file says otherwise itself.
#[derive(Clone, Debug, Default)]
pub struct FileGiven {
    /// Who may read it.
    pub access: Vec<String>,
    /// The event it tells of: a minijinja template over what `link` is one over, and the document's `title`.
    pub event: Option<String>,
    /// The team or person that can correct it.
    pub owner: Option<String>,
    /// The language most of it is written in.
    pub language: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Where a reader can open it: a minijinja template over `path` (relative to the source), `name`, `stem` and
    /// `source`.
    pub link: Option<String>,
}

/// The settings, compiled, with what tells them from others.
#[derive(Clone, Debug)]
pub(super) struct Gifts {
    source: String,
    plain: Given,
    templates: Templates,
    hash: String,
}

impl Gifts {
    pub(super) fn new(settings: &FileSettings) -> Result<Self, SourceError> {
        let given = &settings.given;
        let templates = Templates::new([("link", given.link.as_deref()), ("event", given.event.as_deref())])
            .map_err(|error| error.of_source(&settings.name))?;
        let plain = Given {
            access: given.access.clone(),
            event: given.event.clone(),
            owner: given.owner.clone(),
            language: given.language.clone(),
            tags: given.tags.clone(),
            ..Given::default()
        };
        let told = format!("{:?} {:?} {:?}", settings.shown_as, settings.given, settings.name);
        let hash = blake3::hash(told.as_bytes()).to_hex()[..16].to_owned();
        Ok(Self { source: settings.name.clone(), plain, templates, hash })
    }

    /// Differs whenever something else would be given.
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// What is given of a file. Its event is the template as it stands, which tells one setting from another: it can only
    /// be filled in once the title is known. What is wrong with it is told now, by the file's name for a title.
    pub(super) fn of(&self, path: &str) -> Result<Given, TemplateError> {
        let stem = Path::new(path).file_stem().and_then(|stem| stem.to_str()).unwrap_or(path);
        self.filled("event", path, stem)?;
        Ok(Given { url: self.filled("link", path, "")?, ..self.plain.clone() })
    }

    /// The event of a file with this title.
    pub(super) fn event(&self, path: &str, title: &str) -> Option<String> {
        // A template that fails for some titles only has no event for them.
        self.filled("event", path, title).ok().flatten()
    }

    fn filled(&self, key: &'static str, path: &str, title: &str) -> Result<Option<String>, TemplateError> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or(name);
        let mut values = vec![("path", path), ("name", name), ("stem", stem), ("source", &self.source)];
        if key == "event" {
            values.push(("title", title));
        }
        let told = self.templates.render(key, Value::from_pairs(values))?;
        Ok(told.map(|told| told.trim().to_owned()).filter(|told| !told.is_empty()))
    }
}
