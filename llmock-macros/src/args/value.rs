//! Values of arguments: one parser for each form.

use llmock_rules::{
    AllowErrors, BaseUrl, Check, EnvName, FieldsCheck, Form, Key, PairForm, Place, Problem,
    ProviderId,
};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Lit, LitBool, LitInt, LitStr, Path, Token, parenthesized, token};

use super::fields;
use crate::errors::Errors;
use crate::settings;

/// A value in one of the forms of `llmock_rules`.
#[derive(Clone)]
pub(crate) enum Value {
    Text(LitStr),
    Switch(LitBool),
    /// The `llmock_rules::Value`, as the expansion writes it.
    Written(TokenStream),
    Texts(Vec<LitStr>),
    /// Names and values, the latter as an `llmock_rules::Field`.
    Fields(Vec<(LitStr, TokenStream)>),
    RustPath(Path),
}

impl Value {
    /// The value as an `llmock_rules::Value`; `None` for what only the attribute needs.
    pub(crate) fn written(&self, key: &Key, root: &TokenStream, span: Span) -> Option<TokenStream> {
        let value = match self {
            Self::Text(text) => quote_spanned!(span=> Text(#text)),
            // Needs a feature: without it, this call is a compile error that names it.
            Self::Switch(on) if key.name == "intercept" && on.value => {
                quote_spanned!(span=> Switch(#root::intercept()))
            }
            Self::Switch(on) => quote_spanned!(span=> Switch(#on)),
            Self::Written(value) => value.clone(),
            Self::Texts(texts) => quote_spanned!(span=> Texts(&[#(#texts),*])),
            Self::Fields(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, value)| quote_spanned!(span=> (#name, #root::Field::#value)));
                quote_spanned!(span=> Fields(&[#(#fields),*]))
            }
            Self::RustPath(_) => return None,
        };
        Some(quote_spanned!(span=> #root::Value::#value))
    }

    /// Whether one of the texts is this one.
    pub(super) fn names(&self, text: &str) -> bool {
        matches!(self, Self::Texts(texts) if texts.iter().any(|one| one.value() == text))
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
) -> syn::Result<Option<Value>> {
    let argument = Argument { key, name, input };
    let span = Span::mixed_site();
    let (form, items) = match key.form {
        Form::Text(check) => {
            let text = argument.assigned(<LitStr as Parse>::parse)?;
            return Ok(is_valid(&text, check, errors).then_some(Value::Text(text)));
        }
        Form::Switch => {
            return argument.assigned(<LitBool as Parse>::parse).map(Value::Switch).map(Some);
        }
        Form::RustPath => {
            return argument.assigned(Path::parse_mod_style).map(Value::RustPath).map(Some);
        }
        Form::Share(check) => {
            let text = argument.assigned(number)?;
            return Ok(is_valid(&text, check, errors).then_some(Value::Text(text)));
        }
        Form::Count => {
            let count = argument.assigned(count)?;
            return Ok(Some(Value::Written(quote_spanned!(span=> Count(#count)))));
        }
        // Without a list, all statuses.
        Form::Statuses if argument.has_no_value() => {
            return Ok(Some(Value::Switch(LitBool::new(true, name.span()))));
        }
        Form::Statuses => {
            let statuses = argument.list::<LitInt>()?;
            let valid = statuses.iter().filter_map(|literal| status(literal, errors));
            ("Statuses", valid.collect())
        }
        Form::Texts(check) => {
            let mut texts = argument.list::<LitStr>()?;
            texts.retain(|text| is_valid(text, check, errors));
            return Ok(Some(Value::Texts(texts)));
        }
        Form::Variables => {
            ("Variables", argument.within(|content| variables(content, span, errors))?)
        }
        Form::Providers => {
            ("Providers", argument.within(|content| providers(content, span, errors))?)
        }
        Form::Fields(check) => {
            return argument.fields(check, errors).map(|value| value.map(Value::Fields));
        }
        Form::Replacements => {
            ("Replacements", argument.within(|content| replacements(content, span, errors))?)
        }
        Form::Pairs(form) => {
            ("Pairs", argument.within(|content| pairs(content, form, span, errors))?)
        }
    };
    let form = Ident::new(form, span);
    Ok(Some(Value::Written(quote_spanned!(span=> #form(&[#(#items),*])))))
}

impl Argument<'_> {
    /// The error that something else stands at `span`.
    fn expected(&self, span: Span) -> syn::Error {
        if let Form::Pairs(form) = self.key.form {
            let (what, example) = (form.what, self.key.attribute);
            let message = format!("expected {what} in parentheses, such as `{example}`");
            return syn::Error::new(span, message);
        }
        let what = match self.key.form {
            Form::Text(_) => "a string literal",
            Form::Texts(_) => "string literals in parentheses",
            Form::Count => "a number",
            Form::Share(_) => "a number from 0 to 1",
            Form::Switch => "`true` or `false`",
            Form::Statuses => "statuses in parentheses",
            Form::Variables => "variables in parentheses",
            Form::Providers => "providers in parentheses",
            Form::Replacements => "a path and replacements in parentheses",
            Form::Fields(_) => "named values in parentheses",
            Form::Pairs(form) => form.what,
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
    fn within<T>(&self, parse: impl FnOnce(ParseStream) -> syn::Result<T>) -> syn::Result<T> {
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
        result.map_err(|error| self.expected(error.span()))
    }

    /// `key(name = value, ...)`; `None` if a value is invalid.
    fn fields(
        &self,
        check: FieldsCheck,
        errors: &mut Errors,
    ) -> syn::Result<Option<Vec<(LitStr, TokenStream)>>> {
        let fields = self.within(|content| separated(content, fields::parse))?;
        Ok(fields::checked(&fields, check, errors))
    }

    fn list<T: Parse>(&self) -> syn::Result<Vec<T>> {
        self.within(|content| separated(content, T::parse))
    }
}

fn separated<T>(
    content: ParseStream,
    parse: fn(ParseStream) -> syn::Result<T>,
) -> syn::Result<Vec<T>> {
    Ok(content.parse_terminated(parse, Token![,])?.into_iter().collect())
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

/// `0.95` or `1`, as a text.
fn number(input: ParseStream) -> syn::Result<LitStr> {
    let literal: Lit = input.parse()?;
    let digits = match &literal {
        Lit::Float(number) => number.base10_digits(),
        Lit::Int(number) => number.base10_digits(),
        other => return Err(syn::Error::new(other.span(), "expected a number")),
    };
    Ok(LitStr::new(digits, literal.span()))
}

/// `3`, as a literal without a suffix.
fn count(input: ParseStream) -> syn::Result<LitInt> {
    let literal: LitInt = input.parse()?;
    let number: u32 = literal.base10_parse()?;
    Ok(LitInt::new(&number.to_string(), literal.span()))
}

/// An error status, as a literal without a suffix.
fn status(literal: &LitInt, errors: &mut Errors) -> Option<TokenStream> {
    // What no `u16` holds is no status either.
    let number = literal.base10_parse::<u16>().unwrap_or_default();
    let plain = LitInt::new(&number.to_string(), literal.span());
    report(literal, AllowErrors::check_status(number), errors).then(|| plain.into_token_stream())
}

/// `NAME = "value", ...`.
fn variables(
    content: ParseStream,
    span: Span,
    errors: &mut Errors,
) -> syn::Result<Vec<TokenStream>> {
    let pair = |input: ParseStream| {
        let name = Ident::parse_any(input)?;
        input.parse::<Token![=]>()?;
        Ok((name, input.parse::<LitStr>()?))
    };
    let (mut known, mut pairs) = (Vec::new(), Vec::new());
    for (word, value) in separated(content, pair)? {
        let name = word.to_string();
        let twice = Problem::new(format!("`{name}` is given twice"));
        let nul = Problem::new("a variable cannot hold a NUL character");
        let once = if known.contains(&name) { Err(twice) } else { Ok(()) };
        let has_name = report(&word, EnvName::parse(&name).map(drop).and(once), errors);
        let no_nul = if value.value().contains('\0') { Err(nul) } else { Ok(()) };
        if report(&value, no_nul, errors) && has_name {
            let literal = LitStr::new(&name, word.span());
            pairs.push(quote_spanned!(span=> (#literal, #value)));
            known.push(name);
        }
    }
    Ok(pairs)
}

/// `openai, "groq", acme = "https://llm.acme.dev/v1", ...`.
fn providers(
    content: ParseStream,
    span: Span,
    errors: &mut Errors,
) -> syn::Result<Vec<TokenStream>> {
    let one = |input: ParseStream| {
        let id: LitStr = if input.peek(LitStr) {
            input.parse()?
        } else {
            let word = Ident::parse_any(input)?;
            LitStr::new(&word.to_string(), word.span())
        };
        let has_url = input.parse::<Option<Token![=]>>()?.is_some();
        Ok((id, if has_url { Some(input.parse::<LitStr>()?) } else { None }))
    };
    let mut named = separated(content, one)?;
    named.retain(|(id, url)| {
        let has_id = is_valid(id, |text| ProviderId::parse(text).map(drop), errors);
        let check: Check = |text| BaseUrl::parse(text).map(drop);
        url.as_ref().is_none_or(|url| is_valid(url, check, errors)) && has_id
    });
    let written = named.iter().map(|(id, url)| {
        let url = settings::option(url.as_ref(), span);
        quote_spanned!(span=> (#id, #url))
    });
    Ok(written.collect())
}

/// `"$.path", "text", ...`.
fn pairs(
    content: ParseStream,
    form: &PairForm,
    span: Span,
    errors: &mut Errors,
) -> syn::Result<Vec<TokenStream>> {
    let all = separated(content, <LitStr as Parse>::parse)?;
    let Some((first, others)) = all.split_first().filter(|(_, others)| !others.is_empty()) else {
        let last = all.last().map_or(span, LitStr::span);
        return Err(syn::Error::new(last, "expected more"));
    };
    let has_first = is_valid(first, form.checks[0], errors);
    let mut valid = others.to_vec();
    valid.retain(|text| is_valid(text, form.checks[1], errors) && has_first);
    Ok(valid.iter().map(|text| quote_spanned!(span=> (#first, #text))).collect())
}

/// `"$.path", "regex" => "placeholder", ...`.
fn replacements(
    content: ParseStream,
    span: Span,
    errors: &mut Errors,
) -> syn::Result<Vec<TokenStream>> {
    let path: LitStr = content.parse()?;
    let has_path = is_valid(&path, |text| Place::parse(text).map(drop), errors);
    let incomplete = || syn::Error::new(path.span(), "expected replacements");
    if content.is_empty() {
        return Err(incomplete());
    }
    content.parse::<Token![,]>()?;
    let pairs = separated(content, |input| {
        let pattern: LitStr = input.parse()?;
        input.parse::<Token![=>]>()?;
        Ok((pattern, input.parse::<LitStr>()?))
    })?;
    if pairs.is_empty() {
        return Err(incomplete());
    }
    let rules = pairs.iter().filter(|_| has_path);
    Ok(rules.map(|(pattern, with)| quote_spanned!(span=> (#path, #pattern, #with))).collect())
}
