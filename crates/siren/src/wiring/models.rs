//! Which language models there are, and what each is there for.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use siren_adapters::extractive::{ExtractiveAnswerer, ExtractiveSettings};
use siren_adapters::openai_chat::{BreakerSettings, OpenAiChat, OpenAiChatSettings, Prompts, Secret};
use siren_domain::ports::state::State;
use siren_domain::ports::{AnswerModel, Checker, Rewriter};

use super::Wiring;
use crate::assistant::Turns;
use crate::commands::Failure;
use crate::models::{Allowance, AnswerCache, Difficulty, Model, Models, Prices, Spending};
use crate::settings::{BestAt, ChainStep, ModelRole, ModelSettings};
use crate::telemetry::{BandSettings, Keep, ScoreBand};

/// What retrieval's scores usually are: a file below the state folder, or a note in the state that servers share.
const SCORES: &str = "score-band.json";

/// What questions of one process share, made by the first that needs it.
#[derive(Default)]
pub(super) struct Shared {
    prompts: OnceLock<Arc<Prompts>>,
    spending: OnceLock<Arc<Spending>>,
    band: OnceLock<Arc<ScoreBand>>,
    turns: OnceLock<Turns>,
}

impl Shared {
    /// The same counts, which go on whatever the settings are, and nothing that is read from files.
    pub(super) fn counts(&self) -> Self {
        Self {
            prompts: OnceLock::new(),
            spending: self.spending.clone(),
            band: self.band.clone(),
            turns: self.turns.clone(),
        }
    }
}

impl Wiring {
    /// What models are told.
    pub(crate) fn prompts(&self) -> Result<Arc<Prompts>, Failure> {
        if let Some(prompts) = self.shared.prompts.get() {
            return Ok(Arc::clone(prompts));
        }
        let folder = &self.settings.settings.answer.prompts;
        let prompts = if folder.is_empty() {
            Prompts::built_in()
        } else {
            Prompts::in_folder(&self.settings.path(folder))
        };
        let prompts = Arc::new(prompts.map_err(Failure::usage)?);
        Ok(Arc::clone(self.shared.prompts.get_or_init(|| prompts)))
    }

    fn allowance(&self) -> Allowance {
        let budget = &self.settings.settings.budget;
        Allowance { tokens: budget.tokens_per_day, cost: budget.cost_per_day }
    }

    /// What was spent today.
    pub(crate) fn spending(&self) -> Arc<Spending> {
        Arc::clone(self.shared.spending.get_or_init(|| Arc::new(Spending::new(self.allowance()))))
    }

    /// What was counted so far goes on, by these settings from now on.
    pub(crate) fn take_counts_by_settings(&self) {
        self.spending().allow(self.allowance());
        self.band().set(self.band_settings());
    }

    pub(super) fn answer_cache(&self) -> AnswerCache {
        let answer = &self.settings.settings.answer;
        AnswerCache::new(answer.cache_entries as u64, Duration::from_secs(answer.cache_s))
    }

    fn band_settings(&self) -> BandSettings {
        let telemetry = &self.settings.settings.telemetry;
        BandSettings { width: telemetry.band_width, days: telemetry.band_days }
    }

    /// What retrieval's scores usually are; for this process alone, unless a server has begun to keep them.
    pub(crate) fn band(&self) -> Arc<ScoreBand> {
        let fresh = || Arc::new(ScoreBand::new(self.band_settings()));
        Arc::clone(self.shared.band.get_or_init(fresh))
    }

    /// Goes on from what an earlier server has kept, and keeps it: in the state that servers share, where there is one,
    /// since their own folders may be gone by then, else in the state folder. To be called before anything is asked.
    pub(crate) async fn keep_band(&self, state: &Arc<dyn State>) {
        let settings = self.band_settings();
        let band = match self.settings.settings.state.url.is_empty() {
            true => ScoreBand::kept_in(settings, self.state().join(SCORES)),
            false => {
                let known = state.note(SCORES).await.unwrap_or_else(|error| {
                    tracing::warn!("usual scores are learnt anew: {error}");
                    None
                });
                ScoreBand::kept(settings, known.as_deref(), noted(state))
            }
        };
        self.shared.band.get_or_init(|| Arc::new(band));
    }

