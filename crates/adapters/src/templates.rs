//! The settings that are templates, compiled.

use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value};

use crate::source_error::SourceError;

/// Templates by the names of their settings.
#[derive(Clone, Debug)]
pub(crate) struct Templates {
    environment: Environment<'static>,
}

/// Which setting went wrong, where and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateError {
    pub(crate) key: &'static str,
    pub(crate) line: usize,
    pub(crate) cause: String,
}

impl TemplateError {
    pub(crate) fn of_source(self, source: &str) -> SourceError {
        SourceError {
            source_name: source.to_owned(),
            key: self.key,
            line: Some(self.line),
            cause: self.cause,
        }
    }
}

impl Templates {
    /// Compiles each setting's template. Those that are not set are left out.
    pub(crate) fn new<'a>(
        settings: impl IntoIterator<Item = (&'static str, Option<&'a str>)>,
    ) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        let mut keys = Vec::new();
        for (key, source) in settings {
            let Some(source) = source else { continue };
            let added = environment.add_template_owned(key, source.to_owned());
            added.map_err(|error| wrong(key, &error))?;
            keys.push(key);
        }
        let templates = Self { environment };
        for key in keys {
            // A filter or test that does not exist is met only in rendering. An empty row meets most of them.
            let unknown = |kind| {
                matches!(kind, ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction)
            };
            if let Err((kind, error)) = templates.rendered(key, Value::from_pairs::<_, &str, &str>([]))
                && unknown(kind)
            {
                return Err(error);
            }
        }
        Ok(templates)
    }

    /// The template of a setting filled in; none if the setting is not set.
    pub(crate) fn render(&self, key: &'static str, values: Value) -> Result<Option<String>, TemplateError> {
        self.rendered(key, values).map_err(|(_, error)| error)
    }

    fn rendered(
        &self,
        key: &'static str,
        values: Value,
    ) -> Result<Option<String>, (ErrorKind, TemplateError)> {
        let Ok(template) = self.environment.get_template(key) else { return Ok(None) };
        template.render(values).map(Some).map_err(|error| (error.kind(), wrong(key, &error)))
    }
}

fn wrong(key: &'static str, error: &Error) -> TemplateError {
    let cause = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    TemplateError { key, line: error.line().unwrap_or(1), cause }
}

#[cfg(test)]
mod tests {
    use super::Templates;

    #[test]
    fn a_bad_template_names_setting_and_line() {
        let cases = [
            ("{{ a", "b", "title", 1),
            ("a", "one\n{% if x %}", "text", 2),
            ("a", "one\ntwo {{ x|nosuch }}", "text", 2),
            ("{{ nosuch() }}", "b", "title", 1),
        ];
        for (title, text, key, line) in cases {
            let error = Templates::new([("title", Some(title)), ("text", Some(text))]).err();
            assert_eq!(error.as_ref().map(|e| (e.key, e.line)), Some((key, line)), "{error:?}");
        }
    }

    #[test]
    fn a_setting_that_is_not_set_gives_nothing() {
        let templates = Templates::new([("title", Some("{{ 이름 }}|{{ 이름|urlencode }}")), ("text", None)]);
        let templates = templates.expect("templates");
        let values = minijinja::Value::from_pairs([("이름", "가 나")]);
        assert_eq!(templates.render("text", values.clone()), Ok(None));
        let title = templates.render("title", values);
        assert_eq!(title.as_ref().map(Option::as_deref), Ok(Some("가 나|%EA%B0%80%20%EB%82%98")));
    }
}
