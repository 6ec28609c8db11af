//! The pages of the repository: their links lead somewhere, and the README's examples run.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the README points on the web, since it is also the page of the crate.
const REPOSITORY: &str = "https://github.com/llmock/llmock/blob/main/";

fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the package is in the repository").to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && name != "node_modules" && !name.starts_with('.') {
                pages(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// The lines outside blocks of code.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    page.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

fn links(page: &str) -> Vec<&str> {
    let targets = prose(page).flat_map(|line| line.split("](").skip(1));
    targets.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

/// The anchors that GitHub gives to headings, and those that a page names itself.
fn anchors(page: &str) -> Vec<String> {
    let heading = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let is_kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
        title.chars().filter(is_kept).collect::<String>().replace(' ', "-")
    };
    let named = prose(page).filter_map(|line| {
        let (_, rest) = line.split_once("<a name=\"")?;
        Some(rest.split_once('"')?.0.to_owned())
    });
    prose(page).filter(|line| line.starts_with('#')).map(heading).chain(named).collect()
}

/// What is wrong with a link, if anything.
fn mistake(page: &Path, link: &str) -> Option<String> {
    let (folder, path) = match link.strip_prefix(REPOSITORY) {
        Some(path) => (repository(), path),
        None if link.contains(':') => return None,
        None => (page.parent()?.to_owned(), link),
    };
    let (path, anchor) = path.split_once('#').unwrap_or((path, ""));
    let target = if path.is_empty() { page.to_owned() } else { folder.join(path) };
    let is_there = target.exists()
        && (anchor.is_empty() || anchors(&read(&target)).iter().any(|known| known == anchor));
    (!is_there).then(|| format!("{}: {link}", page.display()))
}

#[test]
fn links_between_pages_lead_to_files_and_headings() {
    let mut found = Vec::new();
    pages(&repository(), &mut found);
    assert!(found.len() > 15, "{found:?}");
    let mistakes: Vec<_> = found
        .iter()
        .flat_map(|page| {
            let text = read(page);
            links(&text).into_iter().filter_map(|link| mistake(page, link)).collect::<Vec<_>>()
        })
        .collect();
    assert!(mistakes.is_empty(), "links that lead nowhere:\n{}", mistakes.join("\n"));
}

#[test]
fn a_link_to_a_missing_heading_is_found() {
    let page = repository().join("README.md");
    assert!(mistake(&page, "docs/guide.md#no-such-heading").is_some());
    assert!(mistake(&page, "docs/no-such-page.md").is_some());
    assert_eq!(mistake(&page, "docs/guide.md#set-up-ci"), None);
}

/// crates.io and docs.rs show the README of the package, far from the repository; a clone shows the other one, and need not
/// be online.
#[test]
fn the_readmes_differ_only_in_where_their_links_begin() {
    let clone = read(&repository().join("README.md"));
    let package = read(&repository().join("llmock/README.md"));
    assert!(!clone.contains(REPOSITORY), "a link that leads out of a clone");
    let relative = links(&package).into_iter().filter(|link| !link.contains(':'));
    assert_eq!(relative.collect::<Vec<_>>(), [""; 0], "links that docs.rs cannot follow");
    assert_eq!(package.replace(REPOSITORY, ""), clone);
}

#[test]
fn links_into_the_repository_name_its_main_branch() {
    let mut found = Vec::new();
    pages(&repository(), &mut found);
    let own = REPOSITORY.trim_end_matches("blob/main/");
    for page in found {
        let text = read(&page);
        let is_file = |link: &&str| {
            link.strip_prefix(own)
                .is_some_and(|rest| rest.starts_with("blob") || rest.starts_with("tree"))
        };
        let wrong = links(&text).into_iter().filter(is_file);
        let wrong = wrong.filter(|link| !link.starts_with(REPOSITORY));
        assert_eq!(wrong.collect::<Vec<_>>(), [""; 0], "{}", page.display());
    }
}

/// GitHub and crates.io show the lines that rustdoc hides.
#[test]
fn the_readmes_have_no_lines_that_only_rustdoc_hides() {
    for page in ["README.md", "llmock/README.md", "llmock-cli/README.md"] {
        let text = read(&repository().join(page));
        let mut is_rust = false;
        for line in text.lines() {
            if let Some(language) = line.strip_prefix("```") {
                is_rust = !is_rust && language.starts_with("rust");
            }
            let is_hidden = line == "#" || line.starts_with("# ");
            assert!(!(is_rust && is_hidden), "{page}: {line}");
        }
    }
}

#[test]
fn examples_of_the_readme_are_tests() {
    let tests = include_str!("readme.rs").replace("\n    ", "\n");
    let readme = read(&repository().join("README.md"));
    let examples: Vec<_> = readme
        .split("```rust,ignore\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .collect();
    assert_eq!(examples.len(), 2);
    for (example, _) in examples {
        assert!(tests.contains(example), "not in readme.rs:\n{example}");
    }
}

/// The codes and their severities, as the page lists them.
#[test]
fn the_page_of_findings_lists_every_code() {
    let page = read(&repository().join("docs/findings.md"));
    let rows = page.lines().filter_map(|line| {
        let row = line.strip_prefix("| [`")?;
        let (code, rest) = row.split_once('`')?;
        let severity = rest.split('|').nth(1)?.trim();
        Some(format!("{code} {severity}"))
    });
    let listed: Vec<String> = rows.collect();
    let known = llmock::__private::findings();
    let known: Vec<String> =
        known.iter().map(|(code, severity)| format!("{code} {severity}")).collect();
    assert_eq!(listed, known);
}

/// The names of all functions below a folder.
fn functions(folder: &Path, found: &mut std::collections::HashSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = read(&path);
            let names =
                source.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
            found.extend(names.map(str::to_owned));
        }
    }
}

#[test]
fn every_kind_of_fault_has_its_test() {
    let mut known = std::collections::HashSet::new();
    for folder in ["llmock/src", "llmock-cli", "tests/tests"] {
        functions(&repository().join(folder), &mut known);
    }
    let page = read(&repository().join("tests/README.md"));
    let (_, table) = page.split_once("## What goes wrong in the field").expect("the section");
    let (table, _) = table.split_once("\n## ").expect("the next section");
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let named: Vec<&str> = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect();
    assert!(named.len() > 50, "{}", named.len());
    let missing: Vec<_> = named.into_iter().filter(|name| !known.contains(*name)).collect();
    assert!(missing.is_empty(), "no such test: {missing:?}");
}
