//! Judges literals by themselves: nothing here needs the disk, the environment or the provider table.

use proc_macro2::Ident;
use syn::{LitInt, LitStr};

use crate::errors::{Errors, suggestion};

pub(crate) const MODES: &[&str] = &["replay", "record", "off", "auto"];
pub(crate) const ORDERS: &[&str] = &["any", "strict"];
pub(crate) const UNUSED: &[&str] = &["note", "ignore", "fail"];
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Names that Windows keeps for devices, with any extension and in any case.
const DEVICES: &[&str] = &["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// Reports `mistake` at the literal; true if there is none.
fn judged(text: &LitStr, mistake: Option<String>, errors: &mut Errors) -> bool {
    match mistake {
        None => true,
        Some(mistake) => {
            errors.at(text.span(), mistake);
            false
        }
    }
}

/// A value out of a closed list.
pub(crate) fn word(key: &Ident, text: &LitStr, words: &[&str], errors: &mut Errors) -> bool {
    let written = text.value();
    let mistake = (!words.contains(&written.as_str()))
        .then(|| format!("`{key}` cannot be `{written}`{}", suggestion(&written, words)));
    judged(text, mistake, errors)
}

/// The name of a fixture: the same file on every system, always inside the fixture folder.
pub(crate) fn fixture(text: &LitStr, errors: &mut Errors) -> bool {
    judged(text, fixture_mistake(&text.value()), errors)
}

fn fixture_mistake(name: &str) -> Option<String> {
    let drive =
        name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && name[1..].starts_with(':');
    if name.trim().is_empty() || name == ".json" {
        Some("the fixture name is empty".into())
    } else if name.starts_with('/') || name.starts_with('\\') || drive {
        Some(format!(
            "the fixture name `{name}` is absolute; fixtures lie in `fixtures/` beside the test"
        ))
    } else if name.contains('\\') {
        Some(format!(
            "the fixture name `{name}` holds a backslash; write `{}`",
            name.replace('\\', "/")
        ))
    } else {
        name.split('/').find_map(|part| part_mistake(name, part))
    }
}

/// What is wrong with one folder or the file of the name.
fn part_mistake(name: &str, part: &str) -> Option<String> {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    if part.is_empty() {
        Some(format!("the fixture name `{name}` has an empty part"))
    } else if part == "." || part == ".." {
        Some(format!("the fixture name `{name}` leaves its folder by `{part}`"))
    } else if let Some(odd) = part.chars().find(|c| c.is_control() || "<>:\"|?*".contains(*c)) {
        Some(format!(
            "the fixture name `{name}` holds `{}`, which Windows refuses",
            odd.escape_debug()
        ))
    } else if part.ends_with(['.', ' ']) {
        Some(format!(
            "the fixture name `{name}` has a part that ends in a dot or a space, which Windows drops"
        ))
    } else if DEVICES.contains(&stem.as_str()) || numbered_device(&stem) {
        Some(format!("the fixture name `{name}` holds `{part}`, a device name on Windows"))
    } else {
        None
    }
}

/// `COM1` and its like; the superscript digits count too.
fn numbered_device(stem: &str) -> bool {
    let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let mut number = number.unwrap_or_default().chars();
    matches!((number.next(), number.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}

/// The shape of a provider's id; whether it is known shows when the test runs, with the list of those that are.
pub(crate) fn provider(text: &LitStr, errors: &mut Errors) -> bool {
    let id = text.value();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let mistake = (id.is_empty() || !id.chars().all(plain))
        .then(|| format!("`{id}` is no provider id; ids are lower-case words, e.g. `openai`"));
    judged(text, mistake, errors)
}

/// The base URL of a declared provider.
pub(crate) fn url(id: &LitStr, url: &LitStr, errors: &mut Errors) -> bool {
    judged(url, url_mistake(&id.value(), &url.value()), errors)
}

fn url_mistake(id: &str, url: &str) -> Option<String> {
    let example = || format!("e.g. `{id} = \"https://llm.{id}.dev/v1\"`");
    if url.trim().is_empty() {
        return Some(format!(
            "`{id}` has no address; write the base URL of its API, {}",
            example()
        ));
    }
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '?' || c == '#';
    (host.is_empty() || host.starts_with(':') || url.contains(odd))
        .then(|| format!("`{url}` is no base URL of an API, {}", example()))
}

/// The name of a field at the top of a request's body.
pub(crate) fn field(text: &LitStr, errors: &mut Errors) -> bool {
    let name = text.value();
    let mistake = if name.is_empty() {
        Some("the field name is empty".into())
    } else if name.starts_with('$') {
        Some(format!("`match_on` takes names of body fields, not the path `{name}`"))
    } else {
        None
    };
    judged(text, mistake, errors)
}

/// An RFC 9535 path, by the parser that the library uses.
pub(crate) fn json_path(text: &LitStr, errors: &mut Errors) -> bool {
    let mistake = llmock_rules::JsonPath::parse(&text.value()).err();
    judged(text, mistake.map(|problem| problem.to_string()), errors)
}

/// `METHOD /path`, the path exact or with a `*` at its end.
pub(crate) fn side(text: &LitStr, errors: &mut Errors) -> bool {
    judged(text, side_mistake(&text.value()), errors)
}

fn side_mistake(call: &str) -> Option<String> {
    let Some((method, path)) = call.split_once(' ') else {
        return Some(format!("`{call}` is not a method and a path, e.g. `GET /v1/models`"));
    };
    if !METHODS.contains(&method) {
        Some(format!("unknown method `{method}`{}", suggestion(method, METHODS)))
    } else if !path.starts_with('/') {
        Some(format!("the path `{path}` does not start with `/`"))
    } else if path.contains(|c: char| c.is_whitespace() || c.is_control() || c == '#') {
        Some(format!("the path `{path}` holds a character that no path holds"))
    } else if path.find('*').is_some_and(|at| at + 1 != path.len()) {
        Some(format!("the path `{path}` has a `*` before its end"))
    } else {
        None
    }
}

/// An error status, as a literal without a suffix.
pub(crate) fn status(literal: &LitInt, errors: &mut Errors) -> Option<LitInt> {
    if let Ok(status @ 400..=599) = literal.base10_parse::<u16>() {
        return Some(LitInt::new(&status.to_string(), literal.span()));
    }
    errors.at(literal.span(), format!("`{literal}` is not an error status (400 to 599)"));
    None
}

/// A variable that `env` may write.
pub(crate) fn variable<'a>(
    name: &LitStr,
    value: &LitStr,
    mut before: impl Iterator<Item = &'a LitStr>,
    errors: &mut Errors,
) -> bool {
    let written = name.value();
    let shaped = written.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let mistake = if !shaped {
        Some(format!("`{written}` is no name of a variable: letters, digits and `_` only"))
    } else if written.starts_with("LLMOCK_") {
        Some(format!("`{written}` belongs to llmock and cannot be set here"))
    } else if before.any(|earlier| earlier.value() == written) {
        Some(format!("`{written}` is given twice"))
    } else {
        None
    };
    let nul = value.value().contains('\0').then(|| "a variable cannot hold a NUL character".into());
    judged(name, mistake, errors) & judged(value, nul, errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixture_name_is_the_same_file_everywhere() {
        let good = [
            "summarize",
            "agent/turns",
            "gpt-4.1",
            "v1.2.summary",
            "a.json",
            "Übung/été",
            "console",
            "com10",
            ".hidden",
        ];
        for name in good {
            assert_eq!(fixture_mistake(name), None, "{name}");
        }
        let bad = [
            ("", "is empty"),
            ("  ", "is empty"),
            (".json", "is empty"),
            ("/etc/x", "is absolute"),
            ("\\\\server\\x", "is absolute"),
            ("c:/x", "is absolute"),
            ("C:\\x", "is absolute"),
            ("a\\b", "write `a/b`"),
            ("a//b", "empty part"),
            ("a/", "empty part"),
            ("../a", "leaves its folder by `..`"),
            ("a/../../b", "leaves its folder by `..`"),
            ("./a", "leaves its folder by `.`"),
            ("a?b", "holds `?`"),
            ("a:b", "is absolute"),
            ("ab:c", "holds `:`"),
            ("what*", "holds `*`"),
            ("tab\tbed", "holds `\\t`"),
            ("a./b", "ends in a dot or a space"),
            ("a ", "ends in a dot or a space"),
            ("nul", "device name"),
            ("Aux.json", "device name"),
            ("con/x", "device name"),
            ("COM1", "device name"),
            ("lpt².v1", "device name"),
        ];
        for (name, part) in bad {
            let mistake = fixture_mistake(name).unwrap_or_default();
            assert!(mistake.contains(part), "{name:?}: {mistake}");
        }
    }

    #[test]
    fn a_declared_provider_has_the_base_url_of_an_api() {
        for url in ["https://llm.acme.dev/v1", "http://127.0.0.1:8080", "https://a.dev/"] {
            assert_eq!(url_mistake("acme", url), None, "{url}");
        }
        let bad = ["llm.acme.dev", "https://", "ftp://a.dev", "https://a.dev/v1?k=1", "http://a b"];
        for url in bad {
            let mistake = url_mistake("acme", url).unwrap_or_default();
            assert!(
                mistake.contains("is no base URL of an API, e.g. `acme = "),
                "{url}: {mistake}"
            );
        }
        assert!(url_mistake("acme", " ").unwrap_or_default().starts_with("`acme` has no address;"));
    }

    #[test]
    fn a_side_call_is_a_method_and_a_path() {
        for call in ["GET /v1/models", "POST /v1/moderations*", "GET /", "HEAD /a?b=c"] {
            assert_eq!(side_mistake(call), None, "{call}");
        }
        let bad = [
            ("/v1/models", "not a method and a path"),
            ("GET", "not a method and a path"),
            ("get /v1/models", "did you mean `GET`?"),
            ("BREW /v1", "expected one of `GET`"),
            ("GET v1/models", "does not start with `/`"),
            ("GET  /v1", "does not start with `/`"),
            ("GET /v1 /x", "no path holds"),
            ("GET /v1/*/x", "before its end"),
        ];
        for (call, part) in bad {
            let mistake = side_mistake(call).unwrap_or_default();
            assert!(mistake.contains(part), "{call}: {mistake}");
        }
    }
}
