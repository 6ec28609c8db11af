//! Finds the events of a body while it arrives, before it is known to be complete.
//!
//! A [`Stream`](super::Stream) is made from a whole body. This one only has to see what each event contains, so it
//! follows the bytes and not the content type, which servers get wrong: an object or array begins JSON, anything else
//! is read as server-sent events.

use super::aws;
use super::framing::Item;

/// A line that is longer is no event of a model. Audio without a content type has such lines.
const LONGEST_LINE: usize = 16 << 20;

/// Something that became complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// The data of a server-sent event, and its name if that came first.
    Event { name: Option<&'a str>, data: &'a str },
    /// A JSON value: a line, an element of the array that the body is, or the whole body.
    Value(&'a str),
    /// The last element of the array that the body is was the last one.
    ArrayEnd,
    /// A frame of an AWS event stream.
    Frame { headers: &'a [(String, String)], payload: &'a str },
}

/// Divides a body that is still arriving.
#[derive(Debug)]
pub(crate) struct Scanner(Kind);

#[derive(Debug)]
enum Kind {
    /// Nothing but blanks so far.
    Undecided,
    Sse(Lines),
    Json(Values),
    Aws(Vec<u8>),
}

impl Scanner {
    pub(crate) fn new(is_aws: bool) -> Self {
        Self(if is_aws { Kind::Aws(Vec::new()) } else { Kind::Undecided })
    }

    /// Reads more bytes and reports what they complete.
    pub(crate) fn read(&mut self, bytes: &[u8], found: &mut dyn FnMut(Found<'_>)) {
        let mut bytes = bytes;
        if let Kind::Undecided = self.0 {
            let is_blank = |byte: &u8| byte.is_ascii_whitespace() || b"\xef\xbb\xbf".contains(byte);
            let Some(start) = bytes.iter().position(|byte| !is_blank(byte)) else { return };
            bytes = &bytes[start..];
            self.0 = match bytes[0] {
                b'{' | b'[' => Kind::Json(Values::default()),
                _ => Kind::Sse(Lines::default()),
            };
        }
        match &mut self.0 {
            Kind::Undecided => {}
            Kind::Sse(lines) => lines.read(bytes, found),
            Kind::Json(values) => values.read(bytes, found),
            Kind::Aws(rest) => read_frames(rest, bytes, found),
        }
    }

    /// Whether an event has begun and is not complete.
    pub(crate) fn is_within_event(&self) -> bool {
        match &self.0 {
            Kind::Undecided => false,
            Kind::Sse(lines) => !lines.line.is_empty() && lines.line[0] != b':',
            Kind::Json(values) => !values.value.is_empty(),
            Kind::Aws(rest) => !rest.is_empty(),
        }
    }

    /// Whether the body is a series of events, whatever its content type is.
    pub(crate) fn has_events(&self) -> bool {
        match &self.0 {
            Kind::Sse(lines) => lines.has_data,
            Kind::Json(values) => values.count > 1,
            Kind::Aws(_) => true,
            Kind::Undecided => false,
        }
    }
}

/// Server-sent events. A line of data is reported at its end: some servers never send the blank line after it.
#[derive(Debug, Default)]
struct Lines {
    line: Vec<u8>,
    /// The line ended with `\r`, so that `\n` does not end another one.
    after_cr: bool,
    name: Option<String>,
    data: Vec<String>,
    has_data: bool,
}

impl Lines {
    fn read(&mut self, bytes: &[u8], found: &mut dyn FnMut(Found<'_>)) {
        for &byte in bytes {
            match byte {
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    self.end_line(&String::from_utf8_lossy(&line), found);
                }
                _ => {
                    self.after_cr = false;
                    if self.line.len() < LONGEST_LINE {
                        self.line.push(byte);
                    }
                }
            }
        }
        // The last line of a stream may lack its end.
        if let [b'd', b'a', b't', b'a', b':', rest @ ..] = &*self.line
            && rest.trim_ascii() == b"[DONE]"
        {
            found(Found::Event { name: None, data: "[DONE]" });
        }
    }

