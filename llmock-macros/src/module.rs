//! Spreads the attribute of a module over the tests inside.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, TokenStreamExt as _};
use syn::ext::IdentExt as _;
use syn::{Attribute, LitStr, Meta};

use crate::args::Args;
use crate::attributes::{self, take_ours};
use crate::errors::Errors;
use crate::expand::Test;
use crate::item::{Member, TestFn, TestMod};
use crate::site::CallSite;

struct Scope<'a> {
    /// Defaults; never with a fixture, which on a module is the folder.
    defaults: Args,
    folder: Option<LitStr>,
    site: &'a CallSite,
    tests: &'a mut usize,
}

/// Expands every test in the module; `args` are their defaults.
pub(crate) fn expand(
    args: Args,
    mut module: TestMod,
    site: &CallSite,
    errors: &mut Errors,
) -> TokenStream {
    if let Some(second) = take_ours(&mut module.attrs) {
        errors.over(second, "duplicate `#[llm_replay]`: a module has one set of defaults");
    }
    let name = module.ident.clone();
    let mut tests = 0;
    let mut scope = Scope { defaults: Args::default(), folder: None, site, tests: &mut tests };
    scope.enter(args, errors);
    let tokens = scope.module(module, errors);
    if tests == 0 {
        errors.at(name.span(), "no function in this module has a test attribute");
    }
    tokens
}

/// The arguments of an attribute of ours further inside.
fn inner_args(attr: &Attribute, errors: &mut Errors) -> Args {
    match &attr.meta {
        Meta::List(list) => Args::parse(list.tokens.clone(), errors),
        Meta::Path(_) => Args::default(),
        Meta::NameValue(pair) => {
            errors.over(
                pair,
                "expected arguments in parentheses, such as `#[llm_replay(fixture = \"summarize\")]`",
            );
            Args::default()
        }
    }
}

impl Scope<'_> {
    /// Puts the arguments of a module's attribute over the current defaults.
    fn enter(&mut self, mut args: Args, errors: &mut Errors) {
        if let Some(folder) = args.take_fixture() {
            if folder.value().strip_suffix(".json").is_some() {
                errors.at(
                    folder.span(),
                    "on a module, `fixture` names a folder with one file per test",
                );
            }
            self.folder = Some(folder);
        }
        self.defaults = args.or(&self.defaults);
    }

    fn module(&mut self, module: TestMod, errors: &mut Errors) -> TokenStream {
        let TestMod { attrs, head, brace, inner, members, .. } = module;
        let mut tokens = TokenStream::new();
        tokens.append_all(&attrs);
        head.to_tokens(&mut tokens);
        brace.surround(&mut tokens, |tokens| {
            tokens.append_all(&inner);
            tokens.append_all(members.into_iter().map(|member| match member {
                Member::Fn(function) => self.function(*function, errors),
                Member::Mod(module) => self.nested(module, errors),
                Member::Other(tokens) => tokens,
            }));
        });
        tokens
    }

    /// A nested module: its name becomes a folder, unless its own attribute names one.
    fn nested(&mut self, mut module: TestMod, errors: &mut Errors) -> TokenStream {
        let ours = take_ours(&mut module.attrs);
        let name = module.ident.unraw();
        let folder = self.folder.as_ref();
        let folder =
            folder.map(|folder| LitStr::new(&format!("{}/{name}", folder.value()), folder.span()));
        let mut scope = Scope {
            defaults: self.defaults.clone(),
            folder,
            site: self.site,
            tests: &mut *self.tests,
        };
        if let Some(ours) = ours {
            let args = inner_args(&ours, errors);
            scope.enter(args, errors);
        }
        scope.module(module, errors)
    }

    /// A function inside: expanded if it has a test attribute or `#[llm_replay]`.
    fn function(&mut self, mut function: TestFn, errors: &mut Errors) -> TokenStream {
        let ours = take_ours(&mut function.attrs);
        if ours.is_none() && !attributes::has_test_attribute(&function.attrs) {
            return function.into_token_stream();
        }
        *self.tests += 1;
        let args =
            ours.map(|attr| inner_args(&attr, errors)).unwrap_or_default().or(&self.defaults);
        let test =
            Test { args: &args, folder: self.folder.clone(), site: self.site, in_module: true };
        test.expand(function, errors)
    }
}
