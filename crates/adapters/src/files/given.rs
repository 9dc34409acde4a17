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
    /// The event it tells of.
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
        let templates = Templates::new([("link", given.link.as_deref())])
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

    pub(super) fn of(&self, path: &str) -> Result<Given, TemplateError> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or(name);
        let values =
            Value::from_pairs([("path", path), ("name", name), ("stem", stem), ("source", &self.source)]);
        let url = self.templates.render("link", values)?;
        let url = url.map(|url| url.trim().to_owned()).filter(|url| !url.is_empty());
        Ok(Given { url, ..self.plain.clone() })
    }
}
