//! Names: of body fields, environment variables, providers and fixtures.

use crate::problem::{Problem, hint};

/// Declares a checked name: `mistake` returns what is wrong with a text, if anything.
macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $mistake:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            pub fn parse(text: &str) -> Result<Self, Problem> {
                match $mistake(text) {
                    Some(message) => Err(Problem::new(message)),
                    None => Ok(Self(text.to_owned())),
                }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )*};
}

names! {
    /// A field at the top level of a request body: `model`, not a path such as `$.messages[0]`.
    FieldName, field_mistake;
    /// An environment variable that a setting may write; not one of llmock's own.
    EnvName, variable_mistake;
    /// A provider: lower-case letters, digits, `-` and `_`, at most 64.
    ProviderId, provider_mistake;
    /// A fixture: the same file on every system, always inside the fixture folder. With a slash in front, inside the
    /// workspace.
    FixtureName, fixture_mistake;
    /// A text that other texts may contain.
    ContainedText, contained_mistake;
    /// A lane of requests, which reports name.
    LaneName, lane_mistake;
    /// A field at the top level of the body as a path, `$.store`.
    CountedField, counted_mistake;
    /// A folder for fixtures, relative to the file that names it: `tests/cassettes/{module}`.
    FixtureFolder, folder_mistake;
}

fn field_mistake(name: &str) -> Option<String> {
    // Array fields of forms end in `[]`.
    let stem = name.strip_suffix("[]").unwrap_or(name);
    let is_path = stem.starts_with('$') || stem.contains(['.', '[', ']', '/', '*', '\'', '"']);
    if name.trim().is_empty() {
        Some("a field name is empty".to_owned())
    } else if is_path {
        let form = "expected a top-level field of the body such as `messages`, not a path";
        Some(format!("invalid field name `{name}`: {form}"))
    } else if name.trim() != name || name.contains(char::is_control) {
        Some(format!("invalid field name `{}`: it contains whitespace", name.escape_debug()))
    } else {
        None
    }
}

fn contained_mistake(text: &str) -> Option<String> {
    text.is_empty().then(|| "every text contains the empty text".to_owned())
}

fn lane_mistake(name: &str) -> Option<String> {
    let is_name = !name.is_empty() && !name.contains(char::is_control) && name.trim() == name;
    (!is_name).then(|| format!("invalid lane `{}`: expected a name", name.escape_debug()))
}

fn counted_mistake(path: &str) -> Option<String> {
    let field = path.strip_prefix("$.").unwrap_or_default();
    let form = "expected a field at the top level of the body, such as `$.store`";
    FieldName::parse(field).is_err().then(|| format!("invalid path `{path}`: {form}"))
}

impl CountedField {
    pub fn field(&self) -> &str {
        self.0.strip_prefix("$.").unwrap_or(&self.0)
    }
}

fn variable_mistake(name: &str) -> Option<String> {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if !starts_well || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        let form = "expected letters, digits and `_`, starting with no digit";
        Some(format!("invalid variable name `{name}`: {form}"))
    } else if name.starts_with("LLMOCK_") {
        Some(format!("`{name}` is one of llmock's own variables and cannot be set here"))
    } else {
        None
    }
}

fn provider_mistake(id: &str) -> Option<String> {
    let form = "expected at most 64 lower-case letters, digits, `-` and `_`, such as `openai`";
    (!ProviderId::is_valid(id)).then(|| format!("invalid provider id `{id}`: {form}"))
}

impl ProviderId {
    /// Whether a text is a provider id, also in constants.
    pub const fn is_valid(id: &str) -> bool {
        let bytes = id.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_') {
                return false;
            }
            at += 1;
        }
        !bytes.is_empty() && bytes.len() <= 64
    }
}

