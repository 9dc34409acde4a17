//! What is wrong with documents that are held all the same. Many have one fault: its words are kept once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use siren_domain::{DocumentId, Fault, Print};

#[derive(Debug, Default)]
pub(super) struct Warnings {
    held: HashMap<Print, Warning>,
    kinds: HashSet<Arc<Kind>>,
}

#[derive(Debug)]
struct Warning {
    place: Box<str>,
    kind: Arc<Kind>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Kind {
    source: String,
    problem: String,
    remedy: String,
    kept: bool,
}

impl Warnings {
    pub(super) fn hold(&mut self, document: Print, fault: Fault) {
        let Fault { source, problem, remedy, kept, place, .. } = fault;
        let kind = self.kind(Kind { source, problem, remedy, kept });
        self.held.insert(document, Warning { place: place.into_boxed_str(), kind });
    }

    fn kind(&mut self, kind: Kind) -> Arc<Kind> {
        if let Some(known) = self.kinds.get(&kind) {
            return Arc::clone(known);
        }
        let kind = Arc::new(kind);
        self.kinds.insert(Arc::clone(&kind));
        kind
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// The fault of the document, whose print this is.
    pub(super) fn of(&self, document: Print, id: &DocumentId) -> Option<Fault> {
        let Warning { place, kind } = self.held.get(&document)?;
        let Kind { source, problem, remedy, kept } = kind.as_ref();
        Some(Fault {
            source: source.clone(),
            document: Some(id.clone()),
            place: place.to_string(),
            problem: problem.clone(),
            remedy: remedy.clone(),
            kept: *kept,
        })
    }
}

#[cfg(test)]
mod tests {
    use siren_domain::{DocumentId, Fault, Prints};

    use super::Warnings;

    #[test]
    fn each_document_keeps_its_fault_and_one_kind_is_kept_once() {
        let fault = |number: u8| Fault {
            source: "s".into(),
            document: Some(DocumentId::new("s", &number.to_string())),
            place: format!("{number}.md:3"),
            problem: format!("problem {}", number % 2),
            remedy: "mend it".into(),
            kept: true,
        };
        let (prints, mut warnings) = (Prints::default(), Warnings::default());
        let id = |number: u8| DocumentId::new("s", &number.to_string());
        let print = |number| prints.of(id(number).as_str());
        (0..9).for_each(|number| warnings.hold(print(number), fault(number)));
        for number in 0..9 {
            assert_eq!(warnings.of(print(number), &id(number)), Some(fault(number)));
        }
        assert_eq!(warnings.of(print(9), &id(9)), None);
        assert_eq!(warnings.kinds.len(), 2);
    }
}
