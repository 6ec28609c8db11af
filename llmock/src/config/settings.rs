//! The settings of one layer or of all layers together: one struct, filled from values that `llmock_rules` checks.
//!
//! A new key with a form that exists needs one row in `llmock_rules::KEYS`, one place here (a field, and its line in
//! `add`, `or` and `arguments`), one method of the builder, and one row in the documentation. Tests fail if one is missing.

mod arguments;
mod headers;
mod lanes;
mod reset;
mod teams;

use llmock_rules::{
    AllowErrors, Audio, BaseUrl, CountedField, EnvName, FaultRule, FieldName, FindingCode,
    FixtureFolder, JsonPath, Layer, Mode, Network, Order, Place, Problem, ProviderId, Recipient,
    ResettableKey, SideCall, StreamRule, Sweep, Unused, Value, nearest,
};

use headers::HeaderSettings;
use lanes::Lane;
use teams::first_is_folder;

use super::audit::AuditRules;
use super::intercept;
use super::origin::{Origin, Sourced};
use super::reading::{contains, each, first_of_each, normalize, or_field_by_field, placeholders};
use super::semantic::SemanticRules;
use crate::matching::{Contains, MatchRules, Normalize};
use crate::provider::{Declared, Provider};

/// Settings with their origins. The nearest layer wins for single values, `match_on`, `allow_errors` and `providers`;
/// lists that only add (`ignore`, `normalize`, `unordered`, `side`, `allow_redacted`, `env`) are the sum of all layers,
/// nearest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    /// Where fixtures are, if not in a folder next to the source file.
    pub(crate) fixtures: Sourced<Option<FixtureFolder>>,
    /// Folders and stores with further fixtures, in the order in which they are searched.
    pub(crate) layers: Sourced<Vec<Layer>>,
    /// For whom fixtures are encrypted; without any they are not.
    pub(crate) recipients: Sourced<Vec<String>>,
    /// Keys of which the layers further out do not count.
    pub(crate) reset: Vec<ResettableKey>,
    pub(crate) mode: Sourced<Mode>,
    pub(crate) order: Sourced<Order>,
    pub(crate) unused: Sourced<Unused>,
    pub(crate) calls: Sourced<Option<u32>>,
    pub(crate) match_on: Sourced<Option<Vec<String>>>,
    pub(crate) ignore: Vec<Sourced<Place>>,
    pub(crate) normalize: Vec<Sourced<Normalize>>,
    pub(crate) unordered: Vec<Sourced<JsonPath>>,
    pub(crate) contains: Vec<Sourced<Contains>>,
    /// Fields at the top level that count, although by default they do not.
    pub(crate) count: Vec<Sourced<String>>,
    pub(crate) headers: HeaderSettings,
    pub(crate) lanes: Vec<Sourced<Lane>>,
    pub(crate) side: Vec<Sourced<SideCall>>,
    pub(crate) allow_errors: Sourced<AllowErrors>,
    /// Codes of findings that are not shown, and do not fail the test.
    pub(crate) allow: Vec<Sourced<&'static str>>,
    /// Names of secrets that recorded responses may have placeholders for.
    pub(crate) allow_redacted: Vec<Sourced<String>>,
    /// Name and template, with `{base}` not yet replaced.
    pub(crate) env: Vec<Sourced<(String, String)>>,
    pub(crate) providers: Sourced<Vec<Provider>>,
    /// Providers with a base URL of the user's.
    pub(crate) declared: Vec<Sourced<Declared>>,
    pub(crate) proxy: Sourced<bool>,
    pub(crate) intercept: Sourced<bool>,
    /// Whether clients may connect to the hosts of providers.
    pub(crate) network: Sourced<Network>,
    /// Ids and times of providers are stored as numbers.
    pub(crate) scrub_ids: Sourced<bool>,
    /// Embeddings are not looked up per input.
    pub(crate) whole_batches: Sourced<bool>,
    /// Only replies of the test respond.
    pub(crate) scripted: Sourced<bool>,
    /// Each field is that of the nearest layer that has it.
    pub(crate) stream: Sourced<StreamRule>,
    pub(crate) faults: Vec<Sourced<FaultRule>>,
    pub(crate) sweep: Sourced<Sweep>,
    /// How the audio of clients is compared.
    pub(crate) audio: Sourced<Audio>,
    pub(crate) audit: AuditRules,
    pub(crate) semantic: SemanticRules,
    /// A request without a recording gets the response at its place of the conversation.
    pub(crate) while_editing: Sourced<bool>,
    /// `auto`, where CI allows no more than `replay`.
    pub(crate) replaced_mode: Option<Mode>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {problem}")]
