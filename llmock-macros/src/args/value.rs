//! How the value of each key is written: one reader each, which says what it expected.

use proc_macro2::{Ident, Span, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{LitBool, LitInt, LitStr, Path, Token, parenthesized, token};

use super::{Named, Normalize, check};
use crate::errors::Errors;

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
pub(super) fn string(key: &Ident, example: &str, input: ParseStream) -> syn::Result<LitStr> {
    assigned(key, ("a string literal", &format!("{key} = \"{example}\"")), input, |input| {
        input.parse()
    })
}

/// `key = "one of these words"`.
pub(super) fn word(
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
pub(super) fn list<T: Parse>(
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

/// `normalize("$.path", "regex" => "placeholder", ...)`.
pub(super) fn normalize(
    key: &Ident,
    input: ParseStream,
    errors: &mut Errors,
) -> syn::Result<Vec<Normalize>> {
    within(input, key, NORMALIZE, |content| rules(content, errors))
}

fn rules(content: ParseStream, errors: &mut Errors) -> syn::Result<Vec<Normalize>> {
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
pub(super) fn calls(key: &Ident, input: ParseStream) -> syn::Result<LitInt> {
    assigned(key, CALLS, input, |input| {
        let literal: LitInt = input.parse()?;
        let number: u32 = literal.base10_parse()?;
        Ok(LitInt::new(&number.to_string(), literal.span()))
    })
}

/// `key = true`.
pub(super) fn switch(key: &Ident, input: ParseStream) -> syn::Result<LitBool> {
    assigned(key, ("`true` or `false`", &format!("{key} = true")), input, LitBool::parse)
}

/// `providers(openai, "groq", acme = "https://llm.acme.dev/v1", ...)`.
pub(super) fn providers(
    key: &Ident,
    input: ParseStream,
    errors: &mut Errors,
) -> syn::Result<Vec<Named>> {
    within(input, key, PROVIDERS, |content| named(content, errors))
}

fn named(content: ParseStream, errors: &mut Errors) -> syn::Result<Vec<Named>> {
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
pub(super) fn allow_errors(
    key: &Ident,
    input: ParseStream,
    errors: &mut Errors,
) -> syn::Result<Vec<LitInt>> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(Vec::new());
    }
    let list: Vec<LitInt> = list("statuses in parentheses", "allow_errors(401, 429)", key, input)?;
    Ok(list.into_iter().filter_map(|status| check::status(&status, errors)).collect())
}

/// `env(NAME = "value", ...)`.
pub(super) fn env(
    key: &Ident,
    input: ParseStream,
    errors: &mut Errors,
) -> syn::Result<Vec<(LitStr, LitStr)>> {
    within(input, key, ENV, |content| pairs(content, errors))
}

fn pairs(content: ParseStream, errors: &mut Errors) -> syn::Result<Vec<(LitStr, LitStr)>> {
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
pub(super) fn krate(key: &Ident, input: ParseStream) -> syn::Result<Path> {
    assigned(key, CRATE, input, Path::parse_mod_style)
}
