//! Turns the `LlmMock` parameter of a signature into a `let` before the body.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::punctuated::Punctuated;
use syn::{FnArg, PatType, Signature, Type};

use crate::errors::Errors;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Owned,
    Shared,
    Mutable,
}

/// Removes the parameters that take the handle.
pub(crate) fn take_mocks(sig: &mut Signature, errors: &mut Errors) -> Vec<PatType> {
    let mut mocks: Vec<PatType> = Vec::new();
    let mut rest = Punctuated::new();
    for input in std::mem::take(&mut sig.inputs) {
        match input {
            FnArg::Typed(param) if wanted(&param.ty).is_some() => {
                let mutable = "the handle does not need `mut`; use `LlmMock` or `&LlmMock`";
                if !mocks.is_empty() {
                    errors.over(&param, "duplicate `LlmMock`: a test has one handle");
                } else if wanted(&param.ty) == Some(Wanted::Mutable) {
                    errors.over(&param.ty, mutable);
                }
                mocks.push(param);
            }
            other => rest.push(other),
        }
    }
    sig.inputs = rest;
    mocks
}

/// Whether a type is the handle, by the last segment of its path.
fn wanted(ty: &Type) -> Option<Wanted> {
    match ty {
        Type::Path(ty) => (ty.path.segments.last()?.ident == "LlmMock").then_some(Wanted::Owned),
        Type::Reference(reference) => match wanted(&reference.elem) {
            Some(Wanted::Owned) if reference.mutability.is_some() => Some(Wanted::Mutable),
            Some(Wanted::Owned) => Some(Wanted::Shared),
            _ => None,
        },
        Type::Group(group) => wanted(&group.elem),
        Type::Paren(paren) => wanted(&paren.elem),
        _ => None,
    }
}

/// The parameter as a `let`, with the user's own pattern and type: the type keeps their `use` in use.
pub(crate) fn binding(param: &PatType, handle: &TokenStream, span: Span) -> TokenStream {
    let PatType { attrs, pat, ty, .. } = param;
    let value = match wanted(ty) {
        Some(Wanted::Shared) => quote_spanned!(span=> &#handle),
        Some(Wanted::Mutable) => quote_spanned!(span=> &mut #handle),
        _ => handle.clone(),
    };
    quote_spanned!(span=> #(#attrs)* let #pat: #ty = #value;)
}
