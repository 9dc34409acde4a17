//! What the journeys in `tests/` do not go into: every place of a mistake, every kind of source.

use std::path::Path;

use super::{Effective, Origin, SourceKind, SourceSettings, environment, file};

/// Reads `text` as the settings file of a folder of its own; the folder's name is cut from what is told.
fn read(text: &str) -> Result<Effective, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("siren.toml");
    std::fs::write(&path, text).unwrap();
    let shown = folder.path().display().to_string();
    let checked = file::read(&path).and_then(|effective| effective.check().map(|()| effective));
    checked.map_err(|error| error.to_string().replace(&format!("{shown}/"), ""))
}

#[track_caller]
fn tells(text: &str, needles: &[&str]) {
    let told = read(text).err().unwrap_or_else(|| panic!("this is no mistake to it: {text}"));
    for needle in needles {
        assert!(told.contains(needle), "{needle:?} is not told of {text:?}: {told}");
    }
}

#[test]
fn each_mistake_has_its_line() {
    let cases: [(&str, &[&str]); 13] = [
        (
            "# a\n\n[index]\nmax_tokens = 100\noverlap = 100\n",
            &["siren.toml:5", "`index.overlap`", "smaller"],
        ),
        ("[index]\noverlap = 400\n", &["siren.toml:2", "`index.overlap`", "index.max_tokens"]),
        ("[index]\nmax_tokens = -1\n", &["siren.toml:2", "max_tokens"]),
        ("[index]\nmax_tokens = 1.5\n", &["siren.toml:2", "max_tokens"]),
        ("index = 3\n", &["siren.toml:1", "index"]),
        ("index = { max_tokens = 0 }\n", &["siren.toml:1", "`index.max_tokens`", "between 1 and"]),
        ("[answer]\nmin_evidence = -0.1\n", &["siren.toml:2", "`answer.min_evidence`"]),
        ("[answer]\nmin_evidence = nan\n", &["siren.toml:2", "`answer.min_evidence`"]),
        ("[answer]\r\n\r\nmax_sentences = 0\r\n", &["siren.toml:3", "`answer.max_sentences`"]),
        ("[serve]\nconcurrent_answers = 0\n", &["siren.toml:2", "`serve.concurrent_answers`"]),
        ("[guard]\nrules = [\"a\"]\n", &["siren.toml:2", "rules"]),
        ("[source]\nkind = \"folder\"\n", &["siren.toml:1", "source"]),
        ("[[source]]\npath = \"a\"\n", &["siren.toml:1", "`kind`"]),
    ];
    for (text, needles) in cases {
        tells(text, needles);
    }
}

#[test]
fn each_mistake_of_a_model_has_its_line() {
    let cases: [(&str, &[&str]); 10] = [
        ("[[model]]\nname = \"a\"\n", &["siren.toml:1", "base_url"]),
        ("[[model]]\nname = \"\"\nbase_url = \"http://a\"\n", &["siren.toml:2", "`name`", "empty"]),
        ("[[model]]\nname = \"a\"\nbase_url = \"\"\n", &["siren.toml:3", "`base_url`"]),
        (
            "[[model]]\nname = \"a\"\nbase_url = \"http://a\"\nroles = [\"judge\"]\n",
            &["siren.toml:4", "judge", "rewrite"],
        ),
        ("[[model]]\nname = \"a\"\nbase_url = \"http://a\"\nroles = []\n", &["siren.toml:4", "`roles`"]),
        (
            "[[model]]\nname = \"a\"\nbase_url = \"http://a\"\n[[model]]\nname = \"a\"\nbase_url = \"http://b\"\n",
            &["siren.toml:5", "named \"a\" already"],
        ),
        (
            "[[model]]\nname = \"a\"\nbase_url = \"http://a\"\nroles = [\"check\"]\ndifficulty = \"hard\"\n",
            &["siren.toml:5", "`difficulty`", "\"answer\""],
        ),
        (
            "[[model]]\nname = \"a\"\nbase_url = \"http://a\"\nidle_timeout_s = 0\n",
            &["siren.toml:4", "`idle_timeout_s`", "seconds"],
        ),
        (
            "[[model]]\nname = \"a\"\nbase_url = \"http://a\"\ninput_price = -1.0\n",
            &["siren.toml:4", "price"],
        ),
        ("[[model]]\nname = \"a\"\nbase_url = \"http://a\"\nurl = \"x\"\n", &["siren.toml:4", "url"]),
    ];
    for (text, needles) in cases {
        tells(text, needles);
    }
}

