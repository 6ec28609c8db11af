//! Invalid configurations and their messages.

use super::*;

#[test]
fn errors_in_a_file_have_line_and_column() {
    let strategies = "expected `ErrorStrategy`, `ScenarioStrategy`, `CustomAnswersStrategy`";
    let cases = [
        ("port: 1\nprot: 2\n", "2:1: unknown key `prot`; did you mean `port`?"),
        (
            "cors:\n  allow_origins: []\n",
            "2:3: unknown key `allow_origins`; did you mean `allow-origins`?",
        ),
        ("pace.jitter: 1\n", "1:1: unknown key `pace.jitter`: expected `strategies`, `models`"),
        ("port: 1\nstrategies: []\n", "empty list: name at least one"),
        (
            "strategies:\n- MirrorStrategy\n- Eror\n",
            &format!("3:3: unknown strategy `Eror`: {strategies}"),
        ),
        (
            "strategies: [MirorStrategy]",
            "1:14: unknown strategy `MirorStrategy`; did you mean `MirrorStrategy`?",
        ),
        (
            "port: eighty\n",
            "1:7: invalid type: string \"eighty\", expected a whole number up to 65535",
        ),
        ("port: '1'\n", "1:7: invalid type: string \"1\", expected a whole number up to 65535"),
        (
            "port: 65536\n",
            "1:7: invalid value: integer `65536`, expected a whole number up to 65535",
        ),
        ("record: 'true'\n", "1:9: invalid type: string \"true\", expected a boolean"),
        ("record: yes\n", "1:9: invalid type: string \"yes\", expected a boolean"),
        ("port: 1\napi-key: [a]\n", "2:10: invalid type: sequence, expected a string"),
        ("api-key: 123\n", "1:10: invalid type: integer `123`, expected a string"),
        ("api-key: ' '\n", "1:10: the key is empty; remove the setting to accept every client"),
        (
            "allowed-hosts: ['http://a']\n",
            "1:17: invalid host `http://a`: expected a name without a port, such as",
        ),
        ("port: 1\nmodels: gpt\n", "2:9: expected a list"),
        ("models:\n- {id: a, owner: b}\n", "2:11: unknown key `owner`: expected `id`"),
        ("models:\n- created: 1\n", "2:3: missing field `id`"),
        ("models:\n- {id: a, created: -1}\n", "2:20: invalid whole number"),
        ("customReplies:\n- question: q\n", "2:3: missing field `answer`"),
        ("customReplies: {question: q, answer: a}\n", "1:16: expected a list"),
        ("port: 1\ncors: '*'\n", "2:7: expected a mapping"),
        (
            "cors: {allow-origins: [localhost]}\n",
            "1:24: invalid origin `localhost`: expected a value such as",
        ),
        ("faults: {rate: 1.5}\n", "1:16: invalid share `1.5`: expected a number from 0 to 1"),
        (
            "faults: {kinds: [status=200]}\n",
            "1:18: invalid value `status=200`: expected 400 to 599",
        ),
        (
            "pace: {time-to-first-token: 200}\n",
            "1:29: invalid duration `200`: expected a value such as `200ms`",
        ),
        ("matching: {ignore: [$.a, b]}\n", "1:26: invalid JSONPath `b`: "),
        ("matching: {ignore: [$.a, 1]}\n", "1:26: invalid JSONPath `1`: "),
        ("matching: {ignore: {}}\n", "1:20: invalid type: map, expected a list"),
        ("matching:\n  match-on: [a]\n", "2:3: unknown key `match-on`; did you mean `match_on`?"),
        ("matching: {match_on: []}\n", "empty list: name at least one"),
        ("matching: {match_on: [a, '']}\n", "1:26: "),
        ("matching: {match_on: [$.a]}\n", "1:23: "),
        ("matching:\n  normalize:\n  - {path: $.a, pattern: (, replacement: b}\n", "3:5: "),
        (
            "matching:\n  normalize:\n  - {path: $.a, pattern: b}\n",
            "3:17: missing field `replacement`",
        ),
        (
            "matching: {normalize: [{path: $.a, regex: b}]}\n",
            "1:36: unknown key `regex`: expected `path`",
        ),
        ("matching: {normalize: [$.a]}\n", "1:24: expected a mapping"),
        ("matching: $.a\n", "1:11: expected a mapping"),
        (
            "upstreams: {openai: gateway}\n",
            "1:21: invalid base URL `gateway`: expected a value such as `https://",
        ),
        ("upstreams: {Open AI: 'http://a'}\n", "1:13: "),
        (
            "port: 1\nrecord: true\n",
            "configuration: `record` needs `fixtures`, the folder to write to",
        ),
        ("- port\n", "1:1: expected a mapping"),
        ("1: 2\n", "1:1: unknown key `1`: expected `strategies`"),
        ("port: 1\n---\nport: 2\n", "3:1: second document; a configuration is one document"),
        ("host: [1\n", "etc/llmock.yaml:"),
        ("{port: 1\n", "etc/llmock.yaml:"),
        ("port: 1\nport: 2\n", "2:1: duplicate mapping key `port`"),
        ("port: !!int x\n", "1:13: invalid whole number"),
    ];
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        let error = read(text, &[], &Flags::default()).unwrap_err();
        let place = ["etc/llmock.yaml:", "configuration: "];
        assert!(place.iter().any(|place| error.starts_with(place)), "{text}: {error}");
        if !error.contains(expected) {
            wrong.push(format!("{text:?}\n  {expected}\n  {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn accepts_files_of_the_python_server_with_a_note() {
    let text = "port: 9000\ndebug: true\nmodels:\n- {id: gpt-4o, created: 1, owned_by: openai}\n";
    let (config, notes) = read_all(text, &[], &Flags::default()).unwrap();
    assert_eq!((config.port, config.models.len()), (9000, 1));
    assert_eq!(notes, ["etc/llmock.yaml: `debug` has no effect"]);
    for (text, set) in [("pace: {debug: true}\n", &[][..]), ("", &["debug=true"])] {
        let error = read(text, &[], &with_set(set)).unwrap_err();
        assert!(error.contains("unknown key `"), "{error}");
    }
}

#[test]
fn rejects_invalid_flags() {
    for (setting, expected) in [
        ("port", "flag `--set port`: expected `KEY=VALUE`"),
        ("prot=1", "unknown key `prot`; did you mean `port`?"),
        ("port=x", "flag `--set port`: invalid number `x`: expected a number"),
        ("pace=1", "unknown key `pace`"),
    ] {
        let error = read("", &[], &with_set(&[setting])).unwrap_err();
        assert!(error.contains(expected), "{setting}: {error}");
    }
    let error = read("", &[], &flags(&["--strategies", ","])).unwrap_err();
    assert!(error.starts_with("flag `--strategies`: empty list: name at least one"), "{error}");
}

#[test]
fn ignores_variables_set_by_kubernetes() {
    let of_kubernetes = [
        ("LLMOCK_PORT", "tcp://10.0.0.1:8000"),
        ("LLMOCK_PORT_8000_TCP_ADDR", "10.0.0.1"),
        ("LLMOCK_SERVICE_HOST", "10.0.0.1"),
    ];
    let (config, notes) = read_all("port: 1\n", &of_kubernetes, &Flags::default()).unwrap();
    assert_eq!((config.port, notes.len()), (1, 1), "{notes:?}");
    assert!(notes[0].contains("enableServiceLinks: false"), "{notes:?}");
}
