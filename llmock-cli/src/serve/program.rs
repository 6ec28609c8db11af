//! The program of `llmock run`, with variables that lead its clients to the server.

use std::ffi::OsString;
use std::io;
use std::pin::pin;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use llmock::__server::{client_variables, placeholder_keys};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a program may take to stop after a signal, which a terminal sends to it too.
const PATIENCE: Duration = Duration::from_secs(5);

/// The exit code of shells for a program that does not exist.
const NOT_FOUND: u8 = 127;
/// The same for one that cannot be started.
const NOT_STARTED: u8 = 126;
/// The same for one that a signal has ended; the number of the signal is added.
#[cfg(unix)]
const SIGNALLED: u8 = 128;

/// A program and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) name: OsString,
    pub(crate) arguments: Vec<OsString>,
    /// Whether providers without a key get a placeholder, which most clients need before they send anything.
    pub(crate) has_placeholders: bool,
}

impl Program {
    /// Starts it with variables for a server at `base` (`http://127.0.0.1:8000`).
    pub(super) fn start(&self, base: &str) -> io::Result<Child> {
        let mut command = Command::new(&self.name);
        command.args(&self.arguments).envs(client_variables(base)).kill_on_drop(true);
        if self.has_placeholders {
            let is_missing = |(name, _): &(String, String)| {
                std::env::var_os(name).is_none_or(|value| value.is_empty())
            };
            command.envs(placeholder_keys().into_iter().filter(is_missing));
        }
        command.spawn()
    }
}

/// Waits for the end of a program. After `stop` it has little time left.
pub(super) async fn ended(
    child: &mut Child,
    stop: impl Future<Output = ()>,
) -> io::Result<ExitStatus> {
    let mut stop = pin!(stop);
    tokio::select! {
        ended = child.wait() => return ended,
        () = &mut stop => {}
    }
    if let Ok(ended) = timeout(PATIENCE, child.wait()).await {
        return ended;
    }
    child.kill().await?;
    child.wait().await
}

/// The exit code of a shell for a program that has ended so.
pub(super) fn exit_code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return ExitCode::from(SIGNALLED.saturating_add(u8::try_from(signal).unwrap_or_default()));
    }
    let code = status.code().unwrap_or(1);
    // Windows has longer codes; none of them may look like success.
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// The same for one that could not be started.
pub(super) fn code_of_start(why: &io::Error) -> ExitCode {
    let is_missing = why.kind() == io::ErrorKind::NotFound;
    ExitCode::from(if is_missing { NOT_FOUND } else { NOT_STARTED })
}
