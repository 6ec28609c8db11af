//! Signals and changes on disk: when to stop, and when to read everything again.
//!
//! Files are compared twice a second instead of being watched by the system: that works on every file
//! system, in containers, and where a mounted configuration is swapped by a link.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind};

use super::config::{self, Flags};
use super::state::State;
use crate::output::serving;

/// How often files are compared.
const EVERY: Duration = Duration::from_millis(500);

/// Folders below folders are followed this far; links may go in circles.
const DEPTH: usize = 16;

/// Ends when the server is asked to stop: `SIGTERM`, `SIGINT`, or Ctrl-C.
pub(crate) fn stopped() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        let mut terminated = signal::unix::signal(SignalKind::terminate())?;
        let mut interrupted = signal::unix::signal(SignalKind::interrupt())?;
        Ok(async move {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = interrupted.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        Ok(async {
            let _ = signal::ctrl_c().await;
        })
    }
}

/// Reads everything again when it is told to.
pub(crate) struct Reload {
    state: Arc<State>,
    flags: Flags,
    file: Option<PathBuf>,
    /// What watched files looked like before they were read for the first time.
    seen: Option<u64>,
    #[cfg(unix)]
    hangups: Signal,
}

impl Reload {
    /// `seen` is what [`looks`] said before anything was read; without it, nothing is watched.
    pub(crate) fn new(
        state: Arc<State>,
        flags: Flags,
        file: Option<PathBuf>,
        seen: Option<u64>,
    ) -> io::Result<Self> {
        Ok(Self {
            state,
            flags,
            file,
            seen,
            #[cfg(unix)]
            hangups: signal::unix::signal(SignalKind::hangup())?,
        })
    }

    /// Goes on for as long as the server does.
    pub(crate) async fn run(mut self) {
        let mut recorded = self.state.fixtures.len();
        loop {
            let asked = self.next().await;
            let now = if self.seen.is_some() { Some(self.stamp().await) } else { None };
            // what was recorded into a fixture by this server is known already
            let of_ours = recorded != self.state.fixtures.len();
            if asked || (now != self.seen && !of_ours) {
                self.read_again().await;
            }
            (self.seen, recorded) = (now, self.state.fixtures.len());
        }
    }

    /// Waits for a signal or for the next look at the files; whether it was a signal.
    async fn next(&mut self) -> bool {
        let tick = async {
            if self.seen.is_some() {
                tokio::time::sleep(EVERY).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        #[cfg(unix)]
        tokio::select! {
            Some(()) = self.hangups.recv() => true,
            () = tick => false,
        }
        #[cfg(not(unix))]
        {
            tick.await;
            false
        }
    }

    /// Puts what the files say now in force, or says why the old configuration stays.
    async fn read_again(&self) {
        let (state, flags) = (Arc::clone(&self.state), self.flags.clone());
        let read = tokio::task::spawn_blocking(move || reload(&state, &flags)).await;
        match read {
            Ok(Ok(notes)) => {
                for note in &notes {
                    serving::note(note);
                }
                serving::reloaded(self.state.fixtures.len());
            }
            Ok(Err(why)) => serving::kept(&why),
            Err(_) => serving::kept("reading it failed"),
        }
    }

    /// What the files look like from outside.
    async fn stamp(&self) -> u64 {
        let (state, file) = (Arc::clone(&self.state), self.file.clone());
        let looks = move || looks(file.as_deref(), state.running().config.fixtures.as_deref());
        tokio::task::spawn_blocking(looks).await.unwrap_or_default()
    }
}

fn reload(state: &State, flags: &Flags) -> Result<Vec<String>, String> {
    let mut loaded = config::load(flags).map_err(|error| error.to_string())?;
    let running = state.running();
    let (old, new) = (&running.config, &loaded.config);
    if (&old.host, old.port) != (&new.host, new.port) {
        loaded.notes.push("`host` and `port` count from the next start on".to_owned());
    }
    state.reload(loaded.config).map_err(|error| error.to_string())?;
    Ok(loaded.notes)
}

/// What the configuration and the fixtures look like from outside: a number that is another one when any of the
/// files is.
pub(crate) fn looks(file: Option<&Path>, fixtures: Option<&Path>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for path in file.into_iter().chain(fixtures) {
        look(path, &mut hasher, DEPTH);
        // a fixture may be named without its `.json`
        let mut name = path.as_os_str().to_owned();
        name.push(".json");
        look(Path::new(&name), &mut hasher, 0);
    }
    hasher.finish()
}

fn look(path: &Path, hasher: &mut DefaultHasher, depth: usize) {
    let Ok(found) = std::fs::metadata(path) else { return };
    path.hash(hasher);
    if !found.is_dir() {
        (found.len(), found.modified().ok()).hash(hasher);
        return;
    }
    let Ok(entries) = std::fs::read_dir(path) else { return };
    let mut below: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    below.sort();
    for path in below.iter().filter(|_| depth > 0) {
        look(path, hasher, depth - 1);
    }
}
