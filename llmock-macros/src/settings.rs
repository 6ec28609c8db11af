//! Writes the arguments as the fields of a `Test`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::LitStr;

use crate::args::{Arg, Args};
use crate::attributes;
use crate::item::TestFn;

pub(crate) fn fields(
    args: &Args,
    folder: Option<&LitStr>,
    function: &TestFn,
    takes_mock: bool,
    root: &TokenStream,
) -> TokenStream {
    let span = Span::mixed_site();
    let fixture = option(args.fixture(), span);
    let module_fixture = option(folder.filter(|_| args.fixture().is_none()), span);
    // A module's `env` is for those of its tests that read variables.
    let has_effect =
        |arg: &&Arg| arg.key.name != "fixture" && !(takes_mock && arg.key.name == "env");
    let settings = args.iter().filter(has_effect).filter_map(|arg| {
        let (name, value) = (arg.key.name, arg.value.written(arg.key, root, span)?);
        Some(quote_spanned!(span=> (#name, #value)))
    });
    let should_panic = should_panic(function, span);
    quote_spanned! {span=>
        fixture: #fixture,
        module_fixture: #module_fixture,
        settings: &[#(#settings),*],
        should_panic: #should_panic,
        handle: #takes_mock,
    }
}

pub(crate) fn option(value: Option<impl ToTokens>, span: Span) -> TokenStream {
    let Some(value) = value else { return quote_spanned!(span=> ::core::option::Option::None) };
    quote_spanned!(span=> ::core::option::Option::Some(#value))
}

/// The text of `#[should_panic]`; the compiler decides about a `cfg_attr` around it.
fn should_panic(function: &TestFn, span: Span) -> TokenStream {
    let none = option(None::<LitStr>, span);
    let Some((conditions, expected)) = attributes::should_panic(&function.attrs) else {
        return none;
    };
    let some = option(Some(expected), span);
    if conditions.is_empty() {
        return some;
    }
    quote_spanned!(span=> if ::core::cfg!(all(#(#conditions),*)) { #some } else { #none })
}
