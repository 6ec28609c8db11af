//! Layers merged into the rules of one session, each rule with its origin.

use std::path::Path;
use std::sync::Arc;

use super::check::{Checked, SettingsError, Wrong, placeholders};
use super::file;
use super::origin::{Origin, Sourced};
use super::rule::{AllowErrors, Side, Unused};
use super::settings::Settings;
use crate::env;
use crate::matching::{Normalize, Order, Rules};
use crate::mode::{self, Mode};
use crate::provider::{DeclareError, Declared, Provider};
use llmock_rules::JsonPath;

/// The rules of one session.
///
/// The nearest layer that says something wins for single values, `match_on`, `allow_errors`, and
/// `providers`. Lists that only ever add (`ignore`, `normalize`, `side`, `env`) are the sum of all layers, nearest
/// first; of two `env` entries, or two declared providers, with one name the nearest wins.
#[derive(Clone, Debug)]
pub(crate) struct InForce {
    /// What happens now, after the rules for CI.
    pub(crate) mode: Sourced<Mode>,
    /// What was asked for; differs from `mode` only for `auto` in CI.
    pub(crate) asked: Mode,
    pub(crate) order: Sourced<Order>,
    pub(crate) unused: Sourced<Unused>,
    pub(crate) calls: Option<Sourced<u32>>,
    pub(crate) match_on: Option<Sourced<Vec<String>>>,
    pub(crate) ignore: Vec<Sourced<JsonPath>>,
    pub(crate) normalize: Vec<Sourced<Normalize>>,
    pub(crate) side: Vec<Sourced<Side>>,
    pub(crate) allow_errors: Sourced<AllowErrors>,
    /// Name and template, `{base}` still in it.
    pub(crate) env: Vec<Sourced<(String, String)>>,
    pub(crate) providers: Sourced<Vec<Provider>>,
    /// Providers with a base URL that somebody has written down.
    pub(crate) declared: Vec<Sourced<Declared>>,
    pub(crate) proxy: Sourced<bool>,
    pub(crate) intercept: Sourced<bool>,
}

/// What the variables say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    /// The mode, with the name of the variable that says it.
    pub(crate) mode: Option<(&'static str, Mode)>,
    pub(crate) ci: bool,
    pub(crate) allow_ci_record: bool,
}

impl Environment {
    /// Reads `LLMOCK_MODE`, the two switches that turn everything off, and what is said about CI.
    pub(crate) fn read() -> Result<Self, SettingsError> {
        let mut mode = None;
        for name in [env::DISABLED, env::LLM_MOCK_DISABLED] {
            if mode.is_none() && switch(name)? {
                mode = Some((name, Mode::Off));
            }
        }
        let asked = env::read(env::MODE).filter(|text| !text.trim().is_empty());
        if let (None, Some(text)) = (mode, asked) {
            let parsed = text.parse().map_err(|error: mode::ModeError| {
                SettingsError::Variable { name: env::MODE, reason: error.to_string() }
            })?;
            mode = Some((env::MODE, parsed));
        }
        Ok(Self { mode, ci: env::ci(), allow_ci_record: switch(env::ALLOW_CI_RECORD)? })
    }
}

fn switch(name: &'static str) -> Result<bool, SettingsError> {
    mode::parse_bool(&env::read(name).unwrap_or_default())
        .map_err(|error| SettingsError::Variable { name, reason: error.to_string() })
}

impl InForce {
    /// The rules for one session: what it says itself, between the variables and the files of its package and workspace.
    ///
    /// `own` is the attribute's or the builder's layer. Files are read once a process.
    pub(crate) fn gather(
        own: (Origin, &Settings),
        package: Option<&Path>,
        workspace: Option<&Path>,
    ) -> Result<Self, SettingsError> {
        let (origin, settings) = own;
        let checked = settings
            .check()
            .map_err(|wrong| SettingsError::Value { origin: origin.clone(), wrong })?;
        let mut layers = vec![(origin, Arc::new(checked))];
        if let Some((path, layer)) = package.map(file::load).transpose()?.flatten() {
            layers.push((Origin::Package(path), layer));
        }
        let apart = workspace.filter(|root| Some(*root) != package);
        if let Some((path, layer)) = apart.map(file::load).transpose()?.flatten() {
            layers.push((Origin::Workspace(path), layer));
        }
        Self::merge(Environment::read()?, &layers)
    }