    fn end_line(&mut self, line: &str, found: &mut dyn FnMut(Found<'_>)) {
        if line.is_empty() {
            if self.data.len() > 1 {
                let name = self.name.as_deref();
                found(Found::Event { name, data: &self.data.join("\n") });
            }
            self.data.clear();
            self.name = None;
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = Some(value.to_owned()),
            "data" => {
                self.has_data = true;
                if self.data.is_empty() {
                    found(Found::Event { name: self.name.as_deref(), data: value });
                }
                self.data.push(value.to_owned());
            }
            _ => {}
        }
    }
}

/// JSON values one after the other, or the elements of one array.
#[derive(Debug, Default)]
struct Values {
    value: Vec<u8>,
    depth: usize,
    is_array: bool,
    in_string: bool,
    is_escaped: bool,
    count: usize,
}

impl Values {
    fn read(&mut self, bytes: &[u8], found: &mut dyn FnMut(Found<'_>)) {
        for &byte in bytes {
            self.byte(byte, found);
        }
    }

    fn byte(&mut self, byte: u8, found: &mut dyn FnMut(Found<'_>)) {
        let base = usize::from(self.is_array);
        if self.in_string {
            self.in_string = byte != b'"' || self.is_escaped;
            self.is_escaped = byte == b'\\' && !self.is_escaped;
            self.value.push(byte);
            return;
        }
        match byte {
            b'[' if self.depth == 0 && self.count == 0 && !self.is_array => {
                self.is_array = true;
                self.depth = 1;
                return;
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth < base {
                    return found(Found::ArrayEnd);
                }
            }
            b'"' if self.depth > base => self.in_string = true,
            _ => {}
        }
        if self.depth > base || matches!(byte, b'}' | b']') {
            self.value.push(byte);
        }
        if self.depth == base && !self.value.is_empty() {
            self.count += 1;
            let value = std::mem::take(&mut self.value);
            found(Found::Value(&String::from_utf8_lossy(&value)));
        }
    }
}

fn read_frames(rest: &mut Vec<u8>, bytes: &[u8], found: &mut dyn FnMut(Found<'_>)) {
    rest.extend_from_slice(bytes);
    while let Some(length) = aws::frame_length(rest) {
        let frame: Vec<u8> = rest.drain(..length).collect();
        if let Some(Item::Frame { headers, payload }) = aws::frame(&frame) {
            found(Found::Frame { headers: &headers, payload: &payload });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(parts: &[&str]) -> Vec<String> {
        let mut scanner = Scanner::new(false);
        let mut all = Vec::new();
        for part in parts {
            scanner.read(part.as_bytes(), &mut |found| {
                all.push(match found {
                    Found::Event { name, data } => format!("{}:{data}", name.unwrap_or_default()),
                    Found::Value(text) => text.to_owned(),
                    Found::ArrayEnd => "end".to_owned(),
                    Found::Frame { payload, .. } => payload.to_owned(),
                });
            });
        }
        all
    }

    #[test]
    fn finds_events_across_chunks() {
        assert_eq!(
            scan(&["data: {\"a\"", ":1}\r", "\n\r\n: ping\n\nevent: e\ndata:x\n\n"]),
            [":{\"a\":1}", "e:x"]
        );
        assert_eq!(scan(&["\u{feff}data: a\ndata: b\n\n"]), [":a", ":a\nb"]);
        assert_eq!(scan(&["data: [DONE]"]), [":[DONE]"]);
        assert_eq!(scan(&["data: 1\rdata: 2\r\r"]), [":1", ":1\n2"]);
    }

    #[test]
    fn finds_values_across_chunks() {
        assert_eq!(
            scan(&["{\"a\":\"}\\\"", "\"}\n{\"b\":[1]}"]),
            ["{\"a\":\"}\\\"\"}", "{\"b\":[1]}"]
        );
        assert_eq!(scan(&["[{\"a\":1}\n,\r\n{\"b\":", "{}}]"]), ["{\"a\":1}", "{\"b\":{}}", "end"]);
    }

    #[test]
    fn finds_frames_across_chunks() {
        let mut frames = Vec::new();
        aws::write(&[(":event-type".to_owned(), "messageStop".to_owned())], "{}", &mut frames);
        aws::write(&[], "{\"b\":1}", &mut frames);
        let mut scanner = Scanner::new(true);
        let mut payloads = Vec::new();
        for byte in &frames {
            scanner.read(&[*byte], &mut |found| {
                if let Found::Frame { payload, .. } = found {
                    payloads.push(payload.to_owned());
                }
            });
        }
        assert_eq!(payloads, ["{}", "{\"b\":1}"]);
        assert!(!scanner.is_within_event());
    }
}
