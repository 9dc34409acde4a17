//! What a retriever asks of a store, and what it makes of the hits.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use siren_domain::ports::{
    EmbedError, Embedder, Fate, Generation, Hit, IndexIdentity, PassageStore, RetrievalRequest, Retrieved,
    Retriever, StoreError, StoreHits, StoreQuery, TermWeight,
};
use siren_domain::{Chunk, DocumentId, Metadata, OffsetMap, Origin, Records, ScoreParts};
use siren_retrieval::{Fusion, PassageRetriever, RetrievalSettings};

const SETTINGS: RetrievalSettings = RetrievalSettings {
    n_candidates: 10,
    top_k: 3,
    context_tokens: 100,
    linked_records: 3,
    fusion: Fusion::Weighted { weight: 0.5 },
    looked_at: 0,
    reranked: 50,
    mend: false,
    split: false,
};

/// A chunk: its id, its text, its tokens, its years.
type Held = (&'static str, &'static str, u32, &'static [u16]);

/// Holds chunks best first, and remembers what it was asked.
#[derive(Default)]
struct FakeStore {
    held: Vec<Held>,
    asked: Mutex<Vec<StoreQuery>>,
}

fn chunk((id, text, tokens, years): Held) -> Chunk {
    let document = Metadata {
        years: years.to_vec(),
        // Those of one letter are of the event that is called so.
        event: (id.len() == 1).then(|| id.to_owned()),
        ..Metadata::new(DocumentId::from_text(id), "s", Origin::File { path: id.into() }, "글")
    };
    let offsets = OffsetMap::identity(text.len());
    Chunk {
        id: id.into(),
        document: Arc::new(document),
        heading: vec![],
        text: text.into(),
        tokens,
        offsets,
        parts: vec![],
        sections: vec![],
    }
}

#[async_trait]
impl PassageStore for FakeStore {
    async fn search(&self, query: &StoreQuery) -> Result<StoreHits, StoreError> {
        self.asked.lock().unwrap().push(query.clone());
        let in_time = |held: &&Held| query.years.is_empty() || held.3.iter().any(|y| query.years.contains(y));
        let of_event =
            |held: &&Held| query.facets.iter().all(|any| any.contains(&format!("event={}", held.0)));
        let found = self.held.iter().filter(in_time).filter(of_event).take(query.n_candidates);
        let scores = (1..=9_u8).rev().map(f32::from);
        let terms = vec![TermWeight { term: "알파".into(), idf: 2.0, known: true }];
        Ok(StoreHits {
            generation: 4,
            terms,
            hits: found
                .zip(scores)
                .map(|(held, lexical)| Hit { chunk: chunk(*held), lexical, dense: None })
                .collect(),
        })
    }

    async fn searched(&self) -> Result<Generation, StoreError> {
        let identity =
            IndexIdentity { format: 1, analyser: String::new(), chunker: String::new(), embedding: None };
        Ok(Generation { number: 4, created_at: String::new(), identity, documents: 0, chunks: 0 })
    }

    async fn passages(&self, _: &[DocumentId], _: &[String]) -> Result<Vec<Chunk>, StoreError> {
        Ok(Vec::new())
    }

    async fn records(&self) -> Result<Arc<Records>, StoreError> {
        Ok(Arc::default())
    }
}

fn retrieve(
    held: &[Held],
    settings: RetrievalSettings,
    request: &RetrievalRequest,
) -> (Retrieved, Vec<StoreQuery>) {
    let store = Arc::new(FakeStore { held: held.to_vec(), ..FakeStore::default() });
    let retriever = PassageRetriever::new(Arc::clone(&store) as Arc<dyn PassageStore>, settings);
    let retrieved = block_on(retriever.retrieve(request)).unwrap();
    let asked = store.asked.lock().unwrap().clone();
    (retrieved, asked)
}

fn request(groups: &[&str], years: &[u16], top_k: Option<usize>) -> RetrievalRequest {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    RetrievalRequest {
        question: "알파 발표는 어땠나요?".into(),
        groups,
        years: years.to_vec(),
        top_k,
        ..RetrievalRequest::default()
    }
}

const HELD: [Held; 5] = [
    ("a", "알파는 서울에서 열렸다", 10, &[2019]),
    ("b", "베타는 부산에서 열렸다", 10, &[2024]),
    ("c", "감마는 대구에서 열렸다", 10, &[2019]),
    ("d", "델타는 광주에서 열렸다", 10, &[2024]),
    ("e", "엡실론은 제주에서 열렸다", 10, &[2022]),
];

#[test]
fn the_asker_is_always_one_of_everyone() {
    let cases: [(&[&str], &[&str]); 4] = [
        (&[], &["all"]),
        (&["hr"], &["all", "hr"]),
        (&["hr", "all", "hr"], &["all", "hr"]),
        (&["zoo", "art"], &["all", "art", "zoo"]),
    ];
    for (groups, expected) in cases {
        for years in [&[][..], &[1999]] {
            let (_, asked) = retrieve(&HELD, SETTINGS, &request(groups, years, None));
            assert_eq!(asked.len(), 1 + years.len());
            assert!(asked.iter().all(|query| query.groups == expected), "{groups:?}: {asked:?}");
        }
    }
}

#[test]
fn so_many_are_fetched_and_kept() {
    let few = RetrievalSettings { n_candidates: 2, ..SETTINGS };
    let cases = [
        ("the settings", SETTINGS, None, 10, "a b c"),
        ("more than the settings", SETTINGS, Some(4), 10, "a b c d"),
        ("one", SETTINGS, Some(1), 10, "a"),
        ("more than there are", SETTINGS, Some(50), 50, "a b c d e"),
        ("more than candidates", few, None, 3, "a b c"),
    ];
    for (case, settings, top_k, fetched, kept) in cases {
        let (retrieved, asked) = retrieve(&HELD, settings, &request(&[], &[], top_k));
        assert_eq!(asked.iter().map(|query| query.n_candidates).collect::<Vec<_>>(), [fetched], "{case}");
        assert_eq!(ids(&retrieved), kept, "{case}");
    }
}

/// Gives a vector, or is not there; counts how often it was asked.
struct FakeEmbedder(Option<Vec<f32>>, AtomicUsize);

#[async_trait]
impl Embedder for FakeEmbedder {
    fn identity(&self) -> &str {
        "fake"
    }

    fn dimensions(&self) -> usize {
        2
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        let vector = self.0.clone().ok_or_else(|| EmbedError::Unavailable("gone".into()))?;
        Ok(vec![vector; texts.len()])
    }
}

#[test]
fn a_question_is_asked_by_its_meaning_too_as_long_as_the_embedder_answers() {
    for vector in [Some(vec![0.6, 0.8]), None] {
        let store = Arc::new(FakeStore { held: HELD.to_vec(), asked: Mutex::default() });
        let embedder = Arc::new(FakeEmbedder(vector.clone(), AtomicUsize::new(0)));
        let retriever = PassageRetriever::new(Arc::clone(&store) as Arc<dyn PassageStore>, SETTINGS);
        let retrieved = block_on(retriever.with_embedder(Some(embedder)).retrieve(&request(&[], &[], None)));
        assert_eq!(ids(&retrieved.unwrap()), "a b c", "{vector:?}");
        assert_eq!(store.asked.lock().unwrap()[0].vector, vector);
    }
}

/// A server that hangs is waited for once, however many things a question asks.
#[test]
fn an_embedder_that_failed_is_not_asked_again_for_the_same_question() {
    for (vector, calls) in [(Some(vec![0.6, 0.8]), 3), (None, 1)] {
        let store = FakeStore { held: HELD.to_vec(), asked: Mutex::default() };
        let embedder = Arc::new(FakeEmbedder(vector, AtomicUsize::new(0)));
        let settings = RetrievalSettings { split: true, ..SETTINGS };
        let retriever = PassageRetriever::new(Arc::new(store), settings);
        let retriever = retriever.with_embedder(Some(Arc::clone(&embedder) as Arc<dyn Embedder>));
        let question = "알파와 베타는 각각 어디서 열렸나요?";
        for times in [1, 2] {
            let retrieved = block_on(
                retriever
                    .retrieve(&RetrievalRequest { question: question.into(), ..request(&[], &[], None) }),
            );
            assert_eq!(retrieved.unwrap().parts.len(), 2);
            assert_eq!(embedder.1.load(Ordering::Relaxed), times * calls, "each question tries anew");
        }
    }
}

fn ids(retrieved: &Retrieved) -> String {
    let ids: Vec<&str> = retrieved.passages.iter().map(|passage| passage.chunk.id.as_str()).collect();
    ids.join(" ")
}

#[test]
fn years_narrow_the_context_and_hide_nothing() {
    type Case<'a> = (&'a str, &'a [u16], usize, &'a str, &'a [usize], bool, &'a [&'a [u16]]);
    let cases: [Case<'_>; 6] = [
        ("no years", &[], 3, "a b c", &[0, 1, 2], false, &[&[]]),
        ("enough within", &[2019], 2, "a c", &[0, 1], false, &[&[2019]]),
        ("others behind, out of the context", &[2024], 4, "b d a c", &[0, 1], false, &[&[2024], &[]]),
        ("two years", &[2022, 2024], 5, "b d e a c", &[0, 1, 2], false, &[&[2022, 2024], &[]]),
        ("nothing within", &[1999], 2, "a b", &[0, 1], true, &[&[1999], &[]]),
        ("one within, others only to fill", &[2022], 2, "e a", &[0], false, &[&[2022], &[]]),
    ];
    for (case, years, top_k, found, context, widened, asked_years) in cases {
        let (retrieved, asked) = retrieve(&HELD, SETTINGS, &request(&[], years, Some(top_k)));
        assert_eq!(ids(&retrieved), found, "{case}");
        assert_eq!(retrieved.context().collect::<Vec<_>>(), context, "{case}");
        assert_eq!(retrieved.widened, widened, "{case}");
        let asked: Vec<&[u16]> = asked.iter().map(|query| &query.years[..]).collect();
        assert_eq!(asked, asked_years, "{case}");
    }
    let (nothing, _) = retrieve(&[], SETTINGS, &request(&[], &[2019], None));
    assert!(nothing.passages.is_empty() && nothing.fates.is_empty() && !nothing.widened);
}

#[test]
fn events_narrow_the_context_and_are_given_up_behind_years() {
    type Case<'a> = (&'a str, &'a [&'a str], &'a [u16], &'a str, &'a str, (bool, bool));
    let cases: [Case<'_>; 7] = [
        ("one event", &["d"], &[], "d a b", "d", (false, false)),
        ("two", &["b", "d"], &[], "b d a", "b d", (false, false)),
        ("none of it", &["z"], &[], "a b c", "a b c", (false, true)),
        ("of its year", &["d"], &[2024], "d a b", "d", (false, false)),
        ("of another year", &["d"], &[2019], "d a b", "d", (true, false)),
        ("neither", &["z"], &[1999], "a b c", "a b c", (true, true)),
        ("no event", &[], &[2024], "b d a", "b d", (false, false)),
    ];
    for (case, events, years, found, context, given_up) in cases {
        let events = events.iter().map(|event| (*event).to_owned()).collect();
        let (retrieved, _) =
            retrieve(&HELD, SETTINGS, &RetrievalRequest { events, ..request(&[], years, None) });
        assert_eq!(ids(&retrieved), found, "{case}");
        let held: Vec<String> = retrieved.context_passages().iter().map(|p| p.chunk.id.clone()).collect();
        assert_eq!(held.join(" "), context, "{case}");
        assert_eq!((retrieved.widened, retrieved.other_events), given_up, "{case}");
    }
    let d = RetrievalRequest { events: vec!["d".into()], ..request(&[], &[2024], None) };
    let (retrieved, _) = retrieve(&HELD, SETTINGS, &d);
    assert_eq!(retrieved.fates, [Fate::InContext, Fate::OtherEvents, Fate::OtherEvents]);
    let only = RetrievalRequest { facets: vec![vec!["event=z".into()]], ..request(&[], &[], None) };
    assert_eq!(ids(&retrieve(&HELD, SETTINGS, &only).0), "", "what the asker narrows to is never given up");
}

#[test]
fn the_context_fits_and_tells_nothing_twice() {
    const LONG: &str =
        "케이뱅크는 모든 서비스를 클라우드로 옮겼고 그 일은 두 해가 걸리지 않았다고 발표에서 말했다";
    let twice: [Held; 3] =
        [("a1", LONG, 40, &[]), ("a2", LONG, 40, &[]), ("c", "다른 이야기를 한다", 40, &[])];
    let sized = |tokens| RetrievalSettings { context_tokens: tokens, ..SETTINGS };
    let cases = [
        ("all fit", &HELD[..], sized(30), &[0, 1, 2][..]),
        ("two fit", &HELD, sized(29), &[0, 1]),
        ("the best comes always", &HELD, sized(1), &[0]),
        ("the same words", &twice, sized(100), &[0, 2]),
        ("what is left out costs nothing", &twice, sized(80), &[0, 2]),
    ];
    for (case, held, settings, context) in cases {
        let (retrieved, _) = retrieve(held, settings, &request(&[], &[], None));
        assert_eq!(retrieved.context().collect::<Vec<_>>(), context, "{case}");
        assert_eq!(retrieved.passages.len(), 3, "{case}: what is not before a model can still be seen");
        let passages = retrieved.context_passages();
        assert!(passages.iter().zip(context).all(|(one, at)| *one == retrieved.passages[*at]), "{case}");
    }
}

#[test]
fn scores_terms_and_generation_are_the_stores() {
    let (retrieved, asked) = retrieve(&HELD, SETTINGS, &request(&[], &[], None));
    assert_eq!(retrieved.generation, 4);
    assert_eq!(retrieved.terms, [TermWeight { term: "알파".into(), idf: 2.0, known: true }]);
    for (passage, score) in retrieved.passages.iter().zip([9.0, 8.0, 7.0]) {
        assert_eq!(passage.score, score);
        assert_eq!(passage.parts, ScoreParts { lexical: score, ..ScoreParts::default() });
    }
    let terms = &asked[0].terms;
    assert!(terms.contains(&"알파".to_owned()), "{terms:?}");
    assert!(!terms.contains(&"=어땠나요".to_owned()) && !terms.is_empty(), "words that only ask: {terms:?}");
}

/// The first passages are looked at closer; the rest stay where they are, behind them.
#[test]
fn a_closer_look_changes_the_order_of_the_first() {
    let held: [Held; 4] = [
        ("a", "알림을 보냈고 파도가 쳤다", 10, &[]),
        ("b", "알파 발표는 훌륭했다", 10, &[]),
        ("c", "알파 발표는 길었다", 10, &[]),
        ("d", "알파", 10, &[]),
    ];
    let all = Some(4);
    for (looked_at, expected) in [(0, "a b c d"), (1, "a b c d"), (2, "b a c d"), (10, "b c d a")] {
        let settings = RetrievalSettings { looked_at, ..SETTINGS };
        let (retrieved, _) = retrieve(&held, settings, &request(&[], &[], all));
        assert_eq!(ids(&retrieved), expected, "{looked_at}");
        let scores: Vec<f32> = retrieved.passages.iter().map(|passage| passage.score).collect();
        assert!(scores.is_sorted_by(|a, b| a > b), "{looked_at}: {scores:?}");
        let looked = retrieved.passages.iter().filter(|passage| passage.parts.signals.is_some()).count();
        assert_eq!(looked, looked_at.min(4), "what was looked at tells what was seen");
    }
}

/// A day of an event is looked for by its other names as well.
#[test]
fn a_day_has_more_than_one_name() {
    let asked = |question: &str| {
        let request = RetrievalRequest { question: question.into(), ..RetrievalRequest::default() };
        let (retrieved, asked) = retrieve(&HELD, SETTINGS, &request);
        (
            asked[0].terms.contains(&"=둘째".to_owned()),
            asked[0].terms.contains(&"일차".to_owned()),
            retrieved.named,
        )
    };
    let day = || vec!["day 2".to_owned()];
    assert_eq!(asked("2일차 발표는?"), (true, true, day()));
    assert_eq!(asked("둘째 날 발표는?"), (true, true, day()));
    assert_eq!(asked("Who spoke on day two?"), (true, true, day()));
    assert_eq!(asked("발표는?"), (false, false, vec![]));
}
