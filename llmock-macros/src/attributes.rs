//! The other attributes of a function: whether they make it a test, and what they do to it.
//!
//! An attribute is recognized by the exact last segment of its path: it may have been imported under any path.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, MetaNameValue, Path, Token};

/// Attributes that make a function a test.
const TESTS: &[&str] =
    &["test", "rstest", "test_case", "test_matrix", "case", "gtest", "async_test"];

/// Attributes that do not change how a function is called.
#[rustfmt::skip]
const INERT: &[&str] = &[
    "allow", "automatically_derived", "cfg", "cold", "deny", "deprecated", "doc", "expect",
    "export_name", "forbid", "ignore", "inline", "link_section", "must_use", "no_mangle",
    "should_panic", "target_feature", "track_caller", "warn",
];

/// Tools whose attributes have no effect on the compiled code.
const TOOLS: &[&str] = &["clippy", "diagnostic", "miri", "rust_analyzer", "rustdoc", "rustfmt"];

/// Crates whose `test` calls a function without arguments.
const ARGUMENTLESS: &[&str] = &["core", "std", "tokio", "async_std", "smol_potat", "actix_rt"];

fn last_is(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == name)
}

fn first_is_one_of(path: &Path, names: &[&str]) -> bool {
    path.segments.len() > 1 && names.iter().any(|name| path.segments[0].ident == name)
}

/// Removes and returns the first `#[llm_replay]`.
pub(crate) fn take_ours(attrs: &mut Vec<Attribute>) -> Option<Attribute> {
    let at = attrs.iter().position(|attr| last_is(attr.path(), "llm_replay"))?;
    Some(attrs.remove(at))
}

/// The condition and the attributes of a `cfg_attr(...)`.
fn conditional(meta: &Meta) -> Option<Punctuated<Meta, Token![,]>> {
    let Meta::List(list) = meta else { return None };
    let parts = Punctuated::parse_terminated.parse2(list.tokens.clone());
    list.path.is_ident("cfg_attr").then_some(parts.ok()?)
}

/// The attributes, with those inside `cfg_attr(...)` in its place: inside a module the compiler has not yet decided
/// which of them hold.
fn flat(attrs: &[Attribute]) -> Vec<Meta> {
    fn parts(meta: Meta) -> Vec<Meta> {
        match conditional(&meta) {
            Some(inside) => inside.into_iter().skip(1).flat_map(parts).collect(),
            None => vec![meta],
        }
    }
    attrs.iter().flat_map(|attr| parts(attr.meta.clone())).collect()
}

fn is_test(meta: &Meta) -> bool {
    TESTS.iter().any(|name| last_is(meta.path(), name))
}

pub(crate) fn has_test_attribute(attrs: &[Attribute]) -> bool {
    flat(attrs).iter().any(is_test)
}

fn is_inert(meta: &Meta) -> bool {
    let path = meta.path();
    INERT.iter().any(|name| path.is_ident(name)) || first_is_one_of(path, TOOLS)
}

/// Whether only inert attributes are left, so that nothing makes an `async fn` a test.
pub(crate) fn all_inert(attrs: &[Attribute]) -> bool {
    flat(attrs).iter().all(is_inert)
}

/// Whether one of the attributes may call the function with arguments.
pub(crate) fn may_pass_arguments(attrs: &[Attribute], is_async: bool) -> bool {
    flat(attrs).iter().any(|meta| {
        let path = meta.path();
        // The built-in `#[test]` does not accept `async fn`: there, a bare `test` comes from a crate.
        let built_in = path.is_ident("test") && !is_async;
        let argumentless = built_in || last_is(path, "test") && first_is_one_of(path, ARGUMENTLESS);
        !is_inert(meta) && !argumentless
    })
}