pub(crate) struct Wrong {
    pub(crate) key: &'static str,
    /// Which element of a list; zero for single values.
    pub(crate) index: usize,
    pub(crate) problem: Problem,
}

impl Settings {
    /// Adds the value of one key to a layer; a single value replaces an earlier one.
    pub(crate) fn add(
        &mut self,
        origin: &Origin,
        key: &'static str,
        value: Value<'_>,
    ) -> Result<(), Wrong> {
        let one = |problem| Wrong { key, index: 0, problem };
        match (key, value) {
            ("mode", Value::Text(text)) => self.mode = origin.of(Mode::parse(text).map_err(one)?),
            ("fixtures", Value::Text(text)) => {
                self.fixtures = origin.of(Some(FixtureFolder::parse(text).map_err(one)?));
            }
            ("order", Value::Text(text)) => {
                self.order = origin.of(Order::parse(text).map_err(one)?);
            }
            ("unused", Value::Text(text)) => {
                self.unused = origin.of(Unused::parse(text).map_err(one)?);
            }
            ("calls", Value::Count(count)) => self.calls = origin.of(Some(count)),
            (key, Value::Texts(texts)) => self.add_texts(origin, key, texts)?,
            ("normalize", Value::Replacements(rules)) => {
                self.normalize.extend(origin.of_each(each(key, rules, normalize)?));
            }
            ("contains", Value::Pairs(rules)) => {
                self.contains.extend(origin.of_each(each(key, rules, contains)?));
            }
            ("lane", Value::Pairs(pairs)) => {
                self.lanes.extend(origin.of_each(each(key, pairs, Lane::parse)?));
            }
            ("allow_errors", Value::Switch(any)) => {
                self.allow_errors =
                    origin.of(if any { AllowErrors::Any } else { AllowErrors::Never });
            }
            ("allow_errors", Value::Statuses(statuses)) => {
                each(key, statuses, |status| AllowErrors::check_status(*status))?;
                self.allow_errors = origin.of(AllowErrors::Only(statuses.to_vec()));
            }
            ("env", Value::Variables(pairs)) => {
                let pairs = each(key, pairs, |pair| self.variable(pair))?;
                self.env.extend(origin.of_each(pairs));
            }
            ("provider", Value::Text(id)) => {
                return self.add(origin, "providers", Value::Providers(&[(id, None)]));
            }
            ("providers", Value::Providers(named)) => self.add_providers(origin, named)?,
            ("proxy", Value::Switch(on)) => self.proxy = origin.of(on),
            ("scrub_ids", Value::Switch(on)) => self.scrub_ids = origin.of(on),
            ("whole_batches", Value::Switch(on)) => self.whole_batches = origin.of(on),
            ("scripted", Value::Switch(on)) => self.scripted = origin.of(on),
            ("while_editing", Value::Switch(on)) => self.while_editing = origin.of(on),
            ("intercept", Value::Switch(on)) => {
                self.intercept = origin.of(intercept::checked(on).map_err(one)?);
            }
            (key, value) => self.add_rules(origin, key, value)?,
        }
        Ok(())
    }

