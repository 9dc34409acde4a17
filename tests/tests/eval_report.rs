//! The page of a run, opened in a real browser.

use std::process::{Command, Stdio};

use e2e::{Place, environment, repository};
use serde_json::Value;

/// Opens the page in a frame as wide as a phone and tells what stands there.
const WATCH: &str = r#"<!doctype html><iframe id="frame" src="report.html" style="width:390px;height:800px;border:0"></iframe>
<pre id="seen"></pre><script>
onload = () => {
  const page = frame.contentDocument, view = frame.contentWindow;
  const shown = (tongue) => [...page.querySelectorAll(`[data-tongue=${tongue}]`)]
    .filter((span) => view.getComputedStyle(span).display !== "none").length;
  const count = () => ({ ko: shown("ko"), en: shown("en") });
  const first = count();
  page.getElementById("en").click();
  const cards = [...page.querySelectorAll(".card")].map((card) => ({
    measure: card.dataset.measure, n: card.dataset.n, shown: card.querySelector(".value").textContent }));
  const figures = JSON.parse(page.getElementById("figures").textContent);
  const worst = [...page.querySelectorAll("details.question")].map((one) => one.querySelectorAll("li").length);
  seen.textContent = JSON.stringify({ first, second: count(), cards, figures, worst,
    wide: page.documentElement.scrollWidth, links: page.querySelectorAll("link,img,script[src]").length });
};
</script>"#;

fn seen(place: &Place, chromium: &str) -> Value {
    let profile = place.path("profile");
    let page = format!("file://{}", place.path("watch.html").display());
    let flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--allow-file-access-from-files",
        "--virtual-time-budget=5000",
    ];
    let mut browser = Command::new(chromium);
    browser.args(flags).arg(format!("--user-data-dir={}", profile.display())).args(["--dump-dom", &page]);
    let ran = browser
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("the browser cannot be started: {error}"));
    let dom = String::from_utf8_lossy(&ran.stdout).into_owned();
    let seen = dom.split_once("<pre id=\"seen\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let seen = seen.unwrap_or_else(|| panic!("{}\n{dom}", String::from_utf8_lossy(&ran.stderr))).0;
    serde_json::from_str(&seen.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        .unwrap_or_else(|error| panic!("{error}: {seen}"))
}

#[test]
fn the_page_shows_what_the_json_says() {
    let Some(chromium) = environment::server("SIREN_TEST_CHROMIUM", "the page of a run") else { return };
    let place = Place::with_sample();
    let suite = repository().join("eval/conference").to_string_lossy().into_owned();
    let report =
        place.json(&["eval", "run", &suite, "--json", "--record", "run.json", "--html", "report.html"]);
    place.siren(&["eval", "accept", "run.json"]).exits(0);
    place.siren(&["eval", "run", &suite, "--html", "compared.html"]).exits(0);
    place.write("watch.html", WATCH);

    let seen = seen(&place, &chromium);
    let means = &report["overall"]["means"];
    let cards = seen["cards"].as_array().cloned().unwrap_or_default();
    assert!(cards.len() >= 6, "{seen:#}");
    for card in &cards {
        let mean = &means[card["measure"].as_str().unwrap_or_default()];
        let value = mean["mean"].as_f64().unwrap_or(f64::NAN);
        let told = match card["measure"].as_str() {
            Some("answer_chars") => format!("{value:.0}"),
            _ => format!("{:.1}%", 100.0 * value),
        };
        assert_eq!(
            (card["shown"].as_str(), card["n"].as_str()),
            (Some(told.as_str()), Some(mean["n"].to_string().as_str()))
        );
    }
    for (measure, mean) in means.as_object().unwrap() {
        let (told, shown) = (mean["mean"].as_f64(), seen["figures"]["means"][measure].as_f64());
        assert!(told.zip(shown).is_some_and(|(a, b)| (a - b).abs() < 1e-9), "{measure}: {told:?} {shown:?}");
    }
    let of = |when: &str, tongue: &str| seen[when][tongue].as_u64().unwrap_or_default();
    assert!(of("first", "ko") > 20 && of("first", "en") == 0, "Korean first: {seen:#}");
    assert_eq!((of("second", "en"), of("second", "ko")), (of("first", "ko"), 0), "then English");
    assert!(seen["wide"].as_u64().is_some_and(|wide| wide <= 390), "wider than a phone: {}", seen["wide"]);
    assert_eq!(seen["links"], 0, "nothing from elsewhere");
    assert!(seen["worst"].as_array().is_some_and(|worst| worst.len() >= 10), "{:#}", seen["worst"]);

    let compared = place.read("compared.html");
    assert!(
        compared.contains("within the noise") && !compared.contains("There is no accepted run"),
        "it found the accepted run"
    );
}

#[test]
fn what_documents_say_cannot_act_on_the_page() {
    let place = Place::with_notes();
    place.write("notes/a.md", "---\ntitle: \"<script>alert(1)</script>\"\n---\n\n점심에는 <b>비빔밥</b>과 `<img src=x onerror=alert(2)>` 이 나온다.\n");
    place.write("s/suite.toml", "schema = 1\nname = \"</title><script>\"\ndescription = \"d\"\n");
    let question = r#"{"_id": "a", "text": "점심에는 <i>무엇</i>이 나오나요? </script>", "lang": "ko", "relevant": {"notes/a.md": 1}, "facts": [["없는 <b> 말"]]}"#;
    place.write("s/questions.jsonl", question);
    place.siren(&["eval", "run", "s", "--html", "report.html"]).exits(0);
    let page = place.read("report.html");
    assert_eq!(
        (page.matches("<script").count(), page.matches("</script>").count()),
        (1, 1),
        "only the figures"
    );
    assert!(!page.contains("<img") && !page.contains("<i>무엇"), "{page}");
}
