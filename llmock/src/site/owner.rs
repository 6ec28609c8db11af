//! The test that recorded an interaction: module, function, and the case of a parameterised test.

use super::Site;

/// The name of a test as interactions store it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// `module_path!()::function[::case]`.
    pub(crate) name: String,
    /// The case alone, `case_1` or `a_1::b_2`.
    pub(crate) case: Option<String>,
    /// Whether the thread's name contains the whole name. If not, the cases of one function cannot be distinguished.
    pub(crate) sure: bool,
}

/// Finds the owner from the name of the thread that opens the session.
///
/// libtest gives every test's thread the exact path of the test, without the crate; rstest and `test_case` append
/// the case to it. A thread without such a name (a timeout that moved the body, a doctest's `main`) does not help.
pub(crate) fn owner(site: &Site, thread_name: Option<&str>) -> Owner {
    let name = plain(&format!("{}::{}", site.module, site.function));
    let in_crate = name.split_once("::").map_or(&*name, |(_, rest)| rest);
    let thread = thread_name.map(plain);
    let tail = thread.as_deref().and_then(|thread| thread.strip_prefix(in_crate));
    // Any other tail is that of another test, such as `greets_twice` for `greets`: that test called this body.
    let case = tail.and_then(|tail| tail.strip_prefix("::")).map(str::to_owned);
    let sure = tail == Some("") || case.is_some();
    let name = case.as_ref().map_or_else(|| name.clone(), |case| format!("{name}::{case}"));
    Owner { name, case, sure }
}

/// A path without the `r#` of raw identifiers, which some tools print and others do not.
fn plain(path: &str) -> String {
    path.split("::")
        .map(|part| part.strip_prefix("r#").unwrap_or(part))
        .collect::<Vec<_>>()
        .join("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_name_contains_the_case() {
        let cases = [
            // module, function, thread, owner, case, sure
            ("api", "greets", Some("greets"), "api::greets", None, true),
            ("api::sub", "greets", Some("sub::greets"), "api::sub::greets", None, true),
            ("api", "c1", Some("c1::case_1"), "api::c1::case_1", Some("case_1"), true),
            (
                "api",
                "d1",
                Some("d1::test_case_2_two"),
                "api::d1::test_case_2_two",
                Some("test_case_2_two"),
                true,
            ),
            ("api", "c1", Some("c1::a_1::b_2"), "api::c1::a_1::b_2", Some("a_1::b_2"), true),
            // The attribute below rstest: the generated function is the case.
            ("api::c1", "case_1", Some("c1::case_1"), "api::c1::case_1", None, true),
            ("api", "greets", Some("greets_twice"), "api::greets", None, false),
            ("api", "greets", Some("main"), "api::greets", None, false),
            ("api", "greets", Some("tokio-runtime-worker"), "api::greets", None, false),
            ("api", "greets", None, "api::greets", None, false),
            ("api::r#type", "r#match", Some("r#type::r#match"), "api::type::match", None, true),
            ("api", "r#match", Some("match::case_1"), "api::match::case_1", Some("case_1"), true),
        ];
        for (module, function, thread, name, case, sure) in cases {
            let (file, hop, manifest_dir, remapped) = ("tests/api.rs", "", None, [].as_slice());
            let site = Site { file, hop, manifest_dir, remapped, module, function, line: 1 };
            let expected = Owner { name: name.to_owned(), case: case.map(str::to_owned), sure };
            assert_eq!(owner(&site, thread), expected, "{thread:?}");
        }
    }
}
