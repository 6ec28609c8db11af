//! The one-time setup that points every client at the front, and what the variables held before.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::sync::OnceLock;

use super::guarded::guarded;
use super::spare::SPARES;
use super::{BASE_URL, same_name, write};
use crate::provider::{Address, Provider, is_address};

/// Variables that send a client's requests through a proxy, in the spellings that clients read.
const PROXIES: [&str; 6] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Those for `https`.
pub(super) const HTTPS_PROXY: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];

/// Variables that name the hosts to reach without one.
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Variables that name a file of certificates: OpenSSL and Rust, Python's requests, AWS clients, Node.
const CERTIFICATES: [&str; 4] =
    ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];

/// The names under which clients may know this machine.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

static SETUP: OnceLock<Originals> = OnceLock::new();

/// The environment as it was before llmock wrote to it.
///
/// In record mode it names the real upstreams: with `OPENAI_BASE_URL` set to a gateway, llmock records from there.
pub(crate) struct Originals {
    pub(super) variables: BTreeMap<OsString, OsString>,
    /// What llmock has written since; empty for a snapshot without a setup.
    pub(super) written: Vec<(String, String)>,
}

/// The environment before the setup; without one, as it was at the first call.
pub(crate) fn originals() -> &'static Originals {
    static WITHOUT_SETUP: OnceLock<Originals> = OnceLock::new();
    SETUP.get().unwrap_or_else(|| WITHOUT_SETUP.get_or_init(Originals::now))
}

/// `NO_PROXY` in both spellings, extended for loopback; nothing if there is no proxy. For child processes.
pub(crate) fn no_proxy() -> Vec<(String, String)> {
    originals().no_proxy()
}

/// Proxies that clients may use for addresses of this machine, as the variables are now.
pub(crate) fn proxies_of_loopback_now() -> Vec<(String, String)> {
    Originals::now().proxies_of_loopback()
}

/// Variables that lead `https` through the front at `proxy`, and have clients trust these certificates: each TLS
/// library and language reads its own.
pub(crate) fn intercepted(proxy: &str, certificates: &str) -> Vec<(String, String)> {
    let proxies = HTTPS_PROXY.map(|name| (name, proxy));
    let all = proxies.into_iter().chain(CERTIFICATES.map(|name| (name, certificates)));
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Points the clients of all providers at `base` (`http://127.0.0.1:PORT/env`), once per process.
///
/// It makes the environment grow, which is what crashes a C library that reads it at the same time, so it runs as early
/// as it can: before the first test that needs it, and with it before the front's thread, unless a test with a handle
/// has started that; with `preload!` before `main`. Later calls do nothing and give the same answer.
pub(crate) fn redirect(base: &str) -> &'static Originals {
    setup(base, |_| Vec::new())
}

/// The same, and leads `https` through the front at `proxy` for as long as the process lives.
pub(crate) fn redirect_and_guard(base: &str, proxy: &str) -> &'static Originals {
    setup(base, |originals| [originals.exceptions(), guarded(proxy)].concat())
}

fn setup(
    base: &str,
    first: impl FnOnce(&Originals) -> Vec<(String, String)>,
) -> &'static Originals {
    let table = Provider::base_urls(base);
    SETUP.get_or_init(|| {
        let mut originals = Originals::now();
        let mut writes = first(&originals);
        for (name, value) in originals.writes(base, &table) {
            if !writes.iter().any(|(first, _)| same_name(first, &name)) {
                writes.push((name, value));
            }
        }
        for (name, value) in &writes {
            write(name, Some(OsStr::new(value)));
        }
        SPARES.make();
        originals.written = writes;
        originals
    })
}

impl Originals {
    fn now() -> Self {
        Self { variables: std::env::vars_os().collect(), written: Vec::new() }
    }

