//! One JSON array whose elements arrive one by one, as Gemini streams without `alt=sse`.

use super::framing::{ArrayMarks, Dialect, Item, Parsed, Piece};
use crate::json;

/// Divides a body into elements and finds the text around them.
///
/// A piece reaches from the comma before its element to the next one; the last includes the bracket.
pub(super) fn read(body: &[u8]) -> Parsed {
    let (marks, pieces) = elements(body);
    (Dialect { array: marks, ..Dialect::default() }, pieces)
}

fn elements(body: &[u8]) -> (ArrayMarks, Vec<Piece>) {
    let mut marks = ArrayMarks::default();
    let mut pieces = Vec::new();
    let bracket = after_blanks(body, 0);
    if body.get(bracket) != Some(&b'[') {
        pieces.extend((!body.is_empty()).then_some(Piece { end: body.len(), item: None }));
        return (marks, pieces);
    }
    let mut start = after_blanks(body, bracket + 1);
    marks.open = ascii(&body[..start]);
    let mut piece_start = 0;
    while let Some(end) = json::value_end(body, start) {
        let next = after_blanks(body, end);
        let text = std::str::from_utf8(&body[start..end]).ok();
        let item =
            text.filter(|text| json::parse(text).is_ok()).map(|text| Item::Json(text.into()));
        if body.get(next) != Some(&b',') {
            let closed = next + usize::from(body.get(next) == Some(&b']'));
            piece_start = after_blanks(body, closed);
            if piece_start == body.len() {
                marks.close = ascii(&body[end..]);
            }
            pieces.push(Piece { end: piece_start, item });
            break;
        }
        pieces.push(Piece { end: next, item });
        piece_start = next;
        start = after_blanks(body, next + 1);
        if pieces.len() == 1 {
            marks.after = ascii(&body[end..next]);
            marks.before = ascii(&body[next..start]);
        }
    }
    if piece_start < body.len() {
        pieces.push(Piece { end: body.len(), item: None });
    }
    (marks, pieces)
}

pub(super) fn write(dialect: &Dialect, text: &str, (at, count): (usize, usize), out: &mut Vec<u8>) {
    let marks = &dialect.array;
    let before = if at == 0 { &marks.open } else { &marks.before };
    let after = if at + 1 == count { &marks.close } else { &marks.after };
    for part in [before, text, after] {
        out.extend_from_slice(part.as_bytes());
    }
}

fn after_blanks(body: &[u8], at: usize) -> usize {
    let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    at + body[at.min(body.len())..].iter().take_while(blank).count()
}

fn ascii(marks: &[u8]) -> String {
    marks.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Chunk, End, Framing, Stream};
    use super::*;

    fn stream(body: &str) -> Stream {
        let chunk = Chunk { ms: 0, bytes: body.as_bytes().to_vec() };
        Stream::from_chunks(Framing::JsonArray, &[chunk], End::Complete)
    }

    /// Elements as they are, raw text after `!`.
    fn short(stream: &Stream) -> Vec<String> {
        let short = |item: &Item| match item {
            Item::Json(text) => text.clone(),
            Item::Raw(text) => format!("!{text}"),
            other => format!("{other:?}"),
        };
        stream.events.iter().map(|event| short(&event.item)).collect()
    }

    #[test]
    fn finds_elements_with_any_text_around_them() {
        for (body, elements) in [
            (
                "[{\n  \"a\": 1\n}\n,\r\n{\n  \"b\": 2\n}\n]",
                &["{\n  \"a\": 1\n}", "{\n  \"b\": 2\n}"][..],
            ),
            ("[{}]", &["{}"]),
            (
                "[{\"a\":\"],\\\"}\"},[1,[2]],\"x,\",-1.5,null]\n",
                &["{\"a\":\"],\\\"}\"}", "[1,[2]]", "\"x,\"", "-1.5", "null"],
            ),
            ("[\n  {},\n  {},\n  {}\n]\n", &["{}", "{}", "{}"]),
            ("[{}\n,\r\n{}\n", &["{}", "{}"]),
            ("[{}\n,\r\n{\"a", &["{}", "!,\r\n{\"a"]),
            ("[{},{}, {},{}]", &["{}", "{}", "!, {}", "{}"]),
            ("[{},oops,{}]", &["{}", "!,oops", "{}"]),
            ("[{},{}]]", &["{}", "!,{}]", "!]"]),
            ("[1,]", &["1", "!,]"]),
            ("[]", &["![]"]),
            ("[12", &["![12"]),
            ("{\"error\": {}}", &["!{\"error\": {}}"]),
        ] {
            assert_eq!(short(&stream(body)), elements, "{body:?}");
            assert_eq!(stream(body).to_bytes(), body.as_bytes());
        }
    }

    #[test]
    fn the_marks_of_gemini_are_the_default() {
        let gemini = "[{\n  \"a\": 1\n}\n,\r\n{\n  \"b\": 2\n}\n]";
        assert_eq!(stream(gemini).dialect, Dialect::default());
        assert_eq!(stream("[{}\n]").dialect, Dialect::default());
        let cut = ArrayMarks { close: "\n".to_owned(), ..ArrayMarks::default() };
        assert_eq!(stream("[{}\n,\r\n{}\n").dialect.array, cut);
        let compact = stream("[{},{}]").dialect.array;
        let marks = [&compact.open, &compact.before, &compact.after, &compact.close];
        assert_eq!(marks, ["[", ",", "", "]"]);
    }
}
