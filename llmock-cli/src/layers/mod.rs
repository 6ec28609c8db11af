//! Layers of fixtures that are not folders: fetched by `llmock pull`, written by `llmock push`.
//!
//! [`configured`] finds the layers that `llmock.toml` names. [`store`] reads and writes objects, and [`archive`] unpacks
//! archives. [`pull`] puts a version of a layer into the cache, from where the library reads it without a network.
//! [`push`] adds files to a store; the manifest is replaced last, and only if it is still the one that was read.

pub(crate) mod archive;
pub(crate) mod configured;
pub(crate) mod names;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod reading;
pub(crate) mod retention;
pub(crate) mod served;
pub(crate) mod shared;
pub(crate) mod store;
mod transfer;

use std::thread;

use crate::problem::Problem;

/// Runs a future on a thread and a runtime of its own, also inside of another runtime.
pub(crate) fn block_on<T: Send, F: Future<Output = Result<T, Problem>>>(
    run: impl FnOnce() -> F + Send,
) -> Result<T, Problem> {
    let started = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let failed = |why| Problem::Other(format!("failed to start the network: {why}"));
        runtime.map_err(failed)?.block_on(run())
    };
    thread::scope(|scope| {
        let joined = scope.spawn(started).join();
        joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