    /// Answers' turns on the processors: whoever asks alone needs none.
    pub(super) fn turns(&self) -> Turns {
        self.shared.turns.get().cloned().unwrap_or_else(Turns::free)
    }

    /// From now on many ask at once. To be called before anything is asked.
    pub(crate) fn take_turns(&self) {
        let serve = &self.settings.settings.serve;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let places = if serve.answers_worked_on == 0 { 2 * cores } else { serve.answers_worked_on };
        let wait = Duration::from_millis(serve.turn_wait_ms);
        self.shared.turns.get_or_init(|| Turns::limited(places, wait));
    }

    pub(super) fn models(&self) -> Result<Models, Failure> {
        let answer = &self.settings.settings.answer;
        let extractive =
            ExtractiveSettings { max_sentences: answer.max_sentences, min_evidence: answer.min_evidence };
        let named = self.settings.settings.all_models();
        let outside = named.iter().map(|model| self.model(model)).collect::<Result<_, _>>()?;
        Ok(Models { outside, last: Arc::new(ExtractiveAnswerer::new(extractive)) })
    }

    fn model(&self, model: &ModelSettings) -> Result<Arc<Model>, Failure> {
        let answer = &self.settings.settings.answer;
        let seconds = |own: Option<u64>, usual: u64| Duration::from_secs(own.unwrap_or(usual));
        let chat = OpenAiChatSettings {
            name: model.name.clone(),
            base_url: model.base_url.clone(),
            model: model.model.clone(),
            api_key: (!model.api_key.is_empty()).then(|| Secret::new(&model.api_key)),
            connect_timeout: seconds(model.connect_timeout_s, answer.connect_timeout_s),
            first_token_timeout: seconds(model.first_token_timeout_s, answer.first_token_timeout_s),
            idle_timeout: seconds(model.idle_timeout_s, answer.idle_timeout_s),
            answer_timeout: seconds(model.total_timeout_s, answer.total_timeout_s),
            retries: model.retries.unwrap_or(answer.retries),
            breaker: BreakerSettings {
                failures: answer.breaker_failures,
                pause: Duration::from_secs(answer.breaker_pause_s),
            },
            count_tokens: model.count_tokens.unwrap_or(answer.count_tokens),
            max_tokens: model.max_tokens.unwrap_or(answer.max_tokens),
            temperature: model.temperature.unwrap_or(answer.temperature),
        };
        let chat = OpenAiChat::new(chat, self.prompts()?);
        let chat = Arc::new(chat.map_err(|error| match model.place.line {
            0 => Failure::usage(error),
            _ => Failure::usage(format!("{}: [[model]] {:?}: {error}", model.place.of(None), model.name)),
        })?);
        let plays = |role, step| model.has(role) && answer.chain.contains(&step);
        Ok(Arc::new(Model {
            name: AnswerModel::name(chat.as_ref()).to_owned(),
            prices: Prices {
                input: model.input_price.unwrap_or(answer.input_price),
                output: model.output_price.unwrap_or(answer.output_price),
            },
            answers: plays(ModelRole::Answer, ChainStep::Answer)
                .then(|| Arc::clone(&chat) as Arc<dyn AnswerModel>),
            rewrites: plays(ModelRole::Rewrite, ChainStep::Rewrite)
                .then(|| Arc::clone(&chat) as Arc<dyn Rewriter>),
            checks: plays(ModelRole::Check, ChainStep::Check).then_some(chat as Arc<dyn Checker>),
            difficulty: match model.difficulty {
                BestAt::Any => None,
                BestAt::Simple => Some(Difficulty::Simple),
                BestAt::Hard => Some(Difficulty::Hard),
            },
            rules: model.rules.clone(),
        }))
    }
}

/// Notes usual scores in the state. Servers see questions of the same kind: whichever wrote last will do for all.
fn noted(state: &Arc<dyn State>) -> Keep {
    let state = Arc::clone(state);
    Box::new(move |told: String| {
        let (state, Ok(runtime)) = (Arc::clone(&state), tokio::runtime::Handle::try_current()) else {
            return;
        };
        runtime.spawn(async move {
            if let Err(error) = state.take_note(SCORES, &told).await {
                tracing::warn!("usual scores are not kept: {error}");
            }
        });
    })
}
