//! Server-sent events in the spelling of whichever server wrote them.
//!
//! Lines are divided as the standard says; what [`write`] would not reproduce stays raw.

use super::framing::{Dialect, Eol, Field, Item, Parsed, Piece};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Every order of fields, the default first: it wins a tie.
const FIELD_ORDERS: [[Field; 3]; 6] = [
    Dialect::FIELD_ORDER,
    [Field::Event, Field::Id, Field::Data],
    [Field::Event, Field::Data, Field::Id],
    [Field::Data, Field::Event, Field::Id],
    [Field::Data, Field::Id, Field::Event],
    [Field::Id, Field::Data, Field::Event],
];

struct Line<'a> {
    text: &'a [u8],
    eol: Option<Eol>,
    end: usize,
}

pub(super) fn read(body: &[u8]) -> Parsed {
    let start = if body.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let lines = lines(body, start);
    let blocks: Vec<&[Line<'_>]> = lines.split_inclusive(Line::is_blank).collect();
    let dialect = dialect(&lines, &blocks);
    let mut pieces = Vec::with_capacity(blocks.len());
    if start > 0 {
        pieces.push(Piece { end: start, item: None });
    }
    for block in blocks {
        read_block(block, &dialect, &mut pieces);
    }
    (dialect, pieces)
}

pub(super) fn write(
    dialect: &Dialect,
    event: Option<&str>,
    id: Option<&str>,
    data: &str,
    out: &mut Vec<u8>,
) {
    let mut line = |field: Field, value: &str| {
        out.extend_from_slice(field.name().as_bytes());
        out.extend_from_slice(if dialect.space_after_colon { b": " } else { b":" });
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(dialect.eol.as_str().as_bytes());
    };
    for field in dialect.field_order {
        match field {
            Field::Event => event.into_iter().for_each(|value| line(field, value)),
            Field::Id => id.into_iter().for_each(|value| line(field, value)),
            Field::Data => data.split('\n').for_each(|value| line(field, value)),
        }
    }
    out.extend_from_slice(dialect.eol.as_str().as_bytes());
}

/// Lines from `start` on, ended by LF, CRLF or CR.
fn lines(body: &[u8], start: usize) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut at = start;
    while at < body.len() {
        let rest = &body[at..];
        let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let length = length.unwrap_or(rest.len());
        let eol = match rest.get(length..) {
            Some([b'\r', b'\n', ..]) => Some(Eol::CrLf),
            Some([b'\r', ..]) => Some(Eol::Cr),
            Some([b'\n', ..]) => Some(Eol::Lf),
            _ => None,
        };
        at += length + eol.map_or(0, |eol| eol.as_str().len());
        lines.push(Line { text: &rest[..length], eol, end: at });
    }
    lines
}

impl<'a> Line<'a> {
    /// Such a line ends an event.
    fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    /// The known field and what follows its colon.
    fn field(&self) -> Option<(Field, &'a [u8])> {
        let colon = self.text.iter().position(|byte| *byte == b':')?;
        let name = std::str::from_utf8(&self.text[..colon]).ok()?;
        Some((Field::from_name(name)?, &self.text[colon + 1..]))
    }

    /// Whether a client acts the same if this line arrives separately from the event after it.
    fn is_separable(&self) -> bool {
        self.text.starts_with(b":") || self.text.starts_with(b"retry:")
    }
}

/// The spelling of most lines and events; otherwise the default.
fn dialect(lines: &[Line<'_>], blocks: &[&[Line<'_>]]) -> Dialect {
    let count = |eol| lines.iter().filter(|line| line.eol == Some(eol)).count();
    // Of several equal ones the last wins.
    let eol = [Eol::Cr, Eol::CrLf, Eol::Lf].into_iter().max_by_key(|eol| count(*eol));
    let values = || lines.iter().filter_map(Line::field);
    let spaced = values().filter(|(_, value)| value.starts_with(b" ")).count();
    let space_after_colon = 2 * spaced >= values().count();
    Dialect {
        eol: eol.unwrap_or(Eol::Lf),
        space_after_colon,
        field_order: field_order(blocks),
        ..Dialect::default()
    }
}

