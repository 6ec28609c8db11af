//! The environment setup before `main`, which is strictly sound: there is only one thread then.

use std::io::Write as _;
use std::path::Path;
use std::{fs, panic};

use llmock_rules::Network;

use crate::config::{Environment, Origin, file};
use crate::env::{self, redirect, redirect_and_guard};
use crate::front::{self, Front};
use crate::mode::Mode;
use crate::site;

/// Writes the variables before `main`, while the process has only one thread, so that no other thread can read them
/// meanwhile.
///
/// Put one line at the top level of a test crate (`tests/api.rs`, or `src/lib.rs` below `#[cfg(test)]`):
///
/// ```
/// llmock::preload!();
/// ```
///
/// Without it the variables are written when the first test that uses them begins. With it every test of the
/// binary, also one without `#[llm_replay]`, finds the providers' base URLs pointing at llmock, unless
/// `LLMOCK_MODE=off` or `LLMOCK_DISABLED` is set. Tests that take an `LlmMock` need neither.
///
/// With `network = "block"` in `llmock.toml`, tests of the binary cannot reach the hosts of providers: `HTTPS_PROXY` leads to
/// llmock, which refuses them by name and passes all else on. This also holds for tests without `#[llm_replay]`, and for
/// clients whose address is fixed, as long as they read that variable.
///
/// # Limitations
///
/// Does nothing on systems without constructors that run before `main`, such as WebAssembly.
#[macro_export]
macro_rules! preload {
    () => {
        const _: () = {
            #[used]
            #[cfg_attr(
                any(
                    target_os = "linux",
                    target_os = "android",
                    target_os = "freebsd",
                    target_os = "netbsd",
                    target_os = "openbsd",
                    target_os = "dragonfly",
                    target_os = "illumos",
                    target_os = "solaris",
                ),
                unsafe(link_section = ".init_array")
            )]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
            #[cfg_attr(target_os = "windows", unsafe(link_section = ".CRT$XCU"))]
            static LLMOCK_PRELOAD: extern "C" fn() = {
                extern "C" fn preload() {
                    $crate::__private::preload(::core::option_env!("CARGO_MANIFEST_DIR"));
                }
                preload
            };
        };
    };
}

/// What the constructor calls: binds the front's port and writes the variables. Starts no thread, unless the settings of the
/// package block the network; connections made before the front runs wait in the backlog.
pub fn preload(compiled_manifest_dir: Option<&str>) {
    // Nothing may unwind into the C runtime, and there is no one to report to yet: the first session fails in the
    // same way and reports it.
    let _ = panic::catch_unwind(|| {
        let off =
            |environment: Environment| environment.mode.is_some_and(|(_, mode)| mode == Mode::Off);
        if Environment::read().is_ok_and(|environment| !off(environment))
            && let Ok(address) = front::bind()
        {
            let origin = format!("http://{address}");
            if is_blocked(compiled_manifest_dir) {
                block(&origin);
            } else {
                redirect(&format!("{origin}/env"));
            }
        }
    });
}

/// Whether `llmock.toml` of the package or of the workspace blocks the network.
fn is_blocked(compiled_manifest_dir: Option<&str>) -> bool {
    let places = env::places();
    let package = site::package(&places, compiled_manifest_dir, &|path: &Path| path.exists());
    let read = |path: &Path| fs::read_to_string(path).ok();
    let workspace = package.as_deref().and_then(|path| site::workspace(path, &places, &read));
    let folders = [package, workspace].into_iter().flatten();
    // A file that cannot be read fails the first session. The package's comes before the workspace's.
    let mut values = folders.filter_map(|folder| file::load(&folder).ok().flatten());
    let said = values.find(|settings| settings.network.origin != Origin::Default);
    said.is_some_and(|settings| settings.network.value == Network::Block)
}

/// Writes the variables, and starts the front: a test without a session has no one else who starts it.
fn block(origin: &str) {
    // The client that forwards requests needs the proxies of now.
    #[cfg(feature = "record")]
    crate::exchange::forward::prepare();
    redirect_and_guard(&format!("{origin}/env"), origin);
    front::network::guard();
    front::network::print_with(print);
    let _ = Front::get();
}

/// The front's thread began before `main`, so that no test captures what it writes.
fn print(message: &str) {
    // A closed standard error is ignored. One write, so that lines do not mix.
    let _ = std::io::stderr().lock().write_all(format!("{message}\n").as_bytes());
}
