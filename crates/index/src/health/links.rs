//! Does a link within the documents lead anywhere?

use std::collections::{BTreeMap, BTreeSet};

use crate::read::Link;

/// What can be linked to: files by their path, pages by their name.
#[derive(Debug, Default)]
pub(super) struct Linkable {
    paths: BTreeSet<String>,
    names: BTreeSet<String>,
    /// Folders that documents lie in: what leads out of them all is not ours to judge.
    roots: BTreeMap<String, String>,
}

impl Linkable {
    /// Adds a file: its path, the root of its source (a prefix of the path), and its title.
    pub(super) fn add(&mut self, path: &str, root: &str, title: &str) {
        self.roots.insert(root.to_owned(), root.to_owned());
        self.names.insert(folded(title));
        let stem = stem(path);
        self.names.insert(folded(stem.rsplit('/').next().unwrap_or(stem)));
        let below = stem.strip_prefix(root).unwrap_or(stem).trim_start_matches('/');
        self.names.insert(folded(below));
        self.paths.insert(path.to_owned());
    }

    /// Where a link leads that leads nowhere: the path or page that is not there. None for a link that is good, that
    /// leads out of the documents, or of which that cannot be told. `exists` tells whether a file that is no document is
    /// there, as far as it knows.
    pub(super) fn broken(
        &self,
        from: &str,
        link: &Link,
        exists: &dyn Fn(&str) -> Option<bool>,
    ) -> Option<String> {
        let target = link.target.split(['#', '?']).next().unwrap_or_default();
        let target = unescaped(target.trim());
        if target.is_empty() || is_address(&target) {
            return None;
        }
        if link.wiki {
            let name = target.split('|').next().unwrap_or(&target).trim().to_owned();
            let known = self.names.contains(&folded(stem(&name))) || self.names.contains(&folded(&name));
            return (!known && !self.has_file(from, &name, exists)).then_some(name);
        }
        // An absolute path is an address of the site that the documents are published on.
        if target.starts_with('/') {
            return None;
        }
        let path = joined(from, &target)?;
        if !self
            .roots
            .keys()
            .any(|root| root.is_empty() || path.starts_with(&format!("{root}/")) || path == *root)
        {
            return None;
        }
        if self.has(&path) {
            return None;
        }
        match exists(&path) {
            Some(false) => Some(path),
            Some(true) | None => None,
        }
    }

    /// Whether a document lies there, also where the link leaves out the ending or names the folder.
    fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let endings = ["", ".md", ".markdown", ".html", "/index.md", "/README.md", "/index.html"];
        endings.iter().any(|ending| self.paths.contains(&format!("{path}{ending}")))
    }

    /// A wiki's link may name a picture or another file beside the page.
    fn has_file(&self, from: &str, name: &str, exists: &dyn Fn(&str) -> Option<bool>) -> bool {
        let Some(path) = joined(from, name) else { return false };
        self.has(&path) || exists(&path) == Some(true)
    }
}

fn is_address(target: &str) -> bool {
    let scheme = target.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
    target.starts_with("//")
        || (scheme.len() > 1 && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)))
}

/// Upper and lower case, spaces, hyphens and underscores are one in a wiki's links.
fn folded(name: &str) -> String {
    let kept = name.chars().filter(|c| c.is_alphanumeric() || *c == '/');
    kept.flat_map(char::to_lowercase).collect()
}

fn stem(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, ending)) if ["md", "markdown", "html", "htm"].contains(&ending) => stem,
        _ => path,
    }
}

/// The path that a relative link means in a file; none where it leads above all folders.
fn joined(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `%20` and the like, as addresses write what may not stand in them.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let code = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Link, Linkable};

    #[test]
    fn only_links_that_lead_nowhere_are_broken() {
        let mut linkable = Linkable::default();
        linkable.add("data/notes/team/plan.md", "data/notes", "팀 계획");
        linkable.add("data/notes/guide.md", "data/notes", "안내서");
        let exists = |path: &str| Some(path == "data/notes/img/a b.png");
        let cases = [
            ("../guide.md", false, None),
            ("../guide#h", false, None),
            ("./plan.md", false, None),
            ("../gone.md", false, Some("data/notes/gone.md")),
            ("../img/a%20b.png", false, None),
            ("../img/c.png", false, Some("data/notes/img/c.png")),
            ("https://example.com/x.md", false, None),
            ("mailto:a@example.com", false, None),
            ("//host/x", false, None),
            ("/about", false, None),
            ("#part", false, None),
            ("../../../elsewhere.md", false, None),
            ("../../../../../x", false, None),
            ("팀 계획", true, None),
            ("guide", true, None),
            ("team/plan#part", true, None),
            ("없는 문서", true, Some("없는 문서")),
        ];
        for (target, wiki, expected) in cases {
            let link = Link { target: target.to_owned(), wiki, byte: 0 };
            let found = linkable.broken("data/notes/team/plan.md", &link, &exists);
            assert_eq!(found.as_deref(), expected, "{target}");
        }
        let link = Link { target: "../gone.md".into(), wiki: false, byte: 0 };
        assert_eq!(linkable.broken("data/notes/team/plan.md", &link, &|_| None), None, "nobody can tell");
    }
}
