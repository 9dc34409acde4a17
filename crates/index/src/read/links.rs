//! Where do the links of a Markdown or HTML file lead?

use pulldown_cmark::{Event, LinkType, Parser, Tag};
use siren_domain::OffsetMap;
use siren_text::normalise;

use super::format::Format;
use super::mask::mask;
use super::{decode, front_matter, html, markdown};

/// A link within a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it points at, as written.
    pub target: String,
    /// Whether it is a wiki's link, which names a page and no path.
    pub wiki: bool,
    /// The byte of the file that it begins at.
    pub byte: usize,
}

/// The links of a file, in order; none of one that is neither Markdown nor HTML, or cannot be read.
pub fn links(path: &str, bytes: &[u8]) -> Vec<Link> {
    let Ok(format) = Format::of(path, bytes) else { return Vec::new() };
    if !matches!(format, Format::Markdown | Format::Html) {
        return Vec::new();
    }
    let Ok(decoded) = decode::decode(bytes) else { return Vec::new() };
    let normal = normalise(&decoded.text);
    let body = front_matter::read(&normal.text).body;
    let found = match format {
        Format::Markdown => of_markdown(&normal.text[body..]),
        _ => {
            html::targets(&normal.text[body..]).into_iter().map(|(target, at)| (target, false, at)).collect()
        }
    };
    let offsets = normal.offsets.after(&decoded.offsets);
    let link =
        |(target, wiki, at): (String, bool, usize)| Link { target, wiki, byte: byte(&offsets, body + at) };
    found.into_iter().map(link).collect()
}

fn byte(offsets: &OffsetMap, at: usize) -> usize {
    if offsets.is_empty() { at } else { offsets.original_range(at..at).start }
}

fn of_markdown(text: &str) -> Vec<(String, bool, usize)> {
    let masked = mask(text);
    let mut found = Vec::new();
    for (event, range) in Parser::new_ext(&masked, markdown::options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. }) => {
                let wiki = matches!(link_type, LinkType::WikiLink { .. });
                if link_type != LinkType::Email {
                    found.push((dest_url.into_string(), wiki, range.start));
                }
            }
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => {
                let inner = html::targets(&masked[range.clone()]);
                found.extend(inner.into_iter().map(|(target, at)| (target, false, range.start + at)));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::links;

    #[test]
    fn links_are_found_where_they_stand() {
        let cases: [(&str, &str, &[(&str, bool, &str)]); 6] = [
            (
                "a.md",
                "---\ntitle: 제목\n---\n[표](b.md#h) 그리고 ![그림](img/x.png)",
                &[("b.md#h", false, "[표]"), ("img/x.png", false, "![그림]")],
            ),
            (
                "a.md",
                "[[다른 문서]]와 [[문서|별명]]",
                &[("다른 문서", true, "[[다른"), ("문서", true, "[[문서|")],
            ),
            (
                "a.md",
                "`[[코드]]` <https://example.com> <me@example.com>",
                &[("https://example.com", false, "<https")],
            ),
            ("a.md", "글 <a href=\"c.md\">여기</a>", &[("c.md", false, "<a href")]),
            (
                "a.html",
                "<p><a href='d.html'>가</a><img src=\"e.png\"></p>",
                &[("d.html", false, "<a"), ("e.png", false, "<img")],
            ),
            ("a.txt", "[표](b.md)", &[]),
        ];
        for (path, text, expected) in cases {
            let found = links(path, text.as_bytes());
            assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
            for (link, (target, wiki, begins)) in found.iter().zip(expected) {
                assert_eq!((link.target.as_str(), link.wiki), (*target, *wiki), "{text}");
                assert!(text[link.byte..].starts_with(begins), "{text}: {}", &text[link.byte..]);
            }
        }
    }
}
