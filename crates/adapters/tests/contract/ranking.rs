//! Which chunks are found, and in which order.

use std::collections::BTreeSet;

use proptest::prelude::*;
use siren_domain::ports::{Hit, StoreHits, StoreQuery};

use super::bm25::expected;
use super::sample::{Doc, doc, identity, query, write};
use super::{Both, TOLERANCE};

const GROUPS: [&str; 4] = ["all", "hr", "legal", "dev"];

fn groups() -> impl Strategy<Value = Vec<String>> {
    prop::sample::subsequence(&GROUPS[..], 0..4)
        .prop_map(|groups| groups.into_iter().map(str::to_owned).collect())
}

fn years() -> impl Strategy<Value = Vec<u16>> {
    prop::sample::subsequence(&[2019_u16, 2024, 2025][..], 0..3)
}

/// Up to so many terms. Field lengths up to 40 are kept exactly; longer ones are rounded by some stores.
fn terms(most: usize) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-f가나]", 1..most)
}

fn docs() -> impl Strategy<Value = Vec<Doc>> {
    let chunks = prop::collection::vec(terms(40).prop_map(|terms| terms.join(" ")), 1..4);
    let doc = (groups(), years(), chunks);
    prop::collection::vec(doc, 1..7).prop_map(|docs| {
        let numbered = docs.into_iter().enumerate();
        numbered
            .map(|(at, (groups, years, chunks))| {
                let tags = Vec::new();
                Doc { id: format!("d{at}"), groups, years, tags, chunks }
            })
            .collect()
    })
}

/// Terms, groups, years, and a small number of candidates.
type Asked = (Vec<String>, Vec<String>, Vec<u16>, usize);

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0)
}

fn is_as_expected(docs: &[Doc], query: &StoreQuery, found: &StoreHits) -> Result<(), TestCaseError> {
    let reference = expected(docs, query);
    let ids: BTreeSet<&str> = found.hits.iter().map(|hit| hit.chunk.id.as_str()).collect();
    prop_assert_eq!(ids.len(), found.hits.len(), "a chunk comes once");
    prop_assert_eq!(ids, reference.scores.keys().map(String::as_str).collect::<BTreeSet<_>>());
    for Hit { chunk, lexical: score, dense } in &found.hits {
        prop_assert_eq!(*dense, None, "nothing was asked of vectors");
        let wanted = reference.scores[&chunk.id];
        prop_assert!(close(f64::from(*score), wanted), "{}: {} and not {}", chunk.id, score, wanted);
    }
    let sorted = found
        .hits
        .is_sorted_by(|a, b| a.lexical > b.lexical || (a.lexical == b.lexical && a.chunk.id < b.chunk.id));
    prop_assert!(sorted, "best first, equal ones by id: {:?}", found.hits);
    let told: BTreeSet<&str> = found.terms.iter().map(|term| term.term.as_str()).collect();
    prop_assert_eq!(told.len(), found.terms.len(), "a term is told once");
    prop_assert_eq!(told, reference.terms.keys().map(String::as_str).collect::<BTreeSet<_>>());
    for told in &found.terms {
        let (idf, known) = reference.terms[&told.term];
        prop_assert!(close(f64::from(told.idf), idf) && told.known == known, "{:?}: {} {}", told, idf, known);
        let highest = found.terms.iter().all(|other| other.idf <= told.idf);
        prop_assert!(told.known || highest, "an unknown term is the most telling: {:?}", found.terms);
    }
    Ok(())
}

