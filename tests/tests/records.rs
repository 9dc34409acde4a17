//! What a row says is the same wherever it lies: one table of rows in every system, and each system's own types.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop")]

use std::sync::Arc;
use std::time::Duration;

use e2e::servers::{Database, System};
use e2e::{Place, database};
use futures::StreamExt;
use siren_adapters::record_file::{RecordFileSettings, RecordFileSource, RecordFormat};
use siren_adapters::records::{Listed, RecordSettings};
use siren_adapters::sql::{SqlSettings, SqlSource};
use siren_domain::ports::{DocumentSource, Found, ItemBody, Known, NothingKnown, SourceItem};
use siren_domain::{DocumentId, Fault, Origin, Value};

/// An index that has some versions.
struct Has(Vec<(DocumentId, String)>);

impl Known for Has {
    fn has(&self, id: &DocumentId, version: &str) -> bool {
        self.0.iter().any(|(known, held)| known == id && held == version)
    }
}

fn given(source: &dyn DocumentSource, known: Arc<dyn Known>) -> Vec<Result<Found, Fault>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(source.items(known).collect())
}

fn settings() -> RecordSettings {
    let template = |text: &str| Some(text.to_owned());
    RecordSettings {
        name: "talks".into(),
        database: "here".into(),
        table: "talks".into(),
        key: vec!["event".into(), "number".into()],
        fields: Some(["event", "number", "title", "held_on", "score"].map(Into::into).to_vec()),
        version: Some("changed".into()),
        title: "{{ title }}".into(),
        text: "{% if number %}{{ held_on }}에 ‘{{ title }}’{% if score and score|float > 3 %}(추천){% endif %}{% endif %}".into(),
        date: template("{{ held_on }}"),
        link: template("https://talks/{{ event|urlencode }}"),
        owner: template("{{ owner or '' }}"),
        event: template("{{ event }}"),
        language: template("ko"),
        access: Listed::Template("{{ readers }}".into()),
        tags: Listed::Template("{{ event }}, 발표,".into()),
    }
}

fn sql(url: &str, query: &str, records: RecordSettings) -> Box<dyn DocumentSource> {
    let settings = SqlSettings {
        url: url.to_owned(),
        query: query.to_owned(),
        timeout: Duration::from_secs(60),
        time_zone: "+09:00".to_owned(),
        records,
    };
    Box::new(SqlSource::new(settings).unwrap())
}

fn file(place: &Place, name: &str, format: RecordFormat, content: &[u8]) -> Box<dyn DocumentSource> {
    place.write(name, content);
    let settings =
        RecordFileSettings { path: place.path(name), format, max_bytes: 1000, records: settings() };
    Box::new(RecordFileSource::new(settings).unwrap())
}

/// The rows, one after another, NULL as nothing.
const COLUMNS: [&str; 8] = ["event", "number", "title", "held_on", "score", "readers", "owner", "changed"];
const ROWS: [[&str; 8]; 9] = [
    ["서밋/2024", "1", "셀 기반, \"구조\"", "2024-05-16", "4.50", "all", "데이터팀", "v1"],
    ["서밋", "2", "가\n나", "2024-05-17", "", "hr, dev", "", "v1"],
    ["서밋", "2", "again", "2024-05-17", "1", "all", "", "v1"],
    ["", "3", "no key", "2024-05-17", "1", "all", "", "v1"],
    ["밋업", "4", "비밀", "2024-05-18", "2.0", "", "", "v1"],
    ["밋업", "5", "날짜 없음", "", "0", "all", "", ""],
    ["밋업", "0", "빈 글", "2024-05-18", "1", "all", "", "v1"],
    ["밋업%2F", "6", "끝", "2024-05-19", "-1.25", "all", "", "v2"],
    ["밋업/", "6", "another key", "2024-05-19", "3", "all", "", "v2"],
];

