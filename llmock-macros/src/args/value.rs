//! Values of arguments: one parser for each form.

use llmock_rules::{
    AllowErrors, BaseUrl, Check, EnvName, Form, JsonPath, Key, Problem, ProviderId,
};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{LitBool, LitInt, LitStr, Path, Token, parenthesized, token};

use crate::errors::Errors;
use crate::settings;

/// A value as literals, in one of the forms of `llmock_rules`.
#[derive(Clone)]
pub(crate) enum Literals {
    Text(LitStr),
    Texts(Vec<LitStr>),
    Count(LitInt),
    Switch(LitBool),
    Statuses(Vec<LitInt>),
    Variables(Vec<(LitStr, LitStr)>),
    Providers(Vec<(LitStr, Option<LitStr>)>),
    Replacements(Vec<(LitStr, LitStr, LitStr)>),
    RustPath(Path),
}

impl Literals {
    /// The value as an `llmock_rules::Value`; `None` for what only the attribute needs.
    pub(crate) fn to_value(
        &self,
        key: &Key,
        root: &TokenStream,
        span: Span,
    ) -> Option<TokenStream> {
        let value = match self {
            Self::Text(text) => quote_spanned!(span=> Text(#text)),
            Self::Texts(texts) => quote_spanned!(span=> Texts(&[#(#texts),*])),
            Self::Count(count) => quote_spanned!(span=> Count(#count)),
            // Needs a feature: without it, this call is a compile error that names it.
            Self::Switch(on) if key.name == "intercept" && on.value => {
                quote_spanned!(span=> Switch(#root::intercept()))
            }
            Self::Switch(on) => quote_spanned!(span=> Switch(#on)),
            // Without a list, all statuses.
            Self::Statuses(statuses) if statuses.is_empty() => quote_spanned!(span=> Switch(true)),
            Self::Statuses(statuses) => quote_spanned!(span=> Statuses(&[#(#statuses),*])),
            Self::Variables(pairs) => {
                let pairs =
                    pairs.iter().map(|(name, value)| quote_spanned!(span=> (#name, #value)));
                quote_spanned!(span=> Variables(&[#(#pairs),*]))
            }
            Self::Providers(named) => {
                let named = named.iter().map(|(id, url)| {
                    let url = settings::option(url.as_ref(), span);
                    quote_spanned!(span=> (#id, #url))
                });
                quote_spanned!(span=> Providers(&[#(#named),*]))
            }
            Self::Replacements(rules) => {
                let rules = rules.iter();
                let rules = rules
                    .map(|(path, pattern, with)| quote_spanned!(span=> (#path, #pattern, #with)));
                quote_spanned!(span=> Replacements(&[#(#rules),*]))
            }
            Self::RustPath(_) => return None,
        };
        Some(quote_spanned!(span=> #root::Value::#value))
    }
}

struct Argument<'a> {
    key: &'static Key,
    name: &'a Ident,
    input: ParseStream<'a>,
}

/// Parses the value of a key; `None` if it is well-formed but invalid, which `errors` then has.
pub(super) fn parse(
    key: &'static Key,
    name: &Ident,
    input: ParseStream,
    errors: &mut Errors,
) -> syn::Result<Option<Literals>> {
    let argument = Argument { key, name, input };
    let value = match key.form {
        Form::Text(check) => {
            let text = argument.assigned(<LitStr as Parse>::parse)?;
            return Ok(is_valid(&text, check, errors).then_some(Literals::Text(text)));
        }
        Form::Texts(check) => {
            let mut texts = argument.list::<LitStr>()?;
            texts.retain(|text| is_valid(text, check, errors));
            Literals::Texts(texts)
        }
        Form::Count => Literals::Count(argument.assigned(count)?),
        Form::Switch => Literals::Switch(argument.assigned(<LitBool as Parse>::parse)?),
        Form::Statuses => {
            if argument.has_no_value() {
                return Ok(Some(Literals::Statuses(Vec::new())));
            }
            let statuses = argument.list::<LitInt>()?;
            let valid = statuses.into_iter().filter_map(|literal| status(&literal, errors));
            let valid: Vec<_> = valid.collect();
            // An empty list would allow all.
            return Ok(Some(valid).filter(|valid| !valid.is_empty()).map(Literals::Statuses));
        }
        Form::Variables => {
            Literals::Variables(argument.within(|content| variables(content, errors))?)
        }
        Form::Providers => {
            Literals::Providers(argument.within(|content| providers(content, errors))?)
        }
        Form::Replacements => {
            Literals::Replacements(argument.within(|content| replacements(content, errors))?)
        }
        Form::RustPath => Literals::RustPath(argument.assigned(Path::parse_mod_style)?),
    };
    Ok(Some(value))
}

impl Argument<'_> {
    /// The error that something else stands at `span`.
    fn expected(&self, span: Span) -> syn::Error {
        let what = match self.key.form {
            Form::Text(_) => "a string literal",
            Form::Texts(_) => "string literals in parentheses",
            Form::Count => "a number",
            Form::Switch => "`true` or `false`",
            Form::Statuses => "statuses in parentheses",
            Form::Variables => "variables in parentheses",
            Form::Providers => "providers in parentheses",
            Form::Replacements => "a path and replacements in parentheses",
            Form::RustPath => "a path",
        };
        syn::Error::new(span, format!("expected {what}, such as `{}`", self.key.attribute))
    }

    fn has_no_value(&self) -> bool {
        self.input.is_empty() || self.input.peek(Token![,])
    }

    /// The place of the wrong value, or of the key where nothing follows it.
    fn place(&self) -> Span {
        if self.has_no_value() { self.name.span() } else { self.input.span() }
    }

    /// `key = value`.
    fn assigned<T>(&self, parse: fn(ParseStream) -> syn::Result<T>) -> syn::Result<T> {
        if !self.input.peek(Token![=]) {
            return Err(self.expected(self.place()));
        }
        self.input.parse::<Token![=]>()?;
        let span = self.place();
        parse(self.input).map_err(|_| self.expected(span))
    }

    /// The content of `key(...)`, which must not be empty. An error of `parse` at a token means that something else
    /// was expected there.
    fn within<T>(&self, parse: impl FnOnce(ParseStream) -> Result<T, Span>) -> syn::Result<T> {
        if !self.input.peek(token::Paren) {
            return Err(self.expected(self.place()));
        }
        let content;
        let parens = parenthesized!(content in self.input);
        if content.is_empty() {
            return Err(self.expected(parens.span.join()));
        }
        let result = parse(&content);
        // What is left over after a mistake would be reported as a mistake of its own.
        while content.parse::<TokenTree>().is_ok() {}
        result.map_err(|span| self.expected(span))
    }

    fn list<T: Parse>(&self) -> syn::Result<Vec<T>> {
        self.within(|content| separated(content, |input| input.parse().map_err(at)))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
fn at(error: syn::Error) -> Span {
    error.span()
}

fn separated<T>(
    content: ParseStream,
    parse: fn(ParseStream) -> Result<T, Span>,
) -> Result<Vec<T>, Span> {
    let mut items = Vec::new();
    while !content.is_empty() {
        items.push(parse(content)?);
        if !content.is_empty() {
            content.parse::<Token![,]>().map_err(at)?;
        }
    }
    Ok(items)
}

/// Reports a problem at its token; true if there is none.
fn report(token: impl ToTokens, result: Result<(), Problem>, errors: &mut Errors) -> bool {
    let is_valid = result.is_ok();
    if let Err(problem) = result {
        errors.over(token, problem);
    }
    is_valid
}

fn is_valid(text: &LitStr, check: Check, errors: &mut Errors) -> bool {
    report(text, check(&text.value()), errors)
}

/// `3`, as a literal without a suffix.
fn count(input: ParseStream) -> syn::Result<LitInt> {
    let literal: LitInt = input.parse()?;
    let number: u32 = literal.base10_parse()?;
    Ok(LitInt::new(&number.to_string(), literal.span()))
}

/// An error status, as a literal without a suffix.
fn status(literal: &LitInt, errors: &mut Errors) -> Option<LitInt> {
    // What no `u16` holds is no status either.
    let number = literal.base10_parse::<u16>().unwrap_or_default();
    let result = AllowErrors::check_status(number);
    report(literal, result, errors).then(|| LitInt::new(&number.to_string(), literal.span()))
}

/// `NAME = "value", ...`.
fn variables(content: ParseStream, errors: &mut Errors) -> Result<Vec<(LitStr, LitStr)>, Span> {
    let pair = |input: ParseStream| {
        let name = Ident::parse_any(input).map_err(at)?;
        input.parse::<Token![=]>().map_err(at)?;
        let value: LitStr = input.parse().map_err(at)?;
        Ok((LitStr::new(&name.to_string(), name.span()), value))
    };
    let mut pairs: Vec<(LitStr, LitStr)> = Vec::new();
    for (name, value) in separated(content, pair)? {
        let is_known = pairs.iter().any(|(known, _)| known.value() == name.value());
        let twice = Problem::new(format!("`{}` is given twice", name.value()));
        let nul = Problem::new("a variable cannot hold a NUL character");
        let once = if is_known { Err(twice) } else { Ok(()) };
        let has_name = report(&name, EnvName::parse(&name.value()).map(drop).and(once), errors);
        let no_nul = if value.value().contains('\0') { Err(nul) } else { Ok(()) };
        if report(&value, no_nul, errors) && has_name {
            pairs.push((name, value));
        }
    }
    Ok(pairs)
}

/// `openai, "groq", acme = "https://llm.acme.dev/v1", ...`.
fn providers(
    content: ParseStream,
    errors: &mut Errors,
) -> Result<Vec<(LitStr, Option<LitStr>)>, Span> {
    let one = |input: ParseStream| {
        let id: LitStr = if input.peek(LitStr) {
            input.parse().map_err(at)?
        } else {
            let word = Ident::parse_any(input).map_err(at)?;
            LitStr::new(&word.to_string(), word.span())
        };
        if !input.peek(Token![=]) {
            return Ok((id, None));
        }
        input.parse::<Token![=]>().map_err(at)?;
        Ok((id, Some(input.parse().map_err(at)?)))
    };
    let mut named = separated::<(LitStr, Option<LitStr>)>(content, one)?;
    named.retain(|(id, url)| {
        let has_id = is_valid(id, |text| ProviderId::parse(text).map(drop), errors);
        let check: Check = |text| BaseUrl::parse(text).map(drop);
        url.as_ref().is_none_or(|url| is_valid(url, check, errors)) && has_id
    });
    Ok(named)
}

/// `"$.path", "regex" => "placeholder", ...`.
fn replacements(
    content: ParseStream,
    errors: &mut Errors,
) -> Result<Vec<(LitStr, LitStr, LitStr)>, Span> {
    let path: LitStr = content.parse().map_err(at)?;
    let has_path = is_valid(&path, |text| JsonPath::parse(text).map(drop), errors);
    if content.is_empty() {
        return Err(path.span());
    }
    content.parse::<Token![,]>().map_err(at)?;
    let pairs = separated(content, |input| {
        let pattern: LitStr = input.parse().map_err(at)?;
        input.parse::<Token![=>]>().map_err(at)?;
        Ok((pattern, input.parse::<LitStr>().map_err(at)?))
    })?;
    if pairs.is_empty() {
        return Err(path.span());
    }
    let rules = pairs.into_iter().map(|(pattern, with)| (path.clone(), pattern, with));
    Ok(rules.filter(|_| has_path).collect())
}