    /// Merges layers, the nearest first.
    pub(crate) fn merge(
        environment: Environment,
        layers: &[(Origin, Arc<Checked>)],
    ) -> Result<Self, SettingsError> {
        let said = environment
            .mode
            .map(|(name, mode)| Sourced { value: mode, origin: Origin::Environment(name) });
        let asked = said.unwrap_or_else(|| nearest(layers, |layer| layer.mode).unwrap_or_default());
        let Environment { ci, allow_ci_record, .. } = environment;
        let mode = mode::effective(asked.value, &asked.origin, ci, allow_ci_record)?;
        let named =
            |layer: &Checked| Some(layer.providers.clone()).filter(|named| !named.is_empty());
        let rules = Self {
            mode: Sourced { value: mode, origin: asked.origin },
            asked: asked.value,
            order: nearest(layers, |layer| layer.order)
                .unwrap_or(Sourced { value: Order::Any, origin: Origin::Default }),
            unused: nearest(layers, |layer| layer.unused).unwrap_or_default(),
            calls: nearest(layers, |layer| layer.calls),
            match_on: nearest(layers, |layer| layer.match_on.clone()),
            ignore: sum(layers, |layer| &layer.ignore),
            normalize: sum(layers, |layer| &layer.normalize),
            side: sum(layers, |layer| &layer.side),
            allow_errors: nearest(layers, |layer| layer.allow_errors.clone()).unwrap_or_default(),
            env: first_of_each(sum(layers, |layer| &layer.env), |(name, _)| name.clone()),
            providers: nearest(layers, named).unwrap_or_default(),
            declared: first_of_each(sum(layers, |layer| &layer.declared), |one| one.provider),
            proxy: nearest(layers, |layer| layer.proxy).unwrap_or_default(),
            intercept: nearest(layers, |layer| layer.intercept).unwrap_or_default(),
        };
        rules.check_names()?;
        Ok(rules)
    }

    /// What one layer cannot know: a name that no layer explains.
    fn check_names(&self) -> Result<(), SettingsError> {
        let wrong = |origin: &Origin, key, reason| SettingsError::Value {
            origin: origin.clone(),
            wrong: Wrong { key, index: 0, reason },
        };
        let is_known = |id: &str| {
            Provider::all().any(|known| known.id() == id)
                || self.declared.iter().any(|one| one.value.provider.id() == id)
        };
        for variable in &self.env {
            let template = &variable.value.1;
            if let Some(word) =
                placeholders(template).find(|word| *word != "base" && !is_known(word))
            {
                let hint = "expected `{base}` or a provider such as `{openai}`";
                let reason = format!("unknown placeholder `{{{word}}}` in `{template}`; {hint}");
                return Err(wrong(&variable.origin, "env", reason));
            }
        }
        // The builder has another word for the address: `upstream`.
        let Sourced { value: named, origin } = &self.providers;
        match named.iter().map(|provider| provider.id()).find(|id| !is_known(id)) {
            Some(id) if *origin != Origin::Builder => {
                let reason = DeclareError::NoUrl(id.to_owned()).to_string();
                Err(wrong(origin, "providers", reason))
            }
            _ => Ok(()),
        }
    }

    /// What was said about a provider's address.
    pub(crate) fn declared(&self, provider: Provider) -> Option<&Declared> {
        self.declared.iter().map(|one| &one.value).find(|one| one.provider == provider)
    }

    /// The base URL of a provider's clients below `base`, in the shape it has in production.
    pub(crate) fn base_url(&self, provider: Provider, base: &str) -> String {
        match self.declared(provider) {
            Some(declared) => declared.base_url(base),
            None => provider.base_url(base),
        }
    }

