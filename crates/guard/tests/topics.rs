//! Topics: what is learnt, what is told of it, and what rules make of it.
#![expect(clippy::expect_used, reason = "a test that cannot go on should stop")]

use std::sync::Arc;

use proptest::prelude::*;
use siren_guard::{Guard, Labelled, Names, Subject, Topics};

/// Texts about two topics, and harmless ones.
const TEXTS: &[(&str, Option<&str>)] = &[
    ("점심에 술 마셔도 되나", Some("drink")),
    ("소주 한 잔 추천해줘", Some("drink")),
    ("낮술 마실 곳 추천", Some("drink")),
    ("퇴근하고 술 한 잔 할까", Some("drink")),
    ("복권 번호 골라줘", Some("luck")),
    ("복권 당첨될까", Some("luck")),
    ("이번 주 복권 번호 추천", Some("luck")),
    ("로또 복권 사도 될까", Some("luck")),
    ("회의실 예약하는 방법", None),
    ("배포 절차 알려줘", None),
    ("발표 자료 추천해줘", None),
    ("점심 세션 시간 알려줘", None),
    ("회의 기술 발표 요약", None),
    ("서버 번호 확인하는 방법", None),
];

fn labelled(with_meaning: &[Vec<f32>]) -> Vec<Labelled<'_>> {
    let texts = TEXTS.iter().enumerate();
    texts
        .map(|(at, (text, topic))| Labelled {
            text,
            topic: *topic,
            meaning: with_meaning.get(at).map(Vec::as_slice),
            weight: 1.0,
        })
        .collect()
}

fn learnt() -> Arc<Topics> {
    Arc::new(Topics::parse("learnt", &Topics::learnt(&labelled(&[]), None)).expect("what is written is read"))
}

fn guard(condition: &str, topics: Arc<Topics>) -> Guard {
    let rules = format!(
        "schema = 2\n[[rule]]\nid = \"no\"\nfor = \"x\"\naction = \"refuse\"\nmatch = {{ {condition} }}\nmessage = {{ ko = \"아니요\", en = \"no\" }}\n"
    );
    Guard::parse_with("f", &rules, &Names::default(), topics).expect("right rules")
}

#[test]
fn rules_go_by_what_was_learnt() {
    let drink = guard("topic = \"drink\"", learnt());
    let cases = [
        ("소주 마셔도 될까", true),
        ("술 한 잔 추천", true),
        ("복권 한 장 골라줘", false),
        ("발표 자료 알려줘", false),
        ("회의실 시간", false),
    ];
    for (text, blocked) in cases {
        let judged = drink.judge(&Subject::of(text));
        assert_eq!(judged.verdict.rule.is_some(), blocked, "{text}: {:?}", judged.likely);
    }
    let strict = guard("topic = \"drink\", odds = 15", learnt());
    assert!(strict.check("소주 마셔도 될까").rule.is_none());
    let told = drink.judge(&Subject::of("오늘 술 추천"));
    let likely = told.likely.expect("the rules ask for topics");
    assert_eq!(likely.topic, "drink");
    assert!(likely.words.iter().any(|(word, adds)| &"오늘 술 추천"[word.clone()] == "술" && *adds > 0.0));
}

#[test]
fn what_is_clearly_harmless_is_let_go() {
    let phrase = "any = [\"자료 추천\"]";
    assert!(guard(phrase, learnt()).check("발표 자료 추천해줘").rule.is_some());
    assert!(
        guard(&format!("{phrase}, clear_below = 0.0"), learnt()).check("발표 자료 추천해줘").rule.is_none()
    );
    assert!(
        guard(&format!("{phrase}, clear_below = -20.0"), learnt()).check("발표 자료 추천해줘").rule.is_some()
    );
}

#[test]
fn meaning_is_weighed_where_it_is_known() {
    let of = |topic: Option<&str>| match topic {
        Some("drink") => vec![1.0, 0.0, 0.0],
        Some(_) => vec![0.0, 1.0, 0.0],
        None => vec![0.0, 0.0, 1.0],
    };
    let vectors: Vec<Vec<f32>> = TEXTS.iter().map(|(_, topic)| of(*topic)).collect();
    let text = Topics::learnt(&labelled(&vectors), Some("three"));
    let topics = Arc::new(Topics::parse("learnt", &text).expect("what is written is read"));
    assert_eq!(topics.encoder(), Some("three"));
    let guard = guard("topic = \"drink\"", topics);
    let unseen = "와인";
    let by = |meaning: &[f32]| {
        guard.judge(&Subject { meaning: Some(meaning), ..Subject::of(unseen) }).likely.expect("asked").odds
    };
    assert!(by(&[1.0, 0.0, 0.0]) > by(&[0.0, 0.0, 1.0]) + 1.0);
}