#[test]
fn the_model_of_answer_comes_first_and_named_ones_keep_their_order() {
    let named = "[[model]]\nname = \"b\"\nbase_url = \"http://b\"\n[[model]]\nname = \"a\"\nbase_url = \"http://a\"\n\
                 roles = [\"rewrite\", \"check\"]\napi_key = \"hunter2\"\n";
    let settings = read(&format!("{named}[answer]\nbase_url = \"http://old\"\nmodel = \"old\"\n")).unwrap();
    let models = settings.settings.all_models();
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["old", "b", "a"]);
    assert!(models[1].has(super::ModelRole::Answer) && !models[2].has(super::ModelRole::Answer));
    assert_eq!(read(named).unwrap().settings.all_models().len(), 2);
    let shown = format!("{}{}", settings.to_text(), settings.to_json());
    assert!(shown.contains("[[model]]") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn each_source_has_what_its_kind_needs_and_nothing_else() {
    let folder = "kind = \"folder\"\npath = \"a\"\n";
    let sql = "kind = \"sql\"\nurl = \"sqlite:a\"\nquery = \"SELECT 1 AS id\"\nkey = \"id\"\ntitle = \"t\"\ntext = \"t\"\n";
    assert_eq!(
        read(&format!("[[source]]\n{folder}[[source]]\n{sql}table = \"t\"\n"))
            .unwrap()
            .settings
            .sources
            .len(),
        2
    );
    for (key, value) in
        [("url", "\"x\""), ("query", "\"x\""), ("key", "\"x\""), ("timeout_s", "3"), ("token", "\"x\"")]
    {
        let strange = format!("[[source]]\n{folder}\n[[source]] # second\n{folder}{key} = {value}\n");
        tells(&strange, &["siren.toml:8", "a folder source", &format!("`{key}`")]);
    }
    let needs: [(&str, &[&str]); 7] = [
        (sql, &["url", "query", "key", "title", "text"]),
        ("kind = \"s3\"\nbucket = \"b\"\n", &["bucket"]),
        ("kind = \"gcs\"\nbucket = \"b\"\n", &["bucket"]),
        ("kind = \"azblob\"\naccount = \"a\"\ncontainer = \"c\"\n", &["account", "container"]),
        ("kind = \"webdav\"\nurl = \"http://a\"\n", &["url"]),
        (
            "kind = \"csv\"\npath = \"a\"\nkey = \"k\"\ntitle = \"t\"\ntext = \"t\"\n",
            &["path", "key", "title", "text"],
        ),
        (
            "kind = \"jsonl\"\npath = \"a\"\nkey = \"k\"\ntitle = \"t\"\ntext = \"t\"\n",
            &["path", "key", "title", "text"],
        ),
    ];
    for (source, keys) in needs {
        assert!(read(&format!("[[source]]\n{source}")).is_ok(), "{source}");
        for key in keys {
            let lines: Vec<&str> =
                source.lines().filter(|line| !line.starts_with(&format!("{key} "))).collect();
            let told = format!(" source needs `{key}`");
            tells(&format!("[[source]]\n{}\n", lines.join("\n")), &["siren.toml:1", &told]);
        }
    }
    tells(&format!("[[source]]\n{sql}path = \"a\"\n"), &["siren.toml:8", "an sql source", "`path`"]);
}

#[test]
fn a_source_s_values_are_looked_at() {
    let folder = "[[source]]\nkind = \"folder\"\npath = \"a\"\n";
    let s3 = "[[source]]\nkind = \"s3\"\nbucket = \"a\"\n";
    let dav = "[[source]]\nkind = \"webdav\"\nurl = \"http://a\"\n";
    let azure = "[[source]]\nkind = \"azblob\"\naccount = \"a\"\ncontainer = \"c\"\n";
    let variable = "\"${CARGO_MANIFEST_DIR}\"";
    let cases = [
        (format!("{folder}access = \"hr\"\n"), "siren.toml:4", "`access` must be a list"),
        (format!("{folder}access = []\n"), "siren.toml:4", "`access` must name a group"),
        (format!("{folder}tags = \"a\"\n"), "siren.toml:4", "`tags` must be a list"),
        (format!("{folder}max_bytes = 0\n"), "siren.toml:4", "`max_bytes` must be between"),
        (format!("{folder}name = \"a/b\"\n"), "siren.toml:4", "`name`"),
        (format!("{folder}url = \"https://wiki\"\n"), "siren.toml:4", "is `link`"),
        (format!("{s3}\ntimeout_s = 0\n"), "siren.toml:5", "`timeout_s` must be between"),
        (
            format!("{s3}access_key_id = \"AKIA\"\nsecret_access_key = {variable}\n"),
            "siren.toml:4",
            "`access_key_id` must not be written here",
        ),
        (
            format!("{s3}access_key_id = {variable}\n"),
            "siren.toml:4",
            "`access_key_id` needs `secret_access_key`",
        ),
        (format!("{dav}password = {variable}\n"), "siren.toml:4", "`password` needs `user`"),
        (
            format!("{dav}user = \"u\"\npassword = {variable}\ntoken = {variable}\n"),
            "siren.toml:5",
            "either `password` or `token`",
        ),
        (
            format!("{azure}account_key = {variable}\nsas_token = {variable}\n"),
            "siren.toml:5",
            "either `account_key` or `sas_token`",
        ),
        (
            format!("{folder}{folder}name = \"a\"\n{folder}name = \"a\"\n"),
            "siren.toml:11",
            "named \"a\" already",
        ),
    ];
    for (text, place, problem) in cases {
        tells(&text, &[place, problem]);
    }
}

#[test]
fn a_secret_within_an_address_cannot_end_it() {
    // Of what cargo sets for a test, this one has characters that mean something in an address.
    let (value, escaped) = (env!("CARGO_MANIFEST_DIR"), env!("CARGO_MANIFEST_DIR").replace('/', "%2F"));
    assert!(value.contains('/') && value.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.".contains(c)));
    let cases = [
        ("postgres://u:${CARGO_MANIFEST_DIR}@h/db", format!("postgres://u:{escaped}@h/db")),
        ("postgres://h/db?password=${CARGO_MANIFEST_DIR}", format!("postgres://h/db?password={escaped}")),
        ("postgres://h/${CARGO_MANIFEST_DIR}", format!("postgres://h/{value}")),
        ("sqlite:${CARGO_MANIFEST_DIR}/a", format!("sqlite:{value}/a")),
        ("${CARGO_MANIFEST_DIR}", value.to_owned()),
    ];
    for (url, expected) in cases {
        let source = format!(
            "[[source]]\nkind = \"sql\"\nurl = \"{url}\"\nquery = \"q\"\nkey = \"id\"\ntitle = \"t\"\ntext = \"t\"\n"
        );
        assert_eq!(
            read(&source).unwrap().settings.sources[0].url.as_deref(),
            Some(expected.as_str()),
            "{url}"
        );
    }
}

#[test]
fn variables_are_filled_in_or_named() {
    // Cargo sets this one for every test; what it holds was known when the test was compiled.
    let known = env!("CARGO_MANIFEST_DIR");
    let url = |url: &str| format!("[answer]\nbase_url = \"{url}\"\n");
    let cases = [
        ("${CARGO_MANIFEST_DIR}", known.to_owned()),
        ("a/${CARGO_MANIFEST_DIR}/b/${CARGO_MANIFEST_DIR}", format!("a/{known}/b/{known}")),
        ("$CARGO_MANIFEST_DIR ${", "$CARGO_MANIFEST_DIR ${".to_owned()),
        ("", String::new()),
    ];
    for (given, expected) in cases {
        assert_eq!(read(&url(given)).unwrap().settings.answer.base_url, expected, "{given}");
    }
    let source = |url: &str| {
        format!(
            "[[source]]\nkind = \"sql\"\nurl = \"{url}\"\nquery = \"q\"\nkey = \"id\"\ntitle = \"t\"\ntext = \"t\"\n"
        )
    };
    let missing = [
        (url("x${SIREN_TEST_NONE}"), "`answer.base_url`"),
        ("[answer]\napi_key = \"${SIREN_TEST_NONE}\"\n".to_owned(), "`answer.api_key`"),
        (format!("{}{}", source("sqlite:a"), source("sqlite:${SIREN_TEST_NONE}")), "`source 2 url`"),
    ];
    for (text, key) in missing {
        tells(&text, &["siren.toml", key, "SIREN_TEST_NONE", "not set"]);
    }
    let mut settings = super::Settings::default();
    settings.serve.model_name = "${SIREN_TEST_NONE}".into();
    assert_eq!(environment::fill_in(&mut settings), Ok(()), "only what may hold secrets is filled in");
}

#[test]
fn a_value_tells_its_line() {
    let text = "answer.model = \"m\"\n\n[retrieval]\n# top_k = 1\n  top_k = 2\n[serve]\n\"listen\" = \"a\"\nmodel_name = \"n\"\n";
    let effective = read(text).unwrap();
    let line = |key: &str| match effective.origins.get(key) {
        Some(Origin::File { line, .. }) => Some(*line),
        _ => None,
    };
    let cases = [
        ("answer.model", Some(1)),
        ("retrieval.top_k", Some(5)),
        ("serve.model_name", Some(8)),
        ("retrieval.n_candidates", None),
        ("serve.drain_s", None),
    ];
    for (key, expected) in cases {
        assert_eq!(line(key), expected, "{key}");
    }
}

#[test]
fn paths_are_relative_to_the_file() {
    let of = |base: &str| Effective { base: base.into(), ..read("").unwrap() };
    let cases = [
        (".", "data", "data"),
        ("office", "data", "office/data"),
        ("office", "../data", "office/../data"),
        ("office", "/data", "/data"),
        (".", "/data", "/data"),
        ("/etc/siren", "rules.toml", "/etc/siren/rules.toml"),
    ];
    for (base, path, expected) in cases {
        assert_eq!(of(base).path(path), Path::new(expected), "{base} {path}");
    }
}

#[test]
fn a_source_without_a_name_is_named_by_its_place() {
    let folder = SourceSettings::of_folder;
    let of = |kind: SourceKind, change: &dyn Fn(&mut SourceSettings)| {
        let mut source = SourceSettings { kind, ..SourceSettings::default() };
        change(&mut source);
        source
    };
    let sql = |url: &str| of(SourceKind::Sql, &|source| source.url = Some(url.to_owned()));
    let s3 = |prefix: Option<&str>| {
        of(SourceKind::S3, &|source| {
            source.bucket = Some("notes".to_owned());
            source.prefix = prefix.map(str::to_owned);
        })
    };
    let dav = |url: &str| of(SourceKind::Webdav, &|source| source.url = Some(url.to_owned()));
    let csv = of(SourceKind::Csv, &|source| source.path = Some("data/고객.csv".to_owned()));
    let azure = of(SourceKind::Azblob, &|source| source.container = Some("files".to_owned()));
    let cases = [
        (folder("data/takeaways"), "takeaways"),
        (folder("data/takeaways/"), "takeaways"),
        (folder("자료"), "자료"),
        (folder("/"), "source"),
        (SourceSettings { name: Some("notes".into()), ..folder("data") }, "notes"),
        (sql("sqlite:data/conferences.sqlite"), "conferences"),
        (sql("sqlite:conferences.sqlite?mode=ro"), "conferences"),
        (sql("sqlite:///srv/talks.db"), "talks"),
        (sql("postgres://u:p@h:5432/crm?sslmode=require"), "crm"),
        (sql("mysql://u:p@h"), "source"),
        (s3(None), "notes"),
        (s3(Some("")), "notes"),
        (s3(Some("a/2024/")), "2024"),
        (dav("https://u:p@h/dav/team/"), "team"),
        (dav("https://u:p@h"), "source"),
        (csv, "고객"),
        (azure, "files"),
    ];
    for (source, expected) in cases {
        assert_eq!(source.default_name(), expected, "{source:?}");
    }
}

#[test]
fn records_stand_in_an_order() {
    let sql = "[[source]]\nkind = \"sql\"\nname = \"talks\"\nurl = \"sqlite:a\"\nquery = \"select 1\"\nkey = \"id\"\ntitle = \"t\"\ntext = \"x\"\n";
    let settings =
        read(&format!("{sql}[source.order]\ncolumn = \"place\"\nwithin = [\"day\"]\n")).unwrap().settings;
    let order = settings.sources[0].order.as_ref().unwrap().of("talks");
    assert_eq!((order.source.as_str(), order.column.as_str()), ("talks", "place"));
    assert_eq!(order.within, ["day"]);
    tells(&format!("{sql}[source.order]\nwithin = [\"day\"]\n"), &["siren.toml:9", "`order`", "`column`"]);
    tells(&format!("{sql}[source.order]\ncolum = \"place\"\n"), &["`colum`"]);
    let some = format!("{sql}fields = [\"place\"]\n[source.order]\ncolumn = \"place\"\nwithin = [\"day\"]\n");
    tells(&some, &["`order`", "\"day\"", "`fields`"]);
}

#[test]
fn merging_is_told_whole_or_not_at_all() {
    let sql = "[[source]]\nkind = \"sql\"\nurl = \"sqlite:a\"\nquery = \"q\"\nkey = \"id\"\ntitle = \"t\"\ntext = \"t\"\n";
    let link = |merge: &str| format!("{sql}[source.merge]\n{merge}");
    let whole = "names = [\"name\"]\nkeys = { event = \"event\" }\nauthority = \"document\"\n\
        [source.merge.check.size]\nwords = [\"규모\"]\nunit = \"명\"\n";
    let settings = read(&link(whole)).unwrap().settings;
    let rules = settings.sources[0].merge.as_ref().unwrap().rules();
    assert_eq!((rules.names.len(), rules.keys.len(), rules.checks["size"].words.len()), (1, 1, 1));
    assert_eq!(rules.authority, siren_domain::Authority::Document);
    let cases: [(&str, &[&str]); 7] = [
        ("", &["siren.toml:8", "`names`, `keys`"]),
        ("keys = { colour = \"c\" }\n", &["siren.toml:8", "\"colour\"", "event"]),
        ("names = [\"n\"]\nauthority = \"nobody\"\n", &["siren.toml:10", "`authority`", "nobody"]),
        ("names = [\"n\"]\nnick = 1\n", &["siren.toml:10", "`nick`"]),
        ("names = [\"n\"]\n[source.merge.check.size]\n", &["siren.toml:8", "`merge.check.size`", "`words`"]),
        ("names = [\"n\"]\n[source.merge.check.size]\nwords = [\"!\"]\n", &["`merge.check.size`", "`words`"]),
        ("names = [\"n\"]\n[source.merge.check.size]\nword = [\"a\"]\n", &["siren.toml:11", "`word`"]),
    ];
    for (text, needles) in cases {
        tells(&link(text), needles);
    }
    let some = format!("{sql}fields = [\"a\"]\n[source.merge]\nnames = [\"a\", \"b\"]\n");
    tells(&some, &["`merge`", "\"b\"", "`fields`"]);
    let folder = "[[source]]\nkind = \"folder\"\npath = \"a\"\n[source.merge]\nnames = [\"n\"]\n";
    tells(folder, &["siren.toml:4", "folder source", "`merge`"]);
    tells("[retrieval]\nlinked_records = 101\n", &["siren.toml:2", "`retrieval.linked_records`"]);
    assert_eq!(read("[retrieval]\nlinked_records = 0\n").unwrap().settings.retrieval.linked_records, 0);
}
