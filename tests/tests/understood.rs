//! What is really looked for: it is judged as it is meant, dated, and narrowed never so far that the answer is lost.

use e2e::http::{self, chat_with};
use e2e::model_server::{ModelServer, Reply};
use e2e::{Place, assert_tells};
use serde_json::{Value, json};

/// Notes under rules of these effects.
fn place(rules: &str) -> Place {
    let place = Place::with_settings(
        "[guard]\nrules = \"rules.toml\"\n\n[[source]]\nkind = \"folder\"\npath = \"notes\"\n\n[answer]\n",
    );
    place.write("rules.toml", format!("schema = 2\n{rules}"));
    place.write("notes/lunch.md", "# 구내식당\n\n점심 메뉴는 한솔식당 앞 게시판에서 볼 수 있다.\n");
    place.write(
        "notes/week.md",
        "---\ntitle: 개발자 위크 참가 안내\nevent: 개발자 위크\n---\n\n참가비는 삼만 원이다.\n",
    );
    place.siren(&["reindex"]).exits(0);
    place
}

fn refuse(phrase: &str) -> String {
    let message = "message = { ko = \"점심은 비밀입니다.\", en = \"no\" }";
    format!(
        "[[rule]]\nid = \"lunch\"\nfor = \"Lunch is private.\"\nowner = \"kitchen\"\naction = \"refuse\"\nmatch = {{ any = [\"{phrase}\"] }}\n{message}\n"
    )
}

fn said(place: &Place, turns: &[&str]) -> Value {
    chat_with(place.serve().address(), turns, false, "").json()
}

#[test]
fn rules_judge_what_is_really_looked_for() {
    let menu = place(&refuse("점심 메뉴"));
    let turns = ["점심 메뉴는 무엇인가요?", "점심은 비밀입니다.", "그건 어디서 볼 수 있어요?"];
    let told = said(&menu, &turns);
    assert_eq!(told["siren"]["verdict"]["rule"], "lunch", "{told:#}");
    assert_tells("a follow-up", &told["choices"][0]["message"]["content"].to_string(), &["비밀"]);
    assert!(!told.to_string().contains("게시판"), "{told:#}");

    let told = place(&refuse("한솔식당")).ask("한솔식땅은 어디인가요?");
    assert_eq!(told["verdict"]["rule"], "lunch", "a word that is put right: {told:#}");
    let told = place(&refuse("양념치킨")).ask("한솔식땅은 어디인가요?");
    assert_eq!(told["verdict"]["rule"], Value::Null, "{told:#}");
}

/// A model that says a follow-up anew does not know today.
#[test]
fn what_a_model_says_anew_is_dated_as_well() {
    let place = place("");
    let rewriter = ModelServer::start(Reply::Says("작년 개발자 위크 참가비는 얼마였나요?".into()));
    let settings = place.read("siren.toml");
    let model = format!(
        "[[model]]\nname = \"rewriter\"\nbase_url = \"{}\"\nretries = 0\nroles = [\"rewrite\"]\n",
        rewriter.url()
    );
    place.write("siren.toml", format!("{settings}\n{model}"));
    let server = place.serve();
    let ask = |question: &str, conversation: &Value| {
        let body = json!({ "question": question, "conversation_id": conversation, "stream": false });
        http::json("POST", server.address(), "/api/ask", &body).json()
    };
    let first = ask("개발자 위크가 뭐예요?", &Value::Null);
    let told = ask("작년 참가비는?", &first["conversation_id"]);
    let standalone = told["understood"]["standalone"].as_str().unwrap_or_default();
    assert_tells("the question", standalone, &["년 개발자 위크 참가비는 얼마였나요?"]);
    assert!(standalone.starts_with("20"), "{standalone}");
}

#[test]
fn an_event_without_documents_is_given_up() {
    let rule = "[[rule]]\nid = \"summit\"\nfor = \"The summit's own documents.\"\nowner = \"portal\"\naction = \"narrow\"\nevents = [\"서밋\"]\nmatch = { any = [\"참가비\"] }\n";
    let place = place(rule);
    let told = place.ask("개발자 위크 참가비는 얼마인가요?");
    assert_tells("the answer", told["answer"].as_str().unwrap_or_default(), &["삼만 원"]);
    assert_eq!(told["understood"]["facets"][0][0], "event=서밋", "{told:#}");
    assert_tells("the notes", &told["notes"].to_string(), &["물어본 행사의 문서가 없어"]);
    let shown = place.siren(&["ask", "개발자 위크 참가비는 얼마인가요?", "--explain"]).exits(0).stdout;
    assert_tells("explained", &shown, &["widened", "event", "answered", "coverage", "closer"]);
}
