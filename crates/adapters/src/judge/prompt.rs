//! What a grading model is told. The words stand in `src/prompts`, or in a folder of the user's.

use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};
use serde::Serialize;

use super::Graded;

/// The prompts that come with the program: their files' names and what stands in them.
pub const JUDGE_PROMPTS: [(&str, &str); 2] = [
    ("judge.ko.jinja", include_str!("../prompts/judge.ko.jinja")),
    ("judge.en.jinja", include_str!("../prompts/judge.en.jinja")),
];
/// What sets data off from the rest.
const TAGS: [&str; 4] = ["passage", "question", "answer", "fact"];

/// Why a prompt cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct PromptFault {
    /// The file.
    pub place: String,
    /// What is wrong with it, and what to do.
    pub problem: String,
}

#[derive(Debug)]
pub(super) struct Prompts {
    templates: Environment<'static>,
    texts: Vec<String>,
}

#[derive(Serialize)]
struct Context<'a> {
    part: &'static str,
    question: &'a str,
    answer: &'a str,
    facts: &'a [Vec<String>],
    passages: &'a [String],
}

impl Prompts {
    pub(super) fn new(folder: Option<&Path>) -> Result<Self, PromptFault> {
        let mut templates = Environment::new();
        let wrong = |place: &str, problem: String| PromptFault { place: place.to_owned(), problem };
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        templates.set_syntax(syntax.map_err(|error| wrong("prompts", error.to_string()))?);
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|_| AutoEscape::None);
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let problem = "there is no such folder: check `judge.prompts`".to_owned();
            return Err(wrong(&folder.display().to_string(), problem));
        }
        let mut texts = Vec::new();
        for (name, own) in JUDGE_PROMPTS {
            let path = folder.map(|folder| folder.join(name)).filter(|path| path.exists());
            let place = path.as_ref().map_or_else(|| name.to_owned(), |path| path.display().to_string());
            let text = match &path {
                Some(path) => std::fs::read_to_string(path)
                    .map_err(|error| wrong(&place, format!("cannot be read: {error}")))?,
                None => own.to_owned(),
            };
            let added = templates.add_template_owned(name, text.clone());
            added.map_err(|error| wrong(&place, format!("is no template: {error:#}: correct it")))?;
            texts.push(text);
        }
        let prompts = Self { templates, texts };
        // Tried once, so that a wrong name is told before hundreds of questions were asked.
        let probe = Graded {
            question: "q 질문",
            answer: "a",
            facts: &[vec!["f".into()]],
            passages: &["p".into()],
            round: 0,
        };
        for question in ["질문", "question"] {
            let tried = prompts.messages(&Graded { question, ..probe });
            tried.map_err(|error| wrong("the judge's prompt", format!("{error:#}: correct it")))?;
        }
        Ok(prompts)
    }

    pub(super) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// What system and user say, in the language of the question.
    pub(super) fn messages(&self, graded: &Graded<'_>) -> Result<[String; 2], Error> {
        let korean = graded.question.chars().any(|c| ('가'..='힣').contains(&c));
        let template = self.templates.get_template(JUDGE_PROMPTS[usize::from(!korean)].0)?;
        let facts: Vec<Vec<String>> =
            graded.facts.iter().map(|fact| fact.iter().map(|variant| fenced(variant)).collect()).collect();
        let passages: Vec<String> = graded.passages.iter().map(|passage| fenced(passage)).collect();
        let (question, answer) = (fenced(graded.question), fenced(graded.answer));
        let message = |part: &'static str| -> Result<String, Error> {
            let context =
                Context { part, question: &question, answer: &answer, facts: &facts, passages: &passages };
            Ok(template.render(Serde(context))?.trim().to_owned())
        };
        Ok([message("system")?, message("user")?])
    }
}

/// The text without anything that could be taken for the end of the data it stands in.
fn fenced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.trim().char_indices() {
        let behind = text.trim()[at + c.len_utf8()..].trim_start_matches(['/', ' ']);
        let opens = |tag: &&str| behind.get(..tag.len()).is_some_and(|word| word.eq_ignore_ascii_case(tag));
        out.push(if c == '<' && TAGS.iter().any(opens) { '‹' } else { c });
    }
    out
}
