//! `llmock completions`: what a shell needs to complete commands and options.

use std::io;

use clap::Args;
use clap_complete::Shell;

use crate::output::Screen;

/// Print a script with which a shell completes commands and options
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock completions bash > ~/.local/share/bash-completion/completions/llmock", "for Bash"),
    ("llmock completions zsh > ~/.zfunc/_llmock", "for Zsh, with ~/.zfunc in `fpath`"),
    ("llmock completions fish > ~/.config/fish/completions/llmock.fish", "for Fish"),
]))]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn completions(
    screen: &mut Screen,
    arguments: &Completions,
    mut command: clap::Command,
) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "llmock", &mut script);
    screen.bytes(&script)
}
