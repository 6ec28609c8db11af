//! What only the compiler knows about the location of a test, as plain data.
//!
//! `proc_macro` works only inside a compiler call; the entry point collects its facts in a [`CallSite`], so that
//! everything else runs in ordinary unit tests.

use std::path::{Component, Path};

use proc_macro2::Span;

/// Facts about the compiler call that the test cannot find out when it runs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CallSite {
    /// The way from the package to the compiler's working directory: `""`, `".."`, `"../.."`.
    pub(crate) hop: String,
    /// File names as `--remap-path-prefix` shows them, with the real ones.
    pub(crate) remapped: Vec<(String, String)>,
}

impl CallSite {
    /// Reads the folders of the compiler call and the files that `spans` name.
    pub(crate) fn new(spans: impl IntoIterator<Item = proc_macro::Span>) -> Self {
        let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR");
        let hop = match (manifest_dir, std::env::current_dir()) {
            (Some(package), Ok(cwd)) => hop(Path::new(&package), &cwd),
            _ => String::new(),
        };
        let mut remapped = Vec::new();
        for span in spans {
            let pair = span.local_file().and_then(|local| remap(&span.file(), &local));
            if let Some(pair) = pair.filter(|pair| !remapped.contains(pair)) {
                remapped.push(pair);
            }
        }
        Self { hop, remapped }
    }
}

/// `..` for each folder that `package` lies below `cwd`; nothing if it does not.
fn hop(package: &Path, cwd: &Path) -> String {
    let below = |package: &Path, cwd: &Path| {
        let rest = package.strip_prefix(cwd).ok()?;
        Some(rest.components().filter(|part| matches!(part, Component::Normal(_))).count())
    };
    // One of the two may be spelled through a symbolic link.
    let depth = below(package, cwd)
        .or_else(|| below(&package.canonicalize().ok()?, &cwd.canonicalize().ok()?))
        .unwrap_or(0);
    vec![".."; depth].join("/")
}

/// The pair, if the names differ and the real one can be joined to a folder.
fn remap(shown: &str, local: &Path) -> Option<(String, String)> {
    let real = local.to_str()?;
    let useful = !shown.is_empty() && !real.is_empty() && shown != real && local.is_relative();
    useful.then(|| (shown.to_owned(), real.to_owned()))
}

/// The line of a span; unknown outside a compiler call.
pub(crate) fn line(span: Span) -> Option<u32> {
    let line = proc_macro::is_available().then(|| span.unwrap().line())?;
    u32::try_from(line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hops_lead_from_the_package_to_the_working_directory() {
        let cases = [
            ("/no/such/ws", "/no/such/ws", ""),
            ("/no/such/ws/member", "/no/such/ws", ".."),
            ("/no/such/ws/nested/deep", "/no/such/ws", "../.."),
            ("/no/such/ws/member/", "/no/such/ws/", ".."),
            ("/no/such/proj", "/no/such/ws", ""),
            ("/no/such/ws-other", "/no/such/ws", ""),
        ];
        for (package, cwd, expected) in cases {
            assert_eq!(hop(Path::new(package), Path::new(cwd)), expected, "{package} from {cwd}");
        }
    }

    #[test]
    fn only_a_differing_relative_file_is_a_remap() {
        let cases = [
            ("M/tests/api.rs", "member/tests/api.rs", true),
            ("tests/api.rs", "tests/api.rs", false),
            ("M/tests/api.rs", "/build/member/tests/api.rs", false),
            ("", "tests/api.rs", false),
            ("M/tests/api.rs", "", false),
        ];
        for (shown, local, expected) in cases {
            let pair = expected.then(|| (shown.to_owned(), local.to_owned()));
            assert_eq!(remap(shown, Path::new(local)), pair, "{shown} {local}");
        }
    }
}
