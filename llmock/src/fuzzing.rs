//! What the fuzz targets run: each takes any bytes and panics if a promise of this crate is broken.
//!
//! cargo-fuzz calls them from the package `fuzz`. The tests beside this module call them with mutations of small seeds,
//! so that every run tries some.

mod fixture;
mod front;
mod redaction;
mod requests;
mod streams;
#[cfg(test)]
mod tests;

/// A target, by the name that cargo-fuzz uses.
pub(crate) type Target = fn(&[u8]);

/// Every target with its name.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("fixture", fixture::parse),
    ("sse", streams::sse),
    ("ndjson", streams::ndjson),
    ("json_array", streams::json_array),
    ("aws_event_stream", streams::aws_event_stream),
    ("canonicalization", requests::canonicalize),
    ("redactor", redaction::redact),
    ("front", front::request),
];

/// Runs the target of that name.
#[cfg(feature = "__fuzz")]
pub fn run(name: &str, data: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a known target");
    target(data);
}
