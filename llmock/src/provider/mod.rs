//! What differs from provider to provider, as data and pure functions.
//!
//! [`table`] is the one list of providers. [`path`] makes request paths comparable, [`recognise`] finds the provider of a
//! request, [`names`] decides which headers and variables are secret. [`aws`] has what signing for AWS needs. Wire formats are in [`wire`](crate::wire).

mod address;
pub(crate) mod aws;
mod declared;
mod entry;
mod links;
mod names;
mod path;
#[cfg(feature = "server")]
pub(crate) mod recognise;
mod table;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

use crate::sync::lock;

use llmock_rules::{Problem, ProviderId};

pub(crate) use address::{Address, below};
pub(crate) use declared::Declared;
pub(crate) use entry::{ProviderEntry, Shape, StreamUsage};
pub(crate) use links::{Links, is_link_header};
#[cfg(feature = "record")]
pub(crate) use names::is_telling_header;
pub(crate) use names::{
    API_HEADERS, is_address, is_key_variable, is_password_variable, is_secret_header,
    is_secret_query, is_secret_variable, is_signature_query, keeps_response_header,
};
pub(crate) use path::{
    canonical_path, default_upstream, has_dot_segment, upstream_base, upstream_url,
    without_streaming,
};
pub use table::Provider;

impl Provider {
    /// The provider with this id: the one in the table, or [`Provider::Other`].
    ///
    /// Works in constants. To turn text into a provider at run time, use [`str::parse`].
    ///
    /// ```
    /// use llmock::Provider;
    ///
    /// const ACME: Provider = Provider::named("acme");
    /// assert_eq!(ACME.id(), "acme");
    /// assert_eq!(Provider::named("openai"), Provider::OpenAI);
    /// ```
    ///
    /// # Panics
    ///
    /// If the id is empty, longer than 64 bytes, or holds anything but lower-case letters, digits, `-` and `_`.
    #[must_use]
    #[track_caller]
    pub const fn named(id: &'static str) -> Self {
        assert!(
            ProviderId::is_valid(id),
            "a provider id consists of at most 64 lower-case letters, digits, `-` and `_`"
        );
        match table::find(id) {
            Some(provider) => provider,
            None => Self::Other(OtherProvider(id)),
        }
    }

    /// The name under which fixtures and addresses know the provider: `openai`, `anthropic`, ...
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Other(OtherProvider(id)) => id,
            known => known.entry().id,
        }
    }

    /// The provider with this id, which a URL or a file may spell in any way. What is not in the table becomes
    /// [`Provider::Other`] as it is, so that a report can show it.
    pub(crate) fn from_id(id: &str) -> Self {
        table::find(id).unwrap_or_else(|| Self::Other(OtherProvider(intern(id))))
    }

    pub(crate) fn all() -> impl ExactSizeIterator<Item = Self> {
        table::TABLE.iter().map(|(provider, _)| *provider)
    }

    pub(crate) fn entry(self) -> &'static ProviderEntry {
        table::entry(self).unwrap_or(&entry::OTHER)
    }

    /// Whether a host, with its port if it has one, is one of the provider's own.
    pub(crate) fn owns_host(self, host: &str) -> bool {
        let entry = self.entry();
        let usual = entry.upstream.and_then(Address::parse);
        usual.is_some_and(|usual| path::is_host(usual.host(), host))
            || entry.hosts.iter().any(|own| path::is_host(own, host))
    }

    /// Name and value of every base-URL variable of every provider, for clients of the front at `base`.
    pub(crate) fn base_urls(base: &str) -> Vec<(String, String)> {
        let entries = table::TABLE.iter().flat_map(|(_, entry)| {
            entry.variables.iter().map(|(name, path)| (*name, entry.id, *path))
        });
        entries.map(|(name, id, path)| (name.to_owned(), format!("{base}/{id}{path}"))).collect()
    }

    /// Where a client of this provider is pointed: `BASE/openai/v1`; never ends in `/`.
    pub(crate) fn base_url(self, base: &str) -> String {
        format!("{}/{}{}", base.trim_end_matches('/'), self.id(), self.entry().base_path)
    }
}

/// The id of a provider without an entry in the table. [`Provider::named`] and [`str::parse`] make it, so that no
/// provider of the table has a second value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OtherProvider(&'static str);

impl fmt::Debug for OtherProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An id that outlives its text. `Provider` is `Copy`, so an id from a file is kept for as long as the process
/// runs; each is kept once, and a program uses a handful.
fn intern(id: &str) -> &'static str {
    /// Requests to made-up addresses must not fill the memory.
    const MOST: usize = 4096;
    const LONGEST: usize = 256;

    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = lock(&KNOWN);
    if let Some(id) = known.get(id) {
        return id;
    }
    if known.len() >= MOST || id.len() > LONGEST {
        return "unknown";
    }
    let id: &'static str = Box::leak(id.into());
    known.insert(id);
    id
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Provider {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        ProviderId::parse(text).map(|id| Self::from_id(id.as_str()))
    }
}

#[cfg(test)]
mod tests;
