//! The rules in force for one test, and where each of them came from.
//!
//! Layers, nearest first: environment, attribute (or builder), module, the package's `llmock.toml`, the
//! workspace's, the default. The attribute's expansion has already laid its module's keys under its own.
//! [`settings`] is what one layer says, [`check`] turns it into checked rules, [`file`](mod@file) reads `llmock.toml`,
//! [`in_force`] merges. Neighbours: `matching` applies the rules, `env` reads the variables, `report`
//! names the origins.

pub(crate) mod check;
pub(crate) mod file;
pub(crate) mod in_force;
pub(crate) mod limits;
pub(crate) mod origin;
pub(crate) mod rule;
pub(crate) mod settings;

pub(crate) use check::{SettingsError, Wrong};
pub(crate) use in_force::{Environment, InForce};
pub(crate) use origin::{Origin, Sourced};
pub use rule::intercept;
pub(crate) use rule::{AllowErrors, Unused};
pub(crate) use settings::Settings;
pub use settings::StaticSettings;