/// Names that Windows keeps for devices, with any extension and in any case.
const DEVICES: &[&str] = &["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

fn fixture_mistake(name: &str) -> Option<String> {
    let has_drive =
        name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && name[1..].starts_with(':');
    let invalid = |reason: &str| Some(format!("invalid fixture name `{name}`: {reason}"));
    if name.trim().is_empty() || name == ".json" {
        Some("the fixture name is empty".to_owned())
    } else if name.starts_with('\\') || has_drive {
        invalid("it is absolute; write `/shared/x` for a file of the workspace")
    } else if name.contains('\\') {
        invalid(&format!("it contains a backslash; write `{}`", name.replace('\\', "/")))
    } else {
        let inside = name.strip_prefix('/').unwrap_or(name);
        inside.split('/').find_map(part_mistake).and_then(|reason| invalid(&reason))
    }
}

impl FixtureName {
    /// The name below the root of the workspace, for `/shared/greeting`.
    pub fn in_workspace(name: &str) -> Option<&str> {
        name.strip_prefix('/')
    }
}

/// What a folder of fixtures may contain in braces.
const FOLDER_WORDS: &[&str] = &["crate", "module"];

fn folder_mistake(folder: &str) -> Option<String> {
    let has_drive = folder.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && folder[1..].starts_with(':');
    let invalid = |reason: &str| Some(format!("invalid fixture folder `{folder}`: {reason}"));
    let words = folder.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or_default());
    let unknown = words.into_iter().find(|word| !FOLDER_WORDS.contains(word));
    let is_open = folder.matches('{').count() != folder.matches('}').count();
    if folder.trim().is_empty() {
        Some("the fixture folder is empty".to_owned())
    } else if folder.starts_with(['/', '\\']) || has_drive {
        invalid("it is absolute; it counts from the folder of `llmock.toml`, or from the package")
    } else if folder.contains('\\') {
        invalid(&format!("it contains a backslash; write `{}`", folder.replace('\\', "/")))
    } else if let Some(word) = unknown {
        let hint = hint(word, FOLDER_WORDS);
        invalid(&format!("unknown placeholder `{{{word}}}`{hint}"))
    } else if is_open {
        invalid("a brace has no counterpart")
    } else {
        let parts = folder.trim_end_matches('/').split('/');
        parts.into_iter().find_map(part_mistake).and_then(|reason| invalid(&reason))
    }
}

impl FixtureFolder {
    /// The folder of one test: `{crate}` is the crate of the test, `{module}` its module inside the crate. A word that
    /// is empty leaves no folder.
    pub fn of(&self, test_crate: &str, module: &str) -> String {
        let filled = self.0.replace("{crate}", test_crate).replace("{module}", module);
        filled.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    }

    pub fn has_module(&self) -> bool {
        self.0.contains("{module}")
    }
}

/// What is wrong with one folder or the file of a fixture name.
fn part_mistake(part: &str) -> Option<String> {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    if part.is_empty() {
        Some("one of its parts is empty".to_owned())
    } else if part == "." || part == ".." {
        Some(format!("`{part}` would leave the fixture folder"))
    } else if let Some(odd) = part.chars().find(|c| c.is_control() || "<>:\"|?*".contains(*c)) {
        Some(format!("it contains `{}`, which Windows does not allow", odd.escape_debug()))
    } else if part.ends_with(['.', ' ']) {
        Some(format!("`{part}` ends in a dot or a space, which Windows drops"))
    } else if DEVICES.contains(&stem.as_str()) || is_numbered_device(&stem) {
        Some(format!("`{part}` is a device name on Windows"))
    } else {
        None
    }
}