/// The `#[should_panic]` of a function: the `cfg_attr` conditions around it, which only the compiler can decide, and the
/// text that the panic must contain, empty if any panic will do.
///
/// What stands behind a `#[case]` of rstest belongs to that case alone.
pub(crate) fn should_panic(attrs: &[Attribute]) -> Option<(Vec<Meta>, String)> {
    fn find(meta: &Meta, mut conditions: Vec<Meta>) -> Option<(Vec<Meta>, String)> {
        if meta.path().is_ident("should_panic") {
            return Some((conditions, expected(meta)));
        }
        let mut parts = conditional(meta)?.into_iter();
        conditions.extend(parts.next());
        parts.find_map(|part| find(&part, conditions.clone()))
    }
    let is_case = |attr: &&Attribute| attr.path().segments[0].ident == "case";
    attrs.iter().take_while(|attr| !is_case(attr)).find_map(|attr| find(&attr.meta, Vec::new()))
}

/// The text in `should_panic(expected = "text")` and `should_panic = "text"`.
fn expected(should_panic: &Meta) -> String {
    let expected = match should_panic {
        Meta::Path(_) => None,
        Meta::List(list) => list.parse_args::<MetaNameValue>().ok().map(|pair| pair.value),
        Meta::NameValue(pair) => Some(pair.value.clone()),
    };
    match expected {
        Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => text.value(),
        // The compiler accepts nothing else.
        _ => String::new(),
    }
}

/// The place where a test attribute starts the clock paused.
pub(crate) fn start_paused(attrs: &[Attribute]) -> Option<Span> {
    flat(attrs).iter().filter(|meta| is_test(meta)).find_map(|meta| match meta {
        Meta::List(list) => paused_in(list.tokens.clone()),
        _ => None,
    })
}

/// Finds `start_paused = true`, also in an attribute that is passed as an argument.
fn paused_in(tokens: TokenStream) -> Option<Span> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().find_map(|(at, token)| match token {
        TokenTree::Group(group) => paused_in(group.stream()),
        TokenTree::Ident(ident) if ident == "start_paused" => {
            let off =
                matches!(tokens.get(at + 2), Some(TokenTree::Ident(value)) if value == "false");
            (!off).then(|| ident.span())
        }
        _ => None,
    })
}

