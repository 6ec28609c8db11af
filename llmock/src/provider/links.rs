//! Addresses of the provider's own API inside its answers: results of a batch, upload sessions, operations.
//!
//! A client follows them, with its key. So that it comes to the front instead, what it gets has the front's address
//! in their place: in [a few headers](HEADERS) and [a few members](PLACES) of answers that no model wrote, and only
//! where an address leads to the API itself. Fixtures keep what the provider sent.

use std::borrow::Cow;

use super::{Address, Provider, canonical_path};
use crate::json::{self, Json, JsonStr};

/// Headers whose value is an address, and `link`, which holds some in angle brackets.
const HEADERS: &[&str] = &[
    "azure-asyncoperation",
    "content-location",
    "link",
    "location",
    "operation-location",
    "x-goog-upload-control-url",
    "x-goog-upload-url",
];

/// Where bodies hold addresses that clients follow: member names from the top, `[]` for each element.
///
/// What clients quote rather than follow is not among them: Gemini's `file.uri` goes into the next prompt.
const PLACES: &[&[&str]] = &[
    // Anthropic's batches
    &["results_url"],
    &["data", "[]", "results_url"],
    // Gemini's files and videos
    &["downloadUri"],
    &["file", "downloadUri"],
    &["files", "[]", "downloadUri"],
    &["response", "generateVideoResponse", "generatedSamples", "[]", "video", "uri"],
    &["response", "generatedVideos", "[]", "video", "uri"],
    // Replicate's predictions and files, also behind Hugging Face's router
    &["urls", "get"],
    &["urls", "cancel"],
    &["urls", "stream"],
    &["results", "[]", "urls", "get"],
    &["results", "[]", "urls", "cancel"],
    &["results", "[]", "urls", "stream"],
    // the queues of fal, also behind Hugging Face's router
    &["status_url"],
    &["response_url"],
    &["cancel_url"],
    // OpenRouter's videos
    &["polling_url"],
    // batches of gateways
    &["output_url"],
    &["error_url"],
    // pages of lists: Replicate, watsonx, Azure
    &["next"],
    &["previous"],
    &["first", "href"],
    &["next", "href"],
    &["nextLink"],
];

/// From a canonical path to a URL.
pub(crate) type ToUrl<'a> = &'a dyn Fn(&str) -> String;

/// What decides whether an address is one of the provider's, and what stands in its place.
pub(crate) struct Links<'a> {
    pub(crate) provider: Provider,
    /// The address that stands for the provider's own: `http://127.0.0.1:1/s/…/openai`.
    pub(crate) root: &'a str,
    /// The canonical path of the request that is being answered.
    pub(crate) asked: &'a str,
    /// Where the provider is asked, and from a canonical path to the URL there.
    pub(crate) upstream: Option<(&'a str, ToUrl<'a>)>,
    /// Whether the fixture answers a request with that canonical path.
    pub(crate) is_recorded: &'a dyn Fn(&str) -> bool,
    /// Hears of every address of the front that a client gets, and of the one that the provider sent.
    pub(crate) given: &'a dyn Fn(&str, &str),
}

/// Whether a response header (lower-case name) holds addresses.
pub(crate) fn is_link_header(name: &str) -> bool {
    HEADERS.contains(&name)
}

impl Links<'_> {
    /// What a header (lower-case name) has in place of its value, if that holds an address of the API.
    ///
    /// A path without its host leads nowhere at the front. It is completed where the status tells clients to go
    /// there; in others it names what has been made, and stays.
    pub(crate) fn header(&self, status: u16, name: &str, value: &str) -> Option<String> {
        let is_path = value.starts_with('/') && !value.starts_with("//");
        match name {
            "link" => self.bracketed(value),
            "location" if is_path => {
                (status == 202 || (300..400).contains(&status)).then(|| self.completed(value))
            }
            name if is_link_header(name) => self.replacement(value),
            _ => None,
        }
    }

    /// A JSON body in which addresses of the API have been replaced and nothing else: every other byte stays.
    pub(crate) fn json<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains(":/") && !text.contains(":\\/") {
            return Cow::Borrowed(text);
        }
        let Ok(tree) = json::parse(text) else { return Cow::Borrowed(text) };
        let mut found = Vec::new();
        for place in PLACES {
            strings_at(&tree, place, &mut found);
        }
        let mut edits: Vec<(usize, &str, String)> = found
            .into_iter()
            .filter_map(|string| {
                let replacement = self.replacement(&string.decode())?;
                let at = json::offset_in(text, string.raw())?;
                Some((at, string.raw(), spelt_like(string.raw(), &replacement)))
            })
            .collect();
        edits.sort_by_key(|(at, ..)| *at);
        let (mut out, mut copied) = (String::new(), 0);
        for (at, raw, replacement) in edits {
            out.push_str(&text[copied..at]);
            out.push_str(&replacement);
            copied = at + raw.len();
        }
        if copied == 0 { Cow::Borrowed(text) } else { Cow::Owned(out + &text[copied..]) }
    }

    /// The path at the front in place of one at the provider's host.
    fn completed(&self, value: &str) -> String {
        let upstream = self.upstream.and_then(|(base, _)| Address::parse(base));
        let origin = upstream.as_ref().map_or("http://0.0.0.0", Address::root);
        let path = self.path_at_provider(&format!("{origin}{value}"));
        let path = path.unwrap_or_else(|| value.to_owned());
        format!("{}{path}", spelled_path(self.root))
    }

    /// The front's address in place of an address.
    fn replacement(&self, value: &str) -> Option<String> {
        let root = self.root;
        if value.starts_with(root) {
            return None;
        }
        let ours = format!("{root}{}", self.path_at_provider(value)?);
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
    fn path_at_provider(&self, url: &str) -> Option<String> {
        let address = Address::parse(url)?;
        let rest = spelled_path(url);
        let (path, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        let whole = |path: &str| format!("{path}{query}");
        // What leads through us to that very address; a gateway may have put segments in front.
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
        // A recording from somewhere else, of which the fixture knows no more than this.
        tails(path).map(whole).find(|path| {
            let canonical = canonical_path(self.provider, path);
            canonical != self.asked && (self.is_recorded)(&canonical)
        })
    }
}

/// The path, and what is left of it without its first segments.
fn tails(path: &str) -> impl Iterator<Item = &str> {
    let starts = path.match_indices('/').map(|(at, _)| at);
    starts.map(move |at| &path[at..]).filter(|tail| tail.len() > 1)
}

/// What follows the host, as it is spelled: a client gets it back, and [`Address`] would escape it and resolve dots.
fn spelled_path(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find(['/', '?', '#']).map_or("", |at| &url[host + at..])
}

fn strings_at<'j>(value: &Json<'j>, place: &[&str], found: &mut Vec<JsonStr<'j>>) {
    match (place, value) {
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

/// An address between the quotes of a JSON string, its slashes escaped if they were.
fn spelt_like(raw: &str, address: &str) -> String {
    let quoted = json::quote(address);
    let inside = &quoted[1..quoted.len() - 1];
    if raw.contains("\\/") { inside.replace('/', "\\/") } else { inside.to_owned() }
}

#[cfg(test)]
mod tests;
