//! What the journeys in `tests/` do not go into: every place of a mistake, every kind of source.

use std::path::Path;

use super::{Effective, Origin, SourceSettings, environment, file};

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
    for key in ["url", "query", "key", "title", "text", "table"] {
        let strange = format!("[[source]]\n{folder}\n[[source]] # second\n{folder}{key} = \"x\"\n");
        tells(&strange, &["siren.toml:5", "folder source", &format!("`{key}`")]);
    }
    for key in ["url", "query", "key", "title", "text"] {
        let lines: Vec<&str> = sql.lines().filter(|line| !line.starts_with(key)).collect();
        tells(
            &format!("[[source]]\n{}\n", lines.join("\n")),
            &["siren.toml:1", "sql source", &format!("`{key}`")],
        );
    }
    tells(&format!("[[source]]\n{sql}path = \"a\"\n"), &["siren.toml:1", "sql source", "`path`"]);
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
    let sql = |url: &str| SourceSettings {
        kind: super::SourceKind::Sql,
        path: None,
        url: Some(url.to_owned()),
        ..folder("")
    };
    let cases = [
        (folder("data/takeaways"), "takeaways"),
        (folder("data/takeaways/"), "takeaways"),
        (folder("자료"), "자료"),
        (folder("/"), "source"),
        (SourceSettings { name: Some("notes".into()), ..folder("data") }, "notes"),
        (sql("sqlite:data/conferences.sqlite"), "conferences"),
        (sql("sqlite:conferences.sqlite?mode=ro"), "conferences"),
        (sql("sqlite:///srv/talks.db"), "talks"),
    ];
    for (source, expected) in cases {
        assert_eq!(source.default_name(), expected, "{source:?}");
    }
}
