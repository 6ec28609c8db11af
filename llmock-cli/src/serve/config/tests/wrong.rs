//! What makes no configuration, and what is said about it.

use super::*;

#[test]
fn what_is_wrong_in_a_file_is_named_with_its_line() {
    let cases = [
        ("port: 1\nprot: 2\n", "2:1: unknown key `prot`; did you mean `port`?"),
        (
            "cors:\n  allow_origins: []\n",
            "2:3: unknown key `cors.allow_origins`; did you mean `allow-origins`?",
        ),
        ("pace.jitter: 1\n", "1:1: unknown key `pace.jitter`; expected one of"),
        ("strategies: []\n", "1:13: `strategies` has no strategy, so nothing would be answered"),
        (
            "strategies:\n- MirrorStrategy\n- Eror\n",
            "3:3: unknown strategy `Eror`; expected one of `ErrorStrategy`",
        ),
        (
            "strategies: [MirorStrategy]",
            "1:14: unknown strategy `MirorStrategy`; did you mean `MirrorStrategy`?",
        ),
        ("port: eighty\n", "1:7: `port`: expected a whole number from 0 up, not `eighty`"),
        ("port: 65536\n", "1:7: `port` is above 65535"),
        ("record: 'true'\n", "1:9: `record`: expected `true` or `false`, not `true`"),
        ("api-key: [a]\n", "1:10: `api-key`: expected a text, not a list"),
        ("api-key: 123\n", "1:10: `api-key`: expected a text, not `123`"),
        ("models: gpt\n", "1:9: `models`: expected a list, not `gpt`"),
        ("models:\n- {id: a, owner: b}\n", "2:11: unknown key `owner` of a model; expected one of"),
        ("models:\n- created: 1\n", "2:3: a model needs an `id`"),
        ("models:\n- {id: a, created: -1}\n", "2:20: expected a whole number from 0 up, not `-1`"),
        ("customReplies:\n- question: q\n", "2:3: a custom reply needs an `answer`"),
        (
            "customReplies: {question: q, answer: a}\n",
            "1:16: `customReplies`: expected a list, not a mapping",
        ),
        ("cors: '*'\n", "1:7: `cors` is `*`, not a mapping"),
        ("cors: {allow-origins: [localhost]}\n", "1:24: `localhost` is no origin"),
        ("faults: {rate: 1.5}\n", "1:16: `faults.rate` is a part of 1, from 0 to 1"),
        ("faults: {kinds: [status=200]}\n", "1:18: `status=200` is no status from 400 to 599"),
        (
            "pace: {time-to-first-token: 200}\n",
            "1:29: `pace.time-to-first-token`: expected a duration",
        ),
        ("matching: {ignore: [$.a, b]}\n", "1:26: `matching.ignore`: invalid JSONPath `b`: "),
        ("matching: {ignore: [$.a, 1]}\n", "1:26: `matching.ignore`: expected a text, not `1`"),
        ("matching: {ignore: {}}\n", "1:20: `matching.ignore`: expected a list, not a mapping"),
        (
            "matching:\n  match-on: [a]\n",
            "2:3: unknown key `matching.match-on`; did you mean `match_on`?",
        ),
        ("matching: {match_on: []}\n", "1:22: `matching.match_on`: names no field"),
        ("matching: {match_on: [a, '']}\n", "1:26: `matching.match_on`: a field has no name"),
        (
            "matching:\n  normalize:\n  - {path: $.a, pattern: (, replacement: b}\n",
            "3:5: `matching.normalize`: `(` is not a regular expression: unclosed group",
        ),
        (
            "matching:\n  normalize:\n  - {path: $.a, pattern: b}\n",
            "3:5: a rule of `matching.normalize` needs a `replacement`",
        ),
        (
            "matching: {normalize: [{path: $.a, regex: b}]}\n",
            "1:36: unknown key `regex` of a rule of `matching.normalize`; expected one of `path`",
        ),
        ("matching: {normalize: [$.a]}\n", "1:24: a rule of `matching.normalize` is a mapping"),
        ("matching: $.a\n", "1:11: `matching` is `$.a`, not a mapping"),
        ("upstreams: {openai: gateway}\n", "1:21: upstream `gateway` of `openai` is no URL"),
        ("upstreams: {Open AI: 'http://a'}\n", "1:13: "),
        ("record: true\n", "1:9: `record` needs `fixtures`, the folder to write to"),
        ("- port\n", "1:1: a configuration is a mapping, not a list"),
        ("1: 2\n", "1:1: a key is a text, not `1`"),
        ("port: 1\n---\nport: 2\n", "3:1: a second document; a configuration is one"),
        ("port: [1\n", ": not YAML: "),
        ("port: 1\nport: 2\n", ": not YAML: "),
        ("port: !!int x\n", "1:7: a value that does not fit its tag"),
    ];
    for (text, expected) in cases {
        let error = read(text, &[], &Flags::default()).unwrap_err();
        assert!(error.starts_with("etc/llmock.yaml:"), "{text}: {error}");
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_file_of_the_python_server_is_taken_and_what_means_nothing_is_told() {
    let text = "port: 9000\ndebug: true\nmodels:\n- {id: gpt-4o, created: 1, owned_by: openai}\n";
    let (config, notes) = read_all(text, &[], &Flags::default()).unwrap();
    assert_eq!((config.port, config.models.len()), (9000, 1));
    assert_eq!(notes, ["etc/llmock.yaml:2:1: `debug` has no effect here"]);
    for (text, set) in [("pace: {debug: true}\n", &[][..]), ("", &["debug=true"])] {
        let error = read(text, &[], &with_set(set)).unwrap_err();
        assert!(error.contains("unknown key `"), "{error}");
    }
}

#[test]
fn a_flag_that_means_nothing_is_refused() {
    for (setting, expected) in [
        ("port", "flag `--set port`: expected `KEY=VALUE`"),
        ("prot=1", "unknown key `prot`; did you mean `port`?"),
        ("port=x", "flag `--set port`: `x` is no whole number"),
        ("pace=1", "unknown key `pace`"),
    ] {
        let error = read("", &[], &with_set(&[setting])).unwrap_err();
        assert!(error.contains(expected), "{setting}: {error}");
    }
    let none = Flags { strategies: Some(vec![String::new()]), ..Flags::default() };
    let error = read("", &[], &none).unwrap_err();
    assert!(error.starts_with("flag `--strategies`: `strategies` has no strategy"), "{error}");
}

#[test]
fn an_address_from_kubernetes_is_told_apart_from_a_port() {
    let error = variables(&[("LLMOCK_PORT", "tcp://10.0.0.1:8000")]).unwrap_err();
    assert!(error.contains("enableServiceLinks: false"), "{error}");
}
