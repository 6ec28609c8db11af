//! One JSON value a line.

use super::framing::{Dialect, Eol, Item, Parsed, Piece};
use crate::json;

pub(super) fn read(body: &[u8]) -> Parsed {
    let lines = || body.split_inclusive(|byte| *byte == b'\n');
    let ended = lines().filter(|line| line.ends_with(b"\n")).count();
    let cr_lf = lines().filter(|line| line.ends_with(b"\r\n")).count();
    let eol = if 2 * cr_lf > ended { Eol::CrLf } else { Eol::Lf };
    let final_eol = lines().next_back().and_then(|line| json_line(line, "")).is_none();
    let mut end = 0;
    let pieces = lines()
        .map(|line| {
            end += line.len();
            let ending = if end == body.len() && !final_eol { "" } else { eol.as_str() };
            Piece { end, item: json_line(line, ending).map(Item::Json) }
        })
        .collect();
    (Dialect { eol, final_eol, ..Dialect::default() }, pieces)
}

pub(super) fn write(dialect: &Dialect, text: &str, (at, count): (usize, usize), out: &mut Vec<u8>) {
    out.extend_from_slice(text.as_bytes());
    if dialect.final_eol || at + 1 < count {
        out.extend_from_slice(dialect.eol.as_str().as_bytes());
    }
}

/// The line before `ending`, if it is JSON without blanks around it or line breaks inside.
fn json_line(line: &[u8], ending: &str) -> Option<String> {
    let text = std::str::from_utf8(line).ok()?.strip_suffix(ending)?;
    let bare =
        text.trim_matches(json::is_blank).len() == text.len() && !text.contains(['\n', '\r']);
    (bare && json::parse(text).is_ok()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{Chunk, End, Framing, Stream};
    use super::*;

    #[test]
    fn json_lines_are_items_and_others_stay_raw() {
        let json = |text: &str| Item::Json(text.to_owned());
        let raw = |text: &str| Item::Raw(text.to_owned());
        for (body, eol, final_eol, items) in [
            ("{\"a\": 1.0}\n[2]\n", Eol::Lf, true, vec![json("{\"a\": 1.0}"), json("[2]")]),
            ("{}\r\n1\r\n", Eol::CrLf, true, vec![json("{}"), json("1")]),
            ("{}\n{\"b\":2}", Eol::Lf, false, vec![json("{}"), json("{\"b\":2}")]),
            ("{}\n{\"b\":", Eol::Lf, true, vec![json("{}"), raw("{\"b\":")]),
            ("{}\n\n{}\n", Eol::Lf, true, vec![json("{}"), raw("\n"), json("{}")]),
            ("{}\n{}\n{}\r\n", Eol::Lf, true, vec![json("{}"), json("{}"), raw("{}\r\n")]),
            (" {}\n{} \n", Eol::Lf, true, vec![raw(" {}\n"), raw("{} \n")]),
            ("Bad Gateway\n", Eol::Lf, true, vec![raw("Bad Gateway\n")]),
            ("{\"a\":\r1}\n", Eol::Lf, true, vec![raw("{\"a\":\r1}\n")]),
            ("{\"a\":1}", Eol::Lf, false, vec![json("{\"a\":1}")]),
        ] {
            let chunk = Chunk { ms: 0, bytes: body.as_bytes().to_vec() };
            let stream = Stream::from_chunks(Framing::Ndjson, &[chunk], End::Complete);
            let dialect = Dialect { eol, final_eol, ..Dialect::default() };
            assert_eq!(stream.dialect, dialect, "{body:?}");
            let read: Vec<_> = stream.events.iter().map(|event| event.item.clone()).collect();
            assert_eq!(read, items, "{body:?}");
        }
    }
}
