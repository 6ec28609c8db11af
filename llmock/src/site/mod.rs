//! Where a test stands in the source, and from that where its fixture lies and what the test is called.
//!
//! Pure: what exists on the disk is asked through a closure, variables and folders come in as values. The
//! attribute's expansion writes one [`Site`] per test; [`resolve`] turns it into a path, [`owner`] into the
//! name that interactions carry, [`name`] holds the rules for fixture names, [`roots`] finds the package and
//! the workspace.

pub(crate) mod name;
pub(crate) mod owner;
pub(crate) mod resolve;
pub(crate) mod roots;

pub(crate) use name::{candidates, fixture_file_name};
pub(crate) use owner::{Owner, owner};
pub(crate) use resolve::{Places, resolve};
pub(crate) use roots::{package, workspace};

/// Where a test is written, as the compiler saw it; nothing absolute is baked in except Cargo's own value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// `file!()` at the test.
    pub file: &'static str,
    /// The way from the package to the compiler's working directory (`""`, `".."`, `"../.."`), `""` if unknown.
    pub hop: &'static str,
    /// `option_env!("CARGO_MANIFEST_DIR")` at compile time.
    pub manifest_dir: Option<&'static str>,
    /// Pairs of a file name as `--remap-path-prefix` shows it and as it is on the disk.
    pub remapped: &'static [(&'static str, &'static str)],
    /// `module_path!()` at the test.
    pub module: &'static str,
    /// The name of the test function.
    pub function: &'static str,
    /// The line of the attribute.
    pub line: u32,
}
