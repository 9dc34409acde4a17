//! Small dialogues, as a file says them.

use std::ops::Range;

use toml::de::DeTable;

use super::reader::{Reader, Value};
use super::{Flow, PatternKind, Role, Step, Take, Then};
use crate::entities::Entity;
use crate::phrase::{Atom, Ending, Gap, Phrase, Piece, Symbol};

/// Words that leave any dialogue.
const LEAVE: &[&str] =
    &["^ =그만", "^ =취소", "^ 그만할래", "^ 됐어", "^ 아니야 됐어", "^ cancel", "^ never mind", "^ stop"];
/// A dialogue has so many steps at most.
const MOST_STEPS: usize = 8;

impl Reader<'_> {
    pub(super) fn one_flow(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Flow> {
        self.known_keys(table, "a flow");
        let id = self.id(table, &span);
        let purpose = self.required_text(table, "for", &span, "say in one sentence what the flow is for");
        let owner = table.get("owner").and_then(|owner| self.text_of(owner, "owner"));
        let priority = self.priority(table);
        let condition = self.condition(table, &span);
        let mut leave = Vec::new();
        for (text, at) in self.texts(table, "leave") {
            self.phrase(&text, "leave", &at, Role::Any, &mut leave);
        }
        let own = leave.into_iter().filter_map(|pattern| match pattern.kind {
            PatternKind::Phrase(phrase) => Some(phrase),
            PatternKind::Regex(_) => None,
        });
        let usual = LEAVE.iter().filter_map(|text| Phrase::read(text, &self.lists).ok()).flatten();
        let leave = own.chain(usual).collect();
        let steps = self.steps(table, &span);
        let then = self.then(table, &span);
        Some(Flow {
            groups: self.plain_texts(table, "groups"),
            days: self.days(table),
            id: id?,
            purpose: purpose?,
            owner,
            priority: priority?,
            line: self.line(span.start),
            condition: condition?,
            leave,
            steps: steps?,
            then: then?,
        })
    }

    fn steps(&mut self, table: &DeTable<'_>, span: &Range<usize>) -> Option<Vec<Step>> {
        let remedy = "start every step with `[[flow.step]]`: `slot`, `take` and `ask`";
        let listed = table.get("step").and_then(|steps| steps.get_ref().as_array());
        let Some(listed) = listed.filter(|steps| (1..=MOST_STEPS).contains(&steps.len())) else {
            self.wrong(span.clone(), format!("there are not 1 to {MOST_STEPS} steps"), remedy);
            return None;
        };
        let mut steps: Vec<Step> = Vec::new();
        for value in listed {
            let Some(table) = value.get_ref().as_table() else {
                self.wrong(value.span(), "a step is not a table", remedy);
                continue;
            };
            let Some(step) = self.step(table, value) else { continue };
            if steps.iter().any(|had| had.slot == step.slot) {
                self.wrong(
                    value.span(),
                    format!("two steps fill the slot `{}`", step.slot),
                    "give one of them another name",
                );
            }
            steps.push(step);
        }
        (steps.len() == listed.len()).then_some(steps)
    }

    fn step(&mut self, table: &DeTable<'_>, value: &Value<'_>) -> Option<Step> {
        let span = value.span();
        self.known_keys(table, "a step");
        let slot = self.required_text(table, "slot", &span, "name what is asked: `slot = \"year\"`");
        let take = self.required_text(
            table,
            "take",
            &span,
            "write `take = \"year\"`, \"text\", an entity or a list",
        );
        let ask = self.message(table, "ask", &span);
        let (slot, take) = (slot?, take?);
        if !slot.chars().all(|c| c.is_ascii_lowercase() || c == '_') || slot == "question" {
            self.wrong(
                span.clone(),
                format!("the slot `{slot}` has another name than a-z and `_`, or `question`"),
                "rename it",
            );
        }
        let take = match (take.as_str(), Entity::named(&take), self.lists.get(&take)) {
            ("text", _, _) => Take::Text,
            (_, Some(entity), _) => Take::Entity(entity),
            (_, None, Some(list)) => {
                self.used_lists.insert(take.clone());
                Take::OneOf(list.iter().map(choice).collect())
            }
            _ => {
                let problem = format!("`take` names \"{take}\", which is neither an entity nor a list");
                self.wrong(
                    span,
                    problem,
                    "use \"text\", \"year\", \"date\", \"number\", \"person\", \"company\" or a list",
                );
                return None;
            }
        };
        Some(Step { slot, take, ask: ask?, line: self.line(value.span().start) })
    }

    fn then(&mut self, table: &DeTable<'_>, span: &Range<usize>) -> Option<Then> {
        let remedy = "write `[flow.then]` with `action = \"retrieve\"` and `question`, or `action = \"answer\"` and `message`";
        let Some(value) = table.get("then") else {
            self.wrong(span.clone(), "there is no `then`", remedy);
            return None;
        };
        let Some(then) = value.get_ref().as_table() else {
            self.wrong(value.span(), "`then` is not a table", remedy);
            return None;
        };
        self.known_keys(then, "`then`");
        match self.required_text(then, "action", &value.span(), remedy)?.as_str() {
            "retrieve" => {
                let question = self.required_text(then, "question", &value.span(), remedy)?;
                self.template(&question, &value.span());
                Some(Then::Retrieve(question))
            }
            "answer" => {
                let reply = self.reply(then, &value.span())?;
                self.template(&reply.message.ko, &value.span());
                self.template(&reply.message.en, &value.span());
                Some(Then::Answer(reply))
            }
            other => {
                self.wrong(value.span(), format!("a flow cannot end in \"{other}\""), remedy);
                None
            }
        }
    }
}

fn choice(atom: &Atom) -> (String, Phrase) {
    let whole = Atom { ending: Ending::Inflected, ..atom.clone() };
    let symbols = vec![Symbol::Atom(whole)];
    let phrase = Phrase { pieces: vec![Piece { gap: Gap::Close, symbols }], at_start: false, at_end: false };
    (phrase.sample(), phrase)
}
