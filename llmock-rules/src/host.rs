//! Names of hosts: those that a request may be addressed to, and those that a configuration allows.

use core::net::IpAddr;

use super::Problem;

/// A name that requests may be addressed to: `llm.example.com`, or `*.example.com` for the names below a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost(String);

impl AllowedHost {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let name = text.trim().trim_end_matches('.').to_ascii_lowercase();
        let below = name.strip_prefix("*.").unwrap_or(&name);
        let is_address = below.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        let is_name = !below.is_empty()
            && below.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if is_name || is_address {
            return Ok(Self(name));
        }
        let expected =
            "expected a name without a port, such as `llm.example.com` or `*.example.com`";
        Err(Problem::invalid("host", text, expected))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request to this host is allowed. The name has no port.
    fn allows(&self, name: &str) -> bool {
        match self.0.strip_prefix("*.") {
            Some(domain) => {
                name.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            None => self.0 == name,
        }
    }
}

/// Whether a `Host` header, or the authority of a URL, names this machine by a loopback name or by an IP address, or
/// is in `allowed`.
///
/// A page in a browser can make any name of its own resolve to `127.0.0.1`, but no such name passes here.
pub fn is_trusted_host(host: &str, allowed: &[AllowedHost]) -> bool {
    let Some(name) = without_port(host) else { return false };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    // RFC 6761 §6.3: names below `localhost` are loopback names too.
    name == "localhost"
        || name.ends_with(".localhost")
        || is_address(&name)
        || allowed.iter().any(|allowed| allowed.allows(&name))
}

/// An address may have a zone: `fe80::1%25eth0`.
fn is_address(name: &str) -> bool {
    name.split('%').next().is_some_and(|address| address.parse::<IpAddr>().is_ok())
}

/// The name before the port, without the brackets of an IPv6 address; `None` if there is none.
fn without_port(host: &str) -> Option<&str> {
    let host = host.trim();
    let (name, port) = if let Some(rest) = host.strip_prefix('[') {
        let (address, after) = rest.split_once(']')?;
        // Brackets are for IPv6 alone.
        address.contains(':').then_some((address, after))?
    } else {
        host.split_at(host.find(':').unwrap_or(host.len()))
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(names: &[&str]) -> Vec<AllowedHost> {
        names.iter().map(|name| AllowedHost::parse(name).expect("a name")).collect()
    }

    #[test]
    fn trusts_loopback_names_addresses_and_allowed_names() {
        let allowed = allowed(&["LLM.example.com", "*.corp.example", "host.docker.internal."]);
        for host in [
            "localhost",
            "LocalHost:8000",
            "localhost.",
            "api.localhost:8000",
            "127.0.0.1:8000",
            "127.8.8.8",
            "[::1]:8000",
            "[::1]",
            "[fe80::1%25eth0]:80",
            "192.168.1.7:8000",
            "llm.example.com",
            "llm.example.com:443",
            "llm.example.com.",
            "a.corp.example",
            "a.b.corp.example:1",
            "host.docker.internal:8000",
        ] {
            assert!(is_trusted_host(host, &allowed), "{host}");
        }
        for host in [
            "evil.example.com",
            "evil.example.com:8000",
            "localhost.evil.example",
            "localhost@evil.example",
            "evil.example@localhost",
            "127.0.0.1.evil.example",
            "notlocalhost",
            "corp.example",
            ".corp.example",
            "evilcorp.example",
            "xllm.example.com",
            "localhost:80:80",
            "localhost:port",
            "[localhost]",
            "[::1",
            "[127.0.0.1]",
            "",
            ":8000",
            "x",
        ] {
            assert!(!is_trusted_host(host, &allowed), "{host}");
        }
        assert!(!is_trusted_host("llm.example.com", &[]));
    }

    #[test]
    fn rejects_hosts_that_are_not_names() {
        for text in ["", "*", "*.", "http://a", "a:80", "a/b", "a b", "a,b", "b.*", "[a]"] {
            let error = AllowedHost::parse(text).expect_err(text).to_string();
            assert!(
                error.starts_with(&format!("invalid host `{text}`: expected a name")),
                "{error}"
            );
        }
        for text in ["a", " a.b ", "*.a", "10.0.0.1", "::1", "[::1]", "my_host"] {
            assert!(AllowedHost::parse(text).is_ok(), "{text}");
        }
    }
}
