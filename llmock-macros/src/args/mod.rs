//! The arguments of `#[llm_replay(...)]`: parsed one by one, so that a mistake in one hides no other.
//!
//! [`check`] judges the literals; what needs a folder, a provider table or a regex engine is judged when the test
//! runs.

pub(crate) mod check;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{LitBool, LitInt, LitStr, Path, Token, parenthesized, token};

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
                let text = string(key, "summarize", input)?;
                self.fixture = Some(text).filter(|text| check::fixture(text, errors));
            }
            "mode" => self.mode = word(key, check::MODES, input, errors)?,
            "order" => self.order = word(key, check::ORDERS, input, errors)?,
            "unused" => self.unused = word(key, check::UNUSED, input, errors)?,
            "provider" => {
                let id = string(key, "openai", input)?;
                let id = Some(id).filter(|id| check::provider(id, errors));
                self.providers = id.map(|id| vec![Named { id, url: None }]);
            }
            "providers" => {
                let named = within(input, key, PROVIDERS, |content| providers(content, errors))?;
                self.providers = Some(named);
            }
            "proxy" => self.proxy = Some(switch(key, input)?),
            "intercept" => self.intercept = Some(switch(key, input)?),
            "normalize" => {
                let rules = within(input, key, NORMALIZE, |content| normalize(content, errors))?;
                self.normalize.get_or_insert_default().extend(rules);
            }
            "calls" => self.calls = Some(calls(key, input)?),
            "allow_errors" => self.allow_errors = Some(allow_errors(key, input, errors)?),
            "env" => {
                let pairs = within(input, key, ENV, |content| env(content, errors))?;
                self.env = Some(Env { key: key.span(), pairs, inherited: false });
            }
            "crate" => self.krate = Some(krate(key, input)?),
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
        let list = list("string literals in parentheses", &example, key, input)?;
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

/// What a key must look like: in words, and as an example.
type Form<'a> = (&'a str, &'a str);

