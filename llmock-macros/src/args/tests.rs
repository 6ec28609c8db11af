use quote::ToTokens as _;

use super::*;

fn parse(tokens: &str) -> (Args, Vec<String>) {
    let mut errors = Errors::default();
    let args = Args::parse(tokens.parse().unwrap(), &mut errors);
    (args, errors.messages())
}

fn named(list: Option<Vec<Named>>) -> Vec<String> {
    let url = |url: Option<LitStr>| url.map_or_else(String::new, |url| format!("={}", url.value()));
    let one = |Named { id, url: address }| id.value() + &url(address);
    list.unwrap().into_iter().map(one).collect()
}

fn texts(list: &[LitStr]) -> Vec<String> {
    list.iter().map(LitStr::value).collect()
}

#[test]
fn every_key_is_read() {
    let (args, errors) = parse(
        r#"fixture = "agent/turns", mode = "auto", providers("openai", groq, acme = "https://llm.acme.dev/v1",), match_on("model", "messages",),
           ignore("$.a", "$.b[?@.c == 1]"), normalize("$.x", "[0-9]+" => "N", r"\s+" => " "), normalize("$.y", "a" => "b"),
           order = "strict", unused = "fail", calls = 3u32, side("GET /v1/models"), allow_errors(401, 0x1f4),
           env(MY_URL = "{base}/openai/v1", B = "x"), proxy = true, intercept = false, crate = crate::prelude::llmock,"#,
    );
    assert_eq!(errors, [] as [&str; 0]);
    assert_eq!(args.fixture.unwrap().value(), "agent/turns");
    assert_eq!(args.mode.unwrap().value(), "auto");
    assert_eq!(named(args.providers), ["openai", "groq", "acme=https://llm.acme.dev/v1"]);
    assert!(args.proxy.unwrap().value() && !args.intercept.unwrap().value());
    assert_eq!(texts(&args.match_on.unwrap()), ["model", "messages"]);
    assert_eq!(texts(&args.ignore.unwrap()), ["$.a", "$.b[?@.c == 1]"]);
    let rules: Vec<_> = args
        .normalize
        .unwrap()
        .iter()
        .map(|(a, b, c)| [a.value(), b.value(), c.value()].join(" ~ "))
        .collect();
    assert_eq!(rules, ["$.x ~ [0-9]+ ~ N", r"$.x ~ \s+ ~  ", "$.y ~ a ~ b"]);
    assert_eq!(args.order.unwrap().value(), "strict");
    assert_eq!(args.unused.unwrap().value(), "fail");
    assert_eq!(args.calls.unwrap().to_string(), "3");
    assert_eq!(texts(&args.side.unwrap()), ["GET /v1/models"]);
    let statuses: Vec<_> = args.allow_errors.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(statuses, ["401", "500"]);
    let env: Vec<_> = args
        .env
        .unwrap()
        .pairs
        .iter()
        .map(|(n, v)| format!("{}={}", n.value(), v.value()))
        .collect();
    assert_eq!(env, ["MY_URL={base}/openai/v1", "B=x"]);
    assert_eq!(args.krate.unwrap().to_token_stream().to_string(), "crate :: prelude :: llmock");
}

