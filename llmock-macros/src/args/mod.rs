//! The arguments of `#[llm_replay(...)]`: parsed one by one, so that a mistake in one hides no other.
//!
//! [`value`] reads what follows a key, [`check`] judges the literals; what needs a folder, a provider table or a regex
//! engine is judged when the test runs.

pub(crate) mod check;
mod value;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{LitBool, LitInt, LitStr, Path, Token};

use crate::errors::{Errors, suggestion};

/// Every key, in the order in which messages list them.
const KEYS: &[&str] = &[
    "fixture",
    "mode",
    "provider",
    "providers",
    "match_on",
    "ignore",
    "normalize",
    "order",
    "unused",
    "calls",
    "side",
    "allow_errors",
    "env",
    "proxy",
    "intercept",
    "crate",
];

/// A pair of `normalize`: path, pattern, replacement.
pub(crate) type Normalize = (LitStr, LitStr, LitStr);

/// A provider that is named, with its base URL if that is declared.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) id: LitStr,
    pub(crate) url: Option<LitStr>,
}

/// What one attribute says; a key that is absent or wrong is `None`.
#[derive(Clone, Default)]
pub(crate) struct Args {
    pub(crate) fixture: Option<LitStr>,
    pub(crate) mode: Option<LitStr>,
    pub(crate) providers: Option<Vec<Named>>,
    pub(crate) match_on: Option<Vec<LitStr>>,
    pub(crate) ignore: Option<Vec<LitStr>>,
    pub(crate) normalize: Option<Vec<Normalize>>,
    pub(crate) order: Option<LitStr>,
    pub(crate) unused: Option<LitStr>,
    pub(crate) calls: Option<LitInt>,
    pub(crate) side: Option<Vec<LitStr>>,
    pub(crate) allow_errors: Option<Vec<LitInt>>,
    pub(crate) env: Option<Env>,
    pub(crate) proxy: Option<LitBool>,
    pub(crate) intercept: Option<LitBool>,
    pub(crate) krate: Option<Path>,
}

/// `env(NAME = "value", ...)`, with the place of the key for the message that it cannot stand there.
#[derive(Clone)]
pub(crate) struct Env {
    pub(crate) key: Span,
    pub(crate) pairs: Vec<(LitStr, LitStr)>,
    /// Said by a module, for those of its tests that read variables.
    pub(crate) inherited: bool,
}