#[test]
fn the_same_texts_teach_the_same() {
    assert_eq!(Topics::learnt(&labelled(&[]), None), Topics::learnt(&labelled(&[]), None));
}

#[test]
fn the_built_in_weights_know_what_the_default_rules_ask_for() {
    // A rule that asks for a topic without weights is a mistake of its file.
    assert!(Guard::default_rules().encoder().is_some());
    assert!(Topics::built_in().names().len() > 10);
}

#[test]
fn files_that_are_no_weights_are_told_by_line() {
    let cases = [
        ("", "f:1: there is no line `topics`"),
        ("topics\ta\n", "f:1: there is no line `bias`"),
        ("topics\ta\nbias\tx\n", "f:2: \"x\" is not a whole number"),
        ("topics\ta\tb\nbias\t1\n", "f:2: 1 weights for 2 topics"),
        ("topics\ta\nbias\t1\ncue\tabcd\t1\n", "f:3: \"abcd\" is not one to three letters"),
        ("topics\ta\nbias\t1\ncue\tab\t1\ncue\tab\t2\n", "f:4: the cue \"ab\" is there twice"),
        ("topics\ta\nbias\t1\nnumber\t1\n", "f:3: a line cannot begin with \"number\" here"),
        ("topics\ta\nbias\t1\nencoder\te\nnumber\t1\n", "f:4: there is no line `bias`"),
    ];
    for (text, problem) in cases {
        let told = Topics::parse("f", text).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(told.starts_with(problem), "{text:?}: {told}");
    }
}

#[test]
fn a_topic_without_weights_is_a_mistake() {
    let rules = "schema = 2\n[[rule]]\nid = \"no\"\nfor = \"x\"\naction = \"refuse\"\nmatch = { topic = \"weather\" }\nmessage = { ko = \"아니요\", en = \"no\" }\n";
    let told = Guard::parse_with("f", rules, &Names::default(), learnt()).expect_err("unknown").to_string();
    assert!(told.contains("f:6") && told.contains("use one of: drink, luck"), "{told}");
}

proptest! {
    #[test]
    fn any_text_has_its_odds_and_its_own_words(text in "(\\PC|[가-힣 .?]){0,60}") {
        let guard = Guard::default_rules();
        if let Some(likely) = guard.judge(&Subject::of(&text)).likely {
            prop_assert!(likely.odds.is_finite());
            for (word, adds) in likely.words {
                prop_assert!(text.get(word).is_some() && adds > 0.0);
            }
        }
    }
}

#[test]
fn the_encoder_is_given_what_is_meant() {
    let guard = Guard::default_rules();
    let cases = [
        ("dusqhd djfak", "연봉 얼마"),
        ("연\u{200b}봉 얼마", "연봉 얼마"),
        ("Bedrock 세션", "bedrock 세션"),
        ("", ""),
    ];
    for (text, meant) in cases {
        assert_eq!(guard.understood(text), meant, "{text}");
    }
}

#[test]
fn texts_that_count_less_teach_less() {
    let odds = |weight: f64| {
        let about = ["술 한 잔", "술 두 잔", "술 석 잔", "물 한 잔", "물 두 잔"];
        let twice = |text| [(text, Some("drink"), weight), (text, None, 1.0)];
        let texts: Vec<Labelled<'_>> = about
            .into_iter()
            .flat_map(twice)
            .map(|(text, topic, weight)| Labelled { text, topic, meaning: None, weight })
            .collect();
        let topics = Topics::parse("learnt", &Topics::learnt(&texts, None)).expect("what is written is read");
        let drink = guard("topic = \"drink\"", Arc::new(topics));
        drink.judge(&Subject::of("술 한 잔")).likely.expect("the rules ask for topics").odds
    };
    assert!(odds(4.0) > 0.5 && odds(0.25) < -0.5, "{} {}", odds(4.0), odds(0.25));
}
