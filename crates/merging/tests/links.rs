//! Which records a passage is linked to, and where the two differ.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use siren_domain::record::{Authority, LinkedBy, Record};
use siren_domain::{Chunk, DocumentId, Locator, Metadata, OffsetMap, Origin, Value};
use siren_merging::{Catalogue, CheckRule, HouseNames, LinkRules, conflicts};

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn rules() -> LinkRules {
    let check = |words: &[&str], unit: Option<&str>| CheckRule {
        words: owned(words),
        unit: unit.map(str::to_owned),
        until: None,
    };
    LinkRules {
        names: owned(&["name", "name_en"]),
        keys: pairs(&[("event", "event"), ("date", "held_on")]),
        authority: Authority::Record,
        checks: [
            ("attendees".to_owned(), check(&["참석자", "attendees"], Some("명"))),
            ("held_on".to_owned(), check(&["열렸", "개최"], None)),
            ("city".to_owned(), check(&["장소"], None)),
        ]
        .into(),
        aliases: HouseNames::default(),
    }
}

/// A record of the table `events`, for these groups.
fn record(key: &str, access: &[&str], fields: &[(&str, Value)]) -> Record {
    let origin = Origin::Row { database: "d".into(), table: "events".into(), key: key.to_owned() };
    let fields: BTreeMap<String, Value> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let date = fields.get("held_on").and_then(|value| value.to_string().parse().ok());
    let meta = Metadata {
        access: owned(access),
        fields,
        date,
        ..Metadata::new(DocumentId::new("events", key), "events", origin, format!("행사 {key}"))
    };
    rules().record(&meta).unwrap()
}

fn chunk(text: &str, event: Option<&str>, date: Option<&str>, title: &str, heading: &[&str]) -> Chunk {
    let document = Metadata {
        event: event.map(str::to_owned),
        date: date.map(|date| date.parse().unwrap()),
        ..Metadata::new(
            DocumentId::new("notes", "a.md"),
            "notes",
            Origin::File { path: "a.md".into() },
            title,
        )
    };
    Chunk {
        id: "notes/a.md#0".into(),
        document: Arc::new(document),
        heading: owned(heading),
        text: text.to_owned(),
        tokens: 1,
        offsets: OffsetMap::identity(text.len()),
        parts: Vec::new(),
        sections: Vec::new(),
    }
}

fn text(value: &str) -> Value {
    Value::text(value)
}

fn events() -> Vec<Record> {
    vec![
        record(
            "1",
            &["all"],
            &[
                ("name", text("바다 포럼")),
                ("name_en", text("Sea Forum")),
                ("event", text("바다 포럼 2024")),
                ("held_on", text("2024-05-16")),
                ("attendees", Value::Integer(34_000)),
                ("city", text("부산")),
            ],
        ),
        record(
            "2",
            &["all"],
            &[
                ("name", text("하늘 포럼")),
                ("held_on", text("2023-03-02")),
                ("attendees", Value::Integer(500)),
                ("city", text("서울")),
            ],
        ),
        record("3", &["hr"], &[("name", text("바다")), ("attendees", Value::Integer(7))]),
        record("4", &["hr"], &[("name", text("하늘 포럼")), ("attendees", Value::Integer(9))]),
    ]
}

/// A record is also found by what the house itself calls it.
#[test]
fn a_house_has_names_of_its_own() {
    let house = [owned(&["바포", "바다 포럼", "바다모임"]), owned(&["하늘 포럼", "하포럼"])];
    let rules = LinkRules { aliases: HouseNames::new(&house), ..rules() };
    assert_ne!(rules.identity(), self::rules().identity(), "records are made anew when the table changes");
    let origin = Origin::Row { database: "d".into(), table: "events".into(), key: "1".into() };
    let meta = Metadata {
        fields: [("name".to_owned(), text("바다 포럼(Sea Forum)"))].into(),
        ..Metadata::new(DocumentId::new("events", "1"), "events", origin, "행사 1")
    };
    let catalogue = Catalogue::new(vec![rules.record(&meta).unwrap()]);
    let cases = [
        ("바포에서 들었다", Some("바포")),
        ("바다모임의 기록", Some("바다모임")),
        ("바다포럼의 기록", Some("바다포럼")),
        ("하포럼의 기록", None),
    ];
    for (given, evidence) in cases {
        let chunk = chunk(given, None, None, "글", &[]);
        let links = catalogue.links(&chunk, &|_| true);
        assert_eq!(links.first().map(|link| link.evidence.as_str()), evidence, "{given}");
    }
}