/// The order that fits most events.
fn field_order(blocks: &[&[Line<'_>]]) -> [Field; 3] {
    let fields = blocks.iter().map(|block| {
        let mut fields: Vec<Field> =
            block.iter().filter_map(|line| line.field().map(|(field, _)| field)).collect();
        fields.dedup();
        fields
    });
    let ordered: Vec<_> = fields.filter(|fields| fields.len() > 1).collect();
    let fits = |order: &[Field; 3], fields: &[Field]| {
        let mut rest = order.iter();
        fields.iter().all(|field| rest.any(|next| next == field))
    };
    let fitting = |order: &[Field; 3]| ordered.iter().filter(|fields| fits(order, fields)).count();
    // Of several equal ones the last wins.
    FIELD_ORDERS.into_iter().rev().max_by_key(fitting).unwrap_or(Dialect::FIELD_ORDER)
}

/// Adds the pieces of the lines up to a blank one: comments before an event, then the event.
fn read_block(block: &[Line<'_>], dialect: &Dialect, pieces: &mut Vec<Piece>) {
    let Some(end) = block.last().map(|line| line.end) else { return };
    let item = match block {
        [.., last] if !last.is_blank() => None,
        [first, ..] if !first.is_separable() => event(block, dialect),
        _ => {
            let comments = block.iter().take_while(|line| line.is_separable()).count();
            let item = event(&block[comments..], dialect);
            if item.is_some() {
                pieces.push(Piece { end: block[comments - 1].end, item: None });
            }
            item
        }
    };
    pieces.push(Piece { end, item });
}

/// The event of these lines, if they are spelled as the dialect says, which the caller checks.
fn event(block: &[Line<'_>], dialect: &Dialect) -> Option<Item> {
    let (mut event, mut id, mut data) = (None, None, None::<String>);
    for line in block.iter().take_while(|line| !line.is_blank()) {
        let (field, value) = line.field()?;
        let value = std::str::from_utf8(value).ok()?;
        let value = if dialect.space_after_colon { value.strip_prefix(' ')? } else { value };
        match (field, &mut data) {
            (Field::Event, _) => event = Some(value.to_owned()),
            (Field::Id, _) => id = Some(value.to_owned()),
            (Field::Data, Some(data)) => {
                data.push('\n');
                data.push_str(value);
            }
            (Field::Data, None) => data = Some(value.to_owned()),
        }
    }
    Some(Item::Sse { event, id, data: data? })
}

#[cfg(test)]
mod tests {
    use super::super::{Chunk, End, Framing, Stream};
    use super::*;

    fn stream(body: &str) -> Stream {
        let chunk = Chunk { ms: 0, bytes: body.as_bytes().to_vec() };
        Stream::from_chunks(Framing::Sse, &[chunk], End::Complete)
    }

    /// Events in short: `event|id|data`, absent ones `-`, raw text after `!`.
    fn short(stream: &Stream) -> Vec<String> {
        let short = |item: &Item| match item {
            Item::Sse { event, id, data } => {
                let part = |part: &Option<String>| part.clone().unwrap_or("-".to_owned());
                format!("{}|{}|{data}", part(event), part(id))
            }
            Item::Raw(text) => format!("!{text}"),
            other => format!("{other:?}"),
        };
        stream.events.iter().map(|event| short(&event.item)).collect()
    }

    #[test]
    fn parses_events_that_fit_and_keeps_the_rest_raw() {
        for (body, events) in [
            ("data: {\"a\": 1} \n\ndata: [DONE]\n\n", &["-|-|{\"a\": 1} ", "-|-|[DONE]"][..]),
            ("event: ping\ndata: {}\n\n", &["ping|-|{}"]),
            ("id: 1\nevent: message\ndata: x\n\n", &["message|1|x"]),
            ("data: a\ndata: \ndata: b\n\n", &["-|-|a\n\nb"]),
            ("data: \n\n", &["-|-|"]),
            (": note\n\ndata: x\n\n", &["!: note\n\n", "-|-|x"]),
            (": note\nretry: 3\ndata: x\n\n", &["!: note\nretry: 3\n", "-|-|x"]),
            ("data: x\n: note\n\ndata: y\n\n", &["!data: x\n: note\n\n", "-|-|y"]),
            ("error: x\n\ndata: y\n\n", &["!error: x\n\n", "-|-|y"]),
            ("retry: 3000\n\ndata: y\n\n", &["!retry: 3000\n\n", "-|-|y"]),
            (" data: x\n\ndata: y\n\n", &["! data: x\n\n", "-|-|y"]),
            ("\n\ndata: y\n\n\n", &["!\n", "!\n", "-|-|y", "!\n"]),
            ("\u{feff}data: y\n\n", &["!\u{feff}", "-|-|y"]),
            ("data\n\ndata: y\n\n", &["!data\n\n", "-|-|y"]),
            ("event: ping\n\ndata: y\n\n", &["!event: ping\n\n", "-|-|y"]),
            (
                "event: a\nevent: b\ndata: x\n\ndata: y\n\n",
                &["!event: a\nevent: b\ndata: x\n\n", "-|-|y"],
            ),
            ("data: x\n\ndata: y\n", &["-|-|x", "!data: y\n"]),
            ("data: x\n\ndata: {\"a", &["-|-|x", "!data: {\"a"]),
            ("data: x\n\ndata: y\r\n\r\ndata: z\n\n", &["-|-|x", "!data: y\r\n\r\n", "-|-|z"]),
            ("data: x\n\ndata:y\n\ndata: z\n\n", &["-|-|x", "!data:y\n\n", "-|-|z"]),
            ("{\n  \"error\": \"no\"\n}", &["!{\n  \"error\": \"no\"\n}"]),
        ] {
            assert_eq!(short(&stream(body)), events, "{body:?}");
            assert_eq!(stream(body).to_bytes(), body.as_bytes());
        }
    }

    #[test]
    fn the_spelling_of_most_events_is_kept_once() {
        use Field::{Data, Event, Id};
        let default = Dialect::default();
        for (body, dialect) in [
            ("data: x\n\n", default.clone()),
            ("", default.clone()),
            ("data: x\r\n\r\n", Dialect { eol: Eol::CrLf, ..default.clone() }),
            ("data: x\r\r", Dialect { eol: Eol::Cr, ..default.clone() }),
            ("id:1\ndata:x\n\n", Dialect { space_after_colon: false, ..default.clone() }),
            (
                "event: a\nid: 1\ndata: x\n\n",
                Dialect { field_order: [Event, Id, Data], ..default.clone() },
            ),
            ("data: x\nid: 1\n\n", Dialect { field_order: [Event, Data, Id], ..default.clone() }),
            (
                "event: a\ndata: x\nid: 1\n\n",
                Dialect { field_order: [Event, Data, Id], ..default.clone() },
            ),
            (
                "data: x\nevent: a\n\ndata: y\nevent: b\n\nevent: c\ndata: z\n\n",
                Dialect { field_order: [Data, Event, Id], ..default.clone() },
            ),
        ] {
            let stream = stream(body);
            assert_eq!(stream.dialect, dialect, "{body:?}");
            assert_eq!(stream.to_bytes(), body.as_bytes());
        }
    }

    #[test]
    fn invalid_text_costs_only_its_own_event() {
        let chunk = Chunk { ms: 0, bytes: b"data: x\n\ndata: \xff\n\ndata: y\n\n".to_vec() };
        let stream = Stream::from_chunks(Framing::Sse, &[chunk], End::Complete);
        assert_eq!(short(&stream)[0], "-|-|x");
        assert_eq!(stream.events[1].item, Item::RawBytes(b"data: \xff\n\n".to_vec()));
        assert_eq!(short(&stream)[2], "-|-|y");
    }
}
