//! What a query gives, row by row.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use siren_adapters::SourceError;
use siren_adapters::records::{Listed, RecordSettings};
use siren_adapters::sql::{SqlSettings, SqlSource, table_of};
use siren_domain::ports::{DocumentSource, Found, ItemBody, NothingKnown};
use siren_domain::{Fault, Origin};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

fn settings(file: &Path, query: &str) -> SqlSettings {
    SqlSettings {
        url: format!("sqlite:{}", file.display()),
        query: query.into(),
        timeout: Duration::from_secs(60),
        time_zone: "+09:00".into(),
        records: RecordSettings {
            name: "talks".into(),
            database: "conferences".into(),
            table: table_of(query).unwrap_or_default(),
            key: vec!["id".into()],
            title: "{{ title }}".into(),
            text: "{{ title }}{% if venue %} in {{ venue }}{% endif %}.".into(),
            access: Listed::Fixed(vec!["all".into()]),
            ..RecordSettings::default()
        },
    }
}

/// The settings with something else in how rows are told.
fn telling(settings: SqlSettings, change: impl FnOnce(&mut RecordSettings)) -> SqlSettings {
    let mut settings = settings;
    change(&mut settings.records);
    settings
}

async fn database(folder: &Path, script: &str) -> PathBuf {
    let file = folder.join("test.sqlite");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    connection.execute(AssertSqlSafe(script)).await.unwrap();
    connection.close().await.unwrap();
    file
}

async fn items(settings: SqlSettings) -> Vec<Result<Found, Fault>> {
    let source = SqlSource::new(settings).unwrap();
    source.items(Arc::new(NothingKnown)).collect().await
}

/// Each item as `id [table/key] title | text | fields`, each fault as `! document place: problem`.
async fn told(settings: SqlSettings) -> Vec<String> {
    let line = |item: Result<Found, Fault>| match item {
        Ok(Found::Same(id)) => format!("= {id}"),
        Err(fault) => {
            assert!(!fault.remedy.is_empty() && !fault.kept && fault.source == "talks");
            let document = fault.document.as_ref().map_or("-", |id| id.as_str());
            format!("! {document} {}: {}", fault.place, fault.problem)
        }
        Ok(Found::Item(item)) => match (&item.origin, item.body) {
            (Origin::Row { database, table, key }, ItemBody::Record { title, text, fields }) => {
                assert_eq!(
                    (database.as_str(), &item.given.access[..]),
                    ("conferences", &["all".to_owned()][..])
                );
                let fields: BTreeMap<_, _> =
                    fields.iter().map(|(name, value)| (name, value.to_string())).collect();
                format!("{} [{table}/{key}] {title} | {text} | {fields:?}", item.id)
            }
            other => panic!("{other:?}"),
        },
    };
    items(settings).await.into_iter().map(line).collect()
}

#[tokio::test]
async fn tells_rows_in_words_and_goes_on_past_faults() {
    let folder = tempfile::tempdir().unwrap();
    let script = "create table talks (id, title, venue, n);
        insert into talks values
            (1, 'A & <b>', null, 3.0), (2, '나', '코엑스', 0.1), (null, 'c', null, 1), ('', 'd', null, 1),
            (2, 'again', null, 1), (5, x'00ff', null, 1), (x'01', 'f', null, 1), (7, cast(x'ff' as text), null, 1),
            (8, 'h', '', 1e20), ('가/9', 'i', null, -9223372036854775808);";
    let file = database(folder.path(), script).await;
    let settings = telling(settings(&file, "select id, title, venue, n from talks"), |records| {
        records.text = "{{ title }}{% if venue %}, {{ venue }}{% endif %}{{ nothing }} {{ n }}\n".into();
    });
    let expected = [
        r#"talks/1 [talks/1] A & <b> | A & <b> 3.0 | {"id": "1", "n": "3.0", "title": "A & <b>"}"#,
        r#"talks/2 [talks/2] 나 | 나, 코엑스 0.1 | {"id": "2", "n": "0.1", "title": "나", "venue": "코엑스"}"#,
        r#"! talks/row 3 conferences.talks, row 3: its key column "id" is NULL"#,
        r#"! talks/row 4 conferences.talks, row 4: its key column "id" is empty"#,
        "! talks/2 conferences.talks, 2: row 5 has the key of a row before it, and is left out",
        r#"! talks/5 conferences.talks, 5: the column "title" of row 6 holds a blob"#,
        r#"! talks/row 7 conferences.talks, row 7: its key column "id" holds a blob"#,
        r#"! talks/7 conferences.talks, 7: the column "title" of row 8 holds text that is not UTF-8"#,
        r#"talks/8 [talks/8] h | h 1.0e+20 | {"id": "8", "n": "1.0e+20", "title": "h", "venue": ""}"#,
        r#"talks/가/9 [talks/가/9] i | i -9223372036854775808 | {"id": "가/9", "n": "-9223372036854775808", "title": "i"}"#,
    ];
    assert_eq!(told(settings).await, expected);
}

