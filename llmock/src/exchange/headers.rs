//! The headers of a request that are compared or kept.

use http::{HeaderMap, HeaderName};

use crate::fixture::redact::Redactor;

/// Adds the chosen headers to those that a request has already, without secrets. The values of a repeated one are a list:
/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.3>.
pub(crate) fn add(
    to: &mut Vec<(String, String)>,
    headers: &HeaderMap,
    redactor: &Redactor,
    is_chosen: impl Fn(&str) -> bool,
) {
    let is_known =
        |all: &[(String, String)], name: &str| all.iter().any(|(known, _)| known == name);
    for name in headers.keys().map(HeaderName::as_str).filter(|name| is_chosen(name)) {
        if is_known(to, name) {
            continue;
        }
        let values = headers.get_all(name).iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let value = values.collect::<Vec<_>>().join(", ");
        to.push((name.to_owned(), redactor.text(&value).into_owned()));
    }
    to.sort_unstable();
}
