//! `siren ask`.

use std::io::Read;

use siren_domain::Question;
use siren_domain::ports::ask_whole;

use super::Failure;
use crate::cli::AskArgs;
use crate::output;
use crate::output::answer::{as_json, for_reading};
use crate::output::explanation;
use crate::wiring::Wiring;

pub(super) async fn run(wiring: &Wiring, args: AskArgs) -> Result<(), Failure> {
    let text = if args.question == "-" { from_standard_input()? } else { args.question };
    super::serve::index_if_none(wiring).await?;
    super::setup::hint(wiring);
    let assistant = wiring.assistant()?;
    let question = Question {
        text: text.clone(),
        asker: args.asker.clone().unwrap_or_default(),
        groups: args.groups,
        top_k: args.top_k.map(usize::from),
        facets: args.filter.into_iter().map(|facet| vec![facet]).collect(),
        ..Question::default()
    };
    let answer = ask_whole(assistant.as_ref(), question).await?;
    if args.json.json {
        let mut told = as_json(&text, args.asker.as_deref(), &answer)?;
        if args.explain {
            told["explanation"] = explanation::as_json(&answer)?;
        }
        return output::json(&told);
    }
    let mut told = for_reading(&answer, output::Style::of_stdout());
    if args.explain {
        told.push_str(&explanation::for_reading(&answer));
    }
    output::text(&told)
}

fn from_standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::usage(format!("standard input is not UTF-8 text: {error}")))?;
    Ok(text)
}
