//! Writes the arguments as the fields of a `StaticSettings`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::LitStr;

use crate::args::{Args, Named};
use crate::attributes::{self, ShouldPanic};
use crate::item::TestFn;

/// Fields of one struct literal; those that nobody sets come from `NONE`.
struct Fields {
    tokens: TokenStream,
    span: Span,
}

impl Fields {
    fn set(&mut self, name: &str, value: impl ToTokens) {
        let name = Ident::new(name, self.span);
        self.tokens.extend(quote_spanned!(self.span=> #name: #value,));
    }

    fn some(&mut self, name: &str, value: Option<impl ToTokens>) {
        if let Some(value) = value {
            self.set(name, quote_spanned!(self.span=> ::core::option::Option::Some(#value)));
        }
    }

    fn list<T: ToTokens>(&mut self, name: &str, items: Option<&Vec<T>>) {
        if let Some(items) = items {
            self.set(name, self.slice(items));
        }
    }

    fn slice<T: ToTokens>(&self, items: &[T]) -> TokenStream {
        quote_spanned!(self.span=> &[#(#items),*])
    }

    fn flag(&mut self, name: &str, set: bool) {
        if set {
            self.set(name, quote_spanned!(self.span=> true));
        }
    }
}

/// What the arguments, the module around and the function itself say.
pub(crate) fn fields(
    args: &Args,
    folder: Option<&LitStr>,
    function: &TestFn,
    takes_mock: bool,
    root: &TokenStream,
) -> TokenStream {
    let span = Span::mixed_site();
    let mut fields = Fields { tokens: TokenStream::new(), span };
    fields.some("fixture", args.fixture.as_ref());
    fields.some("module_fixture", folder.filter(|_| args.fixture.is_none()));
    fields.some("mode", args.mode.as_ref());
    fields.some("order", args.order.as_ref());
    fields.some("unused", args.unused.as_ref());
    fields.some("calls", args.calls.as_ref());
    fields.some("match_on", args.match_on.as_ref().map(|list| fields.slice(list)));
    fields.list("ignore", args.ignore.as_ref());
    let tuple = |(path, pattern, with): &(LitStr, LitStr, LitStr)| quote_spanned!(span=> (#path, #pattern, #with));
    let rules = args.normalize.as_ref().map(|rules| rules.iter().map(tuple).collect());
    fields.list("normalize", rules.as_ref());
    fields.list("side", args.side.as_ref());
    fields.some("allow_errors", args.allow_errors.as_ref().map(|list| fields.slice(list)));
    // A module's `env` is for those of its tests that read variables.
    let pair = |(name, value): &(LitStr, LitStr)| quote_spanned!(span=> (#name, #value));
    let env =
        args.env.as_ref().filter(|_| !takes_mock).map(|env| env.pairs.iter().map(pair).collect());
    fields.list("env", env.as_ref());
    let providers = args.providers.as_ref();
    let ids = providers.map(|named| named.iter().map(|named| named.id.clone()).collect());
    fields.list("providers", ids.as_ref());
    let declared = |named: &Named| {
        let (id, url) = (&named.id, named.url.as_ref()?);
        Some(quote_spanned!(span=> (#id, #url)))
    };
    let declared = providers.map(|named| named.iter().filter_map(declared).collect::<Vec<_>>());
    fields.list("declared", declared.filter(|declared| !declared.is_empty()).as_ref());
    fields.some("proxy", args.proxy.as_ref());
    // A switch of a feature: without it, this call is a compile error that says so.
    let intercept = args.intercept.as_ref();
    let on = intercept.is_some_and(syn::LitBool::value);
    let checked = on.then(|| quote_spanned!(span=> #root::intercept()));
    let intercept = checked.or_else(|| intercept.map(ToTokens::to_token_stream));
    fields.some("intercept", intercept);
    if let Some(ShouldPanic { conditions, expected }) = attributes::should_panic(&function.attrs) {
        fields.set(
            "should_panic",
            quote_spanned! {span=>
                if ::core::cfg!(all(#(#conditions),*)) {
                    ::core::option::Option::Some(#expected)
                } else {
                    ::core::option::Option::None
                }
            },
        );
    }
    fields.flag("handle", takes_mock);
    fields.flag("blocking", function.sig.asyncness.is_none());
    fields.tokens
}
