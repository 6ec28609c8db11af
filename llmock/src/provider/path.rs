//! Request paths as at the provider's own host, whatever base URL a client was given.
//!
//! Clients join base URLs and paths in many ways: `//chat/completions`, `/v1/v1/messages`, `/messages`, `%3A` for
//! `:`. Requests are compared and forwarded in one canonical form.

use std::borrow::Cow;
use std::fmt::Write as _;

use percent_encoding::percent_decode_str;

use super::address::{Address, below};
use super::names::unquoted;
use super::{Provider, ProviderEntry, aws, is_secret_query};

/// The canonical form of a path below the provider's segment: `//chat/completions` becomes `/v1/chat/completions`.
/// Secret query parameters are removed, others keep their order and spelling.
pub(crate) fn canonical_path(provider: Provider, path_and_query: &str) -> String {
    let entry = provider.entry();
    let wire = path_and_query.split('#').next().unwrap_or("");
    let (path, query) = wire.split_once('?').unwrap_or((wire, ""));
    // no escape resolves to a slash, so segments stay what they are
    let decoded = decoded(path);
    let segments: Vec<&str> = decoded.split('/').filter(|segment| !segment.is_empty()).collect();
    let mut canonical = with_aliases(entry, with_root(entry, &segments));
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split('=').next().unwrap_or("");
        if !is_secret_query(&percent_decode_str(name).decode_utf8_lossy()) {
            canonical.push(if canonical.contains('?') { '&' } else { '?' });
            canonical.push_str(pair);
        }
    }
    canonical
}

/// Whether a path has a segment `.` or `..`, in any spelling that some library or server resolves: escaped, escaped
/// twice, with `\\` or an escaped slash around it, with a parameter (`..;x`).
///
/// `url` resolves such segments, so that a request would leave the path of its upstream.
pub(crate) fn has_dot_segment(path_and_query: &str) -> bool {
    let bytes = path_and_query.as_bytes();
    let path = &path_and_query[..memchr::memchr2(b'?', b'#', bytes).unwrap_or(bytes.len())];
    if memchr::memchr2(b'.', b'%', path.as_bytes()).is_none() {
        return false;
    }
    let mut path = Cow::Borrowed(path);
    // Each round resolves one layer of escapes. No server resolves more than two.
    for _ in 0..4 {
        let resolved = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if resolved == *path {
            break;
        }
        path = Cow::Owned(resolved);
    }
    path.split(['/', '\\']).any(|segment| {
        let name = segment.split(';').next().unwrap_or_default();
        matches!(name, "." | "..")
    })
}

/// The value of one of the provider's variables, in the shape that [`upstream_url`] takes:
/// `OPENAI_HOST=https://gateway` becomes `https://gateway/v1`, because `OPENAI_BASE_URL` holds the version.
pub(crate) fn upstream_base(provider: Provider, variable: &str, value: &str) -> String {
    let entry = provider.entry();
    let value = with_scheme(provider, unquoted(value));
    // The client of the recording says what is wrong with it.
    let Some(address) = Address::parse(&value) else { return value };
    let address = address.reachable();
    let (root, path, query) = (address.root(), address.path(), address.query());
    let wanted = included(entry);
    let given = entry.variables.iter().find(|(name, _)| *name == variable);
    let given = given.map_or(wanted, |(_, path)| *path);
    if wanted == given || (!wanted.is_empty() && path.ends_with(wanted)) {
        return format!("{root}{path}{query}");
    }
    format!("{root}{}{wanted}{query}", path.strip_suffix(given).unwrap_or(path))
}

/// The URL that a value stands for.
///
/// Values without a scheme are hosts. A host of the provider has the provider's scheme. A local server has its usual
/// port unless the value names one, and an empty host is this machine, as Ollama reads its `OLLAMA_HOST`:
/// <https://github.com/ollama/ollama/blob/main/envconfig/config.go>. With a scheme the port is the scheme's.
fn with_scheme(provider: Provider, value: &str) -> String {
    let (scheme, rest) = value.split_once("://").unwrap_or(("", value));
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = match authority {
        "" => "127.0.0.1".to_owned(),
        // A URL needs brackets around it.
        ip if ip.parse::<core::net::Ipv6Addr>().is_ok() => format!("[{ip}]"),
        port if port.starts_with(':') => format!("127.0.0.1{port}"),
        host => host.to_owned(),
    };
    if !scheme.is_empty() {
        return format!("{scheme}://{host}{path}");
    }
    let usual = provider.entry().upstream.and_then(Address::parse);
    let is_local = usual.as_ref().is_some_and(Address::is_loopback);
    if !is_local && provider.owns_host(&host) || provider.entry().hosts.contains(&&*host) {
        return format!("https://{host}{path}");
    }
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| {
        !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    });
    match usual.filter(|_| is_local && !has_port) {
        Some(usual) => format!("http://{}:{}{path}", host.trim_end_matches(':'), usual.port()),
        None => format!("http://{host}{path}"),
    }
}

