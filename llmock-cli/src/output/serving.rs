//! Messages of the server about itself: a line of JSON on standard output when it is ready, everything else on
//! standard error.

use std::fmt;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
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
    HeadTooLarge,
}

/// A client was refused before it had sent a request. Each reason is printed once: a client tries again and again.
pub(crate) fn refused(why: Refused) {
    static PRINTED: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];
    if !PRINTED[why as usize].swap(true, Ordering::Relaxed) {
        note(match why {
            Refused::Tls => {
                "a client began TLS on this port, which speaks plain HTTP: its base URL must begin with http://"
            }
            Refused::HeadTooLarge => {
                "a client sent a request with more than 100 headers, or with a head that is too large: refused with status 431"
            }
        });
    }
}

/// Connections are accepted. For programs that have started this one.
pub(crate) fn ready(address: SocketAddr, strategies: &[&str], recordings: usize) {
    let ready = serde_json::json!({
        "ready": true,
        "url": format!("http://{}", reachable(address)),
        "port": address.port(),
        "pid": std::process::id(),
        "strategies": strategies,
        "interactions": recordings,
    });
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

/// The server stopped. `finished`: all open responses were sent; `unwritten`: how many recordings were lost.
pub(crate) fn stopped(finished: bool, unwritten: usize) {
    if !finished {
        note("stopped before all open responses were sent");
    }
    if unwritten > 0 {
        note(&format!("stopped before {unwritten} responses were recorded"));
    }
}
