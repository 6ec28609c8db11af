//! The workspace: one small package for each way in which Cargo lays out tests.

use llmock_testkit::scratch::{CLIENT, fixture};

/// Every test of it, sorted, doctests aside.
pub(crate) const TESTS: &[&str] = &[
    "beside_the_source",
    "by_case::case_1",
    "by_case::case_2",
    "by_test_case::test_case_1_one",
    "by_test_case::test_case_2_two",
    "declared_elsewhere",
    "file::tests::in_a_module_of_its_own",
    "from_a_foreign_macro",
    "from_a_local_macro",
    "from_a_procedural_macro",
    "in_a_folder::in_a_folder_of_tests",
    "in_an_included_file",
    "inner::named_after_its_module",
    "named::by_its_module",
    "named_after_itself",
    "outside_the_workspace",
    "records",
    "says_its_file",
    "shared::one_file_for_a_module",
    "tests::in_the_library",
    "within_a_nested_member",
    "within_the_root_package",
];

const MEMBERS: &str = r#"[package]
name = "root"
version = "0.0.0"
edition = "2024"

[workspace]
resolver = "3"
members = ["client", "foreign", "procedural", "member", "nested/deep", "pathed", "doc2021", "../outside"]

[workspace.dependencies]
llmock = { path = "$LLMOCK" }

[dev-dependencies]
llmock.workspace = true
client = { path = "client" }
"#;

macro_rules! manifest {
    ($name:literal, $edition:literal, $rest:literal) => {
        concat!(
            "[package]\nname = \"",
            $name,
            "\"\nversion = \"0.0.0\"\nedition = \"",
            $edition,
            "\"\n",
            $rest
        )
    };
}

macro_rules! asks {
    ($name:literal, $path:literal) => {
        concat!(
            "#[llmock::llm_replay(fixture = \"place\")]\n#[test]\nfn ",
            $name,
            "() { assert_eq!(client::ask(\"where\"), \"",
            $path,
            "\"); }\n"
        )
    };
}

/// What the packages hold.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("ws/Cargo.toml", MEMBERS),
    ("ws/src/lib.rs", ""),
    ("ws/tests/o.rs", asks!("within_the_root_package", "tests/fixtures/place")),
    ("ws/client/Cargo.toml", manifest!("client", "2024", "")),
    ("ws/client/src/lib.rs", CLIENT),
    (
        "ws/foreign/Cargo.toml",
        manifest!(
            "foreign",
            "2024",
            "[dependencies]\nllmock.workspace = true\nclient.path = \"../client\"\n"
        ),
    ),
    (
        "ws/foreign/src/lib.rs",
        "pub use {client, llmock};\n#[macro_export]\nmacro_rules! replayed { ($name:ident, $place:literal) => {\n\
         #[$crate::llmock::llm_replay(fixture = \"foreign\", crate = $crate::llmock)]\n#[test]\n\
         fn $name() { assert_eq!($crate::client::ask(\"where\"), $place); } } }\n",
    ),
    ("ws/procedural/Cargo.toml", manifest!("procedural", "2024", "[lib]\nproc-macro = true\n")),
    (
        "ws/procedural/src/lib.rs",
        "#[proc_macro]\npub fn as_it_is(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream { tokens }\n",
    ),
    (
        "ws/member/Cargo.toml",
        manifest!(
            "member",
            "2024",
            "[dependencies]\nllmock.workspace = true\nclient.path = \"../client\"\n\
             [dev-dependencies]\nforeign.path = \"../foreign\"\nprocedural.path = \"../procedural\"\n\
             rstest = { version = \"0.28\", default-features = false }\ntest-case = \"3.4\"\n"
        ),
    ),
    (
        "ws/member/src/lib.rs",
        concat!(
            "//! ```\n//! #[llmock::llm_replay(fixture = \"place\")]\n\
             //! fn example() { assert_eq!(client::ask(\"where\"), \"member/tests/fixtures/place\"); }\n\
             //! example();\n//! ```\n\
             pub mod file;\n#[cfg(test)]\nmod tests {\n",
            asks!("in_the_library", "member/src/fixtures/place"),
            "}\n"
        ),
    ),
    (
        "ws/member/src/file.rs",
        "#[cfg(test)]\nmod tests {\n#[llmock::llm_replay]\n#[test]\nfn in_a_module_of_its_own() {\n\
         assert_eq!(client::ask(\"where\"), \"member/src/fixtures/file/in_a_module_of_its_own\"); } }\n",
    ),
    (
        "ws/member/tests/api.rs",
        concat!(
            asks!("beside_the_source", "member/tests/fixtures/place"),
            "#[test]\nfn says_its_file() { println!(\"this file is {}\", file!()); }\n",
            "macro_rules! local { ($name:ident) => { ",
            "#[llmock::llm_replay(fixture = \"place\")]\n#[test]\n",
            "fn $name() { assert_eq!(client::ask(\"where\"), \"member/tests/fixtures/place\"); } } }\n",
            "local!(from_a_local_macro);\n",
            "foreign::replayed!(from_a_foreign_macro, \"member/tests/fixtures/foreign\");\n",
            "procedural::as_it_is! {\n",
            asks!("from_a_procedural_macro", "member/tests/fixtures/place"),
            "}\ninclude!(\"inc/included.rs\");\n"
        ),
    ),
    (
        "ws/member/tests/inc/included.rs",
        asks!("in_an_included_file", "member/tests/inc/fixtures/place"),
    ),
    ("ws/member/tests/multi/main.rs", "mod in_a_folder;\n"),
    (
        "ws/member/tests/multi/in_a_folder.rs",
        asks!("in_a_folder_of_tests", "member/tests/multi/fixtures/place"),
    ),
    ("ws/member/tests/auto.rs", AUTO),
    (
        "ws/member/tests/recorder.rs",
        "#[llmock::llm_replay(fixture = \"recorded\")]\n#[test]\nfn records() { client::ask(\"where\"); }\n",
    ),
    (
        "ws/nested/deep/Cargo.toml",
        manifest!(
            "deep",
            "2024",
            "[dev-dependencies]\nllmock.workspace = true\nclient.path = \"../../client\"\n"
        ),
    ),
    ("ws/nested/deep/src/lib.rs", ""),
    (
        "ws/nested/deep/tests/t.rs",
        asks!("within_a_nested_member", "nested/deep/tests/fixtures/place"),
    ),
    (
        "ws/pathed/Cargo.toml",
        manifest!(
            "pathed",
            "2024",
            "[dev-dependencies]\nllmock.workspace = true\nclient.path = \"../client\"\n\
             [[test]]\nname = \"x\"\npath = \"../shared/x.rs\"\n"
        ),
    ),
    ("ws/pathed/src/lib.rs", ""),
    ("ws/shared/x.rs", asks!("declared_elsewhere", "shared/fixtures/place")),
    (
        "ws/doc2021/Cargo.toml",
        manifest!(
            "doc2021",
            "2021",
            "[dependencies]\nllmock.workspace = true\nclient.path = \"../client\"\n"
        ),
    ),
    (
        "ws/doc2021/src/lib.rs",
        "//! ```\n//! #[llmock::llm_replay(fixture = \"place\")]\n\
         //! fn example() { assert_eq!(client::ask(\"where\"), \"doc2021/src/fixtures/place\"); }\n\
         //! example();\n//! ```\n",
    ),
    (
        "outside/Cargo.toml",
        manifest!(
            "outside",
            "2024",
            "workspace = \"../ws\"\n[dev-dependencies]\nllmock.workspace = true\nclient.path = \"../ws/client\"\n"
        ),
    ),
    ("outside/src/lib.rs", ""),
    ("outside/tests/far.rs", asks!("outside_the_workspace", "outside/tests/fixtures/place")),
];

