//! The credentials of a request, kept for comparisons alone.

use std::sync::Arc;

use http::HeaderMap;
use percent_encoding::percent_decode_str;

use crate::provider;

/// Headers and parameters with secrets, which only comparisons see: they are never printed.
#[derive(Clone, Default)]
pub(crate) struct Hidden(Arc<[(String, String)]>);

impl Hidden {
    /// Those of a request to this path, which has its query.
    pub(crate) fn of(headers: &HeaderMap, path: &str) -> Self {
        let secret = headers.iter().filter(|(name, _)| provider::is_secret_header(name.as_str()));
        let headers = secret.map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let pairs =
            pairs.filter(|(name, _)| provider::is_secret_query(name)).map(|(name, value)| {
                (format!("?{name}"), percent_decode_str(value).decode_utf8_lossy().into_owned())
            });
        Self(headers.chain(pairs).collect())
    }

    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.0.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    pub(super) fn credentials(&self) -> impl Iterator<Item = &str> {
        let is_credential = |(name, _): &&(String, String)| {
            let accounts = ["organization", "project", "account"];
            let others = ["cookie", "idempotency-key"];
            !others.contains(&name.as_str()) && !accounts.iter().any(|part| name.contains(part))
        };
        self.0.iter().filter(is_credential).map(|(_, value)| value.as_str())
    }
}
