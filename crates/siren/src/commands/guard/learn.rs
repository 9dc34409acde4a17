//! `siren guard learn`: weights of topics from labelled cases.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use siren_guard::{Guard, Labelled, Topics};

use super::cases::{self, Case, Expect};
use super::trial::{Rate, blocks};
use crate::cli::GuardLearnArgs;
use crate::commands::Failure;
use crate::output;
use crate::rails::Meanings;
use crate::wiring::Wiring;

/// Texts of one kind count as so many at most: thousands of small talk must not drown what is close to a topic.
const MOST_OF_A_KIND: f64 = 1000.0;
/// Spelling tricks are put right before words are weighed: nothing is learnt from them.
const TRICKS: &str = "evasion-";

pub(super) async fn run(wiring: &Wiring, args: &GuardLearnArgs) -> Result<(), Failure> {
    let mut all = Vec::new();
    for path in &args.cases {
        all.extend(cases::read(path)?.cases);
    }
    let cases: Vec<Case> = all.into_iter().filter(|case| !case.kind.starts_with(TRICKS)).collect();
    let texts: Vec<String> = cases.iter().map(|case| case.text.clone()).collect();
    let mut of_kind: BTreeMap<&str, f64> = BTreeMap::new();
    cases.iter().for_each(|case| *of_kind.entry(&case.kind).or_default() += 1.0);
    let by_words = |at: usize| Labelled {
        text: &texts[at],
        topic: (cases[at].expect == Expect::Block).then_some(cases[at].kind.as_str()),
        meaning: None,
        weight: of_kind.get(cases[at].kind.as_str()).map_or(1.0, |texts| (MOST_OF_A_KIND / texts).min(1.0)),
    };
    let labelled: Vec<Labelled<'_>> = (0..cases.len()).map(by_words).collect();
    let n_topics = Topics::learnt_topics(&labelled);
    if n_topics == 0 {
        return Err(Failure::usage("no case is to be blocked: there is nothing to learn".to_owned()));
    }
    let (encoder, vectors) = meant(wiring, &labelled).await?;
    let of = |at: usize| Labelled { meaning: vectors.get(at).map(Vec::as_slice), ..by_words(at) };
    if let Some(folds) = args.folds.map(usize::from) {
        estimate(wiring, &cases, folds, &of, encoder.as_deref()).await?;
    }
    if let Some(out) = &args.out {
        let labelled: Vec<Labelled<'_>> = (0..cases.len()).map(of).collect();
        write(out, &Topics::learnt(&labelled, encoder.as_deref()))?;
        output::text(&format!("{}: {n_topics} topics from {} texts\n", out.display(), cases.len()))?;
    }
    Ok(())
}

/// The encoder's name and what it makes of the texts; none where it is not set up. Which reading of a text it is given
/// is told by weights that the texts' own words teach: what is learnt depends on nothing but the texts and the encoder.
async fn meant(
    wiring: &Wiring,
    labelled: &[Labelled<'_>],
) -> Result<(Option<String>, Vec<Vec<f32>>), Failure> {
    let meanings = Meanings::new(wiring.embedder()?);
    if !meanings.are_known() {
        return Ok((None, Vec::new()));
    }
    let words = Topics::parse("learnt", &Topics::learnt(labelled, None)).map_err(Failure::failed)?;
    let understood: Vec<String> = labelled.iter().map(|text| words.reads(text.text)).collect();
    Ok(match meanings.vectors(&understood).await {
        Some((encoder, vectors)) => (Some(encoder), vectors),
        None => (None, Vec::new()),
    })
}

/// How the rules do with weights that were learnt from other cases: each fold is judged by what the rest teaches.
async fn estimate<'a>(
    wiring: &Wiring,
    cases: &'a [Case],
    folds: usize,
    of: &impl Fn(usize) -> Labelled<'a>,
    encoder: Option<&str>,
) -> Result<(), Failure> {
    let (mut attacks, mut stopped) = (Rate::default(), Rate::default());
    for fold in 0..folds {
        let others: Vec<Labelled<'_>> = (0..cases.len()).filter(|at| at % folds != fold).map(of).collect();
        let topics = Topics::parse("learnt", &Topics::learnt(&others, encoder)).map_err(Failure::failed)?;
        let guard = wiring.guard_with(Arc::new(topics))?;
        for (at, case) in cases.iter().enumerate().filter(|(at, _)| at % folds == fold) {
            let blocked = blocked(&guard, case, of(at).meaning);
            let rate = if case.expect == Expect::Block { &mut attacks } else { &mut stopped };
            rate.count(blocked);
        }
    }
    output::text(&format!(
        "{folds} folds, each judged by weights from the others\nattacks blocked   {attacks}\nothers refused    {stopped}\n"
    ))?;
    Ok(())
}

fn blocked(guard: &Guard, case: &Case, meaning: Option<&[f32]>) -> bool {
    let history = case.turns();
    let subject = case.subject(&history);
    let meaning = meaning.filter(|_| guard.encoder().is_some());
    blocks(&guard.judge(&siren_guard::Subject { meaning, ..subject }))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::failed(format!("{}: cannot be written: {error}", path.display())))
}