/// Tests that name no fixture.
const AUTO: &str = r#"
#[llmock::llm_replay]
#[test]
fn named_after_itself() {
    assert_eq!(client::ask("where"), "member/tests/fixtures/auto/named_after_itself");
}

mod inner {
    #[llmock::llm_replay]
    #[test]
    fn named_after_its_module() {
        assert_eq!(client::ask("where"), "member/tests/fixtures/auto/inner/named_after_its_module");
    }
}

mod shared {
    #[llmock::llm_replay]
    #[test]
    fn one_file_for_a_module() {
        assert_eq!(client::ask("where"), "member/tests/fixtures/auto/shared");
    }
}

#[llmock::llm_replay(fixture = "folder/v1.2")]
mod named {
    #[test]
    fn by_its_module() {
        assert_eq!(client::ask("where"), "member/tests/fixtures/folder/v1.2/by_its_module");
    }
}

#[rstest::rstest]
#[case(1)]
#[case(2)]
#[llmock::llm_replay]
fn by_case(#[case] number: u8) {
    let place = format!("member/tests/fixtures/auto/by_case/case_{number}");
    assert_eq!(client::ask("where"), place);
}

#[llmock::llm_replay]
#[test_case::test_case("test_case_1_one"; "one")]
#[test_case::test_case("test_case_2_two"; "two")]
fn by_test_case(case: &str) {
    let place = format!("member/tests/fixtures/auto/by_test_case/{case}");
    assert_eq!(client::ask("where"), place);
}
"#;

/// Where fixtures lie; `ws/` is not part of what they answer.
const FIXTURES: &[&str] = &[
    "ws/tests/fixtures/place",
    "ws/member/src/fixtures/place",
    "ws/member/src/fixtures/file/in_a_module_of_its_own",
    "ws/member/tests/fixtures/place",
    "ws/member/tests/fixtures/foreign",
    "ws/member/tests/fixtures/recorded",
    "ws/member/tests/inc/fixtures/place",
    "ws/member/tests/multi/fixtures/place",
    "ws/member/tests/fixtures/auto/named_after_itself",
    "ws/member/tests/fixtures/auto/inner/named_after_its_module",
    "ws/member/tests/fixtures/auto/shared",
    "ws/member/tests/fixtures/folder/v1.2/by_its_module",
    "ws/member/tests/fixtures/auto/by_case/case_1",
    "ws/member/tests/fixtures/auto/by_case/case_2",
    "ws/member/tests/fixtures/auto/by_test_case/test_case_1_one",
    "ws/member/tests/fixtures/auto/by_test_case/test_case_2_two",
    "ws/nested/deep/tests/fixtures/place",
    "ws/shared/fixtures/place",
    "ws/doc2021/src/fixtures/place",
    "outside/tests/fixtures/place",
];

/// Each fixture with its own place as its answer.
pub(crate) fn fixtures() -> Vec<(String, String)> {
    let file = |path: &&str| {
        let place = path.strip_prefix("ws/").unwrap_or(path);
        (format!("{path}.json"), fixture(&[("where", place)]))
    };
    FIXTURES.iter().map(file).collect()
}
