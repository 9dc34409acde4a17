//! The JSON schema says what the parser says.
#![expect(clippy::expect_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeSet;

use serde_json::Value;
use siren_guard::{Guard, KEYS};

const SCHEMA: &str = include_str!("../rules/guard.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("the schema is JSON")
}

fn as_json(rules: &str) -> Value {
    let value: toml::Value = toml::from_str(rules).expect("TOML");
    serde_json::to_value(value).expect("plain values")
}

fn is_valid(rules: &str) -> bool {
    jsonschema::validator_for(&schema()).expect("a schema").is_valid(&as_json(rules))
}

#[test]
fn every_key_of_the_parser_is_in_the_schema_and_no_other() {
    let schema = schema();
    for (table, keys) in KEYS {
        let name = table.trim_start_matches("a ").trim_matches('`');
        let place = if *table == "the file" { &schema } else { &schema["$defs"][name] };
        let there: BTreeSet<&str> =
            place["properties"].as_object().expect(table).keys().map(String::as_str).collect();
        assert_eq!(there, keys.iter().copied().collect(), "{table}");
        assert_eq!(place["additionalProperties"], false, "{table}");
    }
}

#[test]
fn the_default_rules_are_valid() {
    assert!(is_valid(Guard::default_text()));
}

#[test]
fn parser_and_schema_agree() {
    let rule = |rest: &str| format!("schema = 2\n[[rule]]\nid = \"a\"\nfor = \"b\"\n{rest}\n");
    let message = "message = { ko = \"아니요\", en = \"no\" }";
    let cases = [
        (rule(&format!("action = \"refuse\"\nmatch = {{ any = [\"점심 메뉴\"] }}\n{message}")), true),
        (rule("action = \"narrow_years\""), true),
        (rule("action = \"narrow\"\nyears = [2024]\nmatch = { words = [\"서밋\"] }"), true),
        (
            rule(
                "action = \"require_citations\"\nfrom = \"2026-01-01\"\nmatch = { entities = [\"person\"] }",
            ),
            true,
        ),
        (
            rule(
                "action = \"mask\"\non = [\"input\", \"output\"]\nmatch = { near = [{ of = [\"프로젝트\", \"암호명\"], within = 9 }] }",
            ),
            true,
        ),
        (rule("action = \"shout\"\nmatch = { any = [\"점심 메뉴\"] }"), false),
        (rule("action = \"mask\"\nmatch = { anny = [\"점심 메뉴\"] }"), false),
        (rule("action = \"mask\"\nmatch = { entities = [\"dog\"] }"), false),
        (rule("action = \"mask\"\non = [\"door\"]\nmatch = { any = [\"점심 메뉴\"] }"), false),
        (rule("action = \"mask\"\nuntil = \"soon\"\nmatch = { any = [\"점심 메뉴\"] }"), false),
        (rule("action = \"mask\"\nmatch = { any = [\"점심 메뉴\"], overlap = 2.0 }"), false),
        ("schema = 3".to_owned(), false),
        ("schema = 2\ncolour = 1".to_owned(), false),
        ("schema = 2\n[lists]\nBad = [\"가나\"]".to_owned(), false),
    ];
    for (rules, right) in cases {
        let parsed = Guard::parse("f", &rules);
        assert_eq!(parsed.is_ok(), right, "the parser: {parsed:?}\n{rules}");
        assert_eq!(is_valid(&rules), right, "the schema:\n{rules}");
    }
}