    pub(crate) fn proxies(&self) -> Vec<&'static str> {
        let is_set = |name: &&str| self.get(name).is_some_and(|value| !value.trim().is_empty());
        PROXIES.into_iter().filter(is_set).collect()
    }

    /// Proxies that clients may use for addresses of this machine: the name of each variable, and the proxy's address
    /// without credentials.
    pub(crate) fn proxies_of_loopback(&self) -> Vec<(String, String)> {
        if self.exceptions_but(|host| host == "*").into_iter().any(is_loopback) {
            return Vec::new();
        }
        let address = |value: &str| {
            let rest = value.trim().split_once("://").map_or(value.trim(), |(_, rest)| rest);
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            authority.rsplit('@').next().unwrap_or_default().to_owned()
        };
        let names = self.proxies().into_iter();
        names.map(|name| (name.to_owned(), address(self.get(name).unwrap_or_default()))).collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.variables.get(OsStr::new(name));
        if cfg!(windows) && found.is_none() {
            let same =
                |known: &OsString| known.to_str().is_some_and(|known| same_name(known, name));
            found = self.variables.iter().find(|(known, _)| same(known)).map(|(_, value)| value);
        }
        found.and_then(|value| value.to_str())
    }

    /// The variable that names a provider's real address, if one does: its name and its value.
    ///
    /// `variables` are the provider's, best first; `own` are addresses of this process, `http://127.0.0.1:PORT`. They
    /// are no upstream, and neither is the address of a parent process that runs this one in a test of its own.
    pub(crate) fn upstream_of<'a, 'n>(
        &'a self,
        variables: impl IntoIterator<Item = &'n str>,
        own: &[String],
    ) -> Option<(&'n str, &'a str)> {
        let parents = self.get(BASE_URL).map(|base| base.trim_end_matches("/env"));
        let is_front = |url: &str| {
            let Some(url) = Address::parse(url) else { return false };
            let fronts = own.iter().map(String::as_str).chain(parents);
            fronts.filter_map(Address::parse).any(|front| url.is_below(&front))
        };
        let mut set = variables.into_iter().filter_map(|name| Some((name, self.get(name)?.trim())));
        set.find(|(name, url)| is_address(name, url) && !is_front(url))
    }

    /// What the setup writes; the first of two entries with one name counts.
    fn writes(&self, base: &str, table: &[(String, String)]) -> Vec<(String, String)> {
        let mut writes = vec![(BASE_URL.to_owned(), base.to_owned())];
        // `OPENAI_HOST=azure` selects a service in some applications: a word is not replaced.
        let is_word = |name: &str| {
            self.get(name).is_some_and(|old| !old.trim().is_empty() && !is_address(name, old))
        };
        let table = table.iter().filter(|(name, _)| !is_word(name)).cloned();
        for (name, value) in table.chain(self.no_proxy()) {
            if !writes.iter().any(|(earlier, _)| same_name(earlier, &name)) {
                writes.push((name, value));
            }
        }
        writes
    }

    /// What the setup wrote, for comparisons with what is there now.
    pub(super) fn written(&self) -> &[(String, String)] {
        &self.written
    }

    pub(super) fn before(&self) -> Vec<(String, Option<OsString>)> {
        let value = |name: &String| self.variables.get(OsStr::new(name)).cloned();
        self.written.iter().map(|(name, _)| (name.clone(), value(name))).collect()
    }

    /// `NO_PROXY` with loopback in it and without a `*`, which would hide every client.
    pub(crate) fn exceptions(&self) -> Vec<(String, String)> {
        let is_ours = |host: &str| host.is_empty() || host == "*" || LOOPBACK.contains(&host);
        let list: Vec<&str> = self.exceptions_but(is_ours).into_iter().chain(LOOPBACK).collect();
        let list = list.join(",");
        NO_PROXY.map(|name| (name.to_owned(), list.clone())).into()
    }

    pub(super) fn exceptions_but(&self, dropped: impl Fn(&str) -> bool) -> Vec<&str> {
        let named = NO_PROXY.into_iter().filter_map(|name| self.get(name));
        let mut hosts: Vec<&str> = Vec::new();
        for host in named.flat_map(|list| list.split(',')).map(str::trim) {
            if !dropped(host) && !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// Variables that lead plain `http` through the front at `proxy`, loopback included, whose servers hard-coded
    /// clients ask. Exceptions that the user made for other hosts stay.
    pub(crate) fn through(&self, proxy: &str) -> Vec<(String, String)> {
        let mut variables: Vec<_> =
            ["HTTP_PROXY", "http_proxy"].map(|name| (name.to_owned(), proxy.to_owned())).into();
        let is_set = NO_PROXY.into_iter().any(|name| self.get(name).is_some());
        // What the setup has written there names loopback.
        let is_written = self.written.iter().any(|(name, _)| NO_PROXY.contains(&&**name));
        if is_set || is_written || !self.no_proxy().is_empty() {
            let list = self.exceptions_but(is_loopback).join(",");
            variables.extend(NO_PROXY.map(|name| (name.to_owned(), list.clone())));
        }
        variables
    }

    /// Both spellings of `NO_PROXY` with loopback in it, when there is a proxy that would receive llmock's requests.
    fn no_proxy(&self) -> Vec<(String, String)> {
        if self.proxies().is_empty() {
            return Vec::new();
        }
        let mut hosts = self.exceptions_but(str::is_empty);
        let missing = LOOPBACK.into_iter().filter(|host| !hosts.contains(host)).collect::<Vec<_>>();
        hosts.extend(missing);
        // Some clients apply a `*` to names alone, not to addresses.
        let list = hosts.join(",");
        NO_PROXY.map(|name| (name.to_owned(), list.clone())).into()
    }
}

/// Names alone: the values hold keys.
impl fmt::Debug for Originals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Originals")
            .field("variables", &self.variables.len())
            .field("written", &self.written.len())
            .finish()
    }
}

