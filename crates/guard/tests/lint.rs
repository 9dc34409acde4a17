//! What is told about rules that cannot do what they are for.

use siren_guard::{Guard, LintKind};

fn findings(rules: &str) -> Vec<(LintKind, String, usize)> {
    let guard = match Guard::parse("rules.toml", rules) {
        Ok(guard) => guard,
        Err(errors) => panic!("{errors}"),
    };
    let today = "2026-11-20".parse().ok();
    guard.lint(today).into_iter().map(|finding| (finding.kind, finding.rule, finding.line)).collect()
}

fn rule(id: &str, priority: i64, action: &str, condition: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nfor = \"x\"\npriority = {priority}\naction = \"{action}\"\nmatch = {{ {condition} }}\nmessage = {{ ko = \"a\", en = \"a\" }}\n"
    )
}

#[test]
fn every_kind_of_mistake_is_found_on_its_line() {
    let head = "schema = 2\n";
    let menu = "any = [\"점심 메뉴\"]";
    let cases: [(&str, String, LintKind, &str, usize); 8] = [
        (
            "over",
            format!(
                "{head}{}",
                rule("a", 0, "refuse", menu).replace("for =", "until = \"2026-01-01\"\nfor =")
            ),
            LintKind::Unreachable,
            "a",
            2,
        ),
        (
            "excused",
            format!("{head}{}", rule("a", 0, "refuse", "any = [\"점심 메뉴\"], not = [\"점심\"]")),
            LintKind::Unreachable,
            "a",
            2,
        ),
        (
            "shadowed",
            format!(
                "{head}{}{}",
                rule("a", 9, "refuse", menu),
                rule("b", 1, "refuse", "any = [\"점심 메뉴 추천\"]")
            ),
            LintKind::Shadowed,
            "b",
            9,
        ),
        (
            "contradictory",
            format!(
                "{head}{}{}",
                rule("a", 1, "refuse", menu),
                rule("b", 1, "refuse", "any = [\"점심 메뉴\", \"저녁 메뉴\"]")
            ),
            LintKind::Contradictory,
            "a",
            7,
        ),
        (
            "overlapping",
            format!(
                "{head}{}{}",
                rule("a", 9, "refuse", menu),
                rule("b", 1, "refuse", "any = [\"점심 메뉴 추천\", \"저녁 식사\"]")
            ),
            LintKind::Overlapping,
            "b",
            14,
        ),
        (
            "broad",
            format!("{head}{}", rule("a", 0, "refuse", "any = [\"정치\"]")),
            LintKind::OverBroad,
            "a",
            7,
        ),
        (
            "unused",
            format!("{head}[lists]\nfood = [\"점심\"]\n{}", rule("a", 0, "refuse", menu)),
            LintKind::Unused,
            "food",
            3,
        ),
        (
            "slow",
            format!("{head}{}", rule("a", 0, "refuse", "regex = ['[가-힣]+ [0-9]{3,}']")),
            LintKind::Slow,
            "a",
            7,
        ),
    ];
    for (case, rules, kind, id, line) in cases {
        let found = findings(&rules);
        assert!(found.contains(&(kind, id.to_owned(), line)), "{case}: {found:?}\n{rules}");
    }
    assert_eq!(findings(&format!("{head}{}", rule("a", 0, "refuse", menu))), []);
}

#[test]
fn the_default_rules_have_no_error() {
    let errors: Vec<String> =
        Guard::default_rules().lint(None).iter().filter(|f| f.is_error()).map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}
