//! The generations of models, by their ids.

/// `claude-opus-4-7` is generation 4.7, wherever in an id it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claude {
    pub(super) major: u32,
    pub(super) minor: u32,
}

impl Claude {
    pub(super) fn of(model: &str) -> Option<Self> {
        let start = model.find("claude-")?;
        let rest = model[start..].strip_prefix("claude-")?;
        let mut parts = rest.split(['-', '@', ':', '/', '.']);
        let api = parts.next()?;
        // `claude-3-5-sonnet` has the numbers first.
        let major: u32 = match api.parse() {
            Ok(major) => major,
            Err(_) => parts.next()?.parse().ok()?,
        };
        // A date is no minor version.
        let minor = parts.next().and_then(|part| part.parse().ok()).filter(|minor| *minor < 100);
        (major < 100).then(|| Self { major, minor: minor.unwrap_or(0) })
    }

    pub(super) fn is_at_least(self, major: u32, minor: u32) -> bool {
        self >= Self { major, minor }
    }
}

/// Whether an id is this model or a dated version of it: `gpt-5-2025-08-07`, `claude-haiku-4-5@20251001`.
pub(crate) fn is_version(id: &str, model: &str) -> bool {
    id.strip_prefix(model)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("-20") || rest.starts_with("@20"))
}

/// Models of OpenAI that reason before every response: `gpt-5` and its small ones, and the o series. Later ones can be told
/// not to reason, and then accept more.
pub(super) fn always_reasons(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    ["gpt-5", "gpt-5-mini", "gpt-5-nano", "o1", "o1-mini", "o3", "o3-mini", "o3-pro", "o4-mini"]
        .into_iter()
        .any(|known| is_version(name, known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_are_read_from_every_spelling() {
        for (model, expected) in [
            ("claude-opus-4-7", Some((4, 7))),
            ("claude-opus-4-20250514", Some((4, 0))),
            ("claude-sonnet-4-5-20250929", Some((4, 5))),
            ("claude-3-5-sonnet-20241022", Some((3, 5))),
            ("claude-3-haiku-20240307", Some((3, 0))),
            ("us.anthropic.claude-opus-4-6-v1", Some((4, 6))),
            ("anthropic.claude-sonnet-4-20250514-v1:0", Some((4, 0))),
            ("claude-sonnet-4-5@20250929", Some((4, 5))),
            ("claude-sonnet-5", Some((5, 0))),
            ("anthropic/claude-sonnet-4.5", Some((4, 5))),
            ("claude-x", None),
            ("gpt-5", None),
        ] {
            let found = Claude::of(model).map(|claude| (claude.major, claude.minor));
            assert_eq!(found, expected, "{model}");
        }
        assert!(is_version("gpt-4o-2024-08-06", "gpt-4o") && !is_version("gpt-4o-mini", "gpt-4o"));
        assert!(always_reasons("gpt-5-mini-2025-08-07") && always_reasons("o3"));
        assert!(
            !always_reasons("gpt-5.1")
                && !always_reasons("gpt-4o")
                && !always_reasons("gpt-5-chat-latest")
        );
    }
}
