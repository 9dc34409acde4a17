//! Where a small dialogue stands, told by what was said so far and nothing else.
//!
//! No state is kept: the questions that this program asked stand in the history that the client sends along. A
//! dialogue is under way when the last thing said to the asker is the question of one of its steps.

use std::collections::BTreeMap;

use siren_domain::{Action, Speaker, Turn, Verdict};

use crate::entities::{Entity, Names};
use crate::fold::{Folded, is_hangul, readings};
use crate::guard::Subject;
use crate::matcher::{Matcher, Sought};
use crate::phrase::Phrase;
use crate::reply::{Fill, in_language};
use crate::rules::{Flow, Step, Take, Then};
use crate::template;

/// An answer longer than this is a new question.
const LONGEST_ANSWER: usize = 200;

const LEFT_KO: &str = "알겠습니다. 다른 것을 물어봐 주세요.";
const LEFT_EN: &str = "All right. Please ask me something else.";

/// What a dialogue does with a question.
#[derive(Clone, Debug, Default)]
pub(crate) enum Dialogue {
    /// Nothing.
    #[default]
    None,
    /// It begins, and asks.
    Begun(Verdict),
    /// It goes on, ends or is left.
    Went { verdict: Verdict, question: Option<String>, fill: Option<Fill> },
}

/// What all flows look for in answers.
#[derive(Debug)]
pub(crate) struct Dialogues(Vec<Answers>);

#[derive(Debug)]
struct Answers {
    leave: Matcher,
    steps: Vec<Option<Matcher>>,
}

impl Dialogues {
    pub(crate) fn new(flows: &[Flow], names: &Names) -> Result<Self, aho_corasick::BuildError> {
        let answers = |flow: &Flow| {
            let steps = flow.steps.iter().map(|step| taker(step, names));
            Ok(Answers { leave: matcher(&flow.leave, names)?, steps: steps.collect::<Result<_, _>>()? })
        };
        flows.iter().map(answers).collect::<Result<_, _>>().map(Self)
    }

    /// Where the dialogue stands. `started` tells which flows the question begins.
    pub(crate) fn state(
        &self,
        flows: &[Flow],
        subject: &Subject<'_>,
        read: &[Folded],
        started: &[bool],
    ) -> Dialogue {
        let korean = subject.text.chars().any(is_hangul);
        if let Some(under_way) = under_way(flows, subject)
            && let Some(went) = self.0[under_way.flow].go_on(&flows[under_way.flow], &under_way, read)
        {
            return went;
        }
        let Some(at) = started.iter().position(|started| *started) else { return Dialogue::None };
        let flow = &flows[at];
        let mut slots = BTreeMap::new();
        self.0[at].take_all(flow, subject.text, read, &mut slots);
        match flow.steps.iter().find(|step| !slots.contains_key(&step.slot)) {
            Some(step) => Dialogue::Begun(asks(flow, step, korean)),
            None => ended(flow, subject.text, slots, korean),
        }
    }
}

/// A dialogue under way.
struct UnderWay<'a> {
    flow: usize,
    /// The question it began with.
    first: &'a str,
    /// Steps that were asked, with what was said to them. The last answer is the one being judged.
    asked: Vec<(&'a Step, &'a str)>,
}

impl Answers {
    /// None when what was said answers nothing that was asked: then it is a question of its own.
    fn go_on(&self, flow: &Flow, under_way: &UnderWay<'_>, read: &[Folded]) -> Option<Dialogue> {
        let korean = under_way.first.chars().any(is_hangul);
        if !self.leave.sightings(read).found.is_empty() {
            let message = if korean { LEFT_KO } else { LEFT_EN }.to_owned();
            let verdict = Verdict { action: Action::Answer { message }, ..of(flow) };
            return Some(Dialogue::Went { verdict, question: None, fill: None });
        }
        let mut slots = BTreeMap::new();
        self.take_all(flow, under_way.first, &readings(under_way.first), &mut slots);
        for (step, said) in &under_way.asked {
            let at = flow.steps.iter().position(|other| other.slot == step.slot)?;
            slots.insert(step.slot.clone(), self.take(step, at, said, &readings(said))?);
        }
        let next = flow.steps.iter().find(|step| !slots.contains_key(&step.slot));
        Some(match next {
            Some(step) => Dialogue::Went { verdict: asks(flow, step, korean), question: None, fill: None },
            None => ended(flow, under_way.first, slots, korean),
        })
    }