/// On any documents: what is found, its scores and its order are the reference's, and nobody finds what is not for one of
/// their groups. Fewer candidates are the best of all.
pub(crate) fn found_as_the_reference_finds(
    store: &dyn Both,
    cases: u32,
    block_on: &dyn Fn(Searching<'_>) -> Vec<StoreHits>,
) {
    let asked = (docs(), prop::collection::vec((terms(8), groups(), years(), 1..4_usize), 1..4));
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let law = |(docs, asked): (Vec<Doc>, Vec<Asked>)| {
        let queries = asked.into_iter().flat_map(|(mut terms, groups, years, few)| {
            terms.push("unknown".into());
            let all = StoreQuery { terms, groups, years, n_candidates: 1000, ..StoreQuery::default() };
            [all.clone(), StoreQuery { n_candidates: few, ..all }]
        });
        let queries: Vec<StoreQuery> = queries.collect();
        let found = block_on(Box::pin(search_all(store, &docs, &queries)));
        for (queries, found) in queries.chunks(2).zip(found.chunks(2)) {
            is_as_expected(&docs, &queries[0], &found[0])?;
            let scores = |hits: &StoreHits| hits.hits.iter().map(|hit| hit.lexical).collect::<Vec<_>>();
            let few = queries[1].n_candidates.min(found[0].hits.len());
            prop_assert_eq!(&scores(&found[1])[..], &scores(&found[0])[..few]);
        }
        Ok(())
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    if let Err(error) = runner.run(&asked, law) {
        panic!("{error}");
    }
}

/// A search under way.
pub(crate) type Searching<'a> = std::pin::Pin<Box<dyn Future<Output = Vec<StoreHits>> + 'a>>;

async fn search_all(store: &dyn Both, docs: &[Doc], queries: &[StoreQuery]) -> Vec<StoreHits> {
    let generation = write(store, None, docs).await;
    store.promote(generation.number).await.unwrap();
    store.prune(1).await.unwrap();
    let mut out = Vec::new();
    for query in queries {
        let hits = store.search(query).await.unwrap();
        assert_eq!(hits.generation, generation.number);
        out.push(hits);
    }
    out
}

/// What a table tells more plainly than a law.
pub(crate) async fn years_and_ties(store: &dyn Both) {
    let aged = |id: &str, years: &[u16], text: &str| Doc { years: years.to_vec(), ..doc(id, &[text]) };
    let docs = [
        aged("old", &[2019], "talk alpha"),
        aged("new", &[2024, 2025], "talk beta"),
        aged("ageless", &[], "talk gamma"),
        aged("hush", &[2019], "talk delta"),
        aged("twice", &[2024], "alpha beta"),
    ];
    let docs = docs.map(|doc| if doc.id == "hush" { Doc { groups: vec!["hr".into()], ..doc } } else { doc });
    let generation = write(store, None, &docs).await;
    store.promote(generation.number).await.unwrap();
    type Case<'a> = (&'a str, &'a str, &'a [u16], &'a [&'a str], usize, &'a [&'a str]);
    let everyone = &["all"][..];
    let cases: [Case<'_>; 12] = [
        ("ties by id", "talk", &[], everyone, 9, &["ageless#0", "new#0", "old#0"]),
        ("a year, and the unknown one", "talk", &[2019], everyone, 9, &["ageless#0", "old#0"]),
        ("one of its years", "talk", &[2025], everyone, 9, &["ageless#0", "new#0"]),
        ("any of the years", "talk", &[2019, 2025], everyone, 9, &["ageless#0", "new#0", "old#0"]),
        ("a year of nothing", "talk", &[1999], everyone, 9, &["ageless#0"]),
        ("another group", "talk", &[], &["hr"], 9, &["hush#0"]),
        ("both groups", "talk", &[2019], &["hr", "all"], 9, &["ageless#0", "hush#0", "old#0"]),
        ("no group", "talk", &[], &[], 9, &[]),
        ("a group's beginning", "talk", &[], &["h", "al", ""], 9, &[]),
        ("asked twice weighs more", "alpha alpha beta", &[2019, 2024], everyone, 2, &["twice#0", "old#0"]),
        ("no candidates", "talk", &[], everyone, 0, &[]),
        ("no terms", "", &[], everyone, 9, &[]),
    ];
    for (case, terms, years, groups, n_candidates, ids) in cases {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        let query = StoreQuery { groups, years: years.to_vec(), n_candidates, ..query(terms) };
        let hits = store.search(&query).await.unwrap().hits;
        let found: Vec<&str> = hits.iter().map(|hit| hit.chunk.id.as_str()).collect();
        assert_eq!(found, ids, "{case}");
    }
    let score = |hits: StoreHits| hits.hits[0].lexical;
    let once = score(store.search(&query("gamma")).await.unwrap());
    let thrice = score(store.search(&query("gamma gamma gamma")).await.unwrap());
    assert!(close(f64::from(thrice), 3.0 * f64::from(once)), "{once} {thrice}");
}

/// Facets narrow what is found: one of each list must be the document's, whether it is found by terms or by meaning.
pub(crate) async fn facets(store: &dyn Both) {
    let tagged = |id: &str, tags: &[&str]| Doc {
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..doc(id, &["talk"])
    };
    let docs = [
        tagged("both", &["red", "large"]),
        tagged("red", &["red"]),
        tagged("blue", &["blue", "large"]),
        tagged("none", &[]),
        Doc { groups: vec!["hr".into()], ..tagged("hidden", &["red", "large"]) },
    ];
    let mut writer = store.begin(None).await.unwrap();
    for doc in &docs {
        let mut chunks = doc.analysed();
        chunks[0].vector = Some(vec![1.0, 0.0]);
        writer.put(doc.record(), chunks).await.unwrap();
    }
    let generation = writer.finish(identity()).await.unwrap();
    store.promote(generation.number).await.unwrap();
    type Case<'a> = (&'a str, &'a [&'a [&'a str]], &'a str);
    let cases: [Case<'_>; 9] = [
        ("none asked", &[], "blue both none red"),
        ("one", &[&["tag=red"]], "both red"),
        ("one or the other", &[&["tag=red", "tag=blue"]], "blue both red"),
        ("one and the other", &[&["tag=red"], &["tag=large"]], "both"),
        ("and of ors", &[&["tag=red", "tag=blue"], &["tag=large", "tag=small"]], "blue both"),
        ("none of a list", &[&["tag=red"], &[]], ""),
        ("an unknown one", &[&["tag=green"]], ""),
        ("an unknown one or another", &[&["tag=green", "tag=blue"]], "blue"),
        ("what all share", &[&["event=서밋"], &["field.열=값"]], "blue both none red"),
    ];
    for (case, facets, expected) in cases {
        let facets = facets.iter().map(|list| list.iter().map(|one| (*one).to_owned()).collect()).collect();
        let by_terms = StoreQuery { facets, ..query("talk") };
        let by_meaning = StoreQuery { terms: Vec::new(), vector: Some(vec![1.0, 0.0]), ..by_terms.clone() };
        for (way, query) in [("terms", by_terms), ("meaning", by_meaning)] {
            let hits = store.search(&query).await.unwrap().hits;
            let mut found: Vec<&str> = hits.iter().map(|hit| hit.chunk.document.title.as_str()).collect();
            found.sort_unstable();
            assert_eq!(found.join(" "), expected, "{case}, by {way}");
        }
    }
}