const NORMALIZE: Form =
    ("a path and what to even out in it", r#"normalize("$.input", "[0-9]+ ms" => "N ms")"#);
const ENV: Form = ("variables in parentheses", r#"env(MY_LLM_URL = "{base}/openai/v1")"#);
const PROVIDERS: Form =
    ("providers in parentheses", r#"providers(openai, acme = "https://llm.acme.dev/v1")"#);
const CALLS: Form = ("a number of requests", "calls = 3");
const CRATE: Form = ("the path of llmock", "crate = my_prelude::llmock");

/// The message that something else stands at `span`.
fn expected(span: Span, (what, example): Form) -> syn::Error {
    syn::Error::new(span, format!("expected {what}, e.g. `{example}`"))
}

/// The place of the wrong value, or of the key where nothing follows it.
fn place(key: &Ident, input: ParseStream) -> Span {
    if input.is_empty() || input.peek(Token![,]) { key.span() } else { input.span() }
}

/// Reads what follows `key =`.
fn assigned<T>(
    key: &Ident,
    form: Form,
    input: ParseStream,
    read: fn(ParseStream) -> syn::Result<T>,
) -> syn::Result<T> {
    if !input.peek(Token![=]) {
        return Err(expected(place(key, input), form));
    }
    input.parse::<Token![=]>()?;
    let span = place(key, input);
    read(input).map_err(|_| expected(span, form))
}

/// `key = "value"`.
fn string(key: &Ident, example: &str, input: ParseStream) -> syn::Result<LitStr> {
    assigned(key, ("a string literal", &format!("{key} = \"{example}\"")), input, |input| {
        input.parse()
    })
}

/// `key = "one of these words"`.
fn word(
    key: &Ident,
    words: &[&str],
    input: ParseStream,
    errors: &mut Errors,
) -> syn::Result<Option<LitStr>> {
    let text = string(key, words.last().copied().unwrap_or_default(), input)?;
    Ok(Some(text).filter(|text| check::word(key, text, words, errors)))
}

/// Reads the content of `key(...)`, which must not be empty.
fn within<T>(
    input: ParseStream,
    key: &Ident,
    form: Form,
    read: impl FnOnce(ParseStream) -> syn::Result<T>,
) -> syn::Result<T> {
    if !input.peek(token::Paren) {
        return Err(expected(place(key, input), form));
    }
    let content;
    let parens = parenthesized!(content in input);
    if content.is_empty() {
        return Err(expected(parens.span.join(), form));
    }
    let result = read(&content);
    // What is left over after a mistake would be reported as a mistake of its own.
    while content.parse::<TokenTree>().is_ok() {}
    result
}

/// `key(item, item)`.
fn list<T: Parse>(
    what: &str,
    example: &str,
    key: &Ident,
    input: ParseStream,
) -> syn::Result<Vec<T>> {
    within(input, key, (what, example), |content| {
        let mut items = Vec::new();
        while !content.is_empty() {
            let span = content.span();
            items.push(content.parse().map_err(|_| expected(span, (what, example)))?);
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        Ok(items)
    })
}

/// `"$.path", "regex" => "placeholder", ...`.
fn normalize(content: ParseStream, errors: &mut Errors) -> syn::Result<Vec<Normalize>> {
    let wrong = |error: syn::Error| expected(error.span(), NORMALIZE);
    let path: LitStr = content.parse().map_err(wrong)?;
    let path_holds = check::json_path(&path, errors);
    let mut rules = Vec::new();
    while !content.is_empty() {
        content.parse::<Token![,]>().map_err(wrong)?;
        if content.is_empty() {
            break;
        }
        let pattern: LitStr = content.parse().map_err(wrong)?;
        content.parse::<Token![=>]>().map_err(wrong)?;
        let replacement: LitStr = content.parse().map_err(wrong)?;
        rules.push((path.clone(), pattern, replacement));
    }
    if rules.is_empty() {
        return Err(expected(path.span(), NORMALIZE));
    }
    Ok(if path_holds { rules } else { Vec::new() })
}

/// `calls = 3`, as a literal without a suffix.
fn calls(key: &Ident, input: ParseStream) -> syn::Result<LitInt> {
    assigned(key, CALLS, input, |input| {
        let literal: LitInt = input.parse()?;
        let number: u32 = literal.base10_parse()?;
        Ok(LitInt::new(&number.to_string(), literal.span()))
    })
}

/// `key = true`.
fn switch(key: &Ident, input: ParseStream) -> syn::Result<LitBool> {
    assigned(key, ("`true` or `false`", &format!("{key} = true")), input, LitBool::parse)
}

/// `openai, "groq", acme = "https://llm.acme.dev/v1", ...`.
fn providers(content: ParseStream, errors: &mut Errors) -> syn::Result<Vec<Named>> {
    let one = |input: ParseStream| {
        let wrong = |error: syn::Error| expected(error.span(), PROVIDERS);
        let id: LitStr = if input.peek(LitStr) {
            input.parse()?
        } else {
            let word = Ident::parse_any(input).map_err(wrong)?;
            LitStr::new(&word.to_string(), word.span())
        };
        let url = input.parse::<Option<Token![=]>>()?.map(|_| input.parse().map_err(wrong));
        Ok(Named { id, url: url.transpose()? })
    };
    let mut all: Vec<Named> = Vec::new();
    for named in Punctuated::<_, Token![,]>::parse_terminated_with(content, one)? {
        let holds = check::provider(&named.id, errors)
            & named.url.as_ref().is_none_or(|url| check::url(&named.id, url, errors));
        if holds {
            all.push(named);
        }
    }
    Ok(all)
}

/// `allow_errors`, or `allow_errors(401, 429)`.
fn allow_errors(key: &Ident, input: ParseStream, errors: &mut Errors) -> syn::Result<Vec<LitInt>> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(Vec::new());
    }
    let list: Vec<LitInt> = list("statuses in parentheses", "allow_errors(401, 429)", key, input)?;
    Ok(list.into_iter().filter_map(|status| check::status(&status, errors)).collect())
}

/// `NAME = "value", ...`.
fn env(content: ParseStream, errors: &mut Errors) -> syn::Result<Vec<(LitStr, LitStr)>> {
    let pair = |input: ParseStream| {
        let wrong = |error: syn::Error| expected(error.span(), ENV);
        let name = Ident::parse_any(input).map_err(wrong)?;
        input.parse::<Token![=]>().map_err(wrong)?;
        let value: LitStr = input.parse().map_err(wrong)?;
        Ok((LitStr::new(&name.to_string(), name.span()), value))
    };
    let mut pairs: Vec<(LitStr, LitStr)> = Vec::new();
    for (name, value) in Punctuated::<_, Token![,]>::parse_terminated_with(content, pair)? {
        if check::variable(&name, &value, pairs.iter().map(|(name, _)| name), errors) {
            pairs.push((name, value));
        }
    }
    Ok(pairs)
}

/// `crate = some::path`.
fn krate(key: &Ident, input: ParseStream) -> syn::Result<Path> {
    assigned(key, CRATE, input, Path::parse_mod_style)
}

#[cfg(test)]
mod tests;
