//! Sweeps over what servers do: an encoder and a reranker behind HTTP, and a model with one prompt or another.

use e2e::Place;
use e2e::model_server::{Asked, ModelServer, Reply};
use serde_json::{Value, json};

const WORDS: [&str; 4] = ["비빔밥", "박람회", "주차", "회의실"];

/// A vector that says which of a few words a text has, and an order by the number of questions' words in a text.
fn serve(asked: &Asked) -> Value {
    let texts = |key: &str| asked.body[key].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if asked.head.starts_with("POST /v1/embeddings") {
        let vector = |value: &Value| {
            let has = WORDS.map(|word| f32::from(u8::from(text(value).contains(word))));
            [&has[..], &[0.1]].concat()
        };
        let data = texts("input")
            .iter()
            .enumerate()
            .map(|(at, text)| json!({ "index": at, "embedding": vector(text) }))
            .collect::<Vec<_>>();
        return json!({ "data": data });
    }
    let question = text(&asked.body["query"]);
    let score = |value: &Value| {
        WORDS.iter().filter(|word| question.contains(**word) && text(value).contains(**word)).count()
    };
    let results = texts("documents")
        .iter()
        .enumerate()
        .map(|(at, text)| json!({ "index": at, "relevance_score": score(text) }))
        .collect::<Vec<_>>();
    json!({ "results": results })
}

#[test]
fn encoders_and_rerankers_behind_servers_are_axes() {
    let server = ModelServer::start(Reply::Computes(serve));
    let place = Place::with_notes();
    let url = server.url();
    let servers = format!(
        "[embedding]\nkind = \"none\"\nbase_url = {url:?}\nmodel = \"words\"\ndimensions = 5\n[rerank]\nbase_url = {url:?}\n"
    );
    place.write("siren.toml", servers + &place.read("siren.toml"));
    for (at, word) in WORDS.iter().enumerate() {
        place.write(
            format!("notes/{at}.md"),
            format!("---\ntitle: 안내 {at}\n---\n\n{word} 안내문이다. 자세한 것은 총무팀에 묻는다.\n"),
        );
    }
    place.write("s/suite.toml", "schema = 1\nname = \"s\"\ndescription = \"d\"\n");
    let question = |(at, word): (usize, &&str)| {
        let relevant = json!({ (format!("notes/{at}.md")): 1 });
        format!(
            "{}\n",
            json!({ "_id": format!("q{at}"), "text": format!("{word} 안내는 누구에게 묻나요?"), "lang": "ko", "relevant": relevant })
        )
    };
    place.write("s/questions.jsonl", WORDS.iter().enumerate().map(question).collect::<String>());
    place.write("grid.toml", "schema = 1\nsuite = \"s\"\nfolds = 2\n[grid]\nencoder = [\"none\", \"openai\"]\nreranker = [\"none\", \"cohere\"]\n");
    let report = place.json(&["eval", "sweep", "grid.toml", "--out", "out", "--json"]);
    let cells = report["cells"].as_array().cloned().unwrap_or_default();
    let tried: Vec<(&Value, &Value)> = cells
        .iter()
        .map(|cell| (&cell["settings"]["embedding.kind"], &cell["settings"]["rerank.kind"]))
        .collect();
    assert_eq!(tried.len(), 4, "the present settings are one of them: {tried:?}");
    for pair in [("none", "none"), ("none", "cohere"), ("openai", "none"), ("openai", "cohere")] {
        assert!(
            tried.iter().any(|(encoder, reranker)| (*encoder, *reranker) == (&json!(pair.0), &json!(pair.1))),
            "{pair:?}"
        );
    }
    assert!(cells.iter().all(|cell| cell["errors"] == 0 && cell["means"]["nDCG@10"] == 1.0), "{cells:#?}");
    let asked = |what: &str| server.asked().iter().filter(|asked| asked.head.starts_with(what)).count();
    assert!(
        asked("POST /v1/embeddings") > 0 && asked("POST /v1/rerank") >= 8,
        "both servers were asked in the cells that have them"
    );
    assert_eq!(place.names("out/index").len(), 2, "a reranker needs no index of its own");
}

/// A model that answers by the passages where its prompt wants it to, and else does not know.
fn obey(asked: &Asked) -> String {
    let part = |at: usize| asked.body["messages"][at]["content"].as_str().unwrap_or_default().to_owned();
    let word = WORDS.iter().find(|word| part(1).contains(**word));
    match word {
        Some(word) if part(0).contains("ANSWER") => format!("{word} 안내문이다 [1]."),
        _ => "NOT_FOUND".to_owned(),
    }
}

fn prompt(wish: &str) -> String {
    format!(
        "{{% if part == \"system\" %}}{wish}. Else {{{{ not_found }}}}.{{% else %}}\
         {{{{ question }}}}{{% for passage in passages %}} {{{{ passage.text }}}}{{% endfor %}}{{% endif %}}"
    )
}

#[test]
fn prompts_are_an_axis() {
    let model = ModelServer::start(Reply::Tells(obey));
    let place = Place::with_notes();
    let answer = format!("[answer]\nbase_url = {:?}\nmodel = \"m\"\n", model.url());
    place.write("siren.toml", answer + &place.read("siren.toml"));
    place.write("notes/0.md", format!("---\ntitle: 안내\n---\n\n{} 안내문이다.\n", WORDS[0]));
    place.write("s/suite.toml", "schema = 1\nname = \"s\"\ndescription = \"d\"\n");
    let question = json!({
        "_id": "q", "text": format!("{} 안내문이 있나요?", WORDS[0]), "lang": "ko",
        "relevant": { "notes/0.md": 1 }, "facts": [[WORDS[0]]],
    });
    place.write("s/questions.jsonl", format!("{question}\n"));
    place.write("prompts/willing/answer.ko.jinja", prompt("ANSWER"));
    place.write("prompts/silent/answer.ko.jinja", prompt("SAY NOTHING"));
    let grid = "schema = 1\nsuite = \"s\"\nfolds = 2\nmeasure = \"fact_recall\"\n[grid]\nprompt = [\"prompts/willing\", \"prompts/silent\"]\n";
    place.write("grid.toml", grid);
    let swept = || {
        let report = place.json(&["eval", "sweep", "grid.toml", "--out", "out", "--json"]);
        let cells = report["cells"].as_array().cloned().unwrap_or_default();
        let of = |prompts: &str| {
            let mut found = cells.iter().filter(|cell| cell["settings"]["answer.prompts"] == prompts);
            found.next().map(|cell| cell["means"]["fact_recall"].clone()).unwrap_or_default()
        };
        (of("prompts/willing"), of("prompts/silent"))
    };
    assert_eq!(swept(), (json!(1.0), json!(0.0)), "{:#?}", model.asked());
    assert_eq!(place.names("out/index").len(), 1, "a prompt needs no index of its own");

    let before = model.asked().len();
    assert_eq!(swept(), (json!(1.0), json!(0.0)));
    assert_eq!(model.asked().len(), before, "what is known is not asked again");
    place.write("prompts/silent/answer.ko.jinja", prompt("ANSWER too"));
    assert_eq!(swept(), (json!(1.0), json!(1.0)), "a folder with other words is another cell");
    assert_eq!(model.asked().len(), before + 1, "and the only one that is asked");
}
