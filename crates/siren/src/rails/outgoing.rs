//! What may be said: sentence by sentence, before a word of it is sent.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use siren_domain::ports::Retrieved;
use siren_domain::{Citation, Conflict, Locator, PartialDate, Passage};
use siren_guard::personal::{Allowed, masked, masked_after};
use siren_guard::{Guard, Rail, Secrets, Subject};

use super::passages::reword;
use crate::telemetry;

/// So many characters of what was said are looked at with what comes next: no number is longer.
const BEHIND: usize = 60;

/// Who may see personal data, and which of it everyone may.
#[derive(Clone, Debug, Default)]
pub(crate) struct Privacy {
    pub(crate) groups: Vec<String>,
    pub(crate) allowed: Allowed,
}

impl Privacy {
    /// Whether a member of these groups may see personal data.
    pub(crate) fn opens_to(&self, groups: &[String]) -> bool {
        groups.iter().any(|group| self.groups.contains(group))
    }
}

/// The last gate before the asker.
pub(crate) struct Outgoing {
    pub(crate) guard: Arc<Guard>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) groups: Vec<String>,
    pub(crate) today: PartialDate,
    /// What is shown of personal data; none when all is.
    pub(crate) masking: Option<Allowed>,
    said: String,
}

impl Outgoing {
    pub(crate) fn new(
        guard: Arc<Guard>,
        secrets: Arc<Secrets>,
        groups: &[String],
        privacy: &Privacy,
    ) -> Self {
        let masking = (!privacy.opens_to(groups)).then(|| privacy.allowed.clone());
        Self {
            guard,
            secrets,
            groups: groups.to_vec(),
            today: crate::clock::today(),
            masking,
            said: String::new(),
        }
    }

    /// The sentence as it may be said, if it may.
    pub(crate) fn cleared(&mut self, sentence: &str) -> Option<String> {
        if self.secrets.are_told_by(sentence) {
            tracing::warn!(rule = "leaked-instructions", "a sentence was withheld");
            telemetry::withheld("leaked-instructions");
            return None;
        }
        let subject = Subject { groups: &self.groups, today: Some(self.today), ..Subject::of(sentence) };
        let applied = self.guard.on_rail(Rail::Output, &subject);
        if let Some(refused) = applied.iter().find(|applied| applied.rule.action() == "refuse") {
            tracing::warn!(rule = refused.rule.id, "a sentence was withheld");
            telemetry::withheld(&refused.rule.id);
            return None;
        }
        let mut sentence = sentence.to_owned();
        // From the back, so that what is still to be replaced keeps its place.
        for place in
            apart(applied.iter().flat_map(|applied| applied.places.iter().cloned())).into_iter().rev()
        {
            sentence.replace_range(place, "***");
        }
        let shown = match &self.masking {
            Some(allowed) => masked_after(&self.said, &sentence, allowed),
            None => sentence.clone(),
        };
        self.said.push_str(&sentence);
        let cut = self.said.char_indices().rev().nth(BEHIND).map_or(0, |(at, _)| at);
        self.said.drain(..cut);
        Some(shown)
    }

    /// What was retrieved, as it may be shown beside the answer.
    pub(crate) fn mask(&self, found: &mut Retrieved) {
        if self.masking.is_none() {
            return;
        }
        found.passages.iter_mut().for_each(|passage| self.mask_passage(passage));
        for linked in &mut found.linked {
            self.mask_passage(&mut linked.counterpart);
            self.mask_text(&mut linked.evidence);
        }
    }

    /// A passage, with its title, event and headings.
    pub(crate) fn mask_passage(&self, passage: &mut Passage) {
        reword(passage, &|text| self.anew(text));
    }

    /// Both sides of a conflict.
    pub(crate) fn mask_conflict(&self, conflict: &mut Conflict) {
        for side in [&mut conflict.stated, &mut conflict.recorded] {
            self.mask_text(&mut side.title);
            self.mask_text(&mut side.text);
            self.mask_place(&mut side.locator);
        }
    }

    /// What stands beside a mark of the answer.
    pub(crate) fn mask_citation(&self, mut citation: Citation) -> Citation {
        self.mask_text(&mut citation.title);
        self.mask_text(&mut citation.quote);
        citation.event.iter_mut().for_each(|event| self.mask_text(event));
        self.mask_place(&mut citation.locator);
        citation
    }

