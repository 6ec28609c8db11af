//! Where a recorded request goes: its provider, and its path as at the provider's own host.

use llmock::{LlmMock, Provider};

use super::row::{Cassette, Row};

/// The provider under whose name llmock knows that of a row; one that it does not know is declared.
pub fn provider(row: &Row) -> Provider {
    let id = match row.provider.as_str() {
        "zhipu" => "zai".to_owned(),
        other => other.to_ascii_lowercase(),
    };
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    let id: String = id.chars().map(|letter| if fits(letter) { letter } else { '-' }).collect();
    id.parse().expect("only letters that an id may have are left")
}

/// Every provider that a cassette talks to, once.
pub fn providers(cassette: &Cassette) -> Vec<Provider> {
    let mut found = Vec::new();
    for row in &cassette.rows {
        let provider = provider(row);
        if !found.contains(&provider) {
            found.push(provider);
        }
    }
    found
}

/// Path and query as the host of the URL sees them; of a placeholder in place of a base URL, what follows it.
pub fn path(row: &Row) -> String {
    let url = row.url.split('#').next().unwrap_or_default();
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find(['/', '?']).map_or("", |at| &rest[at..]),
        None => url.split_once('>').map_or(url, |(_, rest)| rest),
    };
    let slash = if path.starts_with('/') { "" } else { "/" };
    let escaped = path.chars().map(|letter| match letter {
        '!'..='~' if !"\"<>\\^`{|}".contains(letter) => letter.to_string(),
        other => other.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect(),
    });
    escaped.fold(slash.to_owned(), |path, part| path + &part)
}

/// The same as at the provider's own host: where the recorder hid the base URL of one that llmock does not know, that
/// is taken to end as base URLs of such providers do.
pub fn own_path(row: &Row) -> String {
    match provider(row) {
        Provider::Other(_) if has_placeholder(row) => format!("/v1{}", path(row)),
        _ => path(row),
    }
}

/// Whether the recorder put a word of its own in place of the base URL.
pub fn has_placeholder(row: &Row) -> bool {
    !row.url.contains("://")
}

/// The base URL that record mode is told: the server, and what the provider's own has after its host, unless
/// this cassette's host has nothing below that.
pub fn upstream(mock: &LlmMock, cassette: &Cassette, whose: Provider, server: &str) -> String {
    let base = base_path(mock, whose);
    let mut own = cassette.rows.iter().filter(|row| provider(row) == whose);
    let has_base = |row: &Row| has_placeholder(row) || path(row).starts_with(&format!("{base}/"));
    if own.any(has_base) { format!("{server}{base}") } else { server.to_owned() }
}

/// The URL at which a client reaches a session: the provider's base URL and the path below its base.
pub fn url(mock: &LlmMock, row: &Row) -> String {
    let (provider, path) = (provider(row), path(row));
    match path.strip_prefix(&base_path(mock, provider)) {
        Some(below) if below.starts_with('/') => mock.base_url(provider) + below,
        _ if has_placeholder(row) => mock.base_url(provider) + &path,
        // Beside the base, as what lies outside of the version.
        _ => format!("{}{path}", mock.host_url(provider)),
    }
}

/// What the base URL of a provider has after its host.
fn base_path(mock: &LlmMock, provider: Provider) -> String {
    let base_url = mock.base_url(provider);
    let root = mock.host_url(provider);
    base_url.strip_prefix(&root).unwrap_or_default().to_owned()
}
