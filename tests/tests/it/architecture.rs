//! The code is built as `docs/internals/architecture.md` and CONTRIBUTING.md say. Every path of every product file is
//! parsed and resolved, so `std::env::var(..)` without a `use` is found like any other.

mod graph;
mod page;
mod paths;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use graph::{Graph, Target, cycles};
use page::{Room, room_of, rooms};

/// Packages whose code is product code.
const PRODUCT: &[&str] = &["llmock-rules", "llmock-macros", "llmock", "llmock-cli"];

/// Packages for which the page has a table of rooms.
const WITH_ROOMS: &[&str] = &["llmock"];

/// What a pure room does not use: I/O, clocks, and runtimes.
const IMPURE: &[&str] = &[
    "hyper",
    "hyper_util",
    "reqwest",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "tokio",
    "wiremock",
];

/// Files that may be longer than 400 lines, since they are looked up and not read.
const TABLES: &[&str] = &["llmock/src/provider/table.rs"];

/// Where `unsafe` may be. `preload!` expands it into the crate of the user.
const UNSAFE: &[&str] = &["llmock::env", "llmock::preload"];

const LONGEST_FUNCTION: usize = 60;
const LONGEST_FILE: usize = 400;

/// Parsing takes seconds in a debug build, so all tests of this process share it.
static GRAPHS: LazyLock<BTreeMap<&str, Graph>> =
    LazyLock::new(|| PRODUCT.iter().map(|package| (*package, Graph::load(package))).collect());

