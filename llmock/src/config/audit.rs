//! The settings of what a green test is worth.

use llmock_rules::{ApiVersion, CacheGuard, Contract, MaxAge, Problem, Value};

use super::origin::{Origin, Sourced};

/// How strictly conclusions about requests and recordings count; the nearest layer wins for each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AuditRules {
    pub(crate) api_version: Sourced<ApiVersion>,
    pub(crate) contract: Sourced<Contract>,
    pub(crate) cache: Sourced<CacheGuard>,
    pub(crate) max_age: Sourced<MaxAge>,
}

impl AuditRules {
    /// Adds the value of one key; `None` if it is not one of them.
    pub(super) fn add(
        &mut self,
        origin: &Origin,
        key: &'static str,
        value: Value<'_>,
    ) -> Option<Result<(), Problem>> {
        let Value::Text(text) = value else { return None };
        let added = match key {
            "api_version" => ApiVersion::parse(text).map(|one| self.api_version = origin.of(one)),
            "contract" => Contract::parse(text).map(|one| self.contract = origin.of(one)),
            "cache" => CacheGuard::parse(text).map(|one| self.cache = origin.of(one)),
            "max_age" => MaxAge::parse(text).map(|one| self.max_age = origin.of(one)),
            _ => return None,
        };
        Some(added)
    }

    pub(super) fn or(self, outer: Self) -> Self {
        Self {
            api_version: self.api_version.or(outer.api_version),
            contract: self.contract.or(outer.contract),
            cache: self.cache.or(outer.cache),
            max_age: self.max_age.or(outer.max_age),
        }
    }

    pub(super) fn clear(&mut self, key: &str) {
        match key {
            "api_version" => self.api_version = Sourced::default(),
            "contract" => self.contract = Sourced::default(),
            "cache" => self.cache = Sourced::default(),
            "max_age" => self.max_age = Sourced::default(),
            other => debug_assert!(false, "`{other}` is not a rule of the audit"),
        }
    }

    /// The rules that are not the default, as arguments of the attribute.
    pub(super) fn arguments<'a>(&'a self, all: &mut Vec<(String, &'a Origin)>) {
        let mut add = |key: &str, value: &str, default: &str, origin: &'a Origin| {
            if value != default {
                all.push((format!("{key} = \"{value}\""), origin));
            }
        };
        let (api_version, contract, cache) = (&self.api_version, &self.contract, &self.cache);
        add(
            "api_version",
            api_version.value.as_str(),
            ApiVersion::default().as_str(),
            &api_version.origin,
        );
        add("contract", contract.value.as_str(), Contract::default().as_str(), &contract.origin);
        add("cache", cache.value.as_str(), CacheGuard::default().as_str(), &cache.origin);
        if self.max_age.value != MaxAge::default() {
            all.push((format!("max_age = \"{}\"", self.max_age.value), &self.max_age.origin));
        }
    }
}