/// The place where a test attribute above has started the clock paused: tokio's leaves a body that ends in
/// `{ return Builder::new_current_thread().start_paused(true)….block_on(body); }`.
///
/// Only that block counts: a runtime that the test itself creates may serve another purpose.
pub(crate) fn paused_by_expansion(body: &TokenStream) -> Option<Span> {
    let TokenTree::Group(last) = body.clone().into_iter().last()? else { return None };
    let tokens: Vec<TokenTree> = last.stream().into_iter().collect();
    let says = |word: &str| {
        tokens.iter().any(|token| matches!(token, TokenTree::Ident(ident) if ident == word))
    };
    if last.delimiter() != Delimiter::Brace || !says("return") || !says("block_on") {
        return None;
    }
    tokens.windows(2).find_map(|pair| match pair {
        [TokenTree::Ident(ident), TokenTree::Group(group)] if ident == "start_paused" => {
            let mut value = group.stream().into_iter();
            // Only the value has the span of the attribute; the rest has the span of the body.
            value.next().filter(|value| value.to_string() == "true").map(|value| value.span())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attrs(text: &str) -> Vec<Attribute> {
        Attribute::parse_outer.parse_str(text).unwrap()
    }

    #[test]
    fn only_exact_names_are_test_attributes() {
        let tests = [
            "#[test]",
            "#[tokio::test(flavor = \"multi_thread\")]",
            "#[rstest]",
            "#[rstest::rstest]",
            "#[test_case(1; \"one\")]",
            "#[case::test_case(1)]",
            "#[test_log::test(tokio::test)]",
            "#[cfg_attr(not(miri), ignore, tokio::test)]",
            "#[::core::prelude::v1::test]",
        ];
        for text in tests {
            assert!(has_test_attribute(&attrs(text)), "{text}");
        }
        for text in [
            "",
            "#[latest]",
            "#[test::other]",
            "#[tested]",
            "#[cfg(test)]",
            "#[cfg_attr(test, ignore)]",
            "#[serial]",
            "#[fixture]",
        ] {
            assert!(!has_test_attribute(&attrs(text)), "{text}");
        }
    }

    #[test]
    fn inert_attributes_do_not_make_a_test() {
        for text in [
            "",
            "/// text",
            "#[ignore = \"slow\"] #[should_panic]",
            "#[clippy::x]",
            "#[cfg_attr(a, ignore)]",
        ] {
            assert!(all_inert(&attrs(text)), "{text}");
        }
        for text in [
            "#[tokio::test]",
            "#[serial]",
            "#[doc = \"\"] #[mine::runs]",
            "#[cfg_attr(a, tokio::test)]",
        ] {
            assert!(!all_inert(&attrs(text)), "{text}");
        }
    }

    #[test]
    fn plain_test_attributes_pass_no_arguments() {
        let cases = [
            ("#[test]", false, false),
            ("#[tokio::test]", true, false),
            ("#[core::prelude::v1::test] #[ignore]", false, false),
            ("#[test]", true, true),
            ("#[sqlx::test]", true, true),
            ("#[rstest] #[tokio::test]", true, true),
            ("#[test_case(1)]", false, true),
            ("#[test_context(C)] #[test]", false, true),
        ];
        for (text, is_async, expected) in cases {
            assert_eq!(may_pass_arguments(&attrs(text), is_async), expected, "{text}");
        }
    }

    #[test]
    fn finds_should_panic_with_its_text_and_conditions() {
        for (text, expected) in [
            ("#[should_panic]", Some(("", ""))),
            ("#[should_panic()]", Some(("", ""))),
            ("#[test] #[should_panic(expected = \"x\")]", Some(("x", ""))),
            ("#[should_panic = \"x\"]", Some(("x", ""))),
            ("#[cfg_attr(a, should_panic)]", Some(("", "a"))),
            ("#[cfg_attr(a, ignore, cfg_attr(b, should_panic = \"x\"))]", Some(("x", "a b"))),
            ("#[should_panic] #[case(1)]", Some(("", ""))),
            ("#[rstest] #[case(1)] #[should_panic] #[case(2)]", None),
            ("#[test]", None),
        ] {
            let found = should_panic(&attrs(text)).map(|(conditions, expected)| {
                let conditions = conditions.iter().map(|one| quote::quote!(#one).to_string());
                (expected, conditions.collect::<Vec<_>>().join(" "))
            });
            let expected = expected.map(|(text, all): (&str, &str)| (text.into(), all.into()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn finds_a_paused_clock_in_test_attributes() {
        for (text, expected) in [
            ("#[tokio::test(start_paused = true)]", true),
            ("#[tokio::test(flavor = \"current_thread\", start_paused = true)]", true),
            ("#[test_log::test(tokio::test(start_paused = true))]", true),
            ("#[tokio::test(start_paused = false)]", false),
            ("#[tokio::test]", false),
            ("#[doc(start_paused = true)]", false),
        ] {
            assert_eq!(start_paused(&attrs(text)).is_some(), expected, "{text}");
        }
    }

    #[test]
    fn finds_a_paused_clock_in_expanded_tokio_tests() {
        // As `#[tokio::test(start_paused = true)]` of tokio-macros 2.7.2 leaves it.
        let expanded = |builder: &str| {
            format!(
                "let body = async {{ ask().await; }}; tokio::pin!(body); \
                 let body: ::core::pin::Pin<&mut dyn ::core::future::Future<Output = ()>> = body; \
                 #[allow(clippy::expect_used)] {{ use tokio::runtime::Builder; return {builder}.enable_all().build()\
                 .expect(\"Failed building the Runtime\").block_on(body); }}"
            )
        };
        let elsewhere =
            "let body = async { { return new().start_paused(true).build().block_on(x); } };";
        for (body, expected) in [
            (expanded("Builder::new_current_thread().start_paused(true)"), true),
            (expanded("Builder::new_current_thread().start_paused(true).unhandled_panic(x)"), true),
            (expanded("Builder::new_current_thread().start_paused(false)"), false),
            (expanded("Builder::new_multi_thread().worker_threads(2usize)"), false),
            (format!("{elsewhere} {}", expanded("Builder::new_current_thread()")), false),
            ("Builder::new_current_thread().start_paused(true).build().block_on(x)".into(), false),
            (String::new(), false),
        ] {
            let tokens: TokenStream = body.parse().unwrap();
            assert_eq!(paused_by_expansion(&tokens).is_some(), expected, "{body}");
        }
    }
}