/// Every system with the same rows in it, as far as the systems are there.
fn systems(place: &Place, held: &mut Vec<Database>) -> Vec<(&'static str, Box<dyn DocumentSource>)> {
    let quote = |value: &str| match value {
        "" => "NULL".to_owned(),
        value => format!("'{}'", value.replace('\'', "''")),
    };
    let table = "CREATE TABLE talks (position INTEGER, event VARCHAR(20), number INTEGER, title VARCHAR(200), held_on DATE, \
         score DECIMAL(6, 2), readers VARCHAR(20), owner VARCHAR(20), changed VARCHAR(9)); ";
    let numbered = ROWS.iter().enumerate().map(|(at, row)| format!("({at}, {})", row.map(quote).join(", ")));
    let table = format!("{table}INSERT INTO talks VALUES {};", numbered.collect::<Vec<_>>().join(", "));
    let query = format!("SELECT {} FROM talks ORDER BY position", COLUMNS.join(", "));

    let mut out = Vec::new();
    // SQLite has no decimals of its own: as text they stay what they are.
    let sqlite = table.replace("score DECIMAL(6, 2)", "score TEXT");
    database::create(&place.path("talks.sqlite"), &sqlite);
    let url = format!("sqlite:{}", place.path("talks.sqlite").display());
    out.push(("SQLite", sql(&url, &query.replace("score", "score + 0.0 AS score"), settings())));
    for (name, system) in [("PostgreSQL", System::Postgres), ("MySQL", System::MySql)] {
        if let Some(database) = Database::create(system, "one table of rows in every system") {
            database.run(&table);
            out.push((name, sql(&database.url(), &query, settings())));
            held.push(database);
        }
    }
    let cell = |value: &str| format!("\"{}\"", value.replace('"', "\"\""));
    let lines = ROWS.map(|row| row.map(cell).join(",")).join("\r\n");
    let csv = format!("{}\r\n{lines}\r\n", COLUMNS.join(","));
    out.push(("CSV", file(place, "talks.csv", RecordFormat::Csv(None), csv.as_bytes())));
    let json = |row: [&str; 8]| {
        let values = COLUMNS.into_iter().zip(row).map(|(column, value)| {
            let is_number = column == "number" || column == "score";
            let value = match value {
                "" => "null".to_owned(),
                value if is_number => value.to_owned(),
                value => serde_json::Value::from(value).to_string(),
            };
            format!("\"{column}\": {value}")
        });
        format!("{{{}}}", values.collect::<Vec<_>>().join(", "))
    };
    let lines = ROWS.map(json).join("\n");
    out.push(("JSON Lines", file(place, "talks.jsonl", RecordFormat::JsonLines, lines.as_bytes())));
    out
}

/// An item in a few words, with what its system may write differently left out.
fn told(item: &Result<Found, Fault>) -> String {
    match item {
        Ok(Found::Same(id)) => format!("= {id}"),
        Err(fault) => {
            let document = fault.document.as_ref().map_or("-", |id| id.as_str());
            format!("! {document} {}{}", fault.problem, if fault.kept { " (kept)" } else { "" })
        }
        Ok(Found::Item(SourceItem { id, origin, version, given, body })) => {
            let ItemBody::Record { title, text, fields } = body else { panic!("{body:?}") };
            let Origin::Row { database, table, .. } = origin else { panic!("{origin:?}") };
            assert_eq!((database.as_str(), table.as_str()), ("here", "talks"));
            assert_eq!(given.language.as_deref(), Some("ko"));
            assert!(!fields.contains_key("readers"), "only the fields that are named");
            assert!(matches!(fields.get("held_on"), None | Some(Value::Date(_))), "{fields:?}");
            assert!(matches!(fields.get("number"), Some(Value::Integer(_))), "{fields:?}");
            let date = given.date.map(|date| date.to_string()).unwrap_or_default();
            let version =
                version.as_ref().map_or("-", |version| version.split(' ').next().unwrap_or_default());
            format!(
                "{id} | {title} | {text} | {date} | {} | {} | {} | {version}",
                given.access.join("+"),
                given.tags.join("+"),
                given.owner.as_deref().unwrap_or("-"),
            )
        }
    }
}

