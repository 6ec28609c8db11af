//! Commands on a pseudo-terminal: colours, questions, and escaped control characters.
#![cfg(unix)]

use std::io::{Read as _, Write as _};

use crate::command::Desk;
use crate::merge::fixture;

/// Runs a command on a terminal, types these lines, and gives its code and what the terminal received.
fn typed(
    desk: &Desk,
    arguments: &[&str],
    environment: &[(&str, &str)],
    lines: &str,
) -> (i32, String) {
    let (mut pty, pts) = pty_process::blocking::open().unwrap();
    pty.resize(pty_process::Size::new(40, 120)).unwrap();
    let mut command = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_llmock"))
        .args(arguments)
        .current_dir(desk.path("."))
        .env("SOURCE_DATE_EPOCH", "1796083200")
        .env("TERM", "xterm-256color");
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "CARGO_TERM_COLOR", "CI"] {
        command = command.env_remove(variable);
    }
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
