//! Which session a thread uses: for [`llmock::current`](crate::current).

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, ThreadId};

use crate::session::Access;
use crate::sync::lock;

static SESSIONS: Mutex<Vec<Running>> = Mutex::new(Vec::new());
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A session of the attribute while its test runs.
#[derive(Debug)]
struct Running {
    number: u64,
    thread: ThreadId,
    by_env: bool,
    access: Access,
}

/// Keeps a session known until it is dropped.
#[derive(Debug)]
pub(crate) struct Known(u64);

/// Makes a session known to [`find`]; the calling thread is that of its test.
pub(crate) fn enter(access: &Access, by_env: bool) -> Known {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let (thread, access) = (thread::current().id(), access.clone());
    lock(&SESSIONS).push(Running { number, thread, by_env, access });
    Known(number)
}

impl Drop for Known {
    fn drop(&mut self) {
        lock(&SESSIONS).retain(|running| running.number != self.0);
    }
}

/// Why there is no current session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoSession {
    #[error(
        "no test that uses the variables is running on this thread: put #[llm_replay] on the test, and call \
         `llmock::current()` inside of it"
    )]
    None,
    #[error("this test takes a handle: use its parameter instead of `llmock::current()`")]
    Handle,
}

/// The session of this thread's test, else that of the test that holds the environment guard.
pub(crate) fn find() -> Result<Access, NoSession> {
    let sessions = lock(&SESSIONS);
    let thread = thread::current().id();
    if let Some(own) = sessions.iter().rev().find(|running| running.thread == thread) {
        return if own.by_env { Ok(own.access.clone()) } else { Err(NoSession::Handle) };
    }
    let by_env = sessions.iter().rev().find(|running| running.by_env);
    by_env.map(|running| running.access.clone()).ok_or(NoSession::None)
}

/// The same, also for a test with a handle.
pub(crate) fn find_any() -> Result<Access, NoSession> {
    let thread = thread::current().id();
    let own =
        lock(&SESSIONS).iter().rev().find(|one| one.thread == thread).map(|one| one.access.clone());
    own.map_or_else(find, Ok)
}
