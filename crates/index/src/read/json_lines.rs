//! JSON Lines: each line's object told as `key: value`.

use std::fmt;

use serde::Deserializer;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use siren_domain::{Part, PartKind};

use super::writer::Writer;
use super::{Parsed, Unreadable, Warning};

/// Deeper than this a value is told as it is written.
const MOST_LEVELS: usize = 8;

pub(super) fn read(text: &str) -> Result<Parsed, Unreadable> {
    let mut writer = Writer::default();
    let mut bad: Vec<u64> = Vec::new();
    let (mut at, mut number, mut good) = (0, 0, 0);
    for line in text.split_inclusive('\n') {
        number += 1;
        let start = at;
        at += line.len();
        if line.trim().is_empty() {
            continue;
        }
        let Ok(value) = serde_json::from_str::<&RawValue>(line) else {
            bad.push(number);
            continue;
        };
        good += 1;
        writer.block(start);
        writer.part(Part { kind: PartKind::Row, name: number.to_string() });
        let mut row = Row { line, start, writer: &mut writer };
        row.value("", value, 0);
    }
    if good == 0 && !bad.is_empty() {
        return Err(Unreadable::new("no line of it is JSON", "write one JSON object a line"));
    }
    let (written, _) = writer.finish(text.len());
    Ok(Parsed { written, warning: warning(&bad), ..Parsed::default() })
}

fn warning(bad: &[u64]) -> Option<Warning> {
    let line = *bad.first()?;
    let problem = match bad.len() {
        1 => "this line is not JSON".to_owned(),
        more => format!("this line and {} more are not JSON", more - 1),
    };
    Some(Warning {
        line: Some(line),
        problem,
        remedy: "write one JSON object a line; these lines are left out".into(),
    })
}

struct Row<'t, 'w> {
    line: &'t str,
    /// Where the line lies in the text.
    start: usize,
    writer: &'w mut Writer,
}

impl Row<'_, '_> {
    fn value(&mut self, name: &str, value: &RawValue, level: usize) {
        let raw = value.get();
        if level < MOST_LEVELS && raw.starts_with('{') {
            for (key, inner) in members(raw) {
                let name = if name.is_empty() { key } else { format!("{name}.{key}") };
                self.value(&name, inner, level + 1);
            }
        } else if level < MOST_LEVELS && raw.starts_with('[') {
            for inner in serde_json::from_str::<Vec<&RawValue>>(raw).unwrap_or_default() {
                self.value(name, inner, level + 1);
            }
        } else if raw != "null" && raw != "\"\"" {
            self.told(name, raw);
        }
    }

    fn told(&mut self, name: &str, raw: &str) {
        // Both lie in one text: the raw value is a slice of the line.
        let place = self.start + (raw.as_ptr() as usize).saturating_sub(self.line.as_ptr() as usize);
        self.writer.line(place);
        if !name.is_empty() {
            self.writer.put(&format!("{name}: "), place);
        }
        match serde_json::from_str::<String>(raw) {
            Err(_) => self.writer.copy(raw, place),
            Ok(text) if raw.len() == text.len() + 2 => self.writer.copy(&text, place + 1),
            Ok(text) => self.writer.put(siren_text::normalise(&text).text.trim(), place),
        }
    }
}

/// An object's members in the order that they are written in.
fn members(raw: &str) -> Vec<(String, &RawValue)> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut out = Vec::new();
            while let Some(member) = map.next_entry()? {
                out.push(member);
            }
            Ok(out)
        }
    }
    serde_json::Deserializer::from_str(raw).deserialize_map(Members).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn objects_are_told_line_by_line() {
        let text = "{\"이름\":\"가\",\"값\":1.50,\"팀\":{\"장\":\"나\"},\"태그\":[\"x\",\"y\"],\"없음\":null}\n\n아님\n{\"글\":\"첫\\n둘\"}\n\"홀로\"\n";
        let parsed = read(text).expect("readable");
        let expected = "이름: 가\n값: 1.50\n팀.장: 나\n태그: x\n태그: y\n\n글: 첫\n둘\n\n홀로";
        assert_eq!(parsed.written.text, expected);
        assert_eq!(parsed.warning.and_then(|w| w.line), Some(3));
        let names: Vec<_> = parsed.written.parts.iter().map(|(_, part)| part.name.as_str()).collect();
        assert_eq!(names, ["1", "4", "5"]);
        let at = expected.find("1.50").expect("there");
        assert_eq!(&text[parsed.written.offsets.original_range(at..at + 4)], "1.50");
        assert!(read("아님\n").is_err());
    }
}
