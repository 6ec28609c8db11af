//! Scratch workspaces: what a user's project looks like, built and tested by a real Cargo.
//!
//! They lie below the build directory and build into it with the same profile, so that they find most of their
//! dependencies there, and a workspace that has not changed is not built again. A lock keeps two runs of the same
//! workspace apart. [`run`] is one spawned command, [`fixture`](mod@fixture) writes fixtures as
//! people do.

pub mod app;
pub mod fixture;
pub mod run;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

pub use app::{App, CLIENT};
pub use fixture::{answered, fixture, owned_fixture, question};
pub use run::{Ran, Run};

/// The profile of the repository's manifest.
const PROFILE: &str = "\
[profile.dev]
debug = false

[profile.dev.package.\"*\"]
codegen-units = 1

[profile.dev.build-override]
codegen-units = 1
";

/// A workspace of its own, which nobody else uses as long as this lives.
#[derive(Debug)]
pub struct Scratch {
    root: PathBuf,
    build: PathBuf,
    _lock: File,
}

/// A test binary that Cargo has built.
#[derive(Clone, Debug)]
pub struct Binary {
    /// The program.
    pub path: PathBuf,
    /// The folder of its package, where Cargo would run it.
    pub package: PathBuf,
    /// The package's name.
    pub package_name: String,
    /// The target's name: `api` for `tests/api.rs`.
    pub target: String,
}

impl Scratch {
    /// Opens the workspace of that name with exactly these files in it, and waits for others who use it.
    ///
    /// `$LLMOCK` in a file stands for the path of the library, in the form of a TOML string.
    pub fn open(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = build_folder().join("scratch");
        fs::create_dir_all(&folder).expect("the build folder takes a folder");
        let lock = File::create(folder.join(format!("{name}.lock"))).expect("a file for the lock");
        lock.lock().expect("file systems of build folders can lock");
        let workspaces = folder.join("workspaces");
        let scratch = Self { root: workspaces.join(name), build: build_folder(), _lock: lock };
        write_profile(&workspaces.join(".cargo"));
        scratch.fill(files);
        scratch
    }

    /// Makes the folder hold these files and no others; what is the same keeps its time.
    pub fn fill(&self, files: &[(&str, &str)]) {
        let wanted: Vec<PathBuf> = files.iter().map(|(path, _)| self.root.join(path)).collect();
        remove_others(&self.root, &wanted).expect("old files go");
        for (path, text) in files {
            self.write(path, text);
            if path.ends_with("Cargo.toml") && text.contains("[workspace]") {
                let locked = fs::read_to_string(repository().join("Cargo.lock"))
                    .expect("the workspace has a lock file");
                self.write(&path.replace("Cargo.toml", "Cargo.lock"), &locked);
            }
        }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Writes a file, unless it is there with this text.
    pub fn write(&self, path: &str, text: &str) {
        let (path, text) = (self.path(path), text.replace("$LLMOCK", &library()));
        if path.exists() {
            make_writable(&path).expect("a file of ours");
        }
        if fs::read_to_string(&path).is_ok_and(|known| known == text) {
            return;
        }
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        fs::write(&path, text).expect("a file is written");
    }

    /// The text of a file.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        let path = self.path(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Cargo in a folder of the workspace, without a network and without the variables of this process.
    pub fn cargo<I: IntoIterator<Item: AsRef<OsStr>>>(&self, folder: &str, words: I) -> Run {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(words).current_dir(self.path(folder));
        self.run(command)
    }

    /// Any command, with the variables that Cargo needs and no others.
    pub fn run(&self, command: Command) -> Run {
        Run::new(command, &self.root, &self.build)
    }

    /// Builds the tests of a workspace and says which programs came out.
    #[track_caller]
    pub fn build(&self, folder: &str, words: &[&str]) -> Vec<Binary> {
        let messages = "--message-format=json-render-diagnostics";
        let lead = ["test", "--offline", "--no-run", "--quiet", messages];
        let ran = self.cargo(folder, lead.iter().chain(words)).output();
        assert!(ran.success, "the scratch workspace builds:\n{}", ran.stderr());
        binaries(&ran.stdout)
    }

    /// Runs a test binary as Cargo would.
    pub fn test<I: IntoIterator<Item: AsRef<OsStr>>>(&self, binary: &Binary, words: I) -> Run {
        let mut command = Command::new(&binary.path);
        command.args(words).current_dir(&binary.package);
        self.run(command)
            .env("CARGO_MANIFEST_DIR", &binary.package)
            .env("CARGO_PKG_NAME", &binary.package_name)
            .patience(60)
    }
}

/// What Cargo's messages say about test programs.
pub fn binaries(messages: &str) -> Vec<Binary> {
    let message = |line: &str| -> Option<Binary> {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let path = message["executable"].as_str()?;
        let manifest = Path::new(message["manifest_path"].as_str()?);
        let package = manifest.parent()?.to_owned();
        let id = message["package_id"].as_str()?;
        let name = id.rsplit(['#', '/']).next().unwrap_or(id);
        let name = name.split('@').next().unwrap_or(name);
        let versioned = name.starts_with(|first: char| first.is_ascii_digit());
        let folder = package.file_name()?.to_string_lossy().into_owned();
        Some(Binary {
            path: path.into(),
            package_name: if versioned { folder } else { name.to_owned() },
            package,
            target: message["target"]["name"].as_str()?.to_owned(),
        })
    };
    messages.lines().filter_map(message).collect()
}

/// The one test binary of a target.
#[track_caller]
pub fn target<'a>(binaries: &'a [Binary], target: &str) -> &'a Binary {
    binaries
        .iter()
        .find(|binary| binary.target == target)
        .unwrap_or_else(|| panic!("no test target `{target}` in {binaries:?}"))
}

