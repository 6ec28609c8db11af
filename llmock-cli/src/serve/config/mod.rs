//! The configuration: built-in defaults, then a file, then variables, then flags. Each overrides the one before.
//!
//! [`keys`] lists the keys, and clap makes a flag and a variable of each. [`layers`] puts the values of all sources
//! over each other, and serde makes the [`Config`] in [`settings`] of them. [`scenarios`] are read apart. Only [`load`] touches the disk and the
//! environment.

mod error;
mod flags;
mod keys;
mod layers;
mod matching;
mod models;
pub(in crate::serve) mod scenarios;
mod schema;
mod settings;
mod strategies;
pub(in crate::serve) mod values;
mod variables;

use std::path::Path;

pub(crate) use error::ConfigError;
pub(crate) use flags::Flags;
pub(crate) use models::Model;
pub(crate) use schema::schema;
pub(crate) use settings::{Config, CustomReply};
pub(crate) use strategies::StrategyName;

use layers::Layers;

/// Reads the file and the environment. The notes are sentences for standard error: unknown variables, settings without
/// effect.
pub(crate) fn load(flags: &Flags) -> Result<(Config, Vec<String>), ConfigError> {
    // A variable whose value is not Unicode cannot be one of ours; its name may be.
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    });
    let Some(path) = flags.file() else { return configure(None, variables, flags) };
    match std::fs::read_to_string(&path) {
        Ok(text) => configure(Some((&path, &text)), variables, flags),
        Err(why) => Err(ConfigError::Unreadable { path, why }),
    }
}

/// The configuration that the text of a file, variables and flags make together, and notes about it.
fn configure(
    file: Option<(&Path, &str)>,
    variables: impl IntoIterator<Item = (String, String)>,
    flags: &Flags,
) -> Result<(Config, Vec<String>), ConfigError> {
    let mut layers = Layers::default();
    if let Some((path, text)) = file {
        layers.file(path, text)?;
    }
    variables::apply(variables, flags, &mut layers)?;
    flags.apply(&mut layers)?;
    let mut config = layers.config()?;
    config.replies = std::mem::take(&mut layers.replies);
    layers.notes.extend(config.check()?.into_iter().map(str::to_owned));
    Ok((config, layers.notes))
}

#[cfg(test)]
mod tests;
