//! What a question was meant to ask: words put right, other names, two things at once, what comes next.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod small_store;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::executor::block_on;
use siren_domain::ports::{RetrievalRequest, Retrieved, Retriever};
use siren_domain::{ScoreParts, Value};
use siren_retrieval::{Aliases, Fusion, Order, PassageRetriever, RetrievalSettings};
use small_store::{SmallStore, chunk, record};

const SETTINGS: RetrievalSettings = RetrievalSettings {
    n_candidates: 20,
    top_k: 10,
    context_tokens: 1000,
    linked_records: 0,
    fusion: Fusion::Weighted { weight: 0.5 },
    looked_at: 20,
    reranked: 0,
    mend: true,
    split: true,
};

fn ask(retriever: &PassageRetriever, question: &str, groups: &[&str]) -> Retrieved {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    let request = RetrievalRequest { question: question.into(), groups, ..RetrievalRequest::default() };
    block_on(retriever.retrieve(&request)).unwrap()
}

fn retriever(store: SmallStore) -> PassageRetriever {
    PassageRetriever::new(Arc::new(store), SETTINGS)
}

fn first(found: &Retrieved) -> &str {
    found.passages.first().map_or("", |passage| passage.chunk.id.as_str())
}

fn some_documents() -> SmallStore {
    SmallStore::of(vec![
        chunk("d/bank#0", "케이뱅크는 하이브리드로 시작했다. 클라우드 전환 일정이 있다.", "all", &[]),
        chunk("d/map#0", "티맵 모빌리티(TMAP)는 신규 서비스부터 옮겼다.", "all", &[]),
        chunk("d/card#0", "네임카드는 NFC 방식이다.", "all", &[]),
        chunk("d/log#0", "쿠버네티스(Kubernetes)로 옮긴 이야기.", "all", &[]),
        chunk("d/tea#0", "차 모임은 화요일에 한다.", "all", &[]),
        chunk("d/secret#0", "가람상사 인수를 검토한다.", "board", &[]),
    ])
    .with_records(vec![record("companies/1", "티맵 모빌리티")])
}

#[test]
fn words_that_the_index_lacks_are_put_right() {
    let retriever = retriever(some_documents());
    let cases = [
        ("케이뱅그는 어떻게 시작했나요?", "케이뱅크는 어떻게 시작했나요?", "d/bank#0"),
        ("케이뱅쿠의 방식은?", "케이뱅크의 방식은?", "d/bank#0"),
        // Two syllables are enough for a name of a record, and for no other word.
        ("티멥은 뭘 옮겼나요?", "티맵은 뭘 옮겼나요?", "d/map#0"),
        ("엔에프씨 방식이에요?", "NFC 방식이에요?", "d/card#0"),
        ("클라우드전환일정 알려 주세요", "클라우드 전환 일정 알려 주세요", "d/bank#0"),
        ("Kubernets 이야기", "kubernetes 이야기", "d/log#0"),
        ("케 이 뱅 크 방 식", "케이뱅크 방식", "d/bank#0"),
        // Typed on the keyboard of the other language, one word of many.
        ("zpdlqodzm 클라우드 방식", "케이뱅크 클라우드 방식", "d/bank#0"),
        ("스메는 뭘 옮겼나요?", "tmap는 뭘 옮겼나요?", "d/map#0"),
        ("클라우드전환일정은뭔가요", "클라우드 전환 일정은 뭔가요", "d/bank#0"),
    ];
    for (question, meant, found) in cases {
        let retrieved = ask(&retriever, question, &[]);
        assert_eq!(retrieved.looked_for.as_deref(), Some(meant), "{question}");
        assert_eq!(first(&retrieved), found, "{question}");
        assert!(!retrieved.mended.is_empty(), "{question}");
        assert_eq!(retrieved.request(question).question, meant, "the answer is to what was meant");
    }
    for question in ["케이뱅크는 어떻게 시작했나요?", "자 모임은 언제?", "모르는 낱말", "2024"]
    {
        let retrieved = ask(&retriever, question, &[]);
        assert_eq!((retrieved.looked_for, retrieved.mended), (None, vec![]), "{question}");
    }
    let off =
        PassageRetriever::new(Arc::new(some_documents()), RetrievalSettings { mend: false, ..SETTINGS });
    assert!(ask(&off, "케이뱅그는?", &[]).mended.is_empty(), "as it is set");
}

