//! What differs from provider to provider, as data and pure functions.
//!
//! [`table`] is the one list of providers. [`path`] makes request paths comparable, [`family`]
//! says which wire format a request speaks, and each format has a module that reads it. [`errors`]
//! writes answers of our own in a provider's shape, [`names`] decides which headers and variables
//! are secret, [`keys`] knows keys by their shape. [`aws`] is what signing for AWS takes.

mod anthropic;
pub(crate) mod aws;
mod bedrock;
mod cohere;
mod declared;
mod entry;
mod errors;
mod family;
mod gemini;
mod keys;
mod links;
mod names;
mod ollama;
mod openai_chat;
mod openai_responses;
mod path;
mod recognise;
mod said;
mod table;
mod text;

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

pub(crate) use declared::{DeclareError, Declared, path_of};
pub(crate) use entry::{Entry, Shape};
pub(crate) use errors::{empty_answer, error_body, error_message, error_shape};
pub(crate) use family::{
    Family, StreamBy, ToolIdPath, family, model, preview, prompt, stream_by, tool_ids,
    volatile_fields, wants_stream,
};
pub(crate) use keys::{KEY_SHAPES, is_base64, is_word};
pub(crate) use links::{Links, is_link_header, may_hold_links};
pub(crate) use names::{
    is_address, is_secret_header, is_secret_query, is_secret_variable, is_signature_query,
    keeps_response_header,
};
pub(crate) use openai_chat::{StreamUsage, reasoning_member, stream_usage};
pub(crate) use path::{canonical_path, default_upstream, host_of, upstream_base, upstream_url};
pub use recognise::HeaderHints;
pub(crate) use recognise::{conversations, of_answer, of_request};
pub use table::Provider;

impl Provider {
    /// The name under which fixtures and addresses know the provider: `openai`, `anthropic`, ...
    #[must_use]
    pub fn id(self) -> &'static str {
        self.entry().id
    }

    /// Whether the query parameter of that name carries a key, as `?key=` of Gemini's older clients does.
    #[must_use]
    pub fn is_secret_query(name: &str) -> bool {
        is_secret_query(name)
    }

    /// The provider with this id; an id that is not in the table becomes [`Provider::Other`].
    pub(crate) fn from_id(id: &str) -> Self {
        match table::TABLE.iter().find(|(_, entry)| entry.id == id) {
            Some((provider, _)) => *provider,
            None => Self::Other(intern(id).id),
        }
    }

    /// Every provider of the table, in its order.
    pub(crate) fn all() -> impl ExactSizeIterator<Item = Self> {
        table::TABLE.iter().map(|(provider, _)| *provider)
    }

    /// The facts about this provider.
    pub(crate) fn entry(self) -> &'static Entry {
        match self {
            Self::Other(id) => intern(id),
            known => table::entry(known).expect("the enum and the table come from one list"),
        }
    }

    /// Whether a host, with its port if it has one, is one of the provider's own.
    pub(crate) fn owns_host(self, host: &str) -> bool {
        let entry = self.entry();
        let usual = entry.upstream.and_then(path::host_of);
        usual.into_iter().chain(entry.hosts.iter().copied()).any(|own| path::is_host(own, host))
    }

    /// Where a client of this provider is pointed: `BASE/openai/v1`; never ends in `/`.
    pub(crate) fn base_url(self, base: &str) -> String {
        let entry = self.entry();
        format!("{}/{}{}", base.trim_end_matches('/'), entry.id, entry.base_path)
    }
}

/// The entry of an unknown id, made once and kept: a program meets a handful of them.
fn intern(id: &str) -> &'static Entry {
    static SEEN: Mutex<Vec<&'static Entry>> = Mutex::new(Vec::new());
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(entry) = seen.iter().find(|entry| entry.id == id) {
        return entry;
    }
    let id: &'static str = Box::leak(id.to_owned().into_boxed_str());
    // Nothing is known of its paths, so each is what it says: some lie beside the version.
    let entry: &'static Entry = Box::leak(Box::new(Entry { id, root: &[], ..entry::UNKNOWN }));
    seen.push(entry);
    entry
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The text is not a provider's id: lower-case letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a provider id: lower-case letters, digits, `-` and `_`")]
pub struct ProviderIdError(String);

impl FromStr for Provider {
    type Err = ProviderIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        if text.is_empty() || text.len() > 64 || !text.bytes().all(fits) {
            return Err(ProviderIdError(text.to_owned()));
        }
        Ok(Self::from_id(text))
    }
}

#[cfg(test)]
mod tests;
