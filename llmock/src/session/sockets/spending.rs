//! The limits of a recording on an open socket: what its messages report counts at once, and once a limit is reached, no
//! more messages of the client reach the provider.

use std::sync::{Arc, Mutex};

use crate::audit::prices;
use crate::fixture::socket::{self, Side, Tally};
use crate::json;
use crate::provider::Provider;
use crate::session::budget;
use crate::session::state::State;
use crate::sync::lock;
use crate::wire::usage::TokenUsage;

/// What one socket has cost so far.
pub(super) struct Meter {
    state: Arc<State>,
    provider: Provider,
    so_far: Mutex<SoFar>,
}

#[derive(Default)]
struct SoFar {
    model: Option<String>,
    tally: Tally,
    /// What of the tally was counted.
    tokens: u64,
    cost: u64,
}

impl Meter {
    pub(super) fn new(state: &Arc<State>, provider: Provider, path: &str) -> Self {
        let model = socket::model_of_path(path).map(str::to_owned);
        let so_far = Mutex::new(SoFar { model, ..SoFar::default() });
        Self { state: Arc::clone(state), provider, so_far }
    }

    /// Whether there is a limit.
    pub(super) fn is_needed(&self) -> bool {
        budget::is_limited(&self.state)
    }

    /// Counts a message; or says why one of the client must not be sent.
    pub(super) fn message(&self, side: Side, text: &str) -> Result<(), String> {
        let mut so_far = lock(&self.so_far);
        match side {
            Side::Client => {
                let message = json::parse(text).ok();
                if let Some(model) = message.as_ref().and_then(socket::model_of_message) {
                    // Gemini Live names a resource.
                    so_far.model = Some(model.trim_start_matches("models/").to_owned());
                }
                budget::allows_more(&self.state, self.provider, so_far.model.as_deref())
            }
            Side::Server => {
                so_far.tally.add(text);
                self.count(&mut so_far);
                Ok(())
            }
        }
    }

    fn count(&self, so_far: &mut SoFar) {
        let usage = so_far.tally.sum();
        if usage == TokenUsage::default() {
            return;
        }
        let model = so_far.model.as_deref();
        let price = model.and_then(|model| prices::price(self.provider, model));
        let (tokens, cost) = (usage.total(), price.map_or(0, |price| price.of(usage)));
        let new = |all: u64, counted: u64| all.saturating_sub(counted);
        let added = (new(tokens, so_far.tokens), new(cost, so_far.cost));
        if added != (0, 0) {
            budget::count(&self.state, added);
            (so_far.tokens, so_far.cost) = (tokens.max(so_far.tokens), cost.max(so_far.cost));
        }
    }
}