#[test]
fn every_system_tells_the_same_of_the_same_rows() {
    let expected = [
        "talks/서밋%2F2024/1 | 셀 기반, \"구조\" | 2024-05-16에 ‘셀 기반, \"구조\"’(추천) | 2024-05-16 | all | 서밋/2024+발표 | 데이터팀 | v1",
        "talks/서밋/2 | 가\n나 | 2024-05-17에 ‘가\n나’ | 2024-05-17 | hr+dev | 서밋+발표 | - | v1",
        "! talks/서밋/2 row 3 has the key of a row before it, and is left out",
        "! talks/row 4 its key column \"event\" is NULL",
        "talks/밋업/4 | 비밀 | 2024-05-18에 ‘비밀’ | 2024-05-18 |  | 밋업+발표 | - | -",
        "! talks/밋업/4 `access` names no group for row 5 (kept)",
        "talks/밋업/5 | 날짜 없음 | 에 ‘날짜 없음’ |  | all | 밋업+발표 | - | -",
        "! talks/밋업/0 `text` tells nothing of row 7",
        "talks/밋업%252F/6 | 끝 | 2024-05-19에 ‘끝’ | 2024-05-19 | all | 밋업%2F+발표 | - | v2",
        "talks/밋업%2F/6 | another key | 2024-05-19에 ‘another key’ | 2024-05-19 | all | 밋업/+발표 | - | v2",
    ];
    let place = Place::empty();
    let mut held = Vec::new();
    for (name, source) in systems(&place, &mut held) {
        let first = given(source.as_ref(), Arc::new(NothingKnown));
        assert_eq!(first.iter().map(told).collect::<Vec<_>>(), expected, "{name}");

        let versions = first.iter().filter_map(|item| match item {
            Ok(Found::Item(item)) => Some((item.id.clone(), item.version.clone()?)),
            _ => None,
        });
        let second = given(source.as_ref(), Arc::new(Has(versions.collect())));
        for (first, second) in first.iter().zip(&second) {
            match first {
                Ok(Found::Item(item)) if item.version.is_some() => {
                    assert_eq!(told(second), format!("= {}", item.id), "{name}");
                }
                _ => assert_eq!(first, second, "{name}: what has no version is told again"),
            }
        }
    }
}

