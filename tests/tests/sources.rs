//! Wherever documents and records lie: what is added is found, what changed is read again, what is gone is gone, and
//! what cannot be reached is kept.
#![expect(clippy::expect_used, reason = "a test that cannot go on should stop")]

use e2e::servers::{Bucket, Container, Database, GoogleBucket, Share, System};
use e2e::{Place, assert_tells, database};
use serde_json::{Value, json};

/// The password of the servers, which must never show.
const PASSWORD: &str = "loopback";
const VARIABLES: [(&str, &str); 5] = [
    // The one that Microsoft's emulator always has.
    (
        "TEST_AZURE_KEY",
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    ),
    ("TEST_PASSWORD", PASSWORD),
    ("TEST_KEY_ID", "AKIATESTONLY"),
    ("TEST_KEY", "secret-of-s3"),
    ("TEST_USER", "siren"),
];
const SECRETS: [&str; 4] = [PASSWORD, "AKIATESTONLY", "secret-of-s3", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1"];

/// A way to put documents somewhere and to take them away.
struct Holder<'a> {
    name: &'static str,
    /// The `[[source]]`, without its head.
    settings: String,
    /// The same with an address where nobody is.
    gone: String,
    /// Ids of the documents `store` and `menu`.
    ids: [&'a str; 2],
    put: &'a dyn Fn(&Place, &str, &str),
    remove: &'a dyn Fn(&Place, &str),
}

#[track_caller]
fn reindexed(place: &Place, case: &str) -> Value {
    let ran = place.siren_with(&VARIABLES, &["reindex", "--json"]);
    let shown = format!("{ran:?}{:?}", place.siren_with(&VARIABLES, &["config"]).exits(0));
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{case}: a secret shows: {shown}");
    }
    ran.json()
}

#[track_caller]
fn assert_did(case: &str, report: &Value, counts: [(&str, usize); 4]) {
    for (what, number) in counts {
        assert_eq!(report["documents"][what], number, "{case}: {what}: {report:#}");
    }
}

#[track_caller]
fn assert_answers(place: &Place, case: &str, fact: &str) -> Value {
    let asked = ["ask", "창고 비밀번호는 무엇인가요?", "--json"];
    let answer = place.siren_with(&VARIABLES, &asked).exits(0).json();
    assert_tells(case, answer["answer"].as_str().unwrap_or_default(), &[fact]);
    answer
}

impl Holder<'_> {
    fn write_settings(&self, place: &Place, settings: &str) {
        place.write("siren.toml", format!("[[source]]\nname = \"held\"\n{settings}"));
    }

    fn travel(&self) {
        let case = |step: &str| format!("{}: {step}", self.name);
        let place = Place::empty();
        self.write_settings(&place, &self.settings);
        (self.put)(&place, "store", "창고 비밀번호는 4821번이다.");
        (self.put)(&place, "menu", "구내식당은 열한 시 반에 연다.");
        let report = reindexed(&place, self.name);
        assert_did(&case("first"), &report, [("added", 2), ("changed", 0), ("deleted", 0), ("failed", 0)]);
        assert_eq!(report["faults"], json!([]), "{}", self.name);
        let answer = assert_answers(&place, &case("first"), "4821");
        assert_eq!(answer["citations"][0]["document_id"], self.ids[0], "{answer:#}");

        let report = reindexed(&place, self.name);
        assert_did(&case("again"), &report, [("added", 0), ("changed", 0), ("deleted", 0), ("unchanged", 2)]);

        (self.put)(&place, "store", "창고 비밀번호는 7153번이다.");
        let report = reindexed(&place, self.name);
        assert_did(
            &case("change"),
            &report,
            [("added", 0), ("changed", 1), ("deleted", 0), ("unchanged", 1)],
        );
        assert_eq!(report["touched"], json!([self.ids[0]]), "{}", self.name);
        assert_answers(&place, &case("change"), "7153");

        (self.remove)(&place, "menu");
        let report = reindexed(&place, self.name);
        assert_did(
            &case("delete"),
            &report,
            [("added", 0), ("changed", 0), ("deleted", 1), ("unchanged", 1)],
        );
        assert_eq!(report["touched"], json!([self.ids[1]]), "{}", self.name);

        self.write_settings(&place, &self.gone);
        let report = reindexed(&place, self.name);
        assert_did(&case("gone"), &report, [("added", 0), ("changed", 0), ("deleted", 0), ("kept", 1)]);
        let faults = report["faults"].as_array().cloned().unwrap_or_default();
        assert_eq!((faults.len(), &faults[0]["document"]), (1, &Value::Null), "{}: {report:#}", self.name);
        assert_answers(&place, &case("gone"), "7153");
    }
}

