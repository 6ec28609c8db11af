//! Every command where something is wrong: a message, an exit code, and nothing half-written.

use std::fs;
use std::io::Read as _;
use std::process::Stdio;

use crate::command::Desk;
use crate::merge::fixture;

fn desk() -> Desk {
    let desk = Desk::with(&["shop.json"]);
    desk.write("f/a.json", &fixture(&[("api::a", "p", "1", 1), ("api::b", "q", "2", 1)]));
    desk.prints(&["fmt"]);
    desk.write("tests.txt", "api::a\n");
    desk
}

const CASSETTE: &str = r#"{"version": 1, "interactions": [{
    "request": {"method": "GET", "uri": "https://api.openai.com/v1/models"},
    "response": {"status": {"code": 200}, "body": {"string": "[]"}}}]}"#;

/// Each command with `PATH` in the place of its fixture.
const COMMANDS: &[&str] = &[
    "list PATH",
    "show PATH",
    "grep x PATH",
    "stats PATH",
    "diff PATH",
    "check PATH --no-tests",
    "fmt PATH",
    "prune PATH --tests tests.txt --yes",
    "rename PATH g/new",
    "adopt PATH --owner api::x",
    "clear PATH",
    "export PATH --to vcr",
    "import PATH --out imported",
    "keep PATH",
    "encrypt PATH",
    "run --fixture PATH -- true",
];

/// What each of the other commands says of a name that does not exist, and its exit code. None of them starts to serve.
const UNKNOWN: &[(&str, i32)] = &[
    ("init nowhere", 1),
    ("record -- nowhere", 1),
    ("refresh -- nowhere", 1),
    ("replay -- nowhere", 1),
    ("plan -- nowhere", 1),
    ("compare --model openai:m -- nowhere", 1),
    ("verify -- nowhere", 101),
    ("record --prices nowhere", 1),
    ("review nowhere", 1),
    ("accept nowhere", 1),
    ("reject nowhere", 1),
    ("review nowhere.json.failed", 1),
    ("decrypt nowhere", 1),
    ("layers nowhere", 2),
    ("pull nowhere", 2),
    ("push nowhere", 2),
    ("notes nowhere", 1),
    ("dashboard nowhere", 1),
    ("dashboard f --last-run nowhere", 1),
    ("report nowhere --html report.html", 1),
    ("merge nowhere f/a.json f/a.json", 129),
    ("schema nowhere", 2),
    ("completions nowhere", 2),
    ("man nowhere", 1),
    ("serve --config nowhere", 1),
    ("run -- nowhere", 127),
    ("import f/a.json --out imported --request nowhere", 1),
    ("check --tests nowhere", 1),
    ("diff --rev nowhere f/a", 1),
];

#[test]
fn every_command_names_what_does_not_exist() {
    let desk = desk();
    let before = files(&desk);
    for (command, code) in UNKNOWN {
        let ran = desk.run(&command.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, *code, "{command}: {ran:?}");
        assert!(ran.err.contains("nowhere"), "{command}: {ran:?}");
        assert!(!ran.err.contains("panicked"), "{command}: {ran:?}");
        assert!(files(&desk) == before, "{command} has changed files");
    }
    let tried = COMMANDS.iter().copied().chain(UNKNOWN.iter().map(|(command, _)| *command));
    let tried: Vec<&str> = tried.filter_map(|command| command.split(' ').next()).collect();
    for command in crate::program::commands(&desk) {
        assert!(tried.contains(&command.as_str()), "{command} is not tried");
    }
}

fn arguments<'a>(command: &'a str, path: &'a str) -> Vec<&'a str> {
    command.split(' ').map(|word| if word == "PATH" { path } else { word }).collect()
}

/// All files with their bytes.
fn files(desk: &Desk) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    fn walk(folder: &std::path::Path, all: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, all);
            } else {
                all.push((path.clone(), fs::read(&path).unwrap()));
            }
        }
    }
    let mut all = Vec::new();
    walk(&desk.path("."), &mut all);
    all.sort();
    all
}

