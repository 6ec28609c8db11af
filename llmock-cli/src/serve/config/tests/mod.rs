mod docs;
mod sources;
mod wrong;

use std::collections::HashMap;
use std::str::FromStr as _;
use std::time::Duration;

use llmock::Provider;
use llmock::playback::Rules;
use llmock_rules::AllowedHost;

use super::settings::Cors;
use super::*;
use crate::serve::fault::{Faults, Kind};
use crate::serve::pace::Pace;

/// The configuration that a file, variables and flags make; notes are left out.
fn read(file: &str, variables: &[(&str, &str)], flags: &Flags) -> Result<Config, String> {
    read_all(file, variables, flags).map(|(config, _)| config)
}

fn read_all(
    file: &str,
    variables: &[(&str, &str)],
    flags: &Flags,
) -> Result<(Config, Vec<String>), String> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    configure(Some((Path::new("etc/llmock.yaml"), file)), variables, flags)
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
    let usual =
        [StrategyName::Error, StrategyName::ToolCall, StrategyName::Schema, StrategyName::Mirror];
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
allowed-hosts: [LLM.example.com, '*.corp.example']
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
    let allowed: Vec<&str> = config.allowed_hosts.iter().map(AllowedHost::as_str).collect();
    assert_eq!(allowed, ["llm.example.com", "*.corp.example"]);
    let reply = CustomReply { question: "What is the answer?".to_owned(), answer: "42".to_owned() };
    assert_eq!(config.custom_replies, Some(vec![reply]));
    let rules = Rules::default()
        .ignore("$.metadata.run")
        .and_then(|rules| rules.ignore("$..cache_control"))
        .and_then(|rules| rules.normalize("$.messages", r"run-\d+", "RUN"))
        .and_then(|rules| rules.match_on(["model", "messages"]));
    assert_eq!(config.matching, rules.unwrap());
    let gateway = (Provider::OpenAI, "http://gateway/v1".to_owned());
    assert_eq!(config.upstreams, HashMap::from([gateway]));
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