    fn add_texts(
        &mut self,
        origin: &Origin,
        key: &'static str,
        texts: &[&str],
    ) -> Result<(), Wrong> {
        match (key, texts) {
            ("match_on", []) => {
                let problem = "without a field, all requests would be the same";
                return Err(Wrong { key, index: 0, problem: Problem::new(problem) });
            }
            ("match_on", names) => {
                let name =
                    |name: &&str| FieldName::parse(name).map(|name| name.as_str().to_owned());
                self.match_on = origin.of(Some(each(key, names, name)?));
            }
            ("layers", texts) => {
                let layers = each(key, texts, |text| Layer::parse(text))?;
                self.layers = origin.of(first_is_folder(layers)?);
            }
            ("recipients", texts) => {
                let key_of =
                    |text: &&str| Recipient::parse(text).map(|one| one.as_str().to_owned());
                self.recipients = origin.of(each(key, texts, key_of)?);
            }
            ("reset", names) => {
                self.reset.extend(each(key, names, |name| ResettableKey::parse(name))?);
            }
            ("ignore", paths) => {
                let places = each(key, paths, |place| Place::parse(place))?;
                self.ignore.extend(origin.of_each(places));
            }
            ("unordered", paths) => {
                let paths = each(key, paths, |path| JsonPath::parse(path))?;
                self.unordered.extend(origin.of_each(paths));
            }
            ("count", paths) => {
                let field =
                    |path: &&str| CountedField::parse(path).map(|one| one.field().to_owned());
                self.count.extend(origin.of_each(each(key, paths, field)?));
            }
            ("side", calls) => {
                let calls = each(key, calls, |call| SideCall::parse(call))?;
                self.side.extend(origin.of_each(calls));
            }
            ("allow", codes) => {
                let code = |code: &&str| FindingCode::parse(code).map(|code| code.name);
                self.allow.extend(origin.of_each(each(key, codes, code)?));
            }
            ("allow_redacted", names) => {
                let name = |name: &&str| EnvName::parse(name).map(|name| name.as_str().to_owned());
                self.allow_redacted.extend(origin.of_each(each(key, names, name)?));
            }
            (key, names) => self.headers.add(origin, key, names)?,
        }
        Ok(())
    }

    fn add_providers(
        &mut self,
        origin: &Origin,
        named: &[(&str, Option<&str>)],
    ) -> Result<(), Wrong> {
        let declare = |(id, url): &(&str, Option<&str>)| {
            let provider = ProviderId::parse(id)?;
            let url = url.map(BaseUrl::parse).transpose()?;
            url.map(|url| Declared::new(Provider::from_id(provider.as_str()), &url)).transpose()
        };
        let declared = each("providers", named, declare)?.into_iter().flatten().collect();
        self.declared.extend(origin.of_each(declared));
        let providers = each("providers", named, |(id, _)| self.named_provider(id))?;
        self.providers.origin = origin.clone();
        self.providers.value.extend(providers);
        Ok(())
    }

    /// An unknown id is one of the user's own, unless it is nearly a known one.
    fn named_provider(&self, id: &str) -> Result<Provider, Problem> {
        let is_known = self.knows(id);
        match nearest(id, Provider::all().map(Provider::id)) {
            Some(meant) if !is_known => {
                Err(Problem::new(format!("unknown provider `{id}`; did you mean `{meant}`?")))
            }
            _ => Ok(Provider::from_id(id)),
        }
    }

    fn variable(&self, (name, template): &(&str, &str)) -> Result<(String, String), Problem> {
        EnvName::parse(name)?;
        if template.contains('\0') {
            return Err(Problem::new(format!("the value of `{name}` contains a NUL character")));
        }
        // A word that is not close to a known one may be a provider that another layer declares.
        let unknown = placeholders(template).find_map(|word| self.unknown_placeholder(word));
        if let Some((word, Some(meant))) = unknown {
            let hint = format!("did you mean `{{{meant}}}`?");
            return Err(Problem::new(format!("unknown placeholder `{{{word}}}`; {hint}")));
        }
        Ok(((*name).to_owned(), (*template).to_owned()))
    }

