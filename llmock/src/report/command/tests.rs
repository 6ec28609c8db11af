use super::*;

const API: Place<'static> = Place {
    file: "tests/api.rs",
    module: "api",
    function: "summarize",
    thread: Some("summarize"),
    package: Some("my-app"),
    member: false,
    roots: Roots { lib: true, main: false },
    tests: &[],
    nextest: false,
};

fn plain(command: &Command) -> Option<String> {
    let line = command.in_mode("record")?;
    Some(line.strip_prefix("LLMOCK_MODE=record ").expect("the mode comes first").to_owned())
}

fn line(place: &Place<'_>) -> String {
    plain(&place.command()).expect("a place always has a command")
}

#[test]
fn names_the_target_and_the_test() {
    let unit = Place {
        file: "src/agent.rs",
        module: "my_app::agent::tests",
        thread: Some("agent::tests::summarize"),
        ..API
    };
    let both = Place { roots: Roots { lib: true, main: true }, ..unit.clone() };
    let bin = Place {
        file: "src/bin/my-tool.rs",
        module: "my_tool::tests",
        thread: Some("tests::summarize"),
        ..API
    };
    let cases = [
        (API, "cargo test --test api -- summarize --exact"),
        (
            Place { file: "app/tests/api/main.rs", member: true, ..API },
            "cargo test -p my-app --test api -- summarize --exact",
        ),
        (
            Place { file: r"app\tests\api.rs", member: true, ..API },
            "cargo test -p my-app --test api -- summarize --exact",
        ),
        (
            Place { file: "/elsewhere/app/tests/api.rs", ..API },
            "cargo test -p my-app --test api -- summarize --exact",
        ),
        (
            Place {
                file: "tests/my-api.rs",
                module: "my_api::agent",
                thread: Some("agent::summarize::case_1"),
                ..API
            },
            "cargo test --test my-api -- agent::summarize::case_1 --exact",
        ),
        (unit.clone(), "cargo test --lib -- agent::tests::summarize --exact"),
        (both.clone(), "cargo test -- agent::tests::summarize --exact"),
        (
            Place { file: "src/main.rs", module: "my_app::agent::tests", ..both.clone() },
            "cargo test --bin my-app -- agent::tests::summarize --exact",
        ),
        (
            Place { file: "src/lib.rs", ..both },
            "cargo test --lib -- agent::tests::summarize --exact",
        ),
        (
            Place { roots: Roots { lib: false, main: true }, ..unit.clone() },
            "cargo test --bin my-app -- agent::tests::summarize --exact",
        ),
        (bin, "cargo test --bin my-tool -- tests::summarize --exact"),
        (
            Place { file: "tests/src/lib.rs", module: "my_app", ..API },
            "cargo test --lib -- summarize --exact",
        ),
        (
            Place { file: "src/agent/tests/summaries.rs", ..unit },
            "cargo test --lib -- agent::tests::summarize --exact",
        ),
        (
            Place { file: "app/../shared/x.rs", module: "shared", ..API },
            "cargo test --test shared -- summarize --exact",
        ),
        (
            Place { file: "app/../shared/x.rs", module: "the_shared", ..API },
            "cargo test -- summarize --exact",
        ),
        (
            Place {
                file: "app/../shared/x.rs",
                module: "the_shared",
                tests: &["the-shared".to_owned()],
                ..API
            },
            "cargo test --test the-shared -- summarize --exact",
        ),
        (
            Place {
                file: "tests/suite/chat/tests/long.rs",
                module: "suite::chat::tests::long",
                thread: Some("chat::tests::long::summarize"),
                ..API
            },
            "cargo test --test suite -- chat::tests::long::summarize --exact",
        ),
    ];
    for (place, expected) in cases {
        assert_eq!(line(&place), expected, "{place:?}");
    }
}