impl Args {
    /// Reads what stands between the parentheses of the attribute.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let read = |input: ParseStream| {
            let mut seen = Vec::new();
            while !input.is_empty() {
                args.argument(input, &mut seen, errors);
                separator(input, errors);
            }
            Ok(())
        };
        // The closure consumes everything and reports by `errors`, so that this cannot fail.
        if let Err(error) = read.parse2(tokens) {
            errors.push(error);
        }
        args
    }

    /// The same, with what `outer` says where this one says nothing.
    pub(crate) fn or(self, outer: &Self) -> Self {
        let outer = outer.clone();
        Self {
            fixture: self.fixture.or(outer.fixture),
            mode: self.mode.or(outer.mode),
            providers: self.providers.or(outer.providers),
            match_on: self.match_on.or(outer.match_on),
            ignore: self.ignore.or(outer.ignore),
            normalize: self.normalize.or(outer.normalize),
            order: self.order.or(outer.order),
            unused: self.unused.or(outer.unused),
            calls: self.calls.or(outer.calls),
            side: self.side.or(outer.side),
            allow_errors: self.allow_errors.or(outer.allow_errors),
            env: self.env.or(outer.env.map(|env| Env { inherited: true, ..env })),
            proxy: self.proxy.or(outer.proxy),
            intercept: self.intercept.or(outer.intercept),
            krate: self.krate.or(outer.krate),
        }
    }

    /// Reads one argument up to its comma.
    fn argument(&mut self, input: ParseStream, seen: &mut Vec<String>, errors: &mut Errors) {
        let Ok(key) = Ident::parse_any(input) else {
            errors.at(input.span(), "expected a key, e.g. `fixture = \"summarize\"`");
            return skip(input);
        };
        let name = key.to_string();
        if !KEYS.contains(&name.as_str()) {
            errors.at(key.span(), format!("unknown argument `{name}`{}", suggestion(&name, KEYS)));
            return skip(input);
        }
        // `provider` and `providers` fill the same list; `normalize` takes one path, and so may be repeated.
        let slot = name.trim_end_matches('s').to_owned();
        if seen.contains(&slot) && name != "normalize" {
            errors.at(key.span(), format!("`{name}` is given twice"));
            return skip(input);
        }
        seen.push(slot);
        if let Err(error) = self.value(&key, input, errors) {
            errors.push(error);
            skip(input);
        }
    }

    /// Reads the value of a known key.
    fn value(&mut self, key: &Ident, input: ParseStream, errors: &mut Errors) -> syn::Result<()> {
        let name = key.to_string();
        match name.as_str() {
            "fixture" => {
                let text = value::string(key, "summarize", input)?;
                self.fixture = Some(text).filter(|text| check::fixture(text, errors));
            }
            "mode" => self.mode = value::word(key, check::MODES, input, errors)?,
            "order" => self.order = value::word(key, check::ORDERS, input, errors)?,
            "unused" => self.unused = value::word(key, check::UNUSED, input, errors)?,
            "provider" => {
                let id = value::string(key, "openai", input)?;
                let id = Some(id).filter(|id| check::provider(id, errors));
                self.providers = id.map(|id| vec![Named { id, url: None }]);
            }
            "providers" => self.providers = Some(value::providers(key, input, errors)?),
            "proxy" => self.proxy = Some(value::switch(key, input)?),
            "intercept" => self.intercept = Some(value::switch(key, input)?),
            "normalize" => {
                let rules = value::normalize(key, input, errors)?;
                self.normalize.get_or_insert_default().extend(rules);
            }
            "calls" => self.calls = Some(value::calls(key, input)?),
            "allow_errors" => self.allow_errors = Some(value::allow_errors(key, input, errors)?),
            "env" => {
                let pairs = value::env(key, input, errors)?;
                self.env = Some(Env { key: key.span(), pairs, inherited: false });
            }
            "crate" => self.krate = Some(value::krate(key, input)?),
            _ => self.strings(key, input, errors)?,
        }
        Ok(())
    }

    /// Reads a key whose value is a list of strings.
    fn strings(&mut self, key: &Ident, input: ParseStream, errors: &mut Errors) -> syn::Result<()> {
        type Judge = fn(&LitStr, &mut Errors) -> bool;
        let name = key.to_string();
        let (field, example, judge): (_, _, Judge) = match name.as_str() {
            "match_on" => (&mut self.match_on, "model", check::field),
            "ignore" => (&mut self.ignore, "$.metadata.run", check::json_path),
            _ => (&mut self.side, "GET /v1/models", check::side),
        };
        let example = format!("{key}(\"{example}\")");
        let list = value::list("string literals in parentheses", &example, key, input)?;
        *field = Some(list.into_iter().filter(|text| judge(text, errors)).collect());
        Ok(())
    }
}

/// Goes on to the next comma; a group counts as one token.
fn skip(input: ParseStream) {
    while !input.is_empty() && !input.peek(Token![,]) {
        let _ = input.parse::<TokenTree>();
    }
}

/// Reads the comma after an argument, or says that it is missing.
fn separator(input: ParseStream, errors: &mut Errors) {
    if input.is_empty() {
        return;
    }
    if input.parse::<Token![,]>().is_err() {
        errors.at(input.span(), "expected `,` between arguments");
        skip(input);
        let _ = input.parse::<Token![,]>();
    }
}

#[cfg(test)]
mod tests;
