//! `siren config`: each value and where it came from; a mistake is told with file, line and key.

use e2e::{Place, assert_tells};

const KEY: &str = "sk-very-secret-0123456789";

#[test]
fn every_value_tells_where_it_came_from() {
    let place = Place::with_settings("# ours\n[retrieval]\ntop_k = 7\n\n[serve]\nlisten = \"127.0.0.1:1\"\n");
    let variables = [
        ("SIREN_LISTEN", "127.0.0.1:2"),
        ("SIREN_LLM_MODEL", "small"),
        ("SIREN_LLM_BASE_URL", "http://127.0.0.1:3/v1"),
        ("SIREN_LLM_API_KEY", KEY),
    ];
    let text = place.siren_with(&variables, &["config"]).exits(0).stdout;
    let json = place.siren_with(&variables, &["config", "--json"]).exits(0).json();
    let cases = [
        ("retrieval.top_k", "7", "siren.toml:3"),
        ("retrieval.n_candidates", "100", "default"),
        ("serve.listen", "\"127.0.0.1:2\"", "SIREN_LISTEN"),
        ("answer.model", "\"small\"", "SIREN_LLM_MODEL"),
        ("answer.base_url", "\"http://127.0.0.1:3/v1\"", "SIREN_LLM_BASE_URL"),
        ("answer.api_key", "\"***\"", "SIREN_LLM_API_KEY"),
        ("store.kind", "\"embedded\"", "default"),
        ("guard.rules", "\"\"", "default"),
    ];
    for (key, value, origin) in cases {
        let setting = &json["settings"][key];
        assert_eq!(
            (setting["value"].to_string().as_str(), setting["origin"].as_str()),
            (value, Some(origin)),
            "{key}"
        );
        assert!(setting["purpose"].as_str().is_some_and(|purpose| !purpose.is_empty()), "{key}: {setting:#}");
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let section = text.split_once(&format!("[{section}]\n")).map_or("", |(_, rest)| rest);
        let section = section.split("\n[").next().unwrap_or_default();
        assert_tells(key, section, &[&format!("{name} = {value}  # {origin}")]);
    }
    for shown in [text, json.to_string()] {
        assert!(!shown.contains(KEY), "the key shows:\n{shown}");
    }
    // Without the variable, the file's value stands, with its line.
    let file = place.json(&["config", "--json"]);
    assert_eq!(
        file["settings"]["serve.listen"]["origin"], "siren.toml:6",
        "{:#}",
        file["settings"]["serve.listen"]
    );
}

#[test]
fn what_is_shown_is_a_settings_file() {
    let place = Place::with_settings(
        "[answer]\nmax_sentences = 2\n[[source]]\nkind = \"folder\"\npath = \"notes\"\n",
    );
    let shown = place.siren(&["config"]).exits(0).stdout;
    place.write("again.toml", &shown);
    let again = place.siren(&["--config", "again.toml", "config", "--json"]).exits(0).json();
    assert_eq!(again["settings"]["answer.max_sentences"]["value"], 2, "{shown}");
    assert_eq!(again["sources"], place.json(&["config", "--json"])["sources"], "{shown}");
}

#[test]
fn secrets_stay_hidden_wherever_they_are_written() {
    let place = Place::with_settings(&format!(
        "[answer]\nbase_url = \"http://127.0.0.1:9/v1\"\napi_key = \"{KEY}\"\n"
    ));
    place.write("data.md", "# 메모\n");
    place.write("filled.toml", "[answer]\napi_key = \"${THEIR_KEY}\"\n");
    let runs = [
        place.siren(&["config"]),
        place.siren(&["config", "--json"]),
        place.siren_with(&[("THEIR_KEY", KEY)], &["--config", "filled.toml", "config"]),
        place.siren_with(&[("SIREN_LOG", "trace")], &["ask", "메모는 무엇인가요?"]),
    ];
    for ran in runs {
        assert!(!format!("{ran:?}").contains(KEY), "the key shows: {ran:#?}");
    }
}

