//! Addresses of APIs, as variables, settings, and responses name them.

use std::borrow::Cow;

use url::{Position, Url};

use super::path::decoded;

/// An absolute `http` or `https` URL, normalized as every HTTP client does before it connects.
///
/// Canonical paths and addresses inside responses are compared and sent to the byte, so they stay text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address(Url);

impl Address {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        // `url` also takes `http:host` and blanks in front.
        let is_spelled_out = text.get(url.scheme().len()..)?.starts_with("://");
        (is_spelled_out && matches!(url.scheme(), "http" | "https")).then_some(Self(url))
    }

    /// Scheme and authority: `http://user@host:1`.
    pub(crate) fn root(&self) -> &str {
        &self.0[..Position::BeforePath]
    }

    /// `host:1`, without a port that the scheme implies.
    pub(crate) fn host(&self) -> &str {
        &self.0[Position::BeforeHost..Position::AfterPort]
    }

    /// `/v1`, or nothing; never ends in `/`.
    pub(crate) fn path(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// `?api-version=1`, or nothing.
    pub(crate) fn query(&self) -> &str {
        &self.0[Position::AfterPath..Position::AfterQuery]
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(80)
    }

    /// Scheme, host, and path: neither user info nor query, which may hold a key.
    pub(crate) fn without_secrets(&self) -> String {
        format!("{}://{}{}", self.0.scheme(), self.host(), self.path())
    }

    /// Scheme and host, without user info.
    pub(crate) fn root_without_secrets(&self) -> String {
        format!("{}://{}", self.0.scheme(), self.host())
    }

    /// The same address for a client: servers listen at every address of a machine, which is no destination everywhere.
    pub(crate) fn reachable(mut self) -> Self {
        let host = match self.plain_host() {
            "0.0.0.0" => "127.0.0.1",
            "[::]" => "[::1]",
            _ => return self,
        };
        // Fails only for URLs without a host.
        let _ = self.0.set_host(Some(host));
        self
    }

    /// The same address at the scheme's own port.
    pub(crate) fn without_port(mut self) -> Self {
        // Fails only for URLs without a host.
        let _ = self.0.set_port(None);
        self
    }

    /// Whether both lead to one server; all names of this machine are one.
    pub(crate) fn is_same_server(&self, other: &Self) -> bool {
        self.server() == other.server()
    }

    fn server(&self) -> (&str, u16) {
        (if self.is_loopback() { "localhost" } else { self.plain_host() }, self.port())
    }

    /// Whether it leads to this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]"].contains(&self.plain_host())
    }

    fn plain_host(&self) -> &str {
        self.0.host_str().unwrap_or_default().trim_end_matches('.')
    }

    /// Whether both name one resource, whatever their queries and escapes.
    pub(crate) fn is_same_resource(&self, other: &Self) -> bool {
        fn segments(address: &Address) -> Vec<Cow<'_, str>> {
            address.path().split('/').filter(|part| !part.is_empty()).map(decoded).collect()
        }
        self.0.scheme() == other.0.scheme()
            && self.host() == other.host()
            && segments(self) == segments(other)
    }

    /// Whether this address is the other one or continues it.
    pub(crate) fn is_below(&self, other: &Self) -> bool {
        self.root() == other.root()
            && below(&self.0[Position::BeforePath..], other.path()).is_some()
    }
}

/// What follows a base path in a target, if the target is that path or continues it.
pub(crate) fn below<'t>(target: &'t str, base_path: &str) -> Option<&'t str> {
    target.strip_prefix(base_path).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap_or_else(|| panic!("{text} is an address"))
    }

    #[test]
    fn takes_only_absolute_http_urls() {
        for text in
            ["", "gateway", "/v1", "ftp://h/", "http:h", " http://h", "http://:80", "http://a b"]
        {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn splits_an_address_into_its_parts() {
        for (text, root, host, path, query, port) in [
            ("https://Api.dev/v1/", "https://api.dev", "api.dev", "/v1", "", 443),
            ("http://h:80", "http://h", "h", "", "", 80),
            ("http://u:p@h:1/a//b?x=1#y", "http://u:p@h:1", "h:1", "/a//b", "?x=1", 1),
            ("http://[::1]:8/%7e", "http://[::1]:8", "[::1]:8", "/%7e", "", 8),
        ] {
            let parsed = address(text);
            let parts =
                (parsed.root(), parsed.host(), parsed.path(), parsed.query(), parsed.port());
            assert_eq!(parts, (root, host, path, query, port), "{text}");
        }
    }

    #[test]
    fn hides_user_info_and_query() {
        assert_eq!(address("http://u:p@h:1/a/?key=k").without_secrets(), "http://h:1/a");
        assert_eq!(address("https://h").without_secrets(), "https://h");
    }

    #[test]
    fn one_server_has_several_spellings() {
        for (one, other, same) in [
            ("http://127.0.0.1:11434", "http://localhost:11434/api", true),
            ("http://[::1]:11434", "http://localhost:11434", true),
            ("http://localhost:11434", "http://localhost:11435", false),
            ("https://API.openai.com", "https://api.openai.com:443/v1", true),
            ("http://api.openai.com", "https://api.openai.com", false),
            ("http://user:pw@llm.acme.dev", "http://llm.acme.dev./v1", true),
            ("http://[::2]:80", "http://[::2]", true),
        ] {
            assert_eq!(address(one).is_same_server(&address(other)), same, "{one} {other}");
        }
    }

    #[test]
    fn one_resource_has_several_spellings() {
        for (one, other, same) in [
            ("http://h/a%3Ab?x", "http://h/a:b/", true),
            ("http://h//a", "http://H/a", true),
            ("http://h/a%2Fb", "http://h/a/b", false),
            ("http://h/a", "https://h:80/a", false),
        ] {
            assert_eq!(address(one).is_same_resource(&address(other)), same, "{one} {other}");
        }
    }

    #[test]
    fn addresses_continue_at_a_slash_or_a_query() {
        for (one, other, is_below) in [
            ("http://h/s/1", "http://h", true),
            ("http://h?x", "http://h/", true),
            ("http://h/s/1", "http://h/s", true),
            ("http://h/s1", "http://h/s", false),
            ("http://h1", "http://h", false),
        ] {
            assert_eq!(address(one).is_below(&address(other)), is_below, "{one} {other}");
        }
    }
}
