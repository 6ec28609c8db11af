//! The annotated item: a function, or a module with functions inside.
//!
//! Bodies of functions stay tokens and are never parsed, so that incomplete code and syntax newer than the parser keep
//! the compiler's own error messages.

use proc_macro2::TokenStream;
use quote::{ToTokens, TokenStreamExt as _};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, Item, LitStr, Signature, Token, Visibility, braced, token};

pub(crate) struct TestFn {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// The user's own braces: with braces of ours the compiler would take the function for generated code and
    /// no longer warn that it is never used, as a forgotten `#[test]` is.
    pub(crate) brace: token::Brace,
    pub(crate) body: TokenStream,
}

pub(crate) struct TestMod {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) head: TokenStream,
    pub(crate) ident: Ident,
    pub(crate) brace: token::Brace,
    /// `#![...]` at the top of the module.
    pub(crate) inner: Vec<Attribute>,
    pub(crate) members: Vec<Member>,
}

pub(crate) enum Member {
    Fn(Box<TestFn>),
    Mod(TestMod),
    Other(TokenStream),
}

impl Parse for Member {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        ahead.parse::<Visibility>()?;
        if starts_fn(&ahead) {
            return input.parse().map(|function| Self::Fn(Box::new(function)));
        }
        ahead.parse::<Option<Token![unsafe]>>()?;
        let in_place =
            ahead.peek(Token![mod]) && ahead.peek2(syn::Ident) && ahead.peek3(token::Brace);
        if in_place {
            return input.parse().map(Self::Mod);
        }
        input.parse::<Item>().map(|item| Self::Other(item.into_token_stream()))
    }
}

/// Whether the qualifiers of a function and `fn` come next.
fn starts_fn(input: ParseStream) -> bool {
    let ahead = input.fork();
    while let Ok(word) = Ident::parse_any(&ahead) {
        match word.to_string().as_str() {
            "fn" => return true,
            "const" | "async" | "unsafe" => {}
            "extern" => drop(ahead.parse::<Option<LitStr>>()),
            _ => return false,
        }
    }
    false
}

impl Parse for TestFn {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse()?;
        let content;
        let brace = braced!(content in input);
        // `#![allow(...)]` at the top of a body cannot stay there: the body becomes a part of another block.
        attrs.extend(content.call(Attribute::parse_inner)?.into_iter().map(|mut attr| {
            attr.style = syn::AttrStyle::Outer;
            attr
        }));
        Ok(Self { attrs, vis, sig, brace, body: content.parse()? })
    }
}

impl Parse for TestMod {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis: Visibility = input.parse()?;
        let unsafety: Option<Token![unsafe]> = input.parse()?;
        let keyword: Token![mod] = input.parse()?;
        let ident: Ident = input.parse()?;
        let content;
        let brace = braced!(content in input);
        let inner = content.call(Attribute::parse_inner)?;
        let mut members = Vec::new();
        while !content.is_empty() {
            members.push(content.parse()?);
        }
        let head = quote::quote!(#vis #unsafety #keyword #ident);
        Ok(Self { attrs, head, ident, brace, inner, members })
    }
}

impl ToTokens for TestFn {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.attrs);
        self.vis.to_tokens(tokens);
        self.sig.to_tokens(tokens);
        self.brace.surround(tokens, |tokens| self.body.to_tokens(tokens));
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn kind(tokens: TokenStream) -> &'static str {
        match syn::parse2::<Member>(tokens) {
            Ok(Member::Fn(_)) => "fn",
            Ok(Member::Mod(_)) => "mod",
            Ok(Member::Other(_)) => "other",
            Err(_) => "error",
        }
    }

    #[test]
    fn recognizes_the_kind_of_a_member() {
        let cases = [
            (
                quote!(
                    fn a() {}
                ),
                "fn",
            ),
            (
                quote!(
                    #[test]
                    pub(crate) async fn a() {}
                ),
                "fn",
            ),
            (
                quote!(
                    const unsafe extern "C" fn a() {}
                ),
                "fn",
            ),
            (
                quote!(
                    const A: u8 = 1;
                ),
                "other",
            ),
            (
                quote!(
                    extern "C" {}
                ),
                "other",
            ),
            (
                quote!(
                    mod a {
                        fn b() {}
                    }
                ),
                "mod",
            ),
            (
                quote!(
                    mod a;
                ),
                "other",
            ),
            (
                quote!(
                    struct A;
                ),
                "other",
            ),
            (quote!(generate! { fn x() {} }), "other"),
            (
                quote!(
                    fn a();
                ),
                "error",
            ),
        ];
        for (tokens, expected) in cases {
            assert_eq!(kind(tokens.clone()), expected, "{tokens}");
        }
    }

    #[test]
    fn incomplete_bodies_pass_unchanged() {
        let tokens = quote!(fn a() { let x = foo. ; ??? });
        let function: TestFn = syn::parse2(tokens.clone()).unwrap();
        assert_eq!(function.to_token_stream().to_string(), tokens.to_string());
    }

    #[test]
    fn inner_attributes_of_a_body_move_outside() {
        let function: TestFn = syn::parse2(quote!(
            #[test]
            fn a() {
                #![allow(dead_code)]
                1;
            }
        ))
        .unwrap();
        assert_eq!(
            function.to_token_stream().to_string(),
            quote!(
                #[test]
                #[allow(dead_code)]
                fn a() {
                    1;
                }
            )
            .to_string()
        );
    }
}