/// Columns of every type as their expressions, with the value that each becomes or what is said of it.
type Types = [(&'static str, Result<&'static str, &'static str>)];

const POSTGRES: &Types = &[
    ("7::smallint", Ok("Integer(7)")),
    ("(-9223372036854775808)::bigint", Ok("Integer(-9223372036854775808)")),
    ("12345678901234567890.1234567890::numeric", Ok("Real(\"12345678901234567890.1234567890\")")),
    ("400.00::numeric", Ok("Real(\"400.00\")")),
    ("'NaN'::numeric", Ok("Text(\"NaN\")")),
    ("0.1::double precision", Ok("Real(\"0.1\")")),
    ("1.5::real", Ok("Real(\"1.5\")")),
    ("true", Ok("Boolean(true)")),
    ("false", Ok("Boolean(false)")),
    ("date '2024-05-16'", Ok("Date(2024-05-16)")),
    ("date 'infinity'", Ok("Text(\"infinity\")")),
    ("date '0044-03-15 BC'", Ok("Text(\"0044-03-15 BC\")")),
    ("timestamp '2024-05-16 09:30:00.25'", Ok("Date(2024-05-16)")),
    ("timestamptz '2024-05-15 22:30:00+00'", Ok("Date(2024-05-16)")),
    ("time '09:30'", Ok("Text(\"09:30:00\")")),
    ("interval '1 day 2 hours'", Ok("Text(\"1 day 02:00:00\")")),
    ("'가'::text", Ok("Text(\"가\")")),
    ("'가'::char(3)", Ok("Text(\"가  \")")),
    ("'{\"a\": [1, 2.50]}'::json", Ok("Text(\"{\\\"a\\\": [1, 2.50]}\")")),
    ("'{\"a\": 1}'::jsonb", Ok("Text(\"{\\\"a\\\": 1}\")")),
    ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", Ok("Text(\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\")")),
    ("array['가', '나 다']", Ok("Text(\"{가,\\\"나 다\\\"}\")")),
    ("array[1, 2]", Ok("Text(\"{1,2}\")")),
    ("'낮음'::level", Ok("Text(\"낮음\")")),
    ("array['낮음'::level]", Ok("Text(\"{낮음}\")")),
    ("inet '10.0.0.1/8'", Ok("Text(\"10.0.0.1/8\")")),
    ("money '3.50'", Ok("Text(\"$3.50\")")),
    ("row(1, '가')", Ok("Text(\"(1,가)\")")),
    ("int4range(1, 3)", Ok("Text(\"[1,3)\")")),
    ("''::text", Ok("Text(\"\")")),
    ("null::text", Ok("-")),
    ("'\\x00ff'::bytea", Err("the column \"v\" of row 1 holds bytes (bytea)")),
];

const MYSQL: &Types = &[
    ("CAST(7 AS SIGNED)", Ok("Integer(7)")),
    ("CAST(18446744073709551615 AS UNSIGNED)", Ok("Real(\"18446744073709551615\")")),
    (
        "CAST('12345678901234567890.1234567890' AS DECIMAL(40, 10))",
        Ok("Real(\"12345678901234567890.1234567890\")"),
    ),
    ("c_double", Ok("Real(\"0.1\")")),
    ("c_float", Ok("Real(\"1.5\")")),
    ("c_bool", Ok("Boolean(true)")),
    ("c_tiny", Ok("Integer(-7)")),
    ("c_year", Ok("Integer(2024)")),
    ("c_date", Ok("Date(2024-05-16)")),
    ("c_datetime", Ok("Date(2024-05-16)")),
    ("c_timestamp", Ok("Date(2024-05-16)")),
    ("c_time", Ok("Text(\"-26:30:00\")")),
    ("c_text", Ok("Text(\"가\")")),
    ("c_char", Ok("Text(\"나\")")),
    ("c_bin_text", Ok("Text(\"다\")")),
    ("c_enum", Ok("Text(\"낮음\")")),
    ("c_set", Ok("Text(\"a,b\")")),
    ("c_json", Ok("Text(\"{\\\"a\\\": [1, 2.50]}\")")),
    ("c_bit", Ok("Integer(5)")),
    ("NULL", Ok("-")),
    ("c_blob", Err("the column \"v\" of row 1 holds bytes (blob)")),
    ("c_varbinary", Err("the column \"v\" of row 1 holds bytes (varbinary)")),
    ("POINT(1, 2)", Err("the column \"v\" of row 1 holds bytes (geometry)")),
];

const MYSQL_TABLE: &str = "CREATE TABLE t (c_double DOUBLE, c_float FLOAT, c_bool BOOLEAN, c_tiny TINYINT, c_year YEAR,
    c_date DATE, c_datetime DATETIME, c_timestamp TIMESTAMP, c_time TIME, c_text TEXT CHARACTER SET euckr,
    c_char CHAR(5) CHARACTER SET utf8mb4, c_bin_text TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    c_enum ENUM('낮음', '높음') CHARACTER SET utf8mb4, c_set SET('a', 'b'), c_json JSON, c_bit BIT(9), c_blob BLOB,
    c_varbinary VARBINARY(9));
    SET time_zone = '+00:00';
    INSERT INTO t VALUES (0.1, 1.5, TRUE, -7, 2024, '2024-05-16', '2024-05-16 09:30:00', '2024-05-15 22:30:00',
    '-26:30:00', '가', '나', '다', '낮음', 'a,b', '{\"a\": [1, 2.50]}', b'101', x'00ff', x'6162')";

const SQLITE: &Types = &[
    ("7", Ok("Integer(7)")),
    ("0.1", Ok("Real(\"0.1\")")),
    ("c_bool", Ok("Boolean(true)")),
    ("c_flag", Ok("Integer(2)")),
    ("c_date", Ok("Date(2024-05-16)")),
    ("c_datetime", Ok("Date(2024-05-16)")),
    ("c_vague", Ok("Text(\"다음 주\")")),
    ("'2024-05-16'", Ok("Text(\"2024-05-16\")")),
    ("NULL", Ok("-")),
    ("x'00ff'", Err("the column \"v\" of row 1 holds a blob")),
];

