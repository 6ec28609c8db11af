//! Messages of the server about itself: a line of JSON on standard output when it is ready, everything else on
//! standard error.

use std::fmt;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Prints a line; standard error may be closed.
pub(crate) fn note(text: &str) {
    // One write, so that lines of several threads do not mix.
    let _ = std::io::stderr().lock().write_all(format!("llmock: {text}\n").as_bytes());
}

/// Prints a line about a request as it is.
pub(crate) fn line(text: &str) {
    let _ = std::io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

pub(crate) fn failed(error: &dyn fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "error: {error}");
}

/// What a client did that no configuration of the server allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Tls,
    NoTls,
    HeadTooLarge,
}

/// A client was refused before it had sent a request. Each reason is printed once: a client tries again and again.
pub(crate) fn refused(why: Refused) {
    static PRINTED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];
    if !PRINTED[why as usize].swap(true, Ordering::Relaxed) {
        note(match why {
            Refused::Tls => {
                "a client began TLS on this port, which speaks plain HTTP: its base URL must begin with http://"
            }
            Refused::NoTls => {
                "a client did not begin TLS on this port, which speaks https: its base URL must begin with https://, and it must trust the certificate"
            }
            Refused::HeadTooLarge => {
                "a client sent a request with more than 100 headers, or with a head that is too large: refused with status 431"
            }
        });
    }
}

/// A text that was asked for.
pub(crate) fn schema(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Where clients reach the server.
pub(crate) struct Url<'a> {
    pub(crate) scheme: &'static str,
    pub(crate) address: SocketAddr,
    /// The file with the certificate that they have to trust.
    pub(crate) certificate: Option<&'a Path>,
}

/// Connections are accepted. For programs that have started this one.
pub(crate) fn ready(url: &Url<'_>, strategies: &[&str], recordings: usize) {
    let mut ready = serde_json::json!({
        "ready": true,
        "url": format!("{}://{}", url.scheme, reachable(url.address)),
        "port": url.address.port(),
        "pid": std::process::id(),
        "strategies": strategies,
        "interactions": recordings,
    });
    if let Some(path) = url.certificate {
        ready["certificate"] = path.to_string_lossy().into();
    }
    let mut out = std::io::stdout().lock();
    // Standard output may be closed.
    let _ = writeln!(out, "{ready}");
    let _ = out.flush();
}

/// An address that clients can use: `0.0.0.0` is not one.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

pub(crate) fn reloaded(recordings: usize) {
    note(&format!("reloaded: {recordings} recorded interactions"));
}

pub(crate) fn kept(why: &str) {
    note(&format!("not reloaded, the old configuration stays in effect: {why}"));
}

/// Two scenarios match one request.
pub(crate) fn both_match(first: &str, other: &str) {
    note(&format!("{first} and {other} match the same request; the first one replies"));
}

/// Scenarios that did nothing, at the end.
pub(crate) fn unused_scenarios(unmatched: &[&str], shadowed: &[&str]) {
    for place in unmatched {
        note(&format!("{place} matched no request"));
    }
    for place in shadowed {
        note(&format!("{place} matched and never replied: others come first"));
    }
}

/// The verdict on clients, at the end: as text on standard error, in other forms on standard output, or in a file.
pub(crate) fn verdict(text: &str, is_text: bool, file: Option<&Path>) {
    match file {
        Some(path) => {
            if let Err(why) = std::fs::write(path, text) {
                note(&format!("cannot write the verdict to `{}`: {why}", path.display()));
            }
        }
        None if is_text => note(text.trim_end()),
        None => {
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(text.as_bytes());
            let _ = out.flush();
        }
    }
}

/// The server stopped. `finished`: all open responses were sent; `unwritten`: how many recordings were lost.
pub(crate) fn stopped(finished: bool, unwritten: usize) {
    if !finished {
        note("stopped before all open responses were sent");
    }
    if unwritten > 0 {
        note(&format!("stopped before {unwritten} responses were recorded"));
    }
}
