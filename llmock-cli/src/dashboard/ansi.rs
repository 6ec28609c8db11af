//! Coloured text of a report as parts for a page. The text comes from fixtures: only colours become classes, and the
//! template escapes the rest.

/// Text in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Names of classes, or nothing.
    pub(crate) class: String,
    pub(crate) text: String,
}

/// Splits a text at its colours.
pub(crate) fn spans(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut class = String::new();
    let mut pieces = text.split("\u{1b}[");
    let mut push = |class: &str, text: &str| {
        if !text.is_empty() {
            spans.push(Span { class: class.to_owned(), text: text.to_owned() });
        }
    };
    push("", pieces.next().unwrap_or_default());
    for piece in pieces {
        let Some((codes, rest)) = piece.split_once('m') else {
            push(&class, piece);
            continue;
        };
        for code in codes.split(';') {
            match code {
                "" | "0" => class.clear(),
                code => {
                    if let Some(name) = name(code) {
                        if !class.is_empty() {
                            class.push(' ');
                        }
                        class.push_str(name);
                    }
                }
            }
        }
        push(&class, rest);
    }
    spans
}

fn name(code: &str) -> Option<&'static str> {
    Some(match code {
        "1" => "strong",
        "2" => "dim",
        "4" => "underlined",
        "7" => "marked",
        "31" | "91" => "old",
        "32" | "92" => "new",
        "33" | "93" => "hint",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_classes() {
        let found = spans("a\u{1b}[31mold\u{1b}[0m b \u{1b}[1;32mnew\u{1b}[0m");
        let found: Vec<(&str, &str)> = found.iter().map(|s| (&*s.class, &*s.text)).collect();
        assert_eq!(found, [("", "a"), ("old", "old"), ("", " b "), ("strong new", "new")]);
        assert_eq!(spans("\u{1b}[<b>")[0].text, "<b>");
    }
}
