//! Invalid configurations and their messages.

use super::*;

#[test]
fn mistakes_in_a_file_have_a_line_and_a_column() {
    let whole = "expected a whole number that is not negative";
    let strategies = "expected `ErrorStrategy`, `CustomAnswersStrategy`, `ToolCallStrategy`";
    let cases = [
        ("port: 1\nprot: 2\n", "2:1: unknown key `prot`; did you mean `port`?"),
        (
            "cors:\n  allow_origins: []\n",
            "2:3: unknown key `cors.allow_origins`; did you mean `allow-origins`?",
        ),
        ("pace.jitter: 1\n", "1:1: unknown key `pace.jitter`: expected `strategies`, `models`"),
        ("port: 1\nstrategies: []\n", "2:1: `strategies` is empty: name at least one strategy"),
        (
            "strategies:\n- MirrorStrategy\n- Eror\n",
            &format!("3:3: `strategies`: unknown strategy `Eror`: {strategies}"),
        ),
        (
            "strategies: [MirorStrategy]",
            "1:14: `strategies`: unknown strategy `MirorStrategy`; did you mean `MirrorStrategy`?",
        ),
        ("port: eighty\n", &format!("1:7: `port`: invalid number `eighty`: {whole}")),
        ("port: '1'\n", &format!("1:7: `port`: invalid number `1`: {whole}")),
        ("port: 65536\n", "1:7: `port`: invalid number `65536`: expected at most 65535"),
        ("record: 'true'\n", "1:9: `record`: invalid switch `true`: expected `true` or `false`"),
        ("record: yes\n", "1:9: `record`: invalid switch `yes`: expected `true` or `false`"),
        (
            "port: 1\napi-key: [a]\n",
            "2:1: `api-key`: invalid type: sequence, expected a single value",
        ),
        ("api-key: 123\n", "1:10: `api-key`: invalid value `123`: expected a string, in quotes"),
        ("port: 1\nmodels: gpt\n", "2:1: `models`: invalid type: string \"gpt\", expected a list"),
        (
            "models:\n- {id: a, owner: b}\n",
            "2:11: `models`: unknown field `owner`, expected one of id",
        ),
        ("models:\n- created: 1\n", "2:3: `models`: missing field `id`"),
        (
            "models:\n- {id: a, created: -1}\n",
            &format!("2:20: `models`: invalid number `-1`: {whole}"),
        ),
        ("customReplies:\n- question: q\n", "2:3: `customReplies`: missing field `answer`"),
        (
            "customReplies: {question: q, answer: a}\n",
            "1:16: `customReplies`: invalid type: map, expected a list",
        ),
        ("port: 1\ncors: '*'\n", "2:1: invalid type: string \"*\", expected a mapping as `cors`"),
        (
            "cors: {allow-origins: [localhost]}\n",
            "1:24: `cors.allow-origins`: invalid origin `localhost`: expected a value such as",
        ),
        (
            "faults: {rate: 1.5}\n",
            "1:16: `faults.rate`: invalid share `1.5`: expected a number from 0 to 1",
        ),
        (
            "faults: {kinds: [status=200]}\n",
            "1:18: `faults.kinds`: invalid value `status=200`: expected 400 to 599",
        ),
        (
            "pace: {time-to-first-token: 200}\n",
            "1:29: `pace.time-to-first-token`: invalid duration `200`: expected a value such as `200ms`",
        ),
        ("matching: {ignore: [$.a, b]}\n", "1:26: `matching.ignore`: invalid JSONPath `b`: "),
        ("matching: {ignore: [$.a, 1]}\n", "1:26: `matching.ignore`: invalid JSONPath `1`: "),
        ("matching: {ignore: {}}\n", "1:20: `matching.ignore`: invalid type: map, expected a list"),
        (
            "matching:\n  match-on: [a]\n",
            "2:3: unknown key `matching.match-on`; did you mean `match_on`?",
        ),
        ("matching: {match_on: []}\n", "1:12: `matching.match_on`: "),
        ("matching: {match_on: [a, '']}\n", "1:26: `matching.match_on`: "),
        ("matching: {match_on: [$.a]}\n", "1:23: `matching.match_on`: "),
        (
            "matching:\n  normalize:\n  - {path: $.a, pattern: (, replacement: b}\n",
            "3:5: `matching.normalize`: ",
        ),
        (
            "matching:\n  normalize:\n  - {path: $.a, pattern: b}\n",
            "3:17: `matching.normalize`: missing field `replacement`",
        ),
        (
            "matching: {normalize: [{path: $.a, regex: b}]}\n",
            "1:36: `matching.normalize`: unknown field `regex`, expected one of path",
        ),
        ("matching: {normalize: [$.a]}\n", "1:24: `matching.normalize`: expected mapping"),
        ("matching: $.a\n", "1:1: invalid type: string \"$.a\", expected a mapping as `matching`"),
        (
            "upstreams: {openai: gateway}\n",
            "1:21: `upstreams`: invalid base URL `gateway`: expected a value such as `https://",
        ),
        ("upstreams: {Open AI: 'http://a'}\n", "1:13: `upstreams`: "),
        ("port: 1\nrecord: true\n", "2:1: `record` needs `fixtures`, the folder to write to"),
        ("- port\n", "1:1: invalid type: sequence, expected a mapping as the configuration"),
        ("1: 2\n", "1:1: unknown key `1`: expected `strategies`"),
        ("port: 1\n---\nport: 2\n", "3:1: second document; a configuration is one document"),
        ("host: [1\n", "etc/llmock.yaml:"),
        ("{port: 1\n", "etc/llmock.yaml:"),
        ("port: 1\nport: 2\n", "2:1: duplicate mapping key `port`"),
        ("port: !!int x\n", "`port`: invalid u64"),
    ];
    for (text, expected) in cases {
        let error = read(text, &[], &Flags::default()).unwrap_err();
        assert!(error.starts_with("etc/llmock.yaml:"), "{text}: {error}");
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn accepts_files_of_the_python_server_with_a_note() {
    let text = "port: 9000\ndebug: true\nmodels:\n- {id: gpt-4o, created: 1, owned_by: openai}\n";
    let (config, notes) = read_all(text, &[], &Flags::default()).unwrap();
    assert_eq!((config.port, config.models.len()), (9000, 1));
    assert_eq!(notes, ["etc/llmock.yaml:2:1: `debug` has no effect"]);
    for (text, set) in [("pace: {debug: true}\n", &[][..]), ("", &["debug=true"])] {
        let error = read(text, &[], &with_set(set)).unwrap_err();
        assert!(error.contains("unknown key `"), "{error}");
    }
}

#[test]
fn rejects_flags_that_are_not_valid() {
    for (setting, expected) in [
        ("port", "flag `--set port`: expected `KEY=VALUE`"),
        ("prot=1", "unknown key `prot`; did you mean `port`?"),
        ("port=x", "flag `--set port`: invalid number `x`: expected a whole number"),
        ("pace=1", "unknown key `pace`"),
    ] {
        let error = read("", &[], &with_set(&[setting])).unwrap_err();
        assert!(error.contains(expected), "{setting}: {error}");
    }
    let error = read("", &[], &flags(&["--strategies", ","])).unwrap_err();
    assert!(error.starts_with("flag `--strategies`: `strategies` is empty"), "{error}");
}

#[test]
fn variables_of_kubernetes_are_not_taken_for_ours() {
    let of_kubernetes = [
        ("LLMOCK_PORT", "tcp://10.0.0.1:8000"),
        ("LLMOCK_PORT_8000_TCP_ADDR", "10.0.0.1"),
        ("LLMOCK_SERVICE_HOST", "10.0.0.1"),
    ];
    let (config, notes) = read_all("port: 1\n", &of_kubernetes, &Flags::default()).unwrap();
    assert_eq!((config.port, notes.len()), (1, 1), "{notes:?}");
    assert!(notes[0].contains("enableServiceLinks: false"), "{notes:?}");
}
