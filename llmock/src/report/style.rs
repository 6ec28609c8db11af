//! Colours, which never carry meaning of their own.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) colour: bool,
    pub(crate) windows: bool,
    /// The locale has no other characters.
    pub(crate) ascii: bool,
}

pub(crate) const BOLD: &str = "1";
pub(crate) const DIM: &str = "2";
pub(crate) const RED: &str = "31";
pub(crate) const GREEN: &str = "32";
pub(crate) const STRONG_RED: &str = "1;7;31";
pub(crate) const STRONG_GREEN: &str = "1;7;32";

impl Style {
    /// `NO_COLOR` comes first, then the variables that force colours, then the terminal.
    ///
    /// nextest and CI pipe standard error, so that forcing must work without a terminal.
    pub(crate) fn decide(
        variable: impl Fn(&str) -> Option<String>,
        is_terminal: bool,
        windows: bool,
    ) -> Self {
        let is_set = |name: &str| variable(name).is_some_and(|text| !text.is_empty());
        let is = |name: &str, text: &str| variable(name).as_deref() == Some(text);
        let forced = is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0");
        let colour = if is_set("NO_COLOR") {
            false
        } else if forced || is("CARGO_TERM_COLOR", "always") {
            true
        } else if is("CARGO_TERM_COLOR", "never") {
            false
        } else {
            is_terminal && !is("TERM", "dumb")
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find(|name| is_set(name));
        let locale =
            locale.and_then(&variable).map(|locale| locale.to_lowercase().replace('-', ""));
        let ascii = !windows && locale.is_some_and(|locale| !locale.contains("utf8"));
        Self { colour, windows, ascii }
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
        type Variables = &'static [(&'static str, &'static str)];
        let cases: [(&str, bool, Variables, bool); 11] = [
            ("a pipe", false, &[], false),
            ("a terminal", true, &[("TERM", "xterm")], true),
            ("a dumb terminal", true, &[("TERM", "dumb")], false),
            ("NO_COLOR on a terminal", true, &[("NO_COLOR", "1")], false),
            ("an empty NO_COLOR", true, &[("NO_COLOR", "")], true),
            ("forced through a pipe", false, &[("CLICOLOR_FORCE", "1")], true),
            ("CLICOLOR_FORCE=0", false, &[("CLICOLOR_FORCE", "0")], false),
            ("cargo forces", false, &[("CARGO_TERM_COLOR", "always")], true),
            ("cargo forbids", true, &[("CARGO_TERM_COLOR", "never")], false),
            ("cargo decides by itself", true, &[("CARGO_TERM_COLOR", "auto")], true),
            ("NO_COLOR against force", true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
        ];
        for (name, is_terminal, variables, expected) in cases {
            let variable = |wanted: &str| {
                let found = variables.iter().find(|(name, _)| *name == wanted);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(Style::decide(variable, is_terminal, false).colour, expected, "{name}");
        }
    }

    #[test]
    fn only_a_locale_that_is_set_restricts_the_characters() {
        type Variables = &'static [(&'static str, &'static str)];
        let cases: [(Variables, bool); 7] = [
            (&[], false),
            (&[("LANG", "C.UTF-8")], false),
            (&[("LC_ALL", "en_US.utf8"), ("LANG", "C")], false),
            (&[("LC_ALL", "C")], true),
            (&[("LC_ALL", ""), ("LC_CTYPE", "POSIX"), ("LANG", "C.UTF-8")], true),
            (&[("LANG", "de_DE.ISO-8859-1")], true),
            (&[("LANG", "de_DE")], true),
        ];
        for (variables, expected) in cases {
            let variable = |wanted: &str| {
                let found = variables.iter().find(|(name, _)| *name == wanted);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(Style::decide(variable, false, false).ascii, expected, "{variables:?}");
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
