//! `ScenarioStrategy`: the replies of the configuration, by conditions on requests. The engine is that of `mock.when`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use llmock::__server::{self as engine, Progress};
use llmock::SentRequest;
use llmock::reply::{Endpoint, Replies, Reply, RequestMatcher, request};
use parking_lot::Mutex;

use super::fixture::Fixtures;
use crate::output::serving;
use crate::serve::answer::{Detail, Scripted};
use crate::serve::api_request::ApiRequest;
use crate::serve::config::scenarios::{Content, ErrorReply, Scenario, Step, StepPace, When};
use crate::serve::fault::Fault;
use crate::serve::pace::Pace;

/// The scenarios of a configuration.
#[derive(Debug)]
pub(crate) struct Scenarios {
    config: Vec<Scenario>,
    engine: engine::Scenarios,
    known: Vec<Known>,
    /// The positions of sessions belong to these scenarios and to no others.
    generation: u64,
    uses: Arc<[Use]>,
    /// Pairs of scenarios that matched one request, each reported once.
    reported: Arc<Mutex<Vec<(usize, usize)>>>,
    fixtures: Arc<Fixtures>,
}

#[derive(Debug)]
struct Known {
    /// `greeting (llmock.yaml:3)`.
    place: Arc<str>,
    /// Whether it names a path, and so applies to other endpoints than conversations.
    names_path: bool,
    /// One for each reply that is given, equal ones in a row included.
    steps: Vec<Way>,
}

/// What happens to a reply on its way.
#[derive(Clone, Debug)]
struct Way {
    pace: Option<StepPace>,
    fault: Option<Fault>,
}

#[derive(Debug, Default)]
struct Use {
    has_matched: AtomicBool,
    has_replied: AtomicBool,
}

impl Scenarios {
    /// The scenarios of a configuration. Those that did not change keep their positions and what is known of them.
    pub(crate) fn new(
        config: &[Scenario],
        fixtures: &Arc<Fixtures>,
        previous: Option<&Self>,
    ) -> Self {
        static GENERATIONS: AtomicU64 = AtomicU64::new(1);
        let mut rules = engine::Scenarios::default();
        for scenario in config {
            let condition = (!scenario.when.is_empty()).then(|| condition(&scenario.when));
            rules.add(condition, replies(scenario));
        }
        let is_same = |previous: &&Self| {
            previous.config.len() == config.len()
                && previous.config.iter().zip(config).all(|(old, new)| old.is_same(new))
        };
        let (generation, uses, reported) = match previous.filter(is_same) {
            Some(same) => (same.generation, Arc::clone(&same.uses), Arc::clone(&same.reported)),
            None => (
                GENERATIONS.fetch_add(1, Ordering::Relaxed),
                config.iter().map(|_| Use::default()).collect(),
                Arc::default(),
            ),
        };
        Self {
            config: config.to_vec(),
            engine: rules,
            known: config.iter().enumerate().map(|(at, one)| Known::of(at, one)).collect(),
            generation,
            uses,
            reported,
            fixtures: Arc::clone(fixtures),
        }
    }

    /// Whether requests with the same method, path and body match the same scenarios.
    pub(crate) fn read_no_headers(&self) -> bool {
        self.engine.read_no_headers()
    }

    /// The scenarios that a request matches. `is_valid`: whether it is one that the provider would not refuse.
    pub(crate) fn matching(
        &self,
        api_request: &ApiRequest,
        is_valid: impl FnOnce() -> bool,
    ) -> Vec<usize> {
        let target = &api_request.route.target;
        let is_conversation = target.endpoint() == Endpoint::Conversation;
        let mut matching = self.engine.matching(&sent(api_request));
        matching.retain(|rule| is_conversation || self.known[*rule].names_path);
        if !matching.is_empty() && is_conversation && !is_valid() {
            matching.clear();
        }
        matching
    }

    /// The next reply of the first of these scenarios that has one.
    pub(crate) fn give(&self, api_request: &ApiRequest, matching: &[usize]) -> Option<Scripted> {
        if matching.is_empty() {
            return None;
        }
        for rule in matching {
            self.uses[*rule].has_matched.store(true, Ordering::Relaxed);
        }
        let session = self.fixtures.sessions.of(&api_request.session.to_string());
        let given = session.in_scenarios(self.generation, |progress: &mut Progress| {
            self.engine.give(matching, progress, || sent(api_request))
        })?;
        self.uses[given.rule].has_replied.store(true, Ordering::Relaxed);
        if let Some(other) = given.other {
            self.report(given.rule, other);
        }
        let known = &self.known[given.rule];
        let way = known.steps[given.step.min(known.steps.len() - 1)].clone();
        let detail = Detail {
            source: Some(Arc::clone(&known.place)),
            pace: way.pace,
            fault: way.fault,
            ..Detail::default()
        };
        Some(Scripted { reply: given.reply, detail, step: (given.rule, given.step) })
    }

    fn report(&self, first: usize, other: usize) {
        let mut reported = self.reported.lock();
        if !reported.contains(&(first, other)) {
            reported.push((first, other));
            serving::both_match(&self.known[first].place, &self.known[other].place);
        }
    }

    /// The scenarios that no request has matched, and those that matched and never replied.
    pub(crate) fn unused(&self) -> (Vec<&str>, Vec<&str>) {
        let all = || self.known.iter().zip(&*self.uses);
        let unmatched = all().filter(|(_, one)| !one.has_matched.load(Ordering::Relaxed));
        let shadowed = all().filter(|(_, one)| {
            one.has_matched.load(Ordering::Relaxed) && !one.has_replied.load(Ordering::Relaxed)
        });
        (
            unmatched.map(|(known, _)| &*known.place).collect(),
            shadowed.map(|(known, _)| &*known.place).collect(),
        )
    }
}

