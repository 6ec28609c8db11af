//! The fixture as a session opened it; it does not change while the test runs.

use std::sync::OnceLock;

use crate::config::Settings;
use crate::exchange::RequestNumber;
use crate::exchange::batches::{self, Assembled, Inputs};
use crate::exchange::links;
use crate::exchange::miss::Evidence;
use crate::exchange::queue::{Ownership, Queues};
use crate::fixture::Position;
use crate::fixture::interaction::{Interaction, Request};
use crate::matching::{self, Key, MatchRules, placeholders};
use crate::provider::Provider;

/// Interactions under the rules of one session.
#[derive(Debug)]
pub(crate) struct OpenedFixture {
    interactions: Vec<Interaction>,
    with_placeholders: Vec<Position>,
    /// One for each interaction.
    ownership: Vec<Ownership>,
    /// The name of the lane of each interaction that has one.
    lanes: Vec<Option<String>>,
    is_missing: bool,
    rules: MatchRules,
    owner: Option<String>,
    /// Made when a request for embeddings is not recorded as a whole.
    inputs: OnceLock<Inputs>,
    whole_batches: bool,
}

impl OpenedFixture {
    /// `interactions` is `None` if there is no file.
    pub(crate) fn new(
        interactions: Option<Vec<Interaction>>,
        owner: Option<String>,
        in_force: &Settings,
    ) -> Self {
        let is_missing = interactions.is_none();
        let interactions = interactions.unwrap_or_default();
        // Interactions without an owner belong to the session's test, unless it has some of its own.
        let has_own = interactions.iter().any(|interaction| interaction.test == owner);
        let ownership = |interaction: &Interaction| {
            let Request { method, path, .. } = &interaction.request;
            if in_force.is_side_call(method, path) {
                // Never unused, and not part of a strict order.
                return Ownership::Ownerless;
            }
            match &interaction.test {
                test if *test == owner => Ownership::Own,
                None if has_own => Ownership::Ownerless,
                None => Ownership::Own,
                Some(_) => Ownership::Other,
            }
        };
        let ownership = interactions.iter().map(ownership).collect();
        let lane =
            |Request { method, path, .. }: &Request| in_force.lane(method, path).map(str::to_owned);
        let lanes = interactions.iter().map(|one| lane(&one.request)).collect();
        let with_placeholders = placeholders::positions(&interactions);
        let rules = in_force.rules();
        Self {
            interactions,
            with_placeholders,
            ownership,
            lanes,
            is_missing,
            rules,
            owner,
            inputs: OnceLock::new(),
            whole_batches: in_force.whole_batches.value,
        }
    }

    /// Interactions from this position on are of further layers: they may stay unused, since no recording removes them.
    pub(crate) fn inheriting(mut self, own: Option<usize>) -> Self {
        if let Some(own) = own {
            for ownership in self.ownership.iter_mut().skip(own) {
                *ownership = (*ownership).max(Ownership::Ownerless);
            }
        }
        self
    }

    pub(crate) fn get(&self, at: Position) -> &Interaction {
        &self.interactions[at.index()]
    }

    /// The lane of an interaction, if it has one.
    pub(crate) fn lane(&self, at: Position) -> Option<&str> {
        self.lanes.get(at.index())?.as_deref()
    }

    pub(crate) fn interactions(&self) -> &[Interaction] {
        &self.interactions
    }

    /// There is no file.
    pub(crate) fn is_missing(&self) -> bool {
        self.is_missing
    }

    pub(crate) fn key(&self, provider: Provider, request: &Request) -> Key {
        matching::key(provider, request, &self.rules)
    }

    /// The key of the stored request that this one is, but for what stands in the place of its placeholders.
    pub(crate) fn key_with_placeholders(
        &self,
        provider: Provider,
        request: &Request,
    ) -> Option<Key> {
        let stored = self.with_placeholders.iter().map(|at| self.get(*at));
        let found = placeholders::find(provider, request, &self.rules, stored)?;
        Some(self.key(found.provider, &found.request))
    }

