//! The position of a test in the source, and from it the path of its fixture and the name of the test.
//!
//! Pure: a closure tells which files exist, and variables and folders are parameters. The attribute expands to one
//! [`Site`] per test. [`resolve`] turns it into a path and [`owner`] into the name in interactions. [`name`] has the
//! rules for fixture names, [`roots`] finds the package and the workspace.

pub(crate) mod name;
pub(crate) mod owner;
pub(crate) mod resolve;
pub(crate) mod roots;

pub(crate) use name::{candidates, candidates_in, fixture_file_name};
pub(crate) use owner::{Owner, owner};
pub(crate) use resolve::{Places, resolve, resolve_below};
pub(crate) use roots::{names_in, package, workspace};

/// The position of a test in the source, as the compiler saw it. Cargo's value is the only absolute path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// `file!()` at the test.
    pub file: &'static str,
    /// The relative path from the package to the compiler's working directory (`""`, `".."`, `"../.."`), `""` if
    /// unknown.
    pub hop: &'static str,
    /// `option_env!("CARGO_MANIFEST_DIR")` at compile time.
    pub manifest_dir: Option<&'static str>,
    /// Pairs of a file name after `--remap-path-prefix` and on the disk.
    pub remapped: &'static [(&'static str, &'static str)],
    /// `module_path!()` at the test.
    pub module: &'static str,
    /// The name of the test function.
    pub function: &'static str,
    /// The line of the attribute.
    pub line: u32,
}