#[test]
fn a_passage_is_linked_by_key_title_heading_and_text() {
    type Case<'a> = (&'a str, Chunk, &'a [&'a str], &'a str);
    let cases: Vec<Case<'_>> = vec![
        ("text", chunk("바다포럼에서 들었다", None, None, "글", &[]), &[], "1 name 바다포럼 0"),
        ("English", chunk("at the sea forum", None, None, "글", &[]), &[], "1 name sea forum 7"),
        ("title", chunk("들었다", None, None, "바다 포럼 후기", &[]), &[], "1 name 바다 포럼"),
        ("heading", chunk("들었다", None, None, "글", &["행사", "하늘 포럼"]), &[], "2 name 하늘 포럼"),
        (
            "both keys",
            chunk("들었다", Some("바다 포럼 2024"), Some("2024-05"), "글", &[]),
            &[],
            "1 key date = 2024-05-16, event = 바다 포럼 2024",
        ),
        ("one key is not enough", chunk("들었다", Some("바다 포럼 2024"), None, "글", &[]), &[], ""),
        ("another date", chunk("들었다", Some("바다 포럼 2024"), Some("2024-06"), "글", &[]), &[], ""),
        ("the year alone", chunk("들었다", Some("바다 포럼 2024"), Some("2024"), "글", &[]), &[], ""),
        ("a hidden record", chunk("바다에서", None, None, "글", &[]), &[], ""),
        ("a shown record", chunk("바다에서", None, None, "글", &[]), &["hr"], "3 name 바다 0"),
        ("a name of two", chunk("하늘 포럼", None, None, "글", &[]), &["hr"], ""),
        ("a name of two, one hidden", chunk("하늘 포럼", None, None, "글", &[]), &[], "2 name 하늘 포럼 0"),
    ];
    let catalogue = Catalogue::new(events());
    for (case, chunk, groups, expected) in cases {
        let groups = owned(groups);
        let links = catalogue.links(&chunk, &|record| record.readable_by(&groups));
        let shown: Vec<String> = links
            .iter()
            .map(|link| {
                let key = link.record.id.as_str().trim_start_matches("events/");
                let by = if link.by == LinkedBy::Key { "key" } else { "name" };
                let at = link.range.as_ref().map_or_else(String::new, |range| format!(" {}", range.start));
                format!("{key} {by} {}{at}", link.evidence)
            })
            .collect();
        assert_eq!(shown.join("; "), expected, "{case}");
    }
    let own = Chunk {
        document: Arc::new(Metadata::new(
            DocumentId::new("events", "1"),
            "events",
            Origin::File { path: String::new() },
            "하늘 포럼",
        )),
        ..chunk("하늘 포럼", None, None, "", &[])
    };
    assert!(catalogue.links(&own, &|_| true).is_empty(), "a record belongs to no other");
    let row = Metadata { fields: [("a".to_owned(), text("b"))].into(), ..(*own.document).clone() };
    let row = Chunk { document: Arc::new(Metadata { id: DocumentId::new("x", "1"), ..row }), ..own };
    assert!(catalogue.links(&row, &|_| true).is_empty(), "nor does any row");
}

#[test]
fn what_a_passage_states_otherwise() {
    let keyed = |text| chunk(text, Some("바다 포럼 2024"), Some("2024-05-16"), "글", &[]);
    let plain = |text| chunk(text, None, None, "글", &[]);
    let cases: Vec<(Chunk, &[&str])> = vec![
        (plain("바다 포럼의 참석자는 30,000명이다."), &["1 attendees 30,000명 / 34,000명"]),
        (plain("바다 포럼의 참석자는 3만 4천 명이다."), &[]),
        (plain("참석자는 30,000명이다."), &[]),
        (keyed("참석자는 30,000명이다."), &["1 attendees 30,000명 / 34,000명"]),
        (keyed("하늘 포럼의 참석자는 300명이다."), &["2 attendees 300명 / 500명"]),
        (keyed("바다 포럼과 하늘 포럼의 참석자는 300명이다."), &[]),
        (keyed("2022년 참석자는 300명이다."), &[]),
        (keyed("2024년 5월 17일에 열렸다."), &["1 held_on 2024년 5월 17일 / 2024-05-16"]),
        (keyed("2024년 5월에 열렸다."), &[]),
        (keyed("장소는 서울이었다."), &["1 city 서울 / 부산"]),
        (keyed("장소는 부산이었고 서울에서 갔다."), &[]),
        (chunk("참석자 300명", None, None, "바다 포럼", &["하늘 포럼"]), &["2 attendees 300명 / 500명"]),
        (plain("바다의 참석자는 5명."), &["3 attendees 5명 / 7명"]),
    ];
    let two = "하늘 포럼\n\n참석자는 300명이다.\n\n바다 포럼\n\n참석자는 34,000명이다.";
    let at = two.find("바다").and_then(|at| u32::try_from(at).ok()).unwrap();
    let two = Chunk {
        sections: vec![(0, owned(&["하늘 포럼"])), (at, owned(&["바다 포럼"]))], ..plain(two)
    };
    let cases = cases.into_iter().chain([(two, &["2 attendees 300명 / 500명"][..])]);
    let catalogue = Catalogue::new(events());
    for (chunk, expected) in cases {
        let found = conflicts(&chunk, &catalogue);
        let shown: Vec<String> = found
            .iter()
            .map(|c| {
                assert_eq!(&chunk.text[c.at.start..c.at.end], c.stated.text, "the place is the statement");
                assert_eq!(c.at.chunk_id, chunk.id);
                let Locator::File { bytes: Some(bytes), .. } = &c.stated.locator else { panic!("{c:?}") };
                assert_eq!(&chunk.text[bytes.clone()], c.stated.text);
                let Locator::Row { key, columns, .. } = &c.recorded.locator else { panic!("{c:?}") };
                assert_eq!(columns, std::slice::from_ref(&c.field));
                format!("{key} {} {} / {}", c.field, c.stated.text, c.recorded.text)
            })
            .collect();
        assert_eq!(shown, expected, "{:?}", chunk.text);
    }
}

