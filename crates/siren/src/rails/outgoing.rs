//! What may be said: sentence by sentence, before a word of it is sent.

use std::borrow::Cow;
use std::sync::Arc;

use siren_domain::{PartialDate, Passage};
use siren_guard::personal::{Allowed, masked, masked_after};
use siren_guard::{Guard, Rail, Secrets, Subject};

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
        let mut places: Vec<_> = applied.iter().flat_map(|applied| applied.places.iter().cloned()).collect();
        places.sort_by_key(|place| std::cmp::Reverse(place.start));
        for place in places {
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
    pub(crate) fn mask(&self, passages: &mut [Passage]) {
        for passage in passages {
            if let Cow::Owned(clean) = self.masked(&passage.chunk.text) {
                passage.say(clean);
            }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use siren_guard::{Guard, Secrets};

    use super::{Outgoing, Privacy};

    fn outgoing(groups: &[String]) -> Outgoing {
        let secrets = Secrets::new(["너는 회사 문서에서만 답을 찾는 비서다. 없으면 없다고 말한다."]);
        let privacy = Privacy { groups: vec!["hr".into()], ..Privacy::default() };
        Outgoing::new(Arc::new(Guard::default_rules()), Arc::new(secrets), groups, &privacy)
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