    /// The response to a request for embeddings whose inputs were recorded in other batches.
    pub(crate) fn assembled(&self, provider: Provider, request: &Request) -> Option<Assembled> {
        if self.whole_batches || !batches::may_be(request) {
            return None;
        }
        let inputs = self.inputs.get_or_init(|| Inputs::of(&self.interactions, &self.rules));
        inputs.assemble(provider, request, &self.rules, &self.interactions)
    }

    pub(crate) fn rules(&self) -> &MatchRules {
        &self.rules
    }

    /// Queues from which nothing was used yet.
    pub(crate) fn queues(&self) -> Queues {
        let keys = self.interactions.iter().map(|one| self.key(one.provider, &one.request));
        let mut names: Vec<&Option<String>> = vec![&None];
        let lanes = self.lanes.iter().map(|lane| {
            let known = names.iter().position(|name| *name == lane);
            known.unwrap_or_else(|| {
                names.push(lane);
                names.len() - 1
            })
        });
        Queues::new(keys.zip(self.ownership.iter().copied())).in_lanes(lanes)
    }

    /// The providers of the interactions, each once.
    pub(crate) fn providers(&self) -> Vec<Provider> {
        let mut providers: Vec<Provider> = Vec::new();
        for interaction in &self.interactions {
            if !providers.contains(&interaction.provider) {
                providers.push(interaction.provider);
            }
        }
        providers
    }

    pub(crate) fn is_recorded(&self, provider: Provider, path: &str) -> bool {
        links::is_recorded(&self.interactions, provider, path)
    }

    /// Whether a socket is recorded at this path.
    #[cfg(feature = "websocket")]
    pub(crate) fn is_recorded_handshake(&self, provider: Provider, path: &str) -> bool {
        let path_of = |path: &str| path.split('?').next().unwrap_or_default().to_owned();
        self.interactions.iter().any(|one| {
            one.provider == provider
                && one.request.method == crate::exchange::request::HANDSHAKE
                && path_of(&one.request.path) == path_of(path)
        })
    }

    pub(crate) fn is_answered(&self, provider: Provider, path: &str) -> bool {
        links::is_answered(&self.interactions, provider, path)
    }

    /// The session's own interactions, which must not be left unused.
    pub(crate) fn own(&self) -> impl Iterator<Item = Position> {
        let own = self.ownership.iter().enumerate();
        own.filter(|(_, ownership)| **ownership == Ownership::Own)
            .map(|(index, _)| Position::from_index(index))
    }

    /// How many interactions have no owner and are not the test's, because others of the file are.
    pub(crate) fn ownerless_beside_own(&self) -> usize {
        let has_own = self.interactions.iter().any(|one| one.test == self.owner);
        let ownership = self.ownership.iter().zip(&self.interactions);
        let beside = ownership.filter(|(ownership, one)| {
            has_own && **ownership == Ownership::Ownerless && one.test.is_none()
        });
        beside.count()
    }

    /// Interactions that no other test recorded.
    pub(crate) fn own_or_ownerless(&self) -> impl Iterator<Item = Position> {
        let is_of_another =
            |one: &Interaction| one.test.is_some() && one.test.as_deref() != self.owner.as_deref();
        let all = self.interactions.iter().enumerate();
        all.filter(move |(_, one)| !is_of_another(one))
            .map(|(index, _)| Position::from_index(index))
    }

    pub(crate) fn len(&self) -> usize {
        self.interactions.len()
    }

    /// What a miss is explained with; `used_by` is the request that has used an interaction.
    pub(crate) fn evidence<'a>(
        &'a self,
        used_by: &'a dyn Fn(Position) -> Option<RequestNumber>,
    ) -> Evidence<'a> {
        Evidence {
            interactions: self.interactions.iter().collect(),
            is_missing: self.is_missing,
            rules: &self.rules,
            owner: self.owner.as_deref(),
            used_by,
        }
    }
}
