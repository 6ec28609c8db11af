//! The credentials that a recorder forwards.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::percent_decode_str;
use url::form_urlencoded;

/// A key of this length does not stand in a header by chance, so that any text that contains it is removed.
const DISTINCTIVE: usize = 16;

/// Takes the place of the program's own key in an AWS signature until the request is signed again.
const NO_SIGNER: &str = "llmock-removed-this-key";

/// The key with which clients authenticate to the program itself, if it has one.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnKey(pub(super) Option<String>);

impl OwnKey {
    /// Replaces the program's own key in an upstream request with `key`, or removes it if there is none.
    ///
    /// A header or a parameter that contains the key in a form that cannot be rewritten is removed.
    pub(super) fn replace(&self, key: Option<&str>, headers: &mut HeaderMap, target: &mut String) {
        let Some(own) = self.own() else { return };
        let mut replaced = HeaderMap::with_capacity(headers.len());
        for (name, value) in &*headers {
            let text = String::from_utf8_lossy(value.as_bytes());
            let value = match own.replaced(&text, key) {
                Found::Nothing => Some(value.clone()),
                Found::Replaced(text) => HeaderValue::from_str(&text).ok(),
                Found::Removed => None,
            };
            if let Some(value) = value {
                replaced.append(name.clone(), value);
            }
        }
        *headers = replaced;
        own.replace_in_query(target, key);
    }

    /// Replaces a signature by the program's own key, once the request was signed again or will not be.
    pub(super) fn replace_signature(&self, key: Option<&str>, headers: &mut HeaderMap) {
        let is_unsigned =
            |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains(NO_SIGNER));
        if self.own().is_none() || !headers.get(header::AUTHORIZATION).is_some_and(is_unsigned) {
            return;
        }
        headers.remove(header::AUTHORIZATION);
        let bearer = key.and_then(|key| HeaderValue::from_str(&format!("Bearer {key}")).ok());
        if let Some(bearer) = bearer {
            headers.insert(header::AUTHORIZATION, bearer);
        }
    }

    fn own(&self) -> Option<Own<'_>> {
        self.0.as_deref().filter(|key| !key.is_empty()).map(Own)
    }
}

/// What a text becomes that may contain the key.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Replaced(String),
    Removed,
}

/// The program's own key.
#[derive(Clone, Copy)]
struct Own<'k>(&'k str);

impl Own<'_> {
    /// The value of a header with `key` in place of the program's own.
    fn replaced(self, value: &str, key: Option<&str>) -> Found {
        let value = value.trim();
        let (scheme, credentials) = match value.split_once([' ', '\t']) {
            Some((scheme, rest)) => (format!("{scheme} "), rest.trim()),
            None => (String::new(), value),
        };
        let replaced = if credentials == self.0 {
            key.map(str::to_owned)
        } else if let Some(signature) = self.without_signer(credentials) {
            return Found::Replaced(scheme + &signature);
        } else if !self.is_in(value) {
            return Found::Nothing;
        } else if scheme.trim().eq_ignore_ascii_case("basic") {
            key.and_then(|key| self.replaced_in_basic(credentials, key))
        } else {
            None
        };
        replaced.map_or(Found::Removed, |key| Found::Replaced(scheme + &key))
    }

    /// An AWS signature by the program's own key, without the key.
    fn without_signer(self, credentials: &str) -> Option<String> {
        let (before, signer) = credentials.split_once("Credential=")?;
        let (signer, scope) = signer.split_at(signer.find(['/', ',']).unwrap_or(signer.len()));
        (self.is_in(signer)).then(|| format!("{before}Credential={NO_SIGNER}{scope}"))
    }

    fn replaced_in_basic(self, credentials: &str, key: &str) -> Option<String> {
        let decoded = base64(credentials)?;
        let part = |part: &str| if part == self.0 { key.to_owned() } else { part.to_owned() };
        let parts: Vec<String> = decoded.splitn(2, ':').map(part).collect();
        Some(BASE64_STANDARD.encode(parts.join(":")))
    }

    fn replace_in_query(self, target: &mut String, key: Option<&str>) {
        let Some((path, query)) = target.split_once('?') else { return };
        let pairs: Vec<String> = query
            .split('&')
            .filter_map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let decoded = form_urlencoded::parse(pair.as_bytes()).next();
                let (decoded_name, decoded_value) = decoded.unwrap_or_default();
                if decoded_value == self.0 || value == self.0 {
                    let key = key?;
                    let key: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
                    return Some(format!("{name}={key}"));
                }
                let is_signer = decoded_value.split('/').next() == Some(self.0);
                let is_ours = is_signer || self.is_in(&decoded_value) || self.is_in(&decoded_name);
                (!is_ours).then(|| pair.to_owned())
            })
            .collect();
        let mark = if pairs.is_empty() { "" } else { "?" };
        *target = format!("{path}{mark}{}", pairs.join("&"));
    }

    /// Whether a text contains the key: as a word of it, or anywhere if the key is distinctive; also percent-encoded,
    /// and in base64.
    fn is_in(self, text: &str) -> bool {
        let decoded = percent_decode_str(text).decode_utf8_lossy();
        if self.is_in_plain(&decoded) || self.is_in_plain(text) {
            return true;
        }
        decoded
            .split([' ', '\t', ',', ';', '"', ':'])
            .any(|word| base64(word).is_some_and(|decoded| self.is_in_plain(&decoded)))
    }

    fn is_in_plain(self, text: &str) -> bool {
        let is_word = |text: &str| {
            text.split([' ', '\t', ',', ';', '=', '"', ':']).any(|word| word == self.0)
        };
        text == self.0 || is_word(text) || (self.0.len() >= DISTINCTIVE && text.contains(self.0))
    }
}

fn base64(text: &str) -> Option<String> {
    let bare = text.trim_end_matches('=');
    let decoded =
        BASE64_STANDARD_NO_PAD.decode(bare).or_else(|_| BASE64_URL_SAFE_NO_PAD.decode(bare));
    Some(String::from_utf8_lossy(&decoded.ok()?).into_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
