//! Colours, which never carry meaning of their own.

/// What decides whether to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terminal<'a> {
    pub(crate) attached: bool,
    pub(crate) term: Option<&'a str>,
    pub(crate) no_color: Option<&'a str>,
    pub(crate) clicolor_force: Option<&'a str>,
    pub(crate) cargo_term_color: Option<&'a str>,
    /// The user's shell does not support `NAME=value command`.
    pub(crate) windows: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) colour: bool,
    pub(crate) windows: bool,
}

pub(crate) const BOLD: &str = "1";
pub(crate) const DIM: &str = "2";
pub(crate) const RED: &str = "31";
pub(crate) const GREEN: &str = "32";
pub(crate) const STRONG_RED: &str = "1;31";
pub(crate) const STRONG_GREEN: &str = "1;32";

impl Style {
    /// `NO_COLOR` comes first, then the variables that force colours, then the terminal.
    ///
    /// nextest and CI pipe standard error, so that forcing must work without a terminal.
    pub(crate) fn decide(terminal: Terminal<'_>) -> Self {
        let set = |value: Option<&str>| value.is_some_and(|text| !text.is_empty());
        let forced = set(terminal.clicolor_force) && terminal.clicolor_force != Some("0");
        let colour = if set(terminal.no_color) {
            false
        } else if forced || terminal.cargo_term_color == Some("always") {
            true
        } else if terminal.cargo_term_color == Some("never") {
            false
        } else {
            terminal.attached && terminal.term != Some("dumb")
        };
        Self { colour, windows: terminal.windows }
    }

    pub(crate) fn paint(self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_follows_the_strongest_wish() {
        let pipe = Terminal::default();
        let tty = Terminal { attached: true, term: Some("xterm"), ..pipe };
        let cases = [
            ("a pipe", pipe, false),
            ("a terminal", tty, true),
            ("a dumb terminal", Terminal { term: Some("dumb"), ..tty }, false),
            ("NO_COLOR on a terminal", Terminal { no_color: Some("1"), ..tty }, false),
            ("an empty NO_COLOR", Terminal { no_color: Some(""), ..tty }, true),
            ("forced through a pipe", Terminal { clicolor_force: Some("1"), ..pipe }, true),
            ("CLICOLOR_FORCE=0", Terminal { clicolor_force: Some("0"), ..pipe }, false),
            ("cargo forces", Terminal { cargo_term_color: Some("always"), ..pipe }, true),
            ("cargo forbids", Terminal { cargo_term_color: Some("never"), ..tty }, false),
            ("cargo decides by itself", Terminal { cargo_term_color: Some("auto"), ..tty }, true),
            (
                "NO_COLOR against force",
                Terminal { no_color: Some("1"), clicolor_force: Some("1"), ..tty },
                false,
            ),
        ];
        for (name, terminal, expected) in cases {
            assert_eq!(Style::decide(terminal).colour, expected, "{name}");
        }
    }

    #[test]
    fn without_colour_text_is_untouched() {
        let style = Style::default();
        assert_eq!(
            style.paint(BOLD, "a") + &style.paint(RED, "b") + &style.paint(STRONG_GREEN, "c"),
            "abc"
        );
        assert_eq!(Style { colour: true, ..style }.paint(RED, "b"), "\u{1b}[31mb\u{1b}[0m");
    }
}
