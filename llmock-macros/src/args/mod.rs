//! The arguments of `#[llm_replay(...)]`: parsed one by one, so that one mistake does not hide another.
//!
//! `llmock_rules::KEYS` has the keys and the forms of their values; [`value`] parses a value in its form. What needs a
//! folder, the table of providers or a regex engine is checked when the test runs.

mod fields;
mod value;

use llmock_rules::{KEYS, Key};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{LitStr, Path, Token};

use value::Value;

use crate::errors::Errors;

/// The arguments of one attribute, in the order of `KEYS`; a key with an invalid value is missing.
#[derive(Clone, Default)]
pub(crate) struct Args(Vec<Arg>);

#[derive(Clone)]
pub(crate) struct Arg {
    pub(crate) key: &'static Key,
    pub(crate) span: Span,
    pub(crate) value: Value,
    /// From the attribute of a module around the function.
    pub(crate) is_inherited: bool,
}

impl Args {
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
        // The closure consumes everything and reports through `errors`, so that this cannot fail.
        if let Err(error) = read.parse2(tokens) {
            errors.push(error);
        }
        args.sort();
        args
    }

    fn sort(&mut self) {
        let position = |key: &Key| KEYS.iter().position(|known| known.name == key.name);
        self.0.sort_by_key(|arg| position(arg.key));
    }

    /// Adds the arguments of the module around for the keys that are missing.
    pub(crate) fn or(mut self, outer: &Self) -> Self {
        let is_missing = |arg: &&Arg| self.0.iter().all(|own| slot(own.key) != slot(arg.key));
        let is_reset = |arg: &&Arg| {
            let mut resets = self.0.iter().filter(|own| own.key.name == "reset");
            resets.any(|own| own.value.names(slot(arg.key)))
        };
        // What a module takes back stays taken back.
        let is_inherited =
            |arg: &&Arg| arg.key.name == "reset" || (is_missing(arg) && !is_reset(arg));
        let inherited: Vec<Arg> = outer.0.iter().filter(is_inherited).cloned().collect();
        self.0.extend(inherited.into_iter().map(|arg| Arg { is_inherited: true, ..arg }));
        self.sort();
        self
    }

    fn argument(&mut self, input: ParseStream, seen: &mut Vec<&'static str>, errors: &mut Errors) {
        let Ok(name) = Ident::parse_any(input) else {
            errors.at(input.span(), "expected a key, such as `fixture = \"summarize\"`");
            return skip(input);
        };
        let key = match Key::of_attribute(&name.to_string()) {
            Ok(key) => key,
            Err(problem) => {
                errors.at(name.span(), problem);
                return skip(input);
            }
        };
        if seen.contains(&slot(key))
            && !["normalize", "contains", "lane", "fault"].contains(&key.name)
        {
            errors.at(name.span(), format!("`{name}` is given twice"));
            return skip(input);
        }
        seen.push(slot(key));
        match value::parse(key, &name, input, errors) {
            Ok(Some(value)) => {
                self.0.push(Arg { key, span: name.span(), value, is_inherited: false });
            }
            Ok(None) => {}
            Err(error) => {
                errors.push(error);
                skip(input);
            }
        }
    }

    /// All arguments, in the order of `KEYS`.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arg> {
        self.0.iter()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arg> {
        self.0.iter().find(|arg| arg.key.name == name)
    }

    pub(crate) fn fixture(&self) -> Option<&LitStr> {
        match &self.get("fixture")?.value {
            Value::Text(name) => Some(name),
            _ => None,
        }
    }

    /// Removes the fixture's name, which on a module is a folder.
    pub(crate) fn take_fixture(&mut self) -> Option<LitStr> {
        let fixture = self.fixture().cloned();
        self.0.retain(|arg| arg.key.name != "fixture");
        fixture
    }

    pub(crate) fn root(&self) -> Option<&Path> {
        match &self.get("crate")?.value {
            Value::RustPath(path) => Some(path),
            _ => None,
        }
    }
}

/// Keys with one slot exclude each other: `provider` is a short form of `providers`.
fn slot(key: &Key) -> &'static str {
    if key.name == "provider" { "providers" } else { key.name }
}

/// Skips to the next comma; a group counts as one token.
fn skip(input: ParseStream) {
    while !input.is_empty() && !input.peek(Token![,]) {
        let _ = input.parse::<TokenTree>();
    }
}

/// Parses the comma after an argument, or reports that it is missing.
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