#[test]
fn nothing_and_the_bare_key_are_read() {
    let (args, errors) = parse("");
    assert!(errors.is_empty() && args.fixture.is_none() && args.allow_errors.is_none());
    let (args, errors) = parse(r#"allow_errors, provider = "mistral""#);
    assert!(errors.is_empty());
    assert_eq!(args.allow_errors.unwrap().len(), 0);
    assert_eq!(named(args.providers), ["mistral"]);
}

#[test]
fn each_mistake_has_its_message() {
    let cases = [
        (r#"fixtur = "a""#, "unknown argument `fixtur`; did you mean `fixture`?"),
        (r#"cassette = "a""#, "unknown argument `cassette`; expected one of `fixture`, `mode`"),
        (r#"fixture = "a", fixture = "b""#, "`fixture` is given twice"),
        (r#"provider = "a", providers("b")"#, "`providers` is given twice"),
        ("fixture", r#"expected a string literal, e.g. `fixture = "summarize"`"#),
        ("fixture = 3", r#"expected a string literal, e.g. `fixture = "summarize"`"#),
        (r#"fixture("a")"#, r#"expected a string literal, e.g. `fixture = "summarize"`"#),
        (r#""summarize""#, r#"expected a key, e.g. `fixture = "summarize"`"#),
        (r#"fixture = "a" mode = "auto""#, "expected `,` between arguments"),
        (r#"mode = "recrod""#, "`mode` cannot be `recrod`; did you mean `record`?"),
        (r#"mode = "Replay""#, "`mode` cannot be `Replay`; did you mean `replay`?"),
        (r#"order = "sorted""#, "`order` cannot be `sorted`; expected one of `any`, `strict`"),
        (
            r#"unused = "warn""#,
            "`unused` cannot be `warn`; expected one of `note`, `ignore`, `fail`",
        ),
        (
            r#"ignore = "$.a""#,
            r#"expected string literals in parentheses, e.g. `ignore("$.metadata.run")`"#,
        ),
        ("ignore()", r#"expected string literals in parentheses, e.g. `ignore("$.metadata.run")`"#),
        (
            "ignore(a)",
            r#"expected string literals in parentheses, e.g. `ignore("$.metadata.run")`"#,
        ),
        (r#"ignore("$.a[")"#, "invalid JSONPath `$.a[`"),
        (r#"match_on("$.a")"#, "`match_on` takes names of body fields, not the path `$.a`"),
        (r#"normalize("$.a")"#, "expected a path and what to even out in it"),
        (r#"normalize("$.a", "x")"#, "expected a path and what to even out in it"),
        (r#"normalize("a", "x" => "y")"#, "invalid JSONPath `a`"),
        ("calls = -1", "expected a number of requests, e.g. `calls = 3`"),
        ("calls(3)", "expected a number of requests, e.g. `calls = 3`"),
        ("calls = 99999999999", "expected a number of requests, e.g. `calls = 3`"),
        (r#"side("models")"#, "`models` is not a method and a path"),
        ("allow_errors(200)", "`200` is not an error status (400 to 599)"),
        ("allow_errors()", "expected statuses in parentheses, e.g. `allow_errors(401, 429)`"),
        ("allow_errors = true", "expected statuses in parentheses, e.g. `allow_errors(401, 429)`"),
        (r#"env(A = "1", A = "2")"#, "`A` is given twice"),
        (r#"env(LLMOCK_MODE = "x")"#, "`LLMOCK_MODE` belongs to llmock and cannot be set here"),
        (r#"env(ÄPFEL = "x")"#, "`ÄPFEL` is no name of a variable"),
        (r#"env("A" = "x")"#, "expected variables in parentheses"),
        (r#"env(A = "\0")"#, "a variable cannot hold a NUL character"),
        (r#"provider = "OpenAI""#, "`OpenAI` is no provider id"),
        (
            r#"providers(openai, acme = "")"#,
            "`acme` has no address; write the base URL of its API, e.g.",
        ),
        (r#"providers(acme = "llm.acme.dev")"#, "`llm.acme.dev` is no base URL of an API, e.g."),
        ("providers(acme =)", "expected providers in parentheses, e.g. `providers(openai, acme"),
        ("providers(acme = 7)", "expected providers in parentheses"),
        ("providers()", "expected providers in parentheses"),
        (r#"providers("OpenAI")"#, "`OpenAI` is no provider id"),
        ("proxy", "expected `true` or `false`, e.g. `proxy = true`"),
        (r#"intercept = "yes""#, "expected `true` or `false`, e.g. `intercept = true`"),
        (r#"crate = "llmock""#, "expected the path of llmock, e.g. `crate = my_prelude::llmock`"),
    ];
    for (tokens, expected) in cases {
        let (_, errors) = parse(tokens);
        assert_eq!(errors.len(), 1, "{tokens}: {errors:?}");
        assert!(errors[0].starts_with(expected), "{tokens}: {errors:?}");
    }
}

#[test]
fn a_mistake_hides_no_other_and_loses_no_neighbour() {
    let (args, errors) =
        parse(r#"fixtur = "a", order = "strict", calls = x y, mode = "replya", unused = "fail""#);
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert_eq!(args.order.unwrap().value(), "strict");
    assert_eq!(args.unused.unwrap().value(), "fail");
    assert!(args.mode.is_none());
}

#[test]
fn inner_keys_win_over_outer_ones_key_by_key() {
    let (outer, _) = parse(r#"order = "strict", ignore("$.a"), calls = 1"#);
    let (inner, _) = parse(r#"ignore("$.b"), unused = "fail""#);
    let merged = inner.or(&outer);
    assert_eq!(merged.order.unwrap().value(), "strict");
    assert_eq!(texts(&merged.ignore.unwrap()), ["$.b"]);
    assert_eq!(merged.unused.unwrap().value(), "fail");
    assert_eq!(merged.calls.unwrap().to_string(), "1");
}
