//! The package that is set up: where it is, which client it uses, and the dependencies that it needs.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

use super::Step;
use super::template::{Client, Template};
use crate::problem::Problem;

#[derive(Debug)]
pub(super) struct Package {
    folder: PathBuf,
    workspace: PathBuf,
    name: String,
    manifest: DocumentMut,
}

const SECTIONS: [&str; 2] = ["dependencies", "dev-dependencies"];

impl Package {
    /// The package that a folder is in.
    pub(super) fn at(path: &Path) -> Result<Self, Problem> {
        let absolute = std::path::absolute(path).map_err(|why| Problem::Io {
            action: "find",
            path: path.to_owned(),
            why,
        })?;
        if !absolute.is_dir() {
            return Err(Problem::Other(format!("there is no folder `{}`", path.display())));
        }
        let found = absolute.ancestors().find(|folder| folder.join("Cargo.toml").is_file());
        let folder = found.ok_or_else(|| {
            Problem::Other(format!(
                "there is no `Cargo.toml` in `{}` or above\nhint: `cargo init --lib` makes a package",
                path.display()
            ))
        })?;
        let file = folder.join("Cargo.toml");
        let manifest = read(&file)?;
        let Some(name) = manifest.get("package").and_then(|it| it.get("name")?.as_str()) else {
            return Err(Problem::Other(format!(
                "`{}` is a workspace without a package of its own\nhint: name the folder of a member, such as `llmock init {}`",
                file.display(),
                member(&manifest)
            )));
        };
        let is_workspace = |folder: &&Path| {
            read(&folder.join("Cargo.toml"))
                .is_ok_and(|manifest| manifest.contains_key("workspace"))
        };
        let workspace = folder.ancestors().find(is_workspace).unwrap_or(folder).to_owned();
        Ok(Self { folder: folder.to_owned(), workspace, name: name.to_owned(), manifest })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// The name for `-p`, where the working directory is another package.
    pub(super) fn flag(&self) -> Option<&str> {
        let here = std::env::current_dir().ok();
        (here.as_deref() != Some(&self.folder)).then_some(self.name.as_str())
    }

    fn dependency(&self, name: &str) -> Option<&Item> {
        SECTIONS.iter().find_map(|section| self.manifest.get(section)?.get(name))
    }

    /// The sample for the client among the dependencies, if it is in a version that the sample knows.
    pub(super) fn client(&self) -> Template {
        let fits = |template: &&Template| {
            let client = template.client();
            template.crates().iter().any(|name| {
                self.dependency(name).is_some_and(|known| {
                    *name != client.name
                        || version(known).is_none_or(|own| is_near(own, client.version))
                })
            })
        };
        Template::value_variants().iter().find(fits).copied().unwrap_or(Template::Http)
    }

    /// The manifest with what the sample needs; nothing if it has all of it.
    pub(super) fn with_dependencies(&self, template: Template) -> Result<Option<Step>, Problem> {
        let mut manifest = self.manifest.clone();
        let section =
            manifest.entry("dev-dependencies").or_insert_with(|| Item::Table(Table::new()));
        let path = self.folder.join("Cargo.toml");
        let Some(section) = section.as_table_like_mut() else {
            let why = "`dev-dependencies` is not a table";
            return Err(Problem::Other(format!("failed to edit `{}`: {why}", path.display())));
        };
        let own = env!("CARGO_PKG_VERSION");
        let own = own.rsplit_once('.').map_or(own, |(version, _)| version);
        let tokio = Client {
            name: "tokio",
            version: "1",
            features: &["macros", "rt"],
            default_features: true,
        };
        let llmock = Client { name: "llmock", version: own, features: &[], default_features: true };
        let mut added = Vec::new();
        for wanted in [llmock, tokio, template.client()] {
            if section.contains_key(wanted.name) {
                continue;
            }
            let known = self.manifest.get("dependencies").and_then(|it| it.get(wanted.name));
            if known.is_some() && wanted.features.is_empty() {
                continue;
            }
            section.insert(wanted.name, entry(&wanted, known));
            added.push(wanted.name);
        }
        let what = added.join(", ");
        let change = Step::Change { path, text: manifest.to_string(), what };
        Ok((!added.is_empty()).then_some(change))
    }
}

fn read(file: &Path) -> Result<DocumentMut, Problem> {
    let text = fs::read_to_string(file).map_err(|why| Problem::Io {
        action: "read",
        path: file.to_owned(),
        why,
    })?;
    text.parse().map_err(|error: toml_edit::TomlError| {
        let why = error.to_string();
        Problem::Other(format!("failed to parse `{}`: {}", file.display(), why.trim_end()))
    })
}

/// The first member that is named without a pattern.
fn member(manifest: &DocumentMut) -> String {
    let members = manifest.get("workspace").and_then(|it| it.get("members")?.as_array());
    let mut names = members.into_iter().flatten().filter_map(Value::as_str);
    names.find(|name| !name.contains('*')).unwrap_or("crates/NAME").to_owned()
}

fn version(dependency: &Item) -> Option<&str> {
    dependency.as_str().or_else(|| dependency.get("version")?.as_str())
}

/// Whether a requirement may be met by a version whose API the sample uses; newer ones are taken for compatible.
fn is_near(own: &str, known: &str) -> bool {
    let parts = |text: &str| -> Vec<u32> {
        let digits = text.trim_start_matches(|char: char| !char.is_ascii_digit());
        let parts = digits.split(['.', ',', ' ']).take(2);
        parts.map_while(|part| part.parse().ok()).collect()
    };
    parts(own) >= parts(known)
}

/// `{ version = "1", features = ["macros"] }`, or what another section says of the crate, with these features.
fn entry(wanted: &Client, known: Option<&Item>) -> Item {
    let mut table = match known {
        Some(Item::Value(Value::InlineTable(table))) => table.clone(),
        Some(Item::Table(table)) => table.clone().into_inline_table(),
        Some(Item::Value(Value::String(version))) => {
            InlineTable::from_iter([("version", version.value().as_str())])
        }
        _ => InlineTable::from_iter([("version", wanted.version)]),
    };
    table.remove("optional");
    if known.is_none() && !wanted.default_features {
        table.insert("default-features", false.into());
    }
    if !wanted.features.is_empty() {
        let mut features: Array =
            table.get("features").and_then(Value::as_array).cloned().unwrap_or_default();
        for feature in wanted.features {
            if !features.iter().any(|known| known.as_str() == Some(feature)) {
                features.push(*feature);
            }
        }
        table.insert("features", features.into());
    }
    let alone = (table.len() == 1).then(|| table.get("version").cloned()).flatten();
    Item::Value(alone.unwrap_or(Value::InlineTable(table)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(manifest: &str) -> Package {
        let manifest = manifest.parse().unwrap();
        Package { folder: "app".into(), workspace: "app".into(), name: "app".into(), manifest }
    }

    #[test]
    fn finds_the_client_of_the_package() {
        for (manifest, expected) in [
            ("[package]\nname = 'app'", Template::Http),
            ("[dependencies]\nasync-openai = '0.43'", Template::AsyncOpenai),
            ("[dependencies]\nasync-openai = '0.28'", Template::Http),
            ("[dependencies.rig-core]\nversion = '0.44.1'", Template::Rig),
            ("[dependencies]\nrig-core.workspace = true", Template::Rig),
            ("[dev-dependencies]\ngenai = { version = '0.7' }", Template::Genai),
            ("[dependencies]\nasync-anthropic = '0.6'", Template::Anthropic),
        ] {
            assert_eq!(package(manifest).client(), expected, "{manifest}");
        }
    }

    #[test]
    fn adds_what_is_missing_and_keeps_the_rest() {
        let text =
            |manifest: &str, template| match package(manifest).with_dependencies(template).unwrap()
            {
                Some(Step::Change { text, .. }) => text,
                _ => "unchanged".to_owned(),
            };
        let manifest = "[package]\nname = 'app' # mine\n\n[dependencies]\nrig-core = { version = \"0.44\", features = [\"pdf\"] }\n";
        assert_eq!(
            text(manifest, Template::Rig),
            format!(
                "{manifest}\n[dev-dependencies]\nllmock = \"0.1\"\ntokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n\
                 rig-core = {{ version = \"0.44\", features = [\"pdf\", \"reqwest\"] }}\n"
            )
        );
        let added = text("[dependencies]\n", Template::Http);
        assert!(
            added.ends_with("reqwest = { version = \"0.13\", default-features = false }\n"),
            "{added}"
        );
        let full = "[dev-dependencies]\nllmock = { path = '..' }\ntokio = '1'\ngenai = '0.7'\n";
        assert_eq!(text(full, Template::Genai), "unchanged");
    }
}
