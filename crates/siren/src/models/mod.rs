//! Which model is asked, what for, and what it may cost. Asks none itself.

mod cache;
mod difficulty;
mod spending;

use std::sync::Arc;

use siren_domain::Tokens;
use siren_domain::ports::{AnswerModel, Checker, Rewriter};

pub(crate) use cache::{AnswerCache, Kept, Key, KeyParts};
pub(crate) use difficulty::Difficulty;
pub(crate) use spending::{Allowance, Prices, Spending, to_millionths};

/// A language model outside, with what it is there for.
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) prices: Prices,
    /// Writes answers, where that is one of its roles.
    pub(crate) answers: Option<Arc<dyn AnswerModel>>,
    /// Says follow-ups anew.
    pub(crate) rewrites: Option<Arc<dyn Rewriter>>,
    /// Judges sentences.
    pub(crate) checks: Option<Arc<dyn Checker>>,
    /// The questions it is best at; none for all.
    pub(crate) difficulty: Option<Difficulty>,
    /// Rules whose questions it is asked first.
    pub(crate) rules: Vec<String>,
}

/// All models by the settings, in their order, and who answers when none of them does.
pub(crate) struct Models {
    pub(crate) outside: Vec<Arc<Model>>,
    pub(crate) last: Arc<dyn AnswerModel>,
}

/// Somebody who may be asked for an answer.
#[derive(Clone)]
pub(crate) struct Writer {
    pub(crate) answers: Arc<dyn AnswerModel>,
    /// The model outside; none for the extractive answerer, which costs nothing and is told everything.
    pub(crate) model: Option<Arc<Model>>,
}

impl Models {
    /// Whom to ask for an answer, one after another: those for the rule, then those for such questions, then the others,
    /// and last the extractive answerer.
    pub(crate) fn writers(&self, rule: Option<&str>, difficulty: Difficulty) -> Vec<Writer> {
        let rank = |model: &Model| {
            let by_rule = rule.is_some_and(|rule| model.rules.iter().any(|named| named == rule));
            match model.difficulty {
                _ if by_rule => 0,
                Some(best) if best == difficulty => 1,
                None => 2,
                Some(_) => 3,
            }
        };
        let mut models: Vec<&Arc<Model>> = self.outside.iter().collect();
        models.sort_by_key(|model| rank(model));
        let outside = models.into_iter().filter_map(|model| {
            Some(Writer { answers: Arc::clone(model.answers.as_ref()?), model: Some(Arc::clone(model)) })
        });
        outside.chain([Writer { answers: Arc::clone(&self.last), model: None }]).collect()
    }

    /// The version of what models are told; none when there are none.
    pub(crate) fn prompt(&self) -> Option<&str> {
        self.outside.iter().find_map(|model| model.answers.as_ref()?.prompt())
    }

    /// The first model that says questions anew.
    pub(crate) fn rewriter(&self) -> Option<(&Arc<Model>, &Arc<dyn Rewriter>)> {
        self.outside.iter().find_map(|model| Some((model, model.rewrites.as_ref()?)))
    }

    /// The first model that judges sentences.
    pub(crate) fn checker(&self) -> Option<(&Arc<Model>, &Arc<dyn Checker>)> {
        self.outside.iter().find_map(|model| Some((model, model.checks.as_ref()?)))
    }
}

impl Model {
    /// What it cost.
    pub(crate) fn cost(&self, tokens: Tokens) -> f64 {
        self.prices.of(tokens)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::StreamExt;
    use futures::stream::{self, BoxStream};
    use siren_domain::ports::{AnswerModel, AnswerPart, AnswerRequest, ModelError};

    use super::{Difficulty, Model, Models, Prices};

    struct Named(&'static str);

    impl AnswerModel for Named {
        fn name(&self) -> &str {
            self.0
        }
        fn answer(&self, _: AnswerRequest) -> BoxStream<'static, Result<AnswerPart, ModelError>> {
            stream::empty().boxed()
        }
    }

    fn model(
        name: &'static str,
        answers: bool,
        difficulty: Option<Difficulty>,
        rules: &[&str],
    ) -> Arc<Model> {
        let answers = answers.then(|| Arc::new(Named(name)) as Arc<dyn AnswerModel>);
        let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
        Arc::new(Model {
            name: name.to_owned(),
            prices: Prices::default(),
            answers,
            rewrites: None,
            checks: None,
            difficulty,
            rules,
        })
    }

    #[test]
    fn the_fitting_one_is_asked_first_and_the_extractive_answerer_last() {
        use Difficulty::{Hard, Simple};
        let models = Models {
            outside: vec![
                model("any", true, None, &[]),
                model("small", true, Some(Simple), &[]),
                model("checker", false, None, &[]),
                model("large", true, Some(Hard), &[]),
                model("legal", true, Some(Hard), &["contracts"]),
            ],
            last: Arc::new(Named("extractive")),
        };
        let cases = [
            (None, Simple, "small any large legal extractive"),
            (None, Hard, "large legal any small extractive"),
            (Some("contracts"), Simple, "legal small any large extractive"),
            (Some("other"), Simple, "small any large legal extractive"),
        ];
        for (rule, difficulty, expected) in cases {
            let writers = models.writers(rule, difficulty);
            let names: Vec<&str> = writers.iter().map(|writer| writer.answers.name()).collect();
            assert_eq!(names.join(" "), expected, "{rule:?} {difficulty:?}");
        }
    }
}
