//! What a person is told about a wrong rule file.

use siren_guard::{Guard, GuardErrors};

const WRONG: &str = r#"
color = "red"
[[rule]]
id = "no-purpose"
match = { any = ["대통령 선거"], near = ["x y"] }
action = "refuse"
message = { ko = "아니요", en = "no" }

[[rule]]
id = "empty-match"
for = "Nothing."
match = { not = ["대통령 선거"] }
action = "refuse"
message = { ko = "아니요" }

[[rule]]
id = "empty-match"
for = "The same id."
priority = "high"
match = { any = ["연"], regex = ["(a", "a*", "AWS", '\p{L}(?P<X>b)\W'] }
action = "answer"

[[rule]]
id = "Bad Id"
for = ""
action = "narrow_years"
match = { any = "year" }

[[rule]]
for = "No id."
match = "연봉"
action = "block"
owner = 3
"#;

fn errors_of(text: &str) -> GuardErrors {
    match Guard::parse("rules.toml", text) {
        Ok(_) => panic!("these rules should not be read:\n{text}"),
        Err(errors) => errors,
    }
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let errors = errors_of(WRONG);
    insta::assert_snapshot!(errors.to_string());
    assert!(errors.0.windows(2).all(|pair| pair[0].line <= pair[1].line));
    assert!(errors.0.iter().all(|error| !error.remedy.is_empty()));
}

#[test]
fn what_is_not_toml_is_told_with_its_line() {
    let errors = errors_of("schema = 1\n[[rule]\nid = 1");
    insta::assert_snapshot!(errors.to_string());
    assert_eq!(errors.0[0].line, 2);
}

#[test]
fn other_schemas_are_refused() {
    let errors = errors_of("schema = 3");
    assert!(errors.to_string().starts_with("rules.toml:1: this is not a schema"));
}

#[test]
fn the_least_file_is_a_guard_without_rules() {
    let guard = Guard::parse("rules.toml", "schema = 1");
    let verdict = guard.map(|guard| guard.check("무엇이든"));
    assert_eq!(verdict, Ok(siren_domain::Verdict::default()));
}
