//! Commands on a pseudo-terminal: colours, questions, and escaped control characters.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use rustix::termios::{LocalModes, tcgetattr};

use crate::command::Desk;
use crate::merge::fixture;

fn command(desk: &Desk, arguments: &[&str]) -> pty_process::blocking::Command {
    let mut command = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_llmock"))
        .args(arguments)
        .current_dir(desk.path("."))
        .env("SOURCE_DATE_EPOCH", "1796083200")
        .env("TERM", "xterm-256color");
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "CARGO_TERM_COLOR", "CI"] {
        command = command.env_remove(variable);
    }
    command
}

/// Runs a command on a terminal, types these lines, and gives its code and what the terminal received.
fn typed(
    desk: &Desk,
    arguments: &[&str],
    environment: &[(&str, &str)],
    lines: &str,
) -> (i32, String) {
    let (mut pty, pts) = pty_process::blocking::open().unwrap();
    pty.resize(pty_process::Size::new(40, 120)).unwrap();
    let mut command = command(desk, arguments);
    for (name, value) in environment {
        command = command.env(name, value);
    }
    // What is typed ahead is echoed first, so the order does not depend on time.
    pty.write_all(lines.as_bytes()).unwrap();
    let mut child = command.spawn(pts).unwrap();
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    // Linux ends the terminal of a process that has ended with an error.
    while let Ok(read @ 1..) = pty.read(&mut buffer) {
        received.extend_from_slice(&buffer[..read]);
    }
    let code = child.wait().unwrap().code().unwrap();
    (code, String::from_utf8_lossy(&received).replace("\r\n", "\n"))
}

fn visible(text: &str) -> String {
    text.replace('\u{1b}', "␛")
}

#[test]
fn colours_appear_on_a_terminal_unless_they_are_unwanted() {
    let desk = Desk::with(&["shop.json", "texts.json"]);
    let plain = desk.prints(&["list", "shop"]);
    let (code, shown) = typed(&desk, &["list", "shop"], &[], "");
    assert_eq!(code, 0, "{shown}");
    insta::assert_snapshot!("list_on_a_terminal", visible(&shown));
    for (arguments, environment) in [
        (&["list", "shop"][..], &[("NO_COLOR", "1")][..]),
        (&["--color", "never", "list", "shop"][..], &[][..]),
        (&["list", "shop"][..], &[("CARGO_TERM_COLOR", "never")][..]),
        (&["list", "shop"][..], &[("TERM", "dumb")][..]),
    ] {
        assert_eq!(
            typed(&desk, arguments, environment, ""),
            (0, plain.clone()),
            "{arguments:?} {environment:?}"
        );
    }
    // What a recording holds is never interpreted by the terminal.
    for arguments in [
        &["show", "texts"][..],
        &["show", "texts", "--raw"][..],
        &["list", "texts"][..],
        &["grep", "31m", "texts"][..],
    ] {
        let (_, shown) = typed(&desk, arguments, &[("NO_COLOR", "1")], "");
        assert!(!shown.contains('\u{1b}'), "{arguments:?}: {}", visible(&shown));
    }
}

#[test]
fn prune_asks_and_takes_no_for_an_answer() {
    let desk = Desk::with(&[]);
    desk.write("f/a.json", &fixture(&[("api::a", "p", "1", 1), ("api::gone", "q", "2", 1)]));
    desk.prints(&["fmt"]);
    desk.write("tests.txt", "api::a\n");
    let before = desk.read("f/a.json");
    let arguments = ["prune", "--tests", "tests.txt"];
    for answer in ["n\n", "\n", "what?\n"] {
        let (code, shown) = typed(&desk, &arguments, &[], answer);
        assert_eq!(code, 0, "{shown}");
        assert!(
            shown.contains("remove 1 interaction? [y/N]")
                && shown.ends_with("nothing was removed\n"),
            "{shown}"
        );
        assert_eq!(desk.read("f/a.json"), before);
    }
    let (code, shown) = typed(&desk, &arguments, &[], "y\n");
    assert_eq!(code, 0, "{shown}");
    insta::assert_snapshot!("prune_on_a_terminal", visible(&shown));
    assert_eq!(desk.json(&["list", "f", "--json"]).as_array().unwrap().len(), 1);
}