#[test]
fn speaks_nextest_where_nextest_runs() {
    let place = Place { nextest: true, ..API };
    assert_eq!(line(&place), "cargo nextest run --test api -E 'test(=summarize)'");
    let unnamed = Place { thread: None, ..place };
    assert_eq!(line(&unnamed), "cargo nextest run --test api -E 'test(summarize)'");
}

#[test]
fn a_thread_that_is_not_the_tests_gives_no_exact_name() {
    for thread in [None, Some("main"), Some("tokio-rt-worker"), Some("summarize_more")] {
        let place = Place { thread, module: "api::agent", ..API };
        assert_eq!(line(&place), "cargo test --test api -- agent::summarize");
    }
}

#[test]
fn a_doctest_is_run_with_all_doctests() {
    for module in ["rust_out", "doctest_bundle_2024::__doctest_0"] {
        let place = Place { module, thread: Some("main"), nextest: true, ..API };
        assert_eq!(line(&place), "cargo test --doc");
    }
}

#[test]
fn the_mode_stands_in_front() {
    assert_eq!(
        API.command().phrase("record"),
        "LLMOCK_MODE=record cargo test --test api -- summarize --exact"
    );
    assert_eq!(Command::Program.phrase("record"), "the same program with LLMOCK_MODE=record");
}

#[test]
fn a_thread_named_like_a_test_is_a_test() {
    let cases = [
        (Some("agent::summarize"), "cargo test -- agent::summarize --exact"),
        (Some("main"), ""),
        (Some("tokio-rt-worker"), ""),
        (Some(""), ""),
        (None, ""),
    ];
    for (name, expected) in cases {
        let command = Command::of_thread(name, &Target::default(), false);
        assert_eq!(plain(&command).unwrap_or_default(), expected, "{name:?}");
    }
    let tests = ["api".to_owned(), "my-api".to_owned()];
    let target =
        |name| Target { package: Some("app"), member: true, name: Some(name), tests: &tests };
    for (name, expected) in [
        ("my_api", "cargo nextest run -p app --test my-api -E 'test(=a::b)'"),
        ("app", "cargo nextest run -p app -E 'test(=a::b)'"),
    ] {
        let command = Command::of_thread(Some("a::b"), &target(name), true);
        assert_eq!(plain(&command).as_deref(), Some(expected));
    }
}

#[test]
fn several_tests_share_one_line() {
    let test = |run: &str, name: &str, exact| Invocation {
        run: run.to_owned(),
        filter: Some(Filter { name: name.to_owned(), exact }),
    };
    let (api, lib) = ("cargo test --test api", "cargo test -p other --lib");
    let tests = [test(api, "b", true), test(lib, "c", true), test(api, "a::x", true)];
    assert_eq!(
        of_all(&tests),
        "LLMOCK_MODE=record cargo test --test api -- a::x b --exact && \
         LLMOCK_MODE=record cargo test -p other --lib -- c --exact"
    );
    let mixed = [test(api, "b", true), test(api, "cases", false), test(api, "b", true)];
    assert_eq!(
        of_all(&mixed),
        "LLMOCK_MODE=record cargo test --test api -- b --exact && \
         LLMOCK_MODE=record cargo test --test api -- cases"
    );
    let nextest = [test("cargo nextest run", "b", true), test("cargo nextest run", "a", true)];
    assert_eq!(of_all(&nextest), "LLMOCK_MODE=record cargo nextest run -E 'test(=a) | test(=b)'");
    let many: Vec<_> = (0..=NAMES).map(|at| test(api, &format!("t{at}"), true)).collect();
    assert_eq!(of_all(&many), "LLMOCK_MODE=refresh cargo test --test api");
    let doctest = Invocation { run: "cargo test --doc".to_owned(), filter: None };
    assert_eq!(of_all(&[doctest]), "LLMOCK_MODE=record cargo test --doc");
}

#[test]
fn odd_names_are_quoted_for_the_shell() {
    assert_eq!(quoted("r#try"), "'r#try'");
    assert_eq!(quoted("it's"), r"'it'\''s'");
    assert_eq!(quoted("a::b-c"), "a::b-c");
}
