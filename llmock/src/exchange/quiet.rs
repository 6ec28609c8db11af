//! Runs code that may panic without printing: the report says what happened.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static QUIET: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic that was not printed.
pub(crate) struct Panic {
    payload: Box<dyn Any + Send>,
    /// File and line; empty if the hook did not run.
    place: String,
}

impl Panic {
    /// Its message, if it is text.
    pub(crate) fn message(&self) -> Option<&str> {
        let literal = self.payload.downcast_ref::<&str>().copied();
        literal.or_else(|| self.payload.downcast_ref::<String>().map(String::as_str))
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.message().unwrap_or("a panic without a message");
        match self.place.as_str() {
            "" => f.write_str(message),
            place => write!(f, "{message} (at {place})"),
        }
    }
}

/// Runs a closure that may panic without calling the panic hook.
///
/// The hook is wrapped once per process; on other threads, and at other times, the previous one runs.
pub(crate) fn quietly<T>(run: impl FnOnce() -> T) -> Result<T, Panic> {
    static WRAPPED: Once = Once::new();
    WRAPPED.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_quiet = QUIET.with_borrow_mut(|quiet| {
                let place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
                quiet.as_mut().map(|known| *known = place.unwrap_or_default()).is_some()
            });
            if !is_quiet {
                hook(info);
            }
        }));
    });
    QUIET.set(Some(String::new()));
    let outcome = catch_unwind(AssertUnwindSafe(run));
    let place = QUIET.take().unwrap_or_default();
    outcome.map_err(|payload| Panic { payload, place })
}