const TELLING: &str = "key = \"id\"\ntitle = \"{{ id }}\"\ntext = \"{{ body }}\"\n";

fn rows_of(system: System, journey: &'static str) {
    let Some(database) = Database::create(system, journey) else { return };
    database.run("CREATE TABLE notes (id VARCHAR(40) PRIMARY KEY, body TEXT)");
    let url = database.url().replace(PASSWORD, "${TEST_PASSWORD}");
    let settings = |url: &str| {
        format!("kind = \"sql\"\nurl = \"{url}\"\nquery = \"SELECT * FROM notes ORDER BY id\"\n{TELLING}")
    };
    let (user, _) = url.split_once('@').expect("a user");
    Holder {
        name: journey,
        settings: settings(&url),
        gone: settings(&format!("{user}@127.0.0.1:1/{}", database.name())),
        ids: ["held/store", "held/menu"],
        put: &|_, id, body| {
            database.run(&format!(
                "DELETE FROM notes WHERE id = '{id}'; INSERT INTO notes VALUES ('{id}', '{body}')"
            ));
        },
        remove: &|_, id| database.run(&format!("DELETE FROM notes WHERE id = '{id}'")),
    }
    .travel();
}

#[test]
fn rows_of_postgresql() {
    rows_of(System::Postgres, "rows of PostgreSQL");
}

#[test]
fn rows_of_mysql() {
    rows_of(System::MySql, "rows of MySQL");
}

#[test]
fn rows_of_sqlite() {
    let create = |place: &Place, sql: &str| {
        let kept = place.path("kept.sql");
        let sql = std::fs::read_to_string(&kept)
            .unwrap_or_else(|_| "CREATE TABLE notes (id TEXT PRIMARY KEY, body TEXT);".to_owned())
            + sql;
        place.write("kept.sql", &sql);
        database::create(&place.path("notes.sqlite"), &sql);
    };
    let settings = |file: &str| {
        format!("kind = \"sql\"\nurl = \"sqlite:{file}\"\nquery = \"SELECT * FROM notes\"\n{TELLING}")
    };
    Holder {
        name: "rows of SQLite",
        settings: settings("notes.sqlite"),
        gone: settings("none.sqlite"),
        ids: ["held/store", "held/menu"],
        put: &|place, id, body| create(place, &format!("REPLACE INTO notes VALUES ('{id}', '{body}');")),
        remove: &|place, id| create(place, &format!("DELETE FROM notes WHERE id = '{id}';")),
    }
    .travel();
}

/// Lines of a file by their keys, the first line kept.
fn edit(place: &Place, file: &str, head: &str, key: &str, line: Option<String>) {
    let old = std::fs::read_to_string(place.path(file)).unwrap_or_default();
    let others = old.lines().filter(|line| *line != head && !line.contains(key));
    let lines: Vec<String> = others.map(str::to_owned).chain(line).collect();
    let head = if head.is_empty() { String::new() } else { format!("{head}\n") };
    place.write(file, format!("{head}{}\n", lines.join("\n")));
}

#[test]
fn rows_of_a_csv_file() {
    let settings = |file: &str| format!("kind = \"csv\"\npath = \"{file}\"\n{TELLING}");
    Holder {
        name: "rows of a CSV file",
        settings: settings("notes.csv"),
        gone: settings("none.csv"),
        ids: ["held/store", "held/menu"],
        put: &|place, id, body| edit(place, "notes.csv", "id;body", id, Some(format!("{id};\"{body}\""))),
        remove: &|place, id| edit(place, "notes.csv", "id;body", id, None),
    }
    .travel();
}

#[test]
fn rows_of_a_json_lines_file() {
    let settings = |file: &str| format!("kind = \"jsonl\"\npath = \"{file}\"\n{TELLING}");
    let line = |id: &str, body: &str| Some(json!({ "id": id, "body": body }).to_string());
    Holder {
        name: "rows of a JSON Lines file",
        settings: settings("notes.jsonl"),
        gone: settings("none.jsonl"),
        ids: ["held/store", "held/menu"],
        put: &|place, id, body| edit(place, "notes.jsonl", "", id, line(id, body)),
        remove: &|place, id| edit(place, "notes.jsonl", "", id, None),
    }
    .travel();
}

#[test]
fn files_of_a_folder() {
    let settings = |path: &str| format!("kind = \"folder\"\npath = \"{path}\"\n");
    Holder {
        name: "files of a folder",
        settings: settings("notes"),
        gone: settings("none"),
        ids: ["held/store.md", "held/menu.md"],
        put: &|place, id, body| place.write(format!("notes/{id}.md"), body),
        remove: &|place, id| std::fs::remove_file(place.path(format!("notes/{id}.md"))).expect("a file"),
    }
    .travel();
}

