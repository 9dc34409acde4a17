//! Answers, whole and as streams, and the lists around them.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use futures::StreamExt;
use serde_json::{Value, json};
use siren_chat::router;
use siren_domain::{Action, Answer, AskError, Provenance, Question, Tokens, Verdict};
use tower::ServiceExt;

use super::{
    Act, Fake, answer, app, call, data_lines, done, failed, post, question, request, state, text, whole,
    without_id,
};

#[tokio::test]
async fn an_answer_in_one_piece() {
    let got = call(&app(whole()), question(false)).await;
    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(got.header("content-type"), "application/json");
    let body = got.json();
    assert_eq!(body["choices"][0]["message"]["content"], answer().text, "the text and nothing else");
    let usage = &body["usage"];
    let sum = usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"], sum);
    let body: Value = serde_json::from_str(&without_id(&got.body)).unwrap();
    insta::assert_json_snapshot!("whole", body);
}

#[tokio::test]
async fn an_answer_as_a_stream() {
    let got = call(&app(whole()), question(true)).await;
    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(got.header("content-type"), "text/event-stream");
    assert_eq!(got.header("x-accel-buffering"), "no");
    assert_stream_law(&got.body);
    let lines = data_lines(&got.body);
    assert_eq!(lines.last(), Some(&"[DONE]"));
    let chunks: Vec<Value> =
        lines[..lines.len() - 1].iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: String = chunks.iter().filter_map(|c| c["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(told, answer().text, "the pieces are the answer");
    let ids: std::collections::BTreeSet<_> = chunks.iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 1, "one id for all chunks");
    assert!(chunks.iter().all(|c| c.get("usage").is_none()), "not asked for");
    insta::assert_snapshot!("stream", without_id(&got.body));
}

#[tokio::test]
async fn a_stream_with_usage() {
    let body = json!({
        "messages": [{"role": "user", "content": "질문"}],
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    let got = call(&app(whole()), post(body.to_string())).await;
    assert_stream_law(&got.body);
    insta::assert_snapshot!("stream_with_usage", without_id(&got.body));
}

#[tokio::test]
async fn usage_is_what_a_model_told_and_else_what_we_count() {
    let cases = [
        (Tokens::told(900, 40), (900, 40), false),
        (Tokens::estimated(800, 30), (800, 30), true),
        // No model was asked: as `o200k_base` counts what was asked before, what is asked, and the answer.
        (Tokens::default(), (9, 30), true),
    ];
    let messages = json!([
        {"role": "user", "content": "Where was it?"},
        {"role": "assistant", "content": "Seoul."},
        {"role": "user", "content": "When?"},
    ]);
    for (tokens, (prompt, completion), is_estimate) in cases {
        let answer = Answer { provenance: Provenance { tokens, ..Provenance::default() }, ..answer() };
        let app = app([done(answer)]);
        let usage = json!({
            "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
        });
        let whole = call(&app, post(json!({"messages": messages}).to_string())).await.json();
        assert_eq!(whole["usage"], usage);
        assert_eq!(whole["siren"]["usage_estimated"], is_estimate);
        let body = json!({"messages": messages, "stream": true, "stream_options": {"include_usage": true}});
        let stream = call(&app, post(body.to_string())).await.body;
        let chunks: Vec<Value> =
            data_lines(&stream).iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
        assert_eq!(chunks.last().unwrap()["usage"], usage);
        assert_eq!(chunks[chunks.len() - 2]["siren"]["usage_estimated"], is_estimate);
    }
}

#[tokio::test]
async fn a_stream_that_fails_midway_says_so() {
    let acts = [text("케이뱅크는 "), failed(AskError::Unavailable("/var/lib/siren: disk full".into()))];
    let got = call(&app(acts), question(true)).await;
    assert_eq!(got.status, StatusCode::OK);
    assert_stream_law(&got.body);
    insta::assert_snapshot!("stream_failing", without_id(&got.body));
    let cases: [(&str, Act, &str); 3] = [
        ("panic", Act::Panic, "internal_error"),
        ("hang", Act::Hang, "timeout"),
        ("end", Act::Sleep(0), "unavailable"),
    ];
    for (case, act, code) in cases {
        let mut state = state(&Fake::of([text("케이뱅크는 "), act]));
        state.limits.answer_time = Duration::from_millis(400);
        let got = call(&router(state), question(true)).await;
        assert_stream_law(&got.body);
        let last: Value = serde_json::from_str(data_lines(&got.body).last().unwrap()).unwrap();
        assert_eq!(last["error"]["code"], code, "{case}");
    }
}

/// What clients rely on, whatever the stream tells.
#[track_caller]
fn assert_stream_law(body: &str) {
    for line in body.lines() {
        assert!(
            line.is_empty() || line.starts_with("data: ") || line.starts_with(':'),
            "no named events: {line}"
        );
    }
    let lines = data_lines(body);
    let errors = lines.iter().filter(|line| line.starts_with("{\"error\"")).count();
    let finishes = lines.iter().filter(|line| line.contains("\"finish_reason\":\"stop\"")).count();
    let dones = lines.iter().filter(|line| **line == "[DONE]").count();
    assert!((errors, finishes, dones) == (0, 1, 1) || (errors, finishes, dones) == (1, 0, 0), "{body}");
    let end = if errors == 1 { "{\"error\"" } else { "[DONE]" };
    assert!(lines.last().unwrap().starts_with(end), "{body}");
    assert!(lines[0].contains(r#""delta":{"role":"assistant","content":""}"#), "{body}");
}

#[tokio::test]
async fn a_slow_answer_begins_at_once_and_then_waits() {
    let mut acts = vec![Act::Sleep(500)];
    acts.extend(whole());
    let response = app(acts).oneshot(question(true)).await.unwrap();
    let mut body = response.into_body().into_data_stream();
    let first =
        tokio::time::timeout(Duration::from_millis(100), body.next()).await.unwrap().unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("\"role\":\"assistant\""));
    let rest: Vec<_> = body.map(|piece| piece.unwrap()).collect().await;
    assert!(String::from_utf8_lossy(&rest.concat()).ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn a_rule_answers_without_pieces() {
    let message = "급여에 대한 질문에는 답하지 않습니다.";
    let refusal = Answer {
        text: message.into(),
        citations: Vec::new(),
        verdict: Verdict {
            action: Action::Refuse { message: message.into() },
            rule: Some("salary".into()),
            evidence: vec!["급여".into()],
            ..Verdict::default()
        },
        grounded: false,
        generation: None,
        model: "rule".into(),
        ..answer()
    };
    let app = app([done(refusal)]);
    let got = call(&app, question(true)).await;
    assert_stream_law(&got.body);
    let content = format!("\"content\":\"{message}\"");
    assert_eq!(got.body.matches(&content).count(), 1, "told, and once: {}", got.body);
    let body = call(&app, question(false)).await.json();
    assert_eq!(body["siren"]["verdict"]["action"], "refuse");
    assert_eq!(body["siren"]["verdict"]["rule"], "salary");
    assert_eq!(body["siren"]["generation"], Value::Null);
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn the_question_is_the_last_user_message() {
    let messages = |last: Value| {
        json!({"messages": [
            {"role": "developer", "content": "be brief"},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}]},
            {"role": "assistant", "content": null, "tool_calls": []},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
            {"role": "user", "content": last},
            {"role": "assistant", "content": "…"},
            {"role": "tool", "content": null},
            {"role": "user", "content": " ❤️\n"},
        ], "model": null, "stream": null, "stream_options": null, "max_tokens": 16, "max_completion_tokens": null,
           "temperature": 0.2, "tools": [], "user": "u-1", "made_up": {"x": [1]}})
    };
    let cases = [
        (json!("마지막 질문 "), "마지막 질문 "),
        (json!([{"type": "text", "text": "첫 줄"}, {"type": "text", "text": "둘째 줄"}]), "첫 줄\n둘째 줄"),
        (json!("가".repeat(2_000)), &*"가".repeat(2_000)),
    ];
    for (content, expected) in cases {
        let fake = Fake::of(whole());
        let got = call(&router(state(&fake)), post(messages(content).to_string())).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        assert_eq!(
            *fake.asked.lock().unwrap(),
            [Question { asker: "local".into(), ..Question::new(expected) }]
        );
    }
}

#[tokio::test]
async fn models() {
    let app = app([]);
    let list = call(&app, request(Method::GET, "/v1/models")).await.json();
    let one = call(&app, request(Method::GET, "/v1/models/siren")).await.json();
    assert_eq!(list["data"][0], one);
    insta::assert_json_snapshot!("models", list);
}

#[tokio::test]
async fn health() {
    let part = json!({"part": "index", "ok": true, "needed": true});
    let missing = |code: &str, reason: &str| {
        let part = json!({"part": "index", "ok": false, "needed": true, "code": code, "reason": reason});
        json!({"status": "not_ready", "reason": reason, "parts": [part]})
    };
    let no_index = "there is no index yet: run `siren reindex`";
    let cases = [
        (Ok(()), 200, json!({"status": "ready", "parts": [part]})),
        (Err(AskError::NotReady(no_index.into())), 503, missing("no_index", no_index)),
        (
            Err(AskError::Unavailable("postgres://user:password@db".into())),
            503,
            missing("store_failed", "a store or disk failed: the server's log tells which"),
        ),
    ];
    for (ready, status, body) in cases {
        let app = router(state(&Fake::ready(ready)));
        let got = call(&app, request(Method::GET, "/readyz")).await;
        assert_eq!((got.status.as_u16(), got.json()), (status, body));
        let got = call(&app, request(Method::GET, "/healthz")).await;
        assert_eq!((got.status.as_u16(), got.json()), (200, json!({"status": "ok"})));
        assert_eq!(got.header("cache-control"), "no-store");
    }
}