#[test]
fn a_hidden_record_takes_no_part_in_what_others_see() {
    // With and without the hidden records, the conflicts of public ones are the same.
    let public: Vec<Record> = events().into_iter().filter(|record| record.readable_by(&[])).collect();
    let texts =
        ["하늘 포럼의 참석자는 300명이다.", "바다 포럼의 참석자는 7명이다.", "바다의 참석자는 5명이다."];
    for text in texts {
        let chunk = chunk(text, None, None, "글", &[]);
        let of = |records: Vec<Record>| {
            let mut found = conflicts(&chunk, &Catalogue::new(records));
            found.retain(|conflict| conflict.readable_by(&[]));
            found
        };
        assert_eq!(of(events()), of(public.clone()), "{text}");
    }
}

#[test]
fn records_need_something_to_be_found_by() {
    let origin = Origin::File { path: "x".into() };
    let with = |fields: &[(&str, Value)]| {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let meta = Metadata { fields, ..Metadata::new(DocumentId::new("s", "1"), "s", origin.clone(), "t") };
        rules().record(&meta)
    };
    let held = text("2024-05-16");
    assert!(with(&[]).is_none() && with(&[("name", text(" "))]).is_none());
    assert!(with(&[("held_on", held.clone())]).is_none(), "one of two keys would link too much");
    let keyed = with(&[("held_on", held), ("event", text("e"))]).unwrap();
    assert_eq!((keyed.names.len(), keyed.keys.len(), keyed.checked.len()), (0, 2, 1));
    let named = with(&[("name", text("바다")), ("attendees", Value::Integer(3))]).unwrap();
    assert_eq!((named.names.len(), named.keys.len(), named.checked.len()), (1, 0, 1));
}

proptest! {
    #[test]
    fn no_record_outside_the_groups_shows_or_counts(
        names in prop::collection::vec("(가나|나다|가나다|다라마|바다 포럼)", 1..6),
        hidden in prop::collection::vec(any::<bool>(), 6),
        words in prop::collection::vec("(가나|나다|가나다는|다라마의|바다포럼|끝)", 0..8),
    ) {
        let access = |at: usize| if hidden[at] { ["hr"] } else { ["all"] };
        let records: Vec<Record> = names
            .iter()
            .enumerate()
            .map(|(at, name)| record(&at.to_string(), &access(at), &[("name", text(name))]))
            .collect();
        let public: Vec<Record> = records.iter().filter(|record| record.readable_by(&[])).cloned().collect();
        let chunk = chunk(&words.join(" "), None, None, "글", &[]);
        let all = Catalogue::new(records);
        let seen = all.links(&chunk, &|record| record.readable_by(&[]));
        prop_assert!(seen.iter().all(|link| link.record.readable_by(&[])));
        let alone = Catalogue::new(public);
        let expected = alone.links(&chunk, &|_| true);
        prop_assert_eq!(seen, expected, "as if the hidden ones were not there");
        for link in all.links(&chunk, &|_| true) {
            let range = link.range.clone().unwrap();
            prop_assert_eq!(&chunk.text[range], &link.evidence);
        }
    }
}