    /// The word, if it names no address, and the known one that it may stand for.
    fn unknown_placeholder<'a>(&'a self, word: &'a str) -> Option<(&'a str, Option<&'a str>)> {
        let declared = self.declared.iter().map(|one| one.value.provider.id());
        let known = Provider::all().map(Provider::id).chain(declared).chain(["base"]);
        let is_known = word == "base" || self.knows(word);
        (!is_known).then(|| (word, nearest(word, known)))
    }

    fn knows(&self, id: &str) -> bool {
        !matches!(Provider::from_id(id), Provider::Other(_))
            || self.declared.iter().any(|one| one.value.provider.id() == id)
    }

    /// Fills what this layer leaves open from the next one.
    pub(crate) fn or(self, outer: Self) -> Self {
        let outer = outer.without(&self.reset);
        Self {
            fixtures: self.fixtures.or(outer.fixtures),
            layers: self.layers.or(outer.layers),
            recipients: self.recipients.or(outer.recipients),
            reset: [self.reset, outer.reset].concat(),
            mode: self.mode.or(outer.mode),
            order: self.order.or(outer.order),
            unused: self.unused.or(outer.unused),
            calls: self.calls.or(outer.calls),
            match_on: self.match_on.or(outer.match_on),
            ignore: [self.ignore, outer.ignore].concat(),
            normalize: [self.normalize, outer.normalize].concat(),
            unordered: [self.unordered, outer.unordered].concat(),
            contains: [self.contains, outer.contains].concat(),
            count: [self.count, outer.count].concat(),
            headers: self.headers.or(outer.headers),
            lanes: [self.lanes, outer.lanes].concat(),
            side: [self.side, outer.side].concat(),
            allow_errors: self.allow_errors.or(outer.allow_errors),
            allow: [self.allow, outer.allow].concat(),
            allow_redacted: [self.allow_redacted, outer.allow_redacted].concat(),
            env: first_of_each([self.env, outer.env].concat(), |(name, _)| name.clone()),
            providers: self.providers.or(outer.providers),
            declared: first_of_each([self.declared, outer.declared].concat(), |one| one.provider),
            proxy: self.proxy.or(outer.proxy),
            intercept: self.intercept.or(outer.intercept),
            network: self.network.or(outer.network),
            scripted: self.scripted.or(outer.scripted),
            scrub_ids: self.scrub_ids.or(outer.scrub_ids),
            whole_batches: self.whole_batches.or(outer.whole_batches),
            stream: or_field_by_field(self.stream, outer.stream),
            faults: [self.faults, outer.faults].concat(),
            sweep: self.sweep.or(outer.sweep),
            audio: self.audio.or(outer.audio),
            audit: self.audit.or(outer.audit),
            semantic: self.semantic.or(outer.semantic),
            while_editing: self.while_editing.or(outer.while_editing),
            replaced_mode: None,
        }
    }

    /// Checks the names that one layer may leave to another.
    pub(super) fn check_names(&self) -> Result<(), (Origin, Wrong)> {
        let wrong = |origin: &Origin, key, problem| {
            (origin.clone(), Wrong { key, index: 0, problem: Problem::new(problem) })
        };
        for Sourced { value: (name, template), origin } in &self.env {
            let mut words = placeholders(template);
            if let Some((word, _)) = words.find_map(|word| self.unknown_placeholder(word)) {
                let hint = "expected `{base}` or a provider such as `{openai}`";
                let problem = format!("unknown placeholder `{{{word}}}` in `{name}`: {hint}");
                return Err(wrong(origin, "env", problem));
            }
        }
        if let (Some(_), [_, ..]) = (&self.fixtures.value, &*self.layers.value) {
            let problem = "the first layer is the folder of fixtures; remove `fixtures`";
            return Err(wrong(&self.layers.origin, "layers", problem.to_owned()));
        }
        // The builder may have the address from `upstream`.
        let Sourced { value: named, origin } = &self.providers;
        match named.iter().map(|provider| provider.id()).find(|id| !self.knows(id)) {
            Some(id) if *origin != Origin::Builder => {
                let hint = format!("declare it with one, such as `https://llm.{id}.dev/v1`");
                Err(wrong(origin, "providers", format!("no base URL is known for `{id}`; {hint}")))
            }
            _ => Ok(()),
        }
    }

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

    pub(crate) fn rules(&self) -> MatchRules {
        MatchRules {
            match_on: self.match_on.value.clone(),
            ignore: self.ignore.iter().map(|path| path.value.clone()).collect(),
            normalize: self.normalize.iter().map(|rule| rule.value.clone()).collect(),
            unordered: self.unordered.iter().map(|path| path.value.clone()).collect(),
            contains: self.contains.iter().map(|rule| rule.value.clone()).collect(),
            count: self.count.iter().map(|field| field.value.clone()).collect(),
            headers: self.headers.matched.iter().map(|name| name.value.clone()).collect(),
            scrub_ids: self.scrub_ids.value,
            any_audio: self.audio.value == Audio::Any,
        }
    }

    /// Whether findings with this code are not shown, and do not fail the test.
    pub(crate) fn allows(&self, code: &str) -> bool {
        self.allow.iter().any(|allowed| allowed.value == code)
    }

    /// Whether the request is a background call, which may happen or not.
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

#[cfg(test)]
mod tests;
