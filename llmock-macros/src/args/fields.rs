//! Values with named fields: `stream(pace = 2.0, chunks = [1, 5])`.

use llmock_rules::{Field, FieldsCheck};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::spanned::Spanned as _;
use syn::{ExprArray, Lit, LitStr, Token, token};

use crate::errors::Errors;

/// A field as it stands in the source.
pub(super) struct Named {
    name: Ident,
    place: Span,
    value: Literal,
}

/// A literal in the form of an `llmock_rules::Field`.
enum Literal {
    Text(String),
    Number(String),
    Numbers(Vec<usize>),
    Switch(bool),
}

/// `name = value`, or a name alone for `name = true`.
pub(super) fn parse(input: ParseStream) -> syn::Result<Named> {
    let name = Ident::parse_any(input)?;
    if input.parse::<Option<Token![=]>>()?.is_none() {
        return Ok(Named { place: name.span(), name, value: Literal::Switch(true) });
    }
    let place = input.span();
    if input.peek(token::Bracket) {
        let array: ExprArray = input.parse()?;
        let numbers = array.elems.iter().map(|element| match element {
            syn::Expr::Lit(syn::ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse(),
            other => Err(syn::Error::new(other.span(), "expected a number")),
        });
        let value = Literal::Numbers(numbers.collect::<syn::Result<_>>()?);
        return Ok(Named { name, place, value });
    }
    let is_negative = input.parse::<Option<Token![-]>>()?.is_some();
    let sign = if is_negative { "-" } else { "" };
    let value = match input.parse::<Lit>()? {
        Lit::Int(number) => Literal::Number(format!("{sign}{}", number.base10_digits())),
        Lit::Float(number) => Literal::Number(format!("{sign}{}", number.base10_digits())),
        Lit::Str(text) if !is_negative => Literal::Text(text.value()),
        Lit::Bool(switch) if !is_negative => Literal::Switch(switch.value),
        other => return Err(syn::Error::new(other.span(), "expected another literal")),
    };
    Ok(Named { name, place, value })
}

/// The fields as an expansion writes them; `None` if one is wrong, which `errors` then has.
pub(super) fn checked(
    fields: &[Named],
    check: FieldsCheck,
    errors: &mut Errors,
) -> Option<Vec<(LitStr, TokenStream)>> {
    let names: Vec<String> = fields.iter().map(|field| field.name.to_string()).collect();
    let values: Vec<_> = names
        .iter()
        .zip(fields)
        .map(|(name, field)| (name.as_str(), field.value.as_field()))
        .collect();
    if let Err(wrong) = check(&values) {
        let place = fields.get(wrong.index).map_or(Span::call_site(), |field| {
            let is_name = wrong.problem.to_string().starts_with("unknown field");
            if is_name { field.name.span() } else { field.place }
        });
        errors.at(place, wrong.problem);
        return None;
    }
    let written = names
        .iter()
        .zip(fields)
        .map(|(name, field)| (LitStr::new(name, field.name.span()), field.value.written()));
    Some(written.collect())
}

impl Literal {
    fn as_field(&self) -> Field<'_> {
        match self {
            Self::Text(text) => Field::Text(text),
            Self::Number(number) => Field::Number(number),
            Self::Numbers(numbers) => Field::Numbers(numbers),
            Self::Switch(on) => Field::Switch(*on),
        }
    }

    fn written(&self) -> TokenStream {
        let span = Span::mixed_site();
        match self {
            Self::Text(text) => quote_spanned!(span=> Text(#text)),
            Self::Number(number) => quote_spanned!(span=> Number(#number)),
            Self::Numbers(numbers) => quote_spanned!(span=> Numbers(&[#(#numbers),*])),
            Self::Switch(on) => quote_spanned!(span=> Switch(#on)),
        }
    }
}