#[test]
fn a_mistake_is_told_with_file_line_and_key() {
    let source = |rest: &str| format!("\n[[source]]\n{rest}\n");
    let sql = "kind = \"sql\"\nquery = \"SELECT 1 AS id\"\nkey = \"id\"\ntitle = \"t\"\ntext = \"t\"";
    let cases: [(&str, String, &[&str]); 14] = [
        ("unknown key", "[retrieval]\ntop_kk = 3\n".into(), &["siren.toml:2", "`top_kk`", "top_k"]),
        ("unknown section", "\n[retreival]\ntop_k = 3\n".into(), &["siren.toml:2", "`retreival`"]),
        ("wrong type", "[retrieval]\ntop_k = \"many\"\n".into(), &["siren.toml:2", "top_k", "string"]),
        (
            "wrong type in a list",
            source("kind = \"folder\"\npath = \"a\"\ninclude = [1]"),
            &["siren.toml:5", "include"],
        ),
        (
            "out of range",
            "[retrieval]\n\ntop_k = 0\n".into(),
            &["siren.toml:3", "`retrieval.top_k`", "between 1 and 1000"],
        ),
        (
            "not between 0 and 1",
            "[answer]\nmin_evidence = 2\n".into(),
            &["siren.toml:2", "answer.min_evidence"],
        ),
        ("unknown source kind", source("kind = \"ftp\""), &["siren.toml:3", "`ftp`", "`folder`"]),
        (
            "unknown key of a source",
            source("kind = \"folder\"\npath = \"a\"\ncolour = 1"),
            &["siren.toml:5", "`colour`"],
        ),
        ("a folder without a path", source("kind = \"folder\""), &["siren.toml:2", "[[source]]", "`path`"]),
        ("sql without its address", source(sql), &["siren.toml:2", "[[source]]", "`url`"]),
        ("unknown store", "[store]\nkind = \"cloud\"\n".into(), &["siren.toml:2", "`cloud`", "`embedded`"]),
        ("no TOML", "[retrieval\ntop_k = 3\n".into(), &["siren.toml:1"]),
        (
            "a variable that is not set",
            source(&format!("{sql}\nurl = \"sqlite:${{SIREN_TEST_NOT_SET}}\"")),
            &["siren.toml", "url", "SIREN_TEST_NOT_SET"],
        ),
        ("twice", "[serve]\nlisten = \"a\"\nlisten = \"b\"\n".into(), &["siren.toml:3", "listen"]),
    ];
    for (case, settings, needles) in cases {
        let place = Place::with_settings(&settings);
        for command in [&["config"][..], &["reindex"], &["ask", "누구의 발표인가요?"], &[]] {
            let ran = place.siren(command).exits(2);
            assert_tells(&format!("{case}, {command:?}"), &ran.stderr, needles);
            assert!(ran.stdout.is_empty(), "{case}: {}", ran.stdout);
        }
        assert!(place.names(".siren").is_empty(), "{case}: something was written");
    }
    let place = Place::empty();
    let missing = place.siren(&["--config", "elsewhere/siren.toml", "reindex"]).exits(2);
    assert_tells("no such file", &missing.stderr, &["elsewhere/siren.toml", "--config"]);
}

#[test]
fn what_only_shows_when_a_source_is_made_is_told_as_clearly() {
    let source = |url: &str, query: &str, text: &str| {
        format!(
            "[[source]]\nkind = \"sql\"\nname = \"staff\"\nurl = \"{url}\"\nquery = \"{query}\"\nkey = \"id\"\ntitle = \"t\"\ntext = \"{text}\"\n"
        )
    };
    let folder =
        "[[source]]\nkind = \"folder\"\nname = \"staff\"\npath = \"a\"\ninclude = [\"[\"]\n".to_owned();
    let cases = [
        ("a database of another kind", source("oracle://u:secret@h/d", "SELECT 1 AS id", "t"), "`url`"),
        ("a statement that writes", source("sqlite:a", "DELETE FROM t", "t"), "`query`"),
        ("a template that is none", source("sqlite:a", "SELECT 1 AS id", "{{ name"), "`text`"),
        ("a pattern that is none", folder, "`include`"),
    ];
    for (case, settings, key) in cases {
        let ran = Place::with_settings(&settings).siren(&["reindex"]).exits(2);
        assert_tells(case, &ran.stderr, &["staff", key]);
        assert!(!ran.stderr.contains("secret"), "{case}: the password shows: {}", ran.stderr);
    }
}

#[test]
fn paths_in_the_settings_are_relative_to_the_file() {
    let place = Place::empty();
    place.write("office/siren.toml", "[[source]]\nkind = \"folder\"\npath = \"notes\"\n");
    place.write("office/notes/key.md", "# 열쇠\n\n서버실 열쇠는 총무팀이 가지고 있다.\n");
    let answer =
        place.json(&["--config", "office/siren.toml", "ask", "서버실 열쇠는 누가 가지고 있나요?", "--json"]);
    assert_tells("the answer", answer["answer"].as_str().unwrap_or_default(), &["총무팀"]);
    assert_eq!(answer["citations"][0]["locator"]["path"], "notes/key.md", "{answer:#}");
    assert_eq!(place.names(".siren/generations"), ["1"], "the state lies where the command was given");
}
