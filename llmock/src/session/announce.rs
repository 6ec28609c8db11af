//! Lines that a person should see even if the test passes, written directly to standard error.
//!
//! libtest captures what `eprintln!` prints and shows it only for failing tests; writing to the stream
//! itself goes past that.

use std::io::Write as _;
use std::sync::Mutex;

use crate::provider::Provider;
use crate::report::sentences;
use crate::sync::lock;

/// Prints one line; a closed standard error is ignored.
pub(crate) fn line(text: &str) {
    // One write, so that lines of parallel tests do not mix.
    let _ = std::io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// Prints once per process where recordings come from and which variable holds the key.
pub(crate) fn upstream(provider: Provider, base: &str, key: Option<&str>) {
    static ANNOUNCED: Mutex<Vec<(Provider, String)>> = Mutex::new(Vec::new());
    let mut announced = lock(&ANNOUNCED);
    if announced.iter().any(|(known, at)| *known == provider && at == base) {
        return;
    }
    announced.push((provider, base.to_owned()));
    line(&sentences::recording_from(provider.id(), base, key));
}