#[test]
fn what_cannot_be_read_is_named_and_nothing_changes() {
    let desk = desk();
    desk.write("bad/cut.json", &desk.read("f/a.json")[..200]);
    desk.write("bad/words.json", "no JSON");
    desk.write("bad/newer.json", "{\"llmock\": 99, \"interactions\": []}");
    desk.write("bad/notes.txt", "no fixture");
    fs::write(desk.path("bad/bytes.json"), b"{\"llmock\": 1, \xff}").unwrap();
    let before = files(&desk);
    let paths = [
        "nowhere",
        "nowhere.json",
        "bad/cut.json",
        "bad/words.json",
        "bad/newer",
        "bad/notes.txt",
        "bad/bytes.json",
    ];
    for command in COMMANDS {
        for path in paths {
            let ran = desk.run(&arguments(command, path));
            assert_eq!(ran.code, 1, "{command} {path}: {ran:?}");
            let name = path.rsplit('/').next().unwrap();
            // The findings of `check` are its result.
            let text = if command.starts_with("check") || command.starts_with("import") {
                format!("{}{}", ran.out, ran.err)
            } else {
                ran.err.clone()
            };
            assert!(text.contains(name), "{command} {path}: {ran:?}");
            assert!(
                !text.contains("panicked") && !text.contains("RUST_BACKTRACE"),
                "{command} {path}: {text}"
            );
            assert!(files(&desk) == before, "{command} {path} has changed files");
        }
    }
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_failure() {
    let desk = desk();
    let many: Vec<String> = (0..3000).map(|at| format!("p{at}")).collect();
    let many: Vec<_> = many.iter().map(|prompt| ("api::a", prompt.as_str(), "x", 1)).collect();
    desk.write("f/many.json", &fixture(&many));
    desk.write("f/other.json.failed", &fixture(&many));
    for command in [
        "list f/many",
        "show f/many",
        "show f/many --raw",
        "grep p f/many",
        "stats f/many --json",
        "list f/many --json",
        "show f/many --json",
        "diff f/many shop",
        "diff f/many shop --json",
        "export f/many --to har",
        "export f/many --to vcr",
        "decrypt f/many.json",
        "merge shop.json f/many.json shop.json --stdout",
        "report f --html -",
        "review --json",
        "schema fixture",
        "man",
        "completions bash",
        "check --no-tests",
    ] {
        let words: Vec<&str> = command.split(' ').collect();
        let mut child =
            desk.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut first = [0; 16];
        let _ = stdout.read(&mut first).unwrap();
        drop(stdout);
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !error.contains("panicked") && !error.contains("failed to write"),
            "{command}: {error}"
        );
        let is_finding = command.starts_with("check");
        assert!(output.status.success() || is_finding, "{command}: {output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_a_failure() {
    let desk = desk();
    for command in [
        "list f/a",
        "show f/a",
        "show f/a --json",
        "grep p f",
        "stats",
        "diff f/a shop",
        "check --no-tests --json",
        "export f/a --to har",
        "decrypt f/a.json",
        "report f --html -",
        "review",
        "man",
        "completions bash",
        "schema fixture",
    ] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let words: Vec<&str> = command.split(' ').collect();
        let output = desk.command(&words).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command}: {output:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("failed to write the output"),
            "{command}: {output:?}"
        );
    }
}

/// Root may write everywhere, so a folder in the place of the file to write stands for a tree that cannot be written.
#[cfg(unix)]
#[test]
fn a_tree_that_cannot_be_written_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = desk();
    let read_only = |folder: &str, is: bool| {
        let mode = if is { 0o555 } else { 0o755 };
        fs::set_permissions(desk.path(folder), fs::Permissions::from_mode(mode)).unwrap();
    };
    desk.write("ro/a.json", &desk.read("f/a.json").replace("  ", " "));
    desk.write("ro/a.json.failed", &fixture(&[("api::a", "p", "new", 1)]));
    desk.write("ro/Cargo.toml", "[package]\nname = \"app\"\n");
    desk.write("cassette.json", CASSETTE);
    read_only("ro", true);
    let is_root = fs::write(desk.path("ro/probe"), "").is_ok();
    let before = files(&desk);
    if !is_root {
        for command in [
            "fmt ro",
            "prune ro --tests tests.txt --yes",
            "rename api::a api::z",
            "clear ro/a",
            "rename ro/a ro/b",
            "accept ro",
            "reject ro",
            "keep ro/a",
            "init ro",
            "import cassette.json --out ro/out",
            "export f/a --to har --out ro/a.har",
            "report f --html ro/report.html",
            "merge f/a.json ro/a.json f/a.json",
        ] {
            let ran = desk.run(&command.split(' ').collect::<Vec<_>>());
            assert!(matches!(ran.code, 1 | 129) && ran.err.contains("ro"), "{command}: {ran:?}");
            assert!(files(&desk) == before, "{command}");
        }
    }
    read_only("ro", false);
    desk.write("taken", "a file in the place of a folder");
    for command in [
        "export f/a --to vcr --out taken/a.yaml",
        "man --out taken/man1",
        "rename f/a taken/b",
        "report f --html taken/report.html",
        "import cassette.json --out taken/fixtures",
    ] {
        let ran = desk.run(&command.split(' ').collect::<Vec<_>>());
        assert!(
            ran.code == 1 && (ran.err.contains("taken") || ran.err.contains("f/a.json")),
            "{command}: {ran:?}"
        );
    }
    assert!(desk.path("f/a.json").is_file());
}