/// Whether the name is `COM1` and the like; superscript digits count too.
fn is_numbered_device(stem: &str) -> bool {
    let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let mut number = number.unwrap_or_default().chars();
    matches!((number.next(), number.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_names_are_not_paths() {
        for name in ["model", "max_tokens", "reasoning-effort", "timestamp_granularities[]", "é"] {
            assert_eq!(FieldName::parse(name).unwrap().as_str(), name);
        }
        for (name, reason) in [
            ("", "a field name is empty"),
            ("  ", "a field name is empty"),
            ("$", "not a path"),
            ("$.messages", "not a path"),
            ("messages[0]", "not a path"),
            ("messages.0.content", "not a path"),
            ("/messages/0", "not a path"),
            ("*", "not a path"),
            (" model", "contains whitespace"),
            ("model\n", "contains whitespace"),
        ] {
            let error = FieldName::parse(name).unwrap_err().to_string();
            assert!(error.ends_with(reason), "{name}: {error}");
        }
    }

    #[test]
    fn counted_fields_are_at_the_top_level() {
        assert_eq!(CountedField::parse("$.store").unwrap().field(), "store");
        for path in ["", "$", "$.", "store", "$.metadata.run", "$.*", "$..store", "$['store']"] {
            let error = CountedField::parse(path).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("invalid path `{path}`: expected a field")),
                "{error}"
            );
        }
    }

    #[test]
    fn variables_are_names_and_not_our_own() {
        for name in ["MY_URL", "_x", "a1"] {
            assert!(EnvName::parse(name).is_ok(), "{name}");
        }
        for (name, start) in [
            ("", "invalid variable name ``: expected letters"),
            ("1X", "invalid variable name `1X`: expected letters"),
            ("MY URL", "invalid variable name `MY URL`: expected letters"),
            ("ÄPFEL", "invalid variable name `ÄPFEL`: expected letters"),
            ("LLMOCK_MODE", "`LLMOCK_MODE` is one of llmock's own variables"),
        ] {
            let error = EnvName::parse(name).unwrap_err().to_string();
            assert!(error.starts_with(start), "{error}");
        }
    }

    #[test]
    fn provider_ids_are_short_lower_case_words() {
        for id in ["openai", "01ai", "my-llm_2", &"a".repeat(64)] {
            assert!(ProviderId::parse(id).is_ok(), "{id}");
        }
        for id in ["", "OpenAI", "a b", "a/b", "é", &"a".repeat(65)] {
            let error = ProviderId::parse(id).unwrap_err().to_string();
            assert!(error.starts_with(&format!("invalid provider id `{id}`: ")), "{error}");
        }
    }

    #[test]
    fn fixture_names_are_the_same_file_everywhere() {
        for name in [
            "summarize",
            "agent/turns",
            "gpt-4.1",
            "v1.2.summary",
            "a.json",
            "Übung/été",
            "console",
            "com10",
            ".hidden",
            "/shared/greeting",
        ] {
            assert_eq!(fixture_mistake(name), None, "{name}");
        }
        for (name, reason) in [
            ("", "is empty"),
            ("  ", "is empty"),
            (".json", "is empty"),
            ("/", "parts is empty"),
            ("//server/x", "parts is empty"),
            ("/../x", "`..` would leave"),
            ("/c:/x", "contains `:`"),
            ("\\\\server\\x", "is absolute"),
            ("c:/x", "is absolute"),
            ("C:\\x", "is absolute"),
            ("a\\b", "write `a/b`"),
            ("a//b", "parts is empty"),
            ("a/", "parts is empty"),
            ("../a", "`..` would leave"),
            ("a/../../b", "`..` would leave"),
            ("./a", "`.` would leave"),
            ("a?b", "contains `?`"),
            ("a:b", "is absolute"),
            ("ab:c", "contains `:`"),
            ("what*", "contains `*`"),
            ("tab\tbed", "contains `\\t`"),
            ("a./b", "ends in a dot or a space"),
            ("a ", "ends in a dot or a space"),
            ("nul", "device name"),
            ("Aux.json", "device name"),
            ("con/x", "device name"),
            ("COM1", "device name"),
            ("lpt².v1", "device name"),
        ] {
            let mistake = fixture_mistake(name).unwrap_or_default();
            assert!(mistake.contains(reason), "{name:?}: {mistake}");
        }
    }

    #[test]
    fn fixture_folders_are_filled_for_each_test() {
        for (folder, filled) in [
            ("tests/cassettes", "tests/cassettes"),
            ("tests/cassettes/{module}", "tests/cassettes/chat/tools"),
            ("tests/{crate}/{module}/", "tests/api/chat/tools"),
            ("{crate}-{module}", "api-chat/tools"),
        ] {
            assert_eq!(FixtureFolder::parse(folder).unwrap().of("api", "chat/tools"), filled);
        }
        let folder = FixtureFolder::parse("a/{module}/b").unwrap();
        assert_eq!(folder.of("api", ""), "a/b", "a test at the root of its crate");
    }

    #[test]
    fn fixture_folders_stay_where_they_are_named() {
        for (folder, reason) in [
            (" ", "is empty"),
            ("/tests", "is absolute"),
            ("c:/x", "is absolute"),
            ("a\\b", "write `a/b`"),
            ("../x", "`..` would leave"),
            ("a/{modul}", "unknown placeholder `{modul}`; did you mean `module`?"),
            ("a/{}", "unknown placeholder `{}`: expected `crate` or `module`"),
            ("a/{module", "a brace has no counterpart"),
            ("a//b", "parts is empty"),
            ("a/nul", "device name"),
        ] {
            let mistake = folder_mistake(folder).unwrap_or_default();
            assert!(mistake.contains(reason), "{folder:?}: {mistake}");
        }
    }
}