fn is_below(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The rooms that each room uses, with one place where it does.
fn arrows(graph: &Graph, rooms: &[Room]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut arrows: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for used in graph.uses() {
        let Target::Module(target) = &used.target else { continue };
        // What a module exports from those inside it, it does not use.
        if target.starts_with(used.user) {
            continue;
        }
        let (Some(user), Some(room)) = (room_of(rooms, used.user), room_of(rooms, target)) else {
            continue;
        };
        if user.name != room.name {
            let place = format!("{}:{}", graph.file(used.user).display(), used.line);
            arrows.entry(user.name.clone()).or_default().entry(room.name.clone()).or_insert(place);
        }
    }
    arrows
}

/// Uses of what is impure, as `module: path`, by the modules that a filter selects.
fn impure(graph: &Graph, is_checked: impl Fn(&[String]) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for used in graph.uses() {
        let Target::External(path) = &used.target else { continue };
        let path = path.join("::");
        if is_checked(used.user) && IMPURE.iter().any(|name| is_below(&path, name)) {
            found.insert(format!("{}:{} {path}", graph.file(used.user).display(), used.line));
        }
    }
    found
}

#[test]
fn crates_use_the_crates_that_the_page_names() {
    let listed = page::crates();
    let names: Vec<_> = listed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, PRODUCT, "each crate below those that it uses");
    for (name, uses) in &listed {
        let manifest = source::repository().join(name).join("Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).expect("a package has a manifest");
        let (_, rest) = manifest.split_once("\n[dependencies]\n").expect("dependencies");
        let section = rest.split("\n[").next().unwrap_or_default();
        let ours = section.lines().filter(|line| line.starts_with("llmock"));
        let ours: BTreeSet<_> =
            ours.filter_map(|line| Some(line.split(['.', ' ', '=']).next()?.to_owned())).collect();
        assert_eq!(&ours, uses, "dependencies of {name}");
    }
}

#[test]
fn rooms_use_the_rooms_that_the_page_names_and_no_others() {
    for package in WITH_ROOMS {
        let (graph, rooms) = (&GRAPHS[package], rooms(package));
        let mut arrows = arrows(graph, &rooms);
        let mut differences = Vec::new();
        for room in &rooms {
            let found = arrows.remove(&room.name).unwrap_or_default();
            let uses: BTreeSet<_> = found.keys().cloned().collect();
            let unlisted = uses.difference(&room.uses);
            let unlisted: Vec<_> =
                unlisted.map(|to| format!("{} -> {to}: {}", room.name, found[to])).collect();
            if uses != room.uses {
                let wanted = Room { uses, ..room.clone() };
                differences.push(format!("{}\n  {}", wanted.row("…"), unlisted.join("\n  ")));
            }
        }
        assert!(
            differences.is_empty(),
            "architecture.md has other arrows for {package}. These rows agree with the code; if an arrow is not \
             intended, change the code:\n{}",
            differences.join("\n")
        );
    }
}

#[test]
fn every_module_is_in_a_room_of_the_page_and_every_room_is_there() {
    for package in WITH_ROOMS {
        let (graph, rooms) = (&GRAPHS[package], rooms(package));
        let homeless: Vec<_> = graph
            .contents
            .keys()
            .filter(|module| module.len() > 1 && room_of(&rooms, module).is_none())
            .map(|module| module.join("::"))
            .collect();
        assert!(homeless.is_empty(), "architecture.md has no row for {homeless:?}");
        for room in &rooms {
            let is_there = graph.contents.keys().any(|module| module[1..].join("::") == room.name);
            assert!(is_there, "architecture.md has a row for {}, which is gone", room.name);
        }
    }
}

#[test]
fn rooms_use_only_rooms_that_stand_above_them_in_the_table() {
    for package in WITH_ROOMS {
        let mut above = BTreeSet::new();
        for room in rooms(package) {
            let below: Vec<_> = room.uses.difference(&above).collect();
            assert!(below.is_empty(), "{} uses {below:?}, which do not stand above it", room.name);
            above.insert(room.name);
        }
    }
}

#[test]
fn pure_rooms_use_no_io_no_clock_and_no_runtime() {
    assert_eq!(impure(&GRAPHS["llmock-rules"], |_| true), BTreeSet::new());
    for package in WITH_ROOMS {
        let (graph, rooms) = (&GRAPHS[package], rooms(package));
        let pure = |module: &[String]| room_of(&rooms, module).is_some_and(|room| room.is_pure);
        assert_eq!(impure(graph, pure), BTreeSet::new(), "in pure rooms of {package}");
        let is_pure = |name: &String| rooms.iter().any(|room| room.name == *name && room.is_pure);
        for room in rooms.iter().filter(|room| room.is_pure) {
            let mixed: Vec<_> = room.uses.iter().filter(|name| !is_pure(name)).collect();
            assert!(mixed.is_empty(), "{} is pure, but uses {mixed:?}", room.name);
        }
    }
}

#[test]
fn impure_paths_are_found_however_they_are_written() {
    let written = [
        "use std::env; fn f() { env::var(\"A\"); }",
        "fn f() { std::env::var(\"A\"); }",
        "fn f() { ::std::env::var(\"A\"); }",
        "fn f() { println!(\"{:?}\", std::env::var(\"A\")); }",
        "use std::{env as surroundings, fmt}; fn f() { surroundings::args(); }",
        "use std::time; fn f() { time::SystemTime::now(); }",
        "fn f(file: &std::fs::File) {}",
        "struct S { server: wiremock::MockServer }",
        "macro_rules! m { () => { $crate::x(); tokio::spawn(async {}) } }",
    ];
    for text in written {
        assert!(!impure(&Graph::of_text(text), |_| true).is_empty(), "not found in {text}");
    }
    let harmless = "use std::time::Duration; fn f(env: u8) { let fs = env::<u8>(); }";
    assert_eq!(impure(&Graph::of_text(harmless), |_| true), BTreeSet::new());
}

#[test]
fn no_three_files_use_each_other_in_a_circle() {
    let found = PRODUCT.iter().flat_map(|package| cycles(&GRAPHS[package].files()));
    let found: Vec<_> = found.collect();
    assert!(found.is_empty(), "files that use each other:\n{found:#?}");
}

#[test]
fn files_and_functions_are_short() {
    let mut long = Vec::new();
    for package in PRODUCT {
        let graph = &GRAPHS[package];
        for (file, lines) in &graph.lines {
            let file = file.display().to_string().replace('\\', "/");
            if *lines > LONGEST_FILE && !TABLES.contains(&file.as_str()) {
                long.push(format!("{file}: {lines} lines"));
            }
        }
        for (module, contents) in &graph.contents {
            let functions =
                contents.functions.iter().filter(|function| function.lines > LONGEST_FUNCTION);
            long.extend(functions.map(|function| {
                format!("{}::{}: {} lines", module.join("::"), function.name, function.lines)
            }));
        }
    }
    assert!(long.is_empty(), "too long:\n{}", long.join("\n"));
}

#[test]
fn wire_formats_are_told_apart_in_one_room() {
    let graph = &GRAPHS["llmock"];
    let mut elsewhere = BTreeMap::<String, usize>::new();
    for (module, contents) in &graph.contents {
        let is_family =
            |path: &[String]| path.iter().rev().nth(1).is_some_and(|name| name == "Family");
        let arms = contents.patterns.iter().filter(|(path, _)| is_family(path)).count();
        if arms > 0 && module.get(1).is_none_or(|room| room != "wire") {
            elsewhere.insert(module.join("::"), arms);
        }
    }
    assert!(elsewhere.is_empty(), "patterns on `Family` outside `wire`: {elsewhere:#?}");
}

#[test]
fn unsafe_code_is_in_the_environment_alone() {
    for package in PRODUCT.iter().filter(|package| **package != "llmock-macros") {
        for (module, contents) in &GRAPHS[*package].contents {
            let module = module.join("::");
            let is_allowed = UNSAFE.iter().any(|allowed| is_below(&module, allowed));
            assert!(
                is_allowed || contents.unsafe_lines.is_empty(),
                "{module}: {:?}",
                contents.unsafe_lines
            );
        }
    }
}