/// The line below each question of `llmock review`.
const ASKED: &str = "accept puts it into the fixture, reject deletes it";

/// Until then Ctrl-C is a signal, and keys are echoed.
fn wait_for_single_keys(terminal: &pty_process::blocking::Pty) {
    let start = Instant::now();
    let modes = || tcgetattr(terminal).unwrap().local_modes;
    while modes().contains(LocalModes::ICANON) {
        assert!(start.elapsed() < Duration::from_secs(30), "it reads no key");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Reviews with a key for each question, pressed when it is asked.
fn reviewed(desk: &Desk, keys: &[&str]) -> (i32, String) {
    let (mut pty, pts) = pty_process::blocking::open().unwrap();
    pty.resize(pty_process::Size::new(40, 120)).unwrap();
    let mut child = command(desk, &["review"]).spawn(pts).unwrap();
    let (mut received, mut pressed) = (Vec::new(), 0);
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = pty.read(&mut buffer) {
        received.extend_from_slice(&buffer[..read]);
        if String::from_utf8_lossy(&received).matches(ASKED).count() > pressed
            && let Some(key) = keys.get(pressed)
        {
            wait_for_single_keys(&pty);
            pty.write_all(key.as_bytes()).unwrap();
            pressed += 1;
        }
    }
    let shown = String::from_utf8_lossy(&received).into_owned();
    assert_eq!(pressed, keys.len(), "{}", visible(&shown));
    (child.wait().unwrap().code().unwrap(), shown.replace("\r\n", "\n"))
}

#[test]
fn review_takes_the_keys_of_cargo_insta() {
    let prompts = |desk: &Desk, file: &str| -> String {
        let Ok(fixture) = llmock::Fixture::load(desk.path(file)) else { return String::new() };
        let all = fixture.interactions().iter().filter_map(llmock::Interaction::prompt);
        all.collect::<Vec<_>>().join(" ")
    };
    let waiting = [("t::a", "p", "new", 1), ("t::a", "q", "new", 1), ("t::a", "r", "new", 1)];
    // Keys, what the fixture has afterwards, and what still waits.
    for (keys, accepted, left) in [
        (&["a", "r", "s"][..], "p", "r"),
        (&["\r", "\u{1b}", " "], "p", "r"),
        (&["xa", "A"], "p q r", ""),
        (&["r", "R"], "", ""),
        (&["a", "S"], "p", "q r"),
        (&["a", "q"], "p", "q r"),
        (&["a", "\u{3}"], "p", "q r"),
        (&["a", "\u{4}"], "p", "q r"),
        (&["i", "d", "i", "d", "q"], "", "p q r"),
    ] {
        let desk = Desk::with(&[]);
        desk.write("f/a.json.failed", &fixture(&waiting));
        let (code, shown) = reviewed(&desk, keys);
        assert_eq!(code, 0, "{keys:?}: {}", visible(&shown));
        let now = (prompts(&desk, "f/a.json"), prompts(&desk, "f/a.json.failed"));
        assert_eq!(now, (accepted.to_owned(), left.to_owned()), "{keys:?}: {}", visible(&shown));
        assert!(shown.contains('\u{1b}') && shown.contains("1/3"), "{}", visible(&shown));
    }
}

#[test]
fn review_shows_differences_and_where_they_come_from() {
    let desk = Desk::with(&[]);
    desk.write("f/a.json", &fixture(&[("t::a", "p", "old", 1)]));
    desk.prints(&["fmt"]);
    desk.write("f/a.json.failed", &fixture(&[("t::a", "p", "new", 1)]));
    let (_, shown) = reviewed(&desk, &["i", "d", "q"]);
    insta::assert_snapshot!("review_on_a_terminal", visible(&shown));
    let views: Vec<&str> = shown.split("1/1").collect();
    assert_eq!(views.len(), 4, "{}", visible(&shown));
    let has = |view: usize, text: &str| views[view].contains(text);
    assert!(
        has(1, "t::a  openai") && has(1, "$.choices[0].message.content"),
        "{}",
        visible(&shown)
    );
    assert!(
        !has(2, "t::a  openai") && has(2, "$.choices[0].message.content"),
        "{}",
        visible(&shown)
    );
    assert!(!has(3, "$.choices[0]") && has(3, "→ p") && has(3, "← new"), "{}", visible(&shown));
}
