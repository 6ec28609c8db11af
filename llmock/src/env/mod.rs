//! The process's environment: the only reader and writer of variables, and the only `unsafe`.
//!
//! [`names`] lists every variable of llmock's own. [`setup`] points the clients of all providers at the front, once a
//! process; [`test_vars`] writes what one test needs and restores it.
//! `docs/isolation.md` says how sound that is, with figures.

mod guarded;
pub(crate) mod names;
mod setup;
mod spare;
mod test_vars;

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::LazyLock;

pub(crate) use guarded::guarded;
pub(crate) use names::{
    AGE_IDENTITY, ALLOW_CI_RECORD, BASE_URL, CACHE_DIR, DISABLED, DRAIN_TIMEOUT, EMBEDDINGS_KEY,
    LLM_MOCK_DISABLED, MAX_BODY, MAX_REQUESTS, MAX_TOKENS, MAX_USD, MODE, MODEL, Misspelt,
    RECORD_DIR, RUN_LOG, SWEEP, SWEEP_FAULT, SWEEP_MAX, SWEEP_RESULT, TURN_TIMEOUT, WORKSPACE_ROOT,
};
pub(crate) use setup::{
    Originals, intercepted, no_proxy, originals, proxies_of_loopback_now, redirect,
    redirect_and_guard,
};
pub(crate) use test_vars::{TestVars, absent};

use crate::mode;
#[cfg(feature = "server")]
use crate::provider::Provider;
use crate::site::Places;

/// Shorter values are words that a text may contain by chance.
const SHORTEST_SECRET: usize = 8;

/// A variable's value; `None` also for one that is not Unicode, which none of ours can be.
pub(crate) fn read(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A path in a variable; an empty one counts as absent.
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

pub(crate) fn places() -> Places {
    let cwd = std::env::current_dir().ok();
    // `LLMOCK_WORKSPACE_ROOT=.` means the folder in which the command was typed, as far as anyone can tell.
    let absolute =
        |path: PathBuf| cwd.as_deref().map_or_else(|| path.clone(), |cwd| cwd.join(&path));
    Places {
        workspace_root: path(WORKSPACE_ROOT).map(absolute),
        runtime_manifest_dir: path("CARGO_MANIFEST_DIR"),
        cwd: cwd.clone(),
    }
}

pub(crate) fn record_dir() -> Option<PathBuf> {
    path(RECORD_DIR)
}

/// Where `llmock plan` reads what a test would record.
pub(crate) fn plan() -> Option<PathBuf> {
    path(names::PLAN)
}

/// The file with prices.
pub(crate) fn prices() -> Option<PathBuf> {
    path(names::PRICES)
}

pub(crate) fn temporary_directory() -> PathBuf {
    std::env::temp_dir()
}

pub(crate) fn nextest() -> bool {
    read("NEXTEST").as_deref() == Some("1")
}

/// The id that nextest gives all processes of one run.
pub(crate) fn nextest_run_id() -> Option<String> {
    read("NEXTEST_RUN_ID")
}

/// Whether Cargo has started this process.
#[cfg(unix)]
pub(crate) fn is_cargo() -> bool {
    std::env::var_os("CARGO").is_some()
}

/// Variables that nothing reads because their names are misspelt, as they were when the first test ended.
pub(crate) fn misspelt() -> &'static [Misspelt] {
    static FOUND: LazyLock<Vec<Misspelt>> = LazyLock::new(|| {
        names::misspelt(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
    });
    &FOUND
}

/// Whether this is a CI machine that records nothing.
pub(crate) fn is_replay_only() -> bool {
    ci() && !mode::is_ci(read(ALLOW_CI_RECORD).as_deref())
}

/// Whether this is a CI machine.
pub(crate) fn ci() -> bool {
    mode::is_ci(read("CI").as_deref())
}

/// A digest of the environment, which differs when a variable has changed.
pub(crate) fn digest() -> u64 {
    let mut hasher = DefaultHasher::new();
    for variable in std::env::vars_os() {
        variable.hash(&mut hasher);
    }
    hasher.finish()
}

/// Names of variables, each with what must not reach a file: the part of its value that `secret_in` returns.
pub(crate) fn secrets(secret_in: impl Fn(&str, &str) -> Option<String>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::env::vars_os()
        .filter(|(_, value)| value.len() >= SHORTEST_SECRET)
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter_map(|(name, value)| secret_in(&name, &value).map(|secret| (name, secret)))
        .collect();
    // The environment's order differs from run to run, the name in a placeholder must not.
    found.sort();
    found
}

/// The names of the library's variables; one that ends with `_` is the beginning of several.
#[cfg(feature = "server")]
pub fn of_the_library() -> impl Iterator<Item = &'static str> {
    names::of_the_library()
}

/// The variable of the library that somebody meant with this name.
#[cfg(feature = "server")]
pub fn meant_by(name: &str) -> Option<&'static str> {
    names::meant_by(name)
}

/// The variables that lead the clients of a child process to a server at `base`.
#[cfg(feature = "server")]
pub fn client_variables(base: &str) -> Vec<(String, String)> {
    let mut variables = Provider::base_urls(base);
    variables.push((BASE_URL.to_owned(), base.to_owned()));
    variables.extend(no_proxy());
    variables
}

/// The variables of all keys and of what else clients need, each with a value that they accept.
#[cfg(feature = "server")]
pub fn placeholder_keys() -> Vec<(String, String)> {
    let entries = Provider::all().map(Provider::entry);
    let known = entries.flat_map(|entry| entry.keys.iter().chain(entry.settings));
    known.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Sets or removes one variable; does nothing if it already is so.
fn write(name: &str, value: Option<&OsStr>) {
    if std::env::var_os(name).as_deref() == value {
        return;
    }
    #[expect(
        unsafe_code,
        reason = "`set_var` is unsafe, and clients read their address nowhere else"
    )]
    // SAFETY: no other thread may read the environment through C at this moment. Rust code is kept out by the
    // standard library's own lock. C code is not, and no one can vouch for all code of a process: other tests may be
    // running, and the front's thread exists if a test with a handle came first (it reads variables through C only to
    // look up host names while recording). So callers keep the hazard as small as it can be: `setup`, the only one that
    // makes the environment grow, runs once, before the body of the first test that needs it; `test_vars` keeps the
    // number of variables as it is, under the environment lock. With `preload!` the setup runs before there is any
    // second thread. Tests that take a handle never get here.
    unsafe {
        match value {
            Some(value) => std::env::set_var(name, value),
            None => std::env::remove_var(name),
        }
    }
}

/// Whether two names are one variable.
fn same_name(left: &str, right: &str) -> bool {
    if cfg!(windows) { left.eq_ignore_ascii_case(right) } else { left == right }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_enough_and_picked_by_the_caller() {
        write("LLMOCK_TEST_A_KEY", Some(OsStr::new("sk-0123456789abcdef")));
        write("LLMOCK_TEST_B_KEY", Some(OsStr::new("short")));
        write("LLMOCK_TEST_C_KEY", Some(OsStr::new("llmock-placeholder")));
        let secret_in = |name: &str, value: &str| {
            let is_ours = name.starts_with("LLMOCK_TEST_") && name.ends_with("_KEY");
            let is_secret = is_ours && value != "llmock-placeholder";
            is_secret.then(|| value.to_owned())
        };
        let found = secrets(secret_in);
        assert_eq!(found, [("LLMOCK_TEST_A_KEY".to_owned(), "sk-0123456789abcdef".to_owned())]);
    }
}