    /// The rules about what makes two requests the same, in the form in which `matching` takes them.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            match_on: self.match_on.as_ref().map(|fields| fields.value.clone()),
            ignore: self.ignore.iter().map(|path| path.value.clone()).collect(),
            normalize: self.normalize.iter().map(|rule| rule.value.clone()).collect(),
        }
    }

    /// Whether the request is a background call that is never missed nor unused.
    pub(crate) fn is_side_call(&self, method: &str, canonical_path: &str) -> bool {
        self.side.iter().any(|side| side.value.matches(method, canonical_path))
    }

    /// The test's own variables with the addresses filled in: `{base}`, and `{openai}` for a provider's base URL.
    pub(crate) fn variables(&self, base: &str) -> Vec<(String, String)> {
        let expand = |(name, template): &(String, String)| {
            let mut value = template.replace("{base}", base);
            for id in placeholders(template).filter(|word| *word != "base") {
                let address = self.base_url(Provider::from_id(id), base);
                value = value.replace(&format!("{{{id}}}"), &address);
            }
            (name.clone(), value)
        };
        self.env.iter().map(|variable| expand(&variable.value)).collect()
    }
}

fn nearest<T>(
    layers: &[(Origin, Arc<Checked>)],
    said: impl Fn(&Checked) -> Option<T>,
) -> Option<Sourced<T>> {
    layers.iter().find_map(|(origin, layer)| {
        said(layer).map(|value| Sourced { value, origin: origin.clone() })
    })
}

fn sum<T: Clone>(
    layers: &[(Origin, Arc<Checked>)],
    said: impl Fn(&Checked) -> &[T],
) -> Vec<Sourced<T>> {
    let sourced = |(origin, layer): &(Origin, Arc<Checked>)| {
        let origin = origin.clone();
        let values = said(layer).to_vec();
        values.into_iter().map(move |value| Sourced { value, origin: origin.clone() })
    };
    layers.iter().flat_map(sourced).collect()
}