#[test]
fn a_folder_in_the_place_of_a_fixture_keeps_what_waits() {
    let desk = desk();
    desk.write("f/new.json.failed", &fixture(&[("api::a", "p", "1", 1)]));
    let before = desk.read("f/new.json.failed");
    fs::create_dir(desk.path("f/new.json")).unwrap();
    desk.write("f/new.json/inside", "");
    for command in ["accept f/new.json.failed", "keep f/new.json.failed"] {
        let ran = desk.run(&command.split(' ').collect::<Vec<_>>());
        assert!(ran.code == 1 && ran.err.contains("f/new.json"), "{command}: {ran:?}");
        assert_eq!(desk.read("f/new.json.failed"), before, "{command}");
    }
}

#[test]
fn ambiguous_hashes_and_missing_terminals_are_explained() {
    let desk = desk();
    let twice = [("api::a", "p", "1", 1), ("api::a", "p", "2", 1)];
    desk.write("f/twice.json", &fixture(&twice));
    let hash =
        desk.json(&["list", "f/twice", "--json"])[0]["hash"].as_str().unwrap()[..8].to_owned();
    desk.write("f/twice.json.failed", &fixture(&twice));
    for command in ["accept", "reject"] {
        let error = desk.fails(&[command, "f/twice", "--hash", &hash]);
        assert!(error.contains("is ambiguous, 2 hashes begin with it"), "{error}");
    }
    for command in ["show", "clear"] {
        let error = desk.fails(&[command, "f/twice", "--hash", &hash]);
        assert!(error.contains("is ambiguous") && error.contains("--number 1"), "{error}");
    }
    let error = desk.fails(&["show", &hash]);
    assert!(error.contains("is ambiguous") && error.contains("f/twice.json#1"), "{error}");
    let ran =
        desk.command(&["prune", "--tests", "tests.txt"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&ran.stderr).contains("standard input is not a terminal"),
        "{ran:?}"
    );
}

/// A recorder may write a fixture between the moment a command reads it and the moment it writes it.
#[test]
fn what_others_write_meanwhile_is_kept() {
    let desk = desk();
    let path = desk.path("f/a.json");
    let changed = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut number = 0;
            for _ in 0..30 {
                llmock::Fixture::edit(&path, |interactions| {
                    let mut copy = interactions[0].clone();
                    copy.set_test(Some(&format!("api::new{number}")));
                    interactions.push(copy);
                })
                .unwrap();
                number += 1;
            }
            number
        });
        for at in 0..10 {
            let (old, new) = (format!("api::a{at}"), format!("api::a{}", at + 1));
            let old = if at == 0 { "api::a".to_owned() } else { old };
            desk.prints(&["rename", &old, &new]);
        }
        writer.join().unwrap()
    });
    let fixture = llmock::Fixture::load(&path).unwrap();
    let tests: Vec<_> =
        fixture.interactions().iter().filter_map(llmock::Interaction::test).collect();
    assert_eq!(tests.iter().filter(|test| test.starts_with("api::new")).count(), changed);
    assert!(tests.contains(&"api::a10") && tests.contains(&"api::b"), "{tests:?}");
}
