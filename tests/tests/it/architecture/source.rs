//! The modules of a crate, from its files, without those that only tests compile.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item};

/// A path such as `llmock::session::open`, in segments.
pub(super) type Name = Vec<String>;

/// A module, in a file of its own or inside another.
pub(super) struct Module {
    pub(super) name: Name,
    pub(super) file: PathBuf,
    pub(super) items: Vec<Item>,
}

/// The product code of one crate.
pub(super) struct Crate {
    /// As code spells it: `llmock_rules`.
    pub(super) name: String,
    pub(super) modules: Vec<Module>,
    /// Every file, with its number of lines.
    pub(super) files: BTreeMap<PathBuf, usize>,
}

pub(super) fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the package is in the repository").to_owned()
}

/// Whether an item is compiled for tests alone.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Ok(list) = attribute.meta.require_list() else { return false };
        let condition = list.tokens.to_string().replace(' ', "");
        list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all(test"))
    })
}

impl Crate {
    /// Reads a crate of the workspace from the folder of its package.
    pub(super) fn load(package: &str) -> Self {
        let source = repository().join(package).join("src");
        let roots = ["lib.rs", "main.rs"].map(|root| source.join(root));
        let name = package.replace('-', "_");
        let mut found = Self { name: name.clone(), modules: Vec::new(), files: BTreeMap::new() };
        for root in roots.iter().filter(|root| root.exists()) {
            found.add_file(vec![name.clone()], root, &source);
        }
        assert!(!found.files.is_empty(), "no source in {}", source.display());
        found
    }

    /// Adds a file, whose modules are in `folder`.
    fn add_file(&mut self, name: Name, file: &Path, folder: &Path) {
        let text =
            fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let path = file.strip_prefix(repository()).unwrap_or(file).to_owned();
        self.files.insert(path, text.lines().count());
        self.add_module(name, file, folder, parsed.items);
    }

    fn add_module(&mut self, name: Name, file: &Path, folder: &Path, items: Vec<Item>) {
        for item in &items {
            let Item::Mod(module) = item else { continue };
            if is_for_tests(&module.attrs) {
                continue;
            }
            let ident = module.ident.to_string();
            let inner = [name.clone(), vec![ident.clone()]].concat();
            let below = folder.join(&ident);
            if let Some((_, items)) = &module.content {
                self.add_module(inner, file, &below, items.clone());
                continue;
            }
            let files = [folder.join(format!("{ident}.rs")), below.join("mod.rs")];
            let file = files.iter().find(|file| file.exists());
            let file = file.unwrap_or_else(|| panic!("no file for {}", inner.join("::")));
            self.add_file(inner, file, &below);
        }
        let path = file.strip_prefix(repository()).unwrap_or(file).to_owned();
        self.modules.push(Module { name, file: path, items });
    }
}
