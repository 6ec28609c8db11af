//! Addresses of the provider's own API inside its responses: results of a batch, upload sessions, operations.
//!
//! A client follows them and sends its key. To lead it to the front instead, llmock replaces them with addresses of
//! the front: in [a few headers](HEADERS) and [a few members](MEMBERS) of responses that no model wrote, and only if
//! an address belongs to the API itself. Fixtures keep what the provider sent.

use std::borrow::Cow;

use super::{Address, Provider, canonical_path};
use crate::json::{self, Json, JsonStr};

/// Headers whose value is an address, and `link`, which has addresses in angle brackets.
#[rustfmt::skip]
const HEADERS: &[&str] = &[
    "azure-asyncoperation", "content-location", "link", "location", "operation-location",
    "x-goog-upload-control-url", "x-goog-upload-url",
];

/// The members of bodies that hold addresses which clients follow: names from the top, `[]` for each element.
///
/// Addresses that clients only quote are missing on purpose: Gemini's `file.uri` goes into the next prompt.
#[rustfmt::skip]
const MEMBERS: &[&str] = &[
    // Anthropic's batches
    "results_url", "data.[].results_url",
    // Gemini's files and videos
    "downloadUri", "file.downloadUri", "files.[].downloadUri",
    "response.generateVideoResponse.generatedSamples.[].video.uri",
    "response.generatedVideos.[].video.uri",
    // Replicate's predictions and files, also behind Hugging Face's router
    "urls.get", "urls.cancel", "urls.stream",
    "results.[].urls.get", "results.[].urls.cancel", "results.[].urls.stream",
    // the queues of fal, also behind Hugging Face's router
    "status_url", "response_url", "cancel_url",
    // OpenRouter's videos, and batches of gateways
    "polling_url", "output_url", "error_url",
    // pages of lists: Replicate, watsonx, Azure
    "next", "previous", "first.href", "next.href", "nextLink",
];

/// From a canonical path to a URL.
pub(crate) type ToUrl<'a> = &'a dyn Fn(&str) -> String;

/// Decides whether an address belongs to the provider's API, and replaces it.
pub(crate) struct Links<'a> {
    pub(crate) provider: Provider,
    /// The address that replaces the provider's own: `http://127.0.0.1:1/s/…/openai`.
    pub(crate) root: &'a str,
    /// The canonical path of the request that this response answers.
    pub(crate) request_path: &'a str,
    /// The upstream's base URL, and the function from a canonical path to the URL there.
    pub(crate) upstream: Option<(&'a str, ToUrl<'a>)>,
    /// Whether the fixture has a response to a request with that canonical path.
    pub(crate) is_recorded: &'a dyn Fn(&str) -> bool,
    /// In replay, whether the fixture has a response to such a request that is no redirection.
    pub(crate) replay: Option<&'a dyn Fn(&str) -> bool>,
    /// Called with every address of the front that a client gets, and with the original.
    pub(crate) given: &'a dyn Fn(&str, &str),
}

/// Whether a response header (lower-case name) holds addresses.
pub(crate) fn is_link_header(name: &str) -> bool {
    HEADERS.contains(&name)
}

