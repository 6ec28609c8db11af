//! Transfers of files, several at the same time, with progress.

use futures_util::{StreamExt as _, TryStreamExt as _};

use crate::output::progress::Progress;
use crate::problem::Problem;

/// Transfers at the same time.
const TOGETHER: usize = 8;

/// Runs transfers until one fails. `verb` is what happens to each file, such as `fetched`.
pub(super) async fn all<T: Future<Output = Result<(), Problem>>>(
    verb: &'static str,
    transfers: impl ExactSizeIterator<Item = T>,
) -> Result<(), Problem> {
    let progress = Progress::new(verb, transfers.len());
    let running = futures_util::stream::iter(transfers).buffer_unordered(TOGETHER);
    let outcome = running.try_for_each(|()| {
        progress.advance();
        std::future::ready(Ok(()))
    });
    let outcome = outcome.await;
    progress.end();
    outcome
}
