//! How does a conversation look as a file?

use axum::Json;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use siren_domain::{Citation, Locator};

use super::shapes::WholeConversation;

/// A conversation as a file for programs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExportedConversation")]
pub(crate) struct Exported {
    /// The version of this form.
    schema: u32,
    conversation: WholeConversation,
}

fn attached(name: &'static str) -> (HeaderName, HeaderValue) {
    (header::CONTENT_DISPOSITION, HeaderValue::from_static(name))
}

pub(crate) fn json(conversation: WholeConversation) -> Response {
    let body = Json(Exported { schema: 1, conversation });
    ([attached("attachment; filename=\"conversation.json\"")], body).into_response()
}

pub(crate) fn markdown(whole: &WholeConversation) -> Response {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("text/markdown; charset=utf-8"));
    ([content_type, attached("attachment; filename=\"conversation.md\"")], written(whole)).into_response()
}

fn written(whole: &WholeConversation) -> String {
    let mut out = format!("# {}\n", one_line(&whole.conversation.title));
    for turn in &whole.turns {
        out.push_str(&format!("\n## {}\n\n{}\n", one_line(&turn.question), escaped(&turn.answer)));
        for citation in turn.details.citations() {
            out.push_str(&format!("\n{}\n", source(citation)));
        }
    }
    out
}

fn source(citation: &Citation) -> String {
    let place = match &citation.locator {
        Locator::File { path, heading, .. } => std::iter::once(path.as_str())
            .chain(heading.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" › "),
        Locator::Row { database, table, key, .. } => format!("{database}/{table}/{key}"),
    };
    let date = citation.date.map(|date| format!(", {date}")).unwrap_or_default();
    let url = citation.url.as_deref().map(address).unwrap_or_default();
    let quote = escaped(&citation.quote).replace('\n', "\n  > ");
    format!(
        "- \\[{}\\] {} ({}{date}){url}\n\n  > {quote}",
        citation.n,
        one_line(&citation.title),
        one_line(&place)
    )
}

/// Where a source can be opened: a link where the page would make one, else words.
fn address(url: &str) -> String {
    let url: String = url.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let is_web = ["http://", "https://"]
        .iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme)));
    match is_web {
        true => format!(" <{}>", url.replace(['<', '>', '\\'], "")),
        false => format!(" {}", one_line(&url)),
    }
}

fn one_line(text: &str) -> String {
    escaped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A document's words must not become markup of the file.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '<' | '>' | '#' | '!' | '[' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Parser, Tag};
    use siren_domain::{Citation, DocumentId, Locator};

    use super::{escaped, one_line, source};

    fn citation(url: &str) -> Citation {
        let locator = Locator::File { path: "a.md".into(), heading: Vec::new(), part: None, bytes: None };
        Citation {
            n: 1,
            document_id: DocumentId::new("notes", "a.md"),
            title: "[제목](https://elsewhere.example)".into(),
            quote: "첫 줄\n[둘째 줄](javascript:alert(1))".into(),
            locator,
            url: Some(url.into()),
            date: None,
            event: None,
        }
    }

    #[test]
    fn only_a_web_address_of_the_source_is_a_link() {
        let cases: [(&str, &[&str]); 6] = [
            ("https://wiki.example/a?b=1", &["https://wiki.example/a?b=1"]),
            ("HTTP://wiki.example/a b", &["HTTP://wiki.example/ab"]),
            ("https://wiki.example/><script>", &["https://wiki.example/script"]),
            ("javascript:alert(1)", &[]),
            ("data:text/html,<script>alert(1)</script>", &[]),
            ("[a](https://elsewhere.example)", &[]),
        ];
        for (url, expected) in cases {
            let written = source(&citation(url));
            let links: Vec<String> = Parser::new(&written)
                .filter_map(|event| match event {
                    Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.to_string()),
                    Event::Html(html) | Event::InlineHtml(html) => Some(html.to_string()),
                    _ => None,
                })
                .collect();
            assert_eq!(links, expected, "{written}");
        }
    }

    #[test]
    fn words_are_no_markup() {
        let cases = [
            ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
            ("# 제목\n![x](y)", "\\# 제목\n\\!\\[x\\](y)"),
            ("마쳤다. [1]", "마쳤다. \\[1\\]"),
            ("[눌러](javascript:alert(1))", "\\[눌러\\](javascript:alert(1))"),
            ("[1]: https://elsewhere.example", "\\[1\\]: https://elsewhere.example"),
        ];
        for (text, expected) in cases {
            assert_eq!(escaped(text), expected);
        }
        assert_eq!(one_line("가\n\n# 나"), "가 \\# 나");
    }
}
