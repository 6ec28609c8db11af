//! Names of fixtures: from a literal in the source, otherwise from the name of the test.

use llmock_rules::FixtureFolder;

use super::Site;

/// The file name of a fixture: `.json` is appended unless the name ends in it.
///
/// The attribute, the builder, and the command share this rule, so `v1.2.summary` is the same file everywhere.
pub(crate) fn fixture_file_name(name: &str) -> String {
    let ends = |extension: &str| {
        let at = name.len().checked_sub(extension.len());
        at.and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(extension))
    };
    if ends(".json") || ends(".json.age") { name.to_owned() } else { format!("{name}.json") }
}

/// The folder for the fixtures of a test, and their possible names inside it.
///
/// `folder` is where `fixtures = "..."` puts them. The names do not repeat what it says.
pub(crate) fn candidates_in(
    folder: &FixtureFolder,
    site: &Site,
    fixture: Option<&str>,
    module_fixture: Option<&str>,
    case: Option<&str>,
) -> (String, Vec<String>) {
    let module = inner_modules(site).join("/");
    let test_crate = site.module.split("::").next().map(plain).unwrap_or_default();
    let filled = folder.of(test_crate, &module);
    if fixture.is_some() || module_fixture.is_some() || module.is_empty() {
        let mut names = candidates(site, fixture, module_fixture, case);
        if fixture.is_none() && module_fixture.is_none() {
            names = vec![format!("{}.json", own_name(site, case))];
        }
        return (filled, names);
    }
    let own = own_name(site, case);
    let names = if folder.has_module() {
        let shared = filled.rsplit('/').next().filter(|last| module.ends_with(last));
        let shared = shared.map(|last| format!("../{last}.json"));
        [format!("{own}.json")].into_iter().chain(shared).collect()
    } else {
        vec![format!("{module}/{own}.json"), format!("{module}.json")]
    };
    (filled, names)
}

/// The possible names of a test's fixture below `fixtures/`. A new recording goes to the first.
///
/// The second, if any, is the file that a whole module shares. It is used only if it exists.
pub(crate) fn candidates(
    site: &Site,
    fixture: Option<&str>,
    module_fixture: Option<&str>,
    case: Option<&str>,
) -> Vec<String> {
    if let Some(name) = fixture {
        // The cases of a parameterised test share a file that was named; their owners keep them apart.
        return vec![fixture_file_name(name)];
    }
    let own = own_name(site, case);
    if let Some(folder) = module_fixture {
        // `fixture = "x.json"` on a module still names the folder `x`.
        let folder = folder.strip_suffix(".json").unwrap_or(folder);
        return vec![format!("{folder}/{own}.json")];
    }
    let folders = module_folders(site);
    if folders.is_empty() {
        return vec![format!("{own}.json")];
    }
    let folders = folders.join("/");
    vec![format!("{folders}/{own}.json"), format!("{folders}.json")]
}

fn own_name(site: &Site, case: Option<&str>) -> String {
    let function = plain(site.function);
    match case {
        Some(case) => format!("{function}/{}", case.replace("::", "/")),
        None => function.to_owned(),
    }
}

/// The module path as folders.
///
/// The crate's name comes first only for integration tests, since many crates share one `tests/fixtures`. A trailing
/// `tests` module is dropped, since it carries no information.
fn module_folders(site: &Site) -> Vec<&'static str> {
    let mut folders = inner_modules(site);
    if is_integration_test(site) {
        folders.splice(0..0, site.module.split("::").next().map(plain));
    }
    folders
}

/// The modules of the test inside its crate.
fn inner_modules(site: &Site) -> Vec<&'static str> {
    let mut folders: Vec<_> = site.module.split("::").map(plain).skip(1).collect();
    if folders.last() == Some(&"tests") {
        folders.pop();
    }
    folders
}

/// Whether the file belongs to a test crate of its own instead of the package's library or programs.
fn is_integration_test(site: &Site) -> bool {
    let file = site.file.replace('\\', "/");
    let above = site.hop.split(['/', '\\']).filter(|step| *step == "..").count();
    // Below a workspace the file starts with the package's own folder, one step for each step of the hop.
    let in_package = file.split('/').skip(above).collect::<Vec<_>>();
    match in_package.first() {
        Some(&"src") => return false,
        Some(&("tests" | "benches" | "examples")) => return true,
        _ => {}
    }
    let known = |folder: &&&str| matches!(**folder, "src" | "tests" | "benches" | "examples");
    file.split('/').collect::<Vec<_>>().iter().rev().find(known) != Some(&"src")
}