/// A correction would tell that there is a document with the word.
#[test]
fn nothing_is_put_right_into_words_that_the_asker_may_not_read() {
    let retriever = retriever(some_documents());
    for question in ["가람상샤 소식", "가람상사인수검토 소식"] {
        let (stranger, member) = (ask(&retriever, question, &[]), ask(&retriever, question, &["board"]));
        assert_eq!((stranger.looked_for, stranger.mended), (None, vec![]), "{question}");
        assert_eq!(first(&member), "d/secret#0", "{question}");
        assert!(!member.mended.is_empty(), "{question}");
    }
}

/// Each slip of a word of 2,000 syllables is as long as the word, and there are 130,000 of them.
#[test]
fn a_question_without_an_end_is_not_mended() {
    let syllables: String = ('가'..='힣').step_by(5).take(2_000).collect();
    let spaced: String = syllables.chars().flat_map(|c| [c, ' ']).take(2_000).collect();
    for question in [syllables, spaced, "에이".repeat(1_000), "q".repeat(2_000), "zx".repeat(1_000)] {
        let store = some_documents();
        let asked = Arc::clone(&store.asked);
        let found = ask(&retriever(store), &question, &[]);
        assert_eq!(found.mended, vec![], "{question}");
        let asked = asked.load(Ordering::Relaxed);
        assert!(asked < 500_000, "{asked} bytes of terms for {}", &question[..30]);
    }
}

#[test]
fn names_of_the_house_are_looked_for() {
    let aliases = || Arc::new(Aliases::parse("케뱅\t케이뱅크\n차회\t차 모임\n밀\t가람상사\n").unwrap());
    let retriever = retriever(some_documents()).with_aliases(aliases());
    let retrieved = ask(&retriever, "케뱅은 어떻게 시작했나요?", &[]);
    assert_eq!(first(&retrieved), "d/bank#0");
    assert_eq!(retrieved.looked_for.as_deref(), Some("케이뱅크은 어떻게 시작했나요?"));
    assert_eq!(retrieved.mended.len(), 1);
    assert_eq!(first(&ask(&retriever, "차회는 언제?", &[])), "d/tea#0");
    assert!(ask(&retriever, "밀 이야기", &[]).mended.is_empty(), "a name that the asker may not read");
}

#[test]
fn each_of_two_things_has_its_best_passages_first() {
    let retriever = retriever(some_documents());
    let question = "케이뱅크와 티맵은 각각 어떻게 옮겼나요?";
    let retrieved = ask(&retriever, question, &[]);
    let ids: Vec<&str> = retrieved.passages.iter().map(|passage| passage.chunk.id.as_str()).collect();
    let first_two: BTreeSet<&str> = ids[..2].iter().copied().collect();
    assert_eq!(first_two, BTreeSet::from(["d/bank#0", "d/map#0"]), "the best for the whole is one of them");
    let parts: Vec<&str> = retrieved.parts.iter().map(|part| part.chunks[0].as_str()).collect();
    assert_eq!(parts, ["d/bank#0", "d/map#0"]);
    assert!(retrieved.passages.is_sorted_by(|a, b| a.score > b.score));
    let whole =
        PassageRetriever::new(Arc::new(some_documents()), RetrievalSettings { split: false, ..SETTINGS });
    assert!(ask(&whole, question, &[]).parts.is_empty(), "as it is set");
}

