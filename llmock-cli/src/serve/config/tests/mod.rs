mod wrong;

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::time::Duration;

use llmock::playback::Rules;

use super::keys::{KEYS, Key, variable};
use super::parts::Cors;
use super::*;
use crate::serve::fault::{self, Faults, Kind};
use crate::serve::metrics::Metrics;
use crate::serve::pace::Pace;
use crate::serve::{pace, sessions};

/// The configuration that a file, variables and flags make; notes are left out.
fn read(file: &str, variables: &[(&str, &str)], flags: &Flags) -> Result<Config, String> {
    read_all(file, variables, flags).map(|(config, _)| config)
}

fn read_all(
    file: &str,
    variables: &[(&str, &str)],
    flags: &Flags,
) -> Result<(Config, Vec<String>), String> {
    let mut flags = flags.clone();
    // What clap does with the process's environment, which tests must not change.
    for (name, value) in variables {
        let Some(key) = Key::of_variable(name) else { continue };
        if flags.values.flags.iter().all(|(set, _)| set.path != key.path) {
            flags.values.variables.push((key, (*value).to_owned()));
        }
    }
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    configure(Some((Path::new("etc/llmock.yaml"), file)), variables, &flags)
        .map_err(|error| error.to_string())
}

fn file(text: &str) -> Config {
    read(text, &[], &Flags::default()).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

fn variables(variables: &[(&str, &str)]) -> Result<Config, String> {
    read("", variables, &Flags::default())
}

fn with_set(settings: &[&str]) -> Flags {
    let set = settings.iter().map(|&text| text.to_owned());
    let mut flags = Flags::default();
    flags.set.extend(set);
    flags
}

fn flags(arguments: &[&str]) -> Flags {
    #[derive(clap::Parser)]
    struct Serve {
        #[command(flatten)]
        flags: Flags,
    }

    let arguments = ["serve"].iter().chain(arguments);
    let parsed = <Serve as clap::Parser>::try_parse_from(arguments);
    parsed.unwrap_or_else(|error| panic!("{error}")).flags
}

#[test]
fn defaults_make_a_usable_and_private_server() {
    let (config, notes) = configure(None, [], &Flags::default()).unwrap();
    let usual = [StrategyName::Error, StrategyName::ToolCall, StrategyName::Mirror];
    assert_eq!(config.strategies, usual);
    assert_eq!((config.host.as_str(), config.port), ("127.0.0.1", 8000));
    assert_eq!((config.api_key, config.models, config.cors), (None, vec![], Cors::default()));
    assert!(config.pace.is_instant() && config.faults == Faults::default());
    assert_eq!((config.body_limit, config.history), (16 << 20, 1000));
    assert_eq!(notes, [""; 0]);
}

const WHOLE: &str = r"
strategies: [CustomAnswersStrategy, MirrorStrategy]
models:
  - id: gpt-4o
    created: 1715367049
    owned_by: openai
  - 'meta/llama-3'
api-key: your-secret-api-key
cors:
  allow-origins:
    - http://localhost:8080
host: 0.0.0.0
port: 9000
customReplies:
  - question: What is the answer?
    answer: 42
matching:
  ignore: ['$.metadata.run', '$..cache_control']
  normalize:
    - {path: $.messages, pattern: 'run-\d+', replacement: RUN}
  match_on: [model, messages]
upstreams: {openai: 'http://gateway/v1/'}
pace: {time-to-first-token: 200ms, tokens-per-second: 50, jitter: 0.1, seed: 7, recorded: true}
faults:
  rate: 0.5
  kinds: ['status=429, retry-after=2', disconnect]
  seed: 8
history: 10
body-limit: 1M
read-timeout: 5s
shutdown-timeout: 0
";

#[test]
fn every_key_of_a_file_has_an_effect() {
    let config = file(WHOLE);
    assert_eq!(config.strategies, [StrategyName::CustomAnswers, StrategyName::Mirror]);
    let model = |id: &str, created, owned_by: &str| Model {
        id: id.to_owned(),
        created,
        owned_by: owned_by.to_owned(),
    };
    let models = [model("gpt-4o", 1_715_367_049, "openai"), model("meta/llama-3", 0, "llmock")];
    assert_eq!(config.models, models);
    assert_eq!(config.api_key.as_deref(), Some("your-secret-api-key"));
    assert_eq!(config.cors.allow_origins, ["http://localhost:8080"]);
    assert_eq!((config.host.as_str(), config.port), ("0.0.0.0", 9000));
    let reply = CustomReply { question: "What is the answer?".to_owned(), answer: "42".to_owned() };
    assert_eq!(config.custom_replies, [reply]);
    let rules = Rules::default()
        .ignore("$.metadata.run")
        .and_then(|rules| rules.ignore("$..cache_control"))
        .and_then(|rules| rules.normalize("$.messages", r"run-\d+", "RUN"))
        .and_then(|rules| rules.match_on(["model", "messages"]));
    assert_eq!(config.matching, rules.unwrap());
    let gateway = ("openai".to_owned(), "http://gateway/v1".to_owned());
    assert_eq!(config.upstreams, BTreeMap::from([gateway]));
    let pace = Pace {
        time_to_first_token: Duration::from_millis(200),
        tokens_per_second: 50.0,
        jitter: 0.1,
        seed: Some(7),
        recorded: true,
        ..Pace::default()
    };
    assert_eq!(config.pace, pace);
    let kinds =
        ["status=429, retry-after=2", "disconnect"].map(|kind| Kind::from_str(kind).unwrap());
    assert_eq!(config.faults, Faults { rate: 0.5, kinds: kinds.to_vec(), seed: Some(8) });
    assert_eq!((config.history, config.body_limit), (10, 1 << 20));
    assert_eq!(config.read_timeout, Duration::from_secs(5));
    assert_eq!(config.shutdown_timeout, Duration::ZERO);
}

#[test]
fn an_empty_file_changes_nothing() {
    let (default, _) = configure(None, [], &Flags::default()).unwrap();
    for nothing in [
        "",
        "\n# only a comment\n",
        "---\n",
        "~",
        "{}",
        "\u{feff}",
        "api-key:\nport: null\ncors:\n",
        "strategies: null\nmodels: ~\nfaults: {kinds: null}\nupstreams:\n",
        "matching: {ignore: null, normalize: ~, match_on:}\n",
        "matching: {ignore: [], normalize: []}\n",
    ] {
        assert_eq!(file(nothing), default, "{nothing:?}");
    }
}

#[test]
fn variables_flags_and_set_override_the_file() {
    let other = [
        ("strategies", "MirrorStrategy"),
        ("models", "a;b"),
        ("api-key", "other"),
        ("cors.allow-origins", "*"),
        ("host", "::1"),
        ("port", "1"),
        ("customReplies", r#"[{"question": "q", "answer": "a"}]"#),
        ("fixtures", "elsewhere"),
        ("record", "true"),
        ("watch", "true"),
        ("matching.ignore", "$.user;$.seed"),
        ("matching.normalize", r#"[{"path": "$.a", "pattern": "b", "replacement": ""}]"#),
        ("matching.match_on", "model"),
        ("upstreams", r#"{"openai": "https://other"}"#),
        ("pace.time-to-first-token", "1s"),
        ("pace.tokens-per-second", "1.5"),
        ("pace.jitter", "1"),
        ("pace.seed", "1"),
        ("pace.recorded", "false"),
        ("faults.rate", "1"),
        ("faults.kinds", "truncate;slow=1s"),
        ("faults.seed", "1"),
        ("history", "0"),
        ("body-limit", "1K"),
        ("read-timeout", "1s"),
        ("shutdown-timeout", "1s"),
    ];
    let named: Vec<&str> = other.iter().map(|(path, _)| *path).collect();
    assert_eq!(named, KEYS.iter().map(|key| key.path).collect::<Vec<_>>());

    // Keys that depend on each other: the file sets all except the one under test.
    let file = format!("{WHOLE}fixtures: f\n")
        .replace("[CustomAnswersStrategy, MirrorStrategy]", "[FixtureStrategy, ProxyStrategy]");
    let before = read(&file, &[], &Flags::default()).unwrap();
    for (path, value) in other {
        let file = if path == "strategies" { WHOLE } else { &file };
        let before = if path == "strategies" { self::file(WHOLE) } else { before.clone() };
        let by_variable = read(file, &[(&variable(path), value)], &Flags::default()).unwrap();
        let by_set = read(file, &[], &with_set(&[&format!("{path}={value}")])).unwrap();
        assert_ne!(by_variable, before, "{path}");
        assert_eq!(by_variable, by_set, "{path}");
        let flag = format!("{}={value}", Key::of(path).unwrap().flag());
        assert_eq!(by_variable, read(file, &[], &flags(&[&flag])).unwrap(), "{path}");
    }
}

#[test]
fn null_can_be_overridden_and_overrides() {
    let overridden =
        read("api-key: null\n", &[("LLMOCK_API_KEY", "k")], &Flags::default()).unwrap();
    assert_eq!(overridden.api_key.as_deref(), Some("k"));
    for nothing in ["", "null"] {
        let config = read(WHOLE, &[("LLMOCK_API_KEY", nothing)], &Flags::default()).unwrap();
        assert_eq!(config.api_key, None);
        let config = read(WHOLE, &[("LLMOCK_PORT", nothing)], &Flags::default()).unwrap();
        assert_eq!(config.port, 8000, "back to the default");
        let config = read(WHOLE, &[("LLMOCK_MODELS", nothing)], &Flags::default()).unwrap();
        assert_eq!(config.models, []);
    }
}

#[test]
fn flags_override_variables_which_override_the_file() {
    let file = "port: 1\n";
    let port =
        |variables: &[(&str, &str)], flags: &Flags| read(file, variables, flags).unwrap().port;
    assert_eq!(port(&[], &flags(&[])), 1);
    assert_eq!(port(&[("LLMOCK_PORT", "2")], &flags(&[])), 2);
    assert_eq!(port(&[("LLMOCK_PORT", "2")], &flags(&["--set", "port=3"])), 3);
    let both = flags(&["--port", "4", "--set", "port=3"]);
    assert_eq!(port(&[("LLMOCK_PORT", "2")], &both), 4);
}

#[test]
fn lists_use_semicolons_or_json() {
    let strategies =
        |text| variables(&[("LLMOCK_STRATEGIES", text)]).map(|config| config.strategies);
    let both = Ok(vec![StrategyName::Error, StrategyName::Mirror]);
    for text in [
        "ErrorStrategy;MirrorStrategy",
        " ErrorStrategy ; MirrorStrategy; ",
        r#"["ErrorStrategy", "MirrorStrategy"]"#,
    ] {
        assert_eq!(strategies(text), both, "{text}");
    }
    let origins = variables(&[("LLMOCK_CORS_ALLOW_ORIGINS", "http://a;https://b:1")]).unwrap();
    assert_eq!(origins.cors.allow_origins, ["http://a", "https://b:1"]);
    let json = r#"[{"id": "a", "created": 1}, "b"]"#;
    let models = variables(&[("LLMOCK_MODELS", json)]).unwrap().models;
    assert_eq!(models.iter().map(|model| model.created).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn scalars_of_variables_have_types() {
    for (text, expected) in [
        ("true", true),
        ("1", true),
        ("ON", true),
        ("false", false),
        ("0", false),
        ("False", false),
    ] {
        assert_eq!(variables(&[("LLMOCK_WATCH", text)]).unwrap().watch, expected, "{text}");
    }
    // A key of digits is a key.
    assert_eq!(variables(&[("LLMOCK_API_KEY", "123")]).unwrap().api_key.as_deref(), Some("123"));
    for (name, wrong) in [
        ("LLMOCK_WATCH", "maybe"),
        ("LLMOCK_PORT", "eighty"),
        ("LLMOCK_PORT", "70000"),
        ("LLMOCK_PORT", "-1"),
        ("LLMOCK_PACE_JITTER", "2"),
        ("LLMOCK_PACE_TOKENS_PER_SECOND", "fast"),
        ("LLMOCK_PACE_TIME_TO_FIRST_TOKEN", "200"),
        ("LLMOCK_CUSTOMREPLIES", "q;a"),
        ("LLMOCK_STRATEGIES", "[1]"),
        ("LLMOCK_MODELS", "[\"a\""),
        ("LLMOCK_PACE", "50"),
        ("LLMOCK_HISTORY", "10000000000"),
    ] {
        let error = variables(&[(name, wrong)]).unwrap_err();
        assert!(error.starts_with(&format!("variable `{name}`: ")), "{error}");
    }
}

#[test]
fn a_section_can_be_json_and_its_keys_win() {
    let config = read(
        "pace: {seed: 7, jitter: 1}\n",
        &[
            ("LLMOCK_PACE", r#"{"jitter": 0.5, "tokens-per-second": 10}"#),
            ("LLMOCK_PACE_TOKENS_PER_SECOND", "20"),
            ("LLMOCK_UPSTREAMS", r#"{"openai": "http://a", "groq": "http://b"}"#),
            ("LLMOCK_UPSTREAMS_GROQ", "http://c"),
        ],
        &Flags::default(),
    )
    .unwrap();
    let pace = &config.pace;
    assert_eq!((pace.seed, pace.jitter, pace.tokens_per_second), (Some(7), 0.5, 20.0));
    assert_eq!(config.upstreams["openai"], "http://a");
    assert_eq!(config.upstreams["groq"], "http://c");
}

#[test]
fn ignores_library_variables_and_reports_unknown_ones() {
    let reserved =
        [("LLMOCK_MODE", "nonsense"), ("LLMOCK_BASE_URL", "x"), ("LLMOCK_MAX_BODY", "x")];
    let (config, notes) = read_all("", &reserved, &Flags::default()).unwrap();
    assert_eq!((config, notes), (file(""), vec![]));

    let (_, notes) = read_all(
        "",
        &[("LLMOCK_PROT", "1"), ("LLMOCK_WIBBLE", "1"), ("OTHER_PORT", "1")],
        &Flags::default(),
    )
    .unwrap();
    assert_eq!(
        notes,
        [
            "unknown environment variable `LLMOCK_PROT`; did you mean `LLMOCK_PORT`?",
            "unknown environment variable `LLMOCK_WIBBLE`",
        ]
    );
}

#[test]
fn library_variables_are_reserved_and_not_keys() {
    let names = include_str!("../../../../../llmock/src/env/names.rs");
    let of_the_library: Vec<&str> = names
        .lines()
        .filter_map(|line| line.split_once(" = \"")?.1.split_once("\", \""))
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("LLMOCK_"))
        .collect();
    assert!(of_the_library.contains(&"LLMOCK_MODE"), "{of_the_library:?}");
    for name in of_the_library {
        assert!(variables::is_reserved(name), "{name} is not reserved");
    }
    for key in KEYS {
        assert!(!variables::RESERVED.contains(&variable(key.path).as_str()), "{}", key.path);
    }
}

#[test]
fn fixtures_and_recording_replace_the_default_strategies() {
    use StrategyName::{Error, Fixture, Proxy};
    let of = |arguments: &[&str]| read_all("", &[], &flags(arguments));
    let strategies = |arguments: &[&str]| of(arguments).unwrap().0.strategies;
    assert_eq!(strategies(&["--fixtures", "dir"]), [Fixture]);
    assert_eq!(strategies(&["--fixtures", "dir", "--record"]), [Fixture, Proxy]);
    let list = "ErrorStrategy,FixtureStrategy,ProxyStrategy";
    let listed = ["--fixtures", "dir", "--record", "--strategies", list];
    assert_eq!(strategies(&listed), [Error, Fixture, Proxy]);

    let mirror = ["--fixtures", "dir", "--strategies", "MirrorStrategy"];
    let recording = [&mirror[..], &["--record"]].concat();
    assert!(of(&recording).unwrap_err().contains("without `ProxyStrategy`"));
    let note = "`fixtures` has no effect without `FixtureStrategy` in `strategies`";
    assert_eq!(of(&mirror).unwrap().1, [note]);
    assert!(of(&["--strategies", "FixtureStrategy"]).unwrap_err().contains("needs `fixtures`"));
}

#[test]
fn a_folder_in_the_file_is_relative_to_the_file() {
    let text = "fixtures: recorded\n";
    assert_eq!(file(text).fixtures, Some("etc/recorded".into()));
    let by_variable = read(text, &[("LLMOCK_FIXTURES", "mine")], &Flags::default()).unwrap();
    assert_eq!(by_variable.fixtures, Some("mine".into()));
    assert_eq!(file("fixtures: /data\n").fixtures, Some("/data".into()));
}

#[test]
fn documentation_lists_every_key_variable_and_flag() {
    let page = include_str!("../../../../../docs/serve.md");
    for key in KEYS {
        let heading = format!("#### `{}`\n", key.path);
        let (_, part) = page.split_once(&heading).unwrap_or_else(|| panic!("no {heading}"));
        let part = part.split("\n#").next().unwrap();
        assert!(part.contains(&format!("`{}`", variable(key.path))), "{}", key.path);
        let default = key.arg().get_help().unwrap().to_string();
        let default = default.split_once("[default: ").map(|(_, rest)| rest.trim_end_matches(']'));
        for part_of_default in default.unwrap_or("default").split(',') {
            assert!(part.contains(part_of_default), "{part_of_default} in {part}");
        }
        assert!(part.contains("```"), "`{}` has no example", key.path);
    }
    let command = <Flags as clap::Args>::augment_args(clap::Command::new("serve"));
    let flags = command.get_arguments().filter_map(clap::Arg::get_long);
    for flag in flags.filter(|flag| ["config", "set"].contains(flag)) {
        assert!(page.contains(&format!("`--{flag} ")), "docs/serve.md does not have --{flag}");
    }
    for (name, _) in StrategyName::ALL {
        assert!(page.contains(&format!("| `{name}` |")), "docs/serve.md has no row for {name}");
    }
}

#[test]
fn documentation_lists_every_header_fault_and_metric() {
    let page = include_str!("../../../../../docs/serve.md");
    for header in [&pace::HEADER, &fault::HEADER, &sessions::HEADER] {
        assert!(page.contains(&format!("| `{header}` |")), "docs/serve.md has no row for {header}");
    }
    let table = page.split("| fault | |\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let rows = table.lines().skip(1).map(|row| row.split('`').nth(1).unwrap());
    let faults: Vec<&str> = rows
        .map(|text| Kind::from_str(text).unwrap_or_else(|why| panic!("{why}")).fault.name())
        .collect();
    assert_eq!(
        faults,
        ["status", "disconnect", "disconnect_midway", "truncate", "malformed", "slow"]
    );
    let shown = Metrics::new().shown();
    let metrics = shown.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    for (name, _) in metrics {
        assert!(page.contains(&format!("| `{name}")), "docs/serve.md has no row for {name}");
    }
}
