//! Snapshots of the expansion, one for each order of attributes and shape of function.

use insta::assert_snapshot;
use proc_macro2::TokenStream;

use super::*;

/// The expansion as code; `item` is what the attribute sees where it stands.
fn expanded(args: &str, item: &str) -> String {
    let site = CallSite { hop: "..".into(), remapped: Vec::new() };
    pretty(expand(args.parse().unwrap(), item.parse().unwrap(), &site))
}

fn pretty(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens).unwrap())
}

#[test]
fn above_a_plain_test() {
    assert_snapshot!(expanded("", "#[test] fn plain() { body(); }"));
}

#[test]
fn above_a_tokio_test_with_a_borrowed_handle() {
    assert_snapshot!(expanded(
        r#"fixture = "summarize""#,
        "/// Text.\n#[tokio::test] pub(crate) async fn tokio(mock: &LlmMock) -> Result<(), Box<dyn Error>> { body(mock).await?; Ok(()) }",
    ));
}

#[test]
fn above_a_tokio_test_with_every_key() {
    assert_snapshot!(expanded(
        r#"fixture = "agent/turns", mode = "auto", providers(openai, "groq", acme = "https://llm.acme.dev/v1"), match_on("model", "messages"), ignore("$.a"),
           normalize("$.x", "[0-9]+" => "N", r"\s+" => " "), order = "strict", unused = "fail", calls = 3,
           side("GET /v1/models"), allow_errors(401, 503), env(MY_URL = "{base}/openai/v1"), proxy = true, intercept = true, crate = my::llmock"#,
        "#[tokio::test] async fn tokio() { body().await; }",
    ));
}

#[test]
fn above_rstest_with_an_owned_handle_between_arguments() {
    assert_snapshot!(expanded(
        "allow_errors",
        "#[rstest] #[case(1)] fn cases<T: Case>(#[case] case: T, #[allow(unused_mut)] mut mock: llmock::LlmMock, other: u8) where T: Copy { body(); }",
    ));
}

#[test]
fn above_test_case_with_an_unspeakable_return_type() {
    assert_snapshot!(expanded(
        "",
        "#[test_case(1)] #[tokio::test] async fn cases(n: u8) -> impl Termination { body(n).await }"
    ));
}

#[test]
fn above_test_log_with_a_bare_should_panic() {
    assert_snapshot!(expanded(
        "",
        "#[test_log::test] #[should_panic] fn logged() { #![allow(unused)] body(); }"
    ));
}

#[test]
fn above_serial_with_a_result() {
    assert_snapshot!(expanded(
        "",
        "#[serial] #[test] fn r#serial() -> Result<(), String> { body()?; Ok(()) }"
    ));
}

#[test]
fn below_a_test_that_left_no_trace() {
    assert_snapshot!(expanded("", "#[ignore = \"slow\"] fn plain() -> ExitCode { body() }"));
}

#[test]
fn below_a_tokio_test_that_made_it_plain() {
    assert_snapshot!(expanded(
        "",
        "#[::core::prelude::v1::test] fn tokio() -> Result<(), E> { let body = async { body().await }; { return runtime().block_on(body); } }",
    ));
}

#[test]
fn on_a_module() {
    assert_snapshot!(expanded(
        r#"fixture = "summaries", order = "strict", env(A = "{base}")"#,
        r#"#[cfg(test)] mod summaries {
            #![allow(dead_code)]
            use super::*;
            fn helper() {}
            #[test] fn short() { body(); }
            #[llm_replay(fixture = "elsewhere", order = "any")] #[test] fn long(mock: &LlmMock) { body(); }
            mod nested { #[rstest] fn deep() {} }
            #[llm_replay(fixture = "own", unused = "fail")] mod other { #[test] fn deep() {} }
        }"#,
    ));
}

#[test]
fn remapped_files_are_part_of_the_site() {
    let site = CallSite {
        hop: String::new(),
        remapped: vec![("M/tests/a.rs".into(), "m/tests/a.rs".into())],
    };
    let tokens = expand(TokenStream::new(), "#[test] fn a() {}".parse().unwrap(), &site);
    assert!(
        tokens.to_string().contains(r#"remapped : & [("M/tests/a.rs" , "m/tests/a.rs")]"#),
        "{tokens}"
    );
}

#[test]
fn mistakes_keep_the_function() {
    let cases = [
        (r#"fixtur = "a""#, "#[test] fn a() {}"),
        ("", "async fn a() {}"),
        ("", "#[test] fn a(&self) {}"),
        ("", "#[test] const fn a() {}"),
        ("", "#[test] fn a(count: u8) {}"),
        ("", "#[test] fn a(one: LlmMock, two: &LlmMock) {}"),
        ("", "#[test] fn a(mock: &mut LlmMock) {}"),
        ("", "#[llm_replay] #[test] fn a() {}"),
        ("", "#[tokio::test(start_paused = true)] async fn a() {}"),
        ("", "#[test] fn a() { { return new().start_paused(true).build().block_on(body); } }"),
        ("", "mod m { fn a() {} }"),
        ("", "struct S { a: fn a() }"),
        ("", "fn a();"),
    ];
    for (args, item) in cases {
        let tokens =
            expand(args.parse().unwrap(), item.parse().unwrap(), &CallSite::default()).to_string();
        assert_eq!(tokens.matches("compile_error").count(), 1, "{item}: {tokens}");
        assert!(tokens.contains("fn a"), "{item}: {tokens}");
    }
}