/// Says, past libtest's capture, that a test has shown nothing.
pub fn skipped(why: &str) {
    let _ = io::stderr().lock().write_all(format!("SKIPPED: {why}\n").as_bytes());
}

/// Whether Cargo has that subcommand here; says so if it has not.
pub fn has_nextest() -> bool {
    let there = Command::new("cargo").args(["nextest", "--version"]).output();
    let there = there.is_ok_and(|output| output.status.success());
    if !there {
        skipped("what nextest does is not shown: `cargo nextest` is not installed");
    }
    there
}

fn repository() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = package.ancestors().find(|folder| folder.join("Cargo.lock").exists());
    root.expect("the package lies in the repository").to_owned()
}

fn library() -> String {
    repository().join("llmock").display().to_string().replace('\\', "/")
}

/// Gives every workspace the profile of this repository: Cargo builds a dependency once for each profile.
fn write_profile(folder: &Path) {
    // Tests of this process come here at the same time, and so do other processes.
    static ALONE: Mutex<()> = Mutex::new(());
    let path = folder.join("config.toml");
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    if fs::read_to_string(&path).is_ok_and(|known| known == PROFILE) {
        return;
    }
    fs::create_dir_all(folder).expect("the build folder takes a folder");
    let new = folder.join(format!("config-{}.toml", std::process::id()));
    fs::write(&new, PROFILE).expect("a file is written");
    fs::rename(&new, &path).expect("a file of ours");
}

/// The build directory that this test lies in.
fn build_folder() -> PathBuf {
    let program = std::env::current_exe().expect("a running program has a path");
    let target = program.ancestors().nth(3).expect("test binaries lie in `target/debug/deps`");
    target.to_owned()
}

fn remove_others(folder: &Path, wanted: &[PathBuf]) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            remove_others(&path, wanted)?;
            // Fails for a folder that still has something in it, as it should.
            let _ = fs::remove_dir(&path);
        } else if !wanted.contains(&path) && !path.ends_with("Cargo.lock") {
            make_writable(&path)?;
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// A test may have left a file read-only behind.
fn make_writable(path: &Path) -> io::Result<()> {
    let mut permissions = fs::symlink_metadata(path)?.permissions();
    if permissions.readonly() {
        #[expect(
            clippy::permissions_set_readonly_false,
            reason = "the file is removed or rewritten"
        )]
        permissions.set_readonly(false);
        fs::set_permissions(path, permissions)?;
    }
    Ok(())
}
