//! Prints the tree of [`super`], and finds out how a text was printed.
//!
//! Providers print their JSON in one of a few layouts. A fixture shows every body in the layout of the
//! file, and names the provider's own, so that the exact bytes come back out of the same tokens.

use super::{Json, JsonStr};

/// How a JSON text sets blanks and line breaks between its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Compact,
    /// One member or element a line, two spaces a level; empty containers closed at once.
    Indent2,
    Indent4,
    /// One line with `, ` and `: `, as Python's `json.dumps` prints by default.
    Spaced,
}

impl Layout {
    pub(crate) const ALL: [Layout; 4] =
        [Layout::Compact, Layout::Indent2, Layout::Indent4, Layout::Spaced];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Layout::Compact => "compact",
            Layout::Indent2 => "indent2",
            Layout::Indent4 => "indent4",
            Layout::Spaced => "spaced",
        }
    }

    fn style(self) -> Style {
        let (indent, colon, comma) = match self {
            Layout::Compact => (None, ":", ","),
            Layout::Indent2 => (Some(2), ": ", ","),
            Layout::Indent4 => (Some(4), ": ", ","),
            Layout::Spaced => (None, ": ", ", "),
        };
        Style { indent, colon, comma, numbers_in_line: false }
    }
}

/// The text of a value in a layout, its strings and numbers as they were written.
pub(crate) fn print(value: &Json<'_>, layout: Layout) -> String {
    let mut out = String::new();
    layout.style().value(value, 0, &mut out);
    out
}

/// Appends a value as a fixture shows it: two spaces a level, arrays of numbers in one line.
///
/// The first line continues the line that `out` ends with; `level` is that line's level.
pub(crate) fn print_in_file(value: &Json<'_>, level: usize, out: &mut String) {
    let style = Style { numbers_in_line: true, ..Layout::Indent2.style() };
    style.value(value, level, out);
}

/// The layout that gives exactly `text`, from which `value` was parsed, with the blanks around it.
///
/// `None` if no layout gives it. A text that several layouts give, such as `{}`, is compact.
pub(crate) fn layout_of_value<'a>(
    value: &Json<'_>,
    text: &'a str,
) -> Option<(Layout, &'a str, &'a str)> {
    let start = text.len() - text.trim_start_matches(super::is_blank).len();
    let end = text.trim_end_matches(super::is_blank).len();
    let core = text.get(start..end)?;
    // A line break can only stand between tokens, so that it tells the two kinds of layout apart.
    let broken = core.contains('\n');
    let mut printed = String::with_capacity(core.len());
    let layout = Layout::ALL
        .into_iter()
        .filter(|layout| layout.style().indent.is_some() == broken)
        .find(|layout| {
            printed.clear();
            layout.style().value(value, 0, &mut printed);
            printed == core
        })?;
    Some((layout, &text[..start], &text[end..]))
}

struct Style {
    /// Spaces a level; `None` prints one line.
    indent: Option<usize>,
    colon: &'static str,
    comma: &'static str,
    numbers_in_line: bool,
}

impl Style {
    fn value(&self, value: &Json<'_>, level: usize, out: &mut String) {
        match value {
            Json::Null => out.push_str("null"),
            Json::Bool(true) => out.push_str("true"),
            Json::Bool(false) => out.push_str("false"),
            Json::Number(token) => out.push_str(token),
            Json::String(string) => push_string(*string, out),
            Json::Array(items)
                if self.numbers_in_line
                    && items.iter().all(|item| matches!(item, Json::Number(_))) =>
            {
                Layout::Spaced.style().value(value, level, out);
            }
            Json::Array(items) => self.container(['[', ']'], items, level, out, |item, out| {
                self.value(item, level + 1, out);
            }),
            Json::Object(members) => {
                self.container(['{', '}'], members, level, out, |(name, value), out| {
                    push_string(*name, out);
                    out.push_str(self.colon);
                    self.value(value, level + 1, out);
                });
            }
        }
    }

    fn container<T>(
        &self,
        [open, close]: [char; 2],
        items: &[T],
        level: usize,
        out: &mut String,
        print: impl Fn(&T, &mut String),
    ) {
        out.push(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.push_str(self.comma);
            }
            self.new_line(level + 1, out);
            print(item, out);
        }
        if !items.is_empty() {
            self.new_line(level, out);
        }
        out.push(close);
    }

    fn new_line(&self, level: usize, out: &mut String) {
        if let Some(indent) = self.indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent * level));
        }
    }
}

fn push_string(string: JsonStr<'_>, out: &mut String) {
    out.push('"');
    out.push_str(string.raw());
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout_of(text: &str) -> Option<(Layout, &str, &str)> {
        layout_of_value(&crate::json::parse(text).ok()?, text)
    }

    const TOKENS: &str = r#"{"b":1.0,"e":[],"o":{},"s":"\u00e9, {é","n":[1,-0,[true,null]]}"#;

    // The expected texts are what Python's `json.dumps` prints for the same value.
    #[test]
    fn prints_each_layout_as_python_does() {
        let indented = "{\n  \"b\": 1.0,\n  \"e\": [],\n  \"o\": {},\n  \"s\": \"\\u00e9, {é\",\n  \
                        \"n\": [\n    1,\n    -0,\n    [\n      true,\n      null\n    ]\n  ]\n}";
        let cases = [
            (Layout::Compact, TOKENS.to_owned()),
            (Layout::Indent2, indented.to_owned()),
            (Layout::Indent4, indented.replace("  ", "    ")),
            (
                Layout::Spaced,
                r#"{"b": 1.0, "e": [], "o": {}, "s": "\u00e9, {é", "n": [1, -0, [true, null]]}"#
                    .to_owned(),
            ),
        ];
        let value = crate::json::parse(TOKENS).unwrap();
        for (layout, expected) in cases {
            assert_eq!(print(&value, layout), expected);
            let framed = format!(" \n{expected}\r\n\t");
            assert_eq!(layout_of(&framed), Some((layout, " \n", "\r\n\t")), "{framed}");
        }
    }

    #[test]
    fn calls_a_text_without_room_for_blanks_compact() {
        for text in ["{}", "[]", "1", "\"a, b: c\"", "[1]", "[[]]"] {
            assert_eq!(layout_of(text), Some((Layout::Compact, "", "")), "{text}");
        }
    }

    #[test]
    fn finds_no_layout_for_mixed_blanks_and_for_what_is_not_json() {
        for text in
            ["{ \"a\":1}", "[1,2, 3]", "{\"a\" : 1}", "{\n\"a\": 1\n}", "[\r\n  1\r\n]", "[1", ""]
        {
            assert_eq!(layout_of(text), None, "{text}");
        }
    }

    #[test]
    fn keeps_arrays_of_numbers_in_one_line_of_a_file() {
        let value = crate::json::parse(r#"{"v":[[0.5,1e3],[],["a",1]]}"#).unwrap();
        let mut out = String::from("  \"body\": ");
        print_in_file(&value, 1, &mut out);
        let expected = r#"  "body": {
    "v": [
      [0.5, 1e3],
      [],
      [
        "a",
        1
      ]
    ]
  }"#;
        assert_eq!(out, expected);
    }
}
