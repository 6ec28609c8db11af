//! Which module uses which, with re-exports followed to where an item is defined.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::slice;

use super::paths::Contents;
use super::source::{Crate, Module, Name};

/// How many re-exports may lead from one to the next.
const DEPTH: usize = 16;

/// Where a path leads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Target {
    /// An item of a module of this crate.
    Module(Name),
    /// Another crate, or the standard library.
    External(Name),
}

/// A use: the module that uses, where it leads, and the line.
pub(super) struct Use<'a> {
    pub(super) user: &'a Name,
    pub(super) target: Target,
    pub(super) line: usize,
}

/// The modules of a crate and what is in them.
pub(super) struct Graph {
    krate: String,
    pub(super) contents: BTreeMap<Name, Contents>,
    /// Every file, with its number of lines.
    pub(super) lines: BTreeMap<PathBuf, usize>,
}

impl Graph {
    pub(super) fn load(package: &str) -> Self {
        let Crate { name, modules, files } = Crate::load(package);
        let contents = modules.iter().map(|module| (module.name.clone(), Contents::of(module)));
        Self { krate: name, contents: contents.collect(), lines: files }
    }

    /// A crate of one module, to try the checks themselves.
    pub(super) fn of_text(text: &str) -> Self {
        let items = syn::parse_file(text).expect("valid Rust").items;
        let name = vec!["tried".to_owned()];
        let module = Module { name: name.clone(), file: "lib.rs".into(), items };
        let contents = BTreeMap::from([(name, Contents::of(&module))]);
        Self { krate: "tried".to_owned(), contents, lines: BTreeMap::new() }
    }

    /// Every use of one module by another, or of another crate.
    pub(super) fn uses(&self) -> Vec<Use<'_>> {
        let uses = self.contents.iter().flat_map(|(user, contents)| {
            contents.paths.iter().filter_map(move |(path, line)| {
                let target = self.resolve(user, path, 0)?;
                Some(Use { user, target, line: *line })
            })
        });
        uses.collect()
    }

    /// Files, and the files that each of them uses. A module is made of those inside it, so what it takes from
    /// them does not count; what they take from it does.
    pub(super) fn files(&self) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
        let mut files: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for used in self.uses() {
            let Target::Module(target) = &used.target else { continue };
            if target.starts_with(used.user) {
                continue;
            }
            let (user, target) = (self.file(used.user), self.file(target));
            if user != target {
                files.entry(user).or_default().insert(target);
            }
        }
        files
    }

    pub(super) fn file(&self, module: &Name) -> PathBuf {
        self.contents[module].file.clone()
    }

    fn resolve(&self, module: &Name, path: &[String], depth: usize) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        if depth > DEPTH {
            return None;
        }
        match first.as_str() {
            "crate" => Some(self.locate(slice::from_ref(&self.krate), rest, depth)),
            "self" => Some(self.locate(module, rest, depth)),
            "super" => {
                let outer = &module[..module.len().checked_sub(1)?];
                match rest.first().map(String::as_str) {
                    Some("super") => self.resolve(&outer.to_vec(), rest, depth),
                    _ => Some(self.locate(outer, rest, depth)),
                }
            }
            "std" | "core" | "alloc" => Some(Target::External(path.to_vec())),
            _ => self.resolve_name(module, path, depth),
        }
    }

    /// A path whose first segment is imported, a module inside, or another crate.
    fn resolve_name(&self, module: &Name, path: &[String], depth: usize) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        let contents = &self.contents[module];
        let import = contents.imports.iter().find(|import| {
            // `use serde_json;` and `use a::a` must not lead to themselves.
            import.binding.as_ref() == Some(first) && import.path.first() != Some(first)
        });
        if let Some(import) = import {
            return self.resolve(module, &[&import.path[..], rest].concat(), depth + 1);
        }
        let child = [&module[..], slice::from_ref(first)].concat();
        if self.contents.contains_key(&child) {
            return Some(self.locate(&child, rest, depth));
        }
        if contents.defined.contains(first) {
            return None;
        }
        let globs = contents.imports.iter().filter(|import| import.binding.is_none());
        for glob in globs {
            let Some(Target::Module(from)) = self.resolve(module, &glob.path, depth + 1) else {
                continue;
            };
            if let Some(target) = self.exported(&from, path, depth + 1) {
                return Some(target);
            }
        }
        let is_crate = first.starts_with(|first: char| first.is_lowercase()) && !rest.is_empty();
        is_crate.then(|| Target::External(path.to_vec()))
    }

    /// Walks down from a module as far as there are modules, then to the item.
    fn locate(&self, from: &[String], rest: &[String], depth: usize) -> Target {
        let mut module = from.to_vec();
        let mut rest = rest;
        while let Some((first, after)) = rest.split_first() {
            let child = [&module[..], slice::from_ref(first)].concat();
            if !self.contents.contains_key(&child) {
                break;
            }
            (module, rest) = (child, after);
        }
        if rest.is_empty() {
            return Target::Module(module);
        }
        self.exported(&module, rest, depth).unwrap_or(Target::Module(module))
    }

    /// The item of that name in a module, which may be a re-export.
    fn exported(&self, module: &Name, path: &[String], depth: usize) -> Option<Target> {
        let (first, _) = path.split_first()?;
        let contents = self.contents.get(module)?;
        if contents.defined.contains(first) {
            return Some(Target::Module(module.clone()));
        }
        let named = contents.imports.iter().any(|import| import.binding.as_ref() == Some(first));
        let glob = contents.imports.iter().any(|import| import.binding.is_none());
        if depth > DEPTH || !(named || glob) {
            return None;
        }
        self.resolve_name(module, path, depth + 1)
    }
}

/// Groups of files that all lead to each other, of three files and more.
pub(super) fn cycles(files: &BTreeMap<PathBuf, BTreeSet<PathBuf>>) -> Vec<BTreeSet<PathBuf>> {
    let reached = |from: &PathBuf| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<_> = files.get(from).into_iter().flatten().collect();
        while let Some(file) = next.pop() {
            if seen.insert(file.clone()) {
                next.extend(files.get(file).into_iter().flatten());
            }
        }
        seen
    };
    let reached: BTreeMap<_, _> = files.keys().map(|file| (file, reached(file))).collect();
    let mut cycles: Vec<BTreeSet<PathBuf>> = Vec::new();
    for (file, below) in &reached {
        let is_back =
            |other: &&PathBuf| reached.get(other).is_some_and(|back| back.contains(file.as_path()));
        let cycle: BTreeSet<_> = below.iter().filter(is_back).cloned().collect();
        if cycle.len() > 2 && !cycles.contains(&cycle) {
            cycles.push(cycle);
        }
    }
    cycles
}
