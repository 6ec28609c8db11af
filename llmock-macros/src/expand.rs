//! Puts a session around the body of one test function.
//!
//! Generated tokens have `Span::mixed_site`: our locals cannot collide with the user's, and the user's tokens keep their
//! own places and names.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{FnArg, LitInt, LitStr, ReturnType, Safety, Type};

use crate::args::Args;
use crate::attributes;
use crate::errors::Errors;
use crate::inject;
use crate::item::TestFn;
use crate::settings;
use crate::site::{self, CallSite};

/// One function to expand, with what is known about it from outside.
pub(crate) struct Test<'a> {
    pub(crate) args: &'a Args,
    /// `fixture = "x"` of a module around it: a folder for the function's own file.
    pub(crate) folder: Option<LitStr>,
    pub(crate) site: &'a CallSite,
    /// Whether the attribute stands on a module, so that the function's own line must be looked up.
    pub(crate) in_module: bool,
}

impl Test<'_> {
    /// Checks the function and returns it with the session around its body, or untouched where that cannot be.
    pub(crate) fn expand(&self, mut function: TestFn, errors: &mut Errors) -> TokenStream {
        // A second one would wait forever for the session of the first.
        while let Some(second) = attributes::take_ours(&mut function.attrs) {
            errors.over(second, "duplicate `#[llm_replay]`: a test has one fixture");
        }
        if !can_be_wrapped(&function, errors) {
            return function.into_token_stream();
        }
        let mocks = inject::take_mocks(&mut function.sig, errors);
        self.check(&function, !mocks.is_empty(), errors);

        let span = Span::mixed_site();
        let root = self.root(span);
        let open = self.open(&function, !mocks.is_empty(), &root, span);
        let handle = quote_spanned!(span=> session.mock());
        let bindings = mocks.iter().map(|param| inject::binding(param, &handle, span));
        let run = run(&function, &root, span);
        let conclude = self.conclude(&function, span);
        function.body = quote_spanned! {span=>
            #open
            #(#bindings)*
            #run
            #conclude
        };
        function.into_token_stream()
    }

    fn check(&self, function: &TestFn, takes_mock: bool, errors: &mut Errors) {
        let TestFn { attrs, sig, body, .. } = function;
        let is_async = sig.asyncness.is_some();
        if is_async && attributes::all_inert(attrs) {
            let message =
                "this `async fn` has no test attribute; add `#[tokio::test]` below `#[llm_replay]`";
            errors.at(sig.ident.span(), message);
        } else if let (Some(FnArg::Typed(param)), false) =
            (sig.inputs.first(), attributes::may_pass_arguments(attrs, is_async))
        {
            errors.over(
                param,
                "no attribute below `#[llm_replay]` provides this parameter; llmock provides only an `LlmMock`",
            );
        }
        let is_paused = attributes::start_paused(attrs);
        if let Some(span) = is_paused.or_else(|| attributes::paused_by_expansion(body)) {
            let message = "with a paused clock every request times out; call `tokio::time::pause()` after the \
                           requests instead";
            errors.at(span, message);
        }
        if let Some(env) = self.args.get("env").filter(|env| takes_mock && !env.is_inherited) {
            let message = "a test that takes `LlmMock` sets no variables; pass `mock.base_url(...)` to the client";
            errors.at(env.span, message);
        }
    }

    /// Ends the session. A miss panics at this call: at the attribute, or where that stands on a module, at the name
    /// of the function, for which the call must not look generated.
    fn conclude(&self, function: &TestFn, span: Span) -> TokenStream {
        let place = if self.in_module { function.sig.ident.span() } else { span };
        if is_silent(function) {
            let call = quote_spanned!(place=> conclude_should_panic());
            return quote_spanned!(span=> ended.#call);
        }
        let returned = quote_spanned!(span=> returned);
        let call = quote_spanned!(place=> conclude(#returned));
        quote_spanned!(span=> let returned = ended.returned(); ended.#call)
    }

    fn root(&self, span: Span) -> TokenStream {
        let path = self.args.root().map(ToTokens::to_token_stream);
        let path = path.unwrap_or_else(|| quote_spanned!(span=> ::llmock));
        quote_spanned!(span=> #path::__private)
    }

    /// `let session = ...;`, with everything that is known at compile time as one constant.
    fn open(
        &self,
        function: &TestFn,
        takes_mock: bool,
        root: &TokenStream,
        span: Span,
    ) -> TokenStream {
        let CallSite { hop, remapped } = self.site;
        let remapped = remapped.iter().map(|(shown, real)| quote_spanned!(span=> (#shown, #real)));
        let name = function.sig.ident.unraw().to_string();
        // `line!()` in a module's expansion is the line of the module's attribute.
        let line = site::line(function.sig.ident.span()).filter(|_| self.in_module);
        let line = line.map(|line| LitInt::new(&line.to_string(), span).into_token_stream());
        let line = line.unwrap_or_else(|| quote_spanned!(span=> ::core::line!()));
        let settings =
            settings::fields(self.args, self.folder.as_ref(), function, takes_mock, root);
        let test = quote_spanned! {span=>
            const {
                &#root::Test {
                    site: #root::Site {
                        file: ::core::file!(),
                        hop: #hop,
                        manifest_dir: ::core::option_env!("CARGO_MANIFEST_DIR"),
                        remapped: &[#(#remapped),*],
                        module: ::core::module_path!(),
                        function: #name,
                        line: #line,
                    },
                    #settings
                }
            }
        };
        if is_silent(function) {
            return quote_spanned! {span=>
                let ::core::option::Option::Some(session) = #root::Session::open_should_panic(#test) else { return };
            };
        }
        quote_spanned!(span=> let session = #root::Session::open(#test);)
    }
}

/// Whether a closure or an `async` block can replace the body.
fn can_be_wrapped(function: &TestFn, errors: &mut Errors) -> bool {
    let sig = &function.sig;
    let mut good = true;
    let mut refuse = |tokens: &dyn quote::ToTokens, message: &str| {
        errors.over(tokens, message);
        good = false;
    };
    if let Some(token) = &sig.constness {
        refuse(token, "a test cannot be `const`");
    }
    if let Safety::Unsafe(token) = &sig.safety {
        refuse(token, "a test cannot be `unsafe`; use an `unsafe` block inside");
    }
    if let Some(abi) = &sig.abi {
        refuse(abi, "a test cannot be `extern`");
    }
    if let Some(receiver) = sig.receiver() {
        refuse(receiver, "`#[llm_replay]` works on free functions, not on methods");
    }
    if let ReturnType::Type(_, ty) = &sig.output
        && matches!(**ty, Type::Never(_))
    {
        refuse(ty, "a test that never returns cannot end its session");
    }
    good
}

/// The return type for annotations; `None` where `impl` makes it impossible to name.
fn speakable(output: &ReturnType) -> Option<TokenStream> {
    fn has_impl(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            proc_macro2::TokenTree::Ident(ident) => ident == "impl",
            proc_macro2::TokenTree::Group(group) => has_impl(group.stream()),
            _ => false,
        })
    }
    match output {
        ReturnType::Default => Some(quote!(())),
        ReturnType::Type(_, ty) => Some(ty.to_token_stream()).filter(|ty| !has_impl(ty.clone())),
    }
}

/// Whether llmock must not panic in the function: it has `#[should_panic]`, and with it the compiler demands `()`.
fn is_silent(function: &TestFn) -> bool {
    let returns_unit = match &function.sig.output {
        ReturnType::Default => true,
        ReturnType::Type(_, ty) => matches!(&**ty, Type::Tuple(tuple) if tuple.elems.is_empty()),
    };
    returns_unit && attributes::should_panic(&function.attrs).is_some()
}

fn run(function: &TestFn, root: &TokenStream, span: Span) -> TokenStream {
    let result = speakable(&function.sig.output);
    let annotation = result.as_ref().map(|ty| quote_spanned!(span=> : #root::Ended<#ty>));
    let body = &function.body;
    let returns_unit = matches!(function.sig.output, ReturnType::Default);
    if function.sig.asyncness.is_none() {
        let result = result.filter(|_| !returns_unit);
        let arrow = result.map(|ty| quote_spanned!(span=> -> #ty));
        let block = braced(function, quote!(#body));
        return quote_spanned! {span=>
            let ended #annotation = #root::replay_sync(|| #arrow #block, session);
        };
    }
    // An `async` block cannot name its result; a `return` that never runs makes the compiler infer and coerce in the
    // body as in the user's function.
    let pin = result.filter(|_| !returns_unit).map(|ty| {
        quote_spanned! {span=>
            if let ::core::option::Option::Some(never) = ::core::option::Option::None::<#ty> {
                return never;
            }
        }
    });
    let block = braced(function, quote!(#pin #body));
    quote_spanned! {span=>
        let ended #annotation = #root::replay(::core::pin::pin!(async #block), session).await;
    }
}

/// A block in the user's own braces, so that messages about the whole body point there.
fn braced(function: &TestFn, content: TokenStream) -> TokenStream {
    let mut tokens = TokenStream::new();
    function.brace.surround(&mut tokens, |inner| inner.extend(content));
    tokens
}