/// A journey over an object store: `settings` are those of an address and a name, `put` and `remove` go by keys as an
/// address has them.
fn objects_of(
    journey: &'static str,
    (endpoint, name): (&str, &str),
    settings: &dyn Fn(&str, &str) -> String,
    put: &dyn Fn(&str, &str),
    remove: &dyn Fn(&str),
) {
    // Neither hidden nor outside the prefix, nor of another kind.
    for key in ["other/x.md", "team/.hidden/x.md", "team/.x.md", "team/x.bin"] {
        put(key, "창고 비밀번호는 0000번이다.");
    }
    for gone in [settings("http://127.0.0.1:1", name), settings(endpoint, "no-such-bucket")] {
        Holder {
            name: journey,
            settings: settings(endpoint, name),
            gone,
            ids: ["held/노트/store.md", "held/menu.md"],
            put: &|_, id, body| put(&format!("team/{}", path(id)), body),
            remove: &|_, id| remove(&format!("team/{}", path(id))),
        }
        .travel();
    }
}

#[test]
fn objects_of_an_s3_bucket() {
    let journey = "objects of an S3 bucket";
    let Some(bucket) = Bucket::create(journey) else { return };
    let settings = |endpoint: &str, name: &str| {
        format!(
            "kind = \"s3\"\nbucket = \"{name}\"\nprefix = \"team\"\nendpoint = \"{endpoint}\"\ntimeout_s = 2\n\
             access_key_id = \"${{TEST_KEY_ID}}\"\nsecret_access_key = \"${{TEST_KEY}}\"\n"
        )
    };
    let place = (bucket.endpoint.as_str(), bucket.name.as_str());
    objects_of(journey, place, &settings, &|key, body| bucket.put(key, body), &|key| bucket.remove(key));
}

#[test]
fn objects_of_a_google_bucket() {
    let journey = "objects of a bucket of Google Cloud Storage";
    let Some(bucket) = GoogleBucket::create(journey) else { return };
    let settings = |endpoint: &str, name: &str| {
        format!(
            "kind = \"gcs\"\nbucket = \"{name}\"\nprefix = \"team\"\nendpoint = \"{endpoint}\"\ntimeout_s = 2\n"
        )
    };
    let place = (bucket.endpoint.as_str(), bucket.name.as_str());
    objects_of(journey, place, &settings, &|key, body| bucket.put(key, body), &|key| bucket.remove(key));
}

/// Once with the account's key and once with a signature.
#[test]
fn objects_of_an_azure_container() {
    let journey = "objects of a container of Azure Blob Storage";
    for credential in ["account_key = \"${TEST_AZURE_KEY}\"", "sas_token = \"${SIREN_TEST_AZURE_SAS}\""] {
        let Some(container) = Container::create(journey) else { return };
        let settings = |endpoint: &str, name: &str| {
            format!(
                "kind = \"azblob\"\naccount = \"devstoreaccount1\"\ncontainer = \"{name}\"\nprefix = \"team\"\n\
                 endpoint = \"{endpoint}\"\ntimeout_s = 2\n{credential}\n"
            )
        };
        let place = (container.endpoint.as_str(), container.name.as_str());
        let (put, remove) =
            (|key: &str, body: &str| container.put(key, body), |key: &str| container.remove(key));
        objects_of(journey, place, &settings, &put, &remove);
    }
}

/// Where a document lies: one of them in a folder with a Korean name, as an address has it.
fn path(id: &str) -> String {
    match id {
        "store" => "%EB%85%B8%ED%8A%B8/store.md".to_owned(),
        id => format!("{id}.md"),
    }
}

#[test]
fn files_of_a_webdav_share() {
    let journey = "files of a WebDAV share";
    let Some(share) = Share::create(journey) else { return };
    for folder in ["%EB%85%B8%ED%8A%B8", ".hidden"] {
        share.make_folder(folder);
    }
    share.put(".hidden/x.md", "창고 비밀번호는 0000번이다.");
    let settings = |url: &str| {
        format!(
            "kind = \"webdav\"\nurl = \"{url}\"\nuser = \"${{TEST_USER}}\"\npassword = \"${{TEST_PASSWORD}}\"\ntimeout_s = 2\n"
        )
    };
    // A server that is away, and a folder that is: neither is an empty folder.
    for gone in ["http://127.0.0.1:1/files".to_owned(), format!("{}-none", share.url())] {
        Holder {
            name: journey,
            settings: settings(&share.url()),
            gone: settings(&gone),
            ids: ["held/노트/store.md", "held/menu.md"],
            put: &|_, id, body| share.put(&path(id), body),
            remove: &|_, id| share.remove(&path(id)),
        }
        .travel();
    }
}