fn assert_types(system: &str, url: &str, from: &str, types: &Types) {
    for (expression, expected) in types {
        let records = RecordSettings {
            name: "t".into(),
            key: vec!["id".into()],
            title: "t".into(),
            text: "[{{ v }}]".into(),
            access: Listed::Fixed(vec!["all".into()]),
            ..RecordSettings::default()
        };
        let query = format!("SELECT 'a' AS id, {expression} AS v{from}");
        let items = given(sql(url, &query, records).as_ref(), Arc::new(NothingKnown));
        let told = match items.as_slice() {
            [Ok(Found::Item(SourceItem { body: ItemBody::Record { fields, .. }, .. }))] => {
                Ok(match fields.get("v") {
                    None => "-".to_owned(),
                    Some(Value::Date(date)) => format!("Date({date})"),
                    Some(value) => format!("{value:?}"),
                })
            }
            [Err(fault)] => Err(fault.problem.as_str()),
            other => panic!("{system}: {expression}: {other:?}"),
        };
        assert_eq!(told.as_deref().map_err(|problem| *problem), *expected, "{system}: {expression}");
    }
}

#[test]
fn every_type_becomes_a_value_or_a_fault_that_names_the_column() {
    let place = Place::empty();
    let table =
        "CREATE TABLE t (c_bool BOOLEAN, c_flag BOOLEAN, c_date DATE, c_datetime DATETIME, c_vague DATE);
        INSERT INTO t VALUES (1, 2, '2024-05-16', '2024-05-16 09:30:00', '다음 주')";
    database::create(&place.path("t.sqlite"), table);
    assert_types("SQLite", &format!("sqlite:{}", place.path("t.sqlite").display()), " FROM t", SQLITE);
    if let Some(database) = Database::create(System::Postgres, "types of PostgreSQL") {
        database.run("CREATE TYPE level AS ENUM ('낮음', '높음')");
        assert_types("PostgreSQL", &database.url(), "", POSTGRES);
    }
    if let Some(database) = Database::create(System::MySql, "types of MySQL") {
        database.run(MYSQL_TABLE);
        assert_types("MySQL", &database.url(), " FROM t", MYSQL);
    }
}

/// What a source says of a query that must not run to its end, or that changes something.
fn stopped(url: &str, query: &str, timeout: Duration) -> Vec<String> {
    let settings = SqlSettings {
        url: url.to_owned(),
        query: query.to_owned(),
        timeout,
        time_zone: "+09:00".to_owned(),
        records: RecordSettings {
            name: "t".into(),
            key: vec!["id".into()],
            title: "t".into(),
            text: "t".into(),
            access: Listed::Fixed(vec!["all".into()]),
            ..RecordSettings::default()
        },
    };
    match SqlSource::new(settings) {
        Err(error) => vec![format!("setting {error}")],
        Ok(source) => given(&source, Arc::new(NothingKnown)).iter().map(told_briefly).collect(),
    }
}

fn told_briefly(item: &Result<Found, Fault>) -> String {
    match item {
        Ok(found) => format!("{found:?}"),
        Err(fault) => {
            format!("{}: {}", fault.document.as_ref().map_or("source", |id| id.as_str()), fault.problem)
        }
    }
}