#[test]
fn what_comes_next_is_the_record_with_the_next_place() {
    let row = |id: &str, text: &str, place: i64, day: i64| {
        let event = ("event", Value::text("서밋"));
        chunk(id, text, "all", &[("place", Value::Integer(place)), ("day", Value::Integer(day)), event])
    };
    let store = || {
        SmallStore::of(vec![
            row("talks/1#0", "스타벅스의 챗봇 발표이다.", 1, 1),
            row("talks/2#0", "센드버드의 안전 발표이다.", 2, 1),
            row("talks/3#0", "데이터독의 관측 발표이다.", 2, 2),
            chunk("d/bird#0", "센드버드가 말한 주의점.", "all", &[]),
        ])
    };
    let order =
        Order { source: "talks".into(), column: "place".into(), within: vec!["event".into(), "day".into()] };
    let retriever = retriever(store()).with_orders(vec![order]);
    let next = ask(&retriever, "스타벅스 발표 바로 다음 발표는 어느 회사였나요?", &[]);
    assert_eq!((first(&next), next.pointed.as_deref()), ("talks/2#0", Some("talks/2#0")));
    assert_eq!(ask(&retriever, "센드버드 발표 바로 앞 순서는?", &[]).pointed.as_deref(), Some("talks/1#0"));
    assert_eq!(
        ask(&retriever, "데이터독 발표 바로 다음 발표는?", &[]).pointed,
        None,
        "nothing comes behind it"
    );
    assert_eq!(ask(&retriever, "스타벅스 발표는?", &[]).pointed, None);
    let unordered = PassageRetriever::new(Arc::new(store()), SETTINGS);
    assert_eq!(ask(&unordered, "스타벅스 발표 바로 다음 발표는?", &[]).pointed, None);
}

/// Records are told alike: some of one source, then what documents tell, unless a list is asked for.
#[test]
fn records_of_one_source_do_not_crowd_out_documents() {
    let place = |at: i64| [("place", Value::Integer(at))];
    let rows = (1..6).map(|at| chunk(&format!("talks/{at}#0"), "은행 교훈 발표이다.", "all", &place(at)));
    let other = (0..3).map(|at| chunk(&format!("d/other{at}#0"), "은행 이야기이다.", "all", &[]));
    let store = SmallStore::of(rows.chain(other).collect());
    let few = PassageRetriever::new(Arc::new(store), RetrievalSettings { top_k: 7, ..SETTINGS });
    let of_talks = |question: &str| -> Vec<bool> {
        let found = ask(&few, question, &[]).passages;
        found.iter().map(|passage| passage.chunk.id.starts_with("talks/")).collect()
    };
    assert_eq!(of_talks("은행 교훈 발표"), [true, true, true, false, false, false, true]);
    assert_eq!(of_talks("은행 교훈 발표 목록"), [true, true, true, true, true, false, false]);
}

/// Of records that are told alike, the one that tells the kind of thing that is asked for; a document tells it in its own words.
#[test]
fn a_record_that_tells_what_is_asked_for_comes_first() {
    let is_row = [("id", Value::Integer(1))];
    let texts = |fields: &[(&str, Value)]| {
        SmallStore::of(vec![
            chunk("d/one#0", "가람 대회의 교훈 안내이다.", "all", fields),
            chunk("d/two#0", "교훈은 모두 6가지이다. 가람 대회의 기록이다.", "all", fields),
        ])
    };
    let ask_for = |fields, question| first(&ask(&retriever(texts(fields)), question, &[])).to_owned();
    assert_eq!(ask_for(&is_row, "가람 대회 교훈은 몇 가지예요?"), "d/two#0");
    assert_eq!(ask_for(&is_row, "가람 대회 교훈은 뭐예요?"), "d/one#0");
    assert_eq!(ask_for(&[], "가람 대회 교훈은 몇 가지예요?"), "d/one#0", "these are no records");
}

#[test]
fn one_document_does_not_crowd_out_the_others() {
    let same = (0..6).map(|at| chunk(&format!("d/long#{at}"), "은행 이사 비용 이야기이다.", "all", &[]));
    let other = (0..3).map(|at| chunk(&format!("d/other{at}#0"), "은행 이야기이다.", "all", &[]));
    let store = SmallStore::of(same.chain(other).collect());
    let few = PassageRetriever::new(Arc::new(store), RetrievalSettings { top_k: 8, ..SETTINGS });
    let found = ask(&few, "은행 이사 비용", &[]);
    let of_long: Vec<bool> =
        found.passages.iter().map(|passage| passage.chunk.id.starts_with("d/long")).collect();
    assert_eq!(of_long, [true, true, true, false, false, false, true, true]);
    let shown = ScoreParts::default();
    assert!(found.passages.iter().all(|passage| passage.parts != shown), "each tells how it was scored");
}
