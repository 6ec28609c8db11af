//! `LLMOCK_MAX_REQUESTS`, `LLMOCK_MAX_TOKENS` and `LLMOCK_MAX_USD`: what one run of all tests sends to providers.
//!
//! The tests of a run are in many processes, so that their sum stands in `target/llmock/spent`, a line for each run.
//! A request that is on its way when a limit is reached ends as every other one.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use crate::audit::prices;
use crate::config::limits::Spending;
use crate::fixture::interaction::{Content, Interaction};
use crate::json;
use crate::provider::Provider;
use crate::session::last_run;
use crate::session::state::State;
use crate::stream::Item;
use crate::wire::usage::TokenUsage;

/// What a run has sent and received so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Spent {
    requests: u64,
    tokens: u64,
    /// Micro-dollars.
    cost: u64,
}

/// Counts a request before it is sent; or says why it must not be sent.
pub(super) fn reserve(
    state: &State,
    provider: Provider,
    model: Option<&str>,
) -> Result<(), String> {
    if !is_limited(state) {
        return Ok(());
    }
    check_priced(state, provider, model)?;
    admit(state, 1)
}

/// Counts a handshake. A socket whose messages name its model is admitted without one: [`allows_more`] decides about those.
#[cfg(feature = "websocket")]
pub(super) fn reserve_socket(
    state: &State,
    provider: Provider,
    model: Option<&str>,
) -> Result<(), String> {
    if !is_limited(state) {
        return Ok(());
    }
    if model.is_some() {
        check_priced(state, provider, model)?;
    }
    admit(state, 1)
}

/// Whether a message of a client may be sent on an open socket, or why not.
#[cfg(feature = "websocket")]
pub(super) fn allows_more(
    state: &State,
    provider: Provider,
    model: Option<&str>,
) -> Result<(), String> {
    check_priced(state, provider, model)?;
    admit(state, 0)
}

/// Whether this run has a limit.
pub(super) fn is_limited(state: &State) -> bool {
    state.setup.limits.spending != Spending::default()
}

/// With a limit of dollars, everything needs a price.
fn check_priced(state: &State, provider: Provider, model: Option<&str>) -> Result<(), String> {
    let limits = state.setup.limits.spending;
    let is_priced = model.is_some_and(|model| prices::price(provider, model).is_some());
    if limits.cost.is_some() && !is_priced {
        let model = model.unwrap_or("this request");
        return Err(format!(
            "no price is known for {model}, so that LLMOCK_MAX_USD cannot be kept; name one in the file of LLMOCK_PRICES"
        ));
    }
    Ok(())
}

/// Counts so many new requests, unless a limit is reached. Messages belong to the request that opened their socket.
fn admit(state: &State, requests: u64) -> Result<(), String> {
    let limits = state.setup.limits.spending;
    let counted = update(state, |spent| {
        let limits = if requests == 0 { Spending { requests: None, ..limits } } else { limits };
        let reached = reached(limits, *spent);
        if reached.is_none() {
            spent.requests += requests;
        }
        reached
    });
    match counted {
        Ok(None) => Ok(()),
        Ok(Some(limit)) => {
            Err(format!("{limit} is reached in this run; what was recorded is kept"))
        }
        Err(error) => Err(format!("what this run has sent cannot be counted: {error}")),
    }
}

/// Adds what a response reports.
pub(super) fn add(state: &State, interaction: &Interaction) {
    if !is_limited(state) {
        return;
    }
    let usage = usage(interaction);
    let price = interaction.model().and_then(|model| prices::price(interaction.provider, &model));
    count(state, (usage.total(), price.map_or(0, |price| price.of(usage))));
}

/// Adds tokens and micro-dollars.
pub(super) fn count(state: &State, (tokens, cost): (u64, u64)) {
    let _ = update(state, |spent| {
        spent.tokens += tokens;
        spent.cost += cost;
    });
}

fn reached(limits: Spending, spent: Spent) -> Option<String> {
    let is_reached = |limit: Option<u64>, spent: u64| limit.filter(|limit| spent >= *limit);
    if let Some(limit) = is_reached(limits.requests, spent.requests) {
        return Some(format!("LLMOCK_MAX_REQUESTS={limit}"));
    }
    if let Some(limit) = is_reached(limits.tokens, spent.tokens) {
        return Some(format!("LLMOCK_MAX_TOKENS={limit}"));
    }
    let limit = is_reached(limits.cost, spent.cost)?;
    Some(format!("LLMOCK_MAX_USD={}", prices::dollars(limit)))
}

/// How many other runs a file remembers: some may run at the same time.
const OTHERS: usize = 100;

/// Changes the sum of this run under a lock.
fn update<T>(state: &State, change: impl FnOnce(&mut Spent) -> T) -> io::Result<T> {
    let folder = last_run::folder(state.setup.package.as_deref());
    let folder = folder.unwrap_or_else(crate::env::temporary_directory);
    fs::create_dir_all(&folder)?;
    let path = folder.join("spent");
    let mut file =
        File::options().create(true).truncate(false).read(true).write(true).open(path)?;
    file.lock()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let run = last_run::unique_run_id();
    let is_own = |line: &&str| line.split(' ').next() == Some(run.as_str());
    let mut spent = Spent::default();
    if let Some(line) = text.lines().find(is_own) {
        let mut words = line.split(' ').skip(1);
        let mut number = || words.next().and_then(|word| word.parse().ok()).unwrap_or_default();
        spent = Spent { requests: number(), tokens: number(), cost: number() };
    }
    let outcome = change(&mut spent);
    let Spent { requests, tokens, cost } = spent;
    let mut all = format!("{run} {requests} {tokens} {cost}\n");
    for other in text.lines().filter(|line| !is_own(line)).take(OTHERS) {
        all.push_str(other);
        all.push('\n');
    }
    file.seek(SeekFrom::Start(0))?;
    file.set_len(0)?;
    file.write_all(all.as_bytes())?;
    Ok(outcome)
}

/// The tokens that a stored response reports.
fn usage(interaction: &Interaction) -> TokenUsage {
    let mut usage = TokenUsage::default();
    let mut read = |text: &str| {
        if let Ok(body) = json::parse(text) {
            usage.read(&body);
        }
    };
    match &interaction.response.content {
        Content::Body(crate::fixture::interaction::Body::Json(text)) => read(text),
        Content::Stream(stream) => {
            for event in &stream.events {
                match &event.item {
                    Item::Sse { data, .. }
                    | Item::Json(data)
                    | Item::Frame { payload: data, .. } => read(data),
                    Item::Raw(_) | Item::RawBytes(_) => {}
                }
            }
        }
        Content::Body(_) => {}
        #[cfg(feature = "websocket")]
        Content::Socket(socket) => return socket.usage(),
    }
    usage
}
