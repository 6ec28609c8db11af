//! `lane("embeddings", "POST /v1/embeddings")`: requests with an order and an accounting of their own.

use llmock_rules::{LaneName, Problem, SideCall};

use super::Settings;

/// One request of a lane; several may have the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lane {
    pub(crate) name: String,
    pub(crate) request: SideCall,
}

impl Lane {
    pub(super) fn parse((name, request): &(&str, &str)) -> Result<Self, Problem> {
        let name = LaneName::parse(name)?.as_str().to_owned();
        Ok(Self { name, request: SideCall::parse(request)? })
    }
}

impl Settings {
    /// The lane of a request; `None` is the one of all other requests.
    pub(crate) fn lane(&self, method: &str, canonical_path: &str) -> Option<&str> {
        let mut lanes = self.lanes.iter().map(|lane| &lane.value);
        let lane = lanes.find(|lane| lane.request.matches(method, canonical_path))?;
        Some(&lane.name)
    }
}
