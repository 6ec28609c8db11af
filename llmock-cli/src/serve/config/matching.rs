//! What makes two requests the same: the keys that the attribute and `llmock.toml` have too, checked by the library.

use llmock::playback::{RuleError, Rules};

use super::error::ConfigError;
use super::read::{Fields, Read, members, text};
use super::value::{Node, Place};

const IGNORE: &str = "matching.ignore";
const NORMALIZE: &str = "matching.normalize";
const MATCH_ON: &str = "matching.match_on";

/// The rules that all layers make together.
pub(super) fn rules(fields: &Fields<'_>) -> Read<Rules> {
    let mut rules = Rules::default();
    for (path, place) in texts(fields, IGNORE)? {
        rules = rules.ignore(path).map_err(|error| wrong(IGNORE, &place, &error))?;
    }
    for rule in fields.list(NORMALIZE, normalize)? {
        let Normalize { path, pattern, replacement, place } = rule;
        rules = rules
            .normalize(path, pattern, replacement)
            .map_err(|error| wrong(NORMALIZE, &place, &error))?;
    }
    // An empty list is no default: the library says what is wrong with it.
    if fields.is_said(MATCH_ON) {
        let (names, places): (Vec<String>, Vec<Place>) =
            texts(fields, MATCH_ON)?.into_iter().unzip();
        let list = fields.node(MATCH_ON).place;
        rules = rules
            .match_on(names)
            .map_err(|error| wrong(MATCH_ON, places.get(error.index()).unwrap_or(&list), &error))?;
    }
    Ok(rules)
}

/// One rule of `normalize`.
struct Normalize {
    path: String,
    pattern: String,
    replacement: String,
    place: Place,
}

fn normalize(node: &Node) -> Read<Normalize> {
    const RULE: &str = "rule of `matching.normalize`";
    let (mut path, mut pattern, mut replacement) = (None, None, None);
    members(node, RULE, &["path", "pattern", "replacement"], |name, value| {
        let part = match name {
            "path" => &mut path,
            "pattern" => &mut pattern,
            _ => &mut replacement,
        };
        *part = Some(said(NORMALIZE, value)?);
        Ok(())
    })?;
    let needs = |part: &str| ConfigError::wrong(&node.place, format!("a {RULE} needs a `{part}`"));
    Ok(Normalize {
        path: path.ok_or_else(|| needs("path"))?,
        pattern: pattern.ok_or_else(|| needs("pattern"))?,
        replacement: replacement.ok_or_else(|| needs("replacement"))?,
        place: node.place.clone(),
    })
}

fn texts(fields: &Fields<'_>, key: &str) -> Read<Vec<(String, Place)>> {
    fields.list(key, |node| Ok((said(key, node)?, node.place.clone())))
}

/// A text; what is wrong with it is told under its key's name.
fn said(key: &str, node: &Node) -> Read<String> {
    text(node).map(str::to_owned).map_err(|error| match error {
        ConfigError::Wrong { place, reason } => {
            ConfigError::wrong(&place, format!("`{key}`: {reason}"))
        }
        other => other,
    })
}

fn wrong(key: &str, place: &Place, error: &RuleError) -> ConfigError {
    ConfigError::wrong(place, format!("`{key}`: {}", error.reason()))
}