    /// Texts that are shown beside the answer.
    pub(crate) fn mask_lines(&self, lines: &mut [String]) {
        lines.iter_mut().for_each(|line| self.mask_text(line));
    }

    /// Headings are words; the rest of a place is what it is found by.
    fn mask_place(&self, locator: &mut Locator) {
        if let Locator::File { heading, .. } = locator {
            self.mask_lines(heading);
        }
    }

    fn mask_text(&self, text: &mut String) {
        if let Some(clean) = self.anew(text) {
            *text = clean;
        }
    }

    fn anew(&self, text: &str) -> Option<String> {
        match self.masked(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(clean),
        }
    }

    /// A text that is shown beside the answer.
    pub(crate) fn masked<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.masking {
            Some(allowed) => masked(text, allowed),
            None => Cow::Borrowed(text),
        }
    }
}

/// Places in order. Those that overlap or touch are one: rules may find the same words.
fn apart(places: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut places: Vec<Range<usize>> = places.collect();
    places.sort_by_key(|place| (place.start, place.end));
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(places.len());
    for place in places {
        match apart.last_mut() {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            _ => apart.push(place),
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use siren_guard::{Guard, Secrets};

    use super::{Outgoing, Privacy};

    fn outgoing(groups: &[String]) -> Outgoing {
        outgoing_by(Guard::default_rules(), groups)
    }

    fn outgoing_by(guard: Guard, groups: &[String]) -> Outgoing {
        let secrets = Secrets::new(["너는 회사 문서에서만 답을 찾는 비서다. 없으면 없다고 말한다."]);
        let privacy = Privacy { groups: vec!["hr".into()], ..Privacy::default() };
        Outgoing::new(Arc::new(guard), Arc::new(secrets), groups, &privacy)
    }

    /// Rules that mask each of these phrases in answers.
    fn masking(phrases: &[&str]) -> Guard {
        let rule = |(at, phrase): (usize, &&str)| {
            format!(
                "[[rule]]\nid = \"secret-{at}\"\nfor = \"x\"\naction = \"mask\"\non = [\"output\"]\nmatch = {{ any = [\"{phrase}\"] }}\n"
            )
        };
        let rules: String = phrases.iter().enumerate().map(rule).collect();
        Guard::parse("rules.toml", &format!("schema = 2\n{rules}")).unwrap()
    }

    #[test]
    fn what_several_rules_mask_is_masked_once() {
        let cases: [(&[&str], &str, &str); 5] = [
            (&["프로젝트 큰곰", "큰곰"], "프로젝트 큰곰.", "***."),
            (&["큰곰", "프로젝트 큰곰"], "이름은 프로젝트 큰곰이다.", "이름은 ***이다."),
            (&["북극 큰곰", "큰곰 계획"], "북극 큰곰 계획은 내년이다.", "***은 내년이다."),
            (&["북극", "큰곰"], "북극에 큰곰이 산다.", "***에 ***이 산다."),
            (&["큰곰"], "작은곰은 그대로다.", "작은곰은 그대로다."),
        ];
        for (phrases, sentence, expected) in cases {
            let said = outgoing_by(masking(phrases), &[]).cleared(sentence);
            assert_eq!(said.as_deref(), Some(expected), "{phrases:?}");
        }
    }

    #[test]
    fn nothing_forbidden_is_let_out() {
        let mut out = outgoing(&[]);
        assert_eq!(out.cleared("케이뱅크는 전환을 마쳤다.").as_deref(), Some("케이뱅크는 전환을 마쳤다."));
        assert_eq!(out.cleared("너는 회사 문서에서만 답을 찾는 비서다."), None);
        assert_eq!(out.cleared("폭탄을 만드는 법은 다음과 같다."), None);
        assert_eq!(out.cleared("연락처는 010-").as_deref(), Some("연락처는 010-"));
        assert_eq!(out.cleared("1234-5678이다.").as_deref(), Some("[전화번호]이다."));
    }

    #[test]
    fn personal_data_is_shown_to_whom_it_may_be() {
        let (mut one, mut other) = (outgoing(&[]), outgoing(&["hr".to_owned()]));
        let sentence = "담당자 메일은 hong@example.com이다.";
        assert_eq!(one.cleared(sentence).as_deref(), Some("담당자 메일은 [이메일]이다."));
        assert_eq!(other.cleared(sentence).as_deref(), Some(sentence));
    }
}
