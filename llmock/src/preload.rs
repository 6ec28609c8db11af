//! The environment setup before `main`, which is strictly sound: there is only one thread then.

use std::panic;

use crate::config::Environment;
use crate::env::redirect;
use crate::front;
use crate::mode::Mode;

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
            static LLMOCK_PRELOAD: extern "C" fn() = $crate::__private::preload;
        };
    };
}

/// What the constructor calls: binds the front's port and writes the variables. Starts no thread; connections
/// made before the front runs wait in the backlog.
pub extern "C" fn preload() {
    // Nothing may unwind into the C runtime, and there is no one to report to yet: the first session fails in the
    // same way and reports it.
    let _ = panic::catch_unwind(|| {
        let off =
            |environment: Environment| environment.mode.is_some_and(|(_, mode)| mode == Mode::Off);
        if Environment::read().is_ok_and(|environment| !off(environment))
            && let Ok(address) = front::bind()
        {
            redirect(&format!("http://{address}/env"));
        }
    });
}
