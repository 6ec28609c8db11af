//! The settings of one session, and where each comes from.
//!
//! Layers, nearest first: environment, attribute (or builder), module, the package's `llmock.toml`, the workspace's, the
//! default. The attribute's expansion has already laid its own arguments over those of its module. `llmock_rules` checks
//! the values, [`settings`] holds them, [`file`](mod@file) reads `llmock.toml`, [`layers`] puts the layers together.
//! Neighbours: `matching` applies the rules, `env` reads the variables, `report` names the origins.

pub(crate) mod audit;
mod control;
pub(crate) mod file;
pub(crate) mod intercept;
pub(crate) mod layers;
pub(crate) mod limits;
pub(crate) mod origin;
pub(crate) mod prices;
mod reading;
pub(crate) mod semantic;
pub(crate) mod settings;

pub use intercept::intercept;
pub(crate) use layers::{Environment, SettingsError};
pub(crate) use origin::Origin;
pub(crate) use settings::Settings;
#[cfg(any(feature = "server", feature = "wiremock"))]
pub(crate) use settings::Wrong;