/// Whether an exception covers this machine, or everything.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches(['.', '*']);
    bare.is_empty() || LOOPBACK.contains(&bare) || bare == "[::1]" || bare.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(variables: &[(&str, &str)]) -> Originals {
        let variables =
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Originals { variables, written: Vec::new() }
    }

    #[test]
    fn the_upstream_is_the_first_variable_that_leads_elsewhere() {
        const VARIABLES: [&str; 2] = ["OPENAI_BASE_URL", "OPENAI_API_BASE"];
        type Found = Option<(&'static str, &'static str)>;
        let gateway = "https://gateway.corp/v1";
        let cases: &[(&[(&str, &str)], Found)] = &[
            (&[], None),
            (&[("OPENAI_API_BASE", gateway)], Some(("OPENAI_API_BASE", gateway))),
            (
                &[("OPENAI_BASE_URL", " "), ("OPENAI_API_BASE", gateway)],
                Some(("OPENAI_API_BASE", gateway)),
            ),
            (&[("OPENAI_BASE_URL", "http://127.0.0.1:80/s/ab/openai/v1")], None),
            (
                &[("OPENAI_BASE_URL", "http://127.0.0.1:8089/v1")],
                Some(("OPENAI_BASE_URL", "http://127.0.0.1:8089/v1")),
            ),
            (
                &[
                    ("LLMOCK_BASE_URL", "http://127.0.0.1:99/env"),
                    ("OPENAI_BASE_URL", "http://127.0.0.1:99/env/openai/v1"),
                ],
                None,
            ),
        ];
        for (variables, expected) in cases {
            let originals = before(variables);
            assert_eq!(
                originals.upstream_of(VARIABLES, &["http://127.0.0.1:80".to_owned()]),
                *expected,
                "{variables:?}"
            );
        }
    }

    #[test]
    fn adds_loopback_to_no_proxy_in_both_spellings() {
        type Variables = &'static [(&'static str, &'static str)];
        let cases: &[(Variables, Option<&str>)] = &[
            (&[], None),
            (&[("NO_PROXY", "corp")], None),
            (&[("HTTP_PROXY", "")], None),
            (&[("HTTP_PROXY", "http://p:1")], Some("127.0.0.1,localhost,::1")),
            (
                &[("https_proxy", "http://p:1"), ("no_proxy", "corp, localhost")],
                Some("corp,localhost,127.0.0.1,::1"),
            ),
            (
                &[("ALL_PROXY", "http://p:1"), ("NO_PROXY", "a"), ("no_proxy", "b")],
                Some("a,b,127.0.0.1,localhost,::1"),
            ),
            (&[("HTTP_PROXY", "http://p:1"), ("NO_PROXY", "*")], Some("*,127.0.0.1,localhost,::1")),
        ];
        for (variables, expected) in cases {
            let list = expected.unwrap_or_default().to_owned();
            let both = NO_PROXY.map(|name| (name.to_owned(), list.clone())).to_vec();
            let expected = if expected.is_some() { both } else { Vec::new() };
            assert_eq!(before(variables).no_proxy(), expected, "{variables:?}");
        }
    }

    #[test]
    fn a_proxy_session_removes_loopback_from_no_proxy() {
        type Variables = &'static [(&'static str, &'static str)];
        let cases: &[(Variables, Option<&str>)] = &[
            (&[], None),
            (&[("HTTPS_PROXY", "http://p:1")], Some("")),
            (&[("NO_PROXY", "corp,localhost,127.0.0.1, 127.0.0.0/8,::1,[::1]")], Some("corp")),
            (&[("no_proxy", "*")], Some("")),
        ];
        for (variables, exceptions) in cases {
            let written = before(variables).through("http://127.0.0.1:1");
            let get = |name: &str| {
                written.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
            };
            assert_eq!(get("HTTP_PROXY"), Some("http://127.0.0.1:1"), "{variables:?}");
            assert_eq!(get("http_proxy"), Some("http://127.0.0.1:1"), "{variables:?}");
            assert_eq!(
                (get("NO_PROXY"), get("no_proxy")),
                (*exceptions, *exceptions),
                "{variables:?}"
            );
            assert_eq!(get("HTTPS_PROXY"), None);
        }
    }

    #[test]
    fn exceptions_beside_interception_keep_loopback_and_lose_the_star() {
        for (list, expected) in [
            ("", "127.0.0.1,localhost,::1"),
            ("*", "127.0.0.1,localhost,::1"),
            ("corp, localhost", "corp,127.0.0.1,localhost,::1"),
        ] {
            let both = NO_PROXY.map(|name| (name.to_owned(), expected.to_owned()));
            assert_eq!(before(&[("NO_PROXY", list)]).exceptions(), both, "{list}");
        }
    }

    #[test]
    fn debug_output_hides_values() {
        let shown = format!("{:?}", before(&[("OPENAI_API_KEY", "sk-secret")]));
        assert!(!shown.contains("sk-secret"), "{shown}");
    }

    #[test]
    fn the_setup_writes_each_variable_once() {
        let table =
            ["first", "again"].map(|value| ("OPENAI_BASE_URL".to_owned(), value.to_owned()));
        let writes =
            before(&[("HTTP_PROXY", "http://p:1")]).writes("http://127.0.0.1:1/env", &table);
        let names: Vec<_> = writes.iter().map(|(name, _)| name.as_str()).collect();
        // Windows has one variable for the last two.
        assert_eq!(&names[..3], ["LLMOCK_BASE_URL", "OPENAI_BASE_URL", "NO_PROXY"]);
        assert_eq!(
            (writes[0].1.as_str(), writes[1].1.as_str()),
            ("http://127.0.0.1:1/env", "first")
        );
    }

    #[test]
    fn knows_what_variables_held_before_the_setup() {
        let mut originals = before(&[("OPENAI_BASE_URL", "https://gateway.corp")]);
        originals.written = ["OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"]
            .map(|name| (name.to_owned(), "http://127.0.0.1:1/env".to_owned()))
            .into();
        let gateway = Some(OsString::from("https://gateway.corp"));
        let expected =
            [("OPENAI_BASE_URL".to_owned(), gateway), ("ANTHROPIC_BASE_URL".to_owned(), None)];
        assert_eq!(originals.before(), expected);
    }
}
