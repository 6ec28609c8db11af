//! The attribute of `llmock`; use it as `llmock::llm_replay`.
//!
//! The entry point turns what only the compiler knows into plain data (`site`) and calls `expand`, which parses the
//! arguments (`args`) and the item (`item`, `attributes`), writes a session around the body of each test (`expand`,
//! `settings`, `inject`, `module`), and reports every mistake at its own token (`errors`).

mod args;
mod attributes;
mod errors;
mod expand;
mod inject;
mod item;
mod module;
mod settings;
mod site;

use std::iter;

use proc_macro::{TokenStream, TokenTree};
use quote::{ToTokens as _, TokenStreamExt as _};

use crate::args::Args;
use crate::errors::Errors;
use crate::expand::Test;
use crate::item::Member;
use crate::site::CallSite;

#[doc = include_str!("llm_replay.md")]
#[proc_macro_attribute]
pub fn llm_replay(args: TokenStream, item: TokenStream) -> TokenStream {
    let spans = iter::once(proc_macro::Span::call_site()).chain(name_span(item.clone()));
    let site = CallSite::new(spans);
    expand(args.into(), item.into(), &site).into()
}

/// The span of the name after the first `fn` or `mod`.
fn name_span(item: TokenStream) -> Option<proc_macro::Span> {
    let mut tokens = item.into_iter();
    tokens.find(|token| matches!(token, TokenTree::Ident(word) if matches!(word.to_string().as_str(), "fn" | "mod")))?;
    tokens.next().map(|name| name.span())
}

/// Expands the attribute. Even with mistakes the item stays there for the compiler and the editor.
fn expand(
    args: proc_macro2::TokenStream,
    item: proc_macro2::TokenStream,
    site: &CallSite,
) -> proc_macro2::TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(args, &mut errors);
    let mut tokens = match syn::parse2::<Member>(item.clone()) {
        Ok(Member::Fn(function)) => Test { args: &args, folder: None, site, in_module: false }
            .expand(*function, &mut errors),
        Ok(Member::Mod(module)) => module::expand(args, module, site, &mut errors),
        Ok(Member::Other(other)) => {
            let message = "`#[llm_replay]` applies to test functions and to inline modules";
            errors.over(&other, message);
            item
        }
        Err(error) => {
            errors.push(error);
            item
        }
    };
    tokens.append_all(iter::once(errors.into_tokens()));
    tokens.into_token_stream()
}

#[cfg(test)]
mod tests;
