//! What every command prints, with and without colours, its errors, and its exit code: one snapshot for each command.

use std::fmt::Write as _;

use crate::command::Desk;
use crate::merge::fixture;

/// Commands with what is tried of each. `!` stands before one that changes files.
const COMMANDS: &[(&str, &[&str])] = &[
    (
        "list",
        &[
            "list f",
            "list shop",
            "list --stale 30d f",
            "list --test none f",
            "list nowhere",
            "list f/a f/broken",
        ],
    ),
    (
        "show",
        &[
            "show f/a",
            "show shop#3",
            "show f/a#2 --turn 1",
            "show shop#2 --events",
            "show f/a#9",
            "show f/a --turn 9",
        ],
    ),
    (
        "grep",
        &[
            "grep hello f",
            "grep -l -i HELLO f",
            "grep -F 'h(' f",
            "grep nothing-like-this f",
            "grep ( f",
        ],
    ),
    ("diff", &["diff f/a f/b", "diff f/a f/a", "diff f/a f", "diff f/a"]),
    (
        "check",
        &[
            "check f/a f/b --no-tests",
            "check f --no-tests",
            "check --tests tests.txt f/a f/b",
            "check --tests none.txt",
        ],
    ),
    ("fmt", &["fmt --check f/a loose", "fmt loose", "fmt loose", "fmt f/broken"]),
    (
        "prune",
        &[
            "prune f/a f/b --tests tests.txt --dry-run",
            "prune f/a f/b --tests tests.txt",
            "prune f/a f/b --tests tests.txt --yes",
            "prune --tests empty.txt",
        ],
    ),
    (
        "rename",
        &[
            "rename api::greets api::salutes",
            "rename api::none x",
            "rename f/a f/b",
            "rename f/b g/c",
        ],
    ),
    (
        "adopt",
        &[
            "adopt tests/api.rs --dry-run",
            "adopt tests/api.rs",
            "adopt shop.json",
            "adopt shop.json --owner api::shop",
            "adopt tests/broken.rs",
        ],
    ),
    (
        "clear",
        &[
            "clear f/a --number 2",
            "clear f/a --number 9",
            "clear f/a --hash ffff",
            "clear f/a",
            "clear f",
        ],
    ),
    ("keep", &["keep f/kept", "keep f/kept", "keep f/a"]),
    (
        "export",
        &[
            "export f/a --to wiremock",
            "export f/a --to vcr --out a.yaml",
            "export f/a --to vcr --out a.yaml",
            "export f --to har",
        ],
    ),
    (
        "import",
        &[
            "import cassettes --out out",
            "import cassettes --out out",
            "import nowhere --out out",
            "import loose.json --out out",
        ],
    ),
    ("stats", &["stats f/a f/b", "stats shop --json", "stats nowhere"]),
    ("review", &["review", "review f/kept --json", "review nowhere", "review f/kept.json.pending"]),
    (
        "accept",
        &["accept --hash ffff", "accept f/kept", "accept f/kept", "accept f/kept.json.failed"],
    ),
    ("reject", &["reject f/kept --json", "reject", "reject nowhere"]),
    ("notes", &["notes", "notes lines.jsonl", "notes lines.jsonl --json", "notes nowhere"]),
    ("layers", &["layers", "layers --json"]),
    ("encrypt", &["encrypt f/a", "encrypt nowhere", "decrypt f/kept.json", "decrypt nowhere"]),
    ("schema", &["schema nothing", "completions nothing", "man nothing"]),
    (
        "record",
        &[
            "record -- no-such-program",
            "replay --failed",
            "refresh --changed --failed",
            "record --planned",
            "plan -- no-such-program",
            "compare --model gpt-5",
            "compare --model opnai:gpt-5",
        ],
    ),
    (
        "init",
        &["init --template nothing", "init --template anthropic", "init --template anthropic"],
    ),
    (
        "run",
        &[
            "run --reply Hello -- no-such-program",
            "run --fixture nowhere -- true",
            "run --fixture f/a --reply Hello -- true",
        ],
    ),
    ("push", &["push", "push nowhere", "push s3://team/main --keep 0", "pull"]),
    ("merge", &["merge f/a.json f/a.json f/b.json --stdout", "merge f/a.json", "merge --install"]),
];

fn desk() -> Desk {
    let desk = Desk::with(&["shop.json"]);
    let greets = ("api::greets", "Say hello.", "Hello there.", 1);
    desk.write("f/a.json", &fixture(&[greets, ("api::gone", "Bye?", "Bye, and hello again.", 2)]));
    desk.write("f/b.json", &fixture(&[("api::greets", "Say hello.", "Hello here.", 3)]));
    desk.write("f/kept.json", &fixture(&[greets]));
    desk.prints(&["fmt", "f"]);
    desk.write("f/kept.json.failed", &fixture(&[("api::greets", "Say hello.", "Hello anew.", 4)]));
    desk.write("f/broken.json", "{\"llmock\": 1, \"interactions\": [");
    desk.write("loose.json", "{\"llmock\": 1, \"interactions\": []}");
    desk.write("tests.txt", "api::greets: test\n");
    desk.write(
        "lines.jsonl",
        r#"{"run":"1","test":"api::greets","fixture":"f/a.json","verdict":"passed","notes":[{"name":"repeated","sentence":"a response was repeated"}]}"#,
    );
    desk.write("empty.txt", "");
    desk.write("Cargo.toml", "[package]\nname = \"app\"\n");
    desk.write("tests/api.rs", "#[test]\nfn shop() {}\n");
    desk.write("tests/broken.rs", "fn (");
    desk.write(
        "cassettes/a.yaml",
        "version: 1\ninteractions:\n- request: {method: POST, uri: 'https://api.openai.com/v1/chat/completions', headers: {}, body: '{\"model\": \"m\"}'}\n  \
         response: {status: {code: 200, message: OK}, headers: {x-other: [a]}, body: {string: '{\"a\": 1}'}}\n",
    );
    desk
}

/// The words of a line, with quotes as in a shell.
fn words(line: &str) -> Vec<String> {
    line.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect()
}

fn transcript(lines: &[&str], colour: &str) -> String {
    let desk = desk();
    let mut text = String::new();
    for line in lines {
        let words = words(line);
        let mut all = vec!["--color", colour];
        all.extend(words.iter().map(String::as_str));
        let ran = desk.run(&all);
        let folder = desk.path(".").display().to_string();
        let out = format!("{}{}", ran.out, ran.err).replace(folder.trim_end_matches('.'), "");
        let _ = writeln!(text, "$ llmock {line}\n{out}[{}]\n", ran.code);
    }
    text.replace('\u{1b}', "␛")
}

#[test]
fn every_command_prints_what_its_snapshot_shows() {
    for (name, lines) in COMMANDS {
        let plain = transcript(lines, "never");
        assert!(!plain.contains('␛'), "{name}: {plain}");
        let coloured = transcript(lines, "always");
        let mut bare = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('␛') {
            bare.push_str(before);
            rest = after.split_once('m').expect("a sequence ends").1;
        }
        bare.push_str(rest);
        // Colours carry no meaning of their own; where a difference has none, carets below it mark it.
        let is_mark = |line: &str| line.contains('^') && line.trim_matches([' ', '^']).is_empty();
        let [bare, unmarked] = [&bare, &plain]
            .map(|text| text.lines().filter(|line| !is_mark(line)).collect::<Vec<_>>());
        assert_eq!(bare, unmarked, "{name}");
        insta::assert_snapshot!(*name, format!("{plain}======== with colours\n{coloured}"));
    }
}
