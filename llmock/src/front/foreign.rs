//! Refuses requests that a page in a browser can make its reader send to a server on the same machine.
//!
//! A page can let its own name resolve to `127.0.0.1` (DNS rebinding), and it can send requests here under its own
//! `Origin`. A request that came through a proxy variable or a tunnel names the server that its client wants to reach;
//! its credentials name its session.

use http::request::Parts;
use http::{HeaderValue, Method, header};
use llmock_rules::is_trusted_host;

use super::refused::AddressedBy;
use crate::report::sentences::PATH;
use crate::report::values::excerpt;

/// Why a request to an address that llmock handed out is refused; `None` if a client of this machine sent it.
pub(super) fn refusal(parts: &Parts, by: AddressedBy) -> Option<String> {
    let headers = &parts.headers;
    let hosts = || headers.get_all(header::HOST).iter().map(text);
    // HTTP/1.0 clients send no `Host`. One beside a whole URL does not count (RFC 9112 §3.2.2).
    let is_direct = parts.uri.authority().is_none();
    if let Some(host) =
        hosts().filter(|_| is_direct).find(|host| !host.is_empty() && !is_trusted_host(host, &[]))
    {
        return Some(format!(
            "requests to the host `{}` are refused: it is neither a loopback name nor an IP address",
            excerpt(&host, PATH)
        ));
    }
    // A preflight only asks what a page may do, and no page knows the address of a handle: a client that acts as a browser
    // sent it.
    if parts.method == Method::OPTIONS && by == AddressedBy::Handle {
        return None;
    }
    let is_own = |origin: &String| {
        let origin = origin.split_once("://").map_or("", |(_, host)| host);
        hosts().any(|host| host.eq_ignore_ascii_case(origin))
    };
    let origin = headers.get_all(header::ORIGIN).iter().map(text).find(|origin| !is_own(origin))?;
    Some(format!("requests of pages from `{}` are refused", excerpt(&origin, PATH)))
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clients_of_this_machine_pass() {
        let cases: &[(&[(&str, &str)], bool)] = &[
            (&[], true),
            (&[("host", "")], true),
            (&[("host", "127.0.0.1:4000")], true),
            (&[("host", "localhost:4000"), ("origin", "http://localhost:4000")], true),
            (&[("host", "evil.example:4000")], false),
            (&[("host", "localhost"), ("host", "evil.example")], false),
            (&[("host", "localhost:4000"), ("origin", "http://evil.example")], false),
            (&[("host", "localhost:4000"), ("origin", "null")], false),
            (&[("host", "evil.example"), ("origin", "http://evil.example")], false),
        ];
        for (headers, passes) in cases {
            let request = http::Request::builder().uri("/env/openai/v1/models");
            let request = headers
                .iter()
                .fold(request, |request, (name, value)| request.header(*name, *value));
            let (parts, ()) = request.body(()).expect("a request").into_parts();
            assert_eq!(refusal(&parts, AddressedBy::Handle).is_none(), *passes, "{headers:?}");
        }
    }

    #[test]
    fn a_preflight_passes_only_where_no_page_can_guess_the_address() {
        for (host, by, passes) in [
            ("127.0.0.1:4000", AddressedBy::Handle, true),
            ("127.0.0.1:4000", AddressedBy::Variable("OPENAI_BASE_URL"), false),
            ("evil.example", AddressedBy::Handle, false),
        ] {
            let request = http::Request::options("/v1/chat/completions")
                .header("host", host)
                .header("origin", "http://evil.example");
            let (parts, ()) = request.body(()).expect("a request").into_parts();
            assert_eq!(refusal(&parts, by).is_none(), passes, "{host} {by:?}");
        }
    }
}