/// The upstream of a recording unless a variable names another: the provider's usual host, for Bedrock in the region
/// that the variables name. `read` reads a variable.
pub(crate) fn default_upstream(
    provider: Provider,
    read: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let usual = provider.entry().upstream?;
    let region = || aws::REGIONS.into_iter().find_map(&read).filter(|region| !region.is_empty());
    Some(match provider {
        Provider::Bedrock => usual.replace("us-east-1", region().as_deref().unwrap_or("us-east-1")),
        _ => usual.to_owned(),
    })
}

/// The URL of a request with that canonical path at the upstream `upstream_base`.
///
/// Base and path are joined as the provider's clients join them: `http://gateway/llm` in `OPENAI_BASE_URL` gives
/// `/llm/chat/completions`. Segments that both contain are not repeated. A query of the base, such as Azure's
/// `?api-version=`, is added to every request that does not set the same parameters.
pub(crate) fn upstream_url(
    provider: Provider,
    upstream_base: &str,
    canonical_path: &str,
) -> String {
    let entry = provider.entry();
    let Some(address) = Address::parse(upstream_base) else {
        return format!("{upstream_base}{canonical_path}");
    };
    let (path, query) =
        canonical_path.split_at(canonical_path.find('?').unwrap_or(canonical_path.len()));
    let wanted = included(entry);
    let usual = usual_base(entry, &address);
    let base_path = usual.as_ref().unwrap_or(&address).path();
    // Some servers need doubled slashes in the base, or a slash at the end of the path.
    let mut base = segments(base_path);
    let mut rest = segments(path);
    let included = segments(wanted);
    if rest.starts_with(&included) {
        rest.drain(..included.len());
        if included.is_empty() {
            drop_overlap(entry, &mut base, &mut rest);
        }
    } else if base.ends_with(&included) {
        base.truncate(base.len() - included.len());
    }
    let url = joined(address.root().to_owned(), base.iter().chain(&rest));
    url + &joined_queries(address.query(), query)
}

fn joined<'s>(start: String, segments: impl Iterator<Item = &'s &'s str>) -> String {
    segments.fold(start, |path, segment| path + "/" + segment)
}

fn segments(path: &str) -> Vec<&str> {
    match path.strip_prefix('/').unwrap_or(path) {
        "" => Vec::new(),
        path => path.split('/').collect(),
    }
}

/// Both queries in one: first the parameters that only the base has.
pub(super) fn joined_queries(base: &str, own: &str) -> String {
    fn name(pair: &str) -> &str {
        pair.split('=').next().unwrap_or(pair)
    }
    let said: Vec<&str> = own.trim_start_matches('?').split('&').map(name).collect();
    let pairs = base.trim_start_matches('?').split('&');
    let pairs: Vec<&str> =
        pairs.filter(|pair| !pair.is_empty() && !said.contains(&name(pair))).collect();
    match (pairs.is_empty(), own.trim_start_matches('?')) {
        (true, _) => own.to_owned(),
        (false, "") => format!("?{}", pairs.join("&")),
        (false, own) => format!("?{}&{own}", pairs.join("&")),
    }
}

/// Adds the root to a path that lacks it, and removes repetitions of it.
fn with_root(entry: &ProviderEntry, segments: &[&str]) -> String {
    let mut rest = segments;
    loop {
        match rest {
            [first, second, ..] if is_version(first) && is_version(second) => rest = &rest[1..],
            _ if !entry.root.is_empty()
                && rest.starts_with(entry.root)
                && rest[entry.root.len()..].starts_with(entry.root) =>
            {
                rest = &rest[entry.root.len()..];
            }
            _ => break,
        }
    }
    joined(String::with_capacity(64), missing_root(entry, rest).iter().chain(rest))
}

/// The part of the root that is missing in front of a path.
fn missing_root(entry: &ProviderEntry, path: &[&str]) -> &'static [&'static str] {
    let root = entry.root;
    let Some(first) = path.first() else { return root };
    if path.starts_with(root) || entry.beside_root.contains(first) {
        return &[];
    }
    for from in 1..root.len() {
        if path.starts_with(&root[from..]) {
            return &root[..from];
        }
    }
    let versioned = root.last().is_some_and(|last| is_version(last));
    // another version of the API, or a neighbour below the same first segment (`/api/anthropic`)
    let elsewhere = (versioned && is_version(first)) || (root.len() > 1 && *first == root[0]);
    if elsewhere { &[] } else { root }
}