#[tokio::test]
async fn numbers_are_numbers_in_a_template_and_keys_may_have_parts() {
    let folder = tempfile::tempdir().unwrap();
    let file =
        database(folder.path(), "create table t (a, b); insert into t values (0, 1.5), (2, 0.5);").await;
    let settings = telling(settings(&file, "select * from t"), |records| {
        records.key = vec!["a".into(), "b".into()];
        records.title = "{{ a }}".into();
        records.text = "{% if a %}some{% else %}none{% endif %}{% if b > 1 %} over one{% endif %}".into();
    });
    let expected = [
        r#"talks/0/1.5 [t/0/1.5] 0 | none over one | {"a": "0", "b": "1.5"}"#,
        r#"talks/2/0.5 [t/2/0.5] 2 | some | {"a": "2", "b": "0.5"}"#,
    ];
    assert_eq!(told(settings).await, expected);
}

#[tokio::test]
async fn says_of_the_source_as_a_whole_what_would_otherwise_look_like_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = database(folder.path(), "create table t (id, title); insert into t values (1, 'a');").await;
    let before = fs::read(&file).unwrap();
    let none = folder.path().join("none.sqlite");
    let text = folder.path().join("text.sqlite");
    fs::write(&text, "this is a text and no database, long enough to have a header of its own: ".repeat(9))
        .unwrap();
    let cases = [
        (&none, "select 1 as id", "there is no database file"),
        (&text, "select 1 as id", "file is not a database"),
        (&file, "select * from nowhere", "the query failed: no such table: nowhere"),
        (&file, "select * frm t", "the query failed: near \"frm\": syntax error"),
        (&file, "select * from t where id > 1", "the query gives no rows"),
        (&file, "select title from t", "there is no column named \"id\", which `key` names"),
        (&file, "select id, 2 as id from t", "there are two columns named \"id\""),
        (
            &file,
            "with a as (select 1) insert into t select 2, 'b' from a returning id",
            "attempt to write a readonly database",
        ),
        (&file, "with a as (select 1) delete from t", "attempt to write a readonly database"),
    ];
    for (file, query, problem) in cases {
        let told = told(settings(file, query)).await;
        assert!(told.len() == 1 && told[0].starts_with("! - conferences."), "{query}: {told:?}");
        assert!(told[0].contains(problem), "{query}: {told:?}");
    }
    assert!(!none.exists(), "a database that is not there is not made");
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
}

#[tokio::test]
async fn a_query_that_fails_on_its_way_says_so_after_the_rows_it_gave() {
    let folder = tempfile::tempdir().unwrap();
    let script = "create table t (id, title); insert into t values (1, '{}'), (2, 'no json');";
    let file = database(folder.path(), script).await;
    let told = told(settings(&file, "select id, json(title) as title from t")).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("talks/1 ") && told[1].contains("! - conferences.t: the query failed"),
        "{told:?}"
    );
}

