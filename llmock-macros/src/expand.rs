//! Puts a session around the body of one test function.
//!
//! Generated tokens have `Span::mixed_site`: our locals cannot collide with the user's, and the user's tokens keep their
//! own places and names.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
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
        let body = with_end(&function.body, span);
        let end = body.is_some().then(|| quote_spanned!(span=> let end = session.body_end();));
        let bindings = mocks.iter().map(|param| inject::binding(param, &handle, span));
        let run = run(&function, body.as_ref(), &root, span);
        let conclude = self.conclude(&function, span);
        function.body = quote_spanned! {span=>
            #open
            #end
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
            TokenTree::Ident(ident) => ident == "impl",
            TokenTree::Group(group) => has_impl(group.stream()),
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

/// `body` is the function's own if it is `None`.
fn run(
    function: &TestFn,
    body: Option<&TokenStream>,
    root: &TokenStream,
    span: Span,
) -> TokenStream {
    let result = speakable(&function.sig.output);
    let annotation = result.as_ref().map(|ty| quote_spanned!(span=> : #root::Ended<#ty>));
    let body = body.unwrap_or(&function.body);
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

/// The body with a call before its last expression that an early `return` does not reach. Where that expression may return
/// by itself, there is no such call.
///
/// The last expression stays as it is, and with it what the compiler says about its type.
fn with_end(body: &TokenStream, span: Span) -> Option<TokenStream> {
    let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
    let is_end =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    let returns = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == "return");
    let statement = |tokens: &[TokenTree]| {
        let after = tokens.iter().rposition(is_end).map_or(0, |at| at + 1);
        after + behind_blocks(&tokens[after..])
    };
    let mut last = statement(&tokens);
    if last == tokens.len() && last > 0 {
        // `return value;` at the end is no early return.
        let before = statement(&tokens[..last - 1]);
        if returns(&tokens[before]) {
            last = before;
        }
    }
    let tail = tokens[last..].iter();
    if tail.skip(1).any(may_return)
        || tokens.get(last).is_some_and(|first| !returns(first) && may_return(first))
    {
        return None;
    }
    let (before, tail) = tokens.split_at(last);
    let end = quote_spanned!(span=> #[allow(unreachable_code)] let () = end.reach(););
    Some(quote!(#(#before)* #end #(#tail)*))
}

/// Where the last statement begins behind statements that end with their block, such as `if a { return; } b()`.
fn behind_blocks(tokens: &[TokenTree]) -> usize {
    let is_block = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    let begins_block = |token: &TokenTree| match token {
        TokenTree::Ident(word) => {
            ["if", "for", "while", "loop", "match", "unsafe"].iter().any(|known| word == known)
        }
        token => is_block(token),
    };
    // `else`, a method, `?` and operators continue the expression.
    let continues = |token: &TokenTree| match token {
        TokenTree::Ident(word) => word == "else" || word == "as",
        TokenTree::Punct(_) => true,
        _ => false,
    };
    let mut start = 0;
    while tokens.get(start).is_some_and(begins_block) {
        let mut at = start;
        loop {
            let Some(block) = tokens[at..].iter().position(is_block) else { return start };
            at += block + 1;
            match tokens.get(at) {
                None => return start,
                Some(TokenTree::Ident(word)) if word == "else" => {}
                Some(next) if continues(next) => return start,
                Some(_) => break,
            }
        }
        start = at;
    }
    start
}

/// Whether `return` is in it.
fn may_return(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(ident) => ident == "return",
        TokenTree::Group(group) => group.stream().into_iter().any(|token| may_return(&token)),
        _ => false,
    }
}

/// A block in the user's own braces, so that messages about the whole body point there.
fn braced(function: &TestFn, content: TokenStream) -> TokenStream {
    let mut tokens = TokenStream::new();
    function.brace.surround(&mut tokens, |inner| inner.extend(content));
    tokens
}
