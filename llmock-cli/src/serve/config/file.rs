//! The configuration file: YAML, with the line and column of every mistake.

use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeSeed as _;
use serde_saphyr::{Error, Location, MessageFormatter as _, UserMessageFormatter};

use super::draft::{Draft, Members};
use super::error::{ConfigError, Place};

/// Applies the text of the file at `path`.
pub(super) fn read(path: &Path, text: &str, draft: &mut Draft) -> Result<(), ConfigError> {
    // A mark that editors on Windows leave.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    let place = Place::File { path: Arc::new(path.to_owned()), line: 1, column: 1 };
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, |yaml| {
        Members { draft: &mut *draft, section: None, place: &place }.deserialize(yaml)
    });
    read.map_err(|error| {
        let place = place.at(error.location().unwrap_or(Location::UNKNOWN));
        let reason = match &error {
            Error::MultipleDocuments { .. } => {
                "second document; a configuration is one document".to_owned()
            }
            error => draft.named(&UserMessageFormatter.format_message(error)),
        };
        ConfigError::invalid(draft.unknown_key.as_ref().unwrap_or(&place), reason)
    })
}
