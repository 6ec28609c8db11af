//! The tests of a workspace, from `cargo test -- --list`, under the names that interactions have for their owners.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

use serde_json::Value;

use crate::problem::Problem;

/// Owners: `crate::module::function`, with `::case` for a case of a parameterised test.
#[derive(Debug, Default)]
pub(crate) struct Suite {
    tests: BTreeSet<String>,
}

impl Suite {
    /// Whether a test of this name exists; the cases of a function may share its name as their owner.
    pub(crate) fn has(&self, owner: &str) -> bool {
        let cases = format!("{owner}::");
        self.tests.contains(owner)
            || self.tests.range(cases.clone()..).next().is_some_and(|test| test.starts_with(&cases))
    }

    pub(crate) fn tests(&self) -> impl Iterator<Item = &str> {
        self.tests.iter().map(String::as_str)
    }

    /// The tests in a file or on standard input (`-`): a name each line, as owners are named.
    pub(crate) fn read(path: &Path) -> Result<Self, Problem> {
        let unreadable = |why| Problem::Io { action: "read", path: path.to_owned(), why };
        let text = if path.as_os_str() == "-" {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        } else {
            fs::read_to_string(path)
        };
        let text = text.map_err(unreadable)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let name = |line: &str| line.trim_end_matches(": test").to_owned();
        Ok(Self { tests: lines.map(name).collect() })
    }

    /// Builds the tests of the workspace at `root` and lists them; `None` where there is no `Cargo.toml`.
    ///
    /// Cargo shows its progress on standard error.
    pub(crate) fn of_cargo(root: &Path, arguments: &[String]) -> Result<Option<Self>, Problem> {
        if !root.join("Cargo.toml").is_file() {
            return Ok(None);
        }
        let mut suite = Self::default();
        for binary in build(root, arguments)? {
            suite.tests.extend(binary.tests()?);
        }
        Ok(Some(suite))
    }
}

/// A test binary.
struct Binary {
    /// As code names it.
    crate_name: String,
    file: PathBuf,
    package: PathBuf,
}

fn build(root: &Path, arguments: &[String]) -> Result<Vec<Binary>, Problem> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let failed = |why: String| Problem::TestsNotListed { why };
    let mut child = Command::new(&cargo)
        .args(["test", "--no-run", "--workspace", "--message-format=json-render-diagnostics"])
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|why| failed(format!("`{}` cannot be run: {why}", cargo.display())))?;
    let mut binaries = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            binaries.extend(serde_json::from_str(&line).ok().and_then(|line| binary(&line)));
        }
    }
    let status = child.wait().map_err(|why| failed(why.to_string()))?;
    if status.success() { Ok(binaries) } else { Err(failed("they do not build".to_owned())) }
}

fn binary(line: &Value) -> Option<Binary> {
    if line["reason"] != "compiler-artifact" || line["profile"]["test"] != true {
        return None;
    }
    let manifest = Path::new(line["manifest_path"].as_str()?);
    Some(Binary {
        crate_name: line["target"]["name"].as_str()?.replace('-', "_"),
        file: line["executable"].as_str()?.into(),
        package: manifest.parent()?.to_owned(),
    })
}

impl Binary {
    fn tests(&self) -> Result<Vec<String>, Problem> {
        let listed = Command::new(&self.file)
            .args(["--list", "--format", "terse"])
            .current_dir(&self.package)
            .env("CARGO_MANIFEST_DIR", &self.package)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .map_err(|why| Problem::TestsNotListed {
                why: format!("`{}`: {why}", self.file.display()),
            })?;
        let text = String::from_utf8_lossy(&listed.stdout);
        let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
        Ok(names.map(|name| format!("{}::{}", self.crate_name, name.replace("r#", ""))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_keep_the_owner_of_their_function() {
        let tests = ["api::greets", "api::sums::case_1", "api::sums::case_2"].map(str::to_owned);
        let suite = Suite { tests: tests.into() };
        for (owner, exists) in [
            ("api::greets", true),
            ("api::sums", true),
            ("api::sums::case_2", true),
            ("api::sums::case_3", false),
            ("api::greet", false),
            ("api::sum", false),
        ] {
            assert_eq!(suite.has(owner), exists, "{owner}");
        }
    }
}