    /// Fills whatever slots a text fills by itself; free text fills none that was not asked for.
    fn take_all(&self, flow: &Flow, text: &str, read: &[Folded], slots: &mut BTreeMap<String, String>) {
        for (at, step) in flow.steps.iter().enumerate() {
            if !matches!(step.take, Take::Text)
                && let Some(value) = self.take(step, at, text, read)
            {
                slots.insert(step.slot.clone(), value);
            }
        }
    }

    fn take(&self, step: &Step, at: usize, text: &str, read: &[Folded]) -> Option<String> {
        if text.chars().count() > LONGEST_ANSWER {
            return None;
        }
        let Some(matcher) = &self.steps[at] else {
            let text = text.trim();
            return (!text.is_empty()).then(|| text.to_owned());
        };
        let found = matcher.sightings(read).found;
        let first = found
            .iter()
            .min_by_key(|sighting| (sighting.range.start, std::cmp::Reverse(sighting.range.end)))?;
        match &step.take {
            Take::OneOf(choices) => choices.get(first.pattern).map(|(name, _)| name.clone()),
            _ => text.get(first.range.clone()).map(|words| words.trim().to_owned()),
        }
    }
}

fn taker(step: &Step, names: &Names) -> Result<Option<Matcher>, aho_corasick::BuildError> {
    match &step.take {
        Take::Text => Ok(None),
        Take::Entity(Entity::Year) => {
            // A bare number answers the question for a year.
            let year = Phrase::entity(Entity::Year);
            matcher(&[year, Phrase::entity(Entity::Number)], names).map(Some)
        }
        Take::Entity(entity) => matcher(&[Phrase::entity(*entity)], names).map(Some),
        Take::OneOf(choices) => {
            let phrases: Vec<Phrase> = choices.iter().map(|(_, phrase)| phrase.clone()).collect();
            matcher(&phrases, names).map(Some)
        }
    }
}

fn matcher(phrases: &[Phrase], names: &Names) -> Result<Matcher, aho_corasick::BuildError> {
    Matcher::new(phrases.iter().map(Sought::Phrase).enumerate(), names)
}

/// The flow whose question was asked last, with all that was said to it.
fn under_way<'a>(flows: &'a [Flow], subject: &Subject<'a>) -> Option<UnderWay<'a>> {
    let history = subject.history;
    let (at, _) = asked_by(flows, history.last()?)?;
    let own = &flows[at..=at];
    let mut asked: Vec<(&Step, &str)> = Vec::new();
    let mut first = None;
    // Backwards over questions of this flow and what came before each.
    let mut said = subject.text;
    let mut end = history.len();
    while let Some([before, question]) = end.checked_sub(2).and_then(|start| history.get(start..end)) {
        let Some((_, step)) = asked_by(own, question).filter(|_| before.speaker == Speaker::User) else {
            break;
        };
        asked.push((step, said));
        said = before.text.as_str();
        first = Some(said);
        end -= 2;
    }
    asked.reverse();
    Some(UnderWay { flow: at, first: first?, asked })
}

/// Which flow's step has asked this.
fn asked_by<'a>(flows: &'a [Flow], turn: &Turn) -> Option<(usize, &'a Step)> {
    if turn.speaker != Speaker::Assistant {
        return None;
    }
    let said = turn.text.trim();
    let is_it = |step: &&Step| [&step.ask.ko, &step.ask.en].iter().any(|ask| ask.trim() == said);
    flows.iter().enumerate().find_map(|(at, flow)| Some((at, flow.steps.iter().find(is_it)?)))
}

fn of(flow: &Flow) -> Verdict {
    Verdict { rule: Some(flow.id.clone()), ..Verdict::default() }
}

fn asks(flow: &Flow, step: &Step, korean: bool) -> Verdict {
    Verdict { action: Action::AskBack { message: in_language(&step.ask, korean) }, ..of(flow) }
}

fn ended(flow: &Flow, question: &str, mut slots: BTreeMap<String, String>, korean: bool) -> Dialogue {
    slots.insert("question".to_owned(), question.to_owned());
    let (verdict, question, fill) = match &flow.then {
        Then::Retrieve(template) => {
            let question = template::filled(template, &slots).unwrap_or_else(|| question.to_owned());
            (of(flow), Some(question), None)
        }
        Then::Answer(reply) => {
            let fill = Fill::of(reply, korean, &slots);
            let template = in_language(&reply.message, korean);
            let message = template::filled(&template, &slots).unwrap_or(template);
            (Verdict { action: Action::Answer { message }, ..of(flow) }, None, fill)
        }
    };
    Dialogue::Went { verdict, question, fill }
}