#[tokio::test]
async fn text_in_another_encoding_is_not_misread() {
    let folder = tempfile::tempdir().unwrap();
    let script = "pragma encoding = 'UTF-16le'; create table t (id, title); insert into t values (1, '가');";
    let file = database(folder.path(), script).await;
    let told = told(settings(&file, "select * from t")).await;
    assert!(told.len() == 1 && told[0].contains("stores its text in UTF-16le"), "{told:?}");
}

#[tokio::test]
async fn a_template_that_cannot_be_filled_in_is_the_fault_of_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let file =
        database(folder.path(), "create table t (id, title); insert into t values (1, 'x'), (2, '7');").await;
    let settings = telling(settings(&file, "select * from t"), |records| {
        records.text = "\n{{ title|int + 1 }}".into();
    });
    let told = told(settings).await;
    assert!(
        told[0].starts_with("! talks/1 conferences.t, 1: `text`, line 2, cannot be filled in for row 1"),
        "{told:?}"
    );
    assert!(told[1].contains("| \n8 |"), "{told:?}");
}

#[test]
fn settings_that_do_not_do_are_named() {
    let fine = settings(Path::new("x.sqlite"), "select 1 as id");
    let with = |change: fn(&mut SqlSettings)| {
        let mut settings = fine.clone();
        change(&mut settings);
        SqlSource::new(settings).err()
    };
    let cases: [(&str, Option<SourceError>); 15] = [
        ("`url`", with(|s| s.url = "postgres://siren:hunter2@db:port/x".into())),
        ("`url`", with(|s| s.url = "postgres://siren@db/x?sslmode=hunter2".into())),
        ("`url`", with(|s| s.url = "mysql://siren:hunter2@db:port/x".into())),
        ("`url`", with(|s| s.url = "oracle://siren:hunter2@db/x".into())),
        ("`url`", with(|s| s.url = "hunter2@db/x".into())),
        ("`url`", with(|s| s.url = "sqlite:x?mode=hm".into())),
        ("`query`", with(|s| s.query = "delete from t".into())),
        ("`query`", with(|s| s.query = "select 1; select 2".into())),
        (
            "`query`",
            with(|s| {
                s.url = "mysql://siren@db/x".into();
                s.query = "select 1 into outfile '/tmp/x'".into();
            }),
        ),
        ("`time_zone`", with(|s| s.time_zone = "KST".into())),
        ("`key`", with(|s| s.records.key.clear())),
        ("`title`, line 1", with(|s| s.records.title = "{{ a".into())),
        ("`text`, line 2", with(|s| s.records.text = "\n{% endif %}".into())),
        ("`link`, line 1", with(|s| s.records.link = Some("{{ a".into()))),
        ("`access`, line 1", with(|s| s.records.access = Listed::Template("{{ a|nosuch }}".into()))),
    ];
    for (named, error) in cases {
        let text = error.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(text.starts_with(&format!("source \"talks\": {named}: ")), "{named}: {text:?}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn a_large_table_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let script = "create table t (id integer primary key, title);
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
        insert into t select i, 'title ' || i from n;";
    let file = database(folder.path(), script).await;
    let source = SqlSource::new(settings(&file, "select * from t")).unwrap();
    assert_eq!(
        source
            .items(Arc::new(NothingKnown))
            .filter(|item| futures::future::ready(item.is_ok()))
            .count()
            .await,
        20000
    );
    assert_eq!(source.items(Arc::new(NothingKnown)).take(3).count().await, 3, "one may stop early");
}

/// Whoever held all rows before giving the first would never give one of these.
#[tokio::test]
async fn rows_are_read_as_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = database(folder.path(), "create table t (id integer primary key, title);").await;
    let endless = "with recursive n(i) as (select 1 union all select i + 1 from n)
        select i as id, 'title ' || i as title from n";
    let source = SqlSource::new(settings(&file, endless)).unwrap();
    let given =
        source.items(Arc::new(NothingKnown)).take(5_000).filter(|item| futures::future::ready(item.is_ok()));
    assert_eq!(given.count().await, 5_000);
}
