use super::*;

fn parse(tokens: &str) -> (Args, Vec<String>) {
    let mut errors = Errors::default();
    let args = Args::parse(tokens.parse().unwrap(), &mut errors);
    (args, errors.messages())
}

/// The values as the expansion writes them, one line for each key.
fn written(args: &Args) -> Vec<String> {
    let root = quote::quote!(r);
    let one = |arg: &Arg| {
        let value = arg.value.written(arg.key, &root, Span::call_site());
        let value = value.map(|value| value.to_string().replace(' ', "").replace("r::Value::", ""));
        format!("{} {}", arg.key.name, value.unwrap_or_else(|| "-".to_owned()))
    };
    args.iter().map(one).collect()
}

#[test]
fn reads_every_key() {
    let (args, errors) = parse(
        r#"crate = crate::prelude::llmock, mode = "auto", providers("openai", groq, acme = "https://llm.acme.dev/v1",), match_on("model", "messages",),
           ignore("$.a", "$.b[?@.c==1]"), normalize("$.x", "[0-9]+" => "N", r"\s+" => "_",), normalize("$.y", "a" => "b"),
           order = "strict", unused = "fail", calls = 3u32, side("GET /v1/models"), allow_errors(401, 0x1f4),
           env(MY_URL = "{base}/openai/v1", B = "x"), proxy = true, intercept = true, fixture = "agent/turns","#,
    );
    assert_eq!(errors, [] as [&str; 0]);
    let some = |text: &str| format!("::core::option::Option::Some({text})");
    let providers = [
        r#"("openai",::core::option::Option::None),("groq",::core::option::Option::None),"#,
        r#"("acme","#,
        &some(r#""https://llm.acme.dev/v1""#),
        ")",
    ];
    let expected = [
        r#"fixture Text("agent/turns")"#,
        r#"mode Text("auto")"#,
        &format!("providers Providers(&[{}])", providers.concat()),
        r#"match_on Texts(&["model","messages"])"#,
        r#"ignore Texts(&["$.a","$.b[?@.c==1]"])"#,
        r#"normalize Replacements(&[("$.x","[0-9]+","N"),("$.x",r"\s+","_")])"#,
        r#"normalize Replacements(&[("$.y","a","b")])"#,
        r#"order Text("strict")"#,
        r#"unused Text("fail")"#,
        "calls Count(3)",
        r#"side Texts(&["GET/v1/models"])"#,
        "allow_errors Statuses(&[401,500])",
        r#"env Variables(&[("MY_URL","{base}/openai/v1"),("B","x")])"#,
        "proxy Switch(true)",
        "intercept Switch(r::intercept())",
        "crate -",
    ];
    assert_eq!(written(&args), expected);
    assert_eq!(args.fixture().unwrap().value(), "agent/turns");
    assert!(args.root().is_some());
}

#[test]
fn the_example_of_every_key_is_valid_and_every_key_is_documented() {
    let page = include_str!("../llm_replay.md");
    for key in KEYS {
        let (args, errors) = parse(key.attribute);
        assert_eq!(errors, [] as [&str; 0], "{}", key.attribute);
        assert!(args.get(key.name).is_some(), "{}", key.attribute);
        let starts = [format!("| `{} =", key.name), format!("| `{}(", key.name)];
        let is_documented = starts.iter().any(|start| page.contains(start.as_str()));
        assert!(is_documented, "`{}` has no row in the table of keys", key.name);
    }
}

#[test]
fn reads_no_arguments_and_the_bare_key() {
    let (args, errors) = parse("");
    assert!(errors.is_empty() && args.iter().next().is_none());
    let (args, errors) = parse(r#"allow_errors, provider = "mistral""#);
    assert!(errors.is_empty());
    assert_eq!(written(&args), [r#"provider Text("mistral")"#, "allow_errors Switch(true)"]);
}

#[test]
fn each_mistake_has_a_message() {
    let cases = [
        (r#"fixtur = "a""#, "unknown argument `fixtur`; did you mean `fixture`?"),
        (r#"cassette = "a""#, "unknown argument `cassette`: expected `fixture`, `mode`"),
        (r#"fixture = "a", fixture = "b""#, "`fixture` is given twice"),
        (r#"provider = "a", providers("b")"#, "`providers` is given twice"),
        ("fixture", r#"expected a string literal, such as `fixture = "summarize"`"#),
        ("fixture = 3", r#"expected a string literal, such as `fixture = "summarize"`"#),
        (r#"fixture("a")"#, r#"expected a string literal, such as `fixture = "summarize"`"#),
        (r#""summarize""#, r#"expected a key, such as `fixture = "summarize"`"#),
        (r#"fixture = "a" mode = "auto""#, "expected `,` between arguments"),
        (r#"mode = "recrod""#, "invalid mode `recrod`; did you mean `record`?"),
        (r#"order = "sorted""#, "invalid order `sorted`: expected `any` or `strict`"),
        (r#"unused = "warn""#, "invalid value `warn`: expected `note`, `fail`, or `ignore`"),
        (
            r#"ignore = "$.a""#,
            r#"expected string literals in parentheses, such as `ignore("$.metadata.run")`"#,
        ),
        (
            "ignore()",
            r#"expected string literals in parentheses, such as `ignore("$.metadata.run")`"#,
        ),
        (
            "ignore(a)",
            r#"expected string literals in parentheses, such as `ignore("$.metadata.run")`"#,
        ),
        (r#"ignore("$.a[")"#, "invalid JSONPath `$.a[`"),
        (r#"match_on("$.a")"#, "invalid field name `$.a`: expected a top-level field"),
        (r#"normalize("$.a")"#, "expected a path and replacements in parentheses"),
        (r#"normalize("$.a", "x")"#, "expected a path and replacements in parentheses"),
        (r#"normalize("a", "x" => "y")"#, "invalid JSONPath `a`"),
        ("calls = -1", "expected a number, such as `calls = 3`"),
        ("calls(3)", "expected a number, such as `calls = 3`"),
        ("calls = 99999999999", "expected a number, such as `calls = 3`"),
        (r#"side("models")"#, "invalid side call `models`: expected a method"),
        ("allow_errors(200)", "invalid status `200`: expected an error status"),
        ("allow_errors()", "expected statuses in parentheses, such as `allow_errors(401, 429)`"),
        (
            "allow_errors = true",
            "expected statuses in parentheses, such as `allow_errors(401, 429)`",
        ),
        (r#"env(A = "1", A = "2")"#, "`A` is given twice"),
        (r#"env(LLMOCK_MODE = "x")"#, "`LLMOCK_MODE` is one of llmock's own variables"),
        (r#"env(ÄPFEL = "x")"#, "invalid variable name `ÄPFEL`"),
        (r#"env("A" = "x")"#, "expected variables in parentheses"),
        (r#"env(A = "\0")"#, "a variable cannot hold a NUL character"),
        (r#"provider = "OpenAI""#, "invalid provider id `OpenAI`"),
        (r#"providers(openai, acme = "")"#, "invalid base URL ``: expected a value such as"),
        (
            r#"providers(acme = "llm.acme.dev")"#,
            "invalid base URL `llm.acme.dev`: expected a value such as",
        ),
        ("providers(acme =)", "expected providers in parentheses, such as `providers(openai, acme"),
        ("providers(acme = 7)", "expected providers in parentheses"),
        ("providers()", "expected providers in parentheses"),
        (r#"providers("OpenAI")"#, "invalid provider id `OpenAI`"),
        ("proxy", "expected `true` or `false`, such as `proxy = true`"),
        (r#"intercept = "yes""#, "expected `true` or `false`, such as `intercept = true`"),
        (r#"stream(pace = "fast")"#, "invalid pace `fast`: expected `none` or `recorded`"),
        ("stream(pace = -1)", "invalid pace `-1`: expected a number above zero"),
        (r#"stream(chunk = "event")"#, "unknown field `chunk` of `stream`; did you mean"),
        ("stream(chunks = [])", "invalid chunks `[]`: expected lengths above zero"),
        ("stream(chunks = [1, x])", "expected named values in parentheses, such as `stream("),
        (r#"stream = "event""#, "expected named values in parentheses, such as `stream("),
        ("stream(seed = 1, seed = 2)", "`seed` is given twice"),
        ("stream(seed = 1), stream(seed = 2)", "`stream` is given twice"),
        ("fault(status = 200)", "invalid `status` `200`: expected 400 to 599"),
        ("fault(times = 2)", "no fault is named: expected `status`, "),
        (r#"fault(slow = "soon")"#, "invalid duration `soon`"),
        (r#"sweep = "fault""#, "invalid sweep `fault`; did you mean `faults`?"),
        (r#"crate = "llmock""#, "expected a path, such as `crate = my_prelude::llmock`"),
    ];
    for (tokens, expected) in cases {
        let (_, errors) = parse(tokens);
        assert_eq!(errors.len(), 1, "{tokens}: {errors:?}");
        assert!(errors[0].starts_with(expected), "{tokens}: {errors:?}");
    }
}

#[test]
fn fields_keep_their_form() {
    let (args, errors) = parse(
        r#"stream(pace = 2.0, chunks = [1, 5], seed = 0x10), fault(status = 429, retry_after = 1),
           fault(refused, model = "gpt-*", probability = 0.5)"#,
    );
    assert_eq!(errors, [] as [&str; 0]);
    let expected = [
        r#"stream Fields(&[("pace",r::Field::Number("2.0")),("chunks",r::Field::Numbers(&[1usize,5usize])),("seed",r::Field::Number("16"))])"#,
        r#"fault Fields(&[("status",r::Field::Number("429")),("retry_after",r::Field::Number("1"))])"#,
        r#"fault Fields(&[("refused",r::Field::Switch(true)),("model",r::Field::Text("gpt-*")),("probability",r::Field::Number("0.5"))])"#,
    ];
    assert_eq!(written(&args), expected);
}

#[test]
fn a_mistake_does_not_hide_another() {
    let (args, errors) =
        parse(r#"fixtur = "a", order = "strict", calls = x y, mode = "replya", unused = "fail""#);
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert_eq!(written(&args), [r#"order Text("strict")"#, r#"unused Text("fail")"#]);
}

#[test]
fn inner_keys_win_over_outer_keys() {
    let (outer, _) = parse(r#"order = "strict", ignore("$.a"), calls = 1"#);
    let (inner, _) = parse(r#"ignore("$.b"), unused = "fail""#);
    let merged = inner.or(&outer);
    let expected = [
        r#"ignore Texts(&["$.b"])"#,
        r#"order Text("strict")"#,
        r#"unused Text("fail")"#,
        "calls Count(1)",
    ];
    assert_eq!(written(&merged), expected);
    assert!(merged.get("order").unwrap().is_inherited);
}