impl Links<'_> {
    /// The new value of a header (lower-case name), if its value contains an address of the API.
    ///
    /// A path without a host leads nowhere at the front. It is completed if the status tells clients to go there.
    /// With other statuses it is the name of a new resource and stays.
    pub(crate) fn header(&self, status: u16, name: &str, value: &str) -> Option<String> {
        let is_path = value.starts_with('/') && !value.starts_with("//");
        let is_redirect = (300..400).contains(&status);
        match name {
            "link" => self.bracketed(value),
            "location" if is_path => (status == 202 || is_redirect).then(|| self.completed(value)),
            "location" if is_redirect => self.redirection(value),
            name if is_link_header(name) => self.replacement(value),
            _ => None,
        }
    }

    /// A JSON body with the addresses of the API replaced. Every other byte stays.
    pub(crate) fn json<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains(":/") && !text.contains(":\\/") {
            return Cow::Borrowed(text);
        }
        let Ok(tree) = json::parse(text) else { return Cow::Borrowed(text) };
        let mut found = Vec::new();
        for path in MEMBERS {
            strings_at(&tree, &path.split('.').collect::<Vec<_>>(), &mut found);
        }
        let edit = |string: JsonStr<'_>| {
            let replacement = self.replacement(&string.decode())?;
            let at = json::offset_in(text, string.raw())?;
            Some((at..at + string.raw().len(), spelled_like(string.raw(), &replacement)))
        };
        let mut edits: Vec<_> = found.into_iter().filter_map(edit).collect();
        edits.sort_by_key(|(range, _)| range.start);
        json::splice(text, edits)
    }

    /// The path at the front that replaces one at the provider's host.
    fn completed(&self, value: &str) -> String {
        let upstream = self.upstream.and_then(|(base, _)| Address::parse(base));
        let origin = upstream.as_ref().map_or("http://0.0.0.0", Address::root);
        let path = self.path_at_provider(&format!("{origin}{value}"), false);
        let path = path.unwrap_or_else(|| value.to_owned());
        format!("{}{path}", spelled_path(self.root))
    }

    /// The front's address that replaces an address of the API.
    fn replacement(&self, value: &str) -> Option<String> {
        let root = self.root;
        if value.starts_with(root) {
            return None;
        }
        let ours = format!("{root}{}", self.path_at_provider(value, false)?);
        (self.given)(&ours, value);
        Some(ours)
    }

    /// The front's address for one that a client is sent to with the request that it has just made.
    fn redirection(&self, value: &str) -> Option<String> {
        if value.starts_with(self.root) {
            return None;
        }
        // `//host/path` has the scheme of the request.
        let absolute = value.strip_prefix("//").map(|rest| format!("http://{rest}"));
        let url = absolute.as_deref().unwrap_or(value);
        let ours = format!("{}{}", self.root, self.path_at_provider(url, true)?);
        (self.given)(&ours, value);
        Some(ours)
    }

    fn bracketed(&self, value: &str) -> Option<String> {
        let (mut out, mut rest, mut found) = (String::new(), value, false);
        while let Some((before, inside)) = rest.split_once('<') {
            let (address, after) = inside.split_once('>')?;
            let replacement = self.replacement(address);
            found |= replacement.is_some();
            let address = replacement.as_deref().unwrap_or(address);
            out.extend([before, "<", address, ">"]);
            rest = after;
        }
        found.then(|| out + rest)
    }

    /// Path and query of an address, as the front knows them, if it is one of this provider's API.
    ///
    /// An address to which a response only refers must not lead to the request that it answers. A redirection may: to
    /// the same path with or without a slash, for which there is a second response.
    fn path_at_provider(&self, url: &str, is_redirection: bool) -> Option<String> {
        let address = Address::parse(url)?;
        let rest = spelled_path(url);
        let (path, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        let whole = |path: &str| format!("{path}{query}");
        // The path that llmock would forward to this address; a gateway may have added segments in front.
        if let Some((_, to_upstream)) = self.upstream {
            let leads_there = |tail: &&str| {
                let upstream = to_upstream(&canonical_path(self.provider, tail));
                Address::parse(&upstream).is_some_and(|it| it.is_same_resource(&address))
            };
            if let Some(tail) = tails(path).find(leads_there) {
                return Some(whole(tail));
            }
        }
        if self.provider.owns_host(address.host()) {
            return Some(whole(path));
        }
        // The fixture may have been recorded from another host, which it does not store.
        let recorded = tails(path).map(whole).find(|path| {
            let canonical = canonical_path(self.provider, path);
            if canonical == self.request_path {
                is_redirection && (self.replay.is_some_and(|is_answered| is_answered(&canonical)))
            } else {
                (self.is_recorded)(&canonical)
            }
        });
        // An address of the machine that recorded it leads nowhere on another one.
        let is_gone = is_redirection && self.replay.is_some() && address.is_loopback();
        recorded.or_else(|| is_gone.then(|| whole(path)))
    }
}

/// The path, and the rest of it after each of its segments.
fn tails(path: &str) -> impl Iterator<Item = &str> {
    let starts = path.match_indices('/').map(|(at, _)| at);
    starts.map(move |at| &path[at..]).filter(|tail| tail.len() > 1)
}

/// The text after the host. A client gets it back unchanged, whereas [`Address`] would escape it and resolve dots.
fn spelled_path(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find(['/', '?', '#']).map_or("", |at| &url[host + at..])
}

fn strings_at<'j>(value: &Json<'j>, path: &[&str], found: &mut Vec<JsonStr<'j>>) {
    match (path, value) {
        ([], Json::String(string)) => found.push(*string),
        (["[]", rest @ ..], Json::Array(items)) => {
            for item in items {
                strings_at(item, rest, found);
            }
        }
        ([name, rest @ ..], Json::Object(_)) => {
            if let Some(value) = value.get(name) {
                strings_at(value, rest, found);
            }
        }
        _ => {}
    }
}

/// An address as the inside of a JSON string, with escaped slashes if `raw` has them.
fn spelled_like(raw: &str, address: &str) -> String {
    let quoted = json::quote(address);
    let inside = &quoted[1..quoted.len() - 1];
    if raw.contains("\\/") { inside.replace('/', "\\/") } else { inside.to_owned() }
}

#[cfg(test)]
mod tests;