fn plain(identifier: &str) -> &str {
    identifier.strip_prefix("r#").unwrap_or(identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_is_appended_and_nothing_is_replaced() {
        let cases = [
            ("summarize", "summarize.json"),
            ("summarize.json", "summarize.json"),
            ("Summarize.JSON", "Summarize.JSON"),
            ("gpt-4.1", "gpt-4.1.json"),
            ("v1.2.summary", "v1.2.summary.json"),
            ("agent/turns", "agent/turns.json"),
            ("notes.jsonl", "notes.jsonl.json"),
            ("é", "é.json"),
        ];
        for (name, file) in cases {
            assert_eq!(fixture_file_name(name), file);
        }
    }

    fn site(file: &'static str, hop: &'static str, module: &'static str) -> Site {
        let (manifest_dir, remapped) = (None, [].as_slice());
        Site { file, hop, manifest_dir, remapped, module, function: "greets", line: 1 }
    }

    #[test]
    fn a_test_without_a_name_is_found_by_module_and_function() {
        let cases: &[(&str, &str, &str, &[&str])] = &[
            // file, hop, module, candidates
            ("tests/api.rs", "", "api", &["api/greets.json", "api.json"]),
            ("tests/api/main.rs", "", "api::sub", &["api/sub/greets.json", "api/sub.json"]),
            ("member/tests/api.rs", "..", "api::tests", &["api/greets.json", "api.json"]),
            ("tests/tests.rs", "", "tests", &["tests/greets.json", "tests.json"]),
            ("src/lib.rs", "", "my_app::tests", &["greets.json"]),
            ("src/lib.rs", "", "my_app", &["greets.json"]),
            ("src/chat/mod.rs", "", "my_app::chat::tests", &["chat/greets.json", "chat.json"]),
            ("src/tests/a.rs", "", "my_app::tests::a", &["tests/a/greets.json", "tests/a.json"]),
            ("src/member/tests/api.rs", "../..", "api", &["api/greets.json", "api.json"]),
            ("src/member/src/lib.rs", "../..", "m::r#type", &["type/greets.json", "type.json"]),
            ("member/../shared/x.rs", "..", "x", &["x/greets.json", "x.json"]),
            // No hop known, as under Buck2 and Bazel.
            ("some/pkg/src/lib.rs", "", "pkg::a", &["a/greets.json", "a.json"]),
            ("some\\pkg\\tests\\api.rs", "", "api", &["api/greets.json", "api.json"]),
        ];
        for (file, hop, module, expected) in cases {
            let found = candidates(&site(file, hop, module), None, None, None);
            assert_eq!(found, *expected, "{file}");
        }
    }

    #[test]
    fn a_case_has_a_file_of_its_own_unless_the_fixture_was_named() {
        let site = site("tests/api.rs", "", "api");
        let case = Some("case_1::b_2");
        let cases = [
            (None, None, vec!["api/greets/case_1/b_2.json", "api.json"]),
            (None, Some("sums"), vec!["sums/greets/case_1/b_2.json"]),
            (Some("one"), None, vec!["one.json"]),
            (Some("one"), Some("sums"), vec!["one.json"]),
        ];
        for (fixture, module_fixture, expected) in cases {
            assert_eq!(candidates(&site, fixture, module_fixture, case), expected);
        }
    }

    #[test]
    fn a_module_fixture_is_a_folder_with_a_file_for_each_function() {
        let site = site("tests/api.rs", "", "api::summaries");
        assert_eq!(candidates(&site, None, Some("summaries"), None), ["summaries/greets.json"]);
        assert_eq!(candidates(&site, None, Some("v1.2"), None), ["v1.2/greets.json"]);
    }

    #[test]
    fn a_folder_of_the_project_does_not_repeat_the_crate() {
        type Found = (&'static str, &'static [&'static str]);
        let cases: &[(&str, &str, Option<&str>, Found)] = &[
            // folder, module, fixture, found
            (
                "c/{module}",
                "anthropic::anthropic",
                None,
                ("c/anthropic", &["greets.json", "../anthropic.json"]),
            ),
            ("c/{module}", "api", None, ("c", &["greets.json"])),
            ("c/{module}", "api::tests", None, ("c", &["greets.json"])),
            ("c/{module}", "api::chat", Some("one"), ("c/chat", &["one.json"])),
            ("c", "api::chat::tools", None, ("c", &["chat/tools/greets.json", "chat/tools.json"])),
            ("c/{crate}", "api::chat", None, ("c/api", &["chat/greets.json", "chat.json"])),
            ("c/{crate}/{module}/v1", "api::chat", None, ("c/api/chat/v1", &["greets.json"])),
        ];
        for (folder, module, fixture, (filled, names)) in cases {
            let folder = FixtureFolder::parse(folder).unwrap();
            let site = site("tests/api.rs", "", module);
            let found = candidates_in(&folder, &site, *fixture, None, None);
            assert_eq!(
                found,
                ((*filled).to_owned(), names.iter().map(|name| (*name).to_owned()).collect())
            );
        }
    }
}
