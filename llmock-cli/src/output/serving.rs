//! What the server says about itself: one line of JSON on standard output when it is ready, everything
//! else on standard error.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::serve::ServeError;

/// One line; a closed standard error is nobody's problem.
fn line(text: &str) {
    // One write, so that lines of several threads do not mix.
    let _ = std::io::stderr().lock().write_all(format!("llmock: {text}\n").as_bytes());
}

/// There is no server.
pub(crate) fn failed(error: &ServeError) {
    let _ = writeln!(std::io::stderr().lock(), "error: {error}");
}

/// Something that somebody should know about the configuration.
pub(crate) fn note(text: &str) {
    line(text);
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
    // nobody has to listen
    let _ = writeln!(out, "{ready}");
    let _ = out.flush();
}

/// An address that a client can use: nobody can be asked at `0.0.0.0`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Another configuration is in force.
pub(crate) fn reloaded(recordings: usize) {
    line(&format!("reloaded: {recordings} recorded interactions"));
}

/// The configuration was to be replaced, but cannot be.
pub(crate) fn kept(why: &str) {
    line(&format!("not reloaded, the old configuration stays in force: {why}"));
}

/// The end. `finished` is whether every open answer was sent, `unwritten` how many recordings were lost.
pub(crate) fn stopped(finished: bool, unwritten: usize) {
    if !finished {
        line("stopped before every open answer was sent");
    }
    if unwritten > 0 {
        line(&format!("stopped before {unwritten} answers were recorded"));
    }
}