#[test]
fn a_query_that_writes_is_refused() {
    let patience = Duration::from_secs(60);
    if let Some(database) = Database::create(System::Postgres, "PostgreSQL refuses to write") {
        database.run(
            "CREATE TABLE t (id int); CREATE SEQUENCE s; INSERT INTO t VALUES (1);
             CREATE FUNCTION w() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (2) RETURNING id'",
        );
        let cases = [
            ("DELETE FROM t", "setting source \"t\": `query`: it must be one SELECT"),
            ("SELECT 1 AS id; DELETE FROM t", "more than one statement"),
            (
                "WITH x AS (DELETE FROM t RETURNING id) SELECT * FROM x",
                "must not contain data-modifying statements",
            ),
            ("SELECT w() AS id", "cannot execute INSERT in a read-only transaction"),
            ("SELECT nextval('s') AS id", "cannot execute nextval() in a read-only transaction"),
            ("SELECT id INTO u FROM t", "source: the query failed"),
            ("SELECT id FROM t FOR UPDATE", "cannot execute SELECT FOR UPDATE in a read-only transaction"),
            // To whoever does not know E'…' these are one statement and two texts.
            ("SELECT E'\\'' AS id; COMMIT; DROP TABLE t; -- '", "cannot insert multiple commands"),
            ("SELECT E'\\'' ; COMMIT; DROP TABLE t; -- '", "cannot insert multiple commands"),
            ("SELECT set_config('transaction_read_only', 'off', false) AS id", "read-write mode"),
        ];
        for (query, problem) in cases {
            let told = stopped(&database.url(), query, patience);
            assert!(told.len() == 1 && told[0].contains(problem), "{query}: {told:?}");
        }
        let left = stopped(&database.url(), "SELECT id FROM t WHERE id <> 1 UNION SELECT 1", patience);
        assert!(left.len() == 1 && left[0].contains("\"t/1\""), "{left:?}");
    }
    if let Some(database) = Database::create(System::MySql, "MySQL refuses to write") {
        database.run(
            "CREATE TABLE t (id int); INSERT INTO t VALUES (1);
             CREATE FUNCTION w() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO t VALUES (2); RETURN 2; END",
        );
        let cases = [
            ("DELETE FROM t", "setting source \"t\": `query`: it must be one SELECT"),
            ("SELECT 1 AS id; DELETE FROM t", "more than one statement"),
            ("SELECT w() AS id", "Cannot execute statement in a READ ONLY transaction"),
            // To whoever does not know MySQL's backslash this is one statement and two texts.
            ("SELECT '\\'' ; COMMIT; DROP TABLE t; -- '", "You have an error in your SQL syntax"),
            ("SELECT 1 AS id INTO OUTFILE '/tmp/siren-test-outfile'", "makes MySQL write a file"),
            ("SELECT 1 AS id /*!50000 INTO OUTFILE '/tmp/siren-test-outfile' */", "makes MySQL write a file"),
        ];
        for (query, problem) in cases {
            let told = stopped(&database.url(), query, patience);
            assert!(told.len() == 1 && told[0].contains(problem), "{query}: {told:?}");
        }
        let left = stopped(&database.url(), "SELECT id FROM t WHERE id <> 1 UNION SELECT 1", patience);
        assert!(left.len() == 1 && left[0].contains("\"t/1\""), "{left:?}");
    }
}

#[test]
fn a_query_without_an_end_is_stopped() {
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS id FROM n";
    let problem = "source: the query was stopped: the database took longer than 1 s";
    let place = Place::empty();
    database::create(&place.path("t.sqlite"), "CREATE TABLE t (id)");
    let patience = Duration::from_secs(1);
    let url = format!("sqlite:{}", place.path("t.sqlite").display());
    assert_eq!(stopped(&url, endless, patience), [problem], "SQLite");
    if let Some(database) = Database::create(System::Postgres, "PostgreSQL stops") {
        for query in [endless, "SELECT pg_sleep(86400), 1 AS id"] {
            assert_eq!(stopped(&database.url(), query, patience), [problem], "PostgreSQL: {query}");
        }
    }
    if let Some(database) = Database::create(System::MySql, "MySQL stops") {
        let query = "SELECT sleep(86400) AS id";
        assert_eq!(stopped(&database.url(), query, patience), [problem], "MySQL");
        let running = "SELECT id, info FROM information_schema.processlist WHERE info LIKE 'SELECT sleep(8%'";
        let wait = Duration::from_secs(60);
        e2e::process::wait_for("the server to end the query", || {
            stopped(&database.url(), running, wait)[0].contains("gives no rows").then_some(())
        });
    }
}

#[test]
fn a_server_that_lets_nobody_in_says_so_without_the_password() {
    for system in [System::Postgres, System::MySql] {
        let Some(database) = Database::create(system, "a wrong password") else { continue };
        let cases = [
            database.url().replace("loopback", "hunter2"),
            database.url().replace("127.0.0.1", "nowhere.invalid"),
            format!("{}_none", database.url()),
        ];
        for url in cases {
            let told = stopped(&url, "SELECT 1 AS id", Duration::from_secs(60));
            assert!(
                told.len() == 1 && told[0].starts_with("source: the database cannot be reached: "),
                "{told:?}"
            );
            assert!(!told[0].contains("hunter2") && !told[0].contains("loopback"), "{told:?}");
        }
    }
}
