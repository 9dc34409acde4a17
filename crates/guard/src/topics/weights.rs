//! The file that weights are kept in: tab-separated, a line a cue, tenths as whole numbers.
//!
//! ```text
//! topics   violence  politics
//! bias     -31       -28
//! cue      _kill     14        -2
//! encoder  use-multilingual …
//! bias     -12       -8
//! cue      _kill     9         -1
//! number   3         -1
//! ```
//! `_` is the beginning or the end of a word. What stands below `encoder` is weighed instead of what stands above it,
//! where that encoder is set up.

use std::fmt::Write as _;

use super::grams::{EDGE, key_of};
use super::{Meaning, TopicWeights, Topics, Weights};

/// A weight of 1 is written as this.
const SCALE: f32 = 10.0;
/// A cue is kept from so many tenths on.
const LEAST: i32 = 3;
const SHOWN_EDGE: char = '_';

/// Why weights cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {problem}: write the file anew with `siren guard learn`")]
pub struct WeightsError {
    file: String,
    line: usize,
    problem: String,
}

impl Topics {
    /// Reads a file of weights, all of it or nothing.
    pub fn parse(file: &str, text: &str) -> Result<Self, WeightsError> {
        let (names, weights) = read(file, text)?;
        Ok(Self { names, own: Some(weights) })
    }
}

/// The topics that a file has weights for.
pub(super) fn names(text: &str) -> Vec<String> {
    let named = text.lines().find_map(|line| line.strip_prefix("topics\t"));
    named.map(|names| names.split('\t').map(str::to_owned).collect()).unwrap_or_default()
}

/// The topics of a file, and its weights.
pub(super) fn read(file: &str, text: &str) -> Result<(Vec<String>, TopicWeights), WeightsError> {
    let wrong = |line: usize, problem: String| WeightsError { file: file.to_owned(), line, problem };
    let names = names(text);
    let mut weights = TopicWeights::default();
    for (at, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        weights.line(line, &names).map_err(|problem| wrong(at + 1, problem))?;
    }
    let last = |problem: &str| Err(wrong(text.lines().count().max(1), problem.into()));
    if names.is_empty() {
        return last("there is no line `topics`");
    }
    let has_bias = |weights: &Weights| weights.bias.len() == names.len();
    if !has_bias(&weights.by_words)
        || weights.meaning.as_ref().is_some_and(|meaning| !has_bias(&meaning.words))
    {
        return last("there is no line `bias`");
    }
    Ok((names, weights))
}

impl TopicWeights {
    fn line(&mut self, line: &str, topics: &[String]) -> Result<(), String> {
        let mut fields = line.split('\t');
        let kind = fields.next().unwrap_or_default();
        match kind {
            // They are known already.
            "topics" if fields.clone().eq(topics) => {}
            "bias" => {
                let bias = &mut self.current().bias;
                bias.clear();
                numbers(fields, topics.len(), bias)?;
            }
            "cue" => {
                let letters = fields.next().unwrap_or_default();
                if !(1..=3).contains(&letters.chars().count()) {
                    return Err(format!("\"{letters}\" is not one to three letters"));
                }
                let edged = letters.chars().map(|letter| if letter == SHOWN_EDGE { EDGE } else { letter });
                let current = self.current();
                let at = u32::try_from(current.cues.len()).unwrap_or(u32::MAX);
                if current.cues.insert(key_of(edged), at).is_some() {
                    return Err(format!("the cue \"{letters}\" is there twice"));
                }
                numbers(fields, topics.len(), &mut current.weights)?;
            }
            "encoder" if self.meaning.is_none() => {
                let encoder = fields.next().unwrap_or_default().to_owned();
                self.meaning = Some(Meaning { encoder, words: Weights::default(), weights: Vec::new() });
            }
            "number" if let Some(meaning) = &mut self.meaning => {
                numbers(fields, topics.len(), &mut meaning.weights)?;
            }
            other => return Err(format!("a line cannot begin with \"{other}\" here")),
        }
        Ok(())
    }

    /// What is being read.
    fn current(&mut self) -> &mut Weights {
        match &mut self.meaning {
            Some(meaning) => &mut meaning.words,
            None => &mut self.by_words,
        }
    }

    /// What [`Topics::parse`] reads. `cues` are the cues in words, by their numbers.
    pub(super) fn written(&self, topics: &[String], cues: &[String]) -> String {
        let mut out = String::from(
            "# What letters of words weigh for each topic, in tenths; \"_\" is the edge of a word.\n\
             # Written by `siren guard learn`: change the labelled texts, not this file.\n",
        );
        let _ = writeln!(out, "topics\t{}", topics.join("\t"));
        self.by_words.write(cues, &mut out);
        if let Some(meaning) = &self.meaning {
            let _ = writeln!(out, "encoder\t{}", meaning.encoder);
            meaning.words.write(cues, &mut out);
            meaning.weights.chunks(topics.len()).for_each(|weights| row("number", weights, &mut out));
        }
        out
    }
}

impl Weights {
    fn write(&self, cues: &[String], out: &mut String) {
        row("bias", &self.bias, out);
        for (cue, weights) in cues.iter().zip(self.weights.chunks(self.bias.len())) {
            // What weighs next to nothing for any topic says nothing.
            if weights.iter().any(|weight| tenths(*weight).abs() >= LEAST) {
                row(&format!("cue\t{}", cue.replace(EDGE, &SHOWN_EDGE.to_string())), weights, out);
            }
        }
    }
}

/// Reads a weight for each topic into `out`.
fn numbers<'a>(
    fields: impl Iterator<Item = &'a str>,
    topics: usize,
    out: &mut Vec<f32>,
) -> Result<(), String> {
    let before = out.len();
    for field in fields {
        let number: i32 = field.parse().map_err(|_| format!("\"{field}\" is not a whole number"))?;
        out.push(number as f32 / SCALE);
    }
    match out.len() - before {
        found if found == topics => Ok(()),
        found => Err(format!("{found} weights for {topics} topics")),
    }
}

fn row(head: &str, weights: &[f32], out: &mut String) {
    out.push_str(head);
    weights.iter().for_each(|weight| {
        let _ = write!(out, "\t{}", tenths(*weight));
    });
    out.push('\n');
}

fn tenths(weight: f32) -> i32 {
    (weight * SCALE).round() as i32
}
