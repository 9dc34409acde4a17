//! Conflicts after any sequence of runs are those that one run over everything finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::executor::block_on;
use proptest::prelude::*;
use siren_domain::ports::{DocumentSource, Given, ItemBody, SourceItem};
use siren_domain::{Authority, DocumentId, Origin, Value};
use siren_index::{Mode, Report};
use siren_merging::{CheckRule, LinkRules};

use super::fakes::{FakeSource, Memory, SETTINGS, file, pipeline};

fn rules(words: &[&str]) -> BTreeMap<String, LinkRules> {
    let check = |words: &[&str], unit: Option<&str>| CheckRule {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        unit: unit.map(str::to_owned),
        until: None,
    };
    let rules = LinkRules {
        names: vec!["name".into()],
        keys: [("event".to_owned(), "event".to_owned())].into(),
        authority: Authority::Record,
        checks: [
            ("people".to_owned(), check(words, Some("명"))),
            ("city".to_owned(), check(&["장소"], None)),
        ]
        .into(),
        ..LinkRules::default()
    };
    [("events".to_owned(), rules)].into()
}

/// A row of the source `events`.
#[derive(Clone, Debug)]
struct Row {
    key: &'static str,
    name: &'static str,
    event: Option<&'static str>,
    people: i64,
    city: &'static str,
}

impl Row {
    fn item(&self) -> SourceItem {
        let mut fields: BTreeMap<String, Value> = [
            ("name".to_owned(), Value::text(self.name)),
            ("people".to_owned(), Value::Integer(self.people)),
            ("city".to_owned(), Value::text(self.city)),
        ]
        .into();
        fields.extend(self.event.map(|event| ("event".to_owned(), Value::text(event))));
        let title = format!("{} 기록", self.name);
        let text = format!("{}에는 {}명이 왔다.", self.name, self.people);
        SourceItem {
            id: DocumentId::new("events", self.key),
            origin: Origin::Row { database: "d".into(), table: "events".into(), key: self.key.into() },
            version: None,
            given: Given::default(),
            body: ItemBody::Record { title, text, fields },
        }
    }
}

fn run(store: &Arc<Memory>, words: &[&str], files: &[(&'static str, String)], rows: &[Row]) -> Report {
    let notes = files.iter().map(|(path, text)| Ok(file(path, text.as_bytes()))).collect();
    let rows = rows.iter().map(|row| Ok(row.item())).collect();
    // Documents first: the records that they speak of are not known yet.
    let sources: Vec<Arc<dyn DocumentSource>> = vec![
        Arc::new(FakeSource { name: "notes", items: notes }),
        Arc::new(FakeSource { name: "events", items: rows }),
    ];
    let mode = Mode { allow_shrink: true, ..Mode::default() };
    let pipeline = pipeline(sources, store, SETTINGS).linking(rules(words));
    block_on(pipeline.reindex(mode, &|_| {})).unwrap()
}

fn shown(report: &Report) -> Vec<String> {
    let shown = report.conflicts.iter().map(|conflict| {
        let (stated, recorded) = (&conflict.stated, &conflict.recorded);
        let (from, to) = (stated.document_id.as_str(), recorded.document_id.as_str());
        format!("{from} {} | {to} {}", stated.text, recorded.text)
    });
    shown.collect()
}

const SEA: Row =
    Row { key: "1", name: "바다 포럼", event: Some("바다 2024"), people: 340, city: "부산" };
const SKY: Row = Row { key: "2", name: "하늘 포럼", event: None, people: 50, city: "서울" };

#[test]
fn conflicts_come_stand_and_go() {
    let note = |text: &str| ("a.md", text.to_owned());
    let other = ("b.md", "바다 이야기는 여기 없다.".to_owned());
    let words = &["참석자"];
    let store = Arc::new(Memory::default());
    let wrong = [note("바다포럼의 참석자는 300명이었다."), other.clone()];
    let expected = ["notes/a.md 300명 | events/1 340명"];
    let first = run(&store, words, &wrong, &[SEA, SKY]);
    assert_eq!(shown(&first), expected);
    store.shown();

    let same = run(&store, words, &wrong, &[SEA, SKY]);
    assert_eq!((shown(&same), same.generation, store.shown()), (owned(&expected), None, 0), "it stands");

    let beside = run(&store, words, &wrong, &[SEA, Row { people: 60, ..SKY }]);
    assert_eq!(shown(&beside), expected, "another record changed");
    let right = run(&store, words, &wrong, &[Row { people: 300, ..SEA }, SKY]);
    assert_eq!(shown(&right), [""; 0], "the record was corrected: {right:?}");
    assert_eq!(right.documents.unchanged, 2, "the documents were not read again");
    let again = run(&store, words, &wrong, &[SEA, SKY]);
    assert_eq!(shown(&again), expected, "and the other way round");
    let edited = [note("바다포럼의 참석자는 340명이었다."), other.clone()];
    assert_eq!(shown(&run(&store, words, &edited, &[SEA, SKY])), [""; 0], "the document was corrected");
    run(&store, words, &wrong, &[SEA, SKY]);
    assert_eq!(shown(&run(&store, words, &wrong, &[SKY])), [""; 0], "the record is gone");
    run(&store, words, &wrong, &[SEA, SKY]);
    assert_eq!(shown(&run(&store, words, &wrong[1..], &[SEA, SKY])), [""; 0], "the document is gone");
    assert_eq!(
        shown(&run(&store, &["관객"], &wrong, &[SEA, SKY])),
        [""; 0],
        "the rules look for another word"
    );
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = |key: &'static str| {
        let name = prop::sample::select(vec!["바다 포럼", "하늘 포럼", "땅 모임", "바다 포럼 봄"]);
        let event = prop::sample::select(vec![None, Some("바다 2024"), Some("하늘 2024")]);
        let city = prop::sample::select(vec!["부산", "서울", "제주"]);
        (name, event, 300_i64..303, city).prop_map(move |(name, event, people, city)| Row {
            key,
            name,
            event,
            people,
            city,
        })
    };
    (prop::option::of(row("1")), prop::option::of(row("2")), prop::option::of(row("3")))
        .prop_map(|(a, b, c)| [a, b, c].into_iter().flatten().collect())
}

fn files() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let subject = prop::sample::select(vec!["바다포럼", "하늘 포럼", "바다 포럼 봄", "그 행사"]);
    let said = prop::sample::select(vec![
        "참석자는 301명이다.",
        "참석자는 302명이다.",
        "장소는 서울이다.",
        "장소는 제주였다.",
    ]);
    let head =
        prop::sample::select(vec!["", "---\nevent: 바다 2024\n---\n\n", "---\nevent: 하늘 2024\n---\n\n"]);
    let text = (head, subject, said).prop_map(|(head, subject, said)| format!("{head}{subject}의 {said}\n"));
    (prop::option::of(text.clone()), prop::option::of(text)).prop_map(|(a, b)| {
        [("a.md", a), ("b.md", b)].into_iter().filter_map(|(path, text)| Some((path, text?))).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn step_by_step_finds_what_one_run_finds(steps in prop::collection::vec((files(), rows()), 1..5)) {
        let store = Arc::new(Memory::default());
        for (files, rows) in &steps {
            let step = run(&store, &["참석자"], files, rows);
            let whole = run(&Arc::new(Memory::default()), &["참석자"], files, rows);
            prop_assert_eq!(shown(&step), shown(&whole), "{:?} {:?}", files, rows);
        }
    }
}
