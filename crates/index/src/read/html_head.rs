//! What an HTML page says of itself: in its head, and in the times of its body.

use super::FrontMatter;

/// A start tag.
#[derive(Debug, Default)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.get(name).is_some_and(|told| told.eq_ignore_ascii_case(value))
    }
}

/// What was said so far. The first of several sayings stands.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Between `<title>` and its end.
    pub(super) title: String,
    shared_title: Option<String>,
    author: Option<String>,
    published: Option<String>,
    /// A time in the body: less sure than a date of the head.
    time: Option<String>,
    address: Option<String>,
    language: Option<String>,
    keywords: Vec<String>,
}

impl Head {
    pub(super) fn tag(&mut self, tag: &Tag) {
        match tag.name.as_str() {
            "html" => set(&mut self.language, tag.get("lang")),
            "time" => set(&mut self.time, tag.get("datetime")),
            "link" if tag.is("rel", "canonical") => set(&mut self.address, tag.get("href")),
            "meta" => self.meta(tag),
            _ => {}
        }
    }

    fn meta(&mut self, tag: &Tag) {
        let name = ["property", "name", "itemprop"].iter().find_map(|key| tag.get(key));
        let content = tag.get("content");
        match name.unwrap_or_default().to_lowercase().as_str() {
            "article:published_time" | "og:article:published_time" | "date" | "dc.date" | "datepublished" => {
                set(&mut self.published, content);
            }
            "author" | "article:author" | "dc.creator" => set(&mut self.author, content),
            "og:title" => set(&mut self.shared_title, content),
            "og:url" => set(&mut self.address, content),
            "keywords" => {
                let words = content.unwrap_or_default().split(',').map(str::trim);
                self.keywords.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
            }
            "article:tag" => self.keywords.extend(content.map(str::to_owned)),
            _ => {}
        }
    }

    pub(super) fn front(self) -> FrontMatter {
        let title = self.title.split_whitespace().collect::<Vec<_>>().join(" ");
        FrontMatter {
            // The shared title is without the site's name.
            title: self.shared_title.or(Some(title).filter(|title| !title.is_empty())),
            date: self.published.or(self.time),
            owner: self.author.filter(|author| !author.starts_with("http")),
            url: self.address.filter(|url| url.starts_with("http://") || url.starts_with("https://")),
            language: self.language.map(|tag| tag.split('-').next().unwrap_or_default().to_lowercase()),
            tags: self.keywords,
            ..FrontMatter::default()
        }
    }
}

fn set(field: &mut Option<String>, told: Option<&str>) {
    if field.is_none() {
        *field = told.map(str::trim).filter(|told| !told.is_empty()).map(str::to_owned);
    }
}