fn with_aliases(entry: &ProviderEntry, path: String) -> String {
    let renamed = entry
        .aliases
        .iter()
        .find_map(|(from, to)| below(&path, from).map(|rest| format!("{to}{rest}")));
    let path = renamed.unwrap_or(path);
    if path.is_empty() { "/".to_owned() } else { path }
}

/// How the paths end that ask for a stream, and those of the same methods without one.
const STREAMED: [(&str, &str); 4] = [
    (":streamGenerateContent", ":generateContent"),
    (":streamRawPredict", ":rawPredict"),
    ("/converse-stream", "/converse"),
    ("/invoke-with-response-stream", "/invoke"),
];

/// The path of the same request without streaming, where an API has two.
pub(crate) fn without_streaming(path_and_query: &str) -> String {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let whole = STREAMED
        .iter()
        .find_map(|(streamed, whole)| Some(format!("{}{whole}", path.strip_suffix(streamed)?)));
    let mut whole = whole.unwrap_or_else(|| path.to_owned());
    // Gemini's streams are server-sent events if the query says so.
    let others: Vec<&str> =
        query.split('&').filter(|pair| !pair.is_empty() && *pair != "alt=sse").collect();
    if !others.is_empty() {
        whole.push('?');
        whole.push_str(&others.join("&"));
    }
    whole
}

/// `v1`, `v1beta`, `v4`, `v1alpha2`.
pub(super) fn is_version(segment: &str) -> bool {
    let Some(rest) = segment.strip_prefix('v') else { return false };
    let digits = rest.trim_start_matches(|character: char| character.is_ascii_digit());
    let tail = digits.trim_end_matches(|character: char| character.is_ascii_digit());
    digits.len() < rest.len() && ["", "alpha", "beta"].contains(&tail)
}

/// Resolves the escapes that mean the same unescaped, and writes the others in upper case: an escaped
/// slash inside an ARN stays escaped, because it does not divide the path.
///
/// Keys of requests depend on it to the byte. `percent-encoding` would also escape what clients send unescaped.
pub(super) fn decoded(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return segment.into();
    }
    let mut out = String::with_capacity(segment.len());
    let mut rest = segment;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let byte = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-_~:@!$&'()*+,;=".contains(&byte) => {
                out.push(char::from(byte));
            }
            Some(byte) => {
                let _ = write!(out, "%{byte:02X}");
            }
            None => {
                out.push('%');
                rest = &rest[at + 1..];
                continue;
            }
        }
        rest = &rest[at + 3..];
    }
    (out + rest).into()
}

/// The beginning of every path that the base URLs in this provider's variables (and its `upstream`) contain.
fn included(entry: &ProviderEntry) -> &'static str {
    entry.variables.first().map_or(entry.base_path, |(_, path)| *path)
}

/// The provider's own host without a path means the provider's usual base.
fn usual_base(entry: &ProviderEntry, base: &Address) -> Option<Address> {
    let usual = entry.upstream.and_then(Address::parse)?;
    (base.path().is_empty() && base.root() == usual.root()).then_some(usual)
}

/// Whether a host matches one of the table, where `*` stands for one label or a part of it.
pub(super) fn is_host(pattern: &str, host: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern.eq_ignore_ascii_case(host);
    };
    let host = host.to_ascii_lowercase();
    let middle = host.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    middle.is_some_and(|middle| !middle.is_empty() && !middle.contains(['.', ':']))
}

/// Removes the segments that the end of the base and the beginning of the path have in common.
fn drop_overlap(entry: &ProviderEntry, base: &mut Vec<&str>, rest: &mut Vec<&str>) {
    let shortest = entry.root.len().max(1);
    for length in (shortest..=base.len().min(rest.len())).rev() {
        if base.ends_with(&rest[..length]) {
            rest.drain(..length);
            return;
        }
    }
    // A base with the root, and a path that is elsewhere: `/openai` and `/models/...`, `/openai/v1` and
    // `/openai/deployments/...`.
    let is_version_of_root = base.last().is_some_and(|last| is_version(last));
    let above = &base[..base.len() - usize::from(is_version_of_root)];
    let is_elsewhere = rest.first().is_some_and(|first| entry.beside_root.contains(first))
        || (is_version_of_root && rest.starts_with(entry.root));
    if !entry.root.is_empty() && above.ends_with(entry.root) && is_elsewhere {
        let length = above.len() - entry.root.len();
        base.truncate(length);
        return;
    }
    let is_other = rest.first().is_some_and(|first| is_version(first) || *first == "api");
    if is_other && base.last().is_some_and(|last| is_version(last)) {
        base.pop();
    }
}

#[cfg(test)]
mod tests;
