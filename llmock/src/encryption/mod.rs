//! Fixtures that are encrypted as whole files: `NAME.json.age`, and everything beside it.
//!
//! [`places`] tells which files are encrypted, and for whom; [`age`] does it. What is written beside an encrypted
//! fixture is encrypted for the same recipients.

#![cfg_attr(not(feature = "server"), allow(unreachable_pub, reason = "the command reads it"))]

#[cfg_attr(not(feature = "encryption"), path = "none.rs")]
mod age;
mod places;

use std::borrow::Cow;
use std::io;
use std::path::Path;

pub(crate) use self::places::{encrypted, is_encrypted, plain, register};
#[cfg(feature = "server")]
pub use self::places::{is_encrypted as is_encrypted_path, recipients_of};

/// The bytes of a file as they were before it was encrypted. Files with other names are returned as they are.
pub(crate) fn open<'b>(path: &Path, bytes: Cow<'b, [u8]>) -> io::Result<Cow<'b, [u8]>> {
    if !is_encrypted(path) {
        return Ok(bytes);
    }
    age::decrypt(path, &bytes).map(Cow::Owned).map_err(io::Error::other)
}

/// The bytes of a file as they were before it was encrypted.
///
/// # Errors
///
/// If they are not encrypted, or no identity of this process opens them.
#[cfg(feature = "server")]
pub fn decrypted(path: &Path, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    open(path, bytes.into()).map(Cow::into_owned)
}

/// The bytes that a file of this name is to have.
///
/// # Errors
///
/// If its recipients are unknown or invalid.
#[cfg(feature = "server")]
pub fn sealed(path: &Path, bytes: &[u8]) -> io::Result<Vec<u8>> {
    seal(path, bytes).map(Cow::into_owned)
}

/// The bytes that a file of this name is to have: encrypted, if its name says so.
pub(crate) fn seal<'b>(path: &Path, bytes: &'b [u8]) -> io::Result<Cow<'b, [u8]>> {
    if !is_encrypted(path) {
        return Ok(Cow::Borrowed(bytes));
    }
    let recipients = places::recipients_of(path);
    if recipients.is_empty() {
        let why = "its recipients are unknown: name them in `llmock.toml`, such as `recipients = [\"age1…\"]`";
        return Err(io::Error::other(why));
    }
    age::encrypt(&recipients, bytes).map(Cow::Owned).map_err(io::Error::other)
}

/// The records of an encrypted journal: small files, each with its length before it. A record that is incomplete, or that
/// cannot be opened, is an error.
#[cfg(any(feature = "websocket", all(feature = "server", feature = "record")))]
pub(crate) fn records(path: &Path, bytes: &[u8]) -> Vec<io::Result<Vec<u8>>> {
    let mut all = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let record = rest.split_first_chunk().and_then(|(length, after)| {
            let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
            after.split_at_checked(length)
        });
        let Some((sealed, after)) = record else {
            all.push(Err(io::ErrorKind::UnexpectedEof.into()));
            break;
        };
        all.push(open(path, sealed.into()).map(Cow::into_owned));
        rest = after;
    }
    all
}