/// Of several with one name the first, which is the nearest.
fn first_of_each<T, N: PartialEq>(all: Vec<Sourced<T>>, name: impl Fn(&T) -> N) -> Vec<Sourced<T>> {
    let mut first: Vec<Sourced<T>> = Vec::new();
    for one in all {
        if !first.iter().any(|nearer| name(&nearer.value) == name(&one.value)) {
            first.push(one);
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(said: &[(Origin, Settings)]) -> Vec<(Origin, Arc<Checked>)> {
        let check = |settings: &Settings| Arc::new(settings.check().expect("correct settings"));
        said.iter().map(|(origin, settings)| (origin.clone(), check(settings))).collect()
    }

    fn package() -> Origin {
        Origin::Package("/ws/m/llmock.toml".into())
    }

    fn workspace() -> Origin {
        Origin::Workspace("/ws/llmock.toml".into())
    }

    fn three() -> Vec<(Origin, Arc<Checked>)> {
        let text = str::to_owned;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        layers(&[
            (
                Origin::Attribute,
                Settings {
                    mode: Some(text("auto")),
                    ignore: vec![text("$.a")],
                    env: vec![pair("MY_URL", "{base}/openai/v1")],
                    ..Settings::default()
                },
            ),
            (
                package(),
                Settings {
                    mode: Some(text("record")),
                    order: Some(text("strict")),
                    ignore: vec![text("$.b")],
                    match_on: Some(vec![text("model")]),
                    ..Settings::default()
                },
            ),
            (
                workspace(),
                Settings {
                    match_on: Some(vec![text("messages")]),
                    ignore: vec![text("$.c")],
                    side: vec![text("GET /v1/models")],
                    env: vec![pair("MY_URL", "far"), pair("OTHER", "far")],
                    providers: vec![text("openai")],
                    ..Settings::default()
                },
            ),
        ])
    }

    #[test]
    fn the_nearest_layer_wins_and_is_named() {
        let rules = InForce::merge(Environment::default(), &three()).expect("nothing is refused");
        assert_eq!((rules.mode.value, rules.mode.origin), (Mode::Auto, Origin::Attribute));
        assert_eq!((rules.order.value, rules.order.origin), (Order::Strict, package()));
        let match_on = rules.match_on.expect("two layers say it");
        assert_eq!((match_on.value, match_on.origin), (vec!["model".to_owned()], package()));
        assert_eq!((rules.unused.value, rules.unused.origin), (Unused::Note, Origin::Default));
        assert_eq!((rules.providers.value.len(), rules.providers.origin), (1, workspace()));
        assert_eq!(rules.calls, None);
    }

    #[test]
    fn lists_are_the_sum_of_all_layers_and_one_name_is_one_variable() {
        let rules = InForce::merge(Environment::default(), &three()).expect("nothing is refused");
        let ignored: Vec<_> =
            rules.ignore.iter().map(|path| (path.value.as_str(), path.origin.clone())).collect();
        assert_eq!(ignored, [("$.a", Origin::Attribute), ("$.b", package()), ("$.c", workspace())]);
        assert!(rules.is_side_call("GET", "/v1/models"));
        assert!(!rules.is_side_call("POST", "/v1/messages"));
        let base = "http://127.0.0.1:1/env";
        let url = ("MY_URL".to_owned(), format!("{base}/openai/v1"));
        assert_eq!(rules.variables(base), [url, ("OTHER".to_owned(), "far".to_owned())]);
        assert_eq!(rules.rules().ignore.len(), 3);
    }

    #[test]
    fn a_provider_is_declared_in_one_layer_and_named_in_another() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let file = Settings {
            declared: vec![pair("acme", "https://far.dev/v1"), pair("llm2", "https://llm.dev/api")],
            ..Settings::default()
        };
        let attribute = |providers: &str, env: &str| Settings {
            providers: vec![providers.to_owned()],
            declared: vec![pair("acme", "https://near.dev/v1")],
            env: vec![pair("MY_URL", env)],
            ..Settings::default()
        };
        let merged = |attribute| {
            let layers = layers(&[(Origin::Attribute, attribute), (package(), file.clone())]);
            InForce::merge(Environment::default(), &layers)
        };
        let rules = merged(attribute("llm2", "{llm2}/x {base} {acme} {openai}")).expect("correct");
        let urls: Vec<_> = rules.declared.iter().map(|one| one.value.url.as_str()).collect();
        assert_eq!(urls, ["https://near.dev/v1", "https://llm.dev/api"]);
        assert_eq!(rules.variables("B")[0].1, "B/llm2/api/x B B/acme/v1 B/openai/v1");
        let error = merged(attribute("other", "")).expect_err("nobody declares it").to_string();
        let start = "`#[llm_replay]`: `providers`: `other` has no address; declare it with";
        assert!(error.starts_with(start), "{error}");
        let error = merged(attribute("acme", "{gateway}")).expect_err("nobody knows it");
        let end = "unknown placeholder `{gateway}` in `{gateway}`; expected `{base}` or a provider";
        assert!(error.to_string().contains(end), "{error}");
    }

    #[test]
    fn a_variable_wins_over_everything_and_ci_over_the_variable() {
        let environment =
            |mode, ci| Environment { mode: Some((env::MODE, mode)), ci, allow_ci_record: false };
        let cases = [
            (Mode::Off, false, Ok(Mode::Off)),
            (Mode::Record, false, Ok(Mode::Record)),
            (Mode::Auto, true, Ok(Mode::Replay)),
            (Mode::Record, true, Err("mode `record` (from `LLMOCK_MODE`) is refused in CI")),
        ];
        for (mode, ci, expected) in cases {
            match (InForce::merge(environment(mode, ci), &three()), expected) {
                (Ok(rules), Ok(effective)) => {
                    assert_eq!((rules.mode.value, rules.asked), (effective, mode));
                    assert_eq!(rules.mode.origin, Origin::Environment("LLMOCK_MODE"));
                }
                (Err(error), Err(start)) => {
                    assert!(error.to_string().starts_with(start), "{error}");
                }
                (found, expected) => panic!("{mode} ci={ci}: {found:?}, expected {expected:?}"),
            }
        }
    }

    #[test]
    fn nothing_said_is_replay_by_the_default_rules() {
        let rules = InForce::merge(Environment::default(), &[]).expect("nothing is refused");
        assert_eq!(rules.mode, Sourced { value: Mode::Replay, origin: Origin::Default });
        assert_eq!((rules.order.value, rules.allow_errors.value), (Order::Any, AllowErrors::Never));
        assert!(rules.match_on.is_none() && rules.ignore.is_empty() && rules.env.is_empty());
    }
}
