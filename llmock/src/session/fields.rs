//! Fields of `match_on` that no request has: a rule with such a field compares less than its author meant.

use llmock_rules::nearest;

use crate::config::{Origin, Settings};
use crate::fixture::interaction::{Body, Interaction};
use crate::json;
use crate::report::Failure;

/// A failure for each field of `match_on` that neither a request nor a recording has.
pub(crate) fn missing<'a>(
    settings: &Settings,
    requests: impl Iterator<Item = &'a [u8]>,
    recorded: impl Iterator<Item = &'a Interaction>,
) -> Vec<Failure> {
    let Some(named) = &settings.match_on.value else { return Vec::new() };
    let mut known: Vec<String> = Vec::new();
    for body in requests.filter_map(|body| std::str::from_utf8(body).ok()) {
        known.extend(members(body));
    }
    for interaction in recorded {
        match &interaction.request.body {
            Body::Json(text) => known.extend(members(text)),
            Body::Form(parts) => known.extend(parts.iter().map(|part| part.name.clone())),
            Body::Empty | Body::Text(_) | Body::Bytes(_) => {}
        }
    }
    if known.is_empty() {
        return Vec::new();
    }
    known.sort_unstable();
    known.dedup();
    let others: Vec<&str> =
        known.iter().filter(|known| !named.contains(known)).map(String::as_str).collect();
    // A file is for tests of several endpoints, of which this one may use a few.
    let is_shared = matches!(settings.match_on.origin, Origin::File(_));
    let is_partly_known = named.iter().any(|field| known.contains(field));
    let missing = named.iter().filter(|field| !known.contains(field));
    missing
        .filter(|field| {
            !is_shared || !is_partly_known || nearest(field, others.iter().copied()).is_some()
        })
        .map(|field| Failure::UnknownField {
            field: field.clone(),
            known: others.iter().map(|&known| known.to_owned()).collect(),
        })
        .collect()
}

/// The names at the top level of a JSON object.
fn members(text: &str) -> Vec<String> {
    let Ok(body) = json::parse(text) else { return Vec::new() };
    let members = body.as_object().unwrap_or_default().iter();
    members.map(|(name, _)| name.decode().into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use llmock_rules::Value;

    use super::*;

    fn reported(origin: &Origin, fields: &[&str]) -> Vec<(String, usize)> {
        let mut settings = Settings::default();
        settings.add(origin, "match_on", Value::Texts(fields)).expect("valid names");
        let bodies: [&[u8]; 2] = [br#"{"model":"m","messages":[]}"#, b"not JSON"];
        let failures = missing(&settings, bodies.into_iter(), [].iter());
        let pair = |failure| match failure {
            Failure::UnknownField { field, known } => (field, known.len()),
            other => panic!("{other:?}"),
        };
        failures.into_iter().map(pair).collect()
    }

    #[test]
    fn reports_fields_that_no_request_has() {
        let attribute = Origin::Attribute;
        assert_eq!(reported(&attribute, &["model", "messages"]), []);
        assert_eq!(reported(&attribute, &["model", "mesages"]), [("mesages".to_owned(), 1)]);
        assert_eq!(reported(&attribute, &["model", "input"]), [("input".to_owned(), 1)]);
    }

    #[test]
    fn a_file_may_name_fields_of_other_endpoints() {
        let file = Origin::File("llmock.toml".into());
        assert_eq!(reported(&file, &["model", "messages", "input"]), []);
        assert_eq!(reported(&file, &["model", "mesages"]), [("mesages".to_owned(), 1)]);
        assert_eq!(reported(&file, &["input"]), [("input".to_owned(), 2)]);
    }

    #[test]
    fn requests_without_fields_prove_nothing() {
        let mut settings = Settings::default();
        let value = Value::Texts(&["mesages"]);
        settings.add(&Origin::Attribute, "match_on", value).expect("a valid name");
        assert_eq!(missing(&settings, [&b""[..]].into_iter(), [].iter()), []);
    }
}
