//! Signals and changes on disk: when to stop, and when to read everything again.
//!
//! Files are compared twice a second instead of being watched by the system. This works on every file system, in
//! containers, and where a mounted configuration is replaced through a link.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind};

use super::config::{self, Config, Flags};
use super::state::State;
use super::strategy::fixture;
use crate::output::serving;
use crate::target;

/// How often files are compared.
const EVERY: Duration = Duration::from_millis(500);

/// Nested folders are followed this deep; links may form a circle.
const DEPTH: usize = 16;

/// Returns when the process receives `SIGTERM`, `SIGINT`, or Ctrl-C.
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

/// Reads everything again on a signal, or when watched files change.
pub(crate) struct Reload {
    state: Arc<State>,
    flags: Flags,
    /// The fingerprint of watched files before they were read; none if they are not watched.
    seen: Option<Fingerprint>,
    #[cfg(unix)]
    hangups: Signal,
}

impl Reload {
    /// `seen` is the fingerprint before everything was read; without it, nothing is watched.
    pub(crate) fn new(
        state: Arc<State>,
        flags: Flags,
        seen: Option<Fingerprint>,
    ) -> io::Result<Self> {
        Ok(Self {
            state,
            flags,
            seen,
            #[cfg(unix)]
            hangups: signal::unix::signal(SignalKind::hangup())?,
        })
    }

    pub(crate) async fn run(mut self) {
        let mut known = self.state.fixtures.len();
        loop {
            let is_signal = self.next().await;
            let now = self.fingerprint().await.or(self.seen);
            let has_recorded = known != self.state.fixtures.len();
            let is_new =
                |(now, seen): (Fingerprint, Fingerprint)| now.changed_since(seen, has_recorded);
            if is_signal || now.zip(self.seen).is_some_and(is_new) {
                self.read_again().await;
            }
            self.seen = now.filter(|_| self.state.running().config.watch);
            known = self.state.fixtures.len();
        }
    }

    /// Waits for a signal or for the next comparison; returns whether it was a signal.
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

    /// Applies the current files, or reports why the old configuration stays.
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

    async fn fingerprint(&self) -> Option<Fingerprint> {
        let (state, flags) = (Arc::clone(&self.state), self.flags.clone());
        let read = move || Fingerprint::of(&flags, &state.running().config);
        tokio::task::spawn_blocking(read).await.ok()
    }
}

fn reload(state: &State, flags: &Flags) -> Result<Vec<String>, String> {
    let (new, mut notes) = config::load(flags).map_err(|error| error.to_string())?;
    let running = state.running();
    let old = &running.config;
    if (&old.host, old.port) != (&new.host, new.port) {
        notes.push("changes of `host` and `port` take effect at the next start".to_owned());
    }
    state.reload(new).map_err(|error| error.to_string())?;
    Ok(notes)
}

/// Digests of the metadata of files, which change when a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    /// The fixture to which this server records.
    recorded: u64,
    others: u64,
}

impl Fingerprint {
    pub(crate) fn of(flags: &Flags, config: &Config) -> Self {
        let recorded = fixture::recording_path(config);
        let (mut own, mut others) = (DefaultHasher::new(), DefaultHasher::new());
        if let Some(path) = &recorded {
            hash(path, None, &mut own, 0);
        }
        for path in [flags.file(), config.fixtures.clone()].into_iter().flatten() {
            hash(&path, recorded.as_deref(), &mut others, DEPTH);
            hash(&target::with_json(&path), recorded.as_deref(), &mut others, 0);
        }
        Self { recorded: own.finish(), others: others.finish() }
    }

    /// Whether something has to be read again. If this server recorded something since, it wrote `recorded` itself.
    fn changed_since(self, before: Self, has_recorded: bool) -> bool {
        self.others != before.others || (self.recorded != before.recorded && !has_recorded)
    }
}

fn hash(path: &Path, but: Option<&Path>, hasher: &mut DefaultHasher, depth: usize) {
    let Ok(found) = std::fs::metadata(path) else { return };
    if but == Some(path) {
        return;
    }
    path.hash(hasher);
    if !found.is_dir() {
        (found.len(), found.modified().ok()).hash(hasher);
        return;
    }
    let Ok(entries) = std::fs::read_dir(path) else { return };
    let entries = entries.flatten().map(|entry| entry.path());
    let mut below: Vec<PathBuf> = entries.filter(|path| may_be_fixtures(path)).collect();
    below.sort();
    for path in below.iter().filter(|_| depth > 0) {
        hash(path, but, hasher, depth - 1);
    }
}

/// Excludes temporary files, which lie next to fixtures while they are written.
fn may_be_fixtures(path: &Path) -> bool {
    !target::is_hidden(path) && (target::is_json(path) || path.is_dir())
}
