//! What every command has: help with examples and exit codes, completions, manual pages, and Cargo's name for it.

use std::process::Command;

use crate::command::Desk;

/// The names of all commands, from the help.
pub(crate) fn commands(desk: &Desk) -> Vec<String> {
    let help = desk.prints(&["--help"]);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    list.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_command_has_examples_and_exit_codes() {
    let desk = Desk::with(&[]);
    let commands = commands(&desk);
    assert!(commands.len() > 20, "{commands:?}");
    for command in &commands {
        let help = desk.prints(&[command, "--help"]);
        assert!(help.contains("\nExit codes"), "{command}: {help}");
        assert!(help.contains("\nExamples:\n"), "{command}: {help}");
    }
}

#[test]
fn shells_and_readers_of_manuals_get_every_command() {
    let desk = Desk::with(&[]);
    let commands = commands(&desk);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = desk.prints(&["completions", shell]);
        for command in &commands {
            assert!(script.contains(command.as_str()), "{shell}: {command}");
        }
    }
    assert_eq!(desk.run(&["completions", "tcsh"]).code, 2);
    let page = desk.prints(&["man"]);
    assert!(page.contains(".TH llmock 1") && page.contains("Exit codes"), "{page}");
    assert!(desk.prints(&["man", "check"]).contains(".TH llmock-check 1"));
    let wrong = desk.fails(&["man", "chekc"]);
    assert_eq!(wrong, "error: there is no command `chekc`; did you mean `check`?\n");
    let wrote = desk.prints(&["man", "--out", "man1"]);
    assert_eq!(wrote, format!("wrote {} pages to man1\n", commands.len() + 1));
    for command in &commands {
        assert!(desk.path(&format!("man1/llmock-{command}.1")).is_file(), "{command}");
    }
}

#[test]
fn cargo_has_the_same_program() {
    let desk = Desk::with(&["shop.json"]);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-llmock"));
        let output = command
            .args(arguments)
            .current_dir(desk.path("."))
            .env("SOURCE_DATE_EPOCH", "1796083200")
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let listed = desk.prints(&["list", "shop"]);
    assert_eq!(run(&["llmock", "list", "shop"]), (Some(0), listed.clone(), String::new()));
    assert_eq!(run(&["list", "shop"]), (Some(0), listed, String::new()));
    assert_eq!(run(&["llmock", "list", "nowhere"]).0, Some(1));
    let (code, _, error) = run(&["llmock", "lsit"]);
    assert_eq!(code, Some(2));
    #[cfg(unix)]
    assert!(error.contains("cargo llmock"), "{error}");
    assert!(error.contains("list"), "{error}");
}

/// Commands whose output is a document itself, or that of another program.
const WITHOUT_JSON: [&str; 6] = ["completions", "decrypt", "man", "run", "schema", "serve"];

#[test]
fn every_command_has_a_form_for_programs() {
    let desk = Desk::with(&[]);
    for command in commands(&desk) {
        let has = desk.prints(&[&command, "--help"]).contains("--json");
        assert_eq!(has, !WITHOUT_JSON.contains(&command.as_str()), "{command}");
    }
}
