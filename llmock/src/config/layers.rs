//! The layers of settings, laid over each other.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use llmock_rules::{Mode, Problem, Switch};

use super::file;
use super::origin::{Origin, Sourced};
use super::prices::PricesError;
use super::settings::{Settings, Wrong};
use crate::env;
use crate::mode::{self, Refusal};

/// Why there are no settings for a test.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("`{name}`: {problem}")]
    Variable { name: &'static str, problem: Problem },
    #[error("{origin}: {wrong}")]
    Value { origin: Origin, wrong: Wrong },
    /// An `llmock.toml` has one, or is not TOML.
    #[error("`{}:{line}:{column}`: {problem}", path.display())]
    File { path: PathBuf, line: usize, column: usize, problem: Problem },
    #[error("failed to read `{}`", path.display())]
    Unreadable { path: PathBuf, source: Arc<io::Error> },
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Prices(#[from] PricesError),
    #[error(
        "`while_editing` (from {set_by}) is refused in CI: record the test, or accept its pending requests"
    )]
    Editing { set_by: String },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    /// The mode, with the name of its variable.
    pub(crate) mode: Option<(&'static str, Mode)>,
    pub(crate) ci: bool,
    pub(crate) allow_ci_record: bool,
}

impl Environment {
    /// Reads `LLMOCK_MODE`, the two switches that turn everything off, and the variables of CI.
    pub(crate) fn read() -> Result<Self, SettingsError> {
        let mut mode = None;
        for name in [env::DISABLED, env::LLM_MOCK_DISABLED] {
            if mode.is_none() && switch(name)? {
                mode = Some((name, Mode::Off));
            }
        }
        if mode.is_none() {
            mode = variable(env::MODE, Mode::parse)?.map(|mode| (env::MODE, mode));
        }
        Ok(Self { mode, ci: env::ci(), allow_ci_record: switch(env::ALLOW_CI_RECORD)? })
    }
}

impl Settings {
    /// The settings, unless CI must not run with them.
    pub(crate) fn refused_in_ci(self) -> Result<Self, SettingsError> {
        let editing = &self.while_editing;
        if editing.value && self.mode.value == Mode::Replay && env::ci() {
            return Err(SettingsError::Editing { set_by: editing.origin.to_string() });
        }
        Ok(self)
    }
}

fn switch(name: &'static str) -> Result<bool, SettingsError> {
    Ok(variable(name, Switch::parse)?.is_some_and(|switch| switch.0))
}

/// The value of a variable, unless it is not set or blank.
pub(super) fn variable<T>(
    name: &'static str,
    parse: impl Fn(&str) -> Result<T, Problem>,
) -> Result<Option<T>, SettingsError> {
    env::read(name)
        .filter(|text| !text.trim().is_empty())
        .map(|text| parse(&text).map_err(|problem| SettingsError::Variable { name, problem }))
        .transpose()
}

impl Settings {
    /// The settings of one session: its own between the variables and the files of its package and workspace.
    pub(crate) fn gather(
        own: Self,
        package: Option<&Path>,
        workspace: Option<&Path>,
    ) -> Result<Self, SettingsError> {
        let mut layers = vec![own];
        let apart = workspace.filter(|root| Some(*root) != package);
        for folder in package.into_iter().chain(apart) {
            layers.extend(file::load(folder)?.map(|layer| (*layer).clone()));
        }
        Self::merge(Environment::read()?, layers)
    }

    pub(crate) fn merge(
        environment: Environment,
        layers: Vec<Self>,
    ) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        if let Some((name, mode)) = environment.mode {
            settings.mode = Sourced { value: mode, origin: Origin::Environment(name) };
        }
        let mut settings = layers.into_iter().fold(settings, Self::or);
        let Environment { ci, allow_ci_record, .. } = environment;
        let Sourced { value: requested, origin } = &settings.mode;
        let mode = mode::effective(*requested, origin, ci, allow_ci_record)?;
        settings.replaced_mode = Some(*requested).filter(|requested| *requested != mode);
        settings.mode.value = mode;
        let checked = settings.check_names();
        checked.map_err(|(origin, wrong)| SettingsError::Value { origin, wrong })?;
        Ok(settings)
    }
}

#[cfg(test)]
mod tests;
