//! Colours, which never carry meaning of their own.

use std::io::{IsTerminal as _, Stdout};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style as Ansi};

/// When to print colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set; `CLICOLOR_FORCE` and `CARGO_TERM_COLOR` count
    #[default]
    Auto,
    Always,
    Never,
}

/// Whether text is painted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Style {
    pub(crate) colour: bool,
}

pub(crate) const BOLD: Ansi = Ansi::new().bold();
pub(crate) const DIM: Ansi = Ansi::new().dimmed();
pub(crate) const RED: Ansi = AnsiColor::Red.on_default();
pub(crate) const GREEN: Ansi = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Ansi = AnsiColor::Yellow.on_default();
pub(crate) const BLUE: Ansi = AnsiColor::Blue.on_default().bold();
pub(crate) const CYAN: Ansi = AnsiColor::Cyan.on_default();
pub(crate) const MAGENTA: Ansi = AnsiColor::Magenta.on_default();
/// What a search has found.
pub(crate) const FOUND: Ansi = AnsiColor::Red.on_default().bold();

impl Style {
    /// The same order of precedence as in the reports of tests.
    pub(crate) fn decide(wish: Colour, stream: &Stdout) -> Self {
        let cargo = std::env::var("CARGO_TERM_COLOR").unwrap_or_default();
        let is_forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let automatic = AutoStream::choice(stream);
        let colour = match wish {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto if is_forbidden => false,
            Colour::Auto if cargo == "always" => true,
            Colour::Auto if cargo == "never" => false,
            Colour::Auto if !stream.is_terminal() => {
                matches!(automatic, ColorChoice::Always | ColorChoice::AlwaysAnsi)
            }
            Colour::Auto => automatic != ColorChoice::Never,
        };
        Self { colour }
    }

    pub(crate) fn paint(self, style: Ansi, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
