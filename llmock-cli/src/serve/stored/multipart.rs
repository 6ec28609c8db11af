//! Forms with files, as uploads send them: <https://www.rfc-editor.org/rfc/rfc7578>.

use bytes::Bytes;

/// A field of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) filename: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) content: Bytes,
}

/// The fields of a form; none if the body is no form.
pub(super) fn fields(content_type: &str, body: &Bytes) -> Vec<Field> {
    let Some(boundary) = parameter(content_type, "boundary") else { return Vec::new() };
    let line = format!("--{boundary}");
    let mut fields = Vec::new();
    let mut rest = body.clone();
    let Some(start) = find(&rest, line.as_bytes()) else { return fields };
    rest = rest.slice(start + line.len()..);
    let end = format!("\r\n{line}");
    while let Some(stop) = find(&rest, end.as_bytes()) {
        fields.extend(field(&rest.slice(..stop)));
        rest = rest.slice(stop + end.len()..);
    }
    fields
}

/// The value of a field that is text.
pub(super) fn text(fields: &[Field], name: &str) -> Option<String> {
    let found = fields.iter().find(|field| field.name == name && field.filename.is_none())?;
    Some(String::from_utf8_lossy(&found.content).into_owned())
}

/// The first file.
pub(super) fn file(fields: &[Field]) -> Option<&Field> {
    fields.iter().find(|field| field.filename.is_some())
}

/// A part: its headers, an empty line, its content.
fn field(part: &Bytes) -> Option<Field> {
    let end = find(part, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&part[..end]).into_owned();
    let header = |wanted: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        found.next().map(|(_, value)| value.trim().to_owned())
    };
    let disposition = header("content-disposition").unwrap_or_default();
    Some(Field {
        name: parameter(&disposition, "name").unwrap_or_default(),
        filename: parameter(&disposition, "filename"),
        content_type: header("content-type"),
        content: part.slice(end + 4..),
    })
}

/// `NAME=VALUE` or `NAME="VALUE"` after a semicolon.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut pairs = header.split(';').skip(1).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(value.trim_matches('"').to_owned())
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_fields_and_files() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--x\r\n\
                    content-disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\
                    Content-Type: application/jsonl\r\n\r\n{}\r\n{}\r\n--x--\r\n";
        let fields = fields("multipart/form-data; boundary=x", &body.into());
        assert_eq!(text(&fields, "purpose").as_deref(), Some("batch"));
        let file = file(&fields).expect("a file");
        assert_eq!(file.filename.as_deref(), Some("a.jsonl"));
        assert_eq!(file.content, "{}\r\n{}");
        assert!(super::fields("application/json", &"{}".into()).is_empty());
    }
}