/// A request as conditions read it.
fn sent(api_request: &ApiRequest) -> SentRequest {
    let (route, body) = (&api_request.route, api_request.body.clone());
    let session = api_request.session.to_string();
    engine::sent(&route.target, &api_request.headers, &route.path, body, &session)
}

impl Known {
    fn of(at: usize, scenario: &Scenario) -> Self {
        let name = scenario.name.clone().unwrap_or_else(|| format!("replies[{at}]"));
        let place = match &scenario.file {
            Some(file) => format!("{name} ({}:{})", file.display(), scenario.line),
            None => name,
        };
        let steps = scenario.then.iter().flat_map(|step| {
            let way = Way { pace: step.pace.clone(), fault: step.fault };
            std::iter::repeat_n(way, step.times as usize)
        });
        Self {
            place: place.into(),
            names_path: scenario.when.path.is_some(),
            steps: steps.collect(),
        }
    }
}

/// The condition in the form that tests write.
fn condition(when: &When) -> RequestMatcher {
    let mut all = request();
    for text in when.contains.iter().chain(&when.last_user) {
        all = all.last_user(text);
    }
    if let Some(pattern) = &when.pattern {
        all = engine::last_user_matches(all, pattern).expect("the configuration has checked it");
    }
    for text in &when.body {
        all = all.body_contains(text);
    }
    for text in &when.system {
        all = all.system(text);
    }
    for name in &when.tool {
        all = all.offers_tool(name);
    }
    for result in &when.tool_result {
        all = engine::has_result(all, result.tool.clone(), result.contains.clone());
    }
    if let Some(model) = &when.model {
        all = all.model(model);
    }
    if let Some(name) = &when.schema {
        all = all.schema(name);
    }
    for (name, pattern) in &when.header {
        all = all.header(name, pattern);
    }
    if let Some(session) = &when.session {
        all = engine::in_session(all, session);
    }
    if let Some(path) = &when.path {
        all = all.path(path);
    }
    if let Some(method) = &when.method {
        all = all.method(method);
    }
    if let Some(provider) = when.provider {
        all = all.provider(provider);
    }
    if let Some(stream) = when.stream {
        all = all.streaming(stream);
    }
    all
}

fn replies(scenario: &Scenario) -> Replies {
    let schema = scenario.when.schema.as_deref();
    let mut all = Replies::default();
    for step in &scenario.then {
        for _ in 0..step.times {
            all = all.then(reply(step, schema));
        }
    }
    if scenario.once { all } else { all.repeat() }
}

fn reply(step: &Step, schema: Option<&str>) -> Replies {
    let dressed = dressing(step);
    let reply = match &step.content {
        Content::Json(json) => {
            let (json, schema) = (json.clone(), schema.map(str::to_owned));
            return engine::computed(move |sent| {
                dressed(engine::json_reply(&json, schema.as_deref(), sent))
            });
        }
        Content::Message { text, calls } => {
            let reply = match text {
                Some(text) => Reply::text(text),
                None => Reply::new(),
            };
            calls.iter().fold(reply, |all, call| all.tool_call(&call.name, &call.arguments))
        }
        Content::Refusal(words) => Reply::refusal(words),
        Content::Error(error) => failure(error),
    };
    dressed(reply).into()
}

fn failure(error: &ErrorReply) -> Reply {
    let message = error.message.clone().unwrap_or_else(|| usual_message(error.status).to_owned());
    let mut reply = Reply::error(error.status, message);
    if let Some(kind) = &error.kind {
        reply = reply.kind(kind);
    }
    if let Some(code) = &error.code {
        reply = reply.code(code);
    }
    if let Some(retry_after) = &error.retry_after {
        reply = reply.header("retry-after", retry_after);
    }
    reply
}

/// The message of an error whose scenario has none.
fn usual_message(status: u16) -> &'static str {
    match status {
        401 => "the API key is not valid",
        403 => "the API key has no permission for this",
        404 => "the resource does not exist",
        408 | 504 => "the request timed out",
        413 => "the request is too large",
        429 => "rate limit reached",
        503 | 529 => "the server is overloaded",
        500..=599 => "the server had an error",
        _ => "the request is not valid",
    }
}

/// Adds what every reply may have.
fn dressing(step: &Step) -> impl Fn(Reply) -> Reply + Send + Sync + 'static {
    let Step { reasoning, finish, usage, extras, headers, .. } = step.clone();
    move |mut reply| {
        reply = extras.items.iter().fold(reply, Reply::item);
        reply = extras.events.iter().fold(reply, Reply::event);
        reply = extras.searches.iter().fold(reply, Reply::web_search);
        for source in &extras.citations {
            reply = reply.citation(&source.url, &source.title);
        }
        if let Some(reasoning) = &reasoning {
            reply = reply.reasoning(reasoning);
        }
        if let Some(finish) = finish {
            reply = reply.finish(finish);
        }
        if let Some((input, output, cached)) = usage {
            reply = reply.usage(input, output).cached_tokens(cached);
        }
        headers.iter().fold(reply, |all, (name, value)| all.header(name, value))
    }
}

impl StepPace {
    /// The pace of a reply, over that of the server.
    pub(crate) fn over(&self, usual: &Pace) -> Pace {
        match self {
            Self::Whole(pace) => pace.clone(),
            Self::Over(text) => usual.overridden(text).unwrap_or_else(|_| usual.clone()),
        }
    }
}
